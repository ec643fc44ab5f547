"""Read files of claims: what reports foretold or reckoned, each with its source and the way to measure it.

They lie in ``universes/claims``; the user's own add to the built-in ones, and their ids win. Numbers are read
as decimals, so that the last printed digit is kept. All problems of the files are told at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from screener import workspace
from screener.cycle import claim_rules
from screener.errors import CycleError
from screener.toml_text import Lines, decode, parse, shown

__all__ = ["Claim", "Series", "load_claims", "own_file", "read_claims"]

FOLDER = "claims"
OWN = "own.toml"
HINT = "text needs quotes, dates and numbers none"
Numbers = tuple["Decimal | Series", ...]


@dataclass(frozen=True)
class Series:
    """A number of a driver that a formula takes in.

    Attributes
    ----------
    driver, period : str
    definition, entity : str
        Left out: the usual definition, and all entities together.
    unit : str
        Left out: the driver's own.
    """

    driver: str
    period: str
    definition: str = ""
    entity: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Claim:
    """Something that a report foretold, or reckoned, on a day.

    Attributes
    ----------
    id, title, title_zh : str
    report : str
    date : date
        Of the report; the last possible one if it is not known to the day.
    kind : str
        One of `claim_rules.KINDS`, which says which of the other fields it has.
    method : str
        Number of the method in the list of the reports' methods.
    quote : str
        At most a line of the report.
    driver, over : str
        The series, and for shares the one that it is a share of.
    definition, entity : str
        Left out: the usual definition, and all entities together.
    period, against : str
        ``FY2025`` (the calendar year), ``2025H1``, ``2025Q2`` or ``2025-06``.
    value : tuple of Decimal
        What was printed: one number, or one a case; empty for a range.
    low, high : Decimal, optional
        Ends of a range; one alone is "at least" or "at most".
    within : Decimal
        How far off a single number may be and still hold: per cent, of a growth or share points.
    unit, currency : str
    rate : Decimal, optional
        Units of the driver's currency for one of the claim's.
    formula : str
    cases : tuple of tuple
        Inputs of the formula, once or several times.
    rounded : bool
        Whether the inputs are rounded to the printed digit.
    expects : str
        What guidance was to do: raised, kept or cut.
    due : date, optional
    reason, note : str
    path : Path
        The file that it stands in.
    """

    id: str
    title: str
    report: str
    date: dt.date
    kind: str
    path: Path
    title_zh: str = ""
    method: str = ""
    quote: str = ""
    driver: str = ""
    over: str = ""
    definition: str = ""
    entity: str = ""
    period: str = ""
    against: str = ""
    value: tuple[Decimal, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    within: Decimal = Decimal(5)
    unit: str = ""
    currency: str = ""
    rate: Decimal | None = None
    formula: str = ""
    cases: tuple[Numbers, ...] = ()
    rounded: bool = False
    expects: str = ""
    due: dt.date | None = None
    reason: str = ""
    note: str = ""


def load_claims() -> dict[str, Claim]:
    """Read the built-in claims and the user's own by id; an own id takes the place of a built-in one.

    Raises
    ------
    CycleError
        With every problem of the files, by line.
    """
    found: dict[str, Claim] = {}
    problems: list[str] = []
    for folder in reversed(workspace.folders("universes")):
        found |= _read_folder(folder / FOLDER, problems)
    if problems:
        raise CycleError(*problems)
    return found


def _read_folder(folder: Path, problems: list[str]) -> dict[str, Claim]:
    """Return the claims of all files of a folder, and add what is wrong with them to `problems`."""
    found: dict[str, Claim] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            read = read_claims(path, decode(path, CycleError))
        except CycleError as error:
            problems += error.problems
            continue
        twice = sorted(set(read) & set(found))
        problems += [f"{shown(path)}: id={name!r} stands in {found[name].path.name} too" for name in twice]
        found |= read
    return found


def own_file() -> Path:
    """Return the file that the user's own claims are added to; it need not exist."""
    return workspace.home() / "universes" / FOLDER / OWN


def read_claims(path: Path, text: str) -> dict[str, Claim]:
    """Read the claims of a text; `path` says where it stands, or is to stand.

    Raises
    ------
    CycleError
        With every problem, by line.
    """
    tables, lines = _parse(path, text), Lines(text)
    found = sorted({(lines.of("claims", n, key), problem) for n, key, problem in _problems(tables)})
    if found:
        raise CycleError(*(f"{shown(path)}:{line}: {problem}" for line, problem in found))
    return {table["id"]: _built(table, path) for table in tables}


def _parse(path: Path, text: str) -> list[dict[str, Any]]:
    document = parse(path, text, CycleError, HINT, Decimal)
    tables = document.get("claims", [])
    if set(document) - {"claims"} or not _are_tables(tables):
        raise CycleError(f"{shown(path)}:1: a file of claims holds [[claims]] tables and nothing else")
    return tables


def _are_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _problems(tables: list[dict[str, Any]]) -> Iterator[tuple[int, str, str]]:
    """Yield number of the table, key and what is wrong with it."""
    ids = [table.get("id") for table in tables]
    for n, table in enumerate(tables):
        yield from ((n, problem.key, problem.text) for problem in claim_rules.claim_problems(table))
        if ids[n] is not None and ids[n] in ids[:n]:
            yield n, "id", f"id={ids[n]!r} stands twice; keep one"


def _built(table: Mapping[str, Any], path: Path) -> Claim:
    """Return the claim of a table that has been checked."""
    given = dict(table)
    rows = given.pop("cases", None) or ([given["inputs"]] if "inputs" in given else [])
    given.pop("inputs", None)
    given["cases"] = tuple(tuple(_number(item) for item in row) for row in rows)
    given["value"] = tuple(Decimal(item) for item in _listed(given.get("value")))
    for key in ("low", "high", "rate", "within"):
        if key in given:
            given[key] = Decimal(given[key])
    return Claim(**given, path=path)


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _number(item: Any) -> Decimal | Series:
    return Series(**item) if isinstance(item, dict) else Decimal(item)
