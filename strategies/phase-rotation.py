"""Hold hardware while capital expenditure accelerates, and the downstream themes from its peak on.

Source: the rotation as the reports first draw it. First the arms race, hardware alone; once growth
turns, the market asks what the spending earns, and the commercial loop of the applications has its turn
(reports 000 and 002). While trailing expenditure shrinks, nothing is held, or everything equally.
Whether a theme is hardware is its stage in the chain. Stated beforehand and not fitted: a specification
study had already found that rules of this kind lost to equal weight, so this file is shipped as the
claim, to be measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from screener.signals.weights import equal_themes, spread, stagger
from screener.strategy import Context, parameter

HARDWARE = ("accelerating",)
DOWNSTREAM = ("peak", "decelerating")


@dataclass(frozen=True)
class Params:
    """Defaults are those of the first draft."""

    contraction: str = parameter(
        "cash", "as first drafted; equal-weight stays invested", choices=("cash", "equal-weight")
    )
    minimum: int = parameter(3, "a theme of fewer is a stock pick", "names", 1, 20)
    cap: float = parameter(0.10, "largest weight of a name", "fraction", 0.01, 1.0)
    tranches: int = parameter(4, "month-end luck moves results more than a signal does", "a month", 1, 4)


def weights(context: Context, params: Params) -> pd.DataFrame:
    """Return target weights, one row a decision day, columns (theme, symbol), rows summing to 1 or to 0."""
    days = context.decision_days(params.tranches)
    members = context.members(days)
    themes = rotated(equal_themes(members, params.minimum), context, params)
    return stagger(spread(themes, members, params.cap), context.panel.adjusted, params.tranches)


def rotated(themes: pd.DataFrame, context: Context, params: Params) -> pd.DataFrame:
    """Keep the themes whose turn it is at equal weight; all of them where none of those is eligible."""
    phase = context.cycle.phase(themes.index)
    late = pd.Series({theme.id: theme.stage == "downstream" for theme in context.themes})[themes.columns]
    turn = pd.DataFrame(True, index=themes.index, columns=themes.columns)
    turn.loc[phase.isin(HARDWARE), late[late].index] = False
    turn.loc[phase.isin(DOWNSTREAM), late[~late].index] = False
    kept = themes.where(turn, 0.0)
    total = kept.sum(axis=1)
    kept = kept.div(total.where(total > 0, 1.0), axis=0).where(total > 0, themes)
    return kept.mask(phase == "contraction", 0.0) if params.contraction == "cash" else kept
