"""Controls by chance: each breaks what it says and nothing else, and the rank says what it found."""

import dataclasses
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from screener import strategy as strategies
from screener.backtest.engine import backtest
from screener.backtest.result import Window
from screener.backtest.run import prepare
from screener.backtest.spec import Account, RunSpec
from screener.data.sources import open_source
from screener.study import placebo
from screener.study.batch import batch_equity
from screener.study.elsewhen import in_a_circle, moved, relabelled, sooner


@pytest.fixture(scope="module")
def context():
    return prepare(RunSpec("equal-weight", membership="hindsight"), open_source("sample"))[0]


@pytest.fixture(scope="module")
def window(context):
    return Window(context.start, context.panel.sessions[-1], "headline")


def weights_of(context, name, **overrides):
    rule = strategies.load(name)
    return strategies.check_weights(name, rule.weights(context, rule.params(overrides)), context.panel)


def test_a_batch_gives_each_set_the_equity_of_its_own_backtest(context):
    account = Account(fill="next-close", cash=3_000_000.0)
    sets = [weights_of(context, name) for name in ("equal-weight", "theme-momentum", "phase-rotation")]
    sets.append(sets[0][sets[0].columns[3:9]])  # fewer names
    equity = batch_equity(sets, context.panel, account, context.start)
    for k, weights in enumerate(sets):
        alone = backtest("alone", weights, context.panel, account, context.start).nav
        assert equity[k].tolist() == alone.tolist()
    with pytest.raises(ValueError, match="same decision days"):
        batch_equity([sets[0], sets[1].iloc[1:]], context.panel, account, context.start)


def test_a_move_by_quarters_and_a_turn_in_a_circle_say_what_the_true_cycle_says_there(context):
    days = context.panel.sessions[400::97]
    first, last = context.start, context.panel.sessions[-1]
    for move in (sooner(2), sooner(-3), in_a_circle(first, last, 400)):
        other = moved(context, move)
        for day in days:
            there, here = pd.DatetimeIndex(list(move(pd.DatetimeIndex([day])))), pd.DatetimeIndex([day])
            for ask in (
                lambda c, d: c.cycle.phase(d),
                lambda c, d: c.cycle.score(d),
                lambda c, d: c.cycle.guidance.score(d),
                lambda c, d: c.used_cash(d),
                lambda c, d: c.cycle.by_day("direction", d).astype(float),
            ):
                np.testing.assert_array_equal(ask(other, here).to_numpy(), ask(context, there).to_numpy())
    assert (sooner(2)(days) - days).days.unique().tolist() == [183]


def test_a_circle_visits_every_day_once():
    first, last = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-04-30")
    days = pd.date_range(first, last)
    turned = in_a_circle(first, last, 50)(days)
    assert sorted(turned) == list(days)
    assert turned[0] == pd.Timestamp("2024-02-20")
    assert turned[-1] == pd.Timestamp("2024-02-19")
    assert list(in_a_circle(first, last, 0)(days)) == list(days)


def test_new_labels_move_names_and_exposures_over_unchanged_groups_of_shares(context):
    order = (1, 2, 3, 4, 0)
    other = relabelled(context, order)
    held = {theme: set(rows.columns) for theme, rows in context.membership.items()}
    for theme, giver in zip(other.themes, order, strict=True):
        assert set(other.membership[theme.id].columns) == held[context.themes[giver].id]
    assert other.exposures().to_dict() == context.exposures().to_dict()
    ours, theirs = weights_of(context, "theme-momentum"), weights_of(other, "theme-momentum")
    assert placebo.same(ours, theirs)  # a rule that reads no label
    assert not placebo.same(weights_of(context, "capex-rotation"), weights_of(other, "capex-rotation"))


def test_another_order_keeps_every_row_and_adds_turnover_at_seams_alone():
    rng = np.random.default_rng(2)
    days = pd.bdate_range("2024-01-01", periods=103)
    themes = pd.DataFrame(rng.dirichlet(np.ones(5), 103), index=days)
    got = placebo.reordered(themes, [24, 48, 72, 96], np.random.default_rng(9))
    assert got.index.equals(days)
    rows = [Counter(map(tuple, frame.to_numpy())) for frame in (themes, got)]
    assert rows[0] == rows[1]
    assert not got.equals(themes)
    before = {tuple(a) + tuple(b) for a, b in zip(themes.to_numpy(), themes.to_numpy()[1:], strict=False)}
    pairs = [tuple(a) + tuple(b) for a, b in zip(got.to_numpy(), got.to_numpy()[1:], strict=False)]
    assert sum(pair not in before for pair in pairs) <= 4  # seams between five blocks


def test_cuts_stand_where_the_rule_turned_and_only_there():
    days = pd.bdate_range("2020-01-01", periods=200)
    themes = pd.DataFrame({"a": 0.5, "b": 0.5}, index=days)
    for row, to in ((3, 0.9), (40, 0.8), (44, 0.5), (90, 0.1), (150, 0.7), (197, 0.2)):
        themes.loc[days[row:], "a"] = to
    themes["b"] = 1.0 - themes["a"]
    # row 3 and 197 are too near an end; 0.8 to 0.5 at 44 turns more than 0.9 to 0.8 at 40
    assert placebo.turning_points(themes) == [44, 90, 150]
    assert placebo.turning_points(themes * 0.0 + 0.5) == []


