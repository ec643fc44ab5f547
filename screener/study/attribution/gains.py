"""The gain of every stock on every day in whole fen: what moved the equity, and nothing else.

On each day the gains of all stocks add up to the change of the equity, to the fen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from screener.arrays import Flags, IntMatrix, IntVector, Matrix
from screener.backtest.result import Result
from screener.study.attribution.splitting import split, theme_shares

__all__ = ["PARTS", "Gains", "gains"]

FEES = ("commission", "stamp", "transfer", "tax")
PARTS = ("price", "dividends", *FEES, "slippage")


@dataclass(frozen=True)
class Gains:
    """Gains by day and stock, in fen; only stocks that the account ever touched.

    Attributes
    ----------
    sessions : DatetimeIndex (n_days,)
    symbols : tuple of str (n_assets,)
    themes : tuple of str (n_themes,)
    nav : ndarray of int64 (n_days,)
        Equity at the close.
    value : ndarray of int64 (n_days, n_assets)
        Holdings at the close.
    parts : dict of str to ndarray of int64 (n_days, n_assets)
        By `PARTS`, signed, so that they add up to the gain; 0 on the first day, which is the opening.
        ``price``: what holdings gained in price, bonus and bought rights included, with purchases and sales
        at the price of the day; ``dividends``: cash of corporate actions on the day on which it was declared
        due, before tax; ``commission``, ``stamp``, ``transfer``, ``tax`` (on dividends) and ``slippage``
        (between the price of the day and the price that was paid): costs, at most 0.
    traded : ndarray of int64 (n_days, n_assets)
        The part of ``price`` that the day's own trades made, from the price of the day to its close.
    standing : ndarray (n_days, n_assets, n_themes)
        Share of each theme in a stock at the close.
    shares : ndarray (n_days, n_assets, n_themes)
        By which the gain of the day is split: as the position stood at the close before, and for a stock that
        was not held then, as it stands at this close.
    residual : ndarray of int64 (n_days,)
        Change of the equity that no gain explains: 0 on every day of an account of the engine.
    """

    sessions: pd.DatetimeIndex
    symbols: tuple[str, ...]
    themes: tuple[str, ...]
    nav: IntVector
    value: IntMatrix
    parts: dict[str, IntMatrix]
    traded: IntMatrix
    standing: Matrix
    shares: Matrix
    residual: IntVector

    @cached_property
    def total(self) -> IntMatrix:
        """Gain (n_days, n_assets)."""
        return sum(self.parts.values(), np.zeros_like(self.value))

    @cached_property
    def themed(self) -> dict[str, IntMatrix]:
        """Return each part by theme (n_days, n_themes), in whole fen by largest remainder."""
        return {name: split(amounts, self.shares) for name, amounts in self.parts.items()}

    @cached_property
    def by_theme(self) -> IntMatrix:
        """Gain (n_days, n_themes): the sum of its parts, and over themes that of all stocks."""
        return sum(self.themed.values(), np.zeros(self.shares.shape[::2], dtype=np.int64))

    def rows(self, base: pd.Timestamp, end: pd.Timestamp) -> slice:
        """Return the days after `base` up to `end`."""
        first, last = (int(self.sessions.searchsorted(day, side="right")) for day in (base, end))
        return slice(max(first, 1), last)


def gains(result: Result, delay: int = 1, named_by: pd.DataFrame | None = None) -> Gains:
    """Account for every change of the equity by stock.

    Parameters
    ----------
    result : Result
    delay : int
        Sessions from a decision to its trades; 0 where the account trades at the close that it decides on.
    named_by : DataFrame, optional
        Target weights whose themes the stocks are counted for; by default those of the account.

    Notes
    -----
    The shares of a successor are taken over at their first close: the day of the exchange belongs to the old
    stock. What is paid at the end of a listing, and for rights, is a change of price and no dividend.
    """
    touched = _touched(result)
    symbols = list(result.holdings.columns[touched])
    sessions = pd.DatetimeIndex(result.nav.index)
    held = result.holdings.to_numpy(dtype=np.int64)[:, touched]
    close = _fen(result.close.to_numpy(dtype=np.float64)[:, touched])
    nav = _fen(result.nav.to_numpy(dtype=np.float64))
    parts, traded = _parts(result, held, close, sessions, symbols)
    explained = np.sum([amounts.sum(axis=1) for amounts in parts.values()], axis=0)
    targets = result.weights if named_by is None else named_by
    themes, standing = theme_shares(targets, sessions, symbols, delay)
    before, earlier = (np.concatenate([rows[:1], rows[:-1]]) for rows in (held, standing))
    return Gains(
        sessions=sessions,
        symbols=tuple(symbols),
        themes=themes,
        nav=nav,
        value=held * close,
        parts=parts,
        traded=traded,
        standing=standing,
        shares=np.where((before != 0)[:, :, None], earlier, standing),
        residual=np.diff(nav, prepend=nav[:1]) - explained,
    )


def _parts(
    result: Result, held: IntMatrix, close: IntMatrix, sessions: pd.DatetimeIndex, symbols: list[str]
) -> tuple[dict[str, IntMatrix], IntMatrix]:
    """Return the parts of the gain, and what of the price the day's trades made."""
    value = held * close
    orders = _Rows(result.orders[result.orders["filled"] > 0], sessions, symbols)
    events = _Rows(result.actions, sessions, symbols)
    costs = {name: -orders.sum(value.shape, orders.fen(name)) for name in (*FEES, "slippage")}
    side = np.where(orders.column("side") == "buy", 1, -1)
    spent = orders.sum(value.shape, side * orders.fen("value")) + costs["slippage"]
    bought = orders.sum(value.shape, side * orders.column("filled").astype(np.int64))
    other, dividends = _actions(events, close, symbols)
    price = np.diff(value, axis=0, prepend=value[:1]) - spent + other
    parts = {"price": price, "dividends": dividends, **costs}
    traded = bought * close - spent
    for amounts in (*parts.values(), traded):
        amounts[:1] = 0
    return parts, traded


