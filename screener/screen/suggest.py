"""Shares of the same industries as a theme's members: a list of today to review, never one for history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from screener.data.sources import Source
from screener.errors import DataError, SpecError
from screener.market import calendar
from screener.screen.listing import listing_of
from screener.universe import Theme

__all__ = ["WINDOW", "industries_of", "suggest", "traded"]

WINDOW = 20


def suggest(theme: Theme, source: Source) -> pd.DataFrame:
    """List shares of the industries of a theme's counted members that are no members themselves.

    Returns
    -------
    DataFrame
        By symbol: ``name, industry, amount`` (mean CNY a session over the last 20, NaN without bars), the
        most traded first. It is what the source knows today.

    Raises
    ------
    SpecError
        If the source knows no industry, or none of a member.
    """
    industries = source.industries
    wanted = industries_of(theme, industries)
    members = {member.symbol for member in theme.members}
    found = sorted(symbol for symbol, name in industries.items() if name in wanted and symbol not in members)
    listing = listing_of(source)
    gone = set(listing.index[listing["delisted"].notna()])
    found = [symbol for symbol in found if symbol not in gone]
    table = pd.DataFrame(
        {
            "name": [listing["name"].get(symbol) for symbol in found],
            "industry": [industries[symbol] for symbol in found],
            "amount": traded(source, found),
        },
        index=pd.Index(found, name="symbol"),
    )
    return table.sort_values("amount", ascending=False, kind="stable", na_position="last")


def industries_of(theme: Theme, industries: Mapping[str, str]) -> list[str]:
    """Return the industries of a theme's counted members, sorted.

    Raises
    ------
    SpecError
        If there is none.
    """
    if not industries:
        raise SpecError("the source knows no industries; give one that does with --source store or a folder")
    found = sorted({industries[m.symbol] for m in theme.counted if m.symbol in industries})
    if not found:
        raise SpecError(f"the source knows the industry of no member of {theme.id}")
    return found


def traded(source: Source, symbols: Sequence[str]) -> list[float]:
    """Return the mean amount of some shares over the last sessions, NaN without bars or data that hold."""
    held = sorted(set(symbols) & set(source.symbols))
    means: Mapping[str, float] = {}
    if held:
        last = source.span()[1]
        first = calendar.sessions(source.span()[0], last)[-WINDOW:][0]
        try:
            panel = source.panel(held, start=first)
        except DataError:  # one share whose newest data were refused; the list is worth having unranked
            return [float("nan")] * len(symbols)
        amounts = pd.DataFrame(panel.amount, columns=list(panel.symbols)).fillna(0.0)
        means = amounts.mean().to_dict()
    return [means.get(symbol, float("nan")) for symbol in symbols]
