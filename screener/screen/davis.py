"""Return = change of earnings + change of the multiple, in logarithms, so that the two add up (report 004).

``ln(price after / before) = ln(E after / before) + ln(PE after / before)`` with E = price / PE, the
price adjusted for what left it on ex-dates. Both parts above zero is the "double play".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.data.panel import Panel
from screener.screen.review import returns_between

__all__ = ["Davis", "davis"]

QUADRANTS = {
    (True, True): "double up",
    (True, False): "earnings only",
    (False, True): "multiple only",
    (False, False): "double down",
}


@dataclass(frozen=True)
class Davis:
    """The two parts of the return of every share, and of their mean.

    Attributes
    ----------
    table : DataFrame
        By symbol: ``name, total, earnings, multiple`` (logarithms) and ``quadrant``; only shares that earned
        money at both ends.
    mean : Series
        ``total, earnings, multiple``: the means, which add up too.
    left_out : dict of str to str
        Why a share is not in the table.
    """

    table: pd.DataFrame
    mean: pd.Series
    left_out: dict[str, str]


def davis(panel: Panel, valuation: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> Davis:
    """Split the returns between two closes.

    Parameters
    ----------
    panel : Panel
    valuation : DataFrame
        ``date, symbol, pe_ttm``, as `facts.valuation` returns it.
    first, last : Timestamp
        Sessions. The PE of the day itself counts; none stands in for it.

    Notes
    -----
    A loss has no multiple, so a share with a PE of 0 or less at one end is left out and named.
    """
    pe = valuation.reindex(columns=["date", "symbol", "pe_ttm"]).pivot(
        index="date", columns="symbol", values="pe_ttm"
    )
    ends = pe.reindex(index=[first, last], columns=list(panel.symbols))
    moves = returns_between(panel, first, last, "report")
    left_out = {symbol: _why(ends[symbol], moves[symbol]) for symbol in panel.symbols}
    left_out = {symbol: why for symbol, why in left_out.items() if why}
    there = [symbol for symbol in panel.symbols if symbol not in left_out]
    total = np.log1p(moves[there])
    multiple = np.log(ends[there].iloc[1] / ends[there].iloc[0]) if there else total
    table = pd.DataFrame({"total": total, "earnings": total - multiple, "multiple": multiple})
    table.insert(0, "name", [panel.names[symbol] for symbol in there])
    table["quadrant"] = [
        QUADRANTS[bool(e > 0), bool(m > 0)] for e, m in zip(table["earnings"], table["multiple"], strict=True)
    ]
    return Davis(table, table[["total", "earnings", "multiple"]].mean(), left_out)


def _why(ends: pd.Series, move: float) -> str:
    """Return why a share cannot be split, or nothing."""
    if np.isnan(move):
        return "no price at one end"
    if ends.isna().any():
        return "no PE at one end"
    return "a loss at one end" if (ends <= 0).any() else ""
