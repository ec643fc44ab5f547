"""Statements as growth and ratios: single quarters out of sums of the year, each only once it was known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

__all__ = ["NAMES", "quarters"]

STALE_DAYS = 250  # after the end of a period without a newer one its growth is not today's any more
FLOWS = ("revenue", "net_profit", "operating_cash_flow")
STOCKS = ("prepayments", "inventory")
NAMES: Mapping[str, str] = {
    "revenue_growth": "revenue of the last quarter on a year before",
    "profit_growth": "profit of the last quarter on a year before, by its size then",
    "revenue_inflection": "1 if revenue_growth turned above 0 in the last quarter",
    "profit_inflection": "1 if profit_growth turned above 0 in the last quarter",
    "revenue_ttm_growth": "revenue a share of four quarters on what was known a year before",
    "profit_ttm_growth": "profit a share of four quarters on what was known a year before",
    "prepayment_build": "change of prepayments in a year as a fraction of yearly revenue",
    "inventory_build": "change of inventory in a year as a fraction of yearly revenue",
    "cash_improvement": "change in a year of operating cash flow to revenue, four quarters",
}


Split = Callable[[pd.Series], pd.Series]


def quarters(statements: pd.DataFrame, day: pd.Timestamp, index: pd.Index, split: Split) -> pd.DataFrame:
    """Compute what the last statements that were known say.

    Parameters
    ----------
    statements : DataFrame
        As `facts.known` returns them for the day.
    day : Timestamp
    index : Index
        The shares.
    split : callable
        Takes a day by share, returns the shares that one has become since: figures a share are of the shares
        of their time.

    Notes
    -----
    Growth is against the same quarter of the year before, divided by the absolute value then. A quarter is
    the sum of the year less that of the quarter before; where one of the two is not there, it is unknown. So
    is everything of a share whose last period ended more than 250 days ago.
    """
    values = pd.DataFrame(np.nan, index=index, columns=list(NAMES))
    rows = statements[statements["symbol"].isin(index)]
    dated = rows.dropna(subset=["period"])
    if len(dated):
        _from_periods(dated, day, values)
    if "sps_ttm" in rows.columns or "eps_ttm" in rows.columns:
        _from_trailing(rows, day, values, split)
    return values


def _from_periods(rows: pd.DataFrame, day: pd.Timestamp, values: pd.DataFrame) -> None:
    rows = rows.assign(number=rows["period"].dt.year * 4 + rows["period"].dt.quarter - 1)
    wide = {
        name: rows.pivot_table(index="number", columns="symbol", values=name, aggfunc="last", dropna=False)
        for name in (*FLOWS, *STOCKS)
        if name in rows.columns
    }
    span = range(int(rows["number"].min()) - 1, int(rows["number"].max()) + 1)
    wide = {name: table.reindex(span) for name, table in wide.items()}
    single = {name: _single(wide[name]) for name in FLOWS if name in wide}
    last = rows.groupby("symbol")["number"].max()
    ends = rows.groupby("symbol")["period"].max()
    last = last[(day - ends).dt.days <= STALE_DAYS]

    def at(table: pd.DataFrame, back: int = 0) -> pd.Series:
        """Return the value of each share's last period, or of one before it."""
        own = last[last.index.isin(table.columns)]
        rows, columns = table.index.get_indexer(own - back), table.columns.get_indexer(own.index)
        found = table.to_numpy(dtype="float64")[rows, columns]
        return pd.Series(np.where(rows >= 0, found, np.nan), index=own.index)

    for name, growth, turn in (
        ("revenue", "revenue_growth", "revenue_inflection"),
        ("net_profit", "profit_growth", "profit_inflection"),
    ):
        if name in single:
            change = (single[name] - single[name].shift(4)) / single[name].shift(4).abs().replace(0.0, np.nan)
            now, before = at(change), at(change, 1)
            values.loc[now.index, growth] = now
            known = now.notna() & before.notna()
            values.loc[now.index, turn] = ((now > 0) & (before <= 0)).astype(float).where(known)
    if "revenue" in single:
        trailing = single["revenue"].rolling(4).sum()
        for name, column in (("prepayments", "prepayment_build"), ("inventory", "inventory_build")):
            if name in wide:
                built = at(wide[name].sub(wide[name].shift(4)).div(trailing.where(trailing > 0)))
                values.loc[built.index, column] = built
        if "operating_cash_flow" in single:
            ratio = single["operating_cash_flow"].rolling(4).sum() / trailing.where(trailing > 0)
            better = at(ratio - ratio.shift(4))
            values.loc[better.index, "cash_improvement"] = better


def _single(sums: pd.DataFrame) -> pd.DataFrame:
    """Return single quarters of sums since January; the first of a year is its sum."""
    first = pd.Series(sums.index % 4 == 0, index=sums.index)
    return sums.where(first, sums - sums.shift(1), axis=0)


def _from_trailing(rows: pd.DataFrame, day: pd.Timestamp, values: pd.DataFrame, split: Split) -> None:
    """Compare figures of four quarters a share with those that were known a year before."""
    earlier = rows[rows["effective_date"] <= day - pd.DateOffset(years=1)]
    now = rows.drop_duplicates("symbol", keep="last").set_index("symbol")
    now = now[(day - now["effective_date"]).dt.days <= STALE_DAYS]
    then = earlier.drop_duplicates("symbol", keep="last").set_index("symbol").reindex(now.index)
    one, other = (split(table["effective_date"]).reindex(now.index) for table in (now, then))
    for name, column in (("sps_ttm", "revenue_ttm_growth"), ("eps_ttm", "profit_ttm_growth")):
        if name in rows.columns:
            new, old = now[name] / one, then[name] / other
            change = (new - old) / old.abs().replace(0.0, np.nan)
            values.loc[change.index, column] = change
