"""The matching loop is the same however it is run: as here, afresh with bounds checks, cached, not compiled.

One compilation takes longer than all the rest, so that the fresh folder and the bounds checks share one.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.kernels.test_market import check_against_the_twin, random_world, simulate

ROOT = Path(__file__).resolve().parents[2]
MARKETS = range(5_000, 5_012)
CHILD = """
import warnings
warnings.simplefilter("error")
from numba import config
from screener.kernels.market import simulate_nb
from tests.kernels.test_market_modes import ledgers
found = ledgers()
hits = 0 if config.DISABLE_JIT else sum(simulate_nb.stats.cache_hits.values())
print(config.DISABLE_JIT, config.BOUNDSCHECK or 0, hits, found)
"""


def ledgers() -> str:
    """Replay some markets against the naive twin and return a hash of all that they leave behind."""
    digest = hashlib.sha256()
    for seed in MARKETS:
        check_against_the_twin(seed)
        for part in simulate(random_world(seed)):
            for values in [part[name] for name in part.dtype.names] if part.dtype.names else [part]:
                digest.update(np.ascontiguousarray(values, dtype=np.int64).tobytes())
    return digest.hexdigest()


def in_a_process(folder: Path, **variables: str) -> list[str]:
    """Return whether compilation was off, bounds checks on, cache hits and the hash of another process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    paths = {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=ROOT, env=kept | paths | variables, stdout=subprocess.PIPE,
        text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return done.stdout.split()


@pytest.fixture(scope="module")
def here() -> str:
    """Return the hash of this process, whose kernels are compiled or cached as the user has them."""
    return ledgers()


def test_without_compilation_the_ledgers_are_the_same(here: str, tmp_path: Path) -> None:
    assert in_a_process(tmp_path, NUMBA_DISABLE_JIT="1") == ["1", "0", "0", here]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_compiled_afresh_with_bounds_checks_and_found_again_the_ledgers_are_the_same(here, tmp_path) -> None:
    assert in_a_process(tmp_path, NUMBA_BOUNDSCHECK="1") == ["0", "1", "0", here]
    off, checked, hits, again = in_a_process(tmp_path, NUMBA_BOUNDSCHECK="1")
    assert (off, checked, again) == ("0", "1", here)
    assert int(hits) > 0
