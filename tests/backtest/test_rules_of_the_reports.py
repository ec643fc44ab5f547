"""The rules that the reports imply, each on a case small enough to work out by hand."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from screener import strategy as strategies
from screener.backtest.provenance import input_hashes
from screener.backtest.run import prepare, run
from screener.backtest.spec import RunSpec
from screener.data.sources import open_source
from screener.errors import StrategyError
from tests.backtest.test_strategies import cut_days, first_difference

HARDWARE = ("ai-chips", "servers", "idc", "optical")
ONE = {"tranches": 1, "cap": 1.0}  # a month's decision stands as it was made


@pytest.fixture(scope="module")
def context():
    return prepare(RunSpec("equal-weight", membership="hindsight"), open_source("sample"))[0]


@dataclasses.dataclass(frozen=True)
class Told:
    """A cycle that says what a test tells it, from a first day on."""

    changes: tuple  # (from day, {column: value})
    news: float = float("nan")

    def by_day(self, column, days):
        steps = [(pd.Timestamp(day), values[column]) for day, values in self.changes]
        told = [([np.nan] + [value for start, value in steps if start <= day])[-1] for day in days]
        return pd.Series(told, index=days, dtype=object)

    def phase(self, days):
        return self.by_day("phase", days).fillna("unknown")

    @property
    def guidance(self):
        return SimpleNamespace(score=lambda days: pd.Series(self.news, index=days))


def theme_weights(context, name, overrides, **changes):
    """Return a rule's weights by theme under a changed context."""
    rule = strategies.load(name)
    rows = rule.weights(dataclasses.replace(context, **changes), rule.params(overrides))
    return rows.T.groupby(level="theme").sum().T


@pytest.mark.parametrize(
    ("phase", "contraction", "expected"),
    [
        ("accelerating", "cash", dict.fromkeys(HARDWARE, 0.25) | {"ai-apps": 0.0}),
        ("peak", "cash", dict.fromkeys(HARDWARE, 0.0) | {"ai-apps": 1.0}),
        ("decelerating", "cash", dict.fromkeys(HARDWARE, 0.0) | {"ai-apps": 1.0}),
        ("contraction", "cash", dict.fromkeys((*HARDWARE, "ai-apps"), 0.0)),
        ("contraction", "equal-weight", dict.fromkeys((*HARDWARE, "ai-apps"), 0.2)),
        ("unknown", "cash", dict.fromkeys((*HARDWARE, "ai-apps"), 0.2)),
    ],
)
def test_each_phase_has_its_themes(context, phase, contraction, expected):
    cycle = Told((("2000-01-01", {"phase": phase}),))
    got = theme_weights(context, "phase-rotation", {"contraction": contraction, **ONE}, cycle=cycle)
    assert got.iloc[-1].to_dict() == pytest.approx(expected)


def test_where_no_downstream_theme_is_held_the_peak_keeps_what_there_is(context):
    themes = tuple(theme for theme in context.themes if theme.stage != "downstream")
    cycle = Told((("2000-01-01", {"phase": "peak"}),))
    got = theme_weights(context, "phase-rotation", ONE, cycle=cycle, themes=themes)
    assert got.iloc[0].to_dict() == pytest.approx(dict.fromkeys(HARDWARE, 0.25))


def test_good_guidance_lifts_exposed_themes_by_the_stated_fraction_and_nothing_else_counts(context):
    cycle = Told((), news=1.0)
    got = theme_weights(context, "guidance-revision", ONE, cycle=cycle).iloc[-1]
    exposure = {theme.id: theme.exposure.value for theme in context.themes}
    mean = sum(exposure.values()) / 5
    expected = {name: 0.2 * (1 + 0.5 * (value - mean)) for name, value in exposure.items()}
    assert got.to_dict() == pytest.approx(expected)  # demeaned scores leave the sum at 1
    unknown = theme_weights(context, "guidance-revision", ONE, cycle=Told(()))
    np.testing.assert_allclose(unknown, 0.2, atol=1e-12)


@pytest.mark.parametrize(
    ("used", "held"), [(0.3, 1.0), (0.7, 1.0), (0.85, 0.75), (1.0, 0.5), (1.4, 0.5), (float("nan"), 1.0)]
)
def test_what_is_held_falls_in_a_straight_line_as_cash_flow_is_used_up(used, held):
    rule = strategies.load("cash-coverage")
    assert rule.module.invested(pd.Series([used]), rule.params()).tolist() == pytest.approx([held])


def test_cash_coverage_reads_what_was_known_on_the_day(context):
    from screener.cycle import load_cycle
    from screener.cycle.coverage import coverage

    table = coverage(context.cycle, load_cycle("hyperscaler-ocf"))
    days = context.panel.sessions[::50]
    got = context.used_cash(days)
    for day in days:
        known = table[table["usable_from"] <= day]["used"].tolist()
        assert got[day] == (known[-1] if known else pytest.approx(np.nan, nan_ok=True))


def test_a_run_rests_on_the_dated_file_that_its_rule_reads_beside_the_cycle(context):
    beside = input_hashes(strategies.load("cash-coverage"), context.themes, context.cycle)
    without = input_hashes(strategies.load("equal-weight"), context.themes, context.cycle)
    assert set(beside) - set(without) == {
        "universes/drivers/hyperscaler-ocf.csv",
        "strategies/cash-coverage.py",
    }


