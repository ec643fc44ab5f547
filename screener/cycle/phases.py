"""Growth of the trailing four quarters, its turns and the phase of the cycle.

Every statistic expands: the phase of a quarter is computed from that quarter and the ones before it, so a
quarter that is added later changes no earlier phase.
"""

from __future__ import annotations

import math

import pandas as pd

__all__ = ["DEAD_BAND", "PHASES", "PHASE_SCORE", "quarter_table"]

PHASES = ("accelerating", "peak", "decelerating", "contraction")
PHASE_SCORE = {"accelerating": 1.0, "peak": 0.0, "decelerating": -0.5, "contraction": -1.0}
DEAD_BAND = 0.025  # larger than what two definitions of the same quarter disagree about
PEAK_QUARTERS = 2


def quarter_table(
    rows: pd.DataFrame, entities: tuple[str, ...], dead_band: float = DEAD_BAND
) -> pd.DataFrame:
    """Sum the entities by quarter and classify the growth of the trailing four quarters.

    Parameters
    ----------
    rows : DataFrame
        Rows of one definition of a driver.
    entities : tuple of str
        Who must have reported before a quarter counts.
    dead_band : float
        Change of growth, as a fraction, below which the direction is not taken to have turned.

    Returns
    -------
    DataFrame
        One row a complete quarter, indexed by ``quarter`` ("2024Q2"): ``period_end, released, usable_from,
        total, trailing, growth, change, direction, phase``. NaN / "unknown" where the history is too short.

    Notes
    -----
    A quarter becomes known with the last of its reports. Growth is the trailing four quarters against the
    four before. The direction turns only when growth has moved by more than `dead_band` from its extreme
    since the last turn.
    """
    wide = rows.pivot(index="period_end", columns="entity", values="value").reindex(columns=list(entities))
    dates = rows.groupby("period_end")[["released", "usable_from"]].max()
    table = dates.join(wide.sum(axis=1, skipna=False).rename("total")).dropna(subset=["total"])
    table = table.sort_index().reset_index()
    table.index = pd.Index(
        [f"{day.year}Q{(day.month + 2) // 3}" for day in table["period_end"]], name="quarter"
    )
    table["trailing"] = table["total"].rolling(4).sum()
    table["growth"] = table["trailing"] / table["trailing"].shift(4) - 1.0
    table["change"] = table["growth"].diff()
    table["direction"] = _directions(list(table["growth"]), dead_band)
    table["phase"] = _phases(list(table["growth"]), list(table["direction"]))
    return table


def _directions(growth: list[float], dead_band: float) -> list[int]:
    """Return +1 / -1 by quarter: the way growth went since its last turn; 0 while unknown."""
    out: list[int] = []
    direction, extreme = 0, math.nan
    for g in growth:
        if math.isnan(g) or math.isnan(extreme):
            extreme = g
        elif direction >= 0 and g < extreme - dead_band:
            direction, extreme = -1, g
        elif direction <= 0 and g > extreme + dead_band:
            direction, extreme = 1, g
        elif direction != 0:
            extreme = max(extreme, g) if direction > 0 else min(extreme, g)
        out.append(direction)
    return out


def _phases(growth: list[float], directions: list[int]) -> list[str]:
    """Name the phase of each quarter from growth, direction and the quarters since the turn."""
    out: list[str] = []
    falling = 0
    for k, (g, direction) in enumerate(zip(growth, directions, strict=True)):
        falling = falling + 1 if direction < 0 else 0
        known = sorted(x for x in growth[: k + 1] if not math.isnan(x))
        if math.isnan(g) or direction == 0:
            out.append("unknown")
        elif g < 0.0:
            out.append("contraction")
        elif direction > 0:
            out.append("accelerating")
        elif falling <= PEAK_QUARTERS and g >= _median(known):
            out.append("peak")
        else:
            out.append("decelerating")
    return out


def _median(ordered: list[float]) -> float:
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0
