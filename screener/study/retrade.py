"""The same weights through one market again and again: what accounts have in common is built once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from screener.arrays import Actions, IntVector, Ledger, Market, Matrix, Rules
from screener.backtest.corporate import action_arrays, action_table
from screener.backtest.engine import market_arrays, rule_arrays, target_rows, traded_names, trading_settings
from screener.backtest.spec import Account
from screener.data.panel import Panel

__all__ = ["Floor", "Target"]


# What `trading_settings` alone reads, and the opening: accounts that differ in nothing else share a market.
_BROKER: dict[str, Any] = {
    "cash": 1e6, "fill": "next-open", "commission_bp": 0.0, "commission_min": 0.0, "slippage_bp": 0.0,
    "slippage_ticks": 0, "participation": 0.0, "band": 0.0, "trade_min": 0.0, "retry_days": 0,
}  # fmt: skip


class Target(NamedTuple):
    """Weights as the market takes them."""

    decided: IntVector  # (n_decisions,) session on whose close each row is decided
    matrix: Matrix  # (n_decisions, n_assets)


class Floor:
    """A market from a day on, for accounts that differ in how they trade.

    Parameters
    ----------
    panel : Panel
    account : Account
        Its successors decide which shares can come to be held.
    start : Timestamp
        Session whose close opens the accounts.
    sets : sequence of DataFrame (n_decisions, n_pairs)
        All weights that will be traded.
    """

    def __init__(
        self, panel: Panel, account: Account, start: pd.Timestamp, sets: Sequence[pd.DataFrame]
    ) -> None:
        self._panel, self._first = panel, int(panel.sessions.searchsorted(start))
        self.sessions = panel.sessions[self._first :]
        pairs = sets[0].columns
        for weights in sets[1:]:
            pairs = pairs.union(weights.columns)
        self._names = traded_names(pd.DataFrame(columns=pairs), panel, account)
        self._keep = np.searchsorted(panel.symbols, self._names)
        self._built: dict[Account, tuple[Market, Rules, Actions]] = {}

    def target(self, weights: pd.DataFrame) -> Target:
        """Return weights in the form that `trade` takes."""
        matrix = target_rows(weights, self.sessions, self._names, same_day=True)[1]
        return Target(self.sessions.searchsorted(weights.index), matrix)

    def sized_on(self, target: Target, account: Account, lag: int = 0) -> IntVector:
        """Return, by session, the row that is sized on it, -1 = none.

        Notes
        -----
        A decision that is moved before the opening of the account is made at its opening; one that is moved
        beyond the last session is not made. Of several on a day the last counts.
        """
        row = np.full(len(self.sessions), -1, dtype=np.int64)
        days = np.maximum(target.decided + lag, 0) + (0 if account.fill == "same-close" else 1)
        for k, day in enumerate(days):
            if day < len(row):
                row[day] = k
        return row

    def trade(self, target: Target, account: Account, lag: int = 0, times: int = 1) -> Ledger:
        """Run one account.

        Parameters
        ----------
        target : Target
        account : Account
        lag : int
            Sessions by which every decision is moved.
        times : int
            All costs of a trade times this: commission and its minimum, slippage, impact, stamp duty and
            transfer fee. The tax on dividends is no cost of a trade and stays.
        """
        from screener.kernels.market import simulate_nb

        market, rules, actions = self._arrays(account)
        trading = trading_settings(account)
        if times != 1:
            market = market._replace(impact=market.impact * times)
            rules = rules._replace(stamp=rules.stamp * times, transfer=rules.transfer * times)
            costs = ("commission", "commission_min", "slippage", "slippage_ticks")
            trading = trading._replace(**{name: getattr(trading, name) * times for name in costs})
        return simulate_nb(
            market,
            rules,
            trading,
            actions,
            self.sized_on(target, account, lag),
            target.matrix,
            np.int64(round(account.cash * 100)),
        )

    def filled(self, ledger: Ledger, target: Target, account: Account, base: pd.Timestamp) -> float:
        """Return the share of what decisions after `base` asked for that was bought or sold, by value.

        Notes
        -----
        A decision asks once: what is tried again counts when it is filled, not as asked for again. Values are
        at the close before the decision is traded. NaN if nothing was asked for.
        """
        row = self.sized_on(target, account)
        day, asset = ledger.orders["day"].astype(np.int64), ledger.orders["asset"].astype(np.int64)
        decided = np.maximum.accumulate(np.where(row >= 0, np.arange(len(row)), 0))[day]
        close = self._arrays(account)[0].close
        price = close[np.maximum(decided - 1, 0), asset].astype(np.float64)
        inside = decided > self.sessions.searchsorted(base)
        asked = (price * ledger.orders["asked"])[inside & (day == decided)].sum()
        filled = (price * ledger.orders["filled"])[inside].sum()
        return min(float(filled / asked), 1.0) if asked > 0 else float("nan")

    def _arrays(self, account: Account) -> tuple[Market, Rules, Actions]:
        """Return what the market shows and rules, built once for accounts that trade alike."""
        key = dataclasses.replace(account, **_BROKER)
        if key not in self._built:
            table = action_table(self._panel, self._first, self._names, account)
            self._built[key] = (
                market_arrays(self._panel, self._first, self._keep, account),
                rule_arrays(self._panel, self._first, self._keep, account),
                action_arrays(table, len(self.sessions)),
            )
        return self._built[key]
