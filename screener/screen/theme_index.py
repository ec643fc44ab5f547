"""The index of a theme over a source: reading, weighting, reviews, and its health on the last day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from screener import universe
from screener.data import facts
from screener.data.panel import Panel
from screener.data.sources import Source
from screener.errors import SpecError
from screener.screen.health import crowding, health
from screener.screen.index import drifting_index, review_days, review_weights
from screener.universe import Theme

__all__ = ["ThemeIndex", "theme_index_of"]


@dataclass(frozen=True)
class ThemeIndex:
    """The index of a theme, and what stands behind it.

    Attributes
    ----------
    level : Series (n_days,)
        1 at the first review with a member, NaN before.
    weights : DataFrame (n_reviews, n_members)
        At each review.
    health, crowding : dict
        On the last day, see `screener.screen.health`.
    published : Timestamp or None
        First session on which three members are published.
    notes : tuple of str
    sha256 : str
        Hash of the source.
    """

    level: pd.Series
    weights: pd.DataFrame
    health: dict[str, Any]
    crowding: dict[str, Any]
    published: pd.Timestamp | None
    notes: tuple[str, ...]
    sha256: str


def theme_index_of(
    source: Source,
    theme: Theme,
    scheme: str = "equal",
    reading: str = "published",
    cap: float = 1.0,
    every: str = "quarterly",
    buffer: float = 0.0,
    end: pd.Timestamp | None = None,
) -> ThemeIndex:
    """Build the total-return index of a theme.

    Parameters
    ----------
    scheme : {"equal", "cap", "float"}
        Capital is shares counted times close, see `Source.shares`.
    reading : {"published", "hindsight"}
    cap, every, buffer
        See `screener.screen.index`.
    end : Timestamp, optional
        Last session.

    Raises
    ------
    SpecError
        If the source knows no shares for a weighting by capital, or nobody is a member up to the end.
    """
    panel = source.panel([member.symbol for member in theme.counted], end=end)
    rows = universe.membership(theme, panel.sessions, reading)
    there = [symbol for symbol in rows.columns if symbol in panel.symbols]
    members = rows[there] & panel.frame(panel.listed)[there]
    sizes = None if scheme == "equal" else capital(source, panel, scheme)[there]
    if sizes is not None and sizes.isna().all(axis=None):
        raise SpecError(f"--weights={scheme}: the source counts no shares of {theme.id}; give equal")
    own = pd.Series({member.symbol: member.weight for member in theme.counted})[there]
    counted = members * own
    first = int(members.any(axis=1).to_numpy().argmax())
    if not members.iloc[first].any():
        raise SpecError(
            f"{theme.id}: has no {reading} member up to {panel.sessions[-1]:%Y-%m-%d}",
            "Give a later --end, or --membership hindsight",
        )
    days = review_days(panel.sessions[first:], every)
    targets = review_weights(counted, sizes, days, cap)
    level = drifting_index(panel.total_return, targets, buffer)
    notes = [*panel.notes]
    if sizes is not None and (lacking := [s for s in there if sizes[s].isna().all()]):
        notes.append(f"Without a count of shares, and so without weight: {', '.join(lacking)}.")
    everyone = source.panel(source.symbols, end=end)
    market = pd.Series(np.nansum(everyone.amount, axis=1), index=everyone.sessions)
    amount = panel.frame(panel.amount)[there].where(members).sum(axis=1)[first:]
    floated = capital(source, panel, "float")[there].where(members)
    known = None if floated.isna().all(axis=None) else floated.sum(axis=1).where(lambda total: total > 0)
    notes.append(f"The market of crowding is the {len(everyone.symbols)} shares of the source.")
    return ThemeIndex(
        level=level.rename(theme.id),
        weights=targets,
        health=health(panel, members, targets.iloc[-1]),
        crowding=crowding(amount, market.reindex(amount.index), level, known),
        published=universe.publication(theme),
        notes=(*notes, *panel.provenance.caveats),
        sha256=panel.provenance.sha256,
    )


def capital(source: Source, panel: Panel, scheme: str) -> pd.DataFrame:
    """Return capital by day in CNY: close times the last count of shares, and what came of them since then.

    Notes
    -----
    NaN before the first count: a later count is never used earlier. New shares of official actions are added
    from their ex-date; other issues show with the next count.
    """
    name = "shares" if scheme == "cap" else "float_shares"
    counts = source.shares(panel.symbols).dropna(subset=[name])
    counts = counts[counts["date"] <= panel.sessions[-1]]
    first = panel.sessions[panel.sessions.searchsorted(pd.DatetimeIndex(counts["date"]))]
    counts = counts.assign(day=first).drop_duplicates(["day", "symbol"], keep="last")

    def by_day(column: str) -> pd.DataFrame:
        told = counts.pivot(index="day", columns="symbol", values=column)
        return told.reindex(index=panel.sessions, columns=list(panel.symbols)).ffill()

    shares = by_day(name) * facts.grown(panel.actions, by_day("date"))
    return shares * panel.frame(panel.close).ffill()
