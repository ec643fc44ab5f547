"""Ways to name the phase of a quarter, side by side: none of them is tested, so none stands alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.cycle.coverage import coverage
from screener.cycle.cycle import Cycle
from screener.cycle.phases import a_year

__all__ = ["classifiers", "switches"]


def classifiers(cycle: Cycle, cash_flow: Cycle | None = None) -> pd.DataFrame:
    """Name the phase of every quarter in several ways, each with what was known then.

    Parameters
    ----------
    cycle : Cycle
    cash_flow : Cycle, optional
        Operating cash flow of the same companies; without it there is no ``funding``.

    Returns
    -------
    DataFrame
        Indexed by quarter: ``usable_from``; ``trailing`` (growth of the trailing year with a dead band, which
        strategies read); ``naive`` (the same without the dead band); ``single`` (growth of the quarter on a
        year before); ``guidance`` (sign of the guidance score on the first usable session); ``funding``
        (trailing capex against operating cash flow). "unknown" where the history is too short.
    """
    table = cycle.table()
    year = a_year(table)
    single = table["total"] / table["total"].shift(year) - 1.0
    score = cycle.guidance.score(pd.DatetimeIndex(table["usable_from"])).to_numpy()
    out = pd.DataFrame(
        {
            "usable_from": table["usable_from"],
            "trailing": table["phase"],
            "naive": _by_change(table["growth"]),
            "single": _by_change(single),
            "guidance": [_sign(value) for value in score],
        }
    )
    if cash_flow is None:
        return out
    covered = coverage(cycle, cash_flow)
    return out.assign(funding=covered["funding"].reindex(out.index).fillna("unknown"))


def switches(names: pd.Series) -> tuple[int, int]:
    """Return how often a classification changes, and over how many quarters, unknown ones left out."""
    known = names[names != "unknown"]
    return int((known != known.shift()).iloc[1:].sum()), len(known)


def _by_change(growth: pd.Series) -> list[str]:
    """Name quarters by growth and its change alone."""
    change = growth.diff()
    names = np.select(
        [growth.isna() | change.isna(), growth < 0.0, change >= 0.0],
        ["unknown", "contraction", "accelerating"],
        "decelerating",
    )
    return names.tolist()


def _sign(score: float) -> str:
    if score != score:
        return "unknown"
    return "raised" if score > 0.0 else "cut" if score < 0.0 else "kept"
