"""Hold less as the hyperscalers' capital expenditure takes more of their operating cash flow.

Source: the redundancy model of report 002: building goes on while cash flow exceeds what is spent, and
ends when it no longer does. The themes stand at equal weight. All is invested while trailing
expenditure takes less than 70 % of trailing operating cash flow; from there the invested part falls in
a straight line to a floor at 100 %. What is not known counts as ample. Stated beforehand and not
fitted; 100 % is the report's mark, 70 % and the floor are beliefs.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from screener.signals.weights import equal_themes, spread, stagger
from screener.strategy import Context, parameter

DRIVERS = ("hyperscaler-ocf",)  # read beside the cycle; part of what a run rests on


@dataclass(frozen=True)
class Params:
    """Defaults were stated before the first run."""

    ample: float = parameter(0.7, "all is invested below; a belief", "share of cash flow", 0.0, 0.99)
    exhausted: float = parameter(1.0, "the mark of report 002", "share of cash flow", 1.0, 3.0)
    floor: float = parameter(0.5, "invested from there on; a belief", "fraction", 0.0, 1.0)
    minimum: int = parameter(3, "a theme of fewer is a stock pick", "names", 1, 20)
    cap: float = parameter(0.10, "largest weight of a name", "fraction", 0.01, 1.0)
    tranches: int = parameter(4, "month-end luck moves results more than a signal does", "a month", 1, 4)


def weights(context: Context, params: Params) -> pd.DataFrame:
    """Return target weights, one row a decision day, columns (theme, symbol), rows summing to 1 or less."""
    days = context.decision_days(params.tranches)
    members = context.members(days)
    themes = equal_themes(members, params.minimum).mul(invested(context.used_cash(days), params), axis=0)
    return stagger(spread(themes, members, params.cap), context.panel.adjusted, params.tranches)


def invested(used: pd.Series, params: Params) -> pd.Series:
    """Return the invested part for a share of cash flow that is used: 1, falling to the floor."""
    way = ((used - params.ample) / (params.exhausted - params.ample)).clip(0.0, 1.0).fillna(0.0)
    return 1.0 - (1.0 - params.floor) * way
