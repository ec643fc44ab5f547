"""Hold the eligible themes at equal weight: the control that every rule has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from screener.signals.weights import equal_themes, spread, stagger
from screener.strategy import Context, parameter


@dataclass(frozen=True)
class Params:
    """Defaults are those of the published run."""

    minimum: int = parameter(3, "a theme of fewer is a stock pick", "names", 1, 20)
    cap: float = parameter(0.10, "largest weight of a name", "fraction", 0.01, 1.0)
    tranches: int = parameter(4, "month-end luck moves results more than a signal does", "a month", 1, 4)


def weights(context: Context, params: Params) -> pd.DataFrame:
    """Return target weights, one row a decision day, columns (theme, symbol), rows summing to 1."""
    members = context.members(context.decision_days(params.tranches))
    targets = spread(equal_themes(members, params.minimum), members, params.cap)
    return stagger(targets, context.panel.adjusted, params.tranches)
