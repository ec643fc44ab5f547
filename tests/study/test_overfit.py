"""Choosing the best: pure noise is overfitted half the time, a true best is not, and a twin agrees."""

import dataclasses
import itertools
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from screener import strategy as strategies
from screener.backtest import metrics
from screener.backtest.engine import backtest
from screener.backtest.result import Window
from screener.backtest.run import prepare
from screener.backtest.spec import Account, RunSpec
from screener.data.sources import open_source
from screener.errors import StrategyError
from screener.market import calendar
from screener.study.grid import OWN, Grid, grid, settings
from screener.study.overfit import overfit
from screener.study.walk import best_until, walk_forward


def equity(returns):
    days = calendar.sessions("2018-01-02")[: len(returns) + 1]
    levels = np.cumprod(np.vstack([np.ones(returns.shape[1]), 1.0 + returns]), axis=0)
    return pd.DataFrame(levels, index=days, columns=[f"s{k}" for k in range(returns.shape[1])])


def slow_overfit(frame, blocks):
    """Split, choose and rank one combination after the other, on the days themselves."""
    returns = frame.to_numpy()[1:] / frame.to_numpy()[:-1] - 1.0
    pieces = np.array_split(returns[: len(returns) // blocks * blocks], blocks)
    places, pairs = [], []
    for picked in itertools.combinations(range(blocks), blocks // 2):
        past = np.vstack([pieces[k] for k in picked])
        future = np.vstack([pieces[k] for k in range(blocks) if k not in picked])
        then, later = (part.mean(axis=0) / part.std(axis=0, ddof=1) for part in (past, future))
        best = list(then).index(max(then))
        places.append(sorted(later).index(later[best]) + 1)
        pairs.append((then[best], later[best]))
    odds = [place / (returns.shape[1] + 1) for place in places]
    slope = np.polyfit([p for p, _ in pairs], [f for _, f in pairs], 1)[0]
    return np.mean([odd <= 0.5 for odd in odds]), slope, np.mean([f < 0 for _, f in pairs]), len(pairs)


@pytest.mark.parametrize(("blocks", "n"), [(4, 3), (6, 4), (8, 7)])
def test_the_odds_are_those_of_the_slow_twin(blocks, n):
    frame = equity(np.random.default_rng(n).normal(0.0002, 0.01, (blocks * 25 + 11, n)))
    got = overfit(frame, blocks)
    probability, slope, loss, splits = slow_overfit(frame, blocks)
    assert (got.blocks, got.splits, got.settings) == (blocks, splits, n)
    assert (got.probability, got.slope, got.loss) == pytest.approx((probability, slope, loss), abs=1e-9)


def test_among_settings_that_differ_by_luck_the_best_is_no_better_than_the_others():
    rng = np.random.default_rng(0)
    odds = [overfit(equity(rng.normal(0.0, 0.01, (480, 10))), 8).probability for _ in range(60)]
    assert np.mean(odds) == pytest.approx(0.5, abs=0.08)


def test_a_setting_that_is_truly_best_is_chosen_and_stays_best():
    returns = np.random.default_rng(1).normal(0.0, 0.01, (480, 10))
    returns[:, 6] += 0.004
    got = overfit(equity(returns))
    assert got.probability < 0.01 and got.loss < 0.01


def test_equal_settings_share_their_rank():
    returns = np.random.default_rng(3).normal(0.0, 0.01, (200, 1))
    got = overfit(equity(np.repeat(returns, 3, axis=1)), 4)
    assert got.probability == 1.0  # the middle of three equals is at the median, which is not above it


def test_too_little_to_choose_from_is_said_in_words():
    one = equity(np.random.default_rng(0).normal(0, 0.01, (300, 1)))
    assert "one setting" in overfit(one).reason
    short = equity(np.random.default_rng(0).normal(0, 0.01, (79, 3)))
    assert overfit(short).reason == "fewer than 4 blocks of 20 sessions"
    assert math.isnan(overfit(short).probability)
    assert overfit(equity(np.random.default_rng(0).normal(0, 0.01, (200, 3)))).blocks == 10


def test_the_grid_moves_one_number_at_a_time_and_stays_in_its_range():
    @dataclasses.dataclass(frozen=True)
    class Params:
        tilt: float = strategies.parameter(0.5, "", low=0.0, high=0.6)
        names: int = strategies.parameter(3, "", low=1, high=20)
        zero: float = strategies.parameter(0.0, "")
        way: str = strategies.parameter("up", "", choices=("up", "down"))
        strict: bool = strategies.parameter(True, "")

    got = settings(Params())
    base = {"tilt": 0.5, "names": 3, "zero": 0.0, "way": "up", "strict": True}
    assert got == {
        OWN: base,
        "tilt=0.25": base | {"tilt": 0.25},
        "tilt=0.375": base | {"tilt": 0.375},
        "names=2": base | {"names": 2},
        "names=4": base | {"names": 4},
    }


@pytest.fixture(scope="module")
def context():
    spec = RunSpec("theme-momentum", membership="hindsight", end=pd.Timestamp("2024-12-31").date())
    return prepare(spec, open_source("sample"))[0]


@pytest.fixture(scope="module")
def found(context):
    rule = strategies.load("theme-momentum")
    return grid(rule, rule.params(), context, Account())


def test_a_grid_holds_what_each_setting_earns_alone_and_each_only_once(context, found):
    rule = strategies.load("theme-momentum")
    assert next(iter(found.weights)) == OWN
    assert list(found.weights) == list(found.equity.columns)
    for words in (OWN, list(found.weights)[-1]):
        alone = backtest("a", found.weights[words], context.panel, Account(), context.start).nav
        assert found.equity[words].tolist() == alone.tolist()
    assert not found.equity.T.duplicated().any()
    tried = settings(rule.params())
    assert set(found.weights) < set(tried)
    assert any("trade as another does" in note for note in found.notes)


def test_a_setting_that_the_rule_refuses_is_left_out_and_named(context):
    rule = strategies.load("theme-momentum")

    def weights(given, params):
        if params.window > rule.params().window:
            raise StrategyError("window: too long")
        return rule.weights(given, params)

    picky = SimpleNamespace(name="picky", Params=rule.Params, params=rule.params, weights=weights)
    got = grid(picky, rule.params(), context, Account())
    assert any(note.startswith("window=") and "too long" in note for note in got.notes)
    assert all(f"window={rule.params().window * factor:g}" not in got.weights for factor in (1.25, 1.5))


def test_each_year_holds_the_best_of_the_past_and_pays_for_the_change(context, found):
    window = Window(context.start, context.panel.sessions[-1], "headline")
    equal = found.equity[OWN] * 1.0
    got = walk_forward(found, equal, context, Account(), window)
    assert len(got.years) >= 2
    for year in got.years:
        past = found.equity.loc[: f"{year.year - 1}-12-31"]
        ratios = {words: metrics.sharpe(past[words]) for words in past}
        assert ratios[year.chosen] == max(ratios.values()) == year.sharpe
    chosen = {year.year: year.chosen for year in got.years}
    first = min(chosen)
    rows = [found.weights[OWN].loc[: f"{first - 1}-12-31"]]
    rows += [found.weights[words].loc[f"{year}-01-01" : f"{year}-12-31"] for year, words in chosen.items()]
    nav = backtest("w", pd.concat(rows).fillna(0.0), context.panel, Account(), context.start).nav
    nav = nav.loc[got.base :]
    assert got.walk == metrics.cagr(nav)
    assert got.own == got.equal_weight == metrics.cagr(equal.loc[got.base :])
    assert {y.year: y.walk for y in got.years} == pytest.approx(metrics.yearly_returns(nav).to_dict())


def test_the_future_does_not_change_a_choice(context, found):
    window = Window(context.start, context.panel.sessions[-1], "headline")
    turn = pd.Timestamp("2023-12-29")
    mirrored = found.equity.copy()
    later = mirrored.index > turn
    mirrored.loc[later] = mirrored.loc[later, mirrored.columns[::-1]].to_numpy()
    for year in range(window.base.year + 1, 2025):
        once, again = (best_until(frame, window.base, year, 0.0) for frame in (found.equity, mirrored))
        assert once == again


def test_a_rule_of_one_setting_and_a_window_without_a_past_have_no_walk(context, found):
    window = Window(context.start, context.panel.sessions[-1], "headline")
    one = Grid({OWN: found.weights[OWN]}, found.equity[[OWN]], ())
    assert "one setting" in walk_forward(one, found.equity[OWN], context, Account(), window).reason
    late = Window(context.panel.sessions[-100], context.panel.sessions[-1], "late")
    got = walk_forward(found, found.equity[OWN], context, Account(), late)
    assert got.years == () and "no year has 200 sessions" in got.reason
