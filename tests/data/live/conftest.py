"""One stand-in server for all tests of live data, and a guard whose clock is turned by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
import pytest

from screener.data.live.akshare_provider import Akshare
from screener.data.live.transport import Guard, Policy, guarded
from tests.data.live.market import Bar, Market, invent
from tests.data.live.standin import Server, rewriting, served

NOW = dt.datetime(2024, 9, 2, 4, 0, tzinfo=dt.UTC)  # noon in Shanghai, months after the last invented bar


class Clock:
    """Seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Live(NamedTuple):
    """A source before the stand-in."""

    server: Server
    guard: Guard
    clock: Clock
    source: Akshare

    @property
    def market(self) -> Market:
        return self.server.market

    def window(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        return pd.Timestamp(self.market.sessions[0]), pd.Timestamp(self.market.sessions[-1])

    def bars(self, symbol: str) -> pd.DataFrame:
        return self.source.bars(symbol, *self.window())


def policy(clock: Clock, **changes: object) -> Policy:
    """No jitter, no real waiting."""
    return Policy(clock=clock, sleep=clock.sleep, chance=lambda: 0.0, **changes)


def table(bars: list[Bar]) -> pd.DataFrame:
    """Return invented bars in the form that a source must give them."""
    frame = pd.DataFrame(bars, columns=list(Bar._fields))
    floats = dict.fromkeys(Bar._fields[1:], "float64")
    return frame.astype({"date": "datetime64[ns]", **floats})


@pytest.fixture(scope="session")
def _server() -> Iterator[Server]:
    with served(invent()) as server:
        yield server


@pytest.fixture
def server(_server: Server) -> Server:
    _server.faults.clear()
    _server.log.clear()
    return _server


@pytest.fixture
def live(server: Server) -> Iterator[Live]:
    clock = Clock()
    with rewriting(server.url), guarded(policy(clock)) as guard:
        yield Live(server, guard, clock, Akshare(lambda: NOW))
