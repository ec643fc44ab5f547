"""A walk forward in time: each year the setting that was best until then."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from screener.backtest import metrics
from screener.backtest.engine import backtest
from screener.backtest.result import Window
from screener.backtest.spec import Account
from screener.strategy import Context
from screener.study.grid import OWN, Grid

__all__ = ["PAST", "WalkForward", "Year", "walk_forward"]

PAST = 200  # sessions before a first choice


@dataclass(frozen=True)
class Year:
    """A year of a walk forward; a last year may be partial.

    Attributes
    ----------
    year : int
    chosen : str
        Setting in words.
    sharpe : float
        Of the chosen setting on all days before, a year.
    walk, own, equal_weight : float
        Returns of the year.
    """

    year: int
    chosen: str
    sharpe: float
    walk: float
    own: float
    equal_weight: float


@dataclass(frozen=True)
class WalkForward:
    """Each year the setting that was best until then, through one account with all costs.

    Attributes
    ----------
    years : tuple of Year
    base, end : Timestamp
        What `walk`, `own` and `equal_weight` are measured on.
    walk, own, equal_weight : float
        Returns a year (CAGR) of the walk, the run's own setting and equal weight.
    reason : str
        In words why there is none, else empty.
    """

    years: tuple[Year, ...]
    base: pd.Timestamp
    end: pd.Timestamp
    walk: float
    own: float
    equal_weight: float
    reason: str


def walk_forward(
    found: Grid, equal: pd.Series, context: Context, account: Account, window: Window, risk_free: float = 0.0
) -> WalkForward:
    """Hold in each year the setting that was best on all days of the window before it.

    Parameters
    ----------
    found : Grid
    equal : Series (n_days,)
        Equity of the equal-weight control.
    context : Context
    account : Account
    window : Window
    risk_free : float
        Rate a year.

    Notes
    -----
    Best by Sharpe ratio. The first year that has 200 sessions before it is the first. Weights of the chosen
    settings follow each other in one account, so that a change of setting is traded and paid; before the
    first year the account holds the run's own setting.
    """
    sessions = found.equity.loc[window.base : window.end].index
    years = [
        year
        for year in range(window.base.year, window.end.year + 1)
        if (sessions.year < year).sum() > PAST and (sessions.year == year).any()
    ]
    if len(found.weights) < 2:
        return _no_walk(window, "the rule has one setting: there is nothing to choose")
    if not years:
        return _no_walk(window, f"no year has {PAST} sessions of the window before it")
    chosen = {year: best_until(found.equity, window.base, year, risk_free) for year in years}
    weights = stitched(found.weights, {year: words for year, (words, _) in chosen.items()})
    walk = backtest("walk-forward", weights, context.panel, account, context.start).nav
    base = sessions[sessions.year < years[0]][-1]
    curves = {"walk": walk, "own": found.equity[OWN], "equal_weight": equal}
    curves = {name: nav.loc[base : window.end] for name, nav in curves.items()}
    returns = {name: metrics.yearly_returns(nav) for name, nav in curves.items()}
    table = tuple(
        Year(year, *chosen[year], **{name: float(part[year]) for name, part in returns.items()})
        for year in years
    )
    rates = {name: metrics.cagr(nav) for name, nav in curves.items()}
    return WalkForward(table, base, window.end, **rates, reason="")


def best_until(equity: pd.DataFrame, base: pd.Timestamp, year: int, risk_free: float) -> tuple[str, float]:
    """Return the setting with the best Sharpe ratio before a year, and the ratio; the first of equals."""
    past = equity.loc[base : pd.Timestamp(year - 1, 12, 31)]
    ratios = {words: metrics.sharpe(past[words], risk_free) for words in past}
    best = max(ratios, key=lambda words: -math.inf if math.isnan(ratios[words]) else ratios[words])
    return best, ratios[best]


def stitched(weights: Mapping[str, pd.DataFrame], chosen: Mapping[int, str]) -> pd.DataFrame:
    """Return the decisions of the chosen setting of each year; of `OWN` before the first."""
    first = min(chosen)
    own = weights[OWN]
    parts = [own[own.index.year < first]]
    parts += [
        frame[frame.index.year == year] for year, w in sorted(chosen.items()) if len(frame := weights[w])
    ]
    return pd.concat(parts).fillna(0.0)


def _no_walk(window: Window, why: str) -> WalkForward:
    return WalkForward((), window.base, window.end, math.nan, math.nan, math.nan, why)
