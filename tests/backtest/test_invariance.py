"""What must not change an account: names, the order of columns, the unit of money, a split, the unseen."""

import dataclasses
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from screener.backtest.engine import backtest
from screener.backtest.spec import Account
from tests.backtest.markets import (
    NAMES,
    blurred,
    dearer,
    in_reverse,
    orders_of,
    part,
    renamed,
    split,
    targets,
)
from tests.make import make_panel

ACCOUNTS = {
    "default": Account(),
    "poor": Account(cash=150_000.0, retry_days=2),
    "rich, at the close": Account(cash=2e9, fill="next-close", impact=1.0),
    "at the average": Account(fill="next-vwap", slippage_ticks=1, band=0.0, trade_min=20_000.0),
    "on the day itself": Account(fill="same-close", retry_days=0, rights="taken"),
}
FREE = Account(
    cash=1e8, commission_bp=0, commission_min=0, slippage_bp=0, participation=0, band=0,
    off=("stamp", "transfer", "dividend-tax"),
)  # fmt: skip
LOTLESS = dataclasses.replace(FREE, cash=1e10, off=(*FREE.off, "lots", "caps"))


@lru_cache(maxsize=64)
def market(seed, n_days=60, **known):
    """Return a market of twelve shares, once for all tests."""
    return make_panel(n_days=n_days, symbols=NAMES, seed=seed, **known)


def run(panel, weights, account=FREE, start=0):
    return backtest("t", weights, panel, account, panel.sessions[start])


def same(one, two):
    """Compare two accounts: equity and cash to the fen, every order and every event."""
    pd.testing.assert_series_equal(one.nav, two.nav, rtol=0, atol=0)
    pd.testing.assert_series_equal(one.cash, two.cash, rtol=0, atol=0)
    pd.testing.assert_frame_equal(one.orders, two.orders, rtol=0, atol=0)
    pd.testing.assert_frame_equal(one.actions, two.actions, rtol=0, atol=0)


# -- names and columns (E11) ---------------------------------------------------------------------------------


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("seed", range(10))
def test_other_names_give_the_same_orders_under_other_names(seed, account):
    panel, names = market(seed), in_reverse(NAMES)
    weights = targets(panel, seed)
    one = run(panel, weights, ACCOUNTS[account])
    two = run(renamed(panel, names), weights.rename(columns=names, level="symbol"), ACCOUNTS[account])
    pd.testing.assert_frame_equal(orders_of(one, names), orders_of(two), rtol=0, atol=0)
    pd.testing.assert_series_equal(one.nav, two.nav, rtol=0, atol=0)
    assert (one.holdings.rename(columns=names)[list(two.holdings)] == two.holdings).all(axis=None)
    assert len(one.orders) > 40


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_themes_and_names_changes_no_order_no_event_and_no_fen(seed):
    panel = market(seed)
    weights = targets(panel, seed)
    order = np.random.default_rng(seed).permutation(weights.shape[1])
    account = list(ACCOUNTS.values())[seed % len(ACCOUNTS)]
    same(run(panel, weights, account), run(panel, weights.iloc[:, order], account))


def triplets():
    """Return a market of three shares with the same bars at 10 CNY."""
    names = ("300308.SZ", "300502.SZ", "600588.SH")
    panel = make_panel(n_days=12, symbols=names, seed=3, holes=False, actions=False)
    flat = {name: np.full_like(getattr(panel, name), 10.0) for name in ("open", "high", "low", "close")}
    none = np.full_like(panel.open, np.nan)
    return dataclasses.replace(panel, **flat, pre_close=flat["close"], limit_up=none, limit_down=none)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_a_tie_for_the_last_lot_goes_to_the_first_name_and_not_to_the_first_column(order):
    panel = triplets()
    columns = pd.MultiIndex.from_product(
        [["t"], [panel.symbols[k] for k in order]], names=["theme", "symbol"]
    )
    weights = pd.DataFrame(1 / 3, index=panel.sessions[:1], columns=columns)
    held = run(panel, weights, dataclasses.replace(FREE, cash=5_000.0)).holdings.iloc[-1]
    assert held.to_dict() == {"300308.SZ": 200, "300502.SZ": 200, "600588.SH": 100}


