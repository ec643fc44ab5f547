"""Valuation and statements: one name and unit for a column, and no later fact on an earlier day."""

from __future__ import annotations

import pandas as pd
import pytest

from screener.data import facts
from screener.data.sources import open_source

DAY = pd.Timestamp


def state(period: str, usable: str, fetched: str, revenue: float) -> dict[str, object]:
    return {
        "symbol": "300308.SZ",
        "period": DAY(period),
        "effective_date": DAY(usable),
        "fetched": fetched,
        "restated": False,
        "revenue": revenue,
    }


@pytest.fixture
def figures() -> pd.DataFrame:
    rows = [
        state("2023-12-31", "2024-04-22", "2024-05-01T10:00:00Z", 100.0),
        state("2023-12-31", "2024-04-22", "2024-09-01T10:00:00Z", 110.0),  # restated, seen in September
        state("2024-03-31", "2024-04-29", "2024-05-01T10:00:00Z", 30.0),
    ]
    return facts.statements(pd.DataFrame(rows[::-1]))


def told(figures: pd.DataFrame, day: str) -> dict[str, float]:
    rows = facts.known(figures, DAY(day))
    return {
        f"{period:%Y-%m-%d}": value for period, value in zip(rows["period"], rows["revenue"], strict=True)
    }


def test_a_figure_is_unknown_before_its_first_usable_session(figures: pd.DataFrame) -> None:
    assert told(figures, "2024-04-21") == {}
    assert told(figures, "2024-04-26") == {"2023-12-31": 100.0}


def test_a_restatement_counts_only_once_it_was_fetched(figures: pd.DataFrame) -> None:
    assert told(figures, "2024-08-30") == {"2023-12-31": 100.0, "2024-03-31": 30.0}
    assert told(figures, "2024-09-02") == {"2023-12-31": 110.0, "2024-03-31": 30.0}


@pytest.mark.parametrize("names", [("pb_mrq", "ps", "turnover_pct"), ("pb", "ps_ttm", "turnover_pct")])
def test_sources_that_name_a_column_differently_give_the_same_table(names: tuple[str, str, str]) -> None:
    values = dict(zip(names, (2.0, 3.0, 1.5), strict=True))
    table = pd.DataFrame([{"date": DAY("2024-01-02"), "symbol": "300308.SZ", **values, "note": "x"}])
    assert facts.valuation(table).to_dict("records") == [
        {"date": DAY("2024-01-02"), "symbol": "300308.SZ", "pb": 2.0, "ps_ttm": 3.0, "turnover": 0.015}
    ]


def test_the_sample_says_that_it_knows_no_company(figures: pd.DataFrame) -> None:
    source = open_source("sample")
    assert source.valuation(["300308.SZ"]).empty
    assert source.statements(["300308.SZ"]).empty
    assert source.shares(["300308.SZ"]).empty
