"""Ratings held against what came: the excess over the benchmark 6 and 12 months after publication.

A rating is a promise of a band of returns over those of CSI 300 (report 002). A share is to beat them by more
than 15 % (buy), by 5 to 15 % (accumulate), to end between 10 % below and 5 % above (hold), or more than 10 %
below (sell); an industry by more than 5 % (leading), within 5 % (in-line), or more than 5 % below (lagging).
The text leaves the edges open. Here the outer bands begin beyond theirs, as "more than" says; +5 % belongs to
accumulate and -10 % to hold; both edges of in-line are its own.

It is measured from the close of the first session after the day of publication, the first that a reader
could trade at, to the first session 6 or 12 months after that day. The excess is the difference of the two
returns. A hit is an excess inside the band, so that a share that did far better than promised is a miss too;
the misses above and below the band are counted apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener import universe
from screener.data.panel import Panel
from screener.data.sources import Source
from screener.errors import DataError
from screener.market import calendar
from screener.screen.review import returns_between
from screener.study.rating_file import INDUSTRY, SHARE, Rating, is_share
from screener.universe import Theme

__all__ = ["BANDS", "EDGES", "HORIZONS", "Band", "Scorecard", "band_of", "hit_rates", "score"]

HORIZONS = (6, 12)  # months
DIGITS = 12  # of an excess, so that an edge is not missed by the noise of a subtraction
EDGES = (
    "Bands of the excess: buy > 15 %, accumulate 5 to 15 % (both edges its own), hold -10 % (its own) to "
    "5 %, sell < -10 %; leading > 5 %, in-line -5 to 5 % (both edges its own), lagging < -5 %."
)
COLUMNS = (
    "date", "subject", "name", "rating", "months", "first", "last", "own", "market", "excess", "band",
    "result", "why",
)  # fmt: skip


class Band(NamedTuple):
    """What a rating promises of the excess, and whether the edges are its own."""

    low: float
    high: float
    owns_edges: tuple[bool, bool]

    def holds(self, excess: float) -> bool:
        """Say whether an excess lies in the band."""
        above = excess > self.low or (self.owns_edges[0] and excess == self.low)
        below = excess < self.high or (self.owns_edges[1] and excess == self.high)
        return above and below


BANDS: Mapping[str, Band] = {
    "buy": Band(0.15, math.inf, (False, False)),
    "accumulate": Band(0.05, 0.15, (True, True)),
    "hold": Band(-0.10, 0.05, (True, False)),
    "sell": Band(-math.inf, -0.10, (False, False)),
    "leading": Band(0.05, math.inf, (False, False)),
    "in-line": Band(-0.05, 0.05, (True, True)),
    "lagging": Band(-math.inf, -0.05, (False, False)),
}


@dataclass(frozen=True)
class Scorecard:
    """What became of ratings.

    Attributes
    ----------
    table : DataFrame
        A row a rating and horizon: ``date, subject, name, rating, months``, the sessions ``first`` and
        ``last``, the returns ``own`` and ``market``, the ``excess``, its ``band``, and the ``result``: hit,
        miss, open (not yet due) or unknown, with ``why``. NaN, NaT, empty where there is nothing to say.
    rates : DataFrame
        See `hit_rates`.
    notes : tuple of str
    sha256 : str
        Hash of the source.
    """

    table: pd.DataFrame
    rates: pd.DataFrame
    notes: tuple[str, ...]
    sha256: str


class Market(NamedTuple):
    """What ratings are held against."""

    source: Source
    panel: Panel | None  # of all shares that are rated, or members of themes that are
    curve: pd.Series  # closes of the benchmark on all sessions of the source
    themes: Mapping[str, Theme]
    last: pd.Timestamp


def score(source: Source, ratings: Sequence[Rating], benchmark: str | None = None) -> Scorecard:
    """Hold ratings against what came.

    Parameters
    ----------
    ratings : sequence of Rating
    benchmark : str, optional
        Default that of the source, CSI 300; the bands were stated against it.

    Raises
    ------
    DataError
        If the source has no such benchmark.
    UniverseError
        For a theme that there is not.
    CalendarError
        For a date outside the calendar.

    Notes
    -----
    Shares: total return. A theme: the mean of its members as published on the first session, bought once in
    equal parts; those without a return are left out of it. An index: its closes.
    """
    first, last = source.span()
    names = dict.fromkeys(rating.theme for rating in ratings if rating.theme)
    themes = dict(zip(names, universe.load_all(list(names)), strict=True)) if names else {}
    curve = source.benchmark(benchmark or source.default_benchmark, calendar.sessions(first, last))
    market = Market(source, _panel(source, ratings, themes.values()), curve.close, themes, last)
    rows = [_scored(market, rating, months) for rating in ratings for months in HORIZONS]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.astype(dict.fromkeys(("date", "first", "last"), "datetime64[ns]"))
    said = f"Against {curve.title}" + (f" ({curve.caveat})" if curve.caveat else "")
    caveats = market.panel.provenance.caveats if market.panel else ()
    return Scorecard(
        table=table,
        rates=hit_rates(table),
        notes=(
            EDGES,
            f"{said}; shares and themes by total return, an index by its closes.",
            "From the close of the first session after publication to the first one 6 or 12 months later.",
            *caveats,
        ),
        sha256=source.spec.sha256,
    )


def band_of(excess: float, names: Iterable[str]) -> str:
    """Return the band of some that holds an excess, nothing for NaN.

    Examples
    --------
    >>> [band_of(excess, SHARE) for excess in (0.151, 0.15, 0.05, -0.1, -0.101)]
    ['buy', 'accumulate', 'accumulate', 'hold', 'sell']
    """
    return next((name for name in names if BANDS[name].holds(excess)), "")


def hit_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Count hits by rating and horizon.

    Parameters
    ----------
    table : DataFrame
        With ``rating, months, excess, result``.

    Returns
    -------
    DataFrame
        ``rating, months``, ``due`` (hits and misses), ``hits``, misses ``above`` and ``below`` the band,
        ``rate`` and ``mean_excess`` of those that are due (NaN without any), ``open``, ``unknown``.
    """
    rows = []
    for (rating, months), part in table.groupby(["rating", "months"]):
        known = part.loc[part["result"].isin(["hit", "miss"]), "excess"]
        hits, due = int((part["result"] == "hit").sum()), len(known)
        above = int((known[part["result"] == "miss"] >= BANDS[str(rating)].high).sum())
        rows.append(
            {
                "rating": rating,
                "months": months,
                "due": due,
                "hits": hits,
                "above": above,
                "below": due - hits - above,
                "rate": hits / due if due else math.nan,
                "mean_excess": known.mean(),
                "open": int((part["result"] == "open").sum()),
                "unknown": int((part["result"] == "unknown").sum()),
            }
        )
    order = list(BANDS)
    return pd.DataFrame(sorted(rows, key=lambda row: (order.index(row["rating"]), row["months"])))


