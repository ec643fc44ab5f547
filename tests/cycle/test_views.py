"""Funding, classifiers side by side, run rates, and drivers by month: against figures that others printed."""

from __future__ import annotations

import pandas as pd
import pytest

from screener.cycle import load_cycle
from screener.cycle.classifiers import classifiers, switches
from screener.cycle.coverage import coverage
from screener.cycle.runrate import run_rates
from screener.errors import CycleError

DAY = pd.Timestamp
DRIVERS = (
    "hyperscaler-capex", "hyperscaler-ocf", "china-hyperscaler-capex", "aspeed-revenue", "tsmc-revenue",
)  # fmt: skip


@pytest.mark.parametrize(
    ("quarter", "percent"), [("2019Q4", 37.6), ("2022Q4", 55.4), ("2024Q1", 40.2), ("2026Q2", 77.3)]
)
def test_trailing_capex_takes_the_known_share_of_cash_flow(quarter: str, percent: float) -> None:
    table = coverage(load_cycle(), load_cycle("hyperscaler-ocf"))
    assert round(table.loc[quarter, "used"] * 100, 1) == percent


@pytest.mark.parametrize(
    ("year", "total"), [("2020", 237_963), ("2021", 279_571), ("2022", 273_108), ("2023", 360_452)]
)
def test_operating_cash_flow_of_a_year_is_that_of_report_002(year: str, total: float) -> None:
    assert load_cycle("hyperscaler-ocf").table()["trailing"][f"{year}Q4"] == total


def test_the_first_half_of_2024_is_that_of_report_002() -> None:
    ocf, capex = load_cycle("hyperscaler-ocf").table(), load_cycle(definition="headline").table()
    assert ocf["total"]["2024Q1"] + ocf["total"]["2024Q2"] == pytest.approx(207_486)
    assert capex["total"]["2024Q1"] + capex["total"]["2024Q2"] == pytest.approx(97_758, abs=5)
    assert round(capex["total"]["2024Q2"] / 100) == 531
    assert capex["total"]["2024Q2"] / capex["total"]["2023Q2"] - 1.0 == pytest.approx(0.580, abs=5e-4)
    assert capex["total"]["2024Q2"] / capex["total"]["2024Q1"] - 1.0 == pytest.approx(0.191, abs=5e-4)


def test_single_quarters_change_their_mind_more_often_than_trailing_sums() -> None:
    table = classifiers(load_cycle(), load_cycle("hyperscaler-ocf"))
    assert switches(table["single"]) == (17, 29)
    assert switches(table["naive"]) == (7, 26)
    assert switches(table["trailing"])[0] < 7


def test_alphabet_of_mid_2025_meets_its_guidance_without_a_rise_within_the_rounding_of_report_004() -> None:
    rows = run_rates(load_cycle(), DAY("2025-08-15")).set_index(["entity", "year"])
    google = rows.loc[("GOOGL", 2025)]
    assert (google["quarters"], google["guided"]) == (2, 85_000)
    assert google["run_rate"] == pytest.approx(84_800, rel=0.005)  # the report: 848 of 851, raised later
    assert rows["quarters"].isin([1, 2, 3]).all()


def test_alphabet_of_2024_stands_on_a_floor_of_four_first_quarters() -> None:
    rows = run_rates(load_cycle(), DAY("2024-05-10")).set_index(["entity", "year"])
    assert rows.loc[("GOOGL", 2024), "floor"] == pytest.approx(48_000, rel=0.002)


@pytest.mark.parametrize("name", DRIVERS)
def test_moving_the_day_back_never_shows_a_later_fact(name: str) -> None:
    cycle = load_cycle(name)
    whole = cycle.table()
    for day in pd.date_range("2019-06-28", "2026-09-30", freq="97D"):
        known = cycle.table(day)
        assert (known["usable_from"] <= day).all()
        assert (known["released"] < known["usable_from"]).all()
        early = cycle.driver.as_of(day, cycle.definition)
        assert known["period_end"].max() == early.groupby("period_end")["entity"].nunique().loc[
            lambda count: count == len(cycle.driver.entities)
        ].index.max()  # fmt: skip
        pd.testing.assert_frame_equal(known, whole.loc[known.index])


@pytest.mark.parametrize("name", ["aspeed-revenue", "tsmc-revenue"])
def test_growth_of_a_driver_by_month_is_twelve_months_on_twelve(name: str) -> None:
    cycle = load_cycle(name)
    values = cycle.driver.rows.set_index("period_end")["value"].sort_index().to_numpy()
    assert cycle.table()["growth"].iloc[-1] == pytest.approx(values[-12:].sum() / values[-24:-12].sum() - 1.0)
    assert cycle.driver.by_rule
    assert cycle.state(DAY("2024-06-28")).guidance != cycle.state(DAY("2024-06-28")).guidance  # unknown


def test_a_gap_in_a_driver_leaves_growth_unknown(tmp_path, monkeypatch) -> None:
    head = "entity,period_end,released,usable_from,value,unit,definition,source\n"
    days = pd.period_range("2018-01", "2020-12", freq="M")
    lines = [
        f"x,{m.end_time:%Y-%m-%d},{m.end_time + pd.Timedelta(days=10):%Y-%m-%d},USE,{100 + i},TWD,revenue,me"
        for i, m in enumerate(days)
        if i != 20
    ]
    from screener.market import calendar

    text = "\n".join(
        line.replace("USE", f"{calendar.next_session(DAY(line.split(',')[2])):%Y-%m-%d}") for line in lines
    )
    folder = tmp_path / "universes" / "drivers"
    folder.mkdir(parents=True)
    (folder / "mine.csv").write_text(head + text + "\n", encoding="utf-8")
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    table = load_cycle("mine").table()
    assert "2019-09" not in table.index
    assert table["growth"].notna().sum() == 0  # no two years without the gap


def test_a_word_for_the_day_of_release_that_is_none_is_refused(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "universes" / "drivers"
    folder.mkdir(parents=True)
    (folder / "mine.csv").write_text(
        "entity,period_end,released,usable_from,released_basis,value,unit,definition,source\n"
        "x,2024-03-31,2024-04-10,2024-04-11,guess,1,TWD,revenue,me\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    with pytest.raises(CycleError, match=r"mine\.csv:2: released_basis='guess'"):
        load_cycle("mine")
