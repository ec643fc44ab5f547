"""From long tables to a panel: aligned on sessions, with limits, listing and corporate actions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.arrays import Flags, IntVector, Matrix
from screener.data.actions import match_actions
from screener.data.contract import COLUMNS, check_series, symbol_codes
from screener.data.panel import Panel, Provenance
from screener.market import calendar
from screener.market.limits import LimitTable, limit_matrix

__all__ = ["STILL_LISTED", "Instruments", "build_panel", "read_instruments", "until_listed"]

STILL_LISTED = 60  # sessions before the end of the data in which a last bar leaves a share listed
VALUES = COLUMNS[2:-1]
HALF_FEN = 0.005


class Instruments(NamedTuple):
    """What is known of a share beside its prices; every dictionary by symbol, None = unknown."""

    names: dict[str, str]
    listing: dict[str, pd.Timestamp | None]
    delisting: dict[str, pd.Timestamp | None]
    status: dict[str, str]
    industry: Mapping[str, str] = MappingProxyType({})


def read_instruments(table: pd.DataFrame) -> Instruments:
    """Read ``symbol`` and, if there, ``name, list_date, delist_date[_approx], status, industry``."""
    table = table.drop_duplicates("symbol").set_index("symbol")

    def texts(column: str) -> dict[str, str]:
        return table[column].dropna().astype(str).to_dict() if column in table.columns else {}

    def dates(*columns: str) -> dict[str, pd.Timestamp | None]:
        named = next((name for name in columns if name in table.columns), None)
        days = pd.to_datetime(table[named], errors="coerce", format="%Y-%m-%d") if named else pd.Series()
        return {symbol: None if pd.isna(day) else pd.Timestamp(day) for symbol, day in days.items()}

    return Instruments(
        names=texts("name"),
        listing=dates("list_date"),
        delisting=dates("delist_date", "delist_date_approx"),
        status=texts("status"),
        industry=texts("industry"),
    )


def build_panel(
    bars: pd.DataFrame,
    events: pd.DataFrame,
    instruments: Instruments,
    span: tuple[pd.Timestamp, pd.Timestamp],
    provenance: Provenance,
    notes: tuple[str, ...] = (),
    start: pd.Timestamp | None = None,
    end: pd.Timestamp | None = None,
) -> Panel:
    """Align checked bars on the sessions of a market.

    Parameters
    ----------
    bars : DataFrame
        Whole series, as `contract.check_bars` accepted them, sorted by symbol and date.
    events : DataFrame
        As `actions.read_events` returns them.
    instruments : Instruments
    span : (Timestamp, Timestamp)
        First and last session of the market's data, of all symbols.
    provenance : Provenance
    notes : tuple of str
        What was found before, put in front.
    start, end : Timestamp, optional
        The part that is returned. Factors, limits and listing rest on the whole series.

    Returns
    -------
    Panel

    Raises
    ------
    DataError
        If factors, reference prices and corporate actions contradict each other.

    Notes
    -----
    NaN: a day without a bar, or with a bar without volume, has none of the prices; `factor` is carried over
    it. Nothing else is filled.
    """
    check_series(bars, "prices")
    actions, told = match_actions(bars, events, "corporate_actions.csv")
    sessions = calendar.sessions(*span)
    symbols = tuple(sorted(symbol_codes(bars)[1]))
    place = _place(bars, sessions, symbols)
    values = _values(bars, place, (len(sessions), len(symbols)))
    listed = _listed(values["close"], sessions, symbols, instruments)
    factor, scaled = _factor(bars, place, listed)
    listing = {symbol: instruments.listing.get(symbol) for symbol in symbols}
    bars_of = (symbols, sessions, values["pre_close"], values["close"], listing)
    limits = limit_matrix(*bars_of, open=values["open"])
    widest = limit_matrix(*bars_of, risk_warning=np.zeros(listed.shape, dtype=np.int8))
    panel = Panel(
        sessions=sessions,
        symbols=symbols,
        **values,
        factor=factor,
        limit_up=limits.up,
        limit_down=limits.down,
        listed=listed,
        actions=actions,
        names={symbol: instruments.names.get(symbol, symbol) for symbol in symbols},
        provenance=provenance,
        notes=(*notes, *scaled, *told, *_beyond(values, widest, sessions, symbols), *limits.notes),
        delisted=_delisted(listed, sessions, symbols, instruments),
    )
    return cut(panel, start, end)


def cut(panel: Panel, start: pd.Timestamp | None, end: pd.Timestamp | None) -> Panel:
    """Return the part of a panel from `start` to `end`, both included."""
    if end is not None:
        panel = panel.until(pd.Timestamp(end))
    if start is None or pd.Timestamp(start) <= panel.sessions[0]:
        return panel
    first = int(panel.sessions.searchsorted(pd.Timestamp(start)))
    names = (*VALUES, "factor", "limit_up", "limit_down", "listed", "sessions")
    rows = {name: getattr(panel, name)[first:] for name in names}
    later = panel.actions[panel.actions["date"] >= pd.Timestamp(start)].reset_index(drop=True)
    return Panel(**{**vars_of(panel), **rows, "actions": later})


def vars_of(panel: Panel) -> dict[str, object]:
    """Return the fields of a panel by name, without what it has cached."""
    return {name: getattr(panel, name) for name in Panel.__dataclass_fields__}


def until_listed(
    last: IntVector, sessions: pd.DatetimeIndex, symbols: tuple[str, ...], instruments: Instruments
) -> IntVector:
    """Return the row of the last day on which each share is known to be listed.

    Parameters
    ----------
    last : ndarray of int (n_assets,)
        Row of the last bar of each series.

    Notes
    -----
    A stated day of delisting ends the listing on the session before it; a status of "listed" keeps it to the
    end of the data. Of other shares nothing is known after the last bar (the series may end with its source),
    unless that bar lies within the last 60 sessions: then they count as suspended to the end.
    """
    end = len(sessions) - 1
    until = np.where(last >= end - STILL_LISTED, end, last)
    for j, symbol in enumerate(symbols):
        gone, status = instruments.delisting.get(symbol), instruments.status.get(symbol, "").lower()
        if gone is not None:
            until[j] = max(last[j], int(sessions.searchsorted(gone)) - 1)
        elif status.startswith("delisted"):
            until[j] = last[j]
        elif status == "listed":
            until[j] = end
    return until


def _place(
    bars: pd.DataFrame, sessions: pd.DatetimeIndex, symbols: tuple[str, ...]
) -> tuple[IntVector, IntVector]:
    """Return row and column of every bar."""
    codes, names = symbol_codes(bars)
    column = pd.Index(symbols).get_indexer(names)[codes]
    return sessions.get_indexer(pd.DatetimeIndex(bars["date"])), column


def _values(
    bars: pd.DataFrame, place: tuple[IntVector, IntVector], shape: tuple[int, int]
) -> dict[str, Matrix]:
    """Spread the columns over (n_days, n_assets); a bar without volume leaves NaN."""
    traded = bars["volume"].to_numpy(dtype=float) >= 1.0
    values = {}
    for name in VALUES:
        matrix = np.full(shape, np.nan)
        matrix[place] = np.where(traded, bars[name].to_numpy(dtype=float), np.nan)
        values[name] = matrix
    return values


def _factor(
    bars: pd.DataFrame, place: tuple[IntVector, IntVector], listed: Flags
) -> tuple[Matrix, tuple[str, ...]]:
    """Spread the factor, 1 on the first bar, and carry it over days without a bar while listed."""
    first = bars.groupby("symbol", observed=True)["adj_factor"].transform("first").to_numpy()
    matrix = np.full(listed.shape, np.nan)
    matrix[place] = np.where(first == 1.0, bars["adj_factor"], bars["adj_factor"] / first)
    scaled = int(bars.loc[first != 1.0, "symbol"].astype(str).nunique())
    note = f"{scaled} series whose factor did not start at 1 were divided by their first factor."
    return np.where(listed, pd.DataFrame(matrix).ffill().to_numpy(), np.nan), (note,) if scaled else ()


def _listed(
    close: Matrix, sessions: pd.DatetimeIndex, symbols: tuple[str, ...], instruments: Instruments
) -> Flags:
    """Mark the days from the first bar to the last day on which the share is known to be listed."""
    traded = ~np.isnan(close)
    first = traded.argmax(axis=0)
    last = len(close) - 1 - traded[::-1].argmax(axis=0)
    until = until_listed(last, sessions, symbols, instruments)
    row = np.arange(len(close))[:, None]
    return traded.any(axis=0) & (row >= first) & (row <= until)


def _delisted(
    listed: Flags, sessions: pd.DatetimeIndex, symbols: tuple[str, ...], instruments: Instruments
) -> tuple[str, ...]:
    """Return the shares whose listing ends inside the data, on a day that is known to be the last."""
    ended = ~listed[-1] & listed.any(axis=0)
    known = []
    for symbol in np.array(symbols, dtype=object)[ended]:
        said = instruments.status.get(symbol, "").lower()
        stated = instruments.delisting.get(symbol) is not None and "source ends" not in said
        if stated or "last trading day" in said:
            known.append(str(symbol))
    return tuple(known)


def _beyond(
    values: dict[str, Matrix], limits: LimitTable, sessions: pd.DatetimeIndex, symbols: tuple[str, ...]
) -> tuple[str, ...]:
    """Count bars beyond the limits of an ordinary share, which no status explains; the first are named."""
    with np.errstate(invalid="ignore"):
        beyond = (values["high"] > limits.up + HALF_FEN) | (values["low"] < limits.down - HALF_FEN)
    days, assets = np.nonzero(beyond)
    if not len(days):
        return ()
    some = ", ".join(
        f"{symbols[j]} {sessions[i]:%Y-%m-%d}" for i, j in zip(days[:3], assets[:3], strict=True)
    )
    return (f"{len(days)} bars lie beyond the price limits, by wrong data or a day without limits ({some}).",)
