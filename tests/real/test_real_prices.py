"""What must hold on a folder of real prices: runs where ``SCREENER_SOURCE`` names one, skipped elsewhere."""

import dataclasses
import os

import numpy as np
import pandas as pd
import pytest

from screener import universe
from screener.backtest.engine import backtest
from screener.backtest.run import run
from screener.backtest.spec import Account, RunSpec
from screener.data.sources import open_source
from tests.backtest.test_engine import FREE, equal_once
from tests.ledgers import cash_ledger, factor_curve, pct

FOLDER = os.environ.get("SCREENER_SOURCE", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="SCREENER_SOURCE names no folder of real prices")


@pytest.fixture(scope="module")
def source():
    return open_source(FOLDER)


@pytest.fixture(scope="module")
def panel(source):
    themes = universe.load_all(universe.DEFAULT_THEMES)
    return source.panel(sorted({m.symbol for t in themes for m in t.members if m.weight > 0}))


def held_from(panel, day):
    row = panel.sessions.get_loc(day)
    return [s for k, s in enumerate(panel.symbols) if not np.isnan(panel.close[row : row + 2, k]).any()]


@pytest.mark.parametrize("day", ["2019-06-03", "2020-05-06", "2022-09-01", "2024-08-19"])
def test_buy_and_hold_in_factor_mode_equals_pandas_from_adj_factor(panel, day):
    symbols = held_from(panel, day)
    result = backtest("hold", equal_once(panel, pd.Timestamp(day), symbols), panel, FREE, pd.Timestamp(day))
    np.testing.assert_allclose(
        result.nav / FREE.cash, factor_curve(panel, pd.Timestamp(day), symbols), rtol=1e-6
    )


@pytest.mark.parametrize("day", ["2019-06-03", "2020-05-06", "2022-09-01", "2024-08-19"])
def test_buy_and_hold_in_cash_mode_equals_a_plain_ledger_to_the_fen(panel, day):
    day = pd.Timestamp(day)
    account = dataclasses.replace(Account(), band=0.0, retry_days=0, participation=0.0)
    result = backtest("hold", equal_once(panel, day, held_from(panel, day)), panel, account, day)
    assert len(result.actions) > 0
    assert (result.nav.to_numpy() * 100).round().astype(int).tolist() == cash_ledger(
        panel, result.orders, account.cash, day
    )


def test_indices_moved_as_report_002_prints_them(source):
    sessions = pd.DatetimeIndex(["2024-07-26", "2024-08-16"])
    printed = {"000001.SH": -0.40, "000300.SH": -1.87, "399006.SZ": -4.10}
    moves = {s: pct(source.benchmark(s, sessions).close, *sessions) for s in printed}
    assert {s: round(m, 2) for s, m in moves.items()} == printed


@pytest.mark.parametrize(("reading", "start"), [("published", "2024-08-19"), ("hindsight", "2020-05-06")])
@pytest.mark.parametrize("strategy", ["capex-rotation", "equal-weight", "theme-momentum", "buy-and-hold"])
def test_every_rule_runs_from_its_effective_start(source, reading, start, strategy):
    made = run(RunSpec(strategy=strategy, membership=reading, source=source.spec), source)
    assert made.effective_start == pd.Timestamp(start)
    assert made.windows[0].base == pd.Timestamp(start)
    verdict = made.verdicts[0]
    parts = verdict.selection + verdict.tilt + verdict.timing + verdict.cost + verdict.benchmark
    assert verdict.total == pytest.approx(parts, abs=1e-12)
    assert made.result.cash.min() >= 0