class _Rows:
    """Orders or events with their place in a matrix of days and stocks; what has none is left out."""

    def __init__(self, table: pd.DataFrame, sessions: pd.DatetimeIndex, symbols: list[str]) -> None:
        day, asset = sessions.get_indexer(table["date"]), pd.Index(symbols).get_indexer(table["symbol"])
        self.known = (day >= 0) & (asset >= 0)
        self.day, self.asset, self._table = day[self.known], asset[self.known], table

    def column(self, name: str) -> np.ndarray:
        return self._table[name].to_numpy()[self.known]

    def fen(self, name: str) -> IntVector:
        return _fen(self.column(name).astype(np.float64))

    def sum(self, shape: tuple[int, ...], amounts: IntVector) -> IntMatrix:
        out = np.zeros(shape, dtype=np.int64)
        np.add.at(out, (self.day, self.asset), amounts)
        return out


def _actions(events: _Rows, close: IntMatrix, symbols: list[str]) -> tuple[IntMatrix, IntMatrix]:
    """Return what corporate actions add to the change of value of a holding, and their dividends."""
    cash, ends = events.fen("cash"), events.column("ends").astype(np.bool_)
    dividend = ~ends & (cash > 0)
    other = events.sum(close.shape, np.where(dividend, 0, cash))
    into = pd.Index(symbols).get_indexer(events.column("into"))
    moved = (into != events.asset) & (into >= 0)
    day, asset, into = events.day[moved], events.asset[moved], into[moved]
    taken = events.column("new_shares").astype(np.int64)[moved] * close[day, into]
    np.add.at(other, (day, asset), taken)
    np.add.at(other, (day, into), -taken)
    return other, events.sum(close.shape, np.where(dividend, cash, 0))


def _touched(result: Result) -> Flags:
    """Return which stocks the account ever held, traded or received."""
    named = [
        result.orders["symbol"][result.orders["filled"] > 0],
        result.actions["symbol"],
        result.actions["into"],
    ]
    known = {str(symbol) for symbols in named for symbol in symbols.unique()}
    held = (result.holdings.to_numpy() != 0).any(axis=0)
    return held | np.array([symbol in known for symbol in result.holdings.columns], dtype=np.bool_)


def _fen(values: np.ndarray) -> np.ndarray:
    return np.rint(np.nan_to_num(values) * 100.0).astype(np.int64)
