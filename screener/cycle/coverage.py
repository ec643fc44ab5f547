"""Coverage: how much of the operating cash flow the capital expenditure takes, as reported."""

from __future__ import annotations

import pandas as pd

from screener.cycle.cycle import Cycle

__all__ = ["BANDS", "coverage", "funding"]

# Share of operating cash flow from which on funding is called stretched, and exhausted. Report 002 watches
# the second (its 2026 is 101.6 % with payouts); the first is a belief, not a fit.
BANDS = (0.7, 1.0)


def coverage(capex: Cycle, cash_flow: Cycle) -> pd.DataFrame:
    """Put trailing capital expenditure beside trailing operating cash flow, quarter by quarter.

    Parameters
    ----------
    capex, cash_flow : Cycle
        Of the same companies.

    Returns
    -------
    DataFrame
        Indexed by quarter: ``usable_from`` (of the later of the two), ``capex, cash_flow`` (trailing four
        quarters), ``used`` (their ratio), ``redundancy`` (what is left) and ``funding``. Only quarters that
        both have.

    Notes
    -----
    Payouts are no part of it: buybacks and dividends by quarter have no source for every company.
    """
    columns = ["usable_from", "trailing"]
    both = capex.table()[columns].merge(
        cash_flow.table()[columns], left_index=True, right_index=True, suffixes=("", "_cash")
    )
    table = pd.DataFrame(
        {
            "usable_from": both[["usable_from", "usable_from_cash"]].max(axis=1),
            "capex": both["trailing"],
            "cash_flow": both["trailing_cash"],
        }
    ).dropna()
    table["used"] = table["capex"] / table["cash_flow"]
    table["redundancy"] = table["cash_flow"] - table["capex"]
    return table.assign(funding=[funding(used) for used in table["used"]])


def funding(used: float) -> str:
    """Name the state of funding.

    Examples
    --------
    >>> funding(0.4), funding(0.77), funding(1.02)
    ('ample', 'stretched', 'exhausted')
    """
    stretched, exhausted = BANDS
    return "ample" if used < stretched else "stretched" if used < exhausted else "exhausted"
