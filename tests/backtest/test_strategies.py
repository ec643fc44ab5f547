"""Every shipped strategy on the sample market: no look at the future, full investment, the cap."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from screener import strategy as strategies
from screener.backtest.controls import static_mix_weights
from screener.backtest.engine import backtest
from screener.backtest.run import prepare
from screener.backtest.spec import Account, RunSpec
from screener.data.sources import open_source
from screener.errors import StrategyError

IN_CASH_AT_TIMES = ("phase-rotation", "cash-coverage")
SHIPPED = (
    "capex-rotation",
    "equal-weight",
    "theme-momentum",
    "buy-and-hold",
    "guidance-revision",
    "overseas-domestic-lag",
    "valuation-conditioned",
    *IN_CASH_AT_TIMES,
)
VARIANTS = [(name, {}) for name in SHIPPED] + [
    ("capex-rotation", {"score": "phase", "contraction_cash": 0.5}),
    ("capex-rotation", {"tranches": 1, "cap": 0.3, "window": 20, "skip": 0}),
    ("phase-rotation", {"contraction": "equal-weight"}),
]


@pytest.fixture(scope="module")
def context():
    return prepare(RunSpec("capex-rotation", membership="hindsight"), open_source("sample"))[0]


def truncated(context, day):
    """Return the context as it was on `day`."""
    membership = {theme: rows.loc[:day] for theme, rows in context.membership.items()}
    return dataclasses.replace(context, panel=context.panel.until(day), membership=membership)


def first_difference(rule, params, context, cuts):
    """Return the first cut at which the past comes out differently, or None."""
    whole = rule.weights(context, params)
    orders = backtest(rule.name, whole, context.panel, Account(), context.start).orders
    for day in cuts:
        past = truncated(context, day)
        part = rule.weights(past, params)
        same = part.equals(whole.loc[:day])
        again = backtest(rule.name, part, past.panel, Account(), context.start).orders
        same = same and again.equals(orders[orders["date"] <= day].reset_index(drop=True))
        if not same:
            return day
    return None


def cut_days(context, count=20):
    sessions = context.panel.sessions
    sessions = sessions[sessions > context.start]
    return sessions[np.linspace(5, len(sessions) - 2, count).astype(int)]


def test_the_list_of_shipped_strategies_is_complete():
    assert set(strategies.listing()) == set(SHIPPED)


@pytest.mark.parametrize(("name", "overrides"), VARIANTS)
def test_cutting_the_data_at_twenty_dates_changes_no_weight_and_no_order_before(context, name, overrides):
    rule = strategies.load(name)
    assert first_difference(rule, rule.params(overrides), context, cut_days(context)) is None


PEEKS = {
    "tomorrow": "mean = context.panel.total_return.shift(-1).loc[days].mean(axis=1)",
    "full-sample": "r = context.panel.total_return.mean(axis=1); mean = ((r - r.mean()) / r.std()).loc[days]",
    "centred": "mean = context.panel.total_return.mean(axis=1).rolling(21, center=True).mean().loc[days]",
}


@pytest.mark.parametrize("peek", PEEKS)
def test_a_strategy_that_peeks_is_caught(context, tmp_path, peek):
    (tmp_path / "peek.py").write_text(
        "from dataclasses import dataclass\n"
        "from screener.signals.weights import equal_themes, spread\n"
        "@dataclass(frozen=True)\nclass Params:\n    x: int = 1\n"
        "def weights(context, params):\n"
        "    days = context.decision_days(4)\n"
        f"    {PEEKS[peek]}\n"
        "    members = context.members(days)\n"
        "    themes = equal_themes(members)\n"
        "    return spread(themes.mul(0.5 + 0.4 * mean.fillna(0).clip(-0.1, 0.1), axis=0), members, 0.1)\n",
        encoding="utf-8",
    )
    rule = strategies.load(tmp_path / "peek.py")
    assert first_difference(rule, rule.params(), context, cut_days(context)) is not None


@pytest.mark.parametrize("name", SHIPPED)
def test_weights_are_fully_invested_under_the_cap(context, name):
    rule = strategies.load(name)
    weights = strategies.check_weights(name, rule.weights(context, rule.params()), context.panel)
    if name not in IN_CASH_AT_TIMES:
        np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-9)
    held = weights.T.groupby(level="symbol").sum().T
    assert held.iloc[0].max() <= 0.10 + 1e-9  # later rows drift between renewals
    assert weights.index[0] == context.start


def test_without_tilts_the_flagship_is_the_equal_weight_control(context):
    flagship, control = strategies.load("capex-rotation"), strategies.load("equal-weight")
    ours = flagship.weights(context, flagship.params({"cycle_tilt": 0, "momentum_tilt": "0.0"}))
    pd.testing.assert_frame_equal(ours, control.weights(context, control.params()))


def test_without_the_cycle_the_flagship_is_the_momentum_control(context):
    flagship, control = strategies.load("capex-rotation"), strategies.load("theme-momentum")
    ours = flagship.weights(context, flagship.params({"cycle_tilt": 0}))
    pd.testing.assert_frame_equal(ours, control.weights(context, control.params()))


def test_a_rising_cycle_tilts_towards_exposure_by_at_most_the_stated_fraction(context):
    rule = strategies.load("capex-rotation")
    params = rule.params({"momentum_tilt": 0, "cap": 1.0, "tranches": 1})
    by_theme = rule.weights(context, params).T.groupby(level="theme").sum().T
    score = context.cycle.score(by_theme.index)
    rising = by_theme[score >= 0.5]
    assert (rising["optical"] > rising["idc"]).all() and (rising["idc"] > rising["ai-apps"]).all()
    assert by_theme.max(axis=None) <= 0.2 * 1.5 / 0.8
    assert (by_theme.sub(0.2).abs().max(axis=1)[score == 0] < 1e-12).all()


def test_a_theme_needs_three_seasoned_members(context):
    for theme, rows in context.seasoned.items():
        bars = context.panel.adjusted[list(rows.columns)].notna().cumsum()
        assert not (rows & (bars < strategies.SEASONING)).any(axis=None), theme


def test_decision_days_come_from_the_calendar_and_not_from_the_prices(context):
    days = context.decision_days(4)
    per_month = days[1:].to_series().groupby(days[1:].to_period("M")).size()
    assert days[0] == context.start
    assert set(per_month.iloc[1:-1]) == {4}
    cut = days[17]
    assert truncated(context, cut).decision_days(4).equals(days[:18])


def test_the_static_mix_holds_the_rules_mean_weights(context):
    rule = strategies.load("capex-rotation")
    params = rule.params({"tranches": 1, "cap": 1.0})
    weights = rule.weights(context, params)
    mix = static_mix_weights(weights, context, params).T.groupby(level="theme").sum().T
    mean = weights.T.groupby(level="theme").sum().T.mean()
    for theme, weight in mean.items():
        np.testing.assert_allclose(mix[theme], weight, atol=1e-12)


def test_parameters_are_read_by_type_and_checked_all_at_once():
    rule = strategies.load("capex-rotation")
    assert rule.params({"window": "60", "cap": "0.2", "score": "phase"}).window == 60
    with pytest.raises(StrategyError) as error:
        rule.params({"windw": "60", "cap": "2", "score": "phases", "skip": "1.5", "minimum": "x"})
    text = str(error.value)
    assert len(error.value.problems) == 5
    for part in ("did you mean window", "[0.01, 1]", "did you mean phase", "whole number", "minimum=x"):
        assert part in text


BAD_WEIGHTS = {
    "return 3": "must return a DataFrame",
    "w.iloc[0, 0] = float('nan'); return w": "is not a number",
    "w.iloc[0, 0] = -0.5; return w": "is negative",
    "return w * 1.01": "at most 1",
    "return w.rename(columns={w.columns[0][1]: 'AAA'}, level=1)": "without prices: AAA",
    "return w.iloc[::-1]": "rising order",
}


@pytest.mark.parametrize("body", BAD_WEIGHTS)
def test_weights_that_break_the_contract_are_refused_by_name_and_day(context, body):
    rule = strategies.load("equal-weight")
    w = rule.weights(context, rule.params())
    scope = {"w": w}
    exec(f"def made(w):\n    {body}", scope)
    with pytest.raises(StrategyError, match="mine"):
        strategies.check_weights("mine", scope["made"](w.copy()), context.panel)
    with pytest.raises(StrategyError) as error:
        strategies.check_weights("mine", scope["made"](w.copy()), context.panel)
    assert BAD_WEIGHTS[body] in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def weights(:\n", "SyntaxError"),
        ("import nothing_here\n", "ModuleNotFoundError"),
        ("x = 1\n", "Params"),
    ],
)
def test_a_file_that_is_no_strategy_is_refused(tmp_path, text, said):
    (tmp_path / "broken.py").write_text(text, encoding="utf-8")
    with pytest.raises(StrategyError, match=said):
        strategies.load(tmp_path / "broken.py")
