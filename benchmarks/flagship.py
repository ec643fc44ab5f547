"""Time whole `screener backtest` processes, interleaved, and print medians, ratios and peak memory.

    python benchmarks/flagship.py [--source FOLDER] [--rounds 5]

Every rule runs in both readings; the ratio is to `equal-weight` in the same reading of the same round.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RULES = ("equal-weight", "capex-rotation", "theme-momentum", "buy-and-hold")
READINGS = ("published", "hindsight")


def once(rule: str, reading: str, source: str, out: Path) -> float:
    """Return the seconds of one process."""
    command = [sys.executable, "-m", "screener", "backtest", rule, "--source", source]
    command += ["--membership", reading, "--out", str(out), "--quiet"]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def peak_mb() -> float:
    """Return the largest resident set of the children, MB; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (
        2**20 if sys.platform == "darwin" else 1024
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="sample")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    seconds: dict[tuple[str, str], list[float]] = {(rule, r): [] for r in READINGS for rule in RULES}
    with tempfile.TemporaryDirectory() as folder:
        once(RULES[0], READINGS[0], options.source, Path(folder) / "warm-up")
        for _ in range(options.rounds):
            for rule, reading in seconds:
                seconds[rule, reading].append(once(rule, reading, options.source, Path(folder) / rule))
    for (rule, reading), times in seconds.items():
        ratios = [a / b for a, b in zip(times, seconds[RULES[0], reading], strict=True)]
        print(
            f"{rule:16} {reading:10} median {statistics.median(times):.2f} s  "
            f"max {max(times):.2f} s  {statistics.median(ratios):.2f} x equal-weight"
        )
    print(f"largest process: {peak_mb():.0f} MB")


if __name__ == "__main__":
    main()
