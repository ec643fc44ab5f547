"""Tilt equal-weighted themes by what the hyperscalers say they will spend, and by nothing else.

Source: report 002 reads revisions of guidance (the middle of a range against the middle before) as the
earliest dated news of the cycle. A theme is tilted by its stated exposure, less the mean of the
eligible themes, times the guidance score of the day; while no revision is younger than 100 days, or the
score is unknown, there is no tilt. Stated beforehand and not fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from screener.signals.weights import equal_themes, spread, stagger, tilt
from screener.strategy import Context, parameter


@dataclass(frozen=True)
class Params:
    """Defaults were stated before the first run."""

    guidance_tilt: float = parameter(
        0.5, "largest tilt by exposure x guidance; a belief, that of the flagship", "fraction", 0.0, 0.9
    )
    minimum: int = parameter(3, "a theme of fewer is a stock pick", "names", 1, 20)
    cap: float = parameter(0.10, "largest weight of a name", "fraction", 0.01, 1.0)
    tranches: int = parameter(4, "month-end luck moves results more than a signal does", "a month", 1, 4)


def weights(context: Context, params: Params) -> pd.DataFrame:
    """Return target weights, one row a decision day, columns (theme, symbol), rows summing to 1."""
    days = context.decision_days(params.tranches)
    members = context.members(days)
    themes = equal_themes(members, params.minimum)
    exposure = (themes > 0).astype("float64").mul(context.exposures(), axis=1).where(themes > 0)
    exposure = exposure.sub(exposure.mean(axis=1), axis=0)
    score = exposure.mul(context.cycle.guidance.score(days), axis=0)
    themes = tilt(themes, score, params.guidance_tilt)
    return stagger(spread(themes, members, params.cap), context.panel.adjusted, params.tranches)
