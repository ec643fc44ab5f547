"""Excess adjusted for beta and size: planted loadings come back, and a slow regression agrees."""

import dataclasses
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from screener.market import calendar
from screener.study.adjusted import adjusted, capitalisation, size_factor
from screener.study.bootstrap import block_starts
from tests.report.fake import fake_run

NAMES = [f"30000{k}.SZ" for k in range(8)]


@pytest.fixture(scope="module")
def run():
    """Return a run whose rule is 0.1 % a day + 1.2 market + 0.5 size and a little noise."""
    made = fake_run(n_days=300, n_orders=3, seed=1)
    rng = np.random.default_rng(2)
    days = made.result.nav.index
    context = context_of(rng, days)
    size, _, _ = size_factor(context, days)
    market = made.benchmark.close.pct_change().to_numpy()[1:]
    own = 0.001 + 1.2 * market + 0.5 * size + rng.normal(0, 1e-4, len(size))
    nav = pd.Series(1e7 * np.cumprod(np.concatenate([[1.0], 1.0 + own])), index=days)
    result = dataclasses.replace(made.result, nav=nav)
    return dataclasses.replace(made, result=result, context=context)


def context_of(rng, days, columns=("market_cap",)):
    """Return what a size factor reads of a context: returns, prices and the columns that are known."""
    frame = pd.DataFrame(rng.normal(0, 0.02, (len(days), len(NAMES))), index=days, columns=NAMES)
    close = pd.DataFrame(10.0 + rng.random((len(days), len(NAMES))), index=days, columns=NAMES)
    value = pd.DataFrame(rng.lognormal(3, 1, (len(days), len(NAMES))), index=days, columns=NAMES)
    panel = SimpleNamespace(
        total_return=frame,
        close=close.to_numpy(),
        amount=(2.0 * value).to_numpy(),
        frame=lambda values: pd.DataFrame(values, index=days, columns=NAMES),
    )
    known = {name: value for name in columns}
    return SimpleNamespace(panel=panel, valuation=lambda name: known.get(name, value * np.nan))


def slow_size(context, days):
    """Split each day's names by yesterday's value with a sort."""
    value, returns = context.valuation("market_cap"), context.panel.total_return
    out = []
    for before, day in pairwise(days):
        order = value.loc[before].sort_values().index
        out.append(returns.loc[day, order[:4]].mean() - returns.loc[day, order[4:]].mean())
    return np.array(out)


def test_the_size_factor_is_small_less_large_by_yesterdays_value(run):
    days = run.result.nav.index
    got, basis, why = size_factor(run.context, days)
    np.testing.assert_allclose(got, slow_size(run.context, days), rtol=0, atol=1e-15)
    assert (basis, why) == ("market capitalisation", "")


def test_planted_loadings_come_back_and_their_intervals_hold_them(run):
    table = adjusted(run, draws=300).table
    year = calendar.sessions_a_year(run.result.nav.index[0], run.result.nav.index[-1])
    for term, truth in (("benchmark", 1.2), ("size", 0.5), ("alpha", 0.001 * year)):
        row = table.loc[("size", term)]
        assert row["low"] <= truth <= row["high"]
        assert row["value"] == pytest.approx(truth, rel=0.02)
        assert row["high"] - row["low"] < 0.1 * truth
    assert table.loc[("size", "r2"), "value"] > 0.999
    # without the size factor its share of the return is noise
    assert table.loc[("beta", "r2"), "value"] < table.loc[("size", "r2"), "value"] - 0.05


@pytest.mark.parametrize("model", ["beta", "size"])
def test_values_and_intervals_are_those_of_a_slow_regression(run, model):
    got = adjusted(run, draws=50, seed=6, block=9).table.loc[model]
    market = run.benchmark.close.pct_change().to_numpy()[1:]
    own = run.result.nav.pct_change().to_numpy()[1:]
    columns = [np.ones(len(own)), market] + (
        [size_factor(run.context, run.result.nav.index)[0]] * (model == "size")
    )
    matrix = np.column_stack(columns)
    year = calendar.sessions_a_year(run.result.nav.index[0], run.result.nav.index[-1])

    def fitted(days):
        found, *_ = np.linalg.lstsq(matrix[days], own[days], rcond=None)
        left = own[days] - matrix[days] @ found
        return [found[0] * year, *found[1:], 1.0 - left.var() / own[days].var()]

    n = len(own)
    draws = [fitted([(s + k) % n for s in row for k in range(9)][:n]) for row in block_starts(n, 9, 50, 6)]
    np.testing.assert_allclose(got["value"], fitted(range(n)), rtol=0, atol=1e-9)
    expected = np.quantile(draws, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(got[["low", "high"]].to_numpy(float).T, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("column", "basis", "times"),
    [("float_cap", "capitalisation of the float", None), ("shares", "shares times close", "close"),
     ("turnover", "amount over turnover", "amount")],
)  # fmt: skip
def test_a_capitalisation_is_found_another_way_where_the_source_has_none(run, column, basis, times):
    days = run.result.nav.index
    context = context_of(np.random.default_rng(3), days, (column,))
    got, said = capitalisation(context)
    known = context.valuation(column)
    expected = {None: known, "close": known * context.panel.close, "amount": context.panel.amount / known}[
        times
    ]
    pd.testing.assert_frame_equal(got, expected)
    assert said == basis


def test_what_is_missing_is_said_in_words(run):
    rng, days = np.random.default_rng(0), run.result.nav.index
    bare = dataclasses.replace(run, context=context_of(rng, days, ()))
    table = adjusted(bare, draws=20).table
    assert set(table.loc["size", "reason"]) == {"the source knows no market capitalisation"}
    assert set(table.loc["beta", "reason"]) == {""}
    for odd, why in (
        (dataclasses.replace(run, context=None), "the run holds no prices"),
        (dataclasses.replace(run, benchmark=None), "the run has no benchmark"),
    ):
        table = adjusted(odd, draws=20).table
        assert set(table.loc["size", "reason"]) == {why}
        assert table.loc["size", ["value", "low", "high"]].isna().all(axis=None)
    gone = run.context.valuation("market_cap").copy()
    gone.iloc[200:] = np.nan
    few = SimpleNamespace(panel=run.context.panel, valuation=lambda name: gone)
    assert "fewer than 6 names have a market capitalisation on 33% of the" in size_factor(few, days)[2]
    flat = dataclasses.replace(run.benchmark, close=run.benchmark.close * 0.0 + 1.0)
    table = adjusted(dataclasses.replace(run, benchmark=flat), draws=20).table
    assert "never moved" in table.loc[("beta", "alpha"), "reason"]


def test_a_yardstick_that_hardly_ever_moves_has_values_but_no_intervals(run):
    """Most draws miss the only day on which it moved: nothing can be regressed there."""
    level = pd.Series(1.0, index=run.benchmark.close.index)
    level.iloc[100:] = 1.03
    still = dataclasses.replace(run, benchmark=dataclasses.replace(run.benchmark, close=level))
    found = adjusted(still).table.loc["beta"]
    x, y = level.pct_change().to_numpy()[1:], run.result.nav.pct_change().to_numpy()[1:]
    assert found["value"]["benchmark"] == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-9)
    assert found[["low", "high"]].isna().all(axis=None)
    assert set(found["reason"]) == {"not defined in more than one draw of twenty"}
