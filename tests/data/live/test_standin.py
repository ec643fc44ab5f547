"""The stand-in itself: packed bodies come back exactly, and a subprocess can be made to speak to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data.live import klc
from tests.data.live.standin import Fault, Server, hook

ROOT = Path(__file__).resolve().parents[3]
CHILD = """
import datetime as dt, pandas as pd
from screener.data.live.akshare_provider import Akshare
from screener.data.live.transport import guarded
with guarded() as guard:
    source = Akshare(lambda: dt.datetime(2024, 9, 2, tzinfo=dt.UTC))
    bars = source.bars("600998.SH", pd.Timestamp("2024-03-01"), pd.Timestamp("2024-04-30"))
    print(len(bars), bars["source"].iloc[0], len(source.factors("600998.SH")), len(guard.log))
"""


@pytest.fixture(scope="module")
def decode():
    import py_mini_racer
    from akshare.stock.cons import hk_js_decode

    engine = py_mini_racer.MiniRacer()
    engine.eval(hk_js_decode)
    return lambda text: engine.call("d", text)


def days_of(rng: np.random.Generator) -> list:
    every = pd.bdate_range("1995-01-02", "2026-11-20")
    chosen = rng.choice(every, rng.integers(2, 120), replace=False)
    return sorted(pd.Timestamp(day).date() for day in chosen)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_packed_is_what_the_decoder_of_akshare_reads(decode, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = []
    for day in days_of(rng):
        close, first = (int(value) for value in rng.integers(50, 300_000, 2))
        high = max(close, first) + int(rng.integers(0, 99))
        low = max(1, min(close, first) - int(rng.integers(0, 40)))
        prices = (first / 100, high / 100, low / 100, close / 100)
        rows.append((day, *prices, int(rng.integers(0, 5e9)), int(rng.integers(0, 5e11))))
    shares, index = decode(klc.pack_share(rows)), decode(klc.pack_index([row[:6] for row in rows]))
    names = ("open", "high", "low", "close", "volume", "amount")
    for found, keys in ((shares, names), (index, names[:5])):
        assert [row["date"][:10] for row in found] == [str(row[0]) for row in rows]
        values = [[row[key] for key in keys] for row in found]
        np.testing.assert_allclose(values, [row[1 : 1 + len(keys)] for row in rows])
    days = [row[0] for row in rows]
    assert [day[:10] for day in decode(klc.pack_sessions(days))] == [str(day) for day in days]


@pytest.mark.parametrize("cut", [False, True])
def test_a_subprocess_speaks_to_the_stand_in(server: Server, tmp_path: Path, cut: bool) -> None:
    if cut:
        server.faults.append(Fault("push2his", "reset"))
    path = os.pathsep.join([str(hook(tmp_path)), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "STANDIN_URL": server.url, "STANDIN_PACE": "0.01"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, text=True, env=environment, cwd=ROOT, timeout=60
    )
    assert done.stderr == ""
    # Three attempts, then the first day, one year and the factors; or one request each.
    expected = "40 akshare/tencent 2 6" if cut else "40 akshare/eastmoney 2 2"
    assert done.stdout.strip() == expected
    assert len(server.asked("push2his")) == (3 if cut else 1)
