"""Figures against their definitions, worked out slowly and exactly."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from screener.backtest import metrics
from screener.errors import CalendarError
from screener.market import calendar
from tests import oracle
from tests.curves import curve, near, pair, same

SEEDS = range(20)
DAYS = [day.date() for day in calendar.sessions()]
FAMILIES = {
    "random": lambda rng, n: rng.standard_t(4, n) * 0.012,
    "trending": lambda rng, n: rng.normal(0.004, 0.006, n),
    "jumpy": lambda rng, n: np.where(
        rng.random(n) < 0.05, rng.uniform(-0.4, 0.6, n), rng.normal(0, 0.003, n)
    ),
    "flat stretches": lambda rng, n: np.where(np.arange(n) // 9 % 2, rng.normal(0, 0.02, n), 0.0),
    "near total loss": lambda rng, n: np.exp(rng.normal(-12 / n, 0.03, n)) - 1.0,
    "sealed": lambda rng, n: rng.choice([-0.1, 0.0, 0.1], n),
}
BARS = (1, 2, 5, 19, 20, 21, 41, 250, 400)  # days after the base; 19 is one too few for a tail


def drawn(family: str, seed: int) -> tuple[pd.Series, pd.Series, float]:
    """Draw a curve and a benchmark from some session on, and a rate a year."""
    rng = np.random.default_rng([sorted(FAMILIES).index(family), seed])
    n, base = BARS[seed % len(BARS)], f"{calendar.sessions()[rng.integers(0, 2_300)]:%Y-%m-%d}"
    mine = FAMILIES[family](rng, n)
    theirs = 0.5 * mine + rng.normal(0.0, 0.01, n)
    rate = float(rng.choice([0.0, 0.015, 0.03]))
    return curve(mine, base), curve(theirs, base, capital=3_000.0), rate


def dated(nav: pd.Series) -> list[tuple[dt.date, float]]:
    return [(day.date(), float(level)) for day, level in nav.items()]


def to_twelve_places(expected: dict) -> object:
    """Expect numbers to 1e-12, in themselves or of their size; what is not defined must be NaN."""
    numbers = {name: math.nan if value is None else float(value) for name, value in expected.items()}
    return pytest.approx(numbers, rel=1e-12, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("seed", range(9))
@pytest.mark.parametrize("family", FAMILIES)
def test_every_figure_is_that_of_its_definition(family: str, seed: int) -> None:
    nav, benchmark, rate = drawn(family, seed)
    mine, theirs = dated(nav), dated(benchmark)
    expected = oracle.summary(mine, theirs, DAYS, rate)
    assert metrics.summary(nav, benchmark, rate) == to_twelve_places(expected)
    alone = {name: metrics.trailing(nav, name) for name in (1, 2)}
    assert alone == to_twelve_places({name: oracle.trailing(mine, name) for name in (1, 2)})


@pytest.mark.parametrize("seed", range(9))
@pytest.mark.parametrize("family", FAMILIES)
def test_every_table_is_that_of_its_definition(family: str, seed: int) -> None:
    nav, _, _ = drawn(family, seed)
    mine = dated(nav)
    assert metrics.yearly_returns(nav).to_dict() == to_twelve_places(oracle.yearly_returns(mine))
    table = metrics.monthly_returns(nav)
    months = {(y, m): r for y, row in table.iterrows() for m, r in row.items() if not math.isnan(r)}
    assert months == to_twelve_places(oracle.monthly_returns(mine))
    falls, table = oracle.drawdowns(mine), metrics.drawdowns(nav, count=1_000)
    assert table["depth"].tolist() == pytest.approx([float(f["depth"]) for f in falls], rel=0, abs=1e-12)
    assert table["sessions"].sum() == sum(fall["sessions"] for fall in falls)
    found = {row.peak.date(): row for row in table.itertuples()}  # falls of one depth may stand in any order
    for fall in falls:
        row = found.pop(fall["peak"])
        ended = None if row.recovered is pd.NaT else row.recovered.date()
        assert (row.trough.date(), ended, row.sessions) == (
            fall["trough"],
            fall["recovered"],
            fall["sessions"],
        )
    assert not found


@pytest.mark.parametrize(
    ("returns", "other"),
    [
        ([], []),
        ([0.0] * 60, [0.001, -0.002] * 30),
        ([0.001, -0.002] * 30, [0.0] * 60),
        ([0.001] * 60, [0.001] * 60),
        ([0.1, -1.0], [0.01, 0.02]),
        ([0.1, -1.0, 0.0], [0.01, 0.02, 0.01]),
        ([0.5, 0.9, 0.8], [0.01, 0.02, 0.01]),
    ],
    ids=["one bar", "flat", "flat benchmark", "steady", "ruin", "after ruin", "steep"],
)
def test_what_the_definition_leaves_open_is_left_open(returns: list[float], other: list[float]) -> None:
    nav, benchmark = curve(returns), curve(other)
    expected = oracle.summary(dated(nav), dated(benchmark), DAYS, 0.02)
    assert metrics.summary(nav, benchmark, 0.02) == to_twelve_places(expected)
    without = oracle.summary(dated(nav), None, DAYS)
    assert metrics.summary(nav) == to_twelve_places(without)


def test_the_last_day_of_february_goes_back_to_the_last_day_of_february() -> None:
    days = calendar.sessions("2019-02-25", "2024-02-29")
    nav = pd.Series(np.linspace(1.0, 3.0, len(days)), index=days)
    backs = (1, 2, 3, 4, 5)  # 28 February 2021 is a Sunday
    found = {back: metrics.trailing(nav, back) for back in backs}
    assert found == to_twelve_places({back: oracle.trailing(dated(nav), back) for back in backs})


@pytest.mark.parametrize(("error", "length"), [(0.05, 6.0), (0.21, 1.5), (0.003, 0.25)])
def test_the_detectable_excess_is_that_of_the_printed_quantiles(error: float, length: float) -> None:
    found = {0: metrics.detectable_excess(error, length)}
    assert found == to_twelve_places({0: oracle.detectable_excess(error, length)})


def test_every_day_at_the_value_at_risk_counts_in_the_shortfall() -> None:
    returns = np.array([-0.2, *[-0.1] * 50, *[0.1] * 49])
    nav = curve(np.random.default_rng(1).permutation(returns))
    assert same(metrics.value_at_risk(nav), -0.1)
    assert same(metrics.expected_shortfall(nav), (-0.2 - 50 * 0.1) / 51)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_dates_of_any_resolution_are_the_same_dates(unit: str) -> None:
    nav, benchmark = pair(3)
    other = benchmark.set_axis(benchmark.index.as_unit(unit))
    mine = nav.set_axis(nav.index.as_unit(unit))
    assert metrics.summary(mine, other) == metrics.summary(nav, benchmark)


@pytest.mark.parametrize("seed", SEEDS)
def test_months_compound_to_years_and_years_to_the_total(seed: int) -> None:
    nav, _ = pair(seed)
    months, years = metrics.monthly_returns(nav), metrics.yearly_returns(nav)
    np.testing.assert_allclose((1 + months).prod(axis=1) - 1, years, rtol=1e-9)
    assert same((1 + years).prod() - 1, metrics.total_return(nav))


def test_drawdowns_are_the_deepest_and_sorted() -> None:
    nav = curve([-0.1, 0.2, -0.3, 0.6, -0.05, 0.2, -0.2, 0.1])
    table = metrics.drawdowns(nav, count=3)
    assert table["depth"].tolist() == near([-0.3, -0.2, -0.1])
    assert table["recovered"].notna().tolist() == [True, False, True]
    assert table.dtypes[["peak", "trough", "recovered"]].tolist() == [nav.index.dtype] * 3


def test_days_outside_the_calendar_are_refused() -> None:
    nav = pd.Series([1.0, 1.0], index=pd.to_datetime(["2031-01-02", "2031-01-03"]))
    with pytest.raises(CalendarError):
        metrics.summary(nav)


def test_nav_must_be_a_series_by_date() -> None:
    for wrong in ([1.0, 2.0], pd.Series([1.0, 2.0])):
        with pytest.raises(ValueError, match="nav must be a Series by date"):
            metrics.total_return(wrong)


def test_five_percent_tracking_error_over_six_years_hides_5_7_points() -> None:
    assert round(metrics.detectable_excess(0.05, 6.0), 3) == 0.057
    assert same(
        metrics.detectable_excess(0.05, 6.0), (1.959963984540054 + 0.8416212335729143) * 0.05 / 6**0.5
    )
    assert math.isnan(metrics.detectable_excess(0.05, 0.0))
    assert math.isnan(metrics.detectable_excess(math.nan, 6.0))


def test_every_figure_is_defined_in_words() -> None:
    nav, benchmark = pair(8)
    figures = set(metrics.summary(nav, benchmark))
    assert figures == set(metrics.summary(nav))
    assert figures <= set(metrics.DEFINITIONS)
    assert set(metrics.DEFINITIONS) == set(metrics.__all__) - {
        "DEFINITIONS",
        "ROUNDING",
        "align",
        "cash_return",
        "daily_returns",
        "summary",
    }
    assert all(text.endswith(".") and text[0].isupper() for text in metrics.DEFINITIONS.values())


def test_input_is_left_alone() -> None:
    nav, benchmark = pair(9)
    metrics.summary(nav, benchmark)
    metrics.drawdowns(nav)
    metrics.monthly_returns(nav)
    pd.testing.assert_series_equal(nav, pair(9)[0])
    pd.testing.assert_series_equal(benchmark, pair(9)[1])
