"""The cycle: what was known when, growth and phases, the guidance rule, overdue releases."""

import math

import numpy as np
import pandas as pd
import pytest

from screener.cycle import load_cycle, load_driver, load_guidance
from screener.cycle.guidance import revisions
from screener.cycle.phases import quarter_table
from screener.errors import CycleError, OverdueError
from screener.market import calendar

# Growth of trailing four-quarter cash capex in per cent, as tabled from the filings by hand.
PRINTED = {
    "2019Q4": 3.5, "2020Q1": 15.4, "2020Q2": 18.5, "2020Q3": 23.5, "2020Q4": 37.8, "2021Q1": 36.8,
    "2021Q2": 43.5, "2021Q3": 41.1, "2021Q4": 34.0, "2022Q1": 32.4, "2022Q2": 26.1, "2022Q3": 23.6,
    "2022Q4": 18.7, "2023Q1": 10.4, "2023Q2": 3.2, "2023Q3": -3.0, "2023Q4": -2.6, "2024Q1": 5.4,
    "2024Q2": 21.1, "2024Q3": 38.3, "2024Q4": 54.9, "2025Q1": 62.2, "2025Q2": 64.5, "2025Q3": 65.7,
    "2025Q4": 64.7, "2026Q1": 69.5, "2026Q2": 75.3,
}  # fmt: skip


@pytest.fixture(scope="module")
def cycle():
    return load_cycle()


def test_growth_agrees_with_the_printed_table(cycle):
    growth = cycle.table()["growth"].dropna() * 100
    assert growth.round(1).to_dict() == PRINTED


def test_the_cycle_is_known_from_2020_05_06(cycle):
    assert cycle.known_from() == pd.Timestamp("2020-05-06")


def test_phases_turn_only_beyond_the_dead_band(cycle):
    phase = cycle.table()["phase"]
    assert phase["2021Q1"] == phase["2021Q3"] == "accelerating"  # growth fell by 1.0 and 2.4 points
    assert phase["2021Q4"] == "peak"
    assert set(phase["2022Q1":"2023Q2"]) == {"decelerating"}
    assert set(phase["2023Q3":"2023Q4"]) == {"contraction"}
    assert set(phase["2024Q1":]) == {"accelerating"}  # 2025Q4 fell by 1.0 point


@pytest.mark.parametrize("cut", range(6, 34))
def test_a_later_quarter_changes_no_earlier_row(cut):
    driver = load_driver()
    rows = driver.select("cash")
    ends = sorted(rows["period_end"].unique())[:cut]
    part = quarter_table(rows[rows["period_end"].isin(ends)], driver.entities)
    pd.testing.assert_frame_equal(part, quarter_table(rows, driver.entities).iloc[:cut])


@pytest.mark.parametrize(
    "day", ["2019-02-01", "2020-05-05", "2022-02-04", "2024-08-01", "2024-08-02", "2026-07-30"]
)
@pytest.mark.parametrize("definition", ["cash", "headline"])
def test_as_of_never_shows_a_number_before_its_first_usable_session(day, definition):
    known = load_driver().as_of(pd.Timestamp(day), definition)
    assert (known["usable_from"] <= day).all()
    assert (known["released"] < day).all()
    everything = load_driver().select(definition)
    assert len(known) == (everything["usable_from"] <= day).sum()


def test_a_quarter_counts_only_when_the_last_of_the_four_has_reported(cycle):
    assert cycle.table(pd.Timestamp("2024-08-01")).index[-1] == "2024Q1"  # Amazon reported that evening
    assert cycle.table(pd.Timestamp("2024-08-02")).index[-1] == "2024Q2"


def test_definitions_are_never_mixed():
    cash, headline = load_cycle(definition="cash").table(), load_cycle(definition="headline").table()
    assert cash.loc["2024Q2", "total"] == 52_852
    assert headline.loc["2024Q2", "total"] == 53_149
    with pytest.raises(CycleError, match="headline"):
        load_driver().as_of(pd.Timestamp("2024-08-02"), "headlin")


