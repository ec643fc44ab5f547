"""What every source of prices promises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from screener.data.align import Instruments
from screener.data.panel import Panel
from screener.errors import DataError, SymbolError
from screener.market.symbols import normalise

__all__ = ["Benchmark", "Source", "SourceSpec", "canonical"]


@dataclass(frozen=True)
class SourceSpec:
    """Which market: its kind, variant and content, never its path."""

    kind: str = "sample"
    variant: str = "null"
    sha256: str = ""


@dataclass(frozen=True)
class Benchmark:
    """A comparison curve that nobody traded.

    Attributes
    ----------
    symbol, title : str
    close : Series (n_days,)
        Level on the run's sessions, NaN where missing.
    caveat : str
        What a reader must know, for example that a price index lacks dividends; may be empty.
    """

    symbol: str
    title: str
    close: pd.Series
    caveat: str


class Source(Protocol):
    """A market of prices."""

    default_benchmark: str

    @property
    def spec(self) -> SourceSpec:
        """Kind, variant and hash of the content."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """All shares with bars, sorted."""

    @property
    def instruments(self) -> Instruments:
        """What the source knows of its shares beside prices; empty where it knows nothing."""

    @property
    def industries(self) -> Mapping[str, str]:
        """Industry by share as the source has it today; empty where it has none."""

    def span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return the first and the last session that any share has a bar on."""

    def panel(
        self, symbols: Iterable[str], start: pd.Timestamp | None = None, end: pd.Timestamp | None = None
    ) -> Panel:
        """Return the prices of some shares; those without any bar are left out and named in the notes."""

    def benchmark(self, symbol: str, sessions: pd.DatetimeIndex) -> Benchmark:
        """Return a comparison curve on some sessions."""

    def valuation(self, symbols: Iterable[str]) -> pd.DataFrame:
        """Return valuation by day, see `facts.valuation`; no rows where the source knows none."""

    def statements(self, symbols: Iterable[str]) -> pd.DataFrame:
        """Return figures of statements by first usable day, see `facts.statements`."""

    def shares(self, symbols: Iterable[str]) -> pd.DataFrame:
        """Return ``date, symbol, shares, float_shares`` on the days on which they were counted."""


def canonical(symbols: Iterable[str]) -> list[str]:
    """Return symbols as they are spelt inside, sorted, each once.

    Raises
    ------
    DataError
        If there is none.
    SymbolError
        One line for each text that is no A-share.
    """
    found, problems = set(), []
    for text in symbols:
        try:
            found.add(normalise(text))
        except SymbolError as error:
            problems += error.problems
    if problems:
        raise SymbolError(*problems)
    if not found:
        raise DataError("no symbols were asked for; name at least one, for example 300308.SZ")
    return sorted(found)
