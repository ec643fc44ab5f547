"""What the next release would have to say for the state of the cycle to turn: arithmetic on the table."""

from __future__ import annotations

import math
from typing import NamedTuple

import pandas as pd

from screener.cycle.phases import DEAD_BAND, a_year, classify

__all__ = ["Flip", "flips"]

STEP = 1e-9  # relative; thresholds are open, so the number beyond them is tried


class Flip(NamedTuple):
    """A total of the next quarter from which on something turns.

    Attributes
    ----------
    quarter : str
        The next one, "2026Q3".
    what : str
        What turns, in words.
    side : {"below", "above"}
    total : float
        The sum over all entities, in the driver's unit.
    on_quarter, on_year : float
        Its growth on the quarter before and on the quarter a year before, fractions.
    growth : float
        Growth of the trailing four quarters that it means.
    phase : str
        The phase beyond the threshold.
    """

    quarter: str
    what: str
    side: str
    total: float
    on_quarter: float
    on_year: float
    growth: float
    phase: str


def flips(table: pd.DataFrame, dead_band: float = DEAD_BAND) -> list[Flip]:
    """Return the thresholds of the next quarter, lowest first.

    Parameters
    ----------
    table : DataFrame
        As `phases.quarter_table` returns it, up to the day that is asked about.
    dead_band : float

    Returns
    -------
    list of Flip
        Empty where the table is too short to know growth and its direction. A threshold of zero or less is
        left out, for no total can be.
    """
    year = a_year(table)
    if len(table) < 2 * year or math.isnan(table["growth"].iloc[-1]):
        return []
    year_before = float(table["trailing"].iloc[-year])
    others = float(table["total"].iloc[1 - year :].sum())  # of the year that the next quarter ends
    told = {"growth turns negative": (0.0, "below"), **_turn(table, dead_band)}
    if table["growth"].iloc[-1] < 0.0:
        told["growth turns positive"] = told.pop("growth turns negative")[0], "above"
    found = []
    for what, (growth, side) in told.items():
        total = year_before * (1.0 + growth) - others
        if total > 0.0:
            found.append(_flip(table, dead_band, what, side, total, growth))
    return sorted(found, key=lambda flip: flip.total)


def next_quarter(label: str) -> str:
    """Return the quarter, or the month, after one.

    Examples
    --------
    >>> next_quarter("2026Q4"), next_quarter("2026-02")
    ('2027Q1', '2026-03')
    """
    return str(pd.Period(label, freq="Q" if "Q" in label else "M") + 1)


def _turn(table: pd.DataFrame, dead_band: float) -> dict[str, tuple[float, str]]:
    """Return the growth at which the direction turns: the dead band from the extreme since the last turn."""
    direction = int(table["direction"].iloc[-1])
    if direction == 0:
        return {}
    turned = (table["direction"] != direction).to_numpy()[::-1]
    growth = table["growth"].iloc[-(int(turned.argmax()) or len(table)) :]
    if direction > 0:
        return {"growth turns down": (float(growth.max()) - dead_band, "below")}
    return {"growth turns up": (float(growth.min()) + dead_band, "above")}


def _flip(table: pd.DataFrame, dead_band: float, what: str, side: str, total: float, growth: float) -> Flip:
    beyond = growth + (abs(growth) + 1.0) * STEP * (1.0 if side == "above" else -1.0)
    phase = classify([*table["growth"], beyond], dead_band, a_year(table))[1][-1]
    totals = table["total"]
    return Flip(
        next_quarter(str(table.index[-1])), what, side, total,
        total / float(totals.iloc[-1]) - 1.0, total / float(totals.iloc[-a_year(table)]) - 1.0, growth, phase,
    )  # fmt: skip
