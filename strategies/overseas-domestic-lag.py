"""Rotate from the overseas chain to the domestic one, which is said to follow it half a year later.

Source: report 000: the chips went abroad first, so that building at home follows building overseas by
about two quarters (its words: 中美错位). The overseas themes are tilted by the direction of trailing
expenditure that is known today (+1 rising, -1 falling), the domestic ones by the direction that was
known `lag` quarters ago. All other themes keep their weight. The lag was stated beforehand and is not
fitted: to choose among lags after the fact is to choose the luckiest.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from screener.signals.weights import equal_themes, spread, stagger, tilt
from screener.strategy import Context, parameter

OVERSEAS = ("optical", "overseas-compute")
DOMESTIC = ("ai-chips", "domestic-compute", "servers")
MONTHS = 3  # of a quarter


@dataclass(frozen=True)
class Params:
    """Defaults were stated before the first run."""

    lag: int = parameter(2, "stated by report 000", "quarters", 0, 8)
    lag_tilt: float = parameter(0.5, "largest tilt; a belief, that of the flagship", "fraction", 0.0, 0.9)
    minimum: int = parameter(3, "a theme of fewer is a stock pick", "names", 1, 20)
    cap: float = parameter(0.10, "largest weight of a name", "fraction", 0.01, 1.0)
    tranches: int = parameter(4, "month-end luck moves results more than a signal does", "a month", 1, 4)


def weights(context: Context, params: Params) -> pd.DataFrame:
    """Return target weights, one row a decision day, columns (theme, symbol), rows summing to 1."""
    days = context.decision_days(params.tranches)
    members = context.members(days)
    themes = equal_themes(members, params.minimum)
    score = pd.DataFrame(0.0, index=days, columns=themes.columns)
    before = days - pd.DateOffset(months=MONTHS * params.lag)
    for theme in themes.columns:
        if theme in OVERSEAS:
            score[theme] = direction(context, days)
        elif theme in DOMESTIC:
            score[theme] = direction(context, before)
    themes = tilt(themes, score, params.lag_tilt)
    return stagger(spread(themes, members, params.cap), context.panel.adjusted, params.tranches)


def direction(context: Context, known: pd.DatetimeIndex) -> list[float]:
    """Return the direction of trailing expenditure known on each day, 0 while unknown."""
    return context.cycle.by_day("direction", known).astype("float64").fillna(0.0).tolist()
