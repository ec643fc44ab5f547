"""Tilt towards themes that are cheap against their own past, while capital expenditure grows.

Source: report 004 holds that computing is no classic cyclical and that its price/earnings ratios are
too low while spending grows; the test of that is whether a low percentile pays inside growth. A share's
percentile is the rank of its trailing price/earnings ratio among its own last three years, losses left
out; a theme's is the mean of its members. A theme scores 1 at the low end and -1 at the high end, less
the mean of the eligible themes. There is no tilt while trailing expenditure shrinks or where the source
has no valuation. Stated beforehand and not fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from screener.signals.weights import equal_themes, spread, stagger, tilt
from screener.strategy import Context, parameter


@dataclass(frozen=True)
class Params:
    """Defaults were stated before the first run."""

    value_tilt: float = parameter(0.5, "largest tilt; a belief, that of the flagship", "fraction", 0.0, 0.9)
    history: int = parameter(720, "three years, the common choice; not fitted", "sessions", 60, 2500)
    fewest: int = parameter(240, "a percentile of less than a year says little", "sessions", 20, 2500)
    minimum: int = parameter(3, "a theme of fewer is a stock pick", "names", 1, 20)
    cap: float = parameter(0.10, "largest weight of a name", "fraction", 0.01, 1.0)
    tranches: int = parameter(4, "month-end luck moves results more than a signal does", "a month", 1, 4)


def weights(context: Context, params: Params) -> pd.DataFrame:
    """Return target weights, one row a decision day, columns (theme, symbol), rows summing to 1."""
    days = context.decision_days(params.tranches)
    members = context.members(days)
    themes = equal_themes(members, params.minimum)
    growing = context.cycle.by_day("growth", days).astype("float64") > 0.0
    score = cheapness(context, members, params).where(themes > 0)
    score = score.sub(score.mean(axis=1), axis=0).mul(growing, axis=0)
    themes = tilt(themes, score, params.value_tilt)
    return stagger(spread(themes, members, params.cap), context.panel.adjusted, params.tranches)


def cheapness(context: Context, members: dict[str, pd.DataFrame], params: Params) -> pd.DataFrame:
    """Return 1 for a theme whose members stand at their lowest ratios, -1 at their highest, NaN unknown."""
    ratio = context.valuation("pe_ttm")
    own = ratio.where(ratio > 0).rolling(params.history, min_periods=min(params.fewest, params.history))
    days = next(iter(members.values())).index
    percentile = own.rank(pct=True).loc[days]
    return pd.DataFrame(
        {
            theme: 1.0 - 2.0 * percentile[list(rows.columns)].where(rows > 0).mean(axis=1)
            for theme, rows in members.items()
        }
    )
