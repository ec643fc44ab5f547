"""What a group of shares costs: its multiple, the percentile of it, and its premium over the market.

The multiple of a group is all its capital over all its earnings (book, sales), as if it were one company:
``sum(capital) / sum(capital / multiple)``. Reports leave out companies that lost money, so ``pe`` does;
``pe_with_losses`` counts their losses, and is unknown on a day on which the group as a whole lost money.
The premium is the ratio of two multiples, not the ratio less 1: of the printed 31.22 and 2.79 follows 11.19
for the market, a likely figure, while a ratio less 1 would make it 8.24 (report 002).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.data.sources import Source
from screener.errors import DataError
from screener.screen.columns import HISTORY, YEAR
from screener.screen.theme_index import capital

__all__ = [
    "EVERYONE",
    "MULTIPLES",
    "aggregate",
    "covered",
    "group_multiples",
    "median_multiple",
    "multiples",
    "percentile",
    "premium",
]

EVERYONE = "all shares"  # the market of the premium
COVER = 0.5  # a day tells of a group if it knows this part of the shares that are known on the last one
COLUMNS = (
    "theme", "multiple", "shares", "counted", "value", "median", "percentile", "years", "market", "premium",
    "premium_percentile", "premium_years",
)  # fmt: skip


class Multiple(NamedTuple):
    """A column of the valuation, and whether shares below zero are counted."""

    column: str
    losses: bool


MULTIPLES: Mapping[str, Multiple] = {
    "pe": Multiple("pe_ttm", losses=False),
    "pe_with_losses": Multiple("pe_ttm", losses=True),
    "pb": Multiple("pb", losses=False),
    "ps": Multiple("ps_ttm", losses=False),
}


def group_multiples(
    source: Source, groups: Mapping[str, Sequence[str]], last: pd.Timestamp
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read what a source knows of all its shares up to a day, and compare groups with them.

    Returns
    -------
    table : DataFrame
        See `multiples`.
    notes : tuple of str
        What stands behind the figures, and what is missing.
    """
    rows = source.valuation(source.symbols)
    rows = rows[rows["date"] <= last]
    if rows.empty:
        lacking = ", ".join(dict.fromkeys(each.column for each in MULTIPLES.values()))
        return multiples(rows, pd.DataFrame(), groups, last), (
            f"multiples: the source has no valuation up to {last:%Y-%m-%d} ({lacking})",
        )
    caps, notes = _capital(source, rows, last)
    table = multiples(rows, caps, groups, last)
    return table, (*notes, *_lacking(rows, last), *_said(table))


def multiples(
    valuation: pd.DataFrame,
    caps: pd.DataFrame,
    groups: Mapping[str, Sequence[str]],
    last: pd.Timestamp,
) -> pd.DataFrame:
    """Compare the multiples of groups with their own past and with those of all shares.

    Parameters
    ----------
    valuation : DataFrame
        ``date, symbol`` and ratios, as `facts.valuation` returns it; rows after `last` are not looked at.
    caps : DataFrame (n_days, n_shares)
        Capital in CNY; NaN = unknown.
    groups : mapping of str to sequence of str
        Members of the last day; their past is the past of these.
    last : Timestamp
        A session.

    Returns
    -------
    DataFrame
        A row a group and multiple, all shares of the valuation last: ``theme, multiple``, ``shares``
        (members), ``counted`` (those in the figure of the last day), ``value``, ``median``, ``percentile``
        (share of the days so far on which it was not above the last day's) and the ``years`` it rests on,
        ``market`` (the figure of all shares), ``premium`` (the ratio of the two), ``premium_percentile`` and
        ``premium_years``. NaN = unknown.
    """
    past = valuation[valuation["date"] <= last]
    asked = {**groups, EVERYONE: tuple(dict.fromkeys(past["symbol"]))} if len(past) else groups
    rows = []
    for name, (column, losses) in MULTIPLES.items():
        ratios = _wide(past, column, last)
        sizes = caps.reindex(index=ratios.index, columns=ratios.columns)
        market = _history(ratios, sizes, losses)
        for theme, members in asked.items():
            there = [symbol for symbol in members if symbol in ratios.columns]
            told = _row(ratios[there], sizes[there], losses, market if theme != EVERYONE else market * np.nan)
            rows.append({"theme": theme, "multiple": name, "shares": len(members), **told})
    order = list(asked)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(
        "theme", key=lambda names: names.map(order.index), kind="stable", ignore_index=True
    )


def aggregate(ratios: pd.DataFrame, caps: pd.DataFrame, losses: bool = False) -> pd.Series:
    """Return the multiple of a group by day: capital over what stands behind it.

    Parameters
    ----------
    ratios, caps : DataFrame (n_days, n_shares)
        Multiples and capital in CNY.
    losses : bool
        Whether shares with a multiple below zero are counted, with their loss.

    Notes
    -----
    NaN: a share without multiple or capital on a day is not counted on it; a multiple of 0 is no multiple. A
    day without any share, or on which the group as a whole lost money, is NaN.
    """
    counted = _counts(ratios, caps, losses)
    behind = (caps / ratios).where(counted).sum(axis=1)
    return (caps.where(counted).sum(axis=1) / behind).where(behind > 0)


