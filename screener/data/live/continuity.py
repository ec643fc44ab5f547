"""Whether a bar can follow the one before it: reference prices by factor, and the limits of the day."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.arrays import Flags, IntVector, Vector
from screener.data.contract import FEN
from screener.market import calendar
from screener.market.limits import limit_matrix

__all__ = ["BEYOND", "FOLLOWS", "break_rows", "factor_on", "told_otherwise", "with_reference"]

ROUNDING = 1e-7  # fen; a product of floats that means x.5 must round up
SLACK = FEN / 2
WITHIN = 0.02  # CNY between the exchange's formula and the factor's step, as in `screener.data.actions`
BEYOND, FOLLOWS = "lies beyond the limits", "follows a break on"


def factor_on(dates: pd.Series, factors: pd.DataFrame | None) -> Vector:
    """Return the factor in force on each date, 1.0 without factors."""
    if factors is None or factors.empty:
        return np.ones(len(dates))
    place = np.searchsorted(factors["date"].to_numpy(), dates.to_numpy(), side="right") - 1
    values = factors["factor"].to_numpy()
    return np.where(place >= 0, values[np.maximum(place, 0)], 1.0)


def with_reference(bars: pd.DataFrame, factors: pd.DataFrame | None) -> pd.DataFrame:
    """Put beside the bars of one share the exchange's reference price and the factor of a store.

    Parameters
    ----------
    bars : DataFrame
        Accepted bars, ascending by date, the whole series.
    factors : DataFrame, optional
        ``date, factor`` of the vendor.

    Returns
    -------
    DataFrame
        `bars` with ``pre_close``, the close before times factor before / factor, rounded to the fen (NaN on
        the first row), and ``adj_factor``, which steps by close before / ``pre_close`` and starts at 1.
    """
    before = bars["close"].shift().to_numpy()
    reference = _reference(before, factor_on(bars["date"], factors))
    step = np.where(np.isnan(before), 1.0, before / reference)
    return bars.assign(pre_close=reference, adj_factor=np.cumprod(step))


def told_otherwise(bars: pd.DataFrame, factors: pd.DataFrame | None, refused: pd.Series) -> pd.DataFrame:
    """Return the bars whose source states another reference price than close and factor give.

    Parameters
    ----------
    bars : DataFrame
        Accepted bars, ascending; ``pre_close`` where the source states the exchange's reference price.
    factors : DataFrame, optional
        ``date, factor``.
    refused : Series
        Days whose bars were refused: what follows one of them is not compared.

    Returns
    -------
    DataFrame
        ``date, told, ours`` in CNY.

    Notes
    -----
    A price that is the close before says nothing new, even where the factor steps: a source may count its
    change from there on every day. More than half a fen apart counts; on a day on which the factor steps,
    more than two fen, as its step is rounded. A bar without one before it in `bars`, or whose source states
    nothing (NaN), is not compared.
    """
    dates, factor = bars["date"], factor_on(bars["date"], factors)
    before = bars["close"].shift().to_numpy()
    ours = _reference(before, factor) if len(bars) else before
    told = bars["pre_close"].to_numpy() if "pre_close" in bars.columns else np.full(len(bars), np.nan)
    near = np.where(np.abs(ours - before) > SLACK, WITHIN, SLACK) + ROUNDING
    lost = np.searchsorted(np.sort(refused.dropna().to_numpy()), dates.to_numpy())
    news = np.abs(told - before) > SLACK + ROUNDING
    apart = news & (np.abs(told - ours) > near) & (lost == np.append(0, lost[:-1])[: len(lost)])
    return pd.DataFrame({"date": dates, "told": told, "ours": ours})[apart].reset_index(drop=True)


def break_rows(
    symbol: str,
    bars: pd.DataFrame,
    factors: pd.DataFrame | None,
    stored: pd.DataFrame | None,
    listed: pd.Timestamp | None,
    vouched: Collection[pd.Timestamp],
    refused: pd.Index,
) -> dict[int, str]:
    """Find rows that cannot follow the close before them.

    Parameters
    ----------
    bars : DataFrame
        Good rows of one share by date; the index tells where rows are missing.
    stored : DataFrame, optional
        ``date, close``; the last close before the first row counts as its predecessor.
    vouched : collection of Timestamp
        Days whose bars follow on the user's word; the series goes on from them.
    refused : Index
        Rows refused before: over them two limits may add up.

    Returns
    -------
    dict of int to str
        Reason by index of the row.

    Notes
    -----
    A lone wrong row is one after which the series goes on where it stood before: it alone is refused.
    Otherwise a level has changed without a factor, and every row from there on is unproved.
    """
    if bars.empty:
        return {}
    run = _run(symbol, bars, factors, stored, listed)
    lost = np.append(True, np.searchsorted(refused, run.row[1:]) > np.searchsorted(refused, run.row[:-1]))
    free = np.isin(run.day, np.array(list(vouched), dtype="datetime64[ns]"))
    follows = ((run.high <= run.up + SLACK) & (run.low >= run.down - SLACK)) | np.isnan(run.up) | free
    follows[0] = True
    if follows.all():
        return {}
    return _judge(run, follows, lost, free)


class _Run(NamedTuple):
    """Rows of one share as arrays: where they come from, their prices, factors and limits."""

    row: IntVector
    day: np.ndarray
    high: Vector
    low: Vector
    close: Vector
    factor: Vector
    up: Vector
    down: Vector


def _run(
    symbol: str,
    bars: pd.DataFrame,
    factors: pd.DataFrame | None,
    stored: pd.DataFrame | None,
    listed: pd.Timestamp | None,
) -> _Run:
    series = _with_predecessor(bars, stored)
    factor = factor_on(series["date"], factors)
    up, down = _limits(symbol, series, factor, listed)
    values = (series[name].to_numpy() for name in ("date", "high", "low", "close"))
    return _Run(series.index.to_numpy(), *values, factor, up, down)


def _judge(run: _Run, follows: Flags, lost: Flags, free: Flags) -> dict[int, str]:
    """Walk over the rows once it is known that one of them does not follow."""
    out: dict[int, str] = {}
    last, broken = 0, ""
    for i in range(1, len(run.row)):
        gap = bool(lost[i]) or last < i - 1
        if free[i] or (not broken and (_reaches(run, last, i) if gap else follows[i])):
            last, broken = i, ""
            continue
        out[int(run.row[i])] = broken or _told(run, i)
        if not broken and i + 1 < len(run.row) and not _reaches(run, last, i + 1):
            day = np.datetime_as_string(run.day[i], unit="D")
            broken = f"{FOLLOWS} {day}, which no factor explains"
    return out


def _with_predecessor(bars: pd.DataFrame, stored: pd.DataFrame | None) -> pd.DataFrame:
    """Put the last stored close before the first row in front, as a row with one price."""
    if stored is None:
        return bars
    earlier = stored[stored["date"] < bars["date"].iloc[0]].tail(1)
    if earlier.empty:
        return bars
    close = earlier["close"].iloc[0]
    row = {"date": earlier["date"].iloc[0], **dict.fromkeys(("open", "high", "low", "close"), close)}
    return pd.concat([pd.DataFrame([row], index=[-1]), bars])


def _reference(before: Vector, factor: Vector) -> Vector:
    """Return close before x factor before / factor, rounded half up to the fen."""
    ratio = np.append(1.0, factor[:-1] / factor[1:])
    return np.where(ratio == 1.0, before, np.floor(before * ratio / FEN + 0.5 + ROUNDING) * FEN).round(2)


def _limits(
    symbol: str, series: pd.DataFrame, factor: Vector, listed: pd.Timestamp | None
) -> tuple[Vector, Vector]:
    """Return the widest limits that any status of the share allows, NaN where there are none."""
    days = calendar.sessions(series["date"].iloc[0], series["date"].iloc[-1])
    place = days.get_indexer(pd.DatetimeIndex(series["date"]))
    reference, close = np.full((len(days), 1), np.nan), np.full((len(days), 1), np.nan)
    reference[place, 0] = _reference(series["close"].shift().to_numpy(), factor)
    close[place, 0] = series["close"].to_numpy()
    day = None if listed is None or pd.isna(listed) else listed
    ordinary = np.zeros(close.shape, dtype=np.int8)
    table = limit_matrix([symbol], days, reference, close, {symbol: day}, risk_warning=ordinary)
    return table.up[place, 0], table.down[place, 0]


def _reaches(run: _Run, last: int, i: int) -> bool:
    """Whether row `i` can be reached from row `last` over refused rows: within the limits of two days."""
    if np.isnan(run.up[i]):
        return True
    between = _reference(run.close[[i - 1, i - 1]], run.factor[[i - 1, i]])[1]
    base = run.close[last] * run.factor[last] / run.factor[i]
    highest = base * (run.up[i] / between) ** 2 + FEN
    return bool(run.high[i] <= highest and run.low[i] >= base * (run.down[i] / between) ** 2 - FEN)


def _told(run: _Run, i: int) -> str:
    limits = f"{run.down[i]:.2f} to {run.up[i]:.2f}"
    return f"{run.low[i]:g} to {run.high[i]:g} {BEYOND} {limits} of the day"
