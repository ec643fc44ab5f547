"""Intervals of every figure, against a slow twin that lives through each draw day by day."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from screener.backtest import metrics
from screener.backtest.result import Window
from screener.market import calendar
from screener.study.bootstrap import block_starts, excess_interval
from screener.study.intervals import FIGURES, PARTS, intervals, resampled
from tests.report.fake import fake_run

DRAWS, BLOCK, SEED = 40, 7, 3


@pytest.fixture(scope="module")
def run():
    made = fake_run(n_days=121, n_orders=3, seed=4)
    free = {name: made.controls[name] for name in ("equal-weight", "static-mix")}
    return dataclasses.replace(made, free={made.result.name: made.controls["buy-and-hold"]} | free)


def drawn_days(n, row, block):
    return np.array([(start + k) % n for start in row for k in range(block)][:n])


def lived(nav, days):
    """Return the levels of an account that lives through the days of a draw."""
    steps = nav.to_numpy()[1:] / nav.to_numpy()[:-1]
    return pd.Series(np.cumprod(np.concatenate([[1.0], steps[days]])), index=nav.index)


def tail(nav, days):
    """Return value at risk and expected shortfall of a draw, equal days being equal to the last digit."""
    returns = (nav.to_numpy()[1:] / nav.to_numpy()[:-1] - 1.0)[days]
    low = np.quantile(returns, 0.05)
    return {"value_at_risk": low, "expected_shortfall": returns[returns <= low].mean()}


def slow_figures(run, name, starts, risk_free=0.0):
    """Return the figures of an account in every draw, by the definitions of the page."""
    accounts = {run.result.name: run.result.nav} | {k: r.nav for k, r in run.controls.items()}
    accounts["benchmark"] = run.benchmark.close
    rows = []
    for row in starts:
        days = drawn_days(len(run.result.nav) - 1, row, BLOCK)
        mine, equal = lived(accounts[name], days), lived(accounts["equal-weight"], days)
        rows.append(metrics.summary(mine, equal, risk_free) | tail(accounts[name], days))
    return pd.DataFrame(rows)


@pytest.mark.parametrize("name", ["myrule", "static-mix", "benchmark"])
@pytest.mark.parametrize("risk_free", [0.0, 0.03])
def test_every_interval_is_that_of_the_slow_twin(run, name, risk_free):
    run = dataclasses.replace(run, spec=dataclasses.replace(run.spec, risk_free=risk_free))
    got = intervals(run, draws=DRAWS, seed=SEED, block=BLOCK).figures.loc[name]
    assert list(got.index) == list(FIGURES)
    slow = slow_figures(run, name, block_starts(120, BLOCK, DRAWS, SEED), risk_free)
    expected = slow[list(FIGURES)].quantile([0.025, 0.975])
    np.testing.assert_allclose(got["low"], expected.iloc[0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(got["high"], expected.iloc[1], rtol=0, atol=1e-9)
    assert (got["reason"] == "").all()
    assert got["value"].tolist() == [run.metrics["headline"][name][figure] for figure in FIGURES]


def test_equal_weight_has_no_excess_and_says_why(run):
    got = intervals(run, draws=DRAWS).figures.loc["equal-weight"]
    assert got.loc["sharpe", "reason"] == ""
    assert got.loc["excess", ["low", "high"]].isna().all()
    assert got.loc["beta", "reason"] == "it is equal weight itself"


def test_the_parts_of_the_verdict_are_differences_on_the_same_days(run):
    got = intervals(run, draws=DRAWS, seed=SEED, block=BLOCK).parts
    assert tuple(got.index[:8]) == PARTS
    starts = block_starts(120, BLOCK, DRAWS, SEED)
    days = [drawn_days(120, row, BLOCK) for row in starts]
    nav = {"rule": run.result.nav, "market": run.benchmark.close, "gross": run.free["myrule"].nav}
    nav |= {"equal": run.free["equal-weight"].nav, "mix": run.free["static-mix"].nav}
    rates = {name: np.array([metrics.cagr(lived(level, d)) for d in days]) for name, level in nav.items()}
    expected = {
        "total": rates["rule"],
        "selection": rates["equal"] - rates["market"],
        "tilt": rates["mix"] - rates["equal"],
        "timing": rates["gross"] - rates["mix"],
        "cost": rates["rule"] - rates["gross"],
        "over benchmark": rates["rule"] - rates["market"],
    }
    for part, draws in expected.items():
        np.testing.assert_allclose(
            got.loc[part, ["low", "high"]].astype(float), np.quantile(draws, [0.025, 0.975]), atol=1e-9
        )
    assert got.loc["cost", "value"] == run.verdicts[0].cost


def test_an_excess_over_a_control_has_the_interval_that_compare_prints(run):
    got = intervals(run, seed=5).parts.loc["over theme-momentum"]
    expected = excess_interval(run.result.nav, run.controls["theme-momentum"].nav, seed=5)
    assert (got["low"], got["high"]) == pytest.approx(expected, abs=1e-9)


def test_of_a_hundred_intervals_about_ninety_five_hold_the_truth():
    rng = np.random.default_rng(8)
    days, accounts, mean, spread = calendar.sessions("2020-01-02")[:501], 300, 0.0006, 0.015
    market = rng.normal(mean, spread, 500)
    returns = {"equal-weight": market}
    returns |= {str(k): 0.8 * market + rng.normal(mean, spread, 500) for k in range(accounts)}
    alone = {str(k): rng.normal(mean, spread, 500) for k in range(accounts)}
    window = Window(days[0], days[-1], "headline")
    starts = block_starts(500, 2, 400, 1)
    year = calendar.sessions_a_year(days[0], days[-1])
    truth = {"sharpe": mean / spread * math.sqrt(year), "volatility": spread * math.sqrt(year)}
    truth["hit_rate"] = 0.5 * (1.0 + math.erf(mean / spread / math.sqrt(2.0)))
    cover = {
        name: covered(resampled(alone, starts, 2, window, 0.0), name, value) for name, value in truth.items()
    }
    beside = resampled(returns, starts, 2, window, 0.0)
    del beside["equal-weight"]
    cover["beta"] = covered(beside, "beta", 0.8)
    assert all(0.91 <= share <= 0.98 for share in cover.values()), cover


def covered(drawn, figure, truth):
    """Return the share of accounts whose interval of a figure holds the truth."""
    ends = [np.quantile(values[FIGURES.index(figure)], [0.025, 0.975]) for values in drawn.values()]
    return np.mean([low <= truth <= high for low, high in ends])


def test_too_few_days_a_total_loss_and_missing_accounts_are_said_in_words(run):
    short = intervals(run, run.windows[1], block=50)
    assert short.figures[["low", "high"]].isna().all(axis=None)
    assert set(short.figures["reason"]) == {"fewer than two blocks of 50 sessions"}
    assert (
        short.figures.loc[("myrule", "cagr"), "value"] == run.metrics[run.windows[1].label]["myrule"]["cagr"]
    )
    nav = run.result.nav.copy()
    nav.iloc[60:] = 0.0
    lost = intervals(dataclasses.replace(run, result=dataclasses.replace(run.result, nav=nav)), draws=DRAWS)
    assert set(lost.figures.loc["myrule"]["reason"]) == {"the account lost everything"}
    assert lost.figures.loc[("buy-and-hold", "sharpe"), "reason"] == ""
    assert "lost everything" in lost.parts.loc["total", "reason"]
    bare = intervals(dataclasses.replace(run, free={}, benchmark=None), draws=DRAWS).parts["reason"]
    assert bare["tilt"] == "the account static-mix without costs is missing, or lost everything"
    assert "benchmark" in bare["over benchmark"]
    assert bare["over static-mix"] == ""


def test_a_flat_account_has_no_ratio_and_a_rising_one_no_drawdown_to_divide_by(run):
    days = run.result.nav.index
    flat = dataclasses.replace(run.result, nav=pd.Series(1e7, index=days))
    made = dataclasses.replace(run, result=flat)
    got = intervals(made, draws=DRAWS).figures.loc["myrule"]
    assert got.loc["volatility", ["low", "high"]].tolist() == [0.0, 0.0]
    for figure in ("sharpe", "sortino", "calmar"):
        assert got.loc[figure, "reason"] == "not defined in more than one draw of twenty"


def test_a_seed_gives_the_same_intervals_and_another_gives_others(run):
    once, again, other = (intervals(run, draws=DRAWS, seed=seed).figures for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(once, again)
    assert not once["low"].equals(other["low"])
