"""Rules side by side: each row is what a run of that rule says, and no control is run twice."""

import datetime as dt
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from screener.backtest.run import run
from screener.backtest.spec import Account, RunSpec
from screener.data.sources import open_source
from screener.errors import StrategyError
from screener.study import compare as module
from screener.study.compare import AGAINST, compare

RULES = ("capex-rotation", "equal-weight", "theme-momentum", "guidance-revision", "capex-rotation")
SETTINGS = {
    "membership": "hindsight",
    "start": dt.date(2023, 1, 4),
    "end": dt.date(2025, 6, 30),
    "account": Account(cash=5_000_000.0, fill="next-close"),
    "risk_free": 0.02,
}


@pytest.fixture(scope="module")
def found():
    spec = RunSpec("equal-weight", **SETTINGS)
    calls = []
    real = module.backtest
    module.backtest = lambda name, *rest: calls.append((name, rest[2])) or real(name, *rest)
    try:
        return compare(RULES, spec, open_source("sample")), calls
    finally:
        module.backtest = real


def test_each_rule_has_one_row_in_the_order_asked(found):
    table = found[0].table
    assert list(table.index) == list(dict.fromkeys(RULES))
    assert found[0].placebos == {}
    assert found[0].simulated


@pytest.mark.parametrize("name", ["capex-rotation", "guidance-revision", "theme-momentum"])
def test_a_row_says_what_the_run_of_that_rule_says(found, name):
    done = run(RunSpec(name, **SETTINGS))
    row = found[0].table.loc[name]
    own, verdict = done.metrics["headline"][name], done.verdicts[0]
    assert (found[0].window.base, found[0].window.end) == (verdict.window.base, verdict.window.end)
    for figure in ("cagr", "volatility", "sharpe", "max_drawdown"):
        assert row[figure] == own[figure], figure
    assert row["cost"] == pytest.approx(verdict.cost, abs=1e-12)
    assert row["detectable"] == pytest.approx(verdict.detectable, rel=1e-12)
    for control in AGAINST:
        if control == name:
            assert np.isnan(row[f"excess_{control}"])
            continue
        gap = own["cagr"] - done.metrics["headline"][control]["cagr"]
        assert row[f"excess_{control}"] == pytest.approx(gap, abs=1e-12)
        assert row[f"low_{control}"] < row[f"high_{control}"]


def test_turnover_is_half_of_all_trades_over_mean_equity_and_years(found):
    done = run(RunSpec("capex-rotation", **SETTINGS))
    traded = sum(o.filled * o.price for o in done.result.orders.itertuples() if o.filled > 0)
    years = len(done.result.nav.loc["2023-01-05":"2023-12-29"]) / 242 + 1 + 117 / 243  # counted by hand
    expected = traded / 2 / np.mean(done.result.nav.tolist()) / years
    assert found[0].table.loc["capex-rotation", "turnover"] == pytest.approx(expected, rel=0.01)


def test_every_control_is_run_once_and_only_the_static_mix_for_each_rule(found):
    counted = Counter(name for name, account in found[1] if account == SETTINGS["account"])
    assert counted == {
        **dict.fromkeys(("capex-rotation", "guidance-revision", "equal-weight"), 1),
        "theme-momentum": 1,
        "buy-and-hold": 1,
        "static-mix": 4,
    }


def test_what_a_reader_must_know_is_said(found):
    text = " ".join(found[0].notes)
    for part in ("HINDSIGHT", "in-sample", "how many rules"):
        assert part in text


def test_chance_is_asked_of_every_rule_but_equal_weight():
    spec = RunSpec("equal-weight", **SETTINGS)
    found = compare(["equal-weight", "guidance-revision"], spec, open_source("sample"), placebo=3, seed=4)
    assert set(found.placebos) == {"guidance-revision"}
    shift = found.placebos["guidance-revision"][0]
    assert len(shift.draws) == 3
    assert shift.true == pytest.approx(found.table.loc["guidance-revision", "excess_equal-weight"], abs=1e-12)


def test_a_rule_that_never_acted_is_equal_weight_itself_and_chance_is_not_asked():
    spec = RunSpec("equal-weight", **SETTINGS)  # cash flow was ample until after these days
    found = compare(["cash-coverage"], spec, open_source("sample"), placebo=3)
    row = found.table.loc["cash-coverage"]
    assert row[["excess_equal-weight", "low_equal-weight", "detectable"]].isna().all()
    assert found.placebos == {}


def test_a_rule_that_would_take_the_place_of_a_control_is_refused(tmp_path):
    (tmp_path / "equal-weight.py").write_text(
        "from dataclasses import dataclass\n@dataclass\nclass Params:\n    x: int = 1\n"
        "def weights(context, params):\n    return None\n",
        encoding="utf-8",
    )
    with pytest.raises(StrategyError, match="name of a control"):
        compare([str(tmp_path / "equal-weight.py")], RunSpec("equal-weight"), open_source("sample"))


def test_rows_hold_numbers_alone(found):
    assert all(pd.api.types.is_float_dtype(kind) for kind in found[0].table.dtypes)
