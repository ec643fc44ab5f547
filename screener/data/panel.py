"""The panel: prices of a market as aligned arrays of days by assets."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from screener.arrays import Flags, Matrix

__all__ = ["Panel", "Provenance"]


@dataclass(frozen=True)
class Provenance:
    """Where prices came from.

    Attributes
    ----------
    kind : {"sample", "folder", "store"}
        Kind of the source.
    title : str
        One line for the page, for example ``sample market, null variant, seed 1``.
    sha256 : str
        Hash over the content that the panel was read from.
    simulated : bool
        Whether the prices are invented.
    caveats : tuple of str
        What a reader must know about these data, one sentence each.
    """

    kind: str
    title: str
    sha256: str
    simulated: bool
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """Aligned prices, (n_days, n_assets), in CNY as traded; NaN on days without a bar.

    Attributes
    ----------
    sessions : DatetimeIndex (n_days,)
        Shanghai sessions without a gap, named ``date``.
    symbols : tuple of str (n_assets,)
        Sorted canonical symbols.
    open, high, low, close, pre_close : ndarray (n_days, n_assets)
        Raw bars; `pre_close` is the exchange's reference price, NaN on a first bar.
    volume, amount : ndarray (n_days, n_assets)
        Shares and CNY.
    factor : ndarray (n_days, n_assets)
        Multiplicative total-return factor, 1 on the first bar of the series, carried over suspensions.
    limit_up, limit_down : ndarray (n_days, n_assets)
        Price limits of the day, NaN where there is none.
    listed : ndarray of bool (n_days, n_assets)
        True from the first bar to the last day on which the stock is known to be listed.
    actions : DataFrame
        Columns ``date, symbol, cash, bonus, factor, basis``: cash in CNY a share, new shares a share,
        previous close / reference, and ``"official"`` (cash and shares are known) or ``"factor"``
        (only the factor is); sorted by date and symbol. An ex-date inside a suspension stands on the
        next bar.
    names : dict of str to str
        Short name by symbol.
    delisted : tuple of str
        Shares whose series is known to end with their delisting; of others nothing is known after the end.
    provenance : Provenance
    notes : tuple of str
        Counted findings about these bars (unknown risk-warning status and the like), one sentence each.
    """

    sessions: pd.DatetimeIndex
    symbols: tuple[str, ...]
    open: Matrix
    high: Matrix
    low: Matrix
    close: Matrix
    pre_close: Matrix
    volume: Matrix
    amount: Matrix
    factor: Matrix
    limit_up: Matrix
    limit_down: Matrix
    listed: Flags
    actions: pd.DataFrame
    names: dict[str, str]
    provenance: Provenance
    notes: tuple[str, ...] = field(default=())
    delisted: tuple[str, ...] = field(default=())

    @property
    def suspended(self) -> Flags:
        """Whether a listed stock has no bar on the day."""
        return self.listed & np.isnan(self.close)

    def frame(self, values: Matrix) -> pd.DataFrame:
        """Label an (n_days, n_assets) array with sessions and symbols."""
        return pd.DataFrame(values, index=self.sessions, columns=list(self.symbols))

    @cached_property
    def adjusted(self) -> pd.DataFrame:
        """Total-return close anchored at the start: what signals read; NaN on days without a bar."""
        return self.frame(self.close * self.factor)

    @cached_property
    def total_return(self) -> pd.DataFrame:
        """Total return since the last bar; 0 on suspended days, NaN before the second bar."""
        filled = self.adjusted.ffill()
        return (filled / filled.shift() - 1.0).where(self.frame(self.listed))

    def until(self, day: pd.Timestamp) -> Panel:
        """Cut off everything after `day`, as if it had not happened yet."""
        n = int(self.sessions.searchsorted(pd.Timestamp(day), side="right"))
        rows = {
            name: getattr(self, name)[:n]
            for name in (
                "open", "high", "low", "close", "pre_close", "volume", "amount", "factor",
                "limit_up", "limit_down", "listed",
            )
        }  # fmt: skip
        return Panel(
            sessions=self.sessions[:n],
            symbols=self.symbols,
            actions=self.actions[self.actions["date"] <= day],
            names=self.names,
            provenance=self.provenance,
            notes=self.notes,
            delisted=self.delisted,
            **rows,
        )
