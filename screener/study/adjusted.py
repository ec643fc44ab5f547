"""What is left of a rule's return once its market risk, and the size of what it holds, are taken out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.arrays import IntMatrix, Matrix, Vector
from screener.backtest import metrics
from screener.backtest.result import Run, Window
from screener.market import calendar
from screener.strategy import Context
from screener.study.bootstrap import BLOCK, DRAWS, block_means, block_starts
from screener.study.intervals import Bounded, bounded, unknown

__all__ = ["MODELS", "Adjusted", "adjusted", "size_factor"]

MODELS = {"beta": ("benchmark",), "size": ("benchmark", "size")}
FEWEST = 6  # names with a market capitalisation on a day; fewer have no halves to speak of
MISSING = 0.01  # largest share of sessions that the size factor may lack
ALIKE = 1e-10  # of the determinant of relative covariances: below, the regressors are one


@dataclass(frozen=True)
class Adjusted:
    """A rule's daily returns regressed on what anybody could have bought.

    Attributes
    ----------
    window : Window
    table : DataFrame
        Indexed by ``(model, term)``; models are `MODELS`, terms are ``alpha`` (a year, arithmetic: the
        intercept times the sessions a year), the loadings ``benchmark`` and ``size``, and ``r2``. Columns
        ``value, low, high`` (95 % by the block bootstrap) and ``reason`` where there is none, else empty.
    basis : str
        What market capitalisation rests on; empty without a size factor.
    draws, block, seed : int
    """

    window: Window
    table: pd.DataFrame
    basis: str
    draws: int
    block: int
    seed: int


def adjusted(
    run: Run, window: Window | None = None, draws: int = DRAWS, seed: int = 1, block: int = BLOCK
) -> Adjusted:
    """Regress the rule on the benchmark, and on benchmark and size.

    Parameters
    ----------
    run : Run
    window : Window, optional
        Default the headline.
    draws, seed, block : int
        Of the bootstrap, see `intervals`.

    Notes
    -----
    Ordinary least squares of daily returns above the risk-free rate, with an intercept. The size factor is
    the mean return of the smaller half of the run's own names less that of the larger half, split by the
    market capitalisation known after the session before; where the source knows none there is no model.
    """
    window = window or run.windows[0]
    days = run.result.nav.loc[window.base : window.end].index
    a_year = calendar.sessions_a_year(window.base, window.end)
    cash = metrics.cash_return(run.spec.risk_free, a_year)
    own = _returns(run.result.nav, days) - cash
    factors, missing, basis = _factors(run, days, cash)
    few = f"fewer than two blocks of {block} sessions" if len(own) < 2 * block else ""
    lost = "" if np.isfinite(own).all() else "the account lost everything"
    lost = lost or ("" if len(own) and np.ptp(own) > 0.0 else "the account never moved")
    starts = block_starts(len(own), block, draws, seed)
    rows: dict[tuple[str, str], Bounded] = {}
    for model, names in MODELS.items():
        why = next((missing[name] for name in names if name in missing), "") or lost or few
        terms = ("alpha", *names, "r2")
        parts = [] if why else _fitted(own, [factors[name] for name in names], starts, block, a_year)
        why = why or "what the rule is compared with never moved, or as one"
        parts = parts or [unknown(math.nan, why)] * len(terms)
        rows |= {(model, term): part for term, part in zip(terms, parts, strict=True)}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high", "reason"])
    table.index = pd.MultiIndex.from_tuples(table.index, names=["model", "term"])
    return Adjusted(window, table, basis, draws, block, seed)


def _fitted(
    own: Vector, factors: list[Vector], starts: IntMatrix, block: int, a_year: float
) -> list[Bounded]:
    """Return value and interval of each term, the intercept a year; nothing if the factors are not apart."""
    matrix = np.column_stack(factors)
    spread = matrix.std(axis=0)
    if not np.isfinite(matrix).all() or (spread < metrics.ROUNDING).any():
        return []
    scale = np.array([a_year, *[1.0] * (len(factors) + 1)])
    value = regress(moments(own, matrix, None, block), spread)[0] * scale
    drawn = regress(moments(own, matrix, starts, block), spread) * scale
    return [] if np.isnan(value).all() else list(map(bounded, map(float, value), drawn.T))


def size_factor(context: Context, days: pd.DatetimeIndex) -> tuple[Vector, str, str]:
    """Return the daily returns of small less large among the names of a panel, and why there is none.

    Parameters
    ----------
    context : Context
    days : DatetimeIndex (n_days,)
        The base first, which has no return.

    Returns
    -------
    returns : ndarray (n_days - 1,)
        0 on the few days on which too few names have a capitalisation; empty without a factor.
    basis : str
        What capitalisation rests on.
    reason : str
        Why there is no factor, else empty.
    """
    value, basis = capitalisation(context)
    if not basis:
        return np.empty(0), "", "the source knows no market capitalisation"
    before = value.shift().loc[days[1:]]
    returns = context.panel.total_return.loc[days[1:]]
    both = before.notna() & returns.notna()
    before, returns = before.where(both), returns.where(both)
    few = both.sum(axis=1) < FEWEST
    if few.mean() > MISSING:
        share = f"{few.mean():.0%} of the sessions"
        return np.empty(0), "", f"fewer than {FEWEST} names have a market capitalisation on {share}"
    small = before.le(before.median(axis=1), axis=0)
    spread = returns.where(small).mean(axis=1) - returns.where(both & ~small).mean(axis=1)
    return spread.where(~few, 0.0).fillna(0.0).to_numpy(np.float64), basis, ""


def capitalisation(context: Context) -> tuple[pd.DataFrame, str]:
    """Return the market value of each share by session in CNY, and what it rests on; "" if nothing.

    Notes
    -----
    The last resort is the day's amount over its turnover: the value of the float at the mean price.
    """
    panel = context.panel
    ways: dict[str, Callable[[], pd.DataFrame]] = {
        "market capitalisation": lambda: context.valuation("market_cap"),
        "capitalisation of the float": lambda: context.valuation("float_cap"),
        "shares times close": lambda: context.valuation("shares") * panel.frame(panel.close),
        "amount over turnover": lambda: panel.frame(panel.amount) / context.valuation("turnover"),
    }
    for basis, way in ways.items():
        value = way()
        value = value.where((value > 0.0) & (value < np.inf))
        if value.notna().any(axis=None):
            return value, basis
    return value, ""


def moments(own: Vector, matrix: Matrix, starts: IntMatrix | None, block: int) -> Matrix:
    """Return the mean products of 1, the factors and the rule in each draw; one draw without `starts`.

    Returns
    -------
    ndarray (n_draws, k + 2, k + 3)
        For k factors; the last column is what each was measured from.

    Notes
    -----
    Everything is measured from its mean over all days, so that products do not cancel; `regress` puts the
    intercept back.
    """
    columns = np.column_stack([np.ones(len(own)), matrix, own])
    centre = columns.mean(axis=0)
    centre[0] = 0.0
    away = columns - centre
    k = columns.shape[1]
    out = np.empty((1 if starts is None else len(starts), k, k + 1))
    for a in range(k):
        for b in range(a, k):
            product = away[:, a] * away[:, b]
            mean = product.mean() if starts is None else block_means(product, starts, block)
            out[:, a, b] = out[:, b, a] = mean
    out[:, :, k] = centre
    return out


def regress(sums: Matrix, spread: Vector) -> Matrix:
    """Return intercept, loadings and share of variance explained, (n_draws, k + 2).

    NaN in draws in which a factor stands still, measured by its `spread` over all days, or moves as another.
    """
    products, centre = sums[:, :, :-1], sums[:, :, -1]
    left, right = products[:, :-1, :-1], products[:, :-1, -1:]
    mean = products[:, 0, 1:-1]
    inside = products[:, 1:-1, 1:-1] - mean[:, :, None] * mean[:, None, :]
    apart = np.linalg.det(inside / np.outer(spread, spread)) > ALIKE
    found = np.full((len(sums), left.shape[1]), np.nan)
    found[apart] = np.linalg.solve(left[apart], right[apart])[:, :, 0]
    total = products[:, -1, -1] - products[:, 0, -1] ** 2
    explained = (found * right[:, :, 0]).sum(axis=1) - products[:, 0, -1] ** 2
    alpha = found[:, 0] + centre[:, -1] - (found[:, 1:] * centre[:, 1:-1]).sum(axis=1)
    return np.column_stack([alpha, found[:, 1:], explained / total])


def _factors(run: Run, days: pd.DatetimeIndex, cash: float) -> tuple[dict[str, Vector], dict[str, str], str]:
    """Return the factors that there are, why the others are missing, and the basis of the size factor."""
    found: dict[str, Vector] = {}
    missing: dict[str, str] = {}
    basis = ""
    if run.benchmark is None:
        missing["benchmark"] = "the run has no benchmark"
    else:
        found["benchmark"] = _returns(run.benchmark.close, days) - cash
    if run.context is None:
        missing["size"] = "the run holds no prices"
    else:
        found["size"], basis, why = size_factor(run.context, days)
        missing |= {"size": why} if why else {}
    return found, missing, basis


def _returns(level: pd.Series, days: pd.DatetimeIndex) -> Vector:
    values = level.loc[days].to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return values[1:] / values[:-1] - 1.0