# -- what nobody asked for (E13) -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_a_name_that_is_never_wanted_changes_nothing(seed):
    panel = market(seed)
    few = sorted(NAMES)[seed % 3 :: 3]
    weights = targets(panel, seed, symbols=few)
    account = list(ACCOUNTS.values())[seed % len(ACCOUNTS)]
    alone = run(part(panel, symbols=few), weights, account)
    same(run(panel, weights, account), alone)
    columns = pd.MultiIndex.from_product([["idle"], NAMES], names=["theme", "symbol"])
    idle = pd.DataFrame(0.0, index=weights.index, columns=columns)
    same(run(panel, weights.join(idle), account), alone)


@pytest.mark.parametrize("seed", range(10))
def test_history_before_the_start_changes_nothing(seed):
    panel = market(seed, n_days=80, holes=False)
    weights = targets(part(panel, slice(25, None)), seed)
    same(run(panel, weights, Account(), start=25), run(part(panel, slice(25, None)), weights, Account()))


# -- the future (E8) -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("seed", range(4))
def test_another_future_changes_nothing_before_it(seed, account):
    panel = market(seed)
    weights = targets(panel, seed, every=3)
    whole = run(panel, weights, ACCOUNTS[account])
    for row in (15, 30, 31, 45, 58):
        other = run(blurred(panel, row, seed), weights, ACCOUNTS[account])
        day = panel.sessions[row]
        assert other.nav[: day - pd.Timedelta(days=1)].equals(whole.nav[: day - pd.Timedelta(days=1)])
        before = whole.orders[whole.orders["date"] < day]
        assert other.orders[other.orders["date"] < day].equals(before)
        assert not other.nav.equals(whole.nav)


@pytest.mark.parametrize("seed", range(10))
def test_the_close_and_the_range_of_a_day_do_not_decide_its_open(seed):
    panel = market(seed)
    weights, account = targets(panel, seed), Account(participation=0.0, impact=1.0)
    whole, row = run(panel, weights, account), 32  # sized on this session
    late = {name: getattr(panel, name).copy() for name in ("high", "low", "close", "amount", "volume")}
    for values in late.values():
        values[row] = np.round(values[row] * 1.5, 2)
    other, day = run(dataclasses.replace(panel, **late), weights, account), panel.sessions[row]
    here = whole.orders["date"] == day
    assert here.sum() > 3
    assert other.orders[other.orders["date"] == day].equals(whole.orders[here])


# -- the unit of money (E10) ---------------------------------------------------------------------------------


def known(panel):
    """Leave out the events that pay a fraction of a share, for that is rounded to the fen."""
    official = panel.actions["basis"] == "official"
    return dataclasses.replace(panel, actions=panel.actions[official].reset_index(drop=True))


@pytest.mark.parametrize("fill", ["next-open", "next-close", "same-close"])
@pytest.mark.parametrize("times", [2, 3, 8, 100])
@pytest.mark.parametrize("seed", range(3))
def test_prices_and_cash_in_another_unit_give_the_same_shares_and_so_many_times_the_money(seed, times, fill):
    panel = known(market(seed))
    weights, account = targets(panel, seed), dataclasses.replace(FREE, fill=fill, participation=0.1)
    one = run(panel, weights, account)
    many = run(dearer(panel, times), weights, dataclasses.replace(account, cash=FREE.cash * times))
    assert (one.holdings == many.holdings).all(axis=None)
    assert (fen(one.nav) * times == fen(many.nav)).all()
    shown = ["date", "symbol", "side", "asked", "filled", "reason"]
    pd.testing.assert_frame_equal(one.orders[shown], many.orders[shown])
    assert len(one.actions) > 0


