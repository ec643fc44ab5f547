"""Brinson, its linking, tilt against timing: worked by hand, in closed form, and on any account."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.backtest.engine import backtest
from screener.backtest.result import Window
from screener.market import calendar
from screener.study.attribution.brinson import EFFECTS, Sides, brinson, effects, sides
from screener.study.attribution.gains import gains
from screener.study.attribution.linking import compounded, link
from screener.study.attribution.mixing import mixing
from tests.backtest.markets import NAMES, targets
from tests.make import make_panel
from tests.study.accounts import ACCOUNTS, FREE, PLAIN, TWO, asked, eventful, flat

DAYS = calendar.sessions("2024-01-02")


def given_sides(w, v, r, s, groups=("a", "b", "cash")):
    """Put typed weights and returns beside each other; nothing is traded within a day."""
    w, v, r, s = (np.array(values, dtype=float) for values in (w, v, r, s))
    return Sides(DAYS[1 : len(w) + 1], groups, w, v, r, s, w * r, v * s)


HAND = given_sides(
    w=[[0.6, 0.3, 0.1], [0.5, 0.5, 0.0]],
    v=[[0.5, 0.5, 0.0], [0.4, 0.6, 0.0]],
    r=[[0.10, -0.10, 0.0], [0.00, 0.02, 0.0]],
    s=[[0.05, 0.00, 0.0], [0.01, 0.01, 0.0]],
)


def test_two_themes_on_two_days_worked_out_by_hand():
    found = effects(HAND)
    # S is 2.5 % on the first day and 1 % on the second
    np.testing.assert_allclose(found["allocation"], [[0.0025, 0.005, -0.0025], [0, 0, 0]], atol=1e-15)
    np.testing.assert_allclose(found["selection"], [[0.025, -0.05, 0], [-0.004, 0.006, 0]], atol=1e-15)
    np.testing.assert_allclose(found["interaction"], [[0.005, 0.02, 0], [-0.001, -0.001, 0]], atol=1e-15)
    np.testing.assert_allclose(found["trading"], 0, atol=1e-15)


def nav_of(returns):
    return pd.Series(1e6 * np.concatenate([[1.0], np.cumprod(1.0 + returns)]), index=DAYS[: len(returns) + 1])


@dataclasses.dataclass(frozen=True)
class Curve:
    """As much of an account as a curve is."""

    nav: pd.Series


def whole(both, rule=None, other=None):
    """Attribute typed sides; the accounts after costs are those without, unless returns are given."""
    accounts = (
        Curve(nav_of(both.total if rule is None else rule)),
        Curve(nav_of(both.other_total if other is None else other)),
    )
    days = accounts[0].nav.index
    return brinson(both, accounts, Window(days[0], days[-1], "w"))


def test_the_two_days_linked_by_hand():
    found = whole(HAND)
    # 3 % and 1 % against 2.5 % and 1 %: 4.030 % against 3.525 %; k1/K = 1.01, and k2/K from 1/1.01
    second = (1 / 1.01) / (math.log(1.0403 / 1.03525) / 0.00505)
    assert found.allocation == pytest.approx(0.005 * 1.01, abs=1e-15)
    assert found.selection == pytest.approx(-0.025 * 1.01 + 0.002 * second, abs=1e-14)
    assert found.interaction == pytest.approx(0.025 * 1.01 - 0.002 * second, abs=1e-14)
    assert found.excess == pytest.approx(0.00505, abs=1e-14)
    assert found.cost == pytest.approx(0.0, abs=1e-14)
    assert found.themes.index.tolist() == ["a", "b", "cash"]
    assert found.themes.loc["b", "weight"] == pytest.approx(0.4)
    assert found.themes.loc["cash", "total"] == pytest.approx(-0.0025 * 1.01)
    assert found.growth["allocation"].tolist() == pytest.approx([0.00505, 0.00505])


@pytest.mark.parametrize("n", [1, 5, 200])
@pytest.mark.parametrize(("up", "down"), [(0.004, -0.002), (-0.01, 0.003), (0.001, 0.001)])
def test_constant_returns_link_in_closed_form(n, up, down):
    w, v = [0.7, 0.2, 0.1], [0.4, 0.5, 0.1]
    both = given_sides([w] * n, [v] * n, [[up, down, 0.0]] * n, [[up, down, 0.0]] * n)
    rule, other = 0.7 * up + 0.2 * down, 0.4 * up + 0.5 * down
    grown = (1 + rule) ** n - (1 + other) ** n
    per_point = grown / (rule - other) if rule != other else n * (1 + rule) ** (n - 1)
    found = whole(both)
    assert found.themes.loc["a", "allocation"] == pytest.approx(0.3 * (up - other) * per_point, abs=1e-12)
    assert found.allocation == pytest.approx(grown, abs=1e-12)
    assert found.selection == found.interaction == 0.0


daily = st.lists(st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(daily)
def test_linked_differences_add_up_to_the_difference_of_compounded_returns(pairs):
    rule, other = np.array(pairs).T
    linked = (link(rule, other) * (rule - other)).sum()
    grown = compounded(rule) - compounded(other)
    assert linked == pytest.approx(grown, abs=1e-12 * max(1.0, math.prod(1 + abs(x) for x in rule)))


def test_a_theme_that_one_side_does_not_hold_is_allocation_alone():
    # `sides` gives a theme that is not held the return that it has on the other side
    both = given_sides([[0.5, 0.0, 0.5]], [[0.0, 0.8, 0.2]], *[[[0.10, 0.05, 0.0]]] * 2)
    found, market = effects(both), 0.8 * 0.05
    expected = [0.5 * (0.10 - market), -0.8 * (0.05 - market), 0.3 * (0 - market)]
    assert found["allocation"][0].tolist() == pytest.approx(expected)
    assert not found["selection"].any()
    assert not found["interaction"].any()


# -- accounts of the engine ----------------------------------------------------------------------------------


def pair(seed, account=FREE, panel=None):
    """Run two rules through one market."""
    panel = panel if panel is not None else eventful(seed)
    return [
        backtest("t", targets(panel, k, themes=themes), panel, account, panel.sessions[0])
        for k, themes in ((seed, ("a", "b", "c")), (seed + 100, ("b", "c", "d")))
    ]


def span(result, first=0, last=-1):
    return Window(result.nav.index[first], result.nav.index[last], "w")


@pytest.mark.parametrize(("first", "last"), [(0, -1), (0, 9), (20, 45), (58, 59)])
@pytest.mark.parametrize("fill", ["next-open", "next-close", "next-vwap", "same-close"])
@pytest.mark.parametrize("seed", range(2))
def test_the_parts_add_up_to_the_excess_after_costs_in_any_window(seed, fill, first, last):
    delay = 0 if fill == "same-close" else 1
    free = pair(seed, dataclasses.replace(FREE, fill=fill))
    accounts = pair(seed, dataclasses.replace(ACCOUNTS["default"], fill=fill))
    window = span(free[0], first, last)
    both = sides(*(gains(account, delay) for account in free), window)
    for account, total in zip(free, (both.total, both.other_total), strict=True):
        nav = account.nav.loc[window.base : window.end]
        np.testing.assert_allclose(total, nav.pct_change().to_numpy()[1:], atol=1e-14)
    np.testing.assert_allclose(both.weight.sum(axis=1), 1.0, atol=1e-14)
    found = brinson(both, accounts, window)
    parts = [getattr(found, name) for name in (*EFFECTS, "cost")]
    rates = [a.nav[window.end] / a.nav[window.base] - 1 for a in accounts]
    assert found.excess == pytest.approx(rates[0] - rates[1], abs=1e-15)
    assert sum(parts) == pytest.approx(found.excess, abs=1e-12)
    assert found.themes["total"].sum() == pytest.approx(sum(parts[:-1]), abs=1e-12)
    assert found.growth.iloc[-1].tolist() == pytest.approx(parts[:-1], abs=1e-12)
    assert found.themes.index.tolist()[-1] == "cash"
    alone = found.themes.loc[["a", "d"]]  # each is held by one side only
    assert not alone[["selection", "interaction"]].to_numpy().any()
    gross = [a.nav[window.end] / a.nav[window.base] - 1 for a in free]
    assert found.rule_cost == pytest.approx(rates[0] - gross[0], abs=1e-12)
    assert found.other_cost == pytest.approx(rates[1] - gross[1], abs=1e-12)


def test_every_year_adds_up_to_its_own_excess():
    panel = eventful(1, 280)
    free, accounts = pair(1, FREE, panel), pair(1, ACCOUNTS["default"], panel)
    window = span(free[0])
    years = brinson(sides(*map(gains, free), window), accounts, window).years
    assert years.index.tolist() == [2024, 2025]
    turn = [a.nav[a.nav.index.year == 2024].iloc[-1] for a in accounts]
    first = [t / a.nav.iloc[0] - 1 for t, a in zip(turn, accounts, strict=True)]
    second = [a.nav.iloc[-1] / t - 1 for t, a in zip(turn, accounts, strict=True)]
    expected = [first[0] - first[1], second[0] - second[1]]
    assert years["excess"].tolist() == pytest.approx(expected, abs=1e-14)
    np.testing.assert_allclose(years[[*EFFECTS, "cost"]].sum(axis=1), expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_traded_within_a_day_by_an_account_that_trades_at_the_close(seed):
    for account in pair(seed, dataclasses.replace(FREE, fill="next-close")):
        both = sides(gains(account), gains(account), span(account))
        gap = both.contribution - both.weight * both.returns
        np.testing.assert_allclose(gap, 0.0, atol=1e-15)


def disjoint(panel, seed, mix, inside):
    """Draw targets in which each stock has one theme; theme mix and the stocks in it have their own seeds."""
    days = panel.sessions[1::5]
    groups = {"a": panel.symbols[:4], "b": panel.symbols[4:8], "c": panel.symbols[8:]}
    share = np.random.default_rng(mix).dirichlet(np.ones(3), len(days)) * 0.97
    rng = np.random.default_rng(inside)
    columns, parts = [], []
    for k, (theme, symbols) in enumerate(groups.items()):
        columns += [(theme, symbol) for symbol in symbols]
        parts.append(share[:, [k]] * rng.dirichlet(np.ones(len(symbols)), len(days)))
    columns = pd.MultiIndex.from_tuples(columns, names=["theme", "symbol"])
    return pd.DataFrame(np.hstack(parts), index=days, columns=columns)


LOTLESS = dataclasses.replace(
    FREE, cash=1e10, fill="next-close", participation=0, band=0, off=(*FREE.off, "lots", "caps", "limits")
)


def quiet(seed):
    return make_panel(n_days=60, symbols=NAMES, seed=seed, holes=False, actions=False)


@pytest.mark.parametrize("fill", ["next-open", "next-close"])
@pytest.mark.parametrize("seed", range(3))
def test_weights_and_returns_of_themes_are_those_of_what_was_held_the_evening_before(seed, fill):
    panel, settings = quiet(seed), dataclasses.replace(LOTLESS, fill=fill)
    account = backtest("t", disjoint(panel, seed, 1, 2), panel, settings, panel.sessions[0])
    both = sides(gains(account), gains(account), span(account))
    theme_of = dict(reversed(pair) for pair in account.weights.columns)
    value = account.holdings * account.close
    gain = account.holdings.shift() * account.close.diff()
    for theme in "abc":
        names = [s for s in value if theme_of[s] == theme]
        held = value[names].sum(axis=1).shift().iloc[1:]
        k = both.groups.index(theme)
        np.testing.assert_allclose(both.weight[:, k], held / account.nav.shift().iloc[1:], atol=1e-12)
        expected = (gain[names].sum(axis=1).iloc[1:] / held.where(held > 0)).fillna(0.0)
        np.testing.assert_allclose(both.returns[:, k], expected, atol=1e-12)
    cash = (account.cash / account.nav).shift().iloc[1:]
    np.testing.assert_allclose(both.weight[:, -1], cash, atol=1e-12)


def test_a_stock_that_changes_its_theme_takes_its_weight_along_after_the_day_of_the_change():
    panel = flat()
    weights = asked(panel, {1: {("a", TWO): 0.5}, 5: {("b", TWO): 0.5}})
    account = backtest("t", weights, panel, PLAIN, panel.sessions[0])
    both = sides(gains(account), gains(account), span(account))
    assert both.groups == ("a", "b", "cash")
    # bought on day 2, renamed on day 6, on which it jumps from 10 to 12
    assert both.weight[5].tolist() == pytest.approx([0.5, 0.0, 0.5])
    assert both.returns[5].tolist() == pytest.approx([0.2, 0.0, 0.0])
    assert both.weight[6, 0] == 0.0
    assert both.weight[6, 1] > 0.4


@pytest.mark.parametrize("seed", range(3))
def test_the_same_stocks_in_another_mix_of_themes_are_allocation_alone(seed):
    panel = quiet(seed)
    one, two = (
        backtest("t", disjoint(panel, seed, mix, 5), panel, LOTLESS, panel.sessions[0]) for mix in (1, 2)
    )
    both = sides(gains(one), gains(two), span(one))
    found = brinson(both, (one, two), span(one))
    assert abs(found.selection) < 1e-6
    assert abs(found.interaction) < 1e-6
    assert abs(found.allocation) > 1e-3
    assert found.cost == pytest.approx(0.0, abs=1e-12)


def test_an_account_against_itself_has_no_effect_at_all():
    one = pair(3)[0]
    found = brinson(sides(gains(one), gains(one), span(one)), (one, one), span(one))
    assert not found.themes[[*EFFECTS, "total"]].to_numpy().any()
    assert found.excess == found.rule_cost - found.other_cost == 0.0


def test_an_account_that_does_not_balance_still_adds_up_and_shows_it_in_cash():
    one, two = pair(0)
    torn = dataclasses.replace(one, nav=one.nav + np.where(np.arange(len(one.nav)) >= 30, 5_000.0, 0.0))
    found = brinson(sides(gains(torn), gains(two), span(torn)), (torn, two), span(torn))
    parts = [getattr(found, name) for name in (*EFFECTS, "cost")]
    assert sum(parts) == pytest.approx(found.excess, abs=1e-12)
    assert found.themes.loc["cash", "contribution"] == pytest.approx(5_000 / one.nav.iloc[29])


# -- tilt and timing -----------------------------------------------------------------------------------------


def test_tilt_and_timing_by_hand():
    both = given_sides(
        w=[[0.6, 0.4, 0.0], [0.5, 0.5, 0.0]],
        v=[[0.5, 0.5, 0.0], [0.5, 0.5, 0.0]],
        r=[[0.04, 0.00, 0.0], [0.00, 0.00, 0.0]],
        s=[[0.04, 0.00, 0.0], [0.00, 0.00, 0.0]],
    )
    found = mixing(both)
    a_year = calendar.sessions_a_year(DAYS[0], DAYS[2])
    # theme a: 10 and 0 points more of it, and 2 and 0 points better than the mean: tilt 5 x 1, timing 5 x 1
    assert found.themes.loc["a", ["tilt", "timing"]].tolist() == pytest.approx(
        [a_year * 0.05 * 0.01, a_year * 0.05 * 0.01]
    )
    assert found.themes.loc["b", "active_weight"] == pytest.approx(-0.05)
    assert found.themes.loc["b", "relative_return"] == pytest.approx(-a_year * 0.01)
    assert found.total == pytest.approx(a_year * (0.1 * 0.04) / 2)


@pytest.mark.parametrize("seed", range(3))
def test_tilt_and_timing_add_up_to_the_allocation_of_a_year(seed):
    free = pair(seed)
    both = sides(*map(gains, free), span(free[0]))
    found, daily = mixing(both), effects(both)["allocation"]
    a_year = calendar.sessions_a_year(free[0].nav.index[0], free[0].nav.index[-1])
    assert found.total == pytest.approx(a_year * daily.sum(axis=1).mean(), abs=1e-14)
    assert found.tilt + found.timing == pytest.approx(found.total, abs=1e-14)
    np.testing.assert_allclose(found.themes["total"], a_year * daily.mean(axis=0), atol=1e-14)
    for k, row in enumerate(found.themes.itertuples()):
        active = both.weight[:, k] - both.other_weight[:, k]
        market = [sum(v * s) for v, s in zip(both.other_weight, both.other_returns, strict=True)]
        expected = np.cov(active, both.other_returns[:, k] - market, ddof=0)[0, 1] * a_year
        assert row.timing == pytest.approx(expected, abs=1e-14)


def test_a_lean_that_never_changes_has_no_timing_and_one_of_mean_zero_no_tilt():
    rng = np.random.default_rng(0)
    s = np.column_stack([rng.normal(0, 0.01, (50, 2)), np.zeros(50)])
    v = np.tile([0.5, 0.5, 0.0], (50, 1))
    steady = mixing(given_sides(v + np.array([0.1, -0.1, 0.0]), v, s, s))
    assert abs(steady.timing) < 1e-15
    assert abs(steady.tilt) > 1e-4
    swing = np.where(np.arange(50) % 2 == 0, 0.1, -0.1)[:, None] * [1.0, -1.0, 0.0]
    moving = mixing(given_sides(v + swing, v, s, s))
    assert abs(moving.tilt) < 1e-15
    assert abs(moving.timing) > 1e-4
