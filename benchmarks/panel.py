"""Time how a panel of the store is built and opened, against a plain read of the same parquet files.

    python benchmarks/panel.py                            # 60 shares, 1,800 sessions
    python benchmarks/panel.py --shares 5000 --days 2500  # two minutes, 5 GB of memory

Prices are made up from a seed. "plain read" is pyarrow's `read_table`, file by file; a build also checks each
hash and the whole contract, computes limits and factors, and keeps the panel. Each build leaves out one share
more than the one before, so that none is cached; the first warms up. "opened" reads the panel that was kept.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as parquet

from screener.data.sources.store import StoreSource
from screener.data.store import Change, Store, open_store
from screener.market import calendar

BATCH = 500  # tables a commit


def bars_of(rng: np.random.Generator, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Draw one share, two of a hundred days suspended."""
    close = np.round(np.clip(20.0 + np.cumsum(rng.normal(0.0, 0.1, len(days))), 2.0, None), 2)
    volume = rng.integers(10_000, 1_000_000, len(days)) * 100.0
    bars = pd.DataFrame(
        {
            "date": days,
            "open": close,
            "high": np.round(close + 0.05, 2),
            "low": np.round(close - 0.05, 2),
            "close": close,
            "volume": volume,
            "amount": np.round(volume * close, 2),
            "adj_factor": 1.0,
        }
    )
    traded = rng.random(len(days)) > 0.02
    traded[[0, -1]] = True
    return bars[traded].assign(pre_close=lambda rows: rows["close"].shift())


def fill(folder: Path, shares: int, n_days: int) -> Store:
    """Make a store."""
    store, rng = open_store(folder, create=True), np.random.default_rng(0)
    days = calendar.sessions("2015-01-05")[-n_days:]
    symbols = [f"{600_000 + k}.SH" if k < 2_000 else f"{300_000 + k - 2_000}.SZ" for k in range(shares)]
    for first in range(0, shares, BATCH):
        store.commit(
            Change("bars", name, bars_of(rng, days), "made up") for name in symbols[first : first + BATCH]
        )
    whole = {"calendar": {"date": days}, "instruments": {"symbol": symbols}}
    store.commit(Change(kind, "all", pd.DataFrame(table), "made up") for kind, table in whole.items())
    return store


def seconds_of(call: Callable[[], Any], rounds: int) -> float:
    """Return the median seconds of some calls."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shares", type=int, default=60)
    parser.add_argument("--days", type=int, default=1_800)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = os.environ["LOCALAPPDATA"] = str(Path(folder, "cache"))
        symbols = fill(Path(folder, "store"), options.shares, options.days).keys("bars")
        files = sorted(Path(folder, "store", "bars").glob("*.parquet"))
        source, later = StoreSource(Path(folder, "store")), iter(range(1, 1 + options.rounds))
        source.panel(symbols)
        plain = seconds_of(lambda: [parquet.read_table(file) for file in files], options.rounds)
        built = seconds_of(lambda: source.panel(symbols[next(later) :]), options.rounds)
        opened = seconds_of(lambda: source.panel(symbols), 5)
    print(f"{options.shares:,} shares x {options.days:,} sessions")
    print(
        f"plain read {plain:.3f} s, built and kept {built:.3f} s ({built / plain:.2f}), opened {opened:.3f} s"
    )


if __name__ == "__main__":
    main()
