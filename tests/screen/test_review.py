"""Returns of a window in three conventions, breadth and groups, against plain loops."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from screener import universe
from screener.data.sources import open_source
from screener.errors import SpecError
from screener.screen.review import breadth, returns_between, review

NAMES = ["300308.SZ", "688256.SH", "000977.SZ", "601138.SH", "300502.SZ", "603019.SH"]
DAY = pd.Timestamp


@pytest.fixture(scope="module")
def source():
    return open_source("sample")


@pytest.mark.parametrize(("first", "last"), [("2021-03-01", "2023-03-10"), ("2024-05-06", "2024-08-16")])
def test_returns_are_what_one_works_out_action_by_action(source, first: str, last: str) -> None:
    panel = source.panel(NAMES)
    days = [day for day in panel.sessions if DAY(first) < day <= DAY(last)]
    found = {kind: returns_between(panel, DAY(first), DAY(last), kind) for kind in ("total", "report", "raw")}
    seen = 0
    for name in NAMES:
        closes = panel.frame(panel.close)[name].ffill()
        base, end = closes[: DAY(first)].iloc[-1], closes[: DAY(last)].iloc[-1]
        if math.isnan(base):
            assert math.isnan(found["total"][name])
            continue
        own = panel.actions[panel.actions["symbol"] == name].set_index("date")
        adjusted = base
        for day in days:
            if day in own.index:
                seen += 1
                adjusted = (adjusted - own.loc[day, "cash"]) / (1.0 + own.loc[day, "bonus"])
        assert found["raw"][name] == pytest.approx(end / base - 1.0)
        assert found["report"][name] == pytest.approx(end / adjusted - 1.0)
        steps = panel.frame(panel.total_return.to_numpy())[name].reindex(days).fillna(0.0)
        assert found["total"][name] == pytest.approx((1.0 + steps).prod() - 1.0)
    assert seen > 0


def test_breadth_leaves_out_risk_warnings_delisting_and_beijing() -> None:
    table = pd.DataFrame(
        {"name": ["a", "*ST b", "c退", "d", "e", "f"], "return": [0.1, 0.2, -0.5, 0.0, -0.1, float("nan")]},
        index=["600001.SH", "600002.SH", "600003.SH", "600004.SH", "600005.SH", "920001.BJ"],
    )
    assert breadth(table) == {"up": 1, "down": 1, "flat": 1, "median": 0.0, "counted": 3, "left_out": 3}


def test_groups_are_the_members_of_the_last_day(source) -> None:
    themes = universe.load_all(["optical", "servers"])
    found = review(source, DAY("2024-08-01"), DAY("2024-08-16"), themes)
    panel = source.panel([member.symbol for theme in themes for member in theme.counted])
    moves = returns_between(panel, DAY("2024-08-01"), DAY("2024-08-16"))
    three = ["300308.SZ", "300502.SZ", "300394.SZ"]
    assert found.groups.loc["optical", "shares"] == 3
    assert found.groups.loc["optical", "mean"] == pytest.approx(moves[three].mean())
    assert found.groups.loc["optical", "median"] == pytest.approx(moves[three].median())
    assert found.table["return"].is_monotonic_decreasing
    assert found.indices.index.tolist() == ["SAMPLE.IX"]


@pytest.mark.parametrize(
    ("first", "last", "problem"),
    [
        ("2024-08-16", "2024-08-16", "must have a session between them"),
        ("2024-10-01", "2024-10-06", "must have a session between them"),  # holidays
        ("2017-01-03", "2024-08-16", "the source begins on"),
    ],
)
def test_a_window_that_is_none_is_refused(source, first: str, last: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        review(source, DAY(first), DAY(last), symbols=NAMES)
