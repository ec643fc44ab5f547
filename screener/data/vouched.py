"""The word of a user for bars that the contract refused: which bars it is about, and how a page says so."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.arrays import Flags
from screener.data.contract import GRID, PRICES

__all__ = ["VOUCHED", "newest", "same_bars", "sentences"]

VOUCHED = "vouched"  # the kind of table in a store
ROUNDED = {"volume": 100.0, "amount": 10.0}  # lots and tens of CNY, to which sources round


def newest(words: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the last word on each day, by day; a day has one bar, so a later word takes its place."""
    if words is None:
        return None
    ordered = words.sort_values(["date", "fetched"], kind="stable")
    return ordered.drop_duplicates("date", keep="last").reset_index(drop=True)


def same_bars(bars: pd.DataFrame, words: pd.DataFrame | None) -> Flags:
    """Mark the bars of which a word of the user speaks: the same day and the same values.

    Parameters
    ----------
    bars : DataFrame (n_rows,)
        ``date``, prices, ``volume`` and ``amount`` of one share, in any order.
    words : DataFrame, optional
        The same columns, each day once.

    Returns
    -------
    Flags (n_rows,)

    Notes
    -----
    Prices must be the same to the fen; volumes and amounts to a lot and to ten CNY, as another source may
    round them. NaN: the same as nothing.
    """
    if words is None or words.empty:
        return np.zeros(len(bars), dtype=bool)
    said = words.set_index("date").reindex(pd.DatetimeIndex(bars["date"]))
    same = np.ones(len(bars), dtype=bool)
    for name in (*PRICES, *ROUNDED):
        same &= np.abs(said[name].to_numpy() - bars[name].to_numpy()) <= ROUNDED.get(name, GRID)
    return same


def sentences(symbol: str, bars: pd.DataFrame, words: pd.DataFrame | None) -> tuple[str, ...]:
    """Name the bars of one share that a panel holds because the user vouched for them.

    Notes
    -----
    Without the time of the word: sources of one content must say the same.
    """
    last = newest(words)
    if last is None:
        return ()
    held = last[last["date"].isin(bars.loc[same_bars(bars, last), "date"])]
    return tuple(
        f"{symbol}: the bar of {row.date:%Y-%m-%d}, close {row.close:.2f}, had been refused and is used on "
        f"the user's word: {row.reason}."
        for row in held.itertuples()
    )
