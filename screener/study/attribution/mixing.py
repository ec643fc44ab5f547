"""Leaning on a theme or moving in and out of it: what allocation earned, split into tilt and timing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.market import calendar
from screener.study.attribution.brinson import Sides

__all__ = ["Mixing", "mixing"]


@dataclass(frozen=True)
class Mixing:
    """The allocation effect a year, without costs and not compounded.

    Attributes
    ----------
    tilt, timing, total : float
        Sums of the table: fractions a year, tilt + timing = total.
    themes : DataFrame, indexed by ``theme``, ``cash`` last
        ``active_weight``, the mean weight less that of equal weight; ``relative_return`` a year of the theme
        in equal weight less equal weight as a whole; ``tilt``, the product of the two means; ``timing``, the
        sessions of a year times the covariance (ddof 0) of the daily two: holding more of a theme on its
        better days; ``total``.

    Notes
    -----
    The verdict's tilt and timing compare whole accounts: that of the mean mix against equal weight, and the
    rule against it, as compounded rates a year. They hold what is traded within a day, the stocks within a
    theme and the compounding too, and so differ from these in size, though they ask the same question.
    """

    tilt: float
    timing: float
    total: float
    themes: pd.DataFrame


def mixing(both: Sides) -> Mixing:
    """Split the arithmetic allocation effect of every theme into its mean lean and its moves."""
    n = len(both.sessions)
    active = both.weight - both.other_weight
    market = (both.other_weight * both.other_returns).sum(axis=1, keepdims=True)
    relative = both.other_returns - market
    a_year = calendar.sessions_a_year(*_span(both.sessions)) if n else float("nan")
    lean = active.mean(axis=0) if n else np.full(len(both.groups), np.nan)
    better = relative.mean(axis=0) if n else lean
    moves = ((active - lean) * (relative - better)).mean(axis=0) if n else lean
    table = pd.DataFrame(
        {
            "active_weight": lean,
            "relative_return": a_year * better,
            "tilt": a_year * lean * better,
            "timing": a_year * moves,
        },
        index=pd.Index(both.groups, name="theme", dtype=object),
    )
    table = table.assign(total=table["tilt"] + table["timing"])
    tilt, timing, total = (float(table[name].sum(min_count=1)) for name in ("tilt", "timing", "total"))
    return Mixing(tilt, timing, total, table)


def _span(sessions: pd.DatetimeIndex) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return base and end of the days: the session before the first, and the last."""
    return calendar.on_or_before(sessions[0] - pd.Timedelta(days=1)), sessions[-1]
