"""A source in memory over an invented market, and the store before it: every answer can be changed."""

from __future__ import annotations

import copy
import datetime as dt
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from screener.data.live.faults import LiveError, NoData
from screener.data.store import open_store
from screener.data.update import run
from screener.data.update.desk import Request
from screener.data.update.summary import Summary
from screener.market.symbols import board_of
from tests.data.live.conftest import table
from tests.data.live.market import Market
from tests.data.update.desk import INDICES, SYMBOLS, evening, market

A, B, C = SYMBOLS[:3]
EX = 20  # sessions before the only ex-date of every share, of 40

DATES = ("plan", "record", "pay", "listing")


class Fake:
    """What a `Provider` offers; `changes` are put between an answer and its reader, by kind and symbol.

    Attributes
    ----------
    asked : Counter
        Questions by kind, and by kind and symbol.
    down : set
        Kinds or symbols that fail.
    """

    name = "fake"

    def __init__(self, market: Market) -> None:
        self.market = market
        self.notes: list[str] = []
        self.asked: Counter[Any] = Counter()
        self.down: set[str] = set()
        self.changes: dict[tuple[str, str], Callable[[pd.DataFrame], pd.DataFrame]] = {}
        self.delisted: dict[str, str] = {}
        self.hong_kong = pd.DataFrame(
            {"period_end": ["2024-03-31", "2024-06-30"], "value": [1.6e10, 2.1e10], "derived": True,
             "report": "x", "currency": "CNY"}
        )  # fmt: skip
        self.resting: list[str] = []
        self.today = pd.Timestamp(market.sessions[-1])

    def _give(self, kind: str, key: str, frame: pd.DataFrame) -> pd.DataFrame:
        self.asked[kind] += 1
        self.asked[kind, key] += 1
        if kind in self.down or key in self.down:
            raise LiveError(f"{kind} of {key}: the host is down")
        found = self.changes.get((kind, key), lambda same: same)(frame)
        if found.empty:
            raise NoData(f"{kind} of {key}: nothing there")
        return found.reset_index(drop=True).assign(source="fake")

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        share = self.market.shares.get(symbol)
        whole = table(share.bars if share else [])
        return self._give("bars", symbol, whole[whole["date"].between(start, end)])

    def factors(self, symbol: str) -> pd.DataFrame:
        rows = [("1900-01-01", 1.0)]
        rows += [(event.date, event.factor) for event in self.market.shares[symbol].dividends]
        frame = pd.DataFrame(rows, columns=["date", "factor"])
        return self._give("factors", symbol, frame.astype({"date": "datetime64[ns]"}))

    def actions(self, symbol: str) -> pd.DataFrame:
        rows = [
            {"date": pd.Timestamp(e.date), "cash": e.cash, "bonus": e.bonus, "rights": 0.0,
             "rights_price": float("nan"), **dict.fromkeys(DATES, pd.NaT)}
            for e in self.market.shares[symbol].dividends
        ]  # fmt: skip
        columns = ["date", "cash", "bonus", "rights", "rights_price", *DATES]
        frame = pd.DataFrame(rows, columns=columns)
        return self._give("actions", symbol, frame.astype(dict.fromkeys(("date", *DATES), "datetime64[ns]")))

    def index_bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        whole = table(self.market.indices[symbol])
        return self._give("index", symbol, whole[whole["date"].between(start, end)])

    def calendar(self) -> pd.DataFrame:
        days = pd.Series(self.market.sessions).astype("datetime64[ns]")
        return self._give("calendar", "all", pd.DataFrame({"date": days}))

    def instruments(self) -> pd.DataFrame:
        rows = [
            {"symbol": s.symbol, "name": s.name, "board": board_of(s.symbol), "listed": s.listed,
             "delisted": pd.Timestamp(self.delisted.get(s.symbol))}
            for s in self.market.shares.values()
        ]  # fmt: skip
        frame = pd.DataFrame(rows)
        return self._give(
            "instruments", "all", frame.astype(dict.fromkeys(("listed", "delisted"), "datetime64[ns]"))
        )

    def name_changes(self) -> pd.DataFrame:
        frame = pd.DataFrame({"symbol": ["000998.SZ"], "before": "a", "after": "b"})
        return self._give("names", "all", frame.assign(date=pd.Timestamp("2024-01-04")))

    def suspensions(self, day: pd.Timestamp) -> pd.DataFrame:
        frame = pd.DataFrame({"symbol": self.resting, "reason": "x"})
        return self._give("suspensions", "all", frame.assign(first_day=day, last_day=day))

    def valuation(self, symbol: str) -> pd.DataFrame:
        bars = table(self.market.shares[symbol].bars)
        return self._give("valuation", symbol, bars[["date", "close"]].assign(shares=1e9, pe_ttm=20.0))

    def fundamentals(self, symbol: str) -> pd.DataFrame:
        frame = pd.DataFrame({"period": ["2023-09-30", "2023-12-31"], "revenue": [2e9, 3e9]})
        days = {"notice": "2024-03-20", "update": "2024-03-20"}
        frame = frame.assign(**days).astype(dict.fromkeys(("period", *days), "datetime64[ns]"))
        return self._give("fundamentals", symbol, frame)

    def disclosures(self, period: pd.Timestamp) -> pd.DataFrame:
        frame = pd.DataFrame({"symbol": list(self.market.shares)})
        day = period + pd.Timedelta(days=28)
        released = day if day <= self.today else pd.NaT
        frame = frame.assign(period=period, planned=day, released=released).astype(
            {"released": "datetime64[ns]"}
        )
        return self._give("disclosures", f"{period:%Y-%m-%d}", frame)

    def us_capex(self, ticker: str) -> pd.DataFrame:
        frame = pd.DataFrame({"period_end": ["2024-03-31", "2026-09-30"], "value": [6.4e9, 5e10]})
        frame = frame.astype({"period_end": "datetime64[ns]"}).assign(derived=True, report="x")
        return self._give("us_capex", ticker, frame)

    def hk_capex(self, code: str) -> pd.DataFrame:
        return self._give("us_capex", code, self.hong_kong.astype({"period_end": "datetime64[ns]"}))


