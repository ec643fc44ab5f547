"""Time whole `screener backtest --no-page` processes against the floor of what such a process must load.

    python benchmarks/process.py [--rounds 9] [--source FOLDER] [--strategy equal-weight]

The floor imports what the command imports, opens the compiled loop from its cache and calls it once on a day
and a share. Both are warm: kernels compiled, panel cached. By turns; the ratio is the median over the rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOOR = """
import numpy as np
import screener.cli, screener.backtest.run, screener.report.save
from screener.arrays import Actions, Market, Rules, Trading
from screener.kernels.market import simulate_nb
one, row, flag = np.ones((1, 1), np.int64), np.zeros(1, np.int64), np.ones(1, np.bool_)
none = np.zeros(0, np.int64)
market = Market(*(one,) * 9, np.ones((1, 1), np.bool_), np.empty((0, 0)))
rules = Rules(row + 1, row + 1, one, row, one, flag, row, row, np.zeros((1, 3), np.int64))
trading = Trading(0, 0, 0, 0, 0, 0.0, 0.0, 0, 0, True)
actions = Actions(np.zeros(2, np.int64), *(none,) * 5, none == 0, none, none, none, none == 0)
simulate_nb(market, rules, trading, actions, row, np.ones((1, 1)), np.int64(100))
"""


def seconds_of(command: list[str], folder: str, settings: dict[str, str]) -> float:
    """Return how long a process takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, cwd=folder, env=settings, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--source", default="sample")
    parser.add_argument("--strategy", default="equal-weight")
    options = parser.parse_args()
    source = options.source if options.source == "sample" else str(Path(options.source).resolve())
    run = [sys.executable, "-m", "screener", "backtest", options.strategy, "--source", source]
    commands = {"floor": [sys.executable, "-c", FLOOR], "backtest": [*run, "--no-page", "--quiet"]}
    settings = os.environ | {"PYTHONPATH": str(ROOT)}
    times: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        for command in commands.values():
            seconds_of(command, folder, settings)
        for _ in range(options.rounds):
            for name, command in commands.items():
                times[name].append(seconds_of(command, folder, settings))
    for name, found in times.items():
        print(f"{name:10} {statistics.median(found):.2f} s")
    ratio = statistics.median(b / f for b, f in zip(times["backtest"], times["floor"], strict=True))
    print(f"backtest / floor {ratio:.2f}")


if __name__ == "__main__":
    main()
