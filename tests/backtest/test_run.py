"""A whole run: verdict, windows, provenance, settings that come back as a file."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from screener import universe
from screener.backtest.run import run
from screener.backtest.spec import Account, RunSpec, SourceSpec
from screener.data.sources import open_source
from screener.errors import OverdueError, ScreenerError, SpecError


@pytest.fixture(scope="module")
def made():
    return run(RunSpec("capex-rotation", membership="hindsight"))


def rate(nav, window):
    """Annual rate of a stretch, by hand: the exponent is one year over the sum of session lengths."""
    part = nav.loc[window.base : window.end]
    a_year = {2019: 244, 2020: 243, 2021: 243, 2022: 242, 2023: 242, 2024: 242, 2025: 243, 2026: 242}
    years = sum(1 / a_year[day.year] for day in part.index[1:])
    return (part.iloc[-1] / part.iloc[0]) ** (1 / years) - 1


def test_the_verdict_adds_up_and_equals_the_accounts(made):
    for verdict in made.verdicts:
        parts = verdict.benchmark + verdict.selection + verdict.tilt + verdict.timing + verdict.cost
        assert verdict.total == pytest.approx(parts, abs=1e-12)
        assert verdict.total == pytest.approx(rate(made.result.nav, verdict.window), abs=1e-9)
        equal = made.controls["equal-weight"].nav
        assert verdict.equal_weight == pytest.approx(rate(equal, verdict.window), abs=1e-9)
        assert verdict.cost < 0


def first_eligible(theme, panel):
    """Return the first session with three members of sixty bars since they were what they are."""
    bars = {m.symbol: 0 for m in theme.counted}
    for i, day in enumerate(panel.sessions):
        for m in theme.counted:
            own = m.valid_from is None or day >= pd.Timestamp(m.valid_from)
            bars[m.symbol] += own and not np.isnan(panel.close[i, panel.symbols.index(m.symbol)])
        if sum(n >= 60 for n in bars.values()) >= 3:
            return day
    return None


def test_the_headline_begins_on_the_first_day_on_which_every_input_exists(made):
    themes = universe.load_all(made.spec.themes)
    panel = open_source("sample").panel({m.symbol for t in themes for m in t.counted})
    days = [first_eligible(theme, panel) for theme in themes]
    assert made.effective_start == max(*days, pd.Timestamp("2020-05-06"))
    assert made.windows[0].base == made.effective_start
    assert made.result.nav.index[0] == made.effective_start
    assert made.result.nav.iloc[0] == made.spec.account.cash


def test_hindsight_is_named_and_split_at_publication(made):
    assert [w.label for w in made.windows] == ["headline", "before publication", "after publication"]
    assert made.windows[1].end == made.windows[2].base == pd.Timestamp("2024-08-19")
    assert any(note.startswith("HINDSIGHT") for note in made.notes)
    assert any(note.startswith("SIMULATED") for note in made.notes)


def test_the_published_reading_starts_when_all_themes_are_published():
    published = run(RunSpec("equal-weight"))
    assert published.effective_start == pd.Timestamp("2024-08-19")
    assert [w.label for w in published.windows] == ["headline"]
    assert not any(note.startswith("HINDSIGHT") for note in published.notes)


def test_an_earlier_start_opens_the_account_but_not_the_headline():
    early = run(RunSpec("equal-weight", start=dt.date(2024, 6, 3)))
    assert early.result.nav.index[0] == pd.Timestamp("2024-06-03")
    assert early.windows[0].base == pd.Timestamp("2024-08-19")
    assert any("before the effective start" in note for note in early.notes)


def test_controls_run_through_the_same_account(made):
    assert set(made.controls) == {"equal-weight", "theme-momentum", "buy-and-hold", "static-mix"}
    for control in made.controls.values():
        assert control.nav.index.equals(made.result.nav.index)
        assert control.nav.iloc[0] == made.result.nav.iloc[0]


def test_theme_weights_and_cash_add_up_to_the_account(made):
    np.testing.assert_allclose(made.theme_weights.sum(axis=1), 1.0, atol=1e-9)


def test_every_input_of_a_run_has_its_hash(made):
    names = set(made.hashes)
    assert {"universes/optical.toml", "universes/drivers/hyperscaler-capex.csv", "screener"} <= names
    assert {"strategies/capex-rotation.py", "strategies/equal-weight.py"} <= names
    assert all(len(value) == 64 for value in made.hashes.values())
    assert len(made.spec.source.sha256) == 64


def test_settings_that_came_out_go_in_again_and_give_the_same_run(made):
    again = run(RunSpec.from_toml(made.spec.to_toml()))
    assert again.spec == made.spec
    assert again.run_id == made.run_id
    pd.testing.assert_series_equal(again.result.nav, made.result.nav)
    pd.testing.assert_frame_equal(again.result.orders, made.result.orders)


def test_other_data_than_the_settings_were_made_with_are_refused(made):
    other = dataclasses.replace(made.spec, source=dataclasses.replace(made.spec.source, sha256="0" * 64))
    with pytest.raises(SpecError, match="other data"):
        run(other, open_source("sample"))


def test_the_planted_market_is_another_market(made):
    planted = run(
        RunSpec("capex-rotation", membership="hindsight", source=SourceSpec(variant="planted")),
        open_source("sample", "planted"),
    )
    assert planted.spec.source.sha256 != made.spec.source.sha256
    assert (
        planted.verdicts[0].tilt + planted.verdicts[0].timing
        > made.verdicts[0].tilt + made.verdicts[0].timing
    )


BAD = [
    (RunSpec("capex-rotaton"), "capex-rotation"),
    (RunSpec("capex-rotation", params={"cap": 7.0}), "cap=7.0"),
    (RunSpec("capex-rotation", themes=("optcal",)), "optical"),
    (RunSpec("capex-rotation", start=dt.date(2011, 1, 4)), "2011-01-04"),
    (RunSpec("capex-rotation", end=dt.date(2024, 8, 1)), "ai-chips"),
    (RunSpec("capex-rotation", source=SourceSpec(kind="folder")), "--source"),
    (RunSpec("capex-rotation", benchmark="999999.SH"), "999999.SH"),
]


@pytest.mark.parametrize(("spec", "said"), BAD)
def test_wrong_settings_are_refused_with_what_is_allowed(spec, said):
    with pytest.raises(ScreenerError, match=said):
        run(spec)


def test_an_overdue_release_stops_a_run_and_is_named_when_allowed(monkeypatch):
    monkeypatch.setattr("screener.cycle.cycle.OVERDUE_DAYS", 20)
    with pytest.raises(OverdueError, match="--allow-overdue"):
        run(RunSpec("equal-weight"))
    allowed = run(RunSpec("equal-weight", allow_overdue=True))
    assert any(note.startswith("OVERDUE") for note in allowed.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("strategy = 'x'\nmembershp = 'hindsight'\n", "did you mean membership"),
        ("strategy = 'x'\n[account]\ncash = 'much'\nlots = 1\n", "cash='much'"),
        ("strategy = 'x'\n[account]\nslippage_bp = nan\n", "slippage_bp=nan"),
        ("start = 2024-01-01\n", "strategy is missing"),
        ("strategy = \n", "not TOML"),
    ],
)
def test_a_settings_file_is_checked_key_by_key(text, said):
    with pytest.raises(SpecError) as error:
        RunSpec.from_toml(text)
    assert said in str(error.value)


def test_all_problems_of_a_settings_file_are_told_at_once():
    with pytest.raises(SpecError) as error:
        RunSpec.from_toml("strtegy = 'x'\nend = 5\n[account]\ncsh = 1\n")
    assert len(error.value.problems) == 4


def test_the_default_account_is_the_stated_one():
    account = Account()
    assert (account.cash, account.commission_bp, account.commission_min) == (10_000_000, 2.5, 5)
    assert (account.slippage_bp, account.participation) == (5, 0.10)


@pytest.mark.parametrize(
    ("reading", "told"),
    [("published", ", other --themes, or --membership hindsight"), ("hindsight", " or other --themes")],
)
def test_a_theme_that_is_never_eligible_is_refused_with_what_would_help(reading, told):
    with pytest.raises(SpecError) as error:
        run(RunSpec("equal-weight", membership=reading, end=dt.date(2019, 3, 1)))
    assert error.value.problems[-1] == f"Give longer prices, a later --end{told}"