def test_pieces_between_turns_in_another_order_turn_about_as_much():
    rng = np.random.default_rng(5)
    days = pd.bdate_range("2020-01-01", periods=240)
    state = np.repeat([0.9, 0.2, 0.7, 0.1, 0.8], 48)  # five phases
    themes = pd.DataFrame({"a": state, "b": 1 - state}, index=days)
    cuts = placebo.turning_points(themes)
    assert cuts == [48, 96, 144, 192]
    own = themes["a"].diff().abs().sum()
    others = [placebo.reordered(themes, cuts, rng)["a"].diff().abs().sum() for _ in range(300)]
    assert max(others) < 1.1 * own
    assert np.mean(others) > 0.6 * own  # some seams join like to like


def test_every_arrangement_of_few_themes_comes_once_and_never_the_true_one(context):
    got = [words for words, _ in placebo.arrangements(context, 500, np.random.default_rng(0))]
    assert len(set(got)) == len(got) == 119
    assert " ".join(theme.id for theme in context.themes) not in got
    some = [words for words, _ in placebo.arrangements(context, 40, np.random.default_rng(0))]
    assert len(set(some)) == len(some) == 40


@pytest.mark.parametrize(
    ("excess", "true", "rank"),
    [([1, 2, 3, 4], 3.5, 0.75), ([1, 2, 2, 4], 2, 0.5), ([5], 1, 0), ([], 1, None)],
)
def test_the_rank_is_the_share_of_worse_draws_with_ties_counted_half(excess, true, rank):
    part = placebo.Placebo("shift", tuple(map(str, excess)), np.array(excess, dtype=float), true, 1.0)
    assert part.rank == (pytest.approx(rank) if rank is not None else pytest.approx(np.nan, nan_ok=True))


def knowing(context, window):
    """Return a rule that knows which of two themes does better in each half-year, by a cycle that says so."""
    returns = context.panel.total_return
    ours, theirs = (returns[list(context.membership[t].columns)].mean(axis=1) for t in ("optical", "idc"))
    halves = (ours - theirs).loc[window.base : window.end].groupby(pd.Grouper(freq="2QS")).sum()
    best = np.sign(halves)

    @dataclasses.dataclass(frozen=True)
    class Seer:
        guidance: object = None
        driver: object = None
        definition: str = ""
        dead_band: float = 0.0

        def by_day(self, column, days):
            row = best.index.searchsorted(days, side="right") - 1
            return pd.Series(best.to_numpy()[np.clip(row, 0, None)], index=days, dtype=object)

    def weights(given, params):
        days = given.decision_days(4)
        members = given.members(days)
        sign = given.cycle.by_day("sign", days).astype(float)
        themes = pd.DataFrame(0.0, index=days, columns=list(members))
        themes["optical"], themes["idc"] = (sign > 0).astype(float), (sign <= 0).astype(float)
        return strategies_spread(themes, members)

    from screener.signals.weights import spread as strategies_spread

    log = SimpleNamespace(name="", path=None, events=None)
    rule = SimpleNamespace(name="seer", weights=weights)
    return rule, dataclasses.replace(context, cycle=Seer(guidance=log))


def test_a_rule_that_truly_knows_ranks_above_chance_and_one_that_reads_nothing_is_not_touched(
    context, window
):
    account = Account()
    equal = backtest("e", weights_of(context, "equal-weight"), context.panel, account, context.start).nav
    rule, seeing = knowing(context, window)
    found = {p.kind: p for p in placebo.placebos(rule, None, seeing, account, equal, window, 25)}
    assert found["shift"].rank >= 0.95
    assert found["time"].rank >= 0.95
    assert len(found["lag"].excess) == len(placebo.QUARTERS)
    assert 0.4 < found["time"].turnover < 1.0  # two states alternate: an order joins some to themselves
    blind = strategies.load("theme-momentum")
    found = {p.kind: p for p in placebo.placebos(blind, blind.params(), context, account, equal, window, 10)}
    assert [len(found[kind].excess) for kind in ("shift", "lag", "labels", "time")] == [0, 0, 0, 10]


def test_the_same_seed_draws_the_same_chance(context, window):
    account, rule = Account(), strategies.load("phase-rotation")
    equal = backtest("e", weights_of(context, "equal-weight"), context.panel, account, context.start).nav
    once, again, other = (
        placebo.placebos(rule, rule.params(), context, account, equal, window, 4, seed) for seed in (1, 1, 2)
    )
    assert [p.draws for p in once] == [p.draws for p in again]
    for first, second in zip(once, again, strict=True):
        np.testing.assert_array_equal(first.excess, second.excess)
    assert once[0].draws != other[0].draws
    true = backtest("r", weights_of(context, "phase-rotation"), context.panel, account, context.start).nav
    from screener.backtest.metrics import cagr

    assert once[0].true == pytest.approx(cagr(true) - cagr(equal), abs=1e-12)
