"""Gains by stock and theme: every fen of the equity is somebody's, once."""

import dataclasses
from fractions import Fraction
from math import floor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.backtest.engine import backtest
from screener.backtest.result import Window
from screener.study.attribution.contributions import contributions
from screener.study.attribution.gains import PARTS, gains
from screener.study.attribution.splitting import apportion, theme_shares
from tests.study.accounts import (
    ACCOUNTS,
    FREE,
    ONE,
    PLAIN,
    TWO,
    asked,
    draw,
    eventful,
    flat,
    slow_gains,
)

ALL = [(seed, name) for seed in range(3) for name in ACCOUNTS]


def delay_of(name):
    return 0 if ACCOUNTS[name].fill == "same-close" else 1


def whole(series):
    return np.array([round(x * 100) for x in series])


@pytest.mark.parametrize(("seed", "name"), ALL)
def test_the_gains_of_a_day_are_the_change_of_the_equity_to_the_fen(seed, name):
    result = draw(seed, ACCOUNTS[name])
    found = gains(result, delay_of(name))
    assert (found.total.sum(axis=1)[1:] == np.diff(whole(result.nav))).all()
    assert (found.residual == 0).all()
    assert (found.total[0] == 0).all()


def test_the_random_accounts_meet_every_kind_of_event_and_cost():
    seen, paid, owed = set(), dict.fromkeys(PARTS[2:], 0.0), 0.0
    for seed, name in ALL:
        result = draw(seed, ACCOUNTS[name])
        seen |= set(result.actions["basis"])
        owed += result.due.sum()
        for kind in paid:
            paid[kind] += result.orders[kind].sum()
    delisted = {"delisted at the last close", "delisted at zero", "successor"}
    assert seen == {"official", "factor", "rights lapsed", "rights taken"} | delisted
    assert min(paid.values()) > 0
    assert owed > 0


@pytest.mark.parametrize(("seed", "name"), ALL)
def test_every_part_of_every_gain_is_that_of_a_slow_ledger(seed, name):
    result = draw(seed, ACCOUNTS[name])
    found, expected = gains(result, delay_of(name)), slow_gains(result)
    for part in PARTS:
        table = pd.DataFrame(found.parts[part], index=found.sessions, columns=list(found.symbols))
        there = {key: amount for key, amount in expected[part].items() if key[0] > found.sessions[0]}
        mine = {(day, symbol): v for day, row in table.to_dict("index").items() for symbol, v in row.items()}
        assert {k: v for k, v in mine.items() if v} == {k: v for k, v in there.items() if v}


@pytest.mark.parametrize("seed", range(4))
def test_trades_at_the_close_gain_nothing_on_their_day_and_trades_at_the_open_what_the_day_made(seed):
    at_close = draw(seed, dataclasses.replace(FREE, fill="next-close"))
    assert (gains(at_close).traded == 0).all()
    result = draw(seed, dataclasses.replace(FREE, fill="next-open"))
    expected = Fraction(0)
    for o in result.orders[result.orders["filled"] > 0].itertuples():
        moved = round(result.close.loc[o.date, o.symbol] * 100) - round(o.price * 100)
        expected += (1 if o.side == "buy" else -1) * o.filled * moved
    assert gains(result).traded.sum() == expected != 0


def test_a_small_account_worked_out_by_hand():
    panel = flat()
    weights = asked(panel, {1: {("a", TWO): 0.5}, 8: {("a", TWO): 0.0}})
    account = dataclasses.replace(PLAIN, commission_bp=10.0, slippage_bp=100.0)
    found = gains(backtest("t", weights, panel, account, panel.sessions[0]))
    days = {part: found.parts[part].ravel().tolist() for part in PARTS}
    # 5,000 shares at 10.10 with slippage: 500 of it, commission 50.50; 12.00 from day 6; sold at 11.88
    assert days["slippage"] == [0, 0, -500_00, 0, 0, 0, 0, 0, 0, -600_00, 0, 0]
    assert days["commission"] == [0, 0, -50_50, 0, 0, 0, 0, 0, 0, -59_40, 0, 0]
    assert days["price"] == [0] * 6 + [10_000_00] + [0] * 5
    assert found.nav[-1] == 100_000_00 + 10_000_00 - 1_209_90


