"""Buy the eligible themes at equal weight on the first day and never trade again."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from screener.signals.weights import equal_themes, spread
from screener.strategy import Context, parameter


@dataclass(frozen=True)
class Params:
    """Defaults are those of the published run."""

    minimum: int = parameter(3, "a theme of fewer is a stock pick", "names", 1, 20)
    cap: float = parameter(0.10, "largest weight of a name", "fraction", 0.01, 1.0)


def weights(context: Context, params: Params) -> pd.DataFrame:
    """Return one row of target weights, columns (theme, symbol), summing to 1."""
    members = context.members(pd.DatetimeIndex([context.start], name="date"))
    return spread(equal_themes(members, params.minimum), members, params.cap)
