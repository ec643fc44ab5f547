"""A review of the market over a window: indices, breadth, leaders and laggards, groups, a table of shares.

Three ways to measure a return, never mixed: ``total`` (dividends reinvested, what an owner earned),
``report`` (the additive forward adjustment of broker reports as of the last day: dividends taken off the
first price, not reinvested) and ``raw`` (prices as traded, which takes a split for a fall).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.data.panel import Panel
from screener.data.sources import Source
from screener.errors import DataError, SpecError
from screener.market import calendar
from screener.screen.columns import Day, evaluate_columns
from screener.screen.multiples import group_multiples
from screener.screen.screen import open_day, unpriced
from screener.universe import Theme

__all__ = ["ADJUSTMENTS", "Review", "returns_between", "review"]

ADJUSTMENTS = ("total", "report", "raw")
INDICES = ("000001.SH", "000300.SH", "399001.SZ", "399006.SZ", "801750.SI", "SAMPLE.IX")
FACTS = ("market_cap", "pe_ttm", "ps_ttm", "pe_percentile", "pe_years", "theme")


@dataclass(frozen=True)
class Review:
    """What happened from the close of one session to the close of another.

    Attributes
    ----------
    first, last : Timestamp
        Their closes are compared.
    indices : DataFrame
        By symbol: ``title``, ``return``, and ``against`` the first of them.
    breadth : dict
        ``up, down, flat, median, counted, left_out``.
    groups : DataFrame
        By theme: ``shares, mean, median, up``; members on the last day, as published.
    multiples : DataFrame
        What the groups cost against their past and against all shares, see `multiples.multiples`.
    table : DataFrame
        By symbol: ``name``, ``return``, ``year_to_date``, and what is known of its valuation on the last day;
        the largest return first.
    notes : tuple of str
    sha256 : str
    """

    first: pd.Timestamp
    last: pd.Timestamp
    indices: pd.DataFrame
    breadth: dict[str, float | int]
    groups: pd.DataFrame
    multiples: pd.DataFrame
    table: pd.DataFrame
    notes: tuple[str, ...]
    sha256: str


def review(
    source: Source,
    start: pd.Timestamp,
    end: pd.Timestamp,
    themes: Iterable[Theme] = (),
    symbols: Iterable[str] | None = None,
    adjust: str = "total",
    reading: str = "published",
) -> Review:
    """Review a window.

    Parameters
    ----------
    start, end : Timestamp
        The last sessions up to them; the close of the first is the base.
    themes : iterable of Theme
        The groups; their published members are reviewed unless `symbols` says who.
    adjust : {"total", "report", "raw"}
    reading : {"published", "hindsight"}
        Who is a member of a theme on the last day.

    Raises
    ------
    SpecError
        For a window without a session, or one that the source does not hold.
    """
    first, last = calendar.on_or_before(start), calendar.on_or_before(end)
    if first >= last:
        raise SpecError(f"--from={start:%Y-%m-%d} and --to={end:%Y-%m-%d} must have a session between them")
    if first < source.span()[0]:
        raise SpecError(f"--from={start:%Y-%m-%d}: the source begins on {source.span()[0]:%Y-%m-%d}")
    themes = tuple(themes)
    day = open_day(source, last, symbols, themes, FACTS, reading)
    table, notes = evaluate_columns(day, FACTS)
    moves = returns_between(day.panel, first, last, adjust)
    eve = calendar.on_or_before(pd.Timestamp(last.year - 1, 12, 31))
    so_far = returns_between(day.panel, eve, last, adjust) if eve >= day.panel.sessions[0] else moves * np.nan
    table.insert(0, "name", [day.panel.names[symbol] for symbol in table.index])
    table.insert(1, "return", moves.reindex(table.index))
    table.insert(2, "year_to_date", so_far.reindex(table.index))
    table = table.sort_values("return", ascending=False, kind="stable")
    costs, said = group_multiples(source, _members(day, table, themes), last)
    return Review(
        first=first,
        last=last,
        indices=_indices(source, first, last),
        breadth=breadth(table),
        groups=_groups(day, table, themes),
        multiples=costs,
        table=table,
        notes=(
            *_said(adjust, reading),
            *unpriced(day, symbols),
            *_empty(day, themes),
            *notes,
            *said,
            *day.panel.provenance.caveats,
        ),
        sha256=day.panel.provenance.sha256,
    )


def returns_between(
    panel: Panel, first: pd.Timestamp, last: pd.Timestamp, adjust: str = "total"
) -> pd.Series:
    """Return the change from one close to another by share.

    Parameters
    ----------
    adjust : {"total", "report", "raw"}
        ``report``: the first close goes through each ex-date after it, ``(price - cash) / (1 + bonus)``, or
        ``price / factor`` where only the factor is known.

    Notes
    -----
    A suspended share has its last close. NaN without a close up to the first day, or once it left the market.
    """
    closes = panel.frame(panel.close).ffill().where(panel.frame(panel.listed))
    base, end = closes.loc[:first].iloc[-1].copy(), closes.loc[:last].iloc[-1]
    if adjust == "total":
        level = panel.adjusted.ffill().where(panel.frame(panel.listed))
        return level.loc[:last].iloc[-1] / level.loc[:first].iloc[-1] - 1.0
    if adjust == "report":
        inside = panel.actions[(panel.actions["date"] > first) & (panel.actions["date"] <= last)]
        for event in inside.sort_values("date").itertuples():
            known = event.basis == "official"
            price = base[event.symbol]
            base[event.symbol] = (price - event.cash) / (1.0 + event.bonus) if known else price / event.factor
    return end / base - 1.0


def breadth(table: pd.DataFrame) -> dict[str, float | int]:
    """Count who rose and fell; shares under risk warning or delisting, and those of Beijing, are left out.

    Parameters
    ----------
    table : DataFrame
        By symbol: ``name`` and ``return``.
    """
    odd = table["name"].str.contains("ST|退", regex=True) | table.index.str.endswith(".BJ")
    moves = table.loc[~odd, "return"].dropna()
    return {
        "up": int((moves > 0).sum()),
        "down": int((moves < 0).sum()),
        "flat": int((moves == 0).sum()),
        "median": float(moves.median()),
        "counted": len(moves),
        "left_out": len(table) - len(moves),
    }


def _indices(source: Source, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Return the moves of the indices that the source has on both days."""
    rows, days = {}, pd.DatetimeIndex([first, last])
    for symbol in INDICES:
        try:
            curve = source.benchmark(symbol, days)
        except DataError:
            continue
        if curve.close.notna().all():
            rows[symbol] = (curve.title, float(curve.close.iloc[1] / curve.close.iloc[0] - 1.0))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["title", "return"])
    return table.assign(against=table["return"] - table["return"].iloc[0]) if len(table) else table