def test_the_domestic_chain_turns_the_stated_number_of_quarters_after_the_overseas_one(context):
    turn = pd.Timestamp("2023-03-15")
    cycle = Told((("2000-01-01", {"direction": -1}), (turn, {"direction": 1})))
    got = theme_weights(context, "overseas-domestic-lag", {"lag": 2, **ONE}, cycle=cycle)
    down, up = got.loc[:"2023-03-14"].iloc[-1], got.loc["2023-10-01":].iloc[0]
    between = got.loc["2023-03-16":"2023-09-14"]
    assert len(between) == 6
    # tilts 0.5 on three domestic/overseas hardware groups: weights before scaling 1.5, 1 or 0.5
    assert (between["optical"] / between["idc"]).tolist() == pytest.approx([1.5] * 6)
    assert (between["ai-chips"] / between["idc"]).tolist() == pytest.approx([0.5] * 6)
    assert (between["servers"] / between["idc"]).tolist() == pytest.approx([0.5] * 6)
    assert [down["optical"] / down["idc"], up["servers"] / up["idc"]] == pytest.approx([0.5, 1.5])
    np.testing.assert_allclose(got["idc"], got["ai-apps"], atol=1e-12)


def cheap_and_dear(context, seed=0):
    """Return valuation in which optical falls day by day to its lowest ratio and idc rises to its highest."""
    days, names = context.panel.sessions, context.panel.symbols
    rng = np.random.default_rng(seed)
    ratio = pd.DataFrame(rng.uniform(20, 60, (len(days), len(names))), index=days, columns=list(names))
    way = np.linspace(1.0, 2.0, len(days))
    for theme, path in (("optical", 100 / way), ("idc", 100 * way)):
        ratio.loc[:, list(context.membership[theme].columns)] = path[:, None]
    ratio.iloc[:, 0] = -5.0  # a loss is no cheapness
    return ratio.rename_axis(index="date").reset_index().melt("date", var_name="symbol", value_name="pe_ttm")


@pytest.mark.parametrize("growth", [0.2, -0.2])
def test_cheap_themes_are_lifted_while_capex_grows_and_only_then(context, growth):
    cycle = Told((("2000-01-01", {"growth": growth}),))
    table = cheap_and_dear(context)
    got = theme_weights(
        context, "valuation-conditioned", ONE, cycle=cycle, read_valuation=lambda: table
    ).iloc[-1]
    if growth < 0:
        assert got.tolist() == pytest.approx([0.2] * 5)
    else:
        assert got.idxmax() == "optical" and got.idxmin() == "idc"
        # scores 1 and -1 + 2 / 720, less a mean m that both share: (1 + (1 - m) / 2) - (1 + (-1 - m) / 2)
        assert got["optical"] - got["idc"] == pytest.approx(0.2, abs=0.01)


def test_valuation_is_not_read_ahead(context):
    table = cheap_and_dear(context, seed=3)
    rule = strategies.load("valuation-conditioned")
    held = dataclasses.replace(context, read_valuation=lambda: table)
    assert first_difference(rule, rule.params(), held, cut_days(context, 6)) is None
    assert not rule.weights(held, rule.params()).equals(rule.weights(context, rule.params()))


def test_without_valuation_there_is_no_tilt_and_the_run_says_so(context):
    rule, control = strategies.load("valuation-conditioned"), strategies.load("equal-weight")
    pd.testing.assert_frame_equal(
        rule.weights(context, rule.params()), control.weights(context, control.params())
    )
    notes = run(RunSpec("valuation-conditioned")).notes
    assert [note for note in notes if note.startswith("Valuation is known on 0% of the days")]
    assert not [note for note in run(RunSpec("equal-weight")).notes if "Valuation" in note]


def test_a_run_says_how_much_of_valuation_it_had(context):
    days = context.panel.sessions[context.panel.sessions >= context.start]
    name = next(s for k, s in enumerate(context.panel.symbols) if context.panel.listed[:, k].all())
    half = pd.DataFrame({"date": days[::2], "symbol": name, "pe_ttm": 20.0})
    asked = dataclasses.replace(context, read_valuation=lambda: half)
    assert asked.valuation_known() is None
    asked.valuation("pe_ttm")
    listed = sum(int(context.panel.listed[context.panel.sessions.get_loc(day)].sum()) for day in days)
    assert asked.valuation_known() == pytest.approx(len(days[::2]) / listed)


def test_the_frame_of_valuation_holds_each_value_on_its_own_day_alone(context):
    day, name = context.panel.sessions[40], context.panel.symbols[2]
    table = pd.DataFrame({"date": [day, pd.Timestamp("2030-01-02")], "symbol": name, "pe_ttm": [31.5, 1.0]})
    frame = dataclasses.replace(context, read_valuation=lambda: table).valuation("pe_ttm")
    assert frame.shape == (len(context.panel.sessions), len(context.panel.symbols))
    assert frame.loc[day, name] == 31.5
    assert int(frame.notna().to_numpy().sum()) == 1
    with pytest.raises(StrategyError, match="did you mean pe_ttm"):
        context.valuation("pe_ttn")