def median_multiple(ratios: pd.Series, caps: pd.Series, losses: bool = False) -> float:
    """Return the median multiple of the shares that `aggregate` counts on a day.

    Notes
    -----
    A loss is dearer than any profit, so it ranks above every multiple; NaN if the middle is a loss.
    """
    own = ratios[_counts(ratios, caps, losses)]
    middle = own.where(own > 0, np.inf).median()
    return float(middle) if np.isfinite(middle) else float("nan")


def covered(ratios: pd.DataFrame, caps: pd.DataFrame) -> pd.Series:
    """Say on which days enough shares are known to compare the group with itself on the last day."""
    known = _counts(ratios, caps, losses=True).sum(axis=1)
    return (known > 0) & (known >= COVER * known.iloc[-1])


def percentile(history: pd.Series) -> tuple[float, float]:
    """Return the share of days on which a figure was not above the last one, and the years of such days.

    Notes
    -----
    Days without a figure do not count. NaN without a figure on the last day, or with fewer than 500.
    """
    known = history.dropna()
    years = len(known) / YEAR
    if len(known) < HISTORY or np.isnan(history.iloc[-1]):
        return float("nan"), years
    return float((known <= history.iloc[-1]).mean()), years


def premium(group: pd.Series | float, market: pd.Series | float) -> pd.Series | float:
    """Return a multiple as a ratio to that of the market: 1 is no premium.

    Examples
    --------
    >>> round(premium(31.22, 11.19), 2)
    2.79
    """
    return group / market


def _history(ratios: pd.DataFrame, caps: pd.DataFrame, losses: bool) -> pd.Series:
    return aggregate(ratios, caps, losses).where(covered(ratios, caps))


def _counts(ratios: pd.DataFrame, caps: pd.DataFrame, losses: bool) -> pd.DataFrame:
    """Mark the shares that enter a figure."""
    return caps.notna() & ((ratios > 0) | (losses & (ratios < 0)))


def _row(ratios: pd.DataFrame, caps: pd.DataFrame, losses: bool, market: pd.Series) -> dict[str, float]:
    """Return what there is to say of a group on the last day."""
    own = _history(ratios, caps, losses)
    ratio = premium(own, market)
    today = ratios.iloc[-1], caps.iloc[-1], losses
    rank, years = percentile(own)
    premium_rank, premium_years = percentile(ratio)
    return {
        "counted": int(_counts(*today).sum()),
        "value": own.iloc[-1],
        "median": median_multiple(*today),
        "percentile": rank,
        "years": years,
        "market": market.iloc[-1],
        "premium": ratio.iloc[-1],
        "premium_percentile": premium_rank,
        "premium_years": premium_years,
    }


def _wide(rows: pd.DataFrame, column: str, last: pd.Timestamp) -> pd.DataFrame:
    """Return a column by day and share, to the last day even where nothing is known of it."""
    if rows.empty or column not in rows.columns:
        return pd.DataFrame(np.nan, index=pd.DatetimeIndex([last]), columns=sorted(set(rows["symbol"])))
    table = rows.pivot(index="date", columns="symbol", values=column)
    return table.reindex(table.index.union([last]))


def _capital(source: Source, rows: pd.DataFrame, last: pd.Timestamp) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return capital by day as the valuation has it, else close times shares counted, and what to say."""
    told = _wide(rows, "market_cap", last)
    held = rows.assign(there=rows["market_cap"].notna() if "market_cap" in rows.columns else False)
    lacking = sorted(held.groupby("symbol")["there"].all().loc[lambda full: ~full].index)
    if not lacking:
        return told, ()
    some = (
        f"multiples: market_cap is missing for {len(lacking)} of {told.shape[1]} shares on some days or all"
    )
    try:
        counted = capital(source, source.panel(lacking, end=last), "cap")
    except DataError as error:  # prices of other shares that are refused; the review itself stands
        return told, (f"{some}, and their prices cannot be used: {error.problems[0]}",)
    if counted.isna().all(axis=None):
        return told, (f"{some}, and the source counts no shares of them (shares)",)
    return told.combine_first(counted), (f"{some}; there it is close times shares counted",)


def _lacking(rows: pd.DataFrame, last: pd.Timestamp) -> Iterable[str]:
    """Name what the valuation does not hold."""
    names = dict.fromkeys(each.column for each in MULTIPLES.values())
    absent = [name for name in names if name not in rows.columns]
    if absent:
        yield f"multiples: the valuation has no {', '.join(absent)}"
    if rows["date"].max() < last:
        yield f"multiples: the valuation ends on {rows['date'].max():%Y-%m-%d}"


def _said(table: pd.DataFrame) -> tuple[str, ...]:
    """Say what the market and the past of a group are."""
    everyone = table[table["theme"] == EVERYONE]
    return (
        f"multiples: the market of the premium is the {everyone['shares'].iloc[0]} shares of the source that "
        "have a valuation, groups included, not the members of an index",
        "multiples: the past of a group is that of its members of the last day, from the first valuation of "
        "each; a day counts if it knows half as many of them as the last",
        "multiples: pe_with_losses is unknown on days on which the group as a whole lost money, so that its "
        "percentile is one of the better days",
    )
