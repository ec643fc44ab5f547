"""What each choice costs: the rule's own weights traded later, dearer, under other rules, and in other sizes.

The rule decides nothing anew. Every row is the run's weights beside equal weight's through the same market
with one thing changed, and both are measured on the headline window.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from screener.arrays import Ledger
from screener.backtest import metrics
from screener.backtest.controls import EQUAL_WEIGHT
from screener.backtest.result import SAME, Run, Window
from screener.backtest.spec import FILLS, RULES, Account
from screener.study.retrade import Floor

__all__ = ["LAGS", "SIZES", "TIMES", "Capacity", "Ladders", "ladders"]

LAGS = (-2, -1, 0, 1, 2, 3, 4, 5)  # sessions
TIMES = (0, 1, 2, 3)
SIZES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)  # of the opening capital
OPENINGS = (1e3, 1e12)  # least and most CNY that an account can open with
LOST = 0.01  # a year: what an account is too large to bear
CAP = 0.10  # of the day's volume, where the run has no cap
COLUMNS = ("cagr", "equal_weight", "excess", "difference", "tracking_error", "label")


@dataclass(frozen=True)
class Capacity:
    """The size at which a rule has lost `lost` a year of its best at a smaller size, from the run's own on.

    Smaller accounts are left out: what lots and the least commission do to them, and to equal weight, says
    nothing of how large an account may get.

    Attributes
    ----------
    of : {"excess", "cagr"}
        Excess over equal weight of the same size, or the return where the rule is equal weight itself.
    lost : float
    cash : float
        CNY, interpolated between sizes on a logarithmic scale; NaN where no size loses so much.
    reason : str
        In words why there is no size, else empty.
    """

    of: str
    lost: float
    cash: float
    reason: str


@dataclass(frozen=True)
class Ladders:
    """What each choice costs; frames are None, with the `reason`, for a run that holds no prices.

    Attributes
    ----------
    window : Window
    lags, costs, rules, fills, sizes : DataFrame or None
        Indexed by ``lag`` (sessions that a decision is traded later), ``times`` (all costs of a trade),
        ``rule`` (that is switched off), ``fill`` and ``cash`` (CNY at the opening). Columns ``cagr``,
        ``equal_weight`` (its return a year in the same setting), ``excess`` (the difference; NaN for equal
        weight itself), ``difference`` (of `cagr` from the run as it is: for a rule, what it costs a year;
        for a size, from the run's own size), ``tracking_error`` (a year, against the run as it is) and
        ``label`` (what a reader must know, may be empty). `sizes` has ``filled`` too: the share of the value
        that was asked for and traded.
    capacity : Capacity or None
        Of the excess, or of the return for equal weight itself.
    capacity_of_return : Capacity or None
    reason : str
    """

    window: Window
    lags: pd.DataFrame | None = None
    costs: pd.DataFrame | None = None
    rules: pd.DataFrame | None = None
    fills: pd.DataFrame | None = None
    sizes: pd.DataFrame | None = None
    capacity: Capacity | None = None
    capacity_of_return: Capacity | None = None
    reason: str = ""


def ladders(run: Run, lost: float = LOST) -> Ladders:
    """Trade a run's weights again with one thing changed at a time.

    Parameters
    ----------
    run : Run
    lost : float
        What of its excess a year a rule may lose to its size, see `Capacity`.

    Notes
    -----
    A lag below 0 trades a decision before it was known: that is look-ahead, cannot be done, and is shown
    because a rule that lives on it is a mistake. Sizes are traded with square-root impact (1, or the run's
    own) and a cap on the share of the day's volume (the run's own, or 10 %); other ladders are as the run is.
    """
    window = run.windows[0]
    if run.context is None:
        return Ladders(window, reason="the run holds no prices to trade again")
    bench = Bench(run, window)
    sizes = bench.sizes()
    larger = sizes[sizes.index >= run.spec.account.cash]
    own = "cagr" if bench.is_control else "excess"
    return Ladders(
        window,
        lags=bench.lags(),
        costs=bench.costs(),
        rules=bench.rules(),
        fills=bench.fills(),
        sizes=sizes,
        capacity=capacity(larger, own, lost),
        capacity_of_return=capacity(larger, "cagr", lost),
    )


class Bench:
    """A rule and equal weight on one floor, and the run as it is to hold every change against."""

    def __init__(self, run: Run, window: Window) -> None:
        own = run.result.weights
        equal = run.account(EQUAL_WEIGHT)
        self.account, self.window = run.spec.account, window
        self.floor = Floor(run.context.panel, self.account, run.context.start, [own, equal.weights])
        self._targets = (self.floor.target(own), self.floor.target(equal.weights))
        self.is_control = (
            not metrics.tracking_error(_cut(run.result.nav, window), _cut(equal.nav, window)) >= SAME
        )
        self._base = self._curve(self.floor.trade(self._targets[0], self.account))

    def lags(self) -> pd.DataFrame:
        """Return a row for each lag; below 0 it cannot be done."""
        words = {lag: "look-ahead: cannot be done" if lag < 0 else "" for lag in LAGS} | {0: "the run"}
        return self._table("lag", {lag: (self.account, words[lag], {"lag": lag}) for lag in LAGS})

    def costs(self) -> pd.DataFrame:
        """Return a row for each multiple of all costs of a trade."""
        words = {0: "no costs", 1: "the run"}
        return self._table("times", {k: (self.account, words.get(k, ""), {"times": k}) for k in TIMES})

    def rules(self) -> pd.DataFrame:
        """Return a row for each rule of the exchange that is switched off alone."""
        rows = {}
        for rule in RULES:
            off = self.account.off
            said = "off in the run" if rule in off else ""
            account = dataclasses.replace(self.account, off=off if rule in off else (*off, rule))
            rows[rule] = (account, said, {})
        said = "" if self.account.participation > 0 else "off in the run"
        rows["participation"] = (dataclasses.replace(self.account, participation=0.0), said, {})
        return self._table("rule", rows)

    def fills(self) -> pd.DataFrame:
        """Return a row for each price at which orders can be filled."""
        words = {"same-close": ["optimistic: the close that was decided on"]}
        rows = {}
        for fill in FILLS:
            said = (["the run"] if fill == self.account.fill else []) + words.get(fill, [])
            rows[fill] = (dataclasses.replace(self.account, fill=fill), "; ".join(said), {})
        return self._table("fill", rows)

    def sizes(self) -> pd.DataFrame:
        """Return a row for each opening capital, with impact and a cap on volume."""
        account = dataclasses.replace(
            self.account,
            impact=self.account.impact or 1.0,
            participation=self.account.participation or CAP,
        )
        wanted = [round(self.account.cash * size, 2) for size in SIZES]
        wanted = [cash for cash in wanted if OPENINGS[0] <= cash <= OPENINGS[1]]
        rows = {cash: (dataclasses.replace(account, cash=cash), "", {}) for cash in wanted}
        table = self._table("cash", rows)
        table.loc[table.index == self.account.cash, "label"] = "the run's size"
        own = table.loc[table.index == self.account.cash, "cagr"]
        table["difference"] = table["cagr"] - (own.iloc[0] if len(own) else math.nan)
        return table

    def _table(self, index: str, rows: dict[Any, tuple[Account, str, dict[str, int]]]) -> pd.DataFrame:
        found = {key: self._row(index == "cash", *row) for key, row in rows.items()}
        return pd.DataFrame.from_dict(found, orient="index").rename_axis(index)

    def _row(
        self, with_filled: bool, account: Account, label: str, change: dict[str, int]
    ) -> dict[str, object]:
        own, equal = self._targets
        ledger = self.floor.trade(own, account, **change)
        curve = self._curve(ledger)
        other = curve if self.is_control else self._curve(self.floor.trade(equal, account, **change))
        rate, level = metrics.cagr(curve), metrics.cagr(other)
        values = (
            rate,
            level,
            math.nan if self.is_control else rate - level,
            rate - metrics.cagr(self._base),
            metrics.tracking_error(curve, self._base),
            label,
        )
        row = dict(zip(COLUMNS, values, strict=True))
        if with_filled:
            row["filled"] = self.floor.filled(ledger, own, account, self.window.base)
        return row

    def _curve(self, ledger: Ledger) -> pd.Series:
        return _cut(pd.Series(ledger.nav / 100.0, index=self.floor.sessions), self.window)


def capacity(sizes: pd.DataFrame, of: str, lost: float) -> Capacity:
    """Return the size at which a figure first falls `lost` below its best at a smaller size.

    Parameters
    ----------
    sizes : DataFrame
        Indexed by cash in CNY, rising, with the column `of`.
    of : str
    lost : float
    """
    cash, figure = sizes.index.to_numpy(np.float64), sizes[of].to_numpy(np.float64)
    if not np.isfinite(figure).all() or len(figure) < 2:
        return Capacity(of, lost, math.nan, "not defined at every size")
    best = figure[0]
    for k in range(1, len(figure)):
        if best - figure[k] >= lost:
            bar = best - lost
            part = (figure[k - 1] - bar) / (figure[k - 1] - figure[k])
            size = math.exp(math.log(cash[k - 1]) + part * (math.log(cash[k]) - math.log(cash[k - 1])))
            return Capacity(of, lost, size, "")
        best = max(best, figure[k])
    return Capacity(of, lost, math.nan, f"more than the largest size tried, {cash[-1]:,.0f} CNY")


def _cut(nav: pd.Series, window: Window) -> pd.Series:
    return nav.loc[window.base : window.end]
