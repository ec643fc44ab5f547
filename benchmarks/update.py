"""How long a cold update of 60 names takes beside the waits that politeness asks for.

The real source, guard and store run against a stand-in server in a process of its own, which answers after
80 ms. Waits are not sat out: a clock is put forward by each of them, so that the total is what a user would
see: the time of this machine, plus the latency, plus every wait in full.

Three measures of the same run:

* all gaps: the sum, over all requests, of the spacing that their family of hosts asks for, jitter included;
* waited: the seconds that were in fact slept, as a gap passes in part while other hosts are asked;
* busiest family: the least time in which a polite program can be done, however it is ordered.

Run: ``python -m benchmarks.update [NAMES] [SESSIONS]`` from the root of the repository.
"""

from __future__ import annotations

import datetime as dt
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from screener.data.live import pace, transport
from screener.data.live.base import provider
from screener.data.live.transport import Policy
from screener.data.update import market, run
from screener.data.update.desk import Request
from screener.market import calendar
from tests.data.live.market import Bar, Market, Share
from tests.data.live.standin import Server, rewriting

LATENCY = 0.08  # seconds
END = dt.datetime(2026, 10, 30, 10, tzinfo=dt.UTC)
TARGET = 1.2
TICKERS = ("AMZN", "GOOGL", "META", "MSFT")


class Clock:
    """The clock of the machine, put forward by every wait."""

    def __init__(self) -> None:
        self.slept = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


class Counted(pace.Spacer):
    """A spacer that adds up what it asks for, by family."""

    gaps: ClassVar[Counter[str]] = Counter()

    def wait(self, family: object) -> float:
        before = self._clock()
        pause = super().wait(family)
        self.gaps[family.name] += self._free[family.name] - max(self._clock(), before)
        return pause


def names(count: int) -> tuple[str, ...]:
    return tuple(f"{digits}.{exchange}" for k in range(count // 2) for digits, exchange in
                 ((f"300{100 + k}", "SZ"), (f"600{100 + k}", "SH")))  # fmt: skip


def walk(days: list[dt.date], rng: np.random.Generator, close: int) -> list[Bar]:
    """Walk in fen inside the limits of every board, held between 5 and 500 yuan."""
    bars = []
    for day in days:
        pull = 1 if close < 500 else -1 if close > 50_000 else 0
        first = close + int(rng.integers(-close // 90, close // 90 + 1)) + pull * (close // 50)
        last = first + int(rng.integers(-first // 90, first // 90 + 2))
        high, low = max(first, last) + 1, min(first, last) - 1
        shares = 100 * int(rng.integers(10_000, 40_000))
        amount = round(shares * (high + low) / 200)
        bars.append(Bar(day, first / 100, high / 100, low / 100, last / 100, shares, amount))
        close = last
    return bars


def serve(count: int, sessions: int) -> None:
    """Serve a market of some shares whose last session is the last one before `END`."""
    days = [day.date() for day in calendar.sessions(end=END.date())[-sessions:]]
    rng = np.random.default_rng(5)
    symbols = (*names(count), "688998.SH", "920998.BJ")
    shares = {s: Share(s, f"试样{s[:3]}", days[0], walk(days, rng, 3_000)) for s in symbols}
    indices = {symbol: walk(days, rng, 40_000) for symbol in market.INDICES}
    server = Server(Market(days, shares, indices), delay=LATENCY)
    print(server.url, flush=True)
    server.serve_forever()


def main(count: int, sessions: int) -> int:
    command = [sys.executable, "-m", "benchmarks.update", "serve", str(count), str(sessions)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        url = server.stdout.readline().strip()
        clock, chance = Clock(), random.Random(7).random
        transport.Spacer = Counted
        policy = Policy(clock=clock, sleep=clock.sleep, chance=chance)
        request = Request(names(count), pd.Timestamp("2015-01-01"), tuple(market.INDICES), TICKERS)
        with tempfile.TemporaryDirectory() as folder, rewriting(url):
            import akshare  # noqa: F401 - its import is not part of the update

            began, real = clock(), time.monotonic()
            moment = lambda: END + dt.timedelta(seconds=clock() - began)  # noqa: E731
            source = provider("akshare", moment)
            done = run.update(Path(folder) / "store", request, source, now=moment, policy=policy)
            total, machine = clock() - began, time.monotonic() - real
    finally:
        server.kill()
        server.wait()
    gaps = sum(Counted.gaps.values())
    family, busiest = Counted.gaps.most_common(1)[0]
    print(f"{count} names, {sessions} sessions, {LATENCY * 1e3:.0f} ms: {done.requests} requests, "
          f"{len(done.updated)} updated, {len(done.stale)} stale, {len(done.refused)} refused")  # fmt: skip
    print(f"total {total:.0f} s, of it this machine and the latency {machine:.0f} s")
    for label, seconds in (
        ("all gaps", gaps),
        ("waited", done.waited),
        (f"busiest family ({family})", busiest),
    ):
        print(f"{label}: {seconds:.0f} s, total / that {total / seconds:.2f}")
    return 0 if total <= TARGET * gaps else 1


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["serve"]:
        serve(int(words[1]), int(words[2]))
    else:
        sys.exit(main(*(int(word) for word in (words or ["60", "2000"]))))