def _groups(day: Day, table: pd.DataFrame, themes: tuple[Theme, ...]) -> pd.DataFrame:
    """Return mean and median return of each theme's members of the last day."""
    rows = {}
    for theme, names in _members(day, table, themes).items():
        moves = table.loc[names, "return"].dropna()
        if len(moves):
            up = int((moves > 0).sum())
            rows[theme] = (len(moves), float(moves.mean()), float(moves.median()), up)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["shares", "mean", "median", "up"])


def _members(day: Day, table: pd.DataFrame, themes: tuple[Theme, ...]) -> dict[str, list[str]]:
    """Return the reviewed members of each theme on the last day; a theme without any is left out."""
    labels = {symbol: label.split(", ") for symbol, label in day.themes.items() if symbol in table.index}
    found = {theme.id: [s for s, own in labels.items() if theme.id in own] for theme in themes}
    return {name: members for name, members in found.items() if members}


def _empty(day: Day, themes: tuple[Theme, ...]) -> tuple[str, ...]:
    """Name the themes without a member on the last day: they are not among the groups."""
    held = {name for label in day.themes.values() for name in label.split(", ")}
    none = [theme.id for theme in themes if theme.id not in held]
    return (f"No member on {day.day:%Y-%m-%d}: {', '.join(none)}.",) if none else ()


def _said(adjust: str, reading: str) -> tuple[str, ...]:
    later = ("Groups are in HINDSIGHT: not all of their shares had been named then.",)
    told = later if reading == "hindsight" else ()
    return (
        told
        + {
            "total": (),
            "report": ("Returns are by additive forward adjustment, as broker reports print them.",),
            "raw": ("Returns are of prices as traded: a split looks like a fall.",),
        }[adjust]
    )
