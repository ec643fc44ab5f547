"""Add a quarter, or a guidance event, to the user's own copy of a dated file."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from screener import workspace
from screener.cycle.driver import find_driver
from screener.errors import CycleError
from screener.market import calendar

__all__ = ["Addition", "propose", "write"]

BY_ENTITY = (
    "unit",
    "definition",
)  # what a line takes over from the last one of its entity, unless it is given


class Addition(NamedTuple):
    """A line that may be added.

    Attributes
    ----------
    path : Path
        The file that it would go into, in the user's own folder.
    line : str
        As it would be written.
    text : str
        The whole file with it.
    """

    path: Path
    line: str
    text: str


def propose(
    name: str, known: str, fields: Mapping[str, Any], read: Callable[[str, Path], object]
) -> Addition:
    """Build the line and check the file that it would make; nothing is written.

    Parameters
    ----------
    name : str
        Of the dated file.
    known : str
        The column with the day on which the fact came out; ``usable_from`` is the first session after it.
    fields : mapping
        Values by column. `unit` and `definition` default to those of the entity's last line; what is left out
        otherwise stays empty.
    read : callable
        Reads the file, `driver.read_driver` or `guidance.read_guidance`; its problems are the user's.

    Raises
    ------
    CycleError
        If the entity is new and unit or definition is missing, or the new line breaks the contract.
    """
    path = find_driver(name)
    text = path.read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    columns = list(rows[0])
    if strange := [column for column in fields if column not in columns]:
        raise CycleError(f"{path.name}: has no column {', '.join(strange)}; it has {', '.join(columns)}")
    row = _row(path, rows, fields, known)
    line = _line([row.get(column, "") for column in columns])
    own = workspace.home() / "universes" / "drivers" / path.name
    whole = text if text.endswith("\n") else text + "\n"
    addition = Addition(own, line, f"{whole}{line}\n")
    _check(addition, name, read)
    return addition


def write(addition: Addition) -> None:
    """Write the file whole, or not at all."""
    workspace.write(addition.path, addition.text.encode("utf-8"), CycleError)


def _row(path: Path, rows: list[dict[str, str]], fields: Mapping[str, Any], known: str) -> dict[str, str]:
    given = {name: _text(value) for name, value in fields.items() if value is not None}
    own = [row for row in rows if row["entity"] == given["entity"]]
    for name in BY_ENTITY:
        if name not in given and own:
            given[name] = own[-1][name]
    if missing := [f"--{name}" for name in BY_ENTITY if name not in given]:
        raise CycleError(
            f"{path.name}: {given['entity']} is new in it; say {' and '.join(missing)} too",
            f"It has {', '.join(sorted({row['entity'] for row in rows}))}",
        )
    day = dt.date.fromisoformat(given[known])
    return {**given, "usable_from": f"{calendar.next_session(day):%Y-%m-%d}"}


def _check(addition: Addition, name: str, read: Callable[[str, Path], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / addition.path.name
        path.write_text(addition.text, encoding="utf-8", newline="\n")
        read(name, path)


def _text(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _line(values: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()