@pytest.mark.parametrize("times", [2, 4, 64])
@pytest.mark.parametrize("seed", range(4))
def test_dearer_shares_earn_the_same_when_a_share_is_next_to_nothing(seed, times):
    panel = known(market(seed))
    weights = targets(panel, seed)
    one, many = (run(market, weights, LOTLESS) for market in (panel, dearer(panel, times)))
    # Off by less than a share a name and decision, of which the dearest costs 64 times 200 CNY.
    np.testing.assert_allclose(many.nav, one.nav, rtol=1e-5)
    assert one.nav.std() > 1e6


def fen(money):
    return np.rint(money.to_numpy() * 100.0).astype(np.int64)


# -- splits (E12) --------------------------------------------------------------------------------------------


def even(seed):
    """Return a market whose prices can all be halved."""
    return dearer(market(seed, actions=False), 2)


def day_of_split(panel, column, row):
    """Return the next session with a bar on which nothing is sized: new shares of Shanghai wait for a day."""
    bars = ~np.isnan(panel.close[:, column])
    bars[SIZED] = False
    return row + int(np.flatnonzero(bars[row:])[0])


SIZED = slice(2, None, 5)


@pytest.mark.parametrize("rates", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_a_split_of_a_holding_changes_no_fen_until_it_is_sold_and_none_then(seed, rates):
    panel = even(seed)
    column = seed % len(NAMES)
    row = day_of_split(panel, column, 20 + seed % 17)
    costs = {"commission_bp": 2.5, "off": ("lots", "caps", "dividend-tax")} if rates else {}
    account = dataclasses.replace(LOTLESS, cash=1e7, **costs)
    weights = targets(panel, seed).iloc[[1, 9]].mul([1.0, 0.0], axis=0)  # bought before and sold after
    one, two = run(panel, weights, account), run(split(panel, column, row), weights, account)
    assert (fen(one.nav) == fen(two.nav)).all()
    assert (one.holdings.iloc[row] > 0).any()
    assert two.holdings.iloc[-1, column] == 0


@pytest.mark.parametrize("seed", range(20))
def test_a_split_between_rebalances_costs_less_than_a_share_a_decision(seed):
    panel = even(seed)
    column = seed % len(NAMES)
    row = day_of_split(panel, column, 3 + 2 * seed)
    weights = targets(panel, seed)
    one, two = run(panel, weights, LOTLESS), run(split(panel, column, row), weights, LOTLESS)
    np.testing.assert_allclose(two.nav, one.nav, rtol=len(weights) * 500.0 / LOTLESS.cash)
    assert (one.holdings.iloc[:, column] > 0).any()


# -- rebalancing twice ---------------------------------------------------------------------------------------


def standing(panel, row):
    """Let a session show the bars of the one before once more."""
    rows = {
        name: getattr(panel, name).copy() for name in ("open", "high", "low", "close", "volume", "amount")
    }
    for values in rows.values():
        values[row] = values[row - 1]
    return dataclasses.replace(panel, **rows)


@pytest.mark.parametrize("cash", [3e5, 1e7, 1e9])
@pytest.mark.parametrize("costs", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_the_same_weights_at_the_same_prices_trade_nothing_or_with_costs_a_step(seed, costs, cash):
    panel = standing(market(seed, n_days=30, holes=False, actions=False), 21)
    weights = targets(panel, seed).iloc[:2].set_axis(panel.sessions[[19, 20]])
    weights.iloc[1] = weights.iloc[0]
    account = dataclasses.replace(
        Account() if costs else FREE, cash=cash, participation=0, band=0, retry_days=0
    )
    result = run(panel, weights, dataclasses.replace(account, off=(*account.off, "limits")))
    again = result.orders[result.orders["date"] == panel.sessions[21]]
    step = again["symbol"].str.startswith("688").map({True: 200, False: 100})
    assert (again["filled"] <= (step if costs else 0)).all()
    assert (result.orders["filled"] > 0).sum() > 2
