"""The facts of the drivers: release days, first usable sessions and totals that are known from elsewhere."""

from __future__ import annotations

import csv
import warnings

import pandas as pd
import pytest

from screener import workspace

FOLDER = workspace.built_in("universes") / "drivers"
FOUR = {"AMZN", "GOOGL", "META", "MSFT"}


def rows(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def total(first, last, definition, entity=None):
    """Sum the quarters that end from `first` to `last`, in USD million."""
    return sum(
        int(row["value"])
        for row in rows("hyperscaler-capex")
        if first <= row["period_end"] <= last
        and row["definition"] == definition
        and entity in (None, row["entity"])
    )


@pytest.fixture(scope="module")
def xshg():
    calendars = pytest.importorskip("exchange_calendars")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the oracle's own quarrels with pandas
        return calendars.get_calendar("XSHG", start="2018-01-01", end="2026-12-31").sessions


@pytest.mark.parametrize(
    ("name", "known"), [("hyperscaler-capex", "released"), ("hyperscaler-guidance", "event_date")]
)
def test_a_fact_is_usable_from_the_first_session_strictly_after_it(name, known, xshg):
    for row in rows(name):
        first = xshg[xshg.searchsorted(pd.Timestamp(row[known]), side="right")]
        assert row["usable_from"] == f"{first:%Y-%m-%d}", row


def test_holidays_in_shanghai_delay_a_release():
    usable = {(row["entity"], row["period_end"]): row["usable_from"] for row in rows("hyperscaler-capex")}
    assert usable["AMZN", "2024-03-31"] == "2024-05-06"  # released on 2024-04-30, before the May holiday
    assert usable["META", "2024-12-31"] == "2025-02-05"  # released on 2025-01-29, in the Spring Festival
    assert usable["MSFT", "2019-12-31"] == "2020-02-03"  # the longer Spring Festival of 2020


def test_every_company_reports_every_quarter_once_in_each_definition():
    table = rows("hyperscaler-capex")
    quarters = {f"{day:%Y-%m-%d}" for day in pd.date_range("2018-03-31", "2026-06-30", freq="QE")}
    places = [(row["entity"], row["period_end"], row["definition"]) for row in table]
    assert len(places) == len(set(places)) == 4 * 34 * 2
    assert set(places) == {(e, q, d) for e in FOUR for q in quarters for d in ("cash", "headline")}
    assert {row["unit"] for row in table} == {"USD million"}


def test_a_quarter_is_released_within_seven_weeks_of_its_end():
    for row in rows("hyperscaler-capex"):
        wait = pd.Timestamp(row["released"]) - pd.Timestamp(row["period_end"])
        assert 14 <= wait.days <= 49, row
    assert max(row["released"] for row in rows("hyperscaler-capex")) == "2026-07-30"


@pytest.mark.parametrize(
    ("first", "last", "definition", "expected"),
    [
        ("2024-06-30", "2024-06-30", "headline", 53_149),
        ("2024-03-31", "2024-06-30", "headline", 97_758),
        ("2023-03-31", "2023-12-31", "headline", 148_282),
        ("2024-03-31", "2024-12-31", "headline", 230_316),
        ("2025-06-30", "2025-06-30", "cash", 88_246),
        ("2026-03-31", "2026-03-31", "cash", 129_750),
        ("2026-06-30", "2026-06-30", "cash", 165_050),
    ],
)
def test_quarters_add_up_to_the_known_totals(first, last, definition, expected):
    assert total(first, last, definition) == expected


@pytest.mark.parametrize(
    ("entity", "expected"), [("META", 15_190), ("MSFT", 24_825), ("GOOGL", 25_198), ("AMZN", 32_545)]
)
def test_the_first_half_of_2024_is_that_of_the_weekly_review(entity, expected):
    assert total("2024-03-31", "2024-06-30", "headline", entity) == expected


def test_growth_of_the_second_quarter_of_2024_is_like_for_like():
    def grown(definition):
        return (
            total("2024-06-30", "2024-06-30", definition) / total("2023-06-30", "2023-06-30", definition) - 1
        )

    assert round(100 * grown("headline"), 1) == 58.0
    assert round(100 * grown("cash"), 1) == 57.8


def test_only_the_headline_of_meta_differs_from_cash():
    table = {
        (row["entity"], row["period_end"], row["definition"]): row["value"]
        for row in rows("hyperscaler-capex")
    }
    differing = {e for e, q, d in table if table[e, q, "cash"] != table[e, q, "headline"]}
    assert differing == {"META"}


def test_the_midpoint_is_the_middle_of_its_range():
    for row in rows("hyperscaler-guidance"):
        if row["high"]:
            assert float(row["mid"]) == (float(row["low"]) + float(row["high"])) / 2, row
        else:
            assert row["mid"] == row["low"], row


def test_meta_raised_its_range_for_2024_step_by_step():
    log = [
        row
        for row in rows("hyperscaler-guidance")
        if (row["entity"], row["target_year"]) == ("META", "FY2024")
    ]
    assert [float(row["mid"]) for row in log] == [32.5, 33.5, 37.5, 38.5, 39.0]


def test_one_change_is_accounting_alone():
    flagged = [row for row in rows("hyperscaler-guidance") if row["accounting_only"] == "true"]
    assert [(row["entity"], row["event_date"]) for row in flagged] == [("MSFT", "2026-07-29")]
    assert {row["accounting_only"] for row in rows("hyperscaler-guidance")} == {"true", "false"}


def test_only_the_four_companies_and_no_unsourced_row_are_in_the_drivers():
    for name in ("hyperscaler-capex", "hyperscaler-guidance"):
        table = rows(name)
        assert {row["entity"] for row in table} == FOUR
        assert all(row["source"] and "memory only" not in " ".join(row.values()) for row in table)
    measured = {row["definition"] for row in rows("hyperscaler-capex")}
    assert measured == {"cash", "headline"}  # buybacks and dividends, partly unsourced, are not here


def test_the_files_are_plain_csv_with_a_header_and_nothing_else():
    for path in FOLDER.glob("*.csv"):
        raw = path.read_bytes()
        assert b"\r" not in raw
        assert raw.endswith(b"\n")
        assert not raw.startswith((b"#", b"\xef\xbb\xbf"))
