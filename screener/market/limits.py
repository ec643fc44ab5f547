"""Price limits of a whole panel, by board, date, age of the share and risk warning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from screener.arrays import Flags, IntMatrix, Matrix
from screener.market.bands import first_day_rows, free_rows, kept_rows, percent_rows
from screener.market.calendar import as_date, on_or_after
from screener.market.calendar import sessions as every_session
from screener.market.money import fen, fen_array
from screener.market.prices import limit_price
from screener.market.symbols import board_of
from screener.market.tables import Days, Row, as_days, by_day, in_force

__all__ = ["MEMORY", "LimitTable", "limit_matrix"]

MEMORY = 250  # sessions for which a price beyond the narrow limit proves a share ordinary


class LimitTable(NamedTuple):
    """Limits of a panel.

    Attributes
    ----------
    up, down : ndarray (n_days, n_assets)
        CNY; NaN where there is no limit.
    notes : tuple of str
        What had to be assumed, counted, one sentence each.
    """

    up: Matrix
    down: Matrix
    notes: tuple[str, ...]


def limit_matrix(
    symbols: Sequence[str],
    sessions: pd.DatetimeIndex,
    pre_close: npt.ArrayLike,
    close: npt.ArrayLike,
    listing: Mapping[str, dt.date | None],
    risk_warning: npt.ArrayLike | None = None,
    open: npt.ArrayLike | None = None,
    issue_price: Mapping[str, float] | None = None,
) -> LimitTable:
    """Return the price limits of every share on every session.

    Parameters
    ----------
    symbols : sequence of str (n_assets,)
    sessions : DatetimeIndex (n_days,)
        Sessions without a gap.
    pre_close, close : array_like (n_days, n_assets)
        The exchange's reference price and the close, CNY, NaN where there is none.
    listing : mapping of symbol to date
        First day of listing; a missing symbol or None is an old share.
    risk_warning : array_like of int8 (n_days, n_assets), optional
        0 ordinary, 1 risk warning (ST), -1 unknown; all unknown when left out.
    open : array_like (n_days, n_assets), optional
        Opening price, CNY: a further witness against the 5 % limit.
    issue_price : mapping of symbol to float, optional
        CNY; the first session before the reforms is limited to 64 % .. 144 % of it (R11).

    Returns
    -------
    LimitTable

    Notes
    -----
    No limit: without a reference price (the first bar of a series), in the free sessions of a new share
    (R10), on a first session whose issue price is not given, and before the board opened.

    Unknown risk warning on the main board before 2026-07-06: a close or an open outside the 5 % limits, on
    one of the last 250 sessions before the day, proves the share ordinary (10 %). Failing that, an open of
    the day itself outside the 5 % limits sets 10 % for that day. Otherwise 5 % is applied and counted in
    `notes`.

    Causal for an order at the open: the limits of day t rest on `pre_close` and `open` of t and on earlier
    days. The close of t serves a count in `notes` only.
    """
    days, boards = as_days(sessions), [board_of(symbol) for symbol in symbols]
    shares = _Shares(tuple(symbols), tuple(boards), days)
    reference = fen_array(pre_close)
    ordinary, warned = shares.percent("ordinary"), shares.percent("risk_warning")
    free, first = _new_shares(shares, listing)
    limited = (reference > 0) & ~free & ~first & (ordinary > 0)
    status = _status(risk_warning, reference.shape)
    wide = limited & (warned < ordinary)
    proven, contradicted = _witnesses(reference, close, open, warned, wide, status)
    assumed = wide & (status == -1) & ~proven
    bp = np.where(assumed | (status == 1), warned, ordinary)
    up, down = (_cny(limit_price(reference, sign * bp), limited) for sign in (1, -1))
    banded = _first_day(shares, listing, issue_price or {}, up, down)

    unbound = first & ~banded & ~np.isnan(np.asarray(close, dtype=np.float64))
    too_early = (reference > 0) & (ordinary == 0)
    notes = _notes(assumed, assumed & contradicted, unbound, too_early)
    return LimitTable(up, down, notes)


def _witnesses(
    reference: IntMatrix,
    close: npt.ArrayLike,
    open: npt.ArrayLike | None,
    warned: IntMatrix,
    wide: Flags,
    status: npt.NDArray[np.int8],
) -> tuple[Flags, Flags]:
    """Say where earlier prices or the day's open prove a share ordinary, and where a close lies beyond.

    Without a share of unknown status there is nothing to prove, and nothing is looked at.
    """
    if (status != -1).all():
        none = np.zeros(reference.shape, dtype=np.bool_)
        return none, none
    narrow = limit_price(reference, warned), limit_price(reference, -warned)
    prices = [close] if open is None else [close, open]
    beyond = [_outside(fen_array(price), narrow) & wide for price in prices]
    proven = _remembered(np.logical_or.reduce(beyond) & (status != 1))
    return proven | beyond[-1] if open is not None else proven, beyond[0]


class _Shares(NamedTuple):
    """The columns and rows of the matrices, with what the tables say about them."""

    symbols: tuple[str, ...]
    boards: tuple[str, ...]
    days: Days

    def percent(self, status: str) -> IntMatrix:
        """Return basis points by day and share; 0 before the board opened."""
        columns = {board: by_day(percent_rows(board, status), "bp", self.days) for board in set(self.boards)}
        out = np.empty((len(self.days), len(self.symbols)), dtype=np.int64)
        for j, (symbol, board) in enumerate(zip(self.symbols, self.boards, strict=True)):
            kept = by_day(kept_rows(symbol), "bp", self.days)
            out[:, j] = np.where(kept > 0, kept, columns[board])
        return out


def _status(risk_warning: npt.ArrayLike | None, shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
    if risk_warning is None:
        return np.full(shape, -1, dtype=np.int8)
    status = np.asarray(risk_warning)
    if status.shape != shape or not np.isin(status, (-1, 0, 1)).all():
        raise ValueError(f"risk_warning must have shape {shape} and hold -1, 0 or 1 only")
    return status


def _outside(price: IntMatrix, limits: tuple[IntMatrix, IntMatrix]) -> Flags:
    up, down = limits
    return (price > up) | ((price > 0) & (price < down))


def _remembered(seen: Flags) -> Flags:
    """Say whether something was seen on one of the last `MEMORY` days, the day itself left out."""
    before = np.zeros((len(seen) + 1, seen.shape[1]), dtype=np.int64)
    np.cumsum(seen, axis=0, out=before[1:])
    first = np.maximum(np.arange(len(seen)) - MEMORY, 0)
    return before[:-1] > before[first]


def _new_shares(shares: _Shares, listing: Mapping[str, dt.date | None]) -> tuple[Flags, Flags]:
    """Mark the free sessions of new shares, and the first sessions bound to the issue price."""
    free = np.zeros((len(shares.days), len(shares.symbols)), dtype=np.bool_)
    first = np.zeros_like(free)
    for j, (symbol, board) in enumerate(zip(shares.symbols, shares.boards, strict=True)):
        listed = _listed(listing.get(symbol))
        if listed is None:
            continue
        row = in_force(free_rows(board, "listing"), listed)
        free[:, j] = _window(shares.days, listed, row["sessions"] if row else 0)
        if not row and in_force(first_day_rows(board), listed):
            first[:, j] = _window(shares.days, listed, 1)
    return free, first


def _listed(day: dt.date | None) -> dt.date | None:
    """Return the first session of a share, None for one older (or further away) than the calendar."""
    every = every_session()
    if day is None or pd.isna(day) or not every[0].date() <= as_date(day) <= every[-1].date():
        return None
    return on_or_after(day).date()


def _window(days: Days, listed: dt.date, count: int) -> Flags:
    """Mark the first `count` sessions from `listed`."""
    every = as_days(every_session())
    start = int(np.searchsorted(every, np.datetime64(listed, "D")))
    return np.isin(days, every[start : start + count])


def _first_day(
    shares: _Shares,
    listing: Mapping[str, dt.date | None],
    issue_price: Mapping[str, float],
    up: Matrix,
    down: Matrix,
) -> Flags:
    """Write the first-day bands of shares whose issue price is known; mark where."""
    banded = np.zeros(up.shape, dtype=np.bool_)
    for j, (symbol, board) in enumerate(zip(shares.symbols, shares.boards, strict=True)):
        listed = _listed(listing.get(symbol))
        row: Row | None = in_force(first_day_rows(board), listed) if listed else None
        if row is None or symbol not in issue_price:
            continue
        banded[:, j] = _window(shares.days, listed, 1)
        issue = fen(issue_price[symbol])
        up[banded[:, j], j] = limit_price(issue, row["up_bp"]) / 100
        down[banded[:, j], j] = limit_price(issue, -row["down_bp"]) / 100
    return banded


def _cny(prices: IntMatrix, limited: Flags) -> Matrix:
    return np.where(limited, prices / 100, np.nan)


def _notes(assumed: Flags, contradicted: Flags, unbound: Flags, too_early: Flags) -> tuple[str, ...]:
    texts = (
        (assumed, "risk-warning status unknown, 5 % limit applied"),
        (contradicted, "of these closed beyond the 5 % limit, which is not known at the open"),
        (unbound, "first session before the registration reform, issue price unknown, no limit applied"),
        (too_early, "a bar before the board opened, no limit applied"),
    )
    return tuple(f"{_counted(flags)}: {text}" for flags, text in texts if flags.any())


def _counted(flags: Flags) -> str:
    cells, names = int(flags.sum()), int(flags.any(axis=0).sum())
    return f"{cells:,} stock-day{'s' * (cells != 1)} of {names:,} name{'s' * (names != 1)}"