def test_a_dividend_is_a_gain_on_the_day_on_which_it_is_owed_and_its_tax_a_cost_of_the_sale():
    panel = flat()
    row = {"date": panel.sessions[4], "symbol": TWO, "cash": 0.5, "bonus": 0.0, "factor": 1.0,
           "basis": "official", "pay_date": panel.sessions[7]}  # fmt: skip
    panel = dataclasses.replace(panel, actions=pd.DataFrame([row]))
    weights = asked(panel, {1: {("a", TWO): 0.5}, 8: {("a", TWO): 0.0}})
    account = dataclasses.replace(PLAIN, off=("stamp", "transfer"))
    found = gains(backtest("t", weights, panel, account, panel.sessions[0]))
    assert np.flatnonzero(found.parts["dividends"]).tolist() == [4]
    assert found.parts["dividends"].sum() == 2_500_00
    assert np.flatnonzero(found.parts["tax"]).tolist() == [9]
    assert found.parts["tax"].sum() == -500_00  # held for less than a month: 20 %


def test_the_day_of_an_exchange_belongs_to_the_old_stock():
    panel = flat()
    listed, close = panel.listed.copy(), panel.close.copy()
    listed[6:, 1], close[6:, 1] = False, np.nan
    gone = {name: close for name in ("open", "high", "low", "close")}
    panel = dataclasses.replace(panel, listed=listed, delisted=(ONE,), **gone)
    account = dataclasses.replace(PLAIN, successors=(f"{ONE}={TWO}:1.0",))
    result = backtest("t", asked(panel, {1: {("b", ONE): 1.0}}), panel, account, panel.sessions[0])
    found = gains(result)
    by_stock = dict(zip(found.symbols, found.total.sum(axis=0).tolist(), strict=True))
    assert by_stock == {ONE: 20_000_00, TWO: 0}  # 10,000 shares of 10 become as many of 12
    assert found.themes == ("b", "")  # nobody asked for the new shares
    assert dict(zip(found.themes, found.by_theme.sum(axis=0).tolist(), strict=True)) == {
        "b": 20_000_00,
        "": 0,
    }


# -- themes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "name"), ALL[::3])
def test_themes_add_up_to_stocks_in_every_part_to_the_fen(seed, name):
    found = gains(draw(seed, ACCOUNTS[name]), delay_of(name))
    for part in PARTS:
        assert (found.themed[part].sum(axis=1) == found.parts[part].sum(axis=1)).all()
    assert (found.by_theme.sum(axis=1) == found.total.sum(axis=1)).all()
    assert (np.abs(found.by_theme).sum(axis=0) > 0).sum() >= 3


def slow_split(result, delay):
    """Return {(day, theme): fen} as exact fractions, by looking for the last target again each time."""
    total, days = {}, list(result.nav.index)
    amounts = slow_gains(result)
    for t, day in enumerate(days[1:], start=1):
        for symbol in result.holdings.columns:
            stood = t - 1 if result.holdings.loc[days[t - 1], symbol] else t
            row = proportions(result.weights, symbol, days[stood - delay] if stood >= delay else None)
            amount = sum(amounts[part].get((day, symbol), 0) for part in PARTS)
            for theme, share in row.items():
                total[day, theme] = total.get((day, theme), Fraction(0)) + amount * share
    return total


def proportions(weights, symbol, decided):
    """Return the proportions of the last target above 0 decided by a day, or of the first."""
    mine = weights.xs(symbol, axis=1, level="symbol")
    mine = mine[mine.sum(axis=1) > 0]
    known = mine[mine.index <= decided] if decided is not None else mine.iloc[:0]
    row = known.iloc[-1] if len(known) else mine.iloc[0]
    whole = sum(Fraction(w) for w in row)
    return {theme: Fraction(w) / whole for theme, w in row.items()}


@pytest.mark.parametrize("name", ["default", "on the day itself"])
def test_a_stock_of_several_themes_counts_for_each_in_the_proportion_of_its_last_target(name):
    result = draw(1, dataclasses.replace(ACCOUNTS[name], successors=()))
    found, expected = gains(result, delay_of(name)), slow_split(result, delay_of(name))
    table = pd.DataFrame(found.by_theme, index=found.sessions, columns=list(found.themes))
    gap = [abs(table.loc[day, theme] - amount) for (day, theme), amount in expected.items()]
    assert max(gap) < len(PARTS) * len(found.symbols)  # less than a fen for each part of each stock
    assert np.abs(found.by_theme).max() > 10_000_00