def naive_guidance(events, day):
    """Score one day by the written rule, event by event."""
    last, scores = {}, {}
    for e in events.itertuples():
        if e.usable_from > day or math.isnan(e.mid):
            continue
        key = (e.entity, e.target_year, e.definition)
        if key in last:
            change = e.mid / last[key] - 1
            score = 0.0 if e.accounting_only else max(-1.0, min(1.0, change / 0.05))
            if (day - e.usable_from).days < 100:
                scores.setdefault(e.entity, []).append(score)
        last[key] = e.mid
    means = [sum(s) / len(s) for s in scores.values()]
    return sum(means) / len(means) if means else math.nan


def test_guidance_score_equals_the_written_rule_on_every_session():
    guidance = load_guidance()
    days = calendar.sessions("2020-01-02", "2026-11-20")
    ours = guidance.score(days)
    expected = [naive_guidance(guidance.events, day) for day in days[::5]]
    np.testing.assert_allclose(ours[::5], expected, atol=1e-12)
    assert ours.isna().any() and (ours.dropna().abs() <= 1).all()


def test_known_revisions_score_as_the_reports_print_them():
    events = load_guidance().events.set_index(["entity", "usable_from", "target_year"])
    raised = events.loc[("META", pd.Timestamp("2024-04-25"), "FY2024")]
    assert raised["revision"] == pytest.approx(0.119, abs=5e-4)  # 335 -> 375, "+11.9 %"
    assert raised["score"] == 1.0
    next_ = events.loc[("META", pd.Timestamp("2024-08-01"), "FY2024")]
    assert next_["revision"] == pytest.approx(0.027, abs=5e-4)


def test_an_accounting_change_is_no_cut():
    events = load_guidance().events
    rebased = events[events["accounting_only"]]
    assert list(rebased["entity"]) == ["MSFT"]
    assert (rebased["revision"] < -0.05).all() and (rebased["score"] == 0.0).all()


def test_another_definition_or_year_is_no_revision():
    rows = pd.DataFrame(
        {
            "entity": "X",
            "target_year": ["FY1", "FY2", "FY2"],
            "definition": ["a", "a", "b"],
            "mid": [1.0, 2.0, 3.0],
            "accounting_only": False,
        }
    )
    assert revisions(rows)["score"].isna().all()


@pytest.mark.parametrize("kind", ["growth", "phase"])
def test_the_score_uses_only_what_was_known(cycle, kind):
    days = calendar.sessions("2019-01-02", "2026-11-20")
    whole = cycle.score(days, kind)
    assert whole.between(-1, 1).all()
    for cut in range(100, len(days), 90):
        pd.testing.assert_series_equal(cycle.score(days[:cut], kind), whole.iloc[:cut])


def test_unknown_counts_as_zero(cycle):
    assert cycle.score(pd.DatetimeIndex(["2018-01-02"])).iloc[0] == 0.0
    assert cycle.phase(pd.DatetimeIndex(["2018-01-02"])).iloc[0] == "unknown"


def test_an_overdue_release_refuses_a_decision_unless_allowed(cycle):
    assert not cycle.state(pd.Timestamp("2026-11-27")).overdue  # 120 days after 2026-07-30
    with pytest.raises(OverdueError, match="121 days"):
        cycle.state(pd.Timestamp("2026-11-28"))
    assert cycle.state(pd.Timestamp("2026-11-28"), allow_overdue=True).overdue


def test_a_broken_driver_reports_all_its_lines_at_once(tmp_path, monkeypatch):
    folder = tmp_path / "universes" / "drivers"
    folder.mkdir(parents=True)
    (folder / "mine.csv").write_text(
        "entity,period_end,released,usable_from,value,unit,definition,source\n"
        "A,2024-03-31,2024-04-25,2024-04-25,5,USD million,cash,s\n"
        "A,2024-06-30,2024-07-25,2024-07-26,-1,USD million,cash,s\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    with pytest.raises(CycleError) as error:
        load_driver("mine")
    assert [line.split(" ")[0] for line in error.value.problems] == ["mine.csv:2:", "mine.csv:3:"]
    (folder / "mine.csv").write_text("entity,period_ned\nA,1\n", encoding="utf-8")
    with pytest.raises(CycleError, match="did you mean period_end"):
        load_driver("mine")
    with pytest.raises(CycleError, match="mine"):
        load_driver("mime")
