"""Dated events: what happened, when as far as a source says, and which themes or shares it concerns."""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from screener import workspace
from screener.errors import CalendarError, UniverseError, nearest
from screener.market import calendar
from screener.market.symbols import normalise
from screener.toml_text import Lines, decode, parse, shown
from screener.universe import rules
from screener.universe.rules import Problem
from screener.universe.theme import Citation
from screener.universe.toml_file import at, table_problems, unknown

__all__ = ["PRECISIONS", "Event", "event_files", "load_events"]

PRECISIONS = ("day", "month", "year", "unknown")
KEYS = ("id", "kind", "title", "title_zh", "date", "themes", "symbols", "source", "note")
ROUGH = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?")
DATE_RULE = 'a date such as 2024-04-22, a list of them, or in quotes "2024-04", "2024" or "unknown"'

Fields = dict[str, Any]
Place = tuple[str, int, str]


@dataclass(frozen=True)
class Event:
    """Something that happened on a day, or in a month or year of which no source says the day.

    Attributes
    ----------
    id : str
    kind : str
        What it is one of; events of a kind are averaged.
    title, title_zh : str
    last : date
        The day; of a month or year its last day, and the day of the source where nothing is known.
    precision : {"day", "month", "year", "unknown"}
    themes : tuple of str
        Themes that it concerns.
    symbols : tuple of str
        Shares that it concerns, studied as one basket.
    source : Citation
    note : str
    """

    id: str
    kind: str
    title: str
    title_zh: str
    last: dt.date
    precision: str
    themes: tuple[str, ...]
    symbols: tuple[str, ...]
    source: Citation
    note: str = ""

    @property
    def written(self) -> str:
        """The date as far as it is known."""
        lengths = {"day": 10, "month": 7, "year": 4, "unknown": 0}
        return self.last.isoformat()[: lengths[self.precision]] or "unknown"

    @property
    def usable_from(self) -> pd.Timestamp | None:
        """First session strictly after the day, as the hour is not known; None without a day."""
        return calendar.next_session(self.last) if self.precision == "day" else None


def event_files() -> list[Path]:
    """Return the files of ``universes/events``; an own file takes the place of a built-in one of its name."""
    found: dict[str, Path] = {}
    for folder in reversed(workspace.folders("universes")):
        found |= {path.stem: path for path in sorted((folder / "events").glob("*.toml"))}
    return [found[stem] for stem in sorted(found)]


def load_events(path: Path | None = None) -> tuple[Event, ...]:
    """Read the events of one file, or of all files that ship and those of the workspace.

    Returns
    -------
    tuple of Event
        By date, each day of a list an event of its own.

    Raises
    ------
    UniverseError
        With every problem of every file, by line.

    Examples
    --------
    >>> [event.written for event in load_events() if event.kind == "openai"]
    ['2024-06-25', '2024-07-09']
    """
    files = event_files() if path is None else [path]
    problems: list[str] = []
    tables: list[Fields] = []
    seen: set[str] = set()
    for file in files:
        document, found = _read(file, seen)
        tables += document.get("events", []) if not found else []
        problems += found
    if problems:
        raise UniverseError(*problems)
    return tuple(sorted((e for table in tables for e in _build(table)), key=lambda e: (e.last, e.id)))


def _read(path: Path, seen: set[str]) -> tuple[Fields, list[str]]:
    """Return the tables of a file and what is wrong with them; ids of earlier files are in `seen`."""
    try:
        text = decode(path)
    except OSError as error:
        raise UniverseError(f"{shown(path)}: cannot be read: {error.strerror or error}") from error
    document, lines = parse(path, text), Lines(text)
    found = sorted({(lines.of(*place), problem) for place, problem in _problems(document, seen)})
    return document, [f"{shown(path)}:{line}: {problem}" for line, problem in found]


