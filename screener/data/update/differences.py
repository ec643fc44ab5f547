"""Where two sources of one store say different things: announced actions, factors, closes of two hosts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from screener.data.store import Store

__all__ = ["differences"]

WITHIN = 0.02  # CNY between the exchange's formula and the reference price, as in `screener.data.actions`
FEN = 0.011


def differences(store: Store) -> list[str]:
    """Compare what a store holds of every share from several sources.

    Returns
    -------
    list of str
        One sentence for each ex-date whose announcement does not give the reference price of the bars, and
        one for each share whose valuation knows other closes.

    Raises
    ------
    DataError
        If a table is damaged.
    """
    found: list[str] = []
    for symbol in store.keys("bars"):
        bars = store.read("bars", symbol)
        if store.entry("actions", symbol):
            found += _of_actions(symbol, bars, store.read("actions", symbol))
        if store.entry("valuation", symbol):
            found += _of_closes(symbol, bars, store.read("valuation", symbol))
    return found


def _of_actions(symbol: str, bars: pd.DataFrame, actions: pd.DataFrame) -> Iterator[str]:
    known = actions.dropna(subset=["cash_per_share", "share_multiplier"])
    place = np.searchsorted(bars["date"].to_numpy(), known["ex_date"].to_numpy())
    for row, i in zip(known.to_dict("records"), place, strict=True):
        if i == 0 or i >= len(bars) or (place == i).sum() > 1:
            continue
        told = (bars["close"].iloc[i - 1] - row["cash_per_share"]) / row["share_multiplier"]
        used = bars["pre_close"].iloc[i]
        if abs(told - used) > WITHIN:
            yield (
                f"{symbol} {row['ex_date']:%Y-%m-%d}: the reference price is {used:.2f} by the factor, "
                f"{told:.2f} by the announced action"
            )


def _of_closes(symbol: str, bars: pd.DataFrame, valuation: pd.DataFrame) -> Iterator[str]:
    if "close" not in valuation.columns:
        return
    both = valuation[["date", "close"]].merge(bars[["date", "close"]], on="date", suffixes=("", "_bar"))
    apart = both[(both["close"] - both["close_bar"]).abs() > FEN]
    if len(apart):
        first, days = apart.iloc[0], "1 day" if len(apart) == 1 else f"{len(apart)} days"
        yield (
            f"{symbol} {first['date']:%Y-%m-%d}: close {first['close']:.2f} in the valuation, "
            f"{first['close_bar']:.2f} in the bars ({days} in all)"
        )
