"""Everything there is to say about a theme file at once, by line: the rules, the basket, and a listing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from screener.cycle.driver import load_driver
from screener.errors import CycleError, UniverseError
from screener.screen.listing import Finding, basket_findings, listing_findings
from screener.toml_text import Lines, decode, parse, shown
from screener.universe.toml_file import file_problems
from screener.workspace import is_name

__all__ = ["Told", "check_theme"]

PLACED = re.compile(r".*?:(?P<line>[0-9]+): (?P<text>.*)")


class Told(NamedTuple):
    """A sentence about a line of a file; its level is "error" or "warning"."""

    file: str
    line: int
    level: str
    text: str


def check_theme(path: Path, listing: pd.DataFrame | None = None) -> list[Told]:
    """Return what is wrong with a theme file, and what is worth a second look, in the order of lines.

    Parameters
    ----------
    path : Path
    listing : DataFrame, optional
        As `listing.listing_of` returns it; without it, codes and names are not compared.
    """
    try:
        text = decode(path)
        document = parse(path, text)
    except UniverseError as error:
        return [unread(path, problem) for problem in error.problems]
    places = Lines(text)
    found = {Told(shown(path), places.of(*place), "error", said)
             for place, said in file_problems(path.stem, document)}  # fmt: skip
    for finding in findings(document, listing):
        table, number = ("", 0) if finding.member is None else ("members", finding.member)
        found.add(Told(shown(path), places.of(table, number, finding.key), finding.level, finding.text))
    return sorted(found)


def findings(document: dict[str, Any], listing: pd.DataFrame | None) -> Iterator[Finding]:
    """Yield what the rules of a file do not know; nothing of members that are no tables."""
    yield from driver_findings(document.get("driver"))
    members = document.get("members", [])
    if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
        return
    if members:
        yield from basket_findings(members)
    if listing is not None:
        yield from listing_findings(members, listing)


def driver_findings(name: object) -> Iterator[Finding]:
    """Yield what is wrong with the file of a theme's driver; its name is a matter of the rules."""
    if not isinstance(name, str) or not is_name(name):
        return
    try:
        load_driver(name)
    except CycleError as error:
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        yield Finding("error", None, "driver", f"{error.problems[0]}{more}")


def unread(path: Path, problem: str) -> Told:
    """Return the problem of a file that is no TOML, at the line that it names itself."""
    match = PLACED.fullmatch(problem)
    if match:
        return Told(shown(path), int(match["line"]), "error", match["text"])
    return Told(shown(path), 1, "error", problem.removeprefix(f"{shown(path)}: "))
