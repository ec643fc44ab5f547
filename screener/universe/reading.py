"""Count members by date, in two readings: as published, or with hindsight."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from screener.errors import UniverseError, nearest
from screener.market import calendar
from screener.universe.theme import Member, Theme

__all__ = ["membership", "overlap", "publication"]

READINGS = ("published", "hindsight")


def membership(theme: Theme, sessions: pd.DatetimeIndex, reading: str) -> pd.DataFrame:
    """Say for every session which shares are members.

    Parameters
    ----------
    theme : Theme
    sessions : DatetimeIndex (n_days,)
        Naive dates.
    reading : {"published", "hindsight"}
        Published: from the day its report came out, and not before the code stood for the business; a peer
        never counts. Hindsight: from the day the code stood for the business, peers included.

    Returns
    -------
    DataFrame (n_days, n_symbols) of bool
        One column for every member of weight > 0, in the order of the file. A report of a Sunday counts from
        the next session.

    Raises
    ------
    UniverseError
        If there is no such reading.
    """
    if reading not in READINGS:
        raise UniverseError(f"reading={reading!r}: {nearest(reading, READINGS)}")
    days = sessions.to_numpy().astype("datetime64[D]")
    columns = {member.symbol: member_days(member, days, reading) for member in theme.counted}
    return pd.DataFrame(columns, index=sessions).rename_axis(columns="symbol")


def publication(theme: Theme, minimum: int = 3) -> pd.Timestamp | None:
    """Return the first session on which `minimum` members are published, or None if that never happens.

    Raises
    ------
    CalendarError
        If a member was published outside the calendar.
    """
    starts = {start for member in theme.counted if (start := first_day(member, "published"))}
    for start in sorted(starts):
        session = calendar.on_or_after(start)
        if membership(theme, pd.DatetimeIndex([session]), "published").to_numpy().sum() >= minimum:
            return session
    return None


def overlap(themes: Iterable[Theme]) -> pd.DataFrame:
    """Count the shares that two themes have in common, weight 0 left out.

    Returns
    -------
    DataFrame (n_themes, n_themes) of int
        Themes by id; a theme with itself gives the number of its shares.
    """
    symbols = {theme.id: {member.symbol for member in theme.counted} for theme in themes}
    counts = [[len(mine & other) for other in symbols.values()] for mine in symbols.values()]
    return pd.DataFrame(counts, index=list(symbols), columns=list(symbols)).rename_axis("theme")


def member_days(member: Member, days: np.ndarray, reading: str) -> np.ndarray:
    """Return (n_days,) bool: the days on which one member counts."""
    start = first_day(member, reading)
    if start is None:
        return np.zeros(len(days), dtype=bool)
    counts = days >= np.datetime64(start)
    return counts & (days < np.datetime64(member.until)) if member.until else counts


def first_day(member: Member, reading: str) -> dt.date | None:
    """Return the calendar day from which a member counts, None for never."""
    valid_from = member.valid_from or dt.date.min
    if reading == "hindsight":
        return valid_from
    return None if member.since is None else max(member.since, valid_from)
