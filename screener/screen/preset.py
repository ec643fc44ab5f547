"""Screens by name: those that ship, and the user's own."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from screener import workspace
from screener.errors import SpecError, nearest
from screener.screen.columns import COLUMNS
from screener.screen.expression import parse

__all__ = ["Preset", "load_presets"]

OWN = "screens.toml"
SHIPPED = Path(__file__).with_name("presets.toml")


@dataclass(frozen=True)
class Preset:
    """A screen by name.

    Attributes
    ----------
    title : str
    where : str
        Expression that chooses; empty = all.
    sort : str
        Expression that ranks; empty = by symbol.
    ascending : bool
        Whether the smallest comes first.
    show : tuple of str
        Columns that are shown beside those of the expressions.
    source : str
        Where the idea comes from; may be empty.
    """

    title: str
    where: str = ""
    sort: str = ""
    ascending: bool = False
    show: tuple[str, ...] = ()
    source: str = ""


def load_presets() -> dict[str, Preset]:
    """Return the screens by name, the user's own (``screens.toml`` of the workspace) before those that ship.

    Raises
    ------
    SpecError
        If the user's file breaks the contract; all problems at once.
    """
    found = _read(SHIPPED)
    own = workspace.home() / OWN
    return {**found, **_read(own)} if own.is_file() else found


def _read(path: Path) -> dict[str, Preset]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path.name}: not TOML: {error}") from error
    problems = [f"{path.name}: {text}" for name, table in tables.items() for text in _problems(name, table)]
    if problems:
        raise SpecError(*problems)
    return {name: Preset(**{**table, "show": tuple(table.get("show", ()))}) for name, table in tables.items()}


def _problems(name: str, table: Any) -> Iterator[str]:
    if not workspace.is_name(name):
        yield f"[{name}] must be {workspace.NAME_RULE}"
    if not isinstance(table, dict) or not table.get("title"):
        yield f"[{name}] must be a table with a title"
        return
    known = {field.name: field.type for field in fields(Preset)}
    for key, value in table.items():
        if key not in known:
            yield f"[{name}] {key} is not known; {nearest(key, known)}"
        elif key == "show":
            wrong = (
                [column for column in value if column not in COLUMNS] if isinstance(value, list) else ["?"]
            )
            yield from (
                f"[{name}] show: {column} is no column; {nearest(str(column), COLUMNS)}" for column in wrong
            )
        elif not isinstance(value, bool if key == "ascending" else str):
            yield f"[{name}] {key}={value!r} must be {'true or false' if key == 'ascending' else 'text'}"
        elif key in ("where", "sort") and value:
            try:
                parse(value, COLUMNS)
            except SpecError as error:
                yield from (f"[{name}] {key}: {text}" for text in error.problems)
