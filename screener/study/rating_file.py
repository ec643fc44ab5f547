"""Reading ratings: who rated what, how, and when it was published; a table in CSV or TOML.

A row has ``date`` (of publication), one of ``symbol`` (a share or an index) and ``theme``, ``rating`` and, if
one likes, ``source``. In TOML each stands under ``[[ratings]]``.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from screener.errors import CalendarError, SpecError, SymbolError, UniverseError, nearest
from screener.market import calendar
from screener.market.symbols import normalise
from screener.toml_text import parse
from screener.universe.exports import decoded

__all__ = ["CHINESE", "INDUSTRY", "REPORTS", "SHARE", "Rating", "is_share", "read_ratings"]

REPORTS = Path(__file__).with_name("report_ratings.csv")  # what the five reports rated
KEYS = ("date", "symbol", "theme", "rating", "source")
SHARE = ("buy", "accumulate", "hold", "sell")
INDUSTRY = ("leading", "in-line", "lagging")
CHINESE = {
    "买入": "buy",
    "增持": "accumulate",
    "持有": "hold",
    "卖出": "sell",
    "领先大市": "leading",
    "同步大市": "in-line",
    "落后大市": "lagging",
}
SERIES = re.compile(r"[0-9A-Z]{2,12}\.[A-Z]{2,4}")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rating:
    """What was said of a share, an index or a theme, and on which day it was published.

    Attributes
    ----------
    date : date
        Of publication; any day of the week.
    rating : str
        One of `SHARE` for a share, one of `INDUSTRY` for an index or a theme.
    symbol, theme : str
        One of the two is empty.
    source : str
    """

    date: dt.date
    rating: str
    symbol: str = ""
    theme: str = ""
    source: str = ""

    @property
    def subject(self) -> str:
        """Whatever was rated."""
        return self.symbol or self.theme


def read_ratings(path: Path) -> tuple[Rating, ...]:
    """Read a file of ratings, ``.toml`` or CSV, by date.

    Raises
    ------
    SpecError
        If it cannot be read, or rows break the rules; all of them at once.
    """
    text = _text(path)
    found, problems, seen = [], [], set()
    for where, row in _tables(path, text) if path.suffix.lower() == ".toml" else _lines(path, text):
        wrong = list(_problems(row))
        problems += [f"{path.name}:{where}: {problem}" for problem in wrong]
        if wrong:
            continue
        rating = _rating(row)
        if (rating.date, rating.subject) in seen:
            problems.append(
                f"{path.name}:{where}: {rating.subject} is rated twice on {rating.date}; keep one"
            )
        seen.add((rating.date, rating.subject))
        found.append(rating)
    if problems or not found:
        raise SpecError(*problems or (f"{path.name}: holds no rating; give {', '.join(KEYS)}",))
    return tuple(sorted(found, key=lambda rating: (rating.date, rating.subject)))


def is_share(symbol: str) -> bool:
    """Say whether a symbol is that of an A-share, not of an index.

    Examples
    --------
    >>> is_share("688041.SH"), is_share("000300.SH"), is_share("801750.SI")
    (True, False, False)
    """
    try:
        return bool(normalise(symbol))
    except SymbolError:
        return False


def _text(path: Path) -> str:
    """Return the text of a file; a list that a terminal exported may be in UTF-16 or GB18030."""
    try:
        return decoded(path, path.read_bytes())
    except UniverseError as error:
        raise SpecError(*error.problems) from error
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror or error}") from error


def _tables(path: Path, text: str) -> Iterator[tuple[str, Row]]:
    """Yield the tables of TOML with their numbers."""
    document = parse(path, text, SpecError)
    rows = document.get("ratings")
    if set(document) != {"ratings"} or not isinstance(rows, list) or not all(map(_is_table, rows)):
        raise SpecError(f"{path.name}: must hold tables that begin with [[ratings]], and nothing else")
    for number, row in enumerate(rows, 1):
        yield f"[[ratings]] {number}", row


def _lines(path: Path, text: str) -> Iterator[tuple[str, Row]]:
    """Yield the rows of CSV with their lines; empty cells are left out."""
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="further cells")
    try:
        for row in reader:
            yield str(reader.line_num), {name: cell for name, cell in row.items() if cell}
    except csv.Error as error:
        raise SpecError(f"{path.name}:{reader.line_num}: not CSV: {error}") from error


def _is_table(row: object) -> bool:
    return isinstance(row, dict)


def _problems(row: Row) -> Iterator[str]:
    """Yield what is wrong with a row."""
    yield from (f"{name} is not known; {nearest(str(name), KEYS)}" for name in row if name not in KEYS)
    yield from (f"{name} is missing" for name in ("date", "rating") if name not in row)
    if "date" in row:
        yield from _date_problems(row["date"])
    if ("symbol" in row) == ("theme" in row):
        yield "give one of symbol and theme"
        return
    symbol = _symbol(row["symbol"]) if "symbol" in row else ""
    if symbol is None:
        yield f"symbol={row['symbol']} must be a share or an index, for example 688041.SH or 801750.SI"
    allowed = SHARE if symbol and is_share(symbol) else INDUSTRY
    if "rating" in row and symbol is not None and _name(row["rating"]) not in allowed:
        told = "a share is rated" if allowed == SHARE else "an index or a theme is rated"
        yield f"rating={row['rating']}: {told} {', '.join(allowed)}, or as in Chinese reports"


def _date_problems(value: object) -> Iterator[str]:
    day = _date(value)
    if day is None:
        yield f"date={value} must be a date like 2024-08-18"
        return
    try:
        calendar.next_session(day)
    except CalendarError as error:
        yield from error.problems


def _rating(row: Row) -> Rating:
    """Return a row without problems."""
    symbol = _symbol(row["symbol"]) if "symbol" in row else ""
    named = {name: str(row.get(name, "")).strip() for name in ("theme", "source")}
    return Rating(_date(row["date"]), _name(row["rating"]), symbol or "", **named)


def _date(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return None
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value).strip())
    except ValueError:
        return None


def _name(value: object) -> str:
    text = str(value).strip()
    return CHINESE.get(text, text.lower())


def _symbol(value: object) -> str | None:
    """Return a symbol as it is spelt inside, None for what is none."""
    text = str(value).strip()
    if is_share(text):
        return normalise(text)
    return text.upper() if SERIES.fullmatch(text.upper()) else None
