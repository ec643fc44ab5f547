"""How every session of a share stood, where the source says so: under a risk warning (ST), or at rest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.data.live.base import Flagged
from screener.data.live.faults import NoData
from screener.data.update.desk import Desk, source_of
from screener.market import calendar

__all__ = ["rests", "spells", "update"]


def rests(desk: Desk, symbol: str, bars: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the sessions among the bars on which a share did not trade, as its source says."""
    days = _flags(desk, symbol, bars["date"].min(), bars["date"].max())
    return pd.DatetimeIndex([] if days is None else days.loc[~days["traded"], "date"])


def update(desk: Desk, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> None:
    """Lay out the spells of risk warning and of rest from `start` to `end`, where the source knows them."""
    days = _flags(desk, symbol, start, end)
    if days is None or days.empty:
        return
    held, fresh = desk.held("status", symbol), days[["date", "risk_warning"]]
    if held is not None:
        known = _by_day(held)
        fresh = pd.concat([known[known["date"] < fresh["date"].iloc[0]], fresh], ignore_index=True)
    desk.put("status", symbol, spells(fresh, "risk_warning"), source_of(days))
    quiet = spells(days[~days["traded"]], "traded")
    if len(quiet):
        desk.rest(quiet.assign(symbol=symbol, reason="", source=source_of(days)))


def spells(days: pd.DataFrame, flag: str) -> pd.DataFrame:
    """Put sessions that follow each other with the same flag together.

    Parameters
    ----------
    days : DataFrame
        ``date``, ascending sessions, and the column `flag`.

    Returns
    -------
    DataFrame
        ``first_day, last_day`` and `flag`; a session that is missing in `days` ends a spell.
    """
    place = calendar.sessions().get_indexer(pd.DatetimeIndex(days["date"]))
    values = days[flag].to_numpy()
    begins = np.append(True, (np.diff(place) != 1) | (values[1:] != values[:-1]))[: len(days)]
    ends = np.append(begins[1:], True)[: len(days)]
    dates = days["date"].to_numpy()
    return pd.DataFrame({"first_day": dates[begins], "last_day": dates[ends], flag: values[begins]})


def _by_day(held: pd.DataFrame) -> pd.DataFrame:
    """Return spells session by session."""
    parts = [
        pd.DataFrame({"date": calendar.sessions(first, last)}).assign(risk_warning=flag)
        for first, last, flag in held[["first_day", "last_day", "risk_warning"]].itertuples(index=False)
    ]
    return pd.concat(parts, ignore_index=True)


def _flags(desk: Desk, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame | None:
    """Return the flags of the sessions that the calendar knows; None where there are none to be had."""
    if not isinstance(desk.source, Flagged):
        return None
    try:
        sent = desk.ask("status", symbol, desk.source.flags, symbol, start, end)
    except NoData:
        return None
    return None if sent is None else sent[sent["date"].isin(calendar.sessions())].sort_values("date")
