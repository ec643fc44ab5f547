"""Tilt equal-weighted compute themes by the hyperscalers' capital expenditure and by their own momentum.

Base: the eligible themes at equal weight, fully invested. A theme is tilted by its stated exposure to the
cycle (less the mean exposure of the eligible themes) times the cycle score, and by its momentum rank. The
defaults come from belief and from a specification study, not from a fit: reacting to reported capex did not
pay in that study, guidance showed a weak effect, and shares lead reported capex by about a year.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from screener.signals import cross_rank
from screener.signals.weights import equal_themes, spread, stagger, theme_momentum, tilt
from screener.strategy import Context, parameter


@dataclass(frozen=True)
class Params:
    """Defaults are those of the published run."""

    cycle_tilt: float = parameter(
        0.5, "largest tilt by exposure x cycle score; a belief", "fraction", 0.0, 0.9
    )
    momentum_tilt: float = parameter(0.5, "largest tilt by momentum rank; a belief", "fraction", 0.0, 0.9)
    window: int = parameter(120, "half a year, the common choice; not fitted", "sessions", 5, 500)
    skip: int = parameter(20, "leaves out last month's reversal", "sessions", 0, 100)
    score: str = parameter("growth", "phases are shown, traded only by choice", choices=("growth", "phase"))
    contraction_cash: float = parameter(
        0.0, "held while trailing capex shrinks; lost in the study", "fraction", 0.0, 1.0
    )
    minimum: int = parameter(3, "a theme of fewer is a stock pick", "names", 1, 20)
    cap: float = parameter(0.10, "largest weight of a name", "fraction", 0.01, 1.0)
    tranches: int = parameter(4, "month-end luck moves results more than a signal does", "a month", 1, 4)


def weights(context: Context, params: Params) -> pd.DataFrame:
    """Return target weights, one row a decision day, columns (theme, symbol), rows summing to 1."""
    days = context.decision_days(params.tranches)
    members = context.members(days)
    themes = equal_themes(members, params.minimum)
    momentum = theme_momentum(context.panel.adjusted, members, params.window, params.skip)
    themes, eligible = tilt(themes, cycle_score(context, themes, params), params.cycle_tilt), themes > 0
    themes = tilt(themes, cross_rank(momentum.where(eligible)), params.momentum_tilt)
    shrinking = context.cycle.phase(days) == "contraction"
    themes = themes.mul(1.0 - params.contraction_cash * shrinking, axis=0)
    return stagger(spread(themes, members, params.cap), context.panel.adjusted, params.tranches)


def cycle_score(context: Context, themes: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return exposure less the mean of the eligible themes, times the cycle score of the day."""
    exposure = (themes > 0).astype("float64").mul(context.exposures(), axis=1).where(themes > 0)
    exposure = exposure.sub(exposure.mean(axis=1), axis=0)
    return exposure.mul(context.cycle.score(themes.index, params.score), axis=0)
