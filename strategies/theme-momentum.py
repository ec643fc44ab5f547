"""Tilt equal-weighted themes by their own momentum alone: what the flagship does without the cycle."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from screener.signals import cross_rank
from screener.signals.weights import equal_themes, spread, stagger, theme_momentum, tilt
from screener.strategy import Context, parameter


@dataclass(frozen=True)
class Params:
    """Defaults are those of the published run."""

    momentum_tilt: float = parameter(0.5, "largest tilt by momentum rank; a belief", "fraction", 0.0, 0.9)
    window: int = parameter(120, "half a year, the common choice; not fitted", "sessions", 5, 500)
    skip: int = parameter(20, "leaves out last month's reversal", "sessions", 0, 100)
    minimum: int = parameter(3, "a theme of fewer is a stock pick", "names", 1, 20)
    cap: float = parameter(0.10, "largest weight of a name", "fraction", 0.01, 1.0)
    tranches: int = parameter(4, "month-end luck moves results more than a signal does", "a month", 1, 4)


def weights(context: Context, params: Params) -> pd.DataFrame:
    """Return target weights, one row a decision day, columns (theme, symbol), rows summing to 1."""
    adjusted = context.panel.adjusted
    members = context.members(context.decision_days(params.tranches))
    themes = equal_themes(members, params.minimum)
    rank = cross_rank(theme_momentum(adjusted, members, params.window, params.skip).where(themes > 0))
    return stagger(
        spread(tilt(themes, rank, params.momentum_tilt), members, params.cap), adjusted, params.tranches
    )