def _panel(source: Source, ratings: Iterable[Rating], themes: Iterable[Theme]) -> Panel | None:
    """Return the prices of every share that is needed, None if the source has none of them."""
    shares = {rating.symbol for rating in ratings if is_share(rating.symbol)}
    shares |= {member.symbol for theme in themes for member in theme.counted}
    held = sorted(shares & set(source.symbols))
    return source.panel(held) if held else None


def _scored(market: Market, rating: Rating, months: int) -> dict[str, object]:
    """Return the row of a rating at a horizon."""
    first = calendar.next_session(rating.date)
    due = pd.Timestamp(rating.date) + pd.DateOffset(months=months)
    row = {
        "date": pd.Timestamp(rating.date), "subject": rating.subject, "name": _title(market, rating),
        "rating": rating.rating, "months": months, "first": first, "last": pd.NaT, "own": np.nan,
        "market": np.nan, "excess": np.nan, "band": "", "result": "open",
        "why": f"due on {due:%Y-%m-%d}, the source ends on {market.last:%Y-%m-%d}",
    }  # fmt: skip
    if due > market.last:
        return row
    last = calendar.on_or_after(due)
    try:
        own, told = _own(market, rating, first, last)
        base = _between(market.curve, first, last)
    except DataError as error:
        return {**row, "last": last, "result": "unknown", "why": error.problems[0]}
    excess = round(own - base, DIGITS)
    band = band_of(excess, SHARE if rating.rating in SHARE else INDUSTRY)
    result = ("hit" if band == rating.rating else "miss") if band else "unknown"
    found = {"last": last, "own": own, "market": base, "excess": excess, "band": band}
    return {**row, **found, "result": result, "why": told or ("" if band else "no close on one of the days")}


def _own(market: Market, rating: Rating, first: pd.Timestamp, last: pd.Timestamp) -> tuple[float, str]:
    """Return the return of what was rated, and what must be said of it.

    Raises
    ------
    DataError
        If the source cannot tell.
    """
    if rating.symbol and not is_share(rating.symbol):
        days = pd.DatetimeIndex([first, last])
        return _between(market.source.benchmark(rating.symbol, days).close, first, last), ""
    names = [rating.symbol] if rating.symbol else _members(market.themes[rating.theme], first)
    if not names:
        raise DataError(f"no member of {rating.theme} was published by {first:%Y-%m-%d}")
    if market.panel is None or first < market.panel.sessions[0]:
        raise DataError(f"the source has no price of {rating.subject} on {first:%Y-%m-%d}")
    known = returns_between(market.panel, first, last).reindex(names).dropna()
    if known.empty:
        raise DataError(f"no price of {rating.subject} on {first:%Y-%m-%d} or {last:%Y-%m-%d}")
    return float(known.mean()), "" if len(known) == len(names) else f"{len(known)} of {len(names)} members"


def _members(theme: Theme, day: pd.Timestamp) -> list[str]:
    row = universe.membership(theme, pd.DatetimeIndex([day]), "published").iloc[0]
    return list(row.index[row])


def _between(close: pd.Series, first: pd.Timestamp, last: pd.Timestamp) -> float:
    """Return the change of a curve between two closes, NaN without one of them."""
    ends = close.reindex([first, last])
    return float(ends.iloc[1] / ends.iloc[0] - 1.0)


def _title(market: Market, rating: Rating) -> str:
    if rating.theme:
        return market.themes[rating.theme].title
    return market.panel.names.get(rating.symbol, "") if market.panel else ""