def test_a_stock_on_its_way_out_and_one_that_changes_hands_count_for_who_held_them_the_evening_before():
    panel = flat()
    weights = asked(panel, {1: {("a", TWO): 0.5}, 5: {("b", TWO): 0.4}, 8: {("b", TWO): 0.0}})
    account = dataclasses.replace(PLAIN, commission_bp=10.0)
    found = gains(backtest("t", weights, panel, account, panel.sessions[0]))
    assert found.themes == ("a", "b")
    # bought for a; cut for b on day 6, on which it jumps; sold on day 9 when nobody wants it any more
    assert np.flatnonzero(found.by_theme[:, 0]).tolist() == [2, 6]
    assert np.flatnonzero(found.by_theme[:, 1]).tolist() == [9]


def test_a_stock_that_comes_back_for_another_theme_counts_for_that_from_its_first_day():
    panel = flat()
    weights = asked(panel, {1: {("a", TWO): 0.5}, 3: {("a", TWO): 0.0}, 4: {("b", TWO): 0.5}})
    account = dataclasses.replace(PLAIN, commission_bp=10.0)
    found = gains(backtest("t", weights, panel, account, panel.sessions[0]))
    assert np.flatnonzero(found.by_theme[:, 0]).tolist() == [2, 4]
    assert np.flatnonzero(found.by_theme[:, 1]).tolist() == [5, 6]


def test_shares_are_whole_where_a_stock_has_one_theme_and_none_where_nobody_asked():
    panel = eventful(0)
    weights = asked(panel, {3: {("a", TWO): 0.5}})
    themes, shares = theme_shares(weights, panel.sessions, [TWO, ONE])
    assert themes == ("a", "")
    assert (shares[:, 0] == [1.0, 0.0]).all()
    assert (shares[:, 1] == [0.0, 1.0]).all()


def test_shares_that_came_before_they_were_asked_for_count_for_whoever_asks_first():
    panel = flat()
    weights = asked(panel, {1: {("a", TWO): 0.5}, 5: {("b", ONE): 0.3, ("a", ONE): 0.1}})
    themes, shares = theme_shares(weights, panel.sessions, [TWO, ONE])
    assert themes == ("a", "b")
    np.testing.assert_allclose(shares[:, 1], np.tile([0.25, 0.75], (12, 1)))
    assert (shares[:, 0] == [1.0, 0.0]).all()


def test_what_is_traded_on_the_opening_day_itself_is_before_every_gain():
    panel = flat()
    account = dataclasses.replace(PLAIN, fill="same-close", commission_bp=10.0)
    result = backtest("t", asked(panel, {0: {("a", TWO): 0.5}}), panel, account, panel.sessions[0])
    found = gains(result, delay=0)
    assert result.orders["date"].tolist() == [panel.sessions[0]]
    assert np.flatnonzero(found.total).tolist() == [6]
    assert not found.parts["commission"].any()
    assert not found.traded.any()
    assert not found.residual.any()


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**14), 10**14), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=7))
def test_whole_fen_are_split_by_largest_remainder(total, raw):
    if sum(raw) <= 0:
        return
    share = np.array(raw) / sum(raw)
    parts = apportion(np.array([total]), share[None, :])[0]
    assert parts.sum() == total
    exact = [Fraction(total) * Fraction(s) for s in share]
    assert all(
        abs(p - e) < 1 + Fraction(abs(total), 10**15) for p, e in zip(parts.tolist(), exact, strict=True)
    )


@pytest.mark.parametrize("seed", range(20))
def test_no_part_is_rounded_up_before_one_with_a_larger_remainder(seed):
    rng = np.random.default_rng(seed)
    total, share = int(rng.integers(-(10**6), 10**6)), rng.dirichlet(np.ones(6))
    exact = [Fraction(total) * Fraction(s) for s in share]
    order = sorted(range(6), key=lambda k: exact[k] - floor(exact[k]), reverse=True)
    left = total - sum(floor(e) for e in exact)
    expected = [floor(e) + (order.index(k) < left) for k, e in enumerate(exact)]
    assert apportion(np.array([total]), share[None, :])[0].tolist() == expected


