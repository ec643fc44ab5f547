"""A window of less than a year: no rate a year of it is said where a reader looks first."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from screener.backtest.result import Window
from screener.report.evidence import Evidence
from screener.report.scorecard import UNKNOWN, checks
from screener.report.tearsheet import render
from screener.report.terminal import terminal_lines
from screener.report.verdict import brief, sentence, verdict_words, warnings
from tests.report.fake import fake_run, verdict
from tests.report.pages import Page, in_english

WEEK = fake_run(n_days=6)
LONG = fake_run()


def window(base: str, end: str) -> Window:
    return Window(pd.Timestamp(base), pd.Timestamp(end), "headline")


@pytest.mark.parametrize(
    ("base", "end", "short"),
    [
        ("2024-12-31", "2025-12-31", False),  # all sessions of 2025
        ("2024-07-01", "2025-06-30", False),  # a session less than a year, 1.0 to a tenth
        ("2024-12-31", "2025-11-28", True),
        ("2026-04-29", "2026-05-07", True),
        ("2026-05-07", "2026-05-07", True),
    ],
)
def test_a_window_is_brief_below_a_year_to_a_tenth(base, end, short):
    assert brief(window(base, end)) is short


def test_the_sentence_says_what_was_earned_in_all_and_makes_no_verdict():
    accounts = WEEK.metrics["headline"]
    accounts["myrule"]["total_return"], accounts["equal-weight"]["total_return"] = 0.071, 0.083
    wild = verdict(WEEK.windows[0], total=257.957, equal_weight=670.667, detectable=2.733)
    english, chinese = verdict_words(WEEK, wild)
    assert english == (
        "From 2020-05-06 to 2020-05-13 myrule earned 7.1 % in all, 1.2 points less than the equal weight of "
        "its themes: less than a year, too short to judge a rule by."
    )
    assert "累计收益 7.1%，比主题等权低 1.2 个百分点：区间不足一年" in chinese
    assert "25,795" not in english + chinese


def test_a_warning_stands_above_and_the_big_figures_are_not_of_a_year():
    assert warnings(WEEK)[-1].startswith("SHORT: 5 sessions are less than a year")
    page = render(WEEK)
    head = " ".join(Page(in_english(page.split("<header", 1)[1].split("</header>", 1)[0])).text.split())
    assert "SHORT: 5 sessions" in head
    assert "Total return" in head
    assert "Return a year" not in head and "Sharpe" not in head
    assert "区间过短：仅 5 个交易日" in page


def test_no_rate_a_year_is_judged_even_where_an_interval_is_sure():
    sure = {"headline": {"myrule": {"excess": (0.5, 0.9)}}}
    found = {check.name[0]: check for check in checks(WEEK, Evidence(intervals=sure))}
    a_year = [name for name, check in found.items() if check.threshold[0] == "less than a year"]
    assert a_year == [
        "Beats equal weight beyond luck", "Beats the benchmark", "Beats its static mix: timing paid",
        "Cost of trading", "Turnover a year, one way",
    ]  # fmt: skip
    assert all(found[name].state == UNKNOWN and "n/a" in str(found[name].figure) for name in a_year)


def test_the_terminal_prints_total_returns_and_no_parts_of_a_rate():
    lines = terminal_lines(WEEK)
    assert any("in all" in line and "Sharpe" in line for line in lines)
    assert not any("points a year" in line for line in lines)
    row = next(line for line in lines if line.startswith("  myrule"))
    assert f"{100 * WEEK.metrics['headline']['myrule']['total_return']:.1f} %" in row


def test_a_longer_window_says_nothing_of_it():
    assert not any(note.startswith("SHORT") for note in warnings(LONG))
    assert "a year" in sentence(LONG, LONG.verdicts[0])
    assert any("points a year" in line for line in terminal_lines(LONG))


def test_only_the_window_of_a_verdict_decides_over_its_sentence():
    part = dataclasses.replace(LONG.windows[1], end=LONG.windows[1].base + pd.Timedelta(days=20))
    assert "in all" in sentence(LONG, verdict(part))
