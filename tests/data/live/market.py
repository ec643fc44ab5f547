"""An invented market for the stand-in server: a few shares, walked in whole fen inside their limits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from screener.market import calendar

SHARES = ("000998.SZ", "300998.SZ", "600998.SH", "688998.SH", "920998.BJ")  # values below are invented
INDICES = ("000300.SH", "399006.SZ", "931151.CSI")
TICKERS = ("META", "MSFT")


class Bar(NamedTuple):
    """One day: CNY, shares, CNY."""

    date: dt.date
    open: float
    high: float
    low: float
    close: float
    volume: int
    amount: int


class Dividend(NamedTuple):
    """One ex-date: CNY and new shares for one held, the reference price and the factor from then on."""

    date: dt.date
    record: dt.date
    cash: float
    bonus: float
    reference: float
    factor: float


@dataclass
class Share:
    """Bars, dividends and facts of a share."""

    symbol: str
    name: str
    listed: dt.date
    bars: list[Bar]
    dividends: list[Dividend] = field(default_factory=list)


@dataclass
class Market:
    """What the stand-in serves."""

    sessions: list[dt.date]
    shares: dict[str, Share]
    indices: dict[str, list[Bar]]


def invent(
    count: int = 40, start: str = "2024-03-01", seed: int = 7, symbols: tuple[str, ...] = SHARES
) -> Market:
    """Return a market of `count` sessions; the second share rests for three days."""
    days = [day.date() for day in calendar.sessions(start)[:count]]
    rng = np.random.default_rng(seed)
    shares = {}
    for k, symbol in enumerate(symbols):
        resting = set(days[count // 3 : count // 3 + 3]) if k == 1 else set()
        shares[symbol] = _share(symbol, [day for day in days if day not in resting], rng)
    indices = {symbol: _walk(days, rng, 350_000, 10**9, {}) for symbol in INDICES}
    return Market(days, shares, indices)


def _share(symbol: str, days: list[dt.date], rng: np.random.Generator) -> Share:
    # Half a yuan and three shares for ten, in the middle of the days.
    middle = days[len(days) // 2]
    found: list[Dividend] = []
    bars = _walk(days, rng, int(rng.integers(900, 9_000)), 2_000_000, {middle: (50, 0.3)}, found)
    return Share(symbol, f"试样{symbol[:3]}", days[0], bars, found)


def _walk(
    days: list[dt.date],
    rng: np.random.Generator,
    close: int,
    volume: int,
    events: dict[dt.date, tuple[int, float]],
    found: list[Dividend] | None = None,
) -> list[Bar]:
    """Walk in fen; on an ex-date the walk goes on from the reference price."""
    bars, before, factor = [], days[0], 1.0
    for day in days:
        if day in events and found is not None:
            cash, bonus = events[day]
            reference = int((close - cash) / (1.0 + bonus) + 0.5)
            factor *= close / reference
            found.append(Dividend(day, before, cash / 100, bonus, reference / 100, factor))
            close = reference
        first = close + int(rng.integers(-close // 80, close // 80 + 1))
        last = first + int(rng.integers(-close // 80, close // 80 + 1))
        high = max(first, last) + int(rng.integers(0, close // 90 + 2))
        low = min(first, last) - int(rng.integers(0, close // 90 + 2))
        shares = int(rng.integers(volume // 2, volume * 2))
        average = low + (high - low) * float(rng.uniform(0.2, 0.8))
        bars.append(
            Bar(day, first / 100, high / 100, low / 100, last / 100, shares, round(shares * average / 100))
        )
        close, before = last, day
    return bars