def _problems(document: Fields, seen: set[str]) -> Iterator[tuple[Place, str]]:
    """Yield everything that is wrong with a file of events, and the place of it."""
    yield from at("", 0, unknown(document, ("events",)))
    events = document.get("events", [])
    if not isinstance(events, list) or not events or not all(isinstance(event, dict) for event in events):
        yield ("", 0, "events"), "a file of events holds tables that begin with [[events]]"
        return
    for i, event in enumerate(events):
        yield from at("events", i, unknown(event, KEYS))
        yield from at("events", i, _event_problems(event, seen))
        seen.add(str(event.get("id")))
        yield from table_problems(
            "source", event.get("source", {}), Citation, rules.citation_problems, ("events", i)
        )


def _event_problems(event: Fields, seen: set[str]) -> Iterator[Problem]:
    """Yield what is wrong with one event, its source apart."""
    for key in ("id", "kind"):
        value = event.get(key)
        if not isinstance(value, str) or not workspace.is_name(value):
            yield Problem(key, f"{key}={value!r} must be {workspace.NAME_RULE}")
    if event.get("id") in seen:
        yield Problem("id", f"id={event['id']!r} stands twice; give each event a name of its own")
    yield from rules.text_problems(event, "title", required=True)
    yield from rules.text_problems(event, "title_zh")
    yield from rules.text_problems(event, "note")
    yield from _date_problems(event.get("date"))
    yield from _concern_problems(event)


def _date_problems(written: object) -> Iterator[Problem]:
    """Yield why a date is none, or lies where no session is known."""
    days = written if isinstance(written, list) else [written]
    if not days:
        yield Problem("date", f"date is an empty list; write {DATE_RULE}")
    if isinstance(written, list) and len(set(map(str, days))) < len(days):
        yield Problem("date", "date holds a day twice; name each once")
    for day in days:
        if isinstance(written, str) and (written == "unknown" or ROUGH.fullmatch(written)):
            continue
        if rules.as_date(day) is None:
            found = "is missing" if day is None else f"={day!r}" if isinstance(day, str) else f"={day}"
            yield Problem("date", f"date{' ' if day is None else ''}{found}; write {DATE_RULE}")
            continue
        try:
            calendar.next_session(day)
        except CalendarError as error:
            yield Problem("date", f"date={day}: {error}")


def _concern_problems(event: Fields) -> Iterator[Problem]:
    """Yield themes that there are not and symbols that are none."""
    themes, symbols = event.get("themes", []), event.get("symbols", [])
    for key, value in (("themes", themes), ("symbols", symbols)):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            yield Problem(key, f"{key}={value} must be a list of text in quotes")
            return
    known = workspace.listing("universes")
    for theme in themes:
        if theme not in known:
            yield Problem("themes", f"themes: {theme!r} is no theme; {nearest(theme, known)}")
    for symbol in symbols:
        yield from (Problem("symbols", problem.text) for problem in rules.symbol_problems(symbol))
    if not themes and not symbols:
        yield Problem("themes", "themes and symbols are missing; say what the event concerns")


def _build(table: Fields) -> Iterator[Event]:
    """Yield the events of a table that has been checked."""
    source = Citation(**table["source"])
    written = table["date"]
    for day in written if isinstance(written, list) else [written]:
        last, precision = _dated(day, source.date)
        yield Event(
            id=table["id"],
            kind=table["kind"],
            title=table["title"],
            title_zh=table.get("title_zh", ""),
            last=last,
            precision=precision,
            themes=tuple(table.get("themes", ())),
            symbols=tuple(map(normalise, table.get("symbols", ()))),
            source=source,
            note=table.get("note", ""),
        )


def _dated(written: dt.date | str, told: dt.date) -> tuple[dt.date, str]:
    """Return the last possible day of a date and how exactly it is known.

    Examples
    --------
    >>> _dated("2024-02", dt.date(2024, 5, 6))
    (datetime.date(2024, 2, 29), 'month')
    """
    if isinstance(written, dt.date):
        return written, "day"
    if written == "unknown":
        return told, "unknown"
    year, month = int(written[:4]), int(written[5:] or 12)
    return dt.date(year, month, monthrange(year, month)[1]), "year" if len(written) == 4 else "month"
