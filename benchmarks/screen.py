"""Time screens over all shares of a store: every preset, and percentiles of a ratio.

    python benchmarks/screen.py                            # 60 shares, 1,800 sessions
    python benchmarks/screen.py --shares 5000 --days 2500  # some minutes, 6 GB of memory

Prices and ratios are made up from a seed. The panel is built once before; medians of rounds in turns, beside
one of the columns worked out by pandas share by share. Memory is the peak of all rounds beyond that before.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from panel import BATCH, fill
from peers import forget_peak, peak_mb

from screener.data.sources.store import StoreSource
from screener.data.store import Change, Store
from screener.screen import Preset, load_presets, screen

BY_HAND = "momentum by hand"


def value(store: Store) -> None:
    """Add a ratio for every bar."""
    rng = np.random.default_rng(1)
    symbols = store.keys("bars")
    for first in range(0, len(symbols), BATCH):
        changes = []
        for symbol in symbols[first : first + BATCH]:
            days = store.read("bars", symbol)[["date"]]
            n = len(days)
            ratios = days.assign(pe_ttm=rng.normal(30.0, 20.0, n), pb=rng.uniform(1.0, 9.0, n))
            changes.append(Change("valuation", symbol, ratios, "made up"))
        store.commit(changes)


def by_hand(source: StoreSource) -> pd.Series:
    """Return the momentum of every share, one after the other."""
    panel = source.panel(source.symbols)
    found = {}
    for j, symbol in enumerate(panel.symbols):
        path = pd.Series(panel.close[:, j] * panel.factor[:, j]).ffill()
        found[symbol] = path.iloc[-21] / path.iloc[-251] - 1.0
    return pd.Series(found)


def timed(job: Callable[[], object]) -> float:
    """Return seconds."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def main() -> None:
    """Fill a store, time the screens in turns, print medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shares", type=int, default=60)
    parser.add_argument("--days", type=int, default=1_800)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        value(fill(Path(folder) / "store", options.shares, options.days))
        source = StoreSource(Path(folder) / "store")
        presets = load_presets()
        ratios = Preset("ratios", where="pe_percentile < 30% and pe_ttm > 0", sort="pe_percentile")
        jobs = {
            name: functools.partial(screen, source, preset, symbols=source.symbols)
            for name, preset in [*presets.items(), ("pe percentile", ratios)]
        } | {BY_HAND: functools.partial(by_hand, source)}
        before = peak_mb()
        source.panel(source.symbols)  # built, and kept for the jobs to open
        building = peak_mb() - before
        for job in jobs.values():
            job()
        forget_peak()
        before = peak_mb()
        rounds = [{name: timed(job) for name, job in jobs.items()} for _ in range(options.rounds)]
        peak = peak_mb() - before
    print(
        f"{options.shares:,} shares, {options.days:,} sessions, medians of {options.rounds} rounds in turns"
    )
    for name in jobs:
        middle = statistics.median(times[name] for times in rounds)
        ratio = statistics.median(times[name] / times[BY_HAND] for times in rounds)
        print(f"{name:<24}{middle * 1e3:>10,.1f} ms{ratio:>8.2f} of {BY_HAND}")
    print(f"peak memory {peak:,.0f} MB beyond that before; {building:,.0f} MB to build the panel once")


if __name__ == "__main__":
    main()
