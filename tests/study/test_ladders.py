"""Ladders: every row is what a backtest of its own would give, and the size that is too large is found."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from screener.backtest import metrics
from screener.backtest.engine import backtest
from screener.backtest.run import run as make
from screener.backtest.spec import RULES, Account, RunSpec
from screener.data.sources import open_source
from screener.market import fees
from screener.study.ladders import LAGS, SIZES, capacity, ladders
from screener.study.retrade import Floor
from tests.report.fake import fake_run

START, END = pd.Timestamp("2024-01-02").date(), pd.Timestamp("2025-03-31").date()


def made(name="phase-rotation", **account):
    spec = RunSpec(
        name, membership="hindsight", start=START, end=END, account=Account(cash=2_000_000.0, **account)
    )
    return make(spec, open_source("sample"))


@pytest.fixture(scope="module")
def run():
    return made()


@pytest.fixture(scope="module")
def found(run):
    return ladders(run)


def alone(run, account, move=lambda weights: weights):
    """Return the return a year of the rule and of equal weight, each by a backtest of its own."""
    window, context = run.windows[0], run.context
    return [
        metrics.cagr(
            backtest("x", move(result.weights), context.panel, account, context.start).nav.loc[
                window.base : window.end
            ]
        )
        for result in (run.result, run.controls["equal-weight"])
    ]


def check(row, rates, base):
    assert (row["cagr"], row["equal_weight"]) == pytest.approx(rates, abs=1e-12)
    assert row["excess"] == pytest.approx(rates[0] - rates[1], abs=1e-12)
    assert row["difference"] == pytest.approx(rates[0] - base, abs=1e-12)


def moved(run, lag):
    """Return a function that moves decisions along the sessions, first at the opening, none after the end."""
    sessions = run.context.panel.sessions[run.context.panel.sessions >= run.context.start]

    def move(weights):
        rows = {}
        for day, row in zip(weights.index, weights.to_numpy(), strict=True):
            place = max(list(sessions).index(day) + lag, 0)
            if place < len(sessions):
                rows[sessions[place]] = row
        return pd.DataFrame.from_dict(rows, orient="index", columns=weights.columns).rename_axis("date")

    return move


def test_the_run_as_it_is_stands_in_every_ladder(run, found):
    own = run.metrics["headline"]["phase-rotation"]["cagr"]
    rows = (found.lags.loc[0], found.costs.loc[1], found.fills.loc["next-open"])
    for row in rows:
        assert (row["cagr"], row["difference"], row["tracking_error"]) == (own, 0.0, 0.0)
        assert row["label"] == "the run"
        assert row["excess"] == pytest.approx(run.metrics["headline"]["phase-rotation"]["excess"], abs=1e-12)


@pytest.mark.parametrize("lag", LAGS)
def test_a_lag_moves_every_decision_along_the_sessions(run, found, lag):
    row = found.lags.loc[lag]
    check(row, alone(run, run.spec.account, moved(run, lag)), found.lags.loc[0, "cagr"])
    assert row["label"].startswith("look-ahead") == (lag < 0)


@pytest.mark.parametrize("rule", [*RULES, "participation"])
def test_a_rule_is_switched_off_alone(run, found, rule):
    account = run.spec.account
    off = {"participation": 0.0} if rule == "participation" else {"off": (rule,)}
    check(found.rules.loc[rule], alone(run, dataclasses.replace(account, **off)), found.lags.loc[0, "cagr"])


@pytest.mark.parametrize("fill", ["next-close", "next-vwap", "same-close"])
def test_a_fill_is_that_of_an_account_with_this_fill(run, found, fill):
    account = dataclasses.replace(run.spec.account, fill=fill)
    check(found.fills.loc[fill], alone(run, account), found.lags.loc[0, "cagr"])
    assert ("optimistic" in found.fills.loc[fill, "label"]) == (fill == "same-close")


def test_without_costs_and_with_three_times_the_broker(run, found):
    free = {"commission_bp": 0.0, "commission_min": 0.0, "slippage_bp": 0.0, "off": ("stamp", "transfer")}
    account = dataclasses.replace(run.spec.account, **free)
    check(found.costs.loc[0], alone(run, account), found.lags.loc[0, "cagr"])
    assert found.costs["cagr"].is_monotonic_decreasing
    given = dataclasses.replace(run.spec.account, off=("stamp", "transfer"))
    dearer = dataclasses.replace(given, commission_bp=7.5, commission_min=15.0, slippage_bp=15.0)
    floor = Floor(run.context.panel, given, run.context.start, [run.result.weights])
    ledger = floor.trade(floor.target(run.result.weights), given, times=3)
    nav = backtest("x", run.result.weights, run.context.panel, dearer, run.context.start).nav
    assert (ledger.nav / 100.0).tolist() == nav.tolist()


def test_duties_three_times_are_three_times_the_rate_of_the_day(run):
    account = run.spec.account
    floor = Floor(run.context.panel, account, run.context.start, [run.result.weights])
    orders = floor.trade(floor.target(run.result.weights), account, times=3).orders
    stamp, _ = fees.fee_arrays(["300308.SZ"], floor.sessions)
    sales = orders[(orders["side"] == -1) & (orders["filled"] > 0)]
    value = sales["filled"].astype(np.int64) * sales["price"]
    exact = value * stamp[sales["day"]] * 3 / 1e7
    assert len(sales) > 50
    # an order above the cap of its board is charged in parts, each rounded to a fen
    np.testing.assert_allclose(sales["stamp"], exact, rtol=0, atol=2.0)


@pytest.mark.parametrize("size", SIZES)
def test_a_size_has_impact_and_a_cap_and_says_how_much_was_filled(run, found, size):
    account = dataclasses.replace(run.spec.account, cash=2e6 * size, impact=1.0)
    row = found.sizes.loc[2e6 * size]
    check(row, alone(run, account), found.sizes.loc[2e6, "cagr"])
    result = backtest("x", run.result.weights, run.context.panel, account, run.context.start)
    assert row["filled"] == pytest.approx(slow_filled(result, run.windows[0].base), abs=1e-12)
    assert (row["label"] == "the run's size") == (size == 1.0)


def slow_filled(result, base):
    """Add up order by order: asked on the session after a decision, filled until the next decision."""
    sessions = list(result.nav.index)
    trades = [sessions[k + 1] for d in result.weights.index if (k := sessions.index(d)) + 1 < len(sessions)]
    asked = filled = 0.0
    for order in result.orders.itertuples():
        turn = max((day for day in trades if day <= order.date), default=None)
        if turn is None or turn <= base:
            continue
        price = result.close.loc[sessions[sessions.index(turn) - 1], order.symbol]
        asked += price * order.asked * (order.date == turn)
        filled += price * order.filled
    return filled / asked


def test_a_large_account_fills_less_and_loses_more(found):
    assert found.sizes["filled"].iloc[-1] < found.sizes["filled"].loc[2e6]
    assert found.sizes["cagr"].iloc[-1] < found.sizes["cagr"].loc[2e6]
    assert math.isnan(found.capacity_of_return.cash)  # two milliards cost 0.6 points a year: not yet a point


def test_a_capacity_is_looked_for_from_the_size_of_the_run_on(run, found):
    half = ladders(run, lost=0.005).capacity_of_return
    rates = found.sizes["cagr"]
    bar = rates.loc[2e6:].cummax().iloc[-1] - 0.005
    above = rates.index[(rates >= bar) & (rates.index >= 2e6)].max()
    assert above < half.cash < rates.index[rates.index > above].min()
    assert rates.loc[2e5] < bar  # a small account loses as much to lots, which is no matter of capacity


@pytest.mark.parametrize(
    ("excess", "cash"),
    [
        ([0.05, 0.05, 0.03, 0.00], 10**7.5),  # the bar of 4 points lies half way from 10^7 to 10^8
        ([0.03, 0.06, 0.055, 0.04], 10 ** (8 + 1 / 3)),  # what a small account loses to lots lowers no bar
        ([0.05, 0.03, 0.05, 0.05], 10**6.5),
    ],
)
def test_the_capacity_is_where_a_point_of_the_best_is_lost(excess, cash):
    sizes = pd.DataFrame({"excess": excess}, index=pd.Index([1e6, 1e7, 1e8, 1e9], name="cash"))
    got = capacity(sizes, "excess", 0.01)
    assert got.cash == pytest.approx(cash, rel=1e-9)
    assert (got.of, got.lost, got.reason) == ("excess", 0.01, "")


def test_a_capacity_that_was_not_reached_or_is_not_defined_says_so():
    sizes = pd.DataFrame({"excess": [0.05, 0.049]}, index=[1e6, 1e9])
    got = capacity(sizes, "excess", 0.01)
    assert math.isnan(got.cash) and got.reason == "more than the largest size tried, 1,000,000,000 CNY"
    assert capacity(sizes * np.nan, "excess", 0.01).reason == "not defined at every size"


def test_equal_weight_has_no_excess_and_a_capacity_of_its_return():
    got = ladders(made("equal-weight"))
    for table in (got.lags, got.costs, got.rules, got.fills, got.sizes):
        assert table["excess"].isna().all()
        assert table["cagr"].equals(table["equal_weight"].rename("cagr"))
    assert got.capacity == got.capacity_of_return
    assert got.capacity.of == "cagr"


def test_odd_accounts_say_what_is_off_already():
    got = ladders(made(off=("lots",), participation=0.0, fill="same-close", impact=0.5))
    assert got.rules.loc["lots", "label"] == got.rules.loc["participation", "label"] == "off in the run"
    assert got.rules.loc[["lots", "participation"], "difference"].tolist() == [0.0, 0.0]
    assert got.fills.loc["same-close", "label"] == "the run; optimistic: the close that was decided on"
    assert got.fills.loc["same-close", "difference"] == 0.0


def test_a_run_without_prices_has_no_ladders_and_says_why():
    got = ladders(fake_run())
    assert got.reason == "the run holds no prices to trade again"
    tables = (got.lags, got.costs, got.rules, got.fills, got.sizes, got.capacity, got.capacity_of_return)
    assert tables == (None,) * 7
