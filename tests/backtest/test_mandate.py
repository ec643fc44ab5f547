"""A mandate: every line holds for the weights it gives, it looks at nothing later, it says what bound."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from screener.backtest.bindings import COLUMNS, Binding
from screener.backtest.bounds import frame_of
from screener.backtest.mandate import Mandate
from screener.backtest.obey import obey, towards
from screener.backtest.run import prepare
from screener.backtest.spec import RunSpec
from screener.data.sources import open_source
from screener.errors import SpecError

EPS = 1e-9
THEMES = ("ai-chips", "servers", "idc", "optical", "ai-apps")
SPEC = RunSpec("capex-rotation", membership="hindsight", allow_overdue=True)


@pytest.fixture(scope="module")
def source():
    return open_source("sample")


@pytest.fixture(scope="module")
def context(source):
    return prepare(SPEC, source)[0]


@pytest.fixture(scope="module")
def shared(context):
    """The same market where two names of the chips are named by the optical theme and by servers too."""
    chips = next(t for t in context.themes if t.id == "ai-chips")
    others = [m.symbol for m in chips.counted[:2]]
    themes, membership = [], dict(context.membership)
    for theme in context.themes:
        if theme.id in ("optical", "servers"):
            theme = dataclasses.replace(theme, members=(*theme.members, *chips.counted[:2]))
            rows = context.membership["ai-chips"][others]
            membership[theme.id] = pd.concat([membership[theme.id], rows], axis=1)
        themes.append(theme)
    return dataclasses.replace(context, themes=tuple(themes), membership=membership)


def drawn(context, seed, days=10, total=1.0):
    """Draw weights over the members of some decision days, lumpy and with holes."""
    rng = np.random.default_rng(seed)
    index = context.decision_days()[40 : 40 + days]
    pairs = [(t, s) for t in THEMES for s in context.membership[t].columns]
    columns = pd.MultiIndex.from_tuples(pairs, names=["theme", "symbol"])
    raw = rng.dirichlet(np.full(len(pairs), 0.3), days) * (rng.random((days, len(pairs))) > 0.4)
    members = context.members(index)
    raw *= np.array([members[theme][symbol] > 0 for theme, symbol in pairs]).T
    return pd.DataFrame(raw / raw.sum(axis=1, keepdims=True) * total, index=index, columns=columns)


def by(level, weights):
    return weights.T.groupby(level=level).sum().T


# Each line holds


@pytest.mark.parametrize("seed", range(12))
def test_no_name_is_above_the_cap_none_below_0_and_the_row_keeps_its_sum_where_names_have_room(seed, context):
    weights = drawn(context, seed, total=0.9)
    given, bindings = obey(weights, context, Mandate(name_cap=0.06))
    assert by("symbol", given).to_numpy().max() <= 0.06 + 1e-12
    assert given.to_numpy().min() >= 0.0
    held = (by("symbol", weights) > 0).sum(axis=1)
    room = np.minimum(0.9, held * 0.06)
    np.testing.assert_allclose(given.sum(axis=1), room, atol=1e-9)
    idle = bindings[bindings["symbol_or_theme"] == "cash"].set_index("date")["given"]
    np.testing.assert_allclose(idle, (1.0 - room)[idle.index], atol=1e-9)
    assert set(idle.index) == set(room[room < 0.9 - EPS].index)


@pytest.mark.parametrize("seed", range(12))
def test_a_cut_inside_one_theme_is_the_scaling_that_a_bisection_finds(seed, context):
    weights = drawn(context, seed)[["ai-apps"]]
    weights = weights.div(weights.sum(axis=1), axis=0).fillna(0.0)
    cap = 0.21
    given, _ = obey(weights, context, Mandate(name_cap=cap))
    for day, row in weights.iterrows():
        low, high = 0.0, 1e12
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if np.minimum(middle * row, cap).sum() < row.sum() else (low, middle)
        np.testing.assert_allclose(given.loc[day], np.minimum(high * row, cap), atol=1e-9)


def test_what_a_full_theme_cannot_hold_goes_to_the_others_and_then_to_cash(context):
    day = context.decision_days()[40:41]
    pairs = [("optical", "300308.SZ"), ("optical", "300502.SZ"), ("servers", "000977.SZ")]
    columns = pd.MultiIndex.from_tuples(pairs, names=["theme", "symbol"])
    weights = pd.DataFrame([[0.5, 0.3, 0.2]], index=day, columns=columns)
    given, _ = obey(weights, context, Mandate(name_cap=0.35))
    np.testing.assert_allclose(given.iloc[0], [0.35, 0.35, 0.3], atol=1e-12)
    given, _ = obey(weights, context, Mandate(name_cap=0.3))
    np.testing.assert_allclose(given.iloc[0], [0.3, 0.3, 0.3], atol=1e-12)
    given, _ = obey(weights, context, Mandate(excluded=("300308",)))
    np.testing.assert_allclose(given.iloc[0], [0.0, 0.8, 0.2], atol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_a_theme_never_falls_below_its_floor_and_what_is_excluded_is_not_held(seed, context):
    mandate = Mandate(theme_floor={"optical": 0.3, "idc": 0.25}, excluded=("300308", "000977"))
    weights = drawn(context, seed, total=0.5)
    given, bindings = obey(weights, context, mandate)
    themes = by("theme", given)
    assert (themes[["optical", "idc"]] >= [0.3 - EPS, 0.25 - EPS]).all(axis=None)
    assert (by("symbol", given)[["300308.SZ", "000977.SZ"]] == 0.0).all(axis=None)
    assert (given.sum(axis=1) <= 1.0 + EPS).all()
    short = by("theme", weights)["optical"] < 0.3 - EPS
    rows = bindings[(bindings["line"] == "theme_floor") & (bindings["symbol_or_theme"] == "optical")]
    assert set(short[short].index) <= set(rows["date"])
    assert rows["met"].all()


@pytest.mark.parametrize("seed", range(12))
def test_a_floor_is_paid_by_other_themes_in_proportion_before_it_is_paid_by_cash(seed, context):
    weights = drawn(context, seed, total=0.8)
    given, _ = obey(weights, context, Mandate(theme_floor={"optical": 0.5}))
    before, after = by("theme", weights), by("theme", given)
    raised = before["optical"] < 0.5
    others = [theme for theme in before.columns if theme != "optical"]
    np.testing.assert_allclose(after.sum(axis=1), 0.8, atol=1e-9)
    scale = 0.3 / before.loc[raised, others].sum(axis=1)
    np.testing.assert_allclose(
        after.loc[raised, others], before.loc[raised, others].mul(scale, axis=0), atol=1e-9
    )
    pd.testing.assert_frame_equal(given.loc[~raised, weights.columns], weights[~raised], check_exact=False)
    little, _ = obey(weights * 0.25, context, Mandate(theme_floor={"optical": 0.5}))
    np.testing.assert_allclose(by("theme", little)["optical"], 0.5, atol=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_names_of_several_themes_count_once_to_the_cap_and_help_a_floor_without_a_trade(seed, shared):
    mandate = Mandate(name_cap=0.12, theme_floor={"servers": 0.3})
    given, _ = obey(drawn(shared, seed), shared, mandate)
    assert by("symbol", given).to_numpy().max() <= 0.12 + 1e-12
    assert (by("theme", given)["servers"] >= 0.3 - EPS).all()
    twice = [s for s in shared.membership["servers"].columns if s in shared.membership["ai-chips"].columns]
    weights = drawn(shared, seed)
    weights[weights.columns] = 0.0
    weights[("ai-chips", twice[0])] = 0.6
    weights[("ai-apps", "002230.SZ")] = 0.4
    given, _ = obey(weights, shared, Mandate(theme_floor={"servers": 0.25}))
    pd.testing.assert_frame_equal(
        by("symbol", given)[[twice[0], "002230.SZ"]], by("symbol", weights)[[twice[0], "002230.SZ"]]
    )
    np.testing.assert_allclose(by("theme", given)["servers"], 0.25, atol=1e-12)


def active_risk(given, aim, context, day):
    """Annualise the deviation of the last 120 sessions' returns of today's weights over those of the aim."""
    prices = context.panel.adjusted.ffill()
    returns = (prices / prices.shift() - 1.0).loc[:day].iloc[-120:]
    returns = returns.where(returns.notna(), returns.mean(axis=1), axis=0)
    gap = by("symbol", given).loc[day].subtract(aim, fill_value=0.0)
    daily = [sum(gap[symbol] * row[symbol] for symbol in gap.index) for _, row in returns.iterrows()]
    return float(np.std(daily, ddof=1) * np.sqrt(242))


def equal_weight(context, day):
    """Divide 1 equally over the themes and each theme equally over the members that count on the day."""
    parts = []
    for rows in context.members(pd.DatetimeIndex([day])).values():
        held = rows.iloc[0][rows.iloc[0] > 0]
        parts.append(held / held.sum() / len(context.themes))
    return pd.concat(parts).groupby(level=0).sum()


@pytest.mark.parametrize("seed", range(3))
def test_the_target_stands_where_its_line_to_equal_weight_meets_the_budget(seed, context):
    weights, budget = drawn(context, seed, days=4), 0.06
    given, bindings = obey(weights, context, Mandate(tracking_error=budget))
    rows = bindings.set_index("date")
    assert (bindings["line"] == "tracking_error").all() and len(rows) == 4
    for day in weights.index:
        aim = equal_weight(context, day)
        assert rows.loc[day, "wanted"] == pytest.approx(active_risk(weights, aim, context, day), rel=1e-9)
        assert active_risk(given, aim, context, day) == pytest.approx(budget, rel=1e-9)
        mine, theirs = (by("symbol", w).loc[day].subtract(aim, fill_value=0.0) for w in (given, weights))
        np.testing.assert_allclose(mine, theirs * (budget / rows.loc[day, "wanted"]), atol=1e-12)


def test_a_target_inside_the_budget_stays_as_it_is(context):
    weights = drawn(context, 0)
    given, bindings = obey(weights, context, Mandate(tracking_error=2.0))
    pd.testing.assert_frame_equal(given, weights, check_exact=True)
    assert bindings.empty


@pytest.mark.parametrize("seed", range(20))
def test_the_mix_is_the_largest_that_a_search_finds_within_the_budget(seed):
    rng = np.random.default_rng(seed)
    far, near = rng.normal(0, 0.01, 120), rng.normal(0, rng.choice([0.0, 0.002, 0.02]), 120)
    budget = float(rng.choice([0.03, 0.1, 0.2]))
    mix, before, after = towards(far, near, budget)
    grid = np.linspace(0.0, 1.0, 20_001)
    risks = np.std(grid[:, None] * far + (1 - grid[:, None]) * near, axis=1, ddof=1) * np.sqrt(242)
    inside = grid[risks <= budget]
    assert mix == pytest.approx(inside.max() if len(inside) else grid[risks.argmin()], abs=1e-4)
    assert before == pytest.approx(risks[-1])
    assert after == pytest.approx(
        budget if 0 < mix < 1 and len(inside) else risks[round(mix * 20_000)], abs=1e-4
    )


def sold_too_early(given, context, lock):
    """Keep a book of lots, the oldest sold first, and list the lots that were sold before their time."""
    sessions, prices = context.panel.sessions, context.panel.adjusted.ffill()
    lots, early, cash, value = {}, [], 1.0, 1.0
    for day, target in by("symbol", given).iterrows():
        now = prices.loc[day]
        value = cash + sum(units * now[s] for s, book in lots.items() for _, units in book)
        for symbol, weight in target.items():
            book = lots.setdefault(symbol, [])
            gap = weight * value / now[symbol] - sum(units for _, units in book)
            if gap > 1e-9 * value / now[symbol]:
                book.append([day, gap])
            while gap < -1e-7 * value / now[symbol]:
                bought, units = book[0]
                if sessions.get_loc(day) - sessions.get_loc(bought) < lock:
                    early.append((day, symbol))
                sold = min(units, -gap)
                book[0][1], gap = units - sold, gap + sold
                if book[0][1] <= 0:
                    book.pop(0)
        cash = value - sum(units * now[s] for s, book in lots.items() for _, units in book)
    return early


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("lock", [6, 20])
def test_no_purchase_is_sold_before_its_time(seed, lock, context):
    weights = drawn(context, seed, days=14, total=0.95)
    assert sold_too_early(weights, context, lock)
    mandate = Mandate(lock_sessions=lock, theme_floor={"optical": 0.2}, tracking_error=0.08)
    given, bindings = obey(weights, context, mandate)
    assert sold_too_early(given, context, lock) == []
    assert (given.sum(axis=1) <= 1.0 + EPS).all()
    assert (bindings["line"] == "lock_sessions").any()
    rows = bindings[bindings["line"] == "lock_sessions"]
    assert (rows["given"] >= rows["limit"] - EPS).all() and (rows["wanted"] < rows["limit"]).all()


def test_a_purchase_may_be_sold_when_its_sessions_are_over(context):
    days = context.decision_days()[40:46]
    pairs = [("optical", "300308.SZ"), ("servers", "000977.SZ")]
    columns = pd.MultiIndex.from_tuples(pairs, names=["theme", "symbol"])
    weights = pd.DataFrame([[0.5, 0.0]] + [[0.0, 0.5]] * 5, index=days, columns=columns)
    held = context.panel.sessions.get_loc(days[3]) - context.panel.sessions.get_loc(days[0])
    for lock, first in ((held, 3), (held + 1, 4)):
        given, _ = obey(weights, context, Mandate(lock_sessions=lock))
        owned = given[("optical", "300308.SZ")] > 0
        assert owned.tolist() == [True] * first + [False] * (6 - first)


def test_a_locked_name_that_has_outgrown_the_cap_stays_and_is_told(context):
    weights = drawn(context, 3, days=14)
    _, bindings = obey(weights, context, Mandate(name_cap=0.05, lock_sessions=40))
    rows = bindings[~bindings["met"].astype(bool)]
    assert set(rows["line"]) == {"name_cap"}
    assert (rows["given"] > 0.05).all()


@pytest.mark.parametrize("seed", range(8))
def test_all_lines_hold_together(seed, shared):
    mandate = Mandate(0.08, {"idc": 0.2, "servers": 0.15}, 0.07, 0.1, ("300308.SZ",), 0)
    weights = drawn(shared, seed)
    given, bindings = obey(weights, shared, mandate)
    assert by("symbol", given).to_numpy().max() <= 0.08 + 1e-12
    assert (by("theme", given)[["idc", "servers"]] >= [0.2 - EPS, 0.15 - EPS]).all(axis=None)
    assert by("symbol", given)["300308.SZ"].eq(0.0).all()
    assert bindings["met"].all()
    again, _ = obey(given, shared, mandate)
    np.testing.assert_allclose(again.reindex(columns=given.columns, fill_value=0.0), given, atol=1e-9)


# What it looks at


@pytest.mark.parametrize("cut", [3, 7])
def test_prices_after_a_decision_change_nothing_before_it(cut, context):
    mandate = Mandate(0.06, {"optical": 0.25}, 0.05, None, ("300308.SZ",), 15)
    weights = drawn(context, 11, days=12)
    given, bindings = obey(weights, context, mandate)
    day = weights.index[cut]
    before = dataclasses.replace(
        context,
        panel=context.panel.until(day),
        membership={theme: rows.loc[:day] for theme, rows in context.membership.items()},
    )
    then, told = obey(weights.loc[:day], before, mandate)
    pd.testing.assert_frame_equal(
        then, given.loc[:day].reindex(columns=then.columns, fill_value=0.0), check_exact=True
    )
    pd.testing.assert_frame_equal(told, bindings[bindings["date"] <= day].reset_index(drop=True))


def test_an_empty_mandate_changes_nothing(context):
    weights = drawn(context, 1)
    given, bindings = obey(weights, context, Mandate())
    assert given is weights
    assert bindings.empty and tuple(bindings.columns) == COLUMNS


# What cannot be met


@pytest.mark.parametrize(
    ("mandate", "said"),
    [
        (Mandate(name_cap=0.05, theme_floor={"optical": 0.7}), "name_cap = 0.05 with 6 names allows 30%"),
        (Mandate(name_cap=0.05, theme_floor={"optical": 0.7}), "theme_floor.optical = 0.7 cannot be met"),
        (
            Mandate(name_cap=0.06, theme_floor={"optical": 0.36}, excluded=("300308",)),
            "with 5 names (excluded: 300308.SZ) allows 30%",
        ),
        (Mandate(theme_floor={"optcal": 0.1}), "did you mean optical"),
    ],
)
def test_what_the_themes_can_never_meet_is_refused_beforehand(mandate, said, context):
    with pytest.raises(SpecError) as error:
        obey(drawn(context, 0), context, mandate)
    assert said in str(error.value)
    assert len(error.value.problems) == 1


def test_floors_that_share_their_names_are_held_against_them_together(shared):
    names = set(shared.membership["servers"].columns) | set(shared.membership["ai-chips"].columns)
    cap = 0.75 / (len(names) + 0.5)
    with pytest.raises(SpecError, match=r"theme_floor.servers \+ theme_floor.ai-chips = 0.75 cannot be met"):
        obey(drawn(shared, 0), shared, Mandate(cap, {"servers": 0.45, "ai-chips": 0.3}))


def test_a_theme_of_which_nothing_can_be_excluded_and_held_is_refused(context):
    everything = tuple(context.membership["optical"].columns)
    with pytest.raises(SpecError, match="with 0 names"):
        obey(drawn(context, 0), context, Mandate(theme_floor={"optical": 0.1}, excluded=everything))


def test_a_line_that_is_not_set_does_not_bind_where_one_name_takes_all():
    columns = pd.MultiIndex.from_tuples([("a", "600000.SH"), ("a", "600036.SH")], names=["theme", "symbol"])
    wanted, given, lower = np.array([0.5, 0.5]), np.array([0.0, 1.0]), np.zeros(2)
    mandate, day = Mandate(excluded=("600000.SH",)), pd.Timestamp("2024-01-02")
    said = Binding.of(day, mandate, frame_of(columns), wanted, given, given, lower, None)
    assert said == [Binding(day, "excluded", "600000.SH", 0.5, 0.0, 0.0)]
