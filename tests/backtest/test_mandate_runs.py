"""A run, its settings and the orders of a day under a mandate."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pandas as pd
import pytest

from screener import strategy as strategies
from screener.backtest.bindings import binding_notes, binding_now
from screener.backtest.mandate import Mandate
from screener.backtest.provenance import run_id
from screener.backtest.run import prepare, run
from screener.backtest.spec import Account, RunSpec
from screener.backtest.today import today
from screener.data.sources import open_source
from screener.errors import SpecError

EPS = 1e-9
SPEC = RunSpec("capex-rotation", membership="hindsight", allow_overdue=True)
FULL = Mandate(0.07, {"optical": 0.2}, 0.06, 0.002, ("300308.SZ", "600519.SH"))


@pytest.fixture(scope="module")
def source():
    return open_source("sample")


@pytest.fixture(scope="module")
def made(source):
    return run(dataclasses.replace(SPEC, mandate=FULL, start=dt.date(2024, 1, 2)), source)


def by(level, weights):
    return weights.T.groupby(level=level).sum().T


def test_a_day_on_which_a_floor_cannot_be_met_gets_the_nearest_and_says_behind_which_line(source):
    spec = dataclasses.replace(SPEC, start=dt.date(2021, 2, 22), end=dt.date(2021, 6, 30))
    mandate = Mandate(name_cap=0.04, theme_floor={"optical": 0.22})
    done = run(dataclasses.replace(spec, mandate=mandate), source)
    first = done.result.weights.index[0]
    members = done.context.members(pd.DatetimeIndex([first]))["optical"].iloc[0]
    given = by("theme", done.result.weights).loc[first, "optical"]
    assert given == pytest.approx(0.04 * (members > 0).sum())
    row = done.bindings[(done.bindings["date"] == first) & (done.bindings["line"] == "theme_floor")].iloc[0]
    assert not row["met"] and row["given"] == pytest.approx(given) and row["limit"] == 0.22
    told = next(note for note in done.notes if note.startswith("mandate: theme_floor"))
    assert f"first {first:%Y-%m-%d} (optical {100 * given:.2f} % for 22.00 %, behind name_cap)" in told
    assert any("behind name_cap" in text for text in binding_now(done.bindings, first))


def test_the_rule_and_all_its_controls_obey(made):
    for result in (made.result, *made.controls.values(), *made.free.values()):
        names, themes = by("symbol", result.weights), by("theme", result.weights)
        assert "300308.SZ" not in set(result.orders["symbol"])
        assert (themes["optical"] >= 0.2 - EPS).all()
        assert (names.sum(axis=1) <= 1.0 + EPS).all()
        assert names.to_numpy().max() <= 0.07 + 1e-12
    assert any("The rule and its controls obey it alike" in note for note in made.notes)


def test_the_share_of_volume_reaches_the_account_and_the_lower_one_holds(made, source):
    assert made.spec.account.participation == 0.002
    panel = source.panel(made.result.holdings.columns)
    volume = panel.frame(panel.volume)
    for row in made.result.orders.itertuples():
        assert row.filled == 0 or row.filled <= 0.002 * volume.loc[row.date, row.symbol]
    assert (made.result.orders["reason"] == "volume").any()
    for own, expected in ((0.001, 0.001), (0.05, 0.002), (0.0, 0.002)):
        spec = RunSpec("x", account=Account(participation=own), mandate=FULL)
        assert spec.account_under_mandate().participation == expected
    assert RunSpec("x", account=Account(participation=0.0)).account_under_mandate().participation == 0.0


def test_notes_count_the_decisions_on_which_a_line_bound(made):
    for line in ("excluded", "name_cap", "theme_floor", "tracking_error"):
        days = made.bindings.loc[made.bindings["line"] == line, "date"].nunique()
        text = f"mandate: {line} bound on {days} of {len(made.result.weights)} decisions"
        assert days > 0 and any(note.startswith(text) for note in made.notes), line
    assert "mandate: excluded 600519.SH: in none of the run's themes." in made.notes


def test_settings_with_a_mandate_come_back_and_name_another_run(made):
    locked = dataclasses.replace(made.spec, mandate=dataclasses.replace(FULL, lock_sessions=10))
    assert RunSpec.from_toml(locked.to_toml()) == locked
    text = made.spec.to_toml()
    assert "[mandate]" in text
    assert RunSpec.from_toml(text) == made.spec
    assert run_id(RunSpec.from_toml(text), made.hashes) == made.run_id
    without = dataclasses.replace(made.spec, mandate=Mandate())
    assert run_id(without, made.hashes) != made.run_id
    assert binding_notes(made.bindings, Mandate(), made.context, made.result) == ()


def test_settings_without_a_mandate_do_not_speak_of_one():
    text = RunSpec("x", mandate=Mandate()).to_toml()
    assert "mandate" not in text
    assert RunSpec.from_toml(text).mandate.empty


def test_a_mandate_in_settings_is_checked_with_everything_else():
    with pytest.raises(SpecError) as error:
        RunSpec.from_toml("cash = 1\n[mandate]\nname_cap = 7\nexcluded = ['900901']\nlocks = 1\n")
    assert len(error.value.problems) == 5
    assert sum("[mandate]" in problem for problem in error.value.problems) == 3


@pytest.mark.parametrize(
    "lines",
    [{"name_cap": 0.0}, {"tracking_error": float("nan")}, {"lock_sessions": -1}, {"excluded": ("x",)}],
)
def test_a_mandate_made_in_python_is_held_to_the_same_ranges(lines):
    with pytest.raises(SpecError, match="mandate"):
        Mandate(**lines)


def test_today_obeys_and_names_the_lines_that_bind_with_figures(source):
    spec = dataclasses.replace(SPEC, mandate=dataclasses.replace(FULL, tracking_error=None))
    ticket = today(spec, source, {"300308.SZ": 3_000_000}, 50_000_000.0)
    orders = ticket.orders.set_index("symbol")
    assert orders["weight"].max() <= 0.07 + EPS
    assert orders.loc["300308.SZ", "side"] == "sell" and orders.loc["300308.SZ", "weight"] == 0.0
    volume = source.panel(orders.index)
    mean = volume.frame(volume.volume).iloc[-20:].mean()
    assert (orders["shares"] <= 0.002 * mean[orders.index]).all()
    assert orders.loc["300308.SZ", "note"] == "cut to the mandate's share of volume"
    assert any(n.startswith("mandate: excluded binds (wanted -> given): 300308.SZ") for n in ticket.notes)
    assert any("volume_share = 0.002" in note and "cuts " in note for note in ticket.notes)
    rule = strategies.load("capex-rotation")
    context, _, _ = prepare(SPEC, source)
    wanted = by("symbol", rule.weights(context, rule.params())).iloc[-1]["300308.SZ"]
    assert any(f"300308.SZ {100 * wanted:.2f} % -> 0.00 %" in note for note in ticket.notes)
