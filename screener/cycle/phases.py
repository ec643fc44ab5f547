"""Growth of the trailing year, its turns and the phase of the cycle.

Every statistic expands: the phase of a quarter is computed from that quarter and the ones before it, so a
quarter that is added later changes no earlier phase.
"""

from __future__ import annotations

import math

import pandas as pd

__all__ = ["DEAD_BAND", "PHASES", "PHASE_SCORE", "a_year", "classify", "quarter_table"]

PHASES = ("accelerating", "peak", "decelerating", "contraction")
PHASE_SCORE = {"accelerating": 1.0, "peak": 0.0, "decelerating": -0.5, "contraction": -1.0}
DEAD_BAND = 0.025  # larger than what two definitions of the same quarter disagree about
PEAK_YEARS = 0.5
QUARTER_ENDS = (3, 6, 9, 12)


def quarter_table(
    rows: pd.DataFrame, entities: tuple[str, ...], dead_band: float = DEAD_BAND
) -> pd.DataFrame:
    """Sum the entities by quarter, or by month, and classify the growth of the trailing year.

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
        One row a complete quarter, indexed by ``quarter`` ("2024Q2", or "2024-05" for a driver by months):
        ``period_end, released, usable_from, total, trailing, growth, change, direction, phase``. NaN /
        "unknown" where the history is too short.

    Notes
    -----
    A quarter becomes known with the last of its reports. Growth is the trailing four quarters (twelve
    months) against those before; a gap in the file leaves it unknown until two years without gaps have
    passed. The direction turns only when growth has moved by more than `dead_band` from its extreme since
    the last turn.
    """
    wide = rows.pivot(index="period_end", columns="entity", values="value").reindex(columns=list(entities))
    dates = rows.groupby("period_end")[["released", "usable_from"]].max()
    table = dates.join(wide.sum(axis=1, skipna=False).rename("total")).dropna(subset=["total"])
    table = _labelled(table.sort_index())
    year = a_year(table)
    table["trailing"] = table["total"].rolling(year).sum()
    table["growth"] = table["trailing"] / table["trailing"].shift(year) - 1.0
    table["change"] = table["growth"].diff()
    table["direction"], table["phase"] = classify(list(table["growth"]), dead_band, year)
    return table.dropna(subset=["total"])


def a_year(table: pd.DataFrame) -> int:
    """Return how many rows of a table make a year: 4 quarters or 12 months."""
    return 4 if len(table) == 0 or "Q" in str(table.index[0]) else 12


def classify(growth: list[float], dead_band: float = DEAD_BAND, year: int = 4) -> tuple[list[int], list[str]]:
    """Return direction and phase of each period from the growth up to it; see `quarter_table`."""
    directions = _directions(growth, dead_band)
    return directions, _phases(growth, directions, round(PEAK_YEARS * year))


def _labelled(table: pd.DataFrame) -> pd.DataFrame:
    """Index periods by their names, gaps filled with empty rows."""
    quarterly = table.index.month.isin(QUARTER_ENDS).all()
    periods = table.index.to_period("Q" if quarterly else "M")
    whole = pd.period_range(periods[0], periods[-1], freq=periods.freq) if len(table) else periods
    filled = table.rename_axis("period_end").reset_index().set_index(periods).reindex(whole)
    return filled.set_axis(pd.Index([str(period) for period in whole], name="quarter"))


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


def _phases(growth: list[float], directions: list[int], peak: int) -> list[str]:
    """Name the phase of each period from growth, direction and the periods since the turn."""
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
        elif falling <= peak and g >= _median(known):
            out.append("peak")
        else:
            out.append("decelerating")
    return out


def _median(ordered: list[float]) -> float:
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0