# -- tables of a window --------------------------------------------------------------------------------------


def windows(result):
    days = result.nav.index
    return [Window(days[a], days[b], "w") for a, b in ((0, -1), (0, 20), (20, -1), (7, 8), (30, 31))]


@pytest.mark.parametrize("seed", range(3))
def test_contributions_add_up_to_the_return_of_any_window(seed):
    result = draw(seed, ACCOUNTS["default"])
    found = gains(result)
    for window in windows(result):
        money = contributions(found, window)
        first, last = result.nav[window.base], result.nav[window.end]
        assert money.total == round(last - first, 2)
        assert money.residual == money.worst_residual == 0.0
        for table in (money.themes, money.stocks):
            assert whole(table["gain"]).sum() == round(money.total * 100)
            assert table["contribution"].sum() == pytest.approx(last / first - 1, abs=1e-12)
            assert table["share"].sum() == pytest.approx(1.0)
            parts = np.array([whole(table[part]) for part in PARTS])
            assert (parts.sum(axis=0) == whole(table["gain"])).all()
            assert table["gain"].is_monotonic_decreasing
        assert whole(money.years["gain"]).sum() == whole(money.theme_years.to_numpy().ravel()).sum()
        assert (money.growth.iloc[0] == 0).all()
        assert money.growth.index[0] == window.base
        assert whole(money.growth.iloc[-1]).sum() == round(money.total * 100)


def test_best_and_worst_days_weights_and_days_are_those_of_a_walk_through_the_window():
    result = draw(2, ACCOUNTS["default"])
    found, window = gains(result), windows(result)[2]
    money = contributions(found, window)
    days = [day for day in result.nav.index if window.base < day <= window.end]
    ledger = slow_gains(result)
    for symbol, row in money.stocks.iterrows():
        daily = [sum(ledger[part].get((day, symbol), 0) for part in PARTS) for day in days]
        assert (round(row["best"] * 100), round(row["worst"] * 100)) == (max(daily), min(daily))
        assert row["best_day"] == days[daily.index(max(daily))]
        assert row["worst_day"] == days[daily.index(min(daily))]
        value = result.holdings[symbol] * result.close[symbol]
        assert row["weight"] == pytest.approx((value / result.nav).loc[days].mean())
        assert row["days"] == (result.holdings[symbol].loc[days] > 0).sum()
    assert money.themes["weight"].sum() == pytest.approx(money.stocks["weight"].sum())


def test_a_stock_that_changes_its_theme_weighs_in_the_new_one_from_that_close_on():
    panel = flat()
    weights = asked(panel, {1: {("a", TWO): 0.5}, 5: {("b", TWO): 0.5}})
    result = backtest("t", weights, panel, PLAIN, panel.sessions[0])
    money = contributions(gains(result), Window(panel.sessions[0], panel.sessions[-1], "w"))
    assert money.themes["days"].to_dict() == {"a": 4, "b": 6}
    assert money.themes.loc["a", "weight"] == pytest.approx(4 * 0.5 / 11)
    assert money.themes["gain"].to_dict() == {"a": 10_000.0, "b": 0.0}
    assert money.stocks["theme"].tolist() == ["b"]  # at most closes


def test_the_return_of_a_year_is_the_gain_over_the_equity_at_its_start():
    result = draw(0, ACCOUNTS["default"], n_days=280)
    nav = result.nav
    money = contributions(gains(result), Window(nav.index[0], nav.index[-1], "w"))
    turn = nav[nav.index.year == 2024].iloc[-1]
    expected = [turn / nav.iloc[0] - 1, nav.iloc[-1] / turn - 1]
    assert money.years.index.tolist() == [2024, 2025]
    assert money.years["contribution"].tolist() == pytest.approx(expected)
    assert (money.years[list(PARTS)].sum(axis=1) - money.years["gain"]).abs().max() < 0.005
    assert whole(money.theme_years.sum()).tolist() == whole(money.years["gain"]).tolist()
