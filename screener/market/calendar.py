"""The exchange calendar: sessions from 2015-01-01 to 2026-12-31, from our own dated file of closures.

Days outside that span are refused, because a guess would be wrong in silence.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import cache, lru_cache

import numpy as np
import pandas as pd

from screener.errors import CalendarError
from screener.market.tables import read

__all__ = [
    "Day",
    "as_date",
    "close_is_tradable",
    "is_session",
    "next_session",
    "nth_session",
    "on_or_after",
    "on_or_before",
    "session_number",
    "sessions",
    "sessions_a_year",
    "sessions_in_year",
    "years",
]

Day = str | dt.date | np.datetime64


def sessions(start: Day | None = None, end: Day | None = None) -> pd.DatetimeIndex:
    """Return the sessions from `start` to `end`, both included, named ``date``.

    Raises
    ------
    CalendarError
        If a bound lies outside the span of the calendar.

    Examples
    --------
    >>> [str(day.date()) for day in sessions("2024-02-08", "2024-02-19")]
    ['2024-02-08', '2024-02-19']
    """
    every = _every()
    first = 0 if start is None else every.searchsorted(_known(start))
    stop = len(every) if end is None else every.searchsorted(_known(end), side="right")
    return every[first:stop]


def is_session(day: Day) -> bool:
    """Say whether the exchanges trade on `day`.

    Examples
    --------
    >>> is_session("2024-02-09"), is_session("2025-10-09")
    (False, True)
    """
    return _known(day) in _every()


def next_session(day: Day) -> pd.Timestamp:
    """Return the first session strictly after `day`."""
    return _at(_every().searchsorted(_known(day), side="right"), f"the session after {as_date(day)}")


def on_or_after(day: Day) -> pd.Timestamp:
    """Return `day` if it is a session, else the next one."""
    return _at(_every().searchsorted(_known(day)), f"the session on or after {as_date(day)}")


def on_or_before(day: Day) -> pd.Timestamp:
    """Return `day` if it is a session, else the one before."""
    position = _every().searchsorted(_known(day), side="right") - 1
    return _at(position, f"the session on or before {as_date(day)}")


def nth_session(start: Day, n: int) -> pd.Timestamp:
    """Return the `n`-th session from `start`, which counts as 1.

    Raises
    ------
    CalendarError
        If `start` is not a session, or the calendar ends before the `n`-th.
    ValueError
        If `n` is less than 1.

    Examples
    --------
    >>> nth_session("2024-02-08", 2)
    Timestamp('2024-02-19 00:00:00')
    """
    if n < 1:
        raise ValueError(f"n={n} must be at least 1: the start counts as 1")
    if not is_session(start):
        raise CalendarError(f"{as_date(start)} is not a session; count from {on_or_after(start).date()}")
    return _at(_every().searchsorted(_known(start)) + n - 1, f"session {n} from {as_date(start)}")


def session_number(start: Day, day: Day) -> int:
    """Count the sessions from `start` to `day`, both included; 0 or less if `day` lies before `start`.

    Examples
    --------
    >>> session_number("2019-07-22", "2019-07-29")
    6
    """
    every = _every()
    return int(every.searchsorted(_known(day), side="right") - every.searchsorted(_known(start)))


def sessions_in_year(year: int) -> int:
    """Count the sessions of a calendar year."""
    if year not in _counts():
        span = read("closures")["span"]
        raise CalendarError(f"year {year} is not in the calendar: {span['from'].year} to {span['to'].year}")
    return _counts()[year]


@lru_cache(maxsize=256)
def years(base: Day, end: Day) -> float:
    """Return the length of the window (base, end] in years.

    Every session counts as one over the number of sessions of its year, so that a whole year is exactly 1.
    """
    inside = Counter(_after(base, end).year.tolist())
    return float(sum(count / sessions_in_year(year) for year, count in inside.items()))


@lru_cache(maxsize=256)
def sessions_a_year(base: Day, end: Day) -> float:
    """Return the average number of sessions a year over (base, end], the factor that annualises a window.

    Raises
    ------
    ValueError
        If the window holds no session.
    """
    count = len(_after(base, end))
    if not count:
        raise ValueError(f"no session after {as_date(base)} up to {as_date(end)}")
    return count / years(base, end)


def close_is_tradable(day: Day) -> bool:
    """Say whether the close of `day` could be traded: not on the circuit-breaker days of 2016 (R36)."""
    date = as_date(day)
    return not any(row["from"] <= date <= row["to"] for row in read("closures")["no_close"])


def as_date(day: Day) -> dt.date:
    """Read a day, given as text, date, Timestamp or datetime64.

    Raises
    ------
    CalendarError
        If it is no date.

    Examples
    --------
    >>> as_date("2024-06-03"), as_date(pd.Timestamp("2024-06-03"))
    (datetime.date(2024, 6, 3), datetime.date(2024, 6, 3))
    """
    problem = f"{day!r} is not a date; write 2024-06-03"
    if isinstance(day, str):
        try:
            return dt.date.fromisoformat(day)
        except ValueError as error:
            raise CalendarError(problem) from error
    # A number is refused: 20240603 would count as nanoseconds since 1970.
    if not isinstance(day, (dt.date, np.datetime64)) or pd.isna(day):
        raise CalendarError(problem)
    return pd.Timestamp(day).date()


@cache
def _every() -> pd.DatetimeIndex:
    table = read("closures")
    closed = [_span(row["from"], row["to"]) for row in table["closure"]]
    days = _span(table["span"]["from"], table["span"]["to"])
    open_days = days[np.is_busday(days, holidays=np.concatenate(closed))]
    return pd.DatetimeIndex(open_days.astype("datetime64[ns]"), name="date")


@cache
def _counts() -> dict[int, int]:
    return dict(Counter(_every().year.tolist()))


def _span(first: dt.date, last: dt.date) -> np.ndarray:
    return np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)


def _known(day: Day) -> pd.Timestamp:
    """Return `day` at midnight, if the calendar knows it."""
    date, span = as_date(day), read("closures")["span"]
    if not span["from"] <= date <= span["to"]:
        raise CalendarError(f"{date} is not in the calendar: {span['from']} to {span['to']}")
    return pd.Timestamp(date)


def _after(base: Day, end: Day) -> pd.DatetimeIndex:
    inside = sessions(base, end)
    return inside[inside > _known(base)]


def _at(position: int, what: str) -> pd.Timestamp:
    every = _every()
    if not 0 <= position < len(every):
        span = read("closures")["span"]
        raise CalendarError(f"{what} is not in the calendar: {span['from']} to {span['to']}")
    return every[position]