def at(moment: dt.datetime) -> Callable[[], dt.datetime]:
    """Return a clock that begins at a moment and goes on by a millisecond whenever it is read."""
    ticks = iter(range(10**9))
    return lambda: moment + dt.timedelta(milliseconds=next(ticks))


class Stand:
    """A store, a source in memory, and the evening on which they meet."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder / "store"
        self.source = Fake(market(count, whole=40))
        self.grow(count)

    def grow(self, count: int, days: float = 0.0) -> None:
        self.source.market = market(count, whole=40)
        self.moment = evening(self.source.market) + dt.timedelta(days=days)
        self.source.asked.clear()

    def beside(self, folder: Path) -> Stand:
        """Return a stand in another folder that goes on where this one is."""
        found = copy.deepcopy(self)
        found.folder = folder / "store"
        shutil.copytree(self.folder, found.folder)
        return found

    def update(self, *symbols: str, **more: Any) -> Summary:
        fields = {
            "symbols": symbols or (A, B, C),
            "since": pd.Timestamp("2024-01-02"),
            "indices": INDICES[:1],
        }
        self.moment += dt.timedelta(minutes=1)
        self.source.today = pd.Timestamp(self.moment.date())
        options = {name: more.pop(name) for name in ("slow", "progress") if name in more}
        return run.update(
            self.folder, Request(**{**fields, **more}), self.source, now=at(self.moment), **options
        )

    @property
    def store(self) -> Any:
        return open_store(self.folder)

    def closes(self, symbol: str) -> pd.Series:
        return self.store.read("bars", symbol).set_index("date")["close"]

    def true(self, symbol: str) -> pd.Series:
        return table(self.source.market.shares[symbol].bars).set_index("date")["close"]


def same(left: pd.Series, right: pd.Series) -> bool:
    return list(left.index) == list(right.index) and np.array_equal(left.to_numpy(), right.to_numpy())
