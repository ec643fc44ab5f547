"""How sure every figure of a run is: 95 % intervals by a block bootstrap, the same days for all accounts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from screener.arrays import IntMatrix, Matrix, Vector
from screener.backtest import metrics
from screener.backtest.controls import EQUAL_WEIGHT, STATIC_MIX
from screener.backtest.result import SAME, Run, Window
from screener.market import calendar
from screener.study.bootstrap import BLOCK, DRAWS, ENDS, block_means, block_starts

__all__ = ["FIGURES", "PARTS", "Bounded", "Intervals", "bounded", "intervals", "unknown"]

FIGURES = (
    "total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar", "value_at_risk",
    "expected_shortfall", "hit_rate", "excess", "tracking_error", "information_ratio", "beta", "alpha",
)  # fmt: skip
RELATIVE = frozenset(FIGURES[10:])
PARTS = ("total", "benchmark", "equal_weight", "static_mix", "selection", "tilt", "timing", "cost")
Bounded = tuple[float, float, float, str]  # value, low, high, and why there is no interval
UNDEFINED = 0.05  # of the draws may lack a figure before its interval is not given


@dataclass(frozen=True)
class Intervals:
    """Figures of one window with what luck could have made of them.

    Attributes
    ----------
    window : Window
    figures : DataFrame
        Indexed by ``(account, figure)``: ``value`` as the run gives it, ``low, high`` (2.5 % and 97.5 % of
        the draws) and ``reason``, in words where there is no interval, else empty. Accounts are the rule,
        its controls and ``benchmark``; figures are `FIGURES`.
    parts : DataFrame
        Indexed by ``part``, with the same columns: `PARTS` of the verdict, and ``over X`` for each control.
    draws, block, seed : int
        Number of draws, sessions drawn together, seed of the draws.

    Notes
    -----
    A drawdown of drawn blocks knows nothing of falls that last longer than a block by more than chance.
    """

    window: Window
    figures: pd.DataFrame
    parts: pd.DataFrame
    draws: int
    block: int
    seed: int


def intervals(
    run: Run, window: Window | None = None, draws: int = DRAWS, seed: int = 1, block: int = BLOCK
) -> Intervals:
    """Return the interval of every figure and every part of the verdict.

    Parameters
    ----------
    run : Run
    window : Window, optional
        One of the run's; default the headline.
    draws : int
    seed : int
    block : int
        Sessions drawn together.

    Notes
    -----
    NaN, with the reason in words: fewer days than two blocks, an account that lost everything, a figure that
    is not defined, or nothing to compare with. The intervals know nothing of how many rules were tried.
    """
    window = window or run.windows[0]
    curves = curves_of(run, window)
    n = len(curves[run.result.name]) - 1
    sound = {name: curve[1:] / curve[:-1] - 1.0 for name, curve in curves.items() if (curve > 0.0).all()}
    if n < 2 * block:
        why = f"fewer than two blocks of {block} sessions"
        return _none(run, window, curves, why, (draws, block, seed))
    starts = block_starts(n, block, draws, seed)
    drawn = resampled(sound, starts, block, window, run.spec.risk_free)
    rates = {name: values[FIGURES.index("cagr")] for name, values in drawn.items()}
    rates |= free_rates(run, window, starts, block)
    return Intervals(
        window, figure_table(run, window, curves, drawn), part_table(run, window, rates), draws, block, seed
    )


def curves_of(run: Run, window: Window) -> dict[str, Vector]:
    """Return the levels of the rule, its controls and the benchmark in a window, the base first."""
    series = {run.result.name: run.result.nav} | {name: r.nav for name, r in run.controls.items()}
    if run.benchmark is not None:
        series["benchmark"] = run.benchmark.close
    return {name: nav.loc[window.base : window.end].to_numpy(np.float64) for name, nav in series.items()}


def resampled(
    returns: dict[str, Vector], starts: IntMatrix, block: int, window: Window, risk_free: float
) -> dict[str, Matrix]:
    """Return the (n_figures, n_draws) figures of each account; infinite ones become NaN."""
    from screener.kernels.resample import resample_nb

    if not returns:
        return {}
    rows = np.array(list(returns.values()))
    names = list(returns)
    a_year = calendar.sessions_a_year(window.base, window.end)
    drawn = resample_nb(
        rows,
        np.argsort(rows, axis=1, kind="stable"),
        names.index(EQUAL_WEIGHT) if EQUAL_WEIGHT in names else -1,
        starts,
        block,
        metrics.cash_return(risk_free, a_year),
        calendar.years(window.base, window.end),
        a_year,
    )
    drawn[~np.isfinite(drawn)] = np.nan
    return dict(zip(names, drawn, strict=True))


def free(name: str) -> str:
    """Return what the account of a rule without costs is called."""
    return f"the account {name} without costs"


def free_rates(run: Run, window: Window, starts: IntMatrix, block: int) -> dict[str, Vector]:
    """Return the returns a year of the accounts without costs, on the same drawn days."""
    found = {}
    for name, account in run.free.items():
        level = account.nav.loc[window.base : window.end].to_numpy(np.float64)
        if (level > 0.0).all():
            steps = np.diff(np.log(level))
            a_year = len(steps) / calendar.years(window.base, window.end)
            found[free(name)] = np.expm1(a_year * block_means(steps, starts, block))
    return found


def figure_table(
    run: Run, window: Window, curves: dict[str, Vector], drawn: dict[str, Matrix]
) -> pd.DataFrame:
    """Return a row for each figure of each account."""
    rows = {}
    for name in curves:
        told = run.metrics.get(window.label, {}).get(name, {})
        twin = name == EQUAL_WEIGHT or (name in drawn and is_control(curves[name], curves.get(EQUAL_WEIGHT)))
        for k, figure in enumerate(FIGURES):
            value = told.get(figure, math.nan)
            if figure in RELATIVE and (twin or EQUAL_WEIGHT not in drawn):
                row = unknown(value, "it is equal weight itself" if twin else "nothing to compare with")
            elif name not in drawn:
                row = unknown(value, "the account lost everything")
            else:
                row = bounded(value, drawn[name][k])
            rows[name, figure] = row
    return _table(rows, ["account", "figure"])


def is_control(curve: Vector, control: Vector | None) -> bool:
    """Whether an account is equal weight under another name."""
    if control is None or not control[0] > 0.0:
        return False
    return bool(np.allclose(curve / curve[0], control / control[0], rtol=0.0, atol=SAME))


def part_table(run: Run, window: Window, rates: dict[str, Vector]) -> pd.DataFrame:
    """Return a row for each part of the verdict and for the excess over each control.

    The value of an excess is the difference of the two returns a year that the run gives.
    """
    own = run.result.name
    sums = {
        "total": (own, ""),
        "benchmark": ("benchmark", ""),
        "equal_weight": (EQUAL_WEIGHT, ""),
        "static_mix": (STATIC_MIX, ""),
        "selection": (free(EQUAL_WEIGHT), "benchmark"),
        "tilt": (free(STATIC_MIX), free(EQUAL_WEIGHT)),
        "timing": (free(own), free(STATIC_MIX)),
        "cost": (own, free(own)),
    }
    told = {
        name: figures.get("cagr", math.nan) for name, figures in run.metrics.get(window.label, {}).items()
    }
    verdict = next((v for v in run.verdicts if v.window == window), None)
    values = {part: getattr(verdict, part, math.nan) for part in sums}
    for name in (*(k for k in run.controls if k != own), "benchmark"):
        sums[f"over {name}"] = (own, name)
        values[f"over {name}"] = told.get(own, math.nan) - told.get(name, math.nan)
    return _table({part: _difference(values[part], *pair, rates) for part, pair in sums.items()}, ["part"])


def bounded(value: float, draws: Vector) -> Bounded:
    """Return a figure with the ends of its interval; draws in which it is not defined are left out."""
    known = draws[~np.isnan(draws)]
    if math.isnan(value):
        return unknown(value, "not defined in this window")
    if len(known) < (1.0 - UNDEFINED) * len(draws):
        return unknown(value, "not defined in more than one draw of twenty")
    low, high = np.quantile(known, ENDS)
    return value, float(low), float(high), ""


def _difference(value: float, of: str, less: str, rates: dict[str, Vector]) -> Bounded:
    for name in (of, less):
        if name and name not in rates:
            return unknown(value, f"{name} is missing, or lost everything")
    return bounded(value, rates[of] - rates[less] if less else rates[of])


def unknown(value: float, why: str) -> Bounded:
    """Return a figure without an interval, and why."""
    return value, math.nan, math.nan, why


def _table(rows: dict[Any, Bounded], names: list[str]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high", "reason"])
    if len(names) > 1:
        table.index = pd.MultiIndex.from_tuples(table.index)
    return table.rename_axis(index=names)


def _none(
    run: Run, window: Window, curves: dict[str, Vector], why: str, settings: tuple[int, int, int]
) -> Intervals:
    """Return figures without any interval."""
    empty = {name: np.full((len(FIGURES), 1), np.nan) for name in curves}
    figures = figure_table(run, window, curves, empty).assign(reason=why)
    return Intervals(window, figures, part_table(run, window, {}).assign(reason=why), *settings)
