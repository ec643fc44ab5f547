"""The store as a source of prices."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from screener.data.actions import read_events
from screener.data.align import Instruments, read_instruments
from screener.data.contract import check_bars
from screener.data.panel import Panel
from screener.data.sources.base import SourceSpec
from screener.data.sources.files import Coverage
from screener.data.sources.tables import TableSource, check_curve
from screener.data.store import KINDS, open_store
from screener.data.store.manifest import digest
from screener.data.vouched import VOUCHED, sentences
from screener.errors import DataError, SourceError

__all__ = ["StoreSource"]


class StoreSource(TableSource):
    """Prices from the state in which a store was when it was opened; nothing is fetched.

    Parameters
    ----------
    path : str or Path
        Folder of the store.
    allow_suspect : bool
        Whether shares whose newest data were refused may be used with what the store holds; the notes then
        name them.

    Raises
    ------
    SourceError
        If there is no such folder.
    DataError
        If it is no store, a damaged one, or has no prices.
    """

    kind = "store"

    def __init__(self, path: str | Path, allow_suspect: bool = False) -> None:
        self._store = open_store(path)
        self._allow = allow_suspect
        lacking = [kind for kind in ("bars", "instruments", "calendar") if not self._store.keys(kind)]
        if lacking:
            raise DataError(
                f"store: it holds no {', '.join(lacking)}; fetch them with `screener data update`"
            )

    @cached_property
    def spec(self) -> SourceSpec:
        """Kind and hash over the values of all tables that a run may read."""
        market = (entry for entry in self._store.entries if KINDS[entry.kind].market)
        return SourceSpec(kind=self.kind, variant="", sha256=digest(market))

    @property
    def symbols(self) -> tuple[str, ...]:
        """All shares with bars, sorted."""
        return self._store.keys("bars")

    def span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return the first and the last session that any share has a bar on."""
        entries = [entry for entry in self._store.entries if entry.kind == "bars"]
        first, last = min(entry.first for entry in entries), max(entry.last for entry in entries)
        return pd.Timestamp(first).as_unit("ns"), pd.Timestamp(last).as_unit("ns")

    def _before(self, symbols: list[str]) -> tuple[str, ...]:
        suspects = {name: why for name, why in self._store.suspects().items() if name in symbols}
        if suspects and not self._allow:
            raise DataError(
                *(
                    f"{name}: its newest data were refused ({why}); see `screener data status`, leave it out "
                    "or allow it with --allow-suspect"
                    for name, why in suspects.items()
                )
            )
        told = [
            f"{name} is used although its newest data were refused: {why}." for name, why in suspects.items()
        ]
        vouched = {*self._store.keys(VOUCHED)} & {*self.symbols}
        return (*told, *(said for name in symbols if name in vouched for said in self._vouched(name)))

    def _vouched(self, symbol: str) -> tuple[str, ...]:
        return sentences(symbol, self._store.read("bars", symbol), self._store.read(VOUCHED, symbol))

    def _whole(self, asked: list[str], said: tuple[str, ...]) -> Panel:
        return self._unmoved(lambda: super(StoreSource, self)._whole(asked, said))

    def _unmoved(self, build: Callable[[], Panel]) -> Panel:
        """Refuse what was read while a writer replaced tables, so that no panel mixes two states."""
        before = self.spec.sha256
        panel = build()
        self.__dict__.pop("spec")
        if self.spec.sha256 != before:
            raise SourceError("store: it was updated while it was read; run the command again")
        return panel

    @cached_property
    def _coverage(self) -> Coverage:
        symbols = self._store.keys("bars")
        dates = self._store.read_many("bars", symbols, ["date"])["date"]
        days, counts = np.unique(dates.to_numpy(), return_counts=True)
        held = (frozenset(symbols),)
        return self._checked(Coverage(pd.DatetimeIndex(days), counts.astype(np.int64), symbols, held))

    @cached_property
    def instruments(self) -> Instruments:
        """Names, days of listing, industries, as the source has them today."""
        table = self._store.read("instruments")
        return read_instruments(table.replace({"name": {"": None}, "status": {"": None}}))

    def _events(self, symbols: list[str]) -> pd.DataFrame:
        keys = [key for key in self._store.keys("actions") if key in symbols]
        columns = ["symbol", *(column.name for column in KINDS["actions"].columns)]
        table = self._store.read_many("actions", keys) if keys else pd.DataFrame(columns=columns)
        return read_events(table, "corporate_actions.csv")

    def _calendar_days(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self._store.read("calendar")["date"])

    def _read_bars(self, symbols: list[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
        bars = self._store.read_many("bars", symbols)
        return bars, check_bars(bars, "prices")

    def _index(self, symbol: str) -> pd.Series | None:
        if symbol not in self._store.keys("index"):
            return None
        return check_curve(self._store.read("index", symbol).assign(symbol=symbol), "index")

    def _facts(self, kind: str, symbols: list[str]) -> pd.DataFrame | None:
        keys = [] if kind == "shares" else [key for key in self._store.keys(kind) if key in symbols]
        if not keys:
            return None
        rows = self._store.read_many(kind, keys)
        names = rows["symbol"].cat.categories.astype("str").array  # written out from few, not one by one
        return rows.assign(symbol=names.take(rows["symbol"].cat.codes))

    def _indices(self) -> list[str]:
        return list(self._store.keys("index"))
