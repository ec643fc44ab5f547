"""Falls, phases and years against typed curves, and whole attributions of whole and of odd runs."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest

from screener.backtest.result import Window
from screener.backtest.run import run as run_backtest
from screener.backtest.spec import RunSpec
from screener.market import calendar
from screener.plain import plain
from screener.study.attribution import attribute
from screener.study.attribution.brinson import EFFECTS
from screener.study.attribution.contributions import contributions
from screener.study.attribution.falls import falls
from screener.study.attribution.gains import gains
from screener.study.attribution.phases import by_phase, phase_of_returns
from screener.study.attribution.years import by_year
from tests.report.fake import fake_run, with_result
from tests.study.accounts import ACCOUNTS, draw

DAYS = calendar.sessions("2023-01-03", "2025-12-31")


def curve(values, first=0):
    return pd.Series(np.asarray(values, dtype=float), index=DAYS[first : first + len(values)])


def told(*rows):
    return pd.DataFrame(rows, columns=["usable_from", "phase"])


# -- phases --------------------------------------------------------------------------------------------------

BOOM = told((DAYS[2], "boom"), (DAYS[4], "bust"), (DAYS[6], "boom"))


def test_a_return_belongs_to_the_phase_that_was_known_the_evening_before():
    assert phase_of_returns(BOOM, DAYS[:9]).tolist() == [
        "unknown", "unknown", "boom", "boom", "bust", "bust", "boom", "boom"
    ]  # fmt: skip
    assert phase_of_returns(BOOM, DAYS[:9]).index.equals(DAYS[1:9])
    assert phase_of_returns(BOOM.iloc[:0], DAYS[:3]).tolist() == ["unknown", "unknown"]


def test_phases_and_episodes_worked_out_by_hand():
    rule = curve([100, 100, 100, 110, 121, 121, 60.5, 60.5, 66.55])
    equal = curve([100, 100, 100, 105, 105, 105, 84, 84, 84])
    found = by_phase(BOOM, rule, equal)
    a_year = calendar.sessions_a_year(DAYS[0], DAYS[8])
    assert found.table.index.tolist() == ["unknown", "boom", "bust"]
    boom, bust = found.table.loc["boom"], found.table.loc["bust"]
    assert (boom["sessions"], boom["episodes"], bust["sessions"], bust["episodes"]) == (4, 2, 2, 1)
    assert boom["rule"] == pytest.approx(1.1**3 - 1)
    assert boom["equal_weight"] == pytest.approx(0.05)
    assert boom["excess"] == pytest.approx(a_year * (0.05 + 0.10 + 0.0 + 0.10) / 4)
    # episodes of 7.5 % and 5 % a day more: mean 6.25 %, standard error 1.25 %, t(1) = 12.706
    assert boom["mean"] == pytest.approx(a_year * 0.0625)
    assert boom["high"] - boom["mean"] == pytest.approx(a_year * 12.706 * 0.0125)
    assert boom["mean"] - boom["low"] == pytest.approx(a_year * 12.706 * 0.0125)
    assert boom["hit_rate"] == 0.75
    assert bust["mean"] == bust["excess"] == pytest.approx(a_year * (-0.5 + 0.2) / 2)
    assert math.isnan(bust["low"])
    assert math.isnan(bust["high"])
    assert found.episodes["phase"].tolist() == ["unknown", "boom", "bust", "boom"]
    assert found.episodes["first"].tolist() == [DAYS[1], DAYS[3], DAYS[5], DAYS[7]]
    assert found.episodes["last"].tolist() == [DAYS[2], DAYS[4], DAYS[6], DAYS[8]]


@pytest.mark.parametrize("seed", range(5))
def test_the_returns_of_the_phases_compound_to_that_of_the_window(seed):
    rng = np.random.default_rng(seed)
    nav = curve(np.exp(np.cumsum(rng.normal(0, 0.01, 200))))
    table = told(*((DAYS[k], str(rng.choice(["x", "y", "z"]))) for k in np.sort(rng.choice(200, 9, False))))
    found = by_phase(table, nav, None)
    for one in (found.table, found.episodes):
        assert (1 + one["rule"]).prod() - 1 == pytest.approx(nav.iloc[-1] / nav.iloc[0] - 1)
        assert one["sessions"].sum() == 199
    assert found.table[["equal_weight", "excess", "mean", "hit_rate"]].isna().all(axis=None)
    assert (found.episodes["phase"] != found.episodes["phase"].shift()).all()


# -- falls ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_a_fall_is_split_exactly_among_themes_and_among_stocks(seed):
    result = draw(seed, ACCOUNTS["default"])
    nav = result.nav
    equal, level = nav * 0 + 100.0, pd.Series(np.arange(len(nav)) + 1.0, index=nav.index)
    found = falls(gains(result), nav, equal, level, told((nav.index[0], "boom")))
    assert found.table.index.tolist() == list(range(1, len(found.table) + 1))
    assert found.table["depth"].is_monotonic_increasing
    assert found.table["depth"].iloc[0] == pytest.approx((nav / nav.cummax() - 1).min())
    for k, fall in found.table.iterrows():
        loss = round((nav[fall["trough"]] - nav[fall["peak"]]) * 100)
        assert round(fall["loss"] * 100) == loss < 0
        assert fall["residual"] == 0.0
        for table in (found.themes, found.stocks):
            mine = table[table["fall"] == k]
            assert sum(round(x * 100) for x in mine["gain"]) == loss
            assert mine["points"].sum() == pytest.approx(fall["depth"], abs=1e-12)
            assert mine["gain"].is_monotonic_increasing
        first, last = nav.index.get_indexer([fall["peak"], fall["trough"]])
        assert fall["falling"] == last - first
        assert fall["equal_weight"] == 0.0
        assert fall["benchmark"] == pytest.approx((last + 1) / (first + 1) - 1)
        assert fall["first_phase"] == fall["last_phase"] == "boom"


def test_a_curve_that_never_falls_has_no_falls_and_one_under_water_no_recovery():
    result = draw(0, ACCOUNTS["default"])
    up = pd.Series(np.arange(len(result.nav)) + 1.0, index=result.nav.index)
    found = falls(gains(result), up, None, None, BOOM)
    assert len(found.table) == len(found.themes) == len(found.stocks) == 0
    down = up[::-1].set_axis(up.index)
    under = falls(gains(result), down, None, None, BOOM).table.iloc[0]
    assert pd.isna(under["recovered"])
    assert math.isnan(under["equal_weight"])
    assert math.isnan(under["benchmark"])


def test_the_phases_at_both_ends_of_a_fall_are_those_of_its_first_and_last_day():
    result = draw(0, ACCOUNTS["default"])
    nav = result.nav
    fall = falls(gains(result), nav, None, None, told((nav.index[0], "x"))).table.iloc[0]
    turn = told((nav.index[0], "x"), (nav.index[nav.index.get_loc(fall["trough"]) - 1], "y"))
    again = falls(gains(result), nav, None, None, turn).table.iloc[0]
    assert (again["first_phase"], again["last_phase"]) == ("x", "y")
    late = told((nav.index[0], "x"), (fall["trough"], "y"))
    assert falls(gains(result), nav, None, None, late).table.iloc[0]["last_phase"] == "x"


# -- years ---------------------------------------------------------------------------------------------------


def test_years_and_months_are_ratios_of_the_last_levels():
    rng = np.random.default_rng(1)
    rule, equal, level = (
        pd.Series(np.exp(np.cumsum(rng.normal(0, 0.01, len(DAYS)))), index=DAYS) for _ in range(3)
    )
    found = by_year(rule, equal, level)
    last = {y: DAYS[DAYS.year == y][-1] for y in (2023, 2024, 2025)}
    made = {c: rule_[last[2024]] / rule_[last[2023]] - 1 for c, rule_ in
            (("rule", rule), ("equal_weight", equal), ("benchmark", level))}  # fmt: skip
    assert found.table.loc[2024, list(made)].tolist() == pytest.approx(list(made.values()))
    assert found.table.loc[2024, "excess"] == pytest.approx(made["rule"] - made["equal_weight"])
    assert found.table.loc[2024, "over_benchmark"] == pytest.approx(made["rule"] - made["benchmark"])
    march, february = ("2024-03-29", "2024-02-29")
    expected = rule[march] / rule[february] - equal[march] / equal[february]
    assert found.months.loc[2024, 3] == pytest.approx(expected)
    assert found.counted == 36
    assert found.ahead == (found.months.to_numpy() > 0).sum()


def test_without_other_curves_a_year_has_its_own_return_alone():
    found = by_year(curve(np.arange(300) + 1.0), None, None)
    assert found.table["rule"].notna().all()
    assert found.table.drop(columns="rule").isna().all(axis=None)
    assert (found.ahead, found.counted) == (0, 0)


# -- whole runs ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample():
    return run_backtest(RunSpec("capex-rotation"))


def readable(found):
    """Write an attribution as JSON and read it again."""
    return json.loads(json.dumps(plain(found), allow_nan=False))


def test_a_run_of_the_sample_adds_up_everywhere(sample):
    for window in sample.windows:
        found = attribute(sample, window)
        nav = sample.result.nav.loc[window.base : window.end]
        equal = sample.controls["equal-weight"].nav.loc[window.base : window.end]
        total = nav.iloc[-1] / nav.iloc[0] - 1
        assert found.notes == ()
        assert found.contributions.worst_residual == 0.0
        assert found.contributions.themes["contribution"].sum() == pytest.approx(total, abs=1e-12)
        assert found.brinson.excess == pytest.approx(total - (equal.iloc[-1] / equal.iloc[0] - 1), abs=1e-12)
        parts = [getattr(found.brinson, name) for name in (*EFFECTS, "cost")]
        assert sum(parts) == pytest.approx(found.brinson.excess, abs=1e-12)
        assert (1 + found.years.table["rule"]).prod() - 1 == pytest.approx(total)
        assert found.phases.table["sessions"].sum() == len(nav) - 1
        assert len(found.falls.table) == 5


def test_the_weights_of_the_themes_are_those_that_the_run_keeps(sample):
    window = sample.windows[0]
    kept = sample.theme_weights.loc[sample.theme_weights.index > window.base]
    weight = attribute(sample, window).contributions.themes["weight"]
    leaving = kept["leaving"].mean() if "leaving" in kept else 0.0
    for theme, mean in weight.items():
        assert mean == pytest.approx(kept[theme].mean(), abs=leaving + 1e-9)


def test_an_attribution_can_be_written_as_json_table_by_table(sample):
    found = attribute(sample, sample.windows[0])
    text = readable(found)
    assert text["window"]["label"] == "headline"
    rows = text["contributions"]["stocks"]
    assert [row["symbol"] for row in rows] == found.contributions.stocks.index.tolist()
    assert rows[0]["gain"] == found.contributions.stocks["gain"].iloc[0]
    assert text["falls"]["table"][0]["peak"] == f"{found.falls.table['peak'].iloc[0]:%Y-%m-%d}"
    assert text["years"]["months"][0]["year"] == found.years.months.index[0]
    assert len(text["brinson"]["growth"]) == len(found.brinson.growth)


def test_equal_weight_against_itself_shows_no_choice(sample):
    run = run_backtest(RunSpec("equal-weight"))
    found = attribute(run, run.windows[0])
    assert not any(getattr(found.brinson, name) for name in (*EFFECTS, "cost", "excess"))
    assert (found.years.table["excess"] == 0).all()
    assert (found.phases.table["excess"] == 0).all()


def test_the_stocks_of_a_rule_without_themes_count_for_those_of_equal_weight(sample):
    def bare(result):
        weights = result.weights.T.groupby(level="symbol").sum().T
        weights.columns = pd.MultiIndex.from_product([[""], weights.columns], names=["theme", "symbol"])
        return dataclasses.replace(result, weights=weights)

    name = sample.result.name
    run = dataclasses.replace(
        sample, result=bare(sample.result), free=sample.free | {name: bare(sample.free[name])}
    )
    one, other = attribute(run, run.windows[0]), attribute(sample, sample.windows[0])
    gain, same = one.contributions.themes["gain"], other.contributions.themes["gain"]
    assert gain.drop("", errors="ignore").index.tolist() == same.index.tolist()
    assert gain.sum() == pytest.approx(same.sum())
    assert one.brinson.excess == other.brinson.excess


@pytest.mark.parametrize("name", ["default", "on the day itself"])
def test_themes_change_on_the_day_on_which_the_account_trades(name):
    result, account = draw(1, ACCOUNTS[name]), ACCOUNTS[name]
    spec, days = RunSpec("t", account=account), result.nav.index
    run = dataclasses.replace(fake_run(), spec=spec, result=result, controls={}, benchmark=None)
    window = Window(days[0], days[-1], "w")
    found = attribute(run, window).contributions.themes["gain"]
    late, at_once = (contributions(gains(result, delay), window).themes["gain"] for delay in (1, 0))
    assert found.to_dict() == (at_once if account.fill == "same-close" else late).to_dict()
    assert late.to_dict() != at_once.to_dict()


# -- odd runs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_made_up_run_says_by_how_much_it_does_not_balance(seed):
    run = fake_run(seed=seed)
    for window in run.windows:
        found = attribute(run, window)
        money = found.contributions
        explained = sum(round(x * 100) for x in money.stocks["gain"])
        assert explained + round(money.residual * 100) == round(money.total * 100)
        assert sum(round(x * 100) for x in money.themes["gain"]) == explained
        assert money.worst_residual > 1_000
        assert f"{money.worst_residual:,.2f} CNY" in found.notes[0]
        assert found.brinson is None
        assert found.mixing is None
        fall = found.falls.table.iloc[0]
        split = found.falls.stocks.query("fall == 1")["gain"].sum() + fall["residual"]
        assert split == pytest.approx(fall["loss"], abs=0.01)
        readable(found)


def cut(run, n):
    """Keep the first n days of a run."""
    days = run.result.nav.index[:n]

    def shorter(result):
        rows = {k: getattr(result, k).loc[: days[-1]] for k in ("nav", "cash", "due", "holdings", "close")}
        tables = {
            k: getattr(result, k)[getattr(result, k)["date"] <= days[-1]] for k in ("orders", "actions")
        }
        return dataclasses.replace(result, **rows, **tables)

    return dataclasses.replace(
        run, result=shorter(run.result), windows=(Window(days[0], days[-1], "headline"),),
        controls={name: shorter(r) for name, r in run.controls.items()},
        free={name: shorter(r) for name, r in run.free.items()},
        benchmark=dataclasses.replace(run.benchmark, close=run.benchmark.close.loc[: days[-1]]),
    )  # fmt: skip


def idle(result):
    """Let an account never trade."""
    flat = result.nav * 0 + result.nav.iloc[0]
    return dataclasses.replace(
        result, nav=flat, cash=flat, holdings=result.holdings * 0, orders=result.orders.iloc[:0],
        actions=result.actions.iloc[:0], weights=result.weights * 0.0,
    )  # fmt: skip


def test_a_run_that_never_trades_earns_nothing_and_is_behind_by_allocation(sample):
    name = sample.result.name
    run = dataclasses.replace(
        sample, result=idle(sample.result), free=sample.free | {name: idle(sample.free[name])}
    )
    found = attribute(run, run.windows[0])
    assert found.contributions.total == found.contributions.worst_residual == 0.0
    assert len(found.contributions.stocks) == 0
    assert (found.contributions.themes["gain"] == 0).all()
    assert found.contributions.themes["share"].isna().all()
    assert len(found.falls.table) == 0
    parts = [getattr(found.brinson, part) for part in (*EFFECTS, "cost")]
    assert sum(parts) == pytest.approx(found.brinson.excess, abs=1e-12)
    assert found.brinson.selection == found.brinson.interaction == 0.0
    readable(found)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_run_of_hardly_any_days_is_attributed_all_the_same(sample, n):
    run = cut(sample, n)
    found = attribute(run, run.windows[0])
    assert found.contributions.total == round(run.result.nav.iloc[-1] - run.result.nav.iloc[0], 2)
    assert len(found.contributions.growth) == n
    assert found.brinson.excess == pytest.approx(
        run.result.nav.iloc[-1] / run.result.nav.iloc[0]
        - run.controls["equal-weight"].nav.iloc[-1] / run.controls["equal-weight"].nav.iloc[0],
        abs=1e-12,
    )
    readable(found)


def test_what_is_missing_is_said_and_the_rest_is_there(sample):
    level = sample.benchmark.close.copy()
    level.iloc[len(level) // 2] = np.nan
    torn = dataclasses.replace(sample, benchmark=dataclasses.replace(sample.benchmark, close=level))
    for run in (torn, dataclasses.replace(sample, benchmark=None)):
        found = attribute(run, run.windows[0])
        assert found.notes == ("No benchmark covers the window.",)
        assert found.years.table["benchmark"].isna().all()
        assert found.brinson is not None
        readable(found)
    for run in (dataclasses.replace(sample, controls={}), dataclasses.replace(sample, free={})):
        found = attribute(run, run.windows[0])
        assert "No attribution against equal weight" in found.notes[0]
        assert found.brinson is None
        assert found.contributions.worst_residual == 0.0
        readable(found)


def test_no_phase_and_no_decision_is_no_obstacle():
    run = fake_run(n_orders=0)
    run = with_result(run, weights=run.result.weights.iloc[:0])
    found = attribute(dataclasses.replace(run, phases=run.phases.iloc[:0]), run.windows[0])
    assert found.phases.table.index.tolist() == ["unknown"]
    assert found.contributions.themes.loc["", "gain"] != 0.0
    readable(found)
