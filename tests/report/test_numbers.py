"""How numbers are written."""

import math

import pandas as pd
import pytest

from screener.report import numbers
from screener.report.html import num
from screener.report.numbers import WRITERS, day, figure, money, percent, points, ratio


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (percent(0.1234), "12.3 %"),
        (percent(-0.5331), "-53.3 %"),
        (percent(12.345), "1,234.5 %"),
        (percent(0.01234, 2), "1.23 %"),
        (points(0.0214), "+2.1"),
        (points(-0.0214), "-2.1"),
        (points(0.0), "0.0"),
        (points(-0.0004), "0.0"),
        (points(0.0004), "0.0"),
        (ratio(-0.001), "0.00"),
        (money(1234567.6), "1,234,568"),
        (figure(-1234.56, 1), "-1,234.6"),
        (numbers.number(0.001), "0.001"),
        (numbers.number(10_000_000.0), "10,000,000"),
        (numbers.number(3), "3"),
        (day(pd.Timestamp("2024-08-19")), "2024-08-19"),
        (day(pd.NaT), "n/a"),
        (day(None), "n/a"),
    ],
)
def test_numbers_are_written_as_typed_here(written, expected):
    assert written == expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_not_finite_is_never_written(kind, value):
    assert WRITERS[kind](value) == "n/a"
    assert num(value, kind, "too short") == '<span class="na" title="too short">n/a</span>'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.021, '<span class="up">+2.1</span>'),
        (-0.021, '<span class="down">−2.1</span>'),
        (-0.0001, "0.0"),
        (0.0, "0.0"),
    ],
)
def test_a_sign_is_coloured_only_if_it_is_shown(value, expected):
    assert num(value, "points", signed=True) == expected


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (1.23e9, "1.23 bn CNY", "12.3 亿元"),
        (12_300_000.0, "12.3 m CNY", "1,230 万元"),
        (10_000_000.0, "10.0 m CNY", "1,000 万元"),
        (450_000.0, "450,000 CNY", "45.0 万元"),
        (999_960_000.0, "1.00 bn CNY", "10.0 亿元"),
        (99_999.0, "99,999 CNY", "10.0 万元"),
        (-2.5e8, "-250 m CNY", "-2.50 亿元"),
        (812.0, "812 CNY", "812 元"),
        (0.0, "0 CNY", "0 元"),
        (math.nan, "n/a", "n/a"),
        (math.inf, "n/a", "n/a"),
    ],
)
def test_amounts_are_scaled_as_each_language_counts(value, english, chinese):
    assert numbers.amount(value) == (english, chinese)


def test_a_reason_may_be_given_in_two_languages():
    written = num(math.nan, "ratio", ("too short", "太短"))
    assert written == '<span class="na" title="too short" data-zh="太短">n/a</span>'
