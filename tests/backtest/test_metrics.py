"""Figures against their definitions, their slow twins, and empyrical where that is right."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from screener.backtest import metrics
from screener.errors import CalendarError
from tests import naive
from tests.curves import A_YEAR, SESSIONS, YEARS, curve, lists, near, pair, same

SEEDS = range(20)


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_equal_their_slow_twins(seed: int) -> None:
    (nav, benchmark), (mine, theirs) = pair(seed), lists(seed)
    daily = 1.03 ** (YEARS / SESSIONS) - 1
    over = [r - daily for r in mine]
    active = [a - b for a, b in zip(mine, theirs, strict=True)]
    slope, _ = naive.regression(mine, theirs)
    _, intercept = naive.regression(over, [r - daily for r in theirs])
    growth = [levels.iloc[-1] / levels.iloc[0] for levels in (nav, benchmark)]
    found = metrics.summary(nav, benchmark, risk_free=0.03)
    expected = {
        "total_return": math.prod(1 + r for r in mine) - 1,
        "cagr": growth[0] ** (1 / 6) - 1,
        "volatility": naive.stdev(mine) * math.sqrt(A_YEAR),
        "sharpe": naive.fmean(over) / naive.stdev(over) * math.sqrt(A_YEAR),
        "sortino": naive.sortino(mine, daily, A_YEAR),
        "hit_rate": sum(r > 0 for r in mine) / SESSIONS,
        "excess": growth[0] ** (1 / 6) - growth[1] ** (1 / 6),
        "tracking_error": naive.stdev(active) * math.sqrt(A_YEAR),
        "information_ratio": naive.fmean(active) / naive.stdev(active) * math.sqrt(A_YEAR),
        "beta": slope,
        "alpha": intercept * A_YEAR,
    }
    assert {name: found[name] for name in expected} == near(expected)
    assert same(found["calmar"], found["cagr"] / -found["max_drawdown"])


@pytest.mark.parametrize("seed", SEEDS)
def test_drawdowns_equal_their_slow_twin(seed: int) -> None:
    nav = curve(np.random.default_rng(seed).normal(0.001, 0.02, 150))
    levels, days = nav.tolist(), nav.index
    spans = sorted(naive.under_water(levels), key=lambda s: levels[s[1]] / levels[s[0]])[:5]
    table = metrics.drawdowns(nav)
    assert table["depth"].tolist() == near([levels[t] / levels[p] - 1 for p, t, _ in spans])
    assert table["peak"].tolist() == [days[p] for p, _, _ in spans]
    assert table["trough"].tolist() == [days[t] for _, t, _ in spans]
    assert table["recovered"].isna().tolist() == [end is None for _, _, end in spans]
    assert table["recovered"].dropna().tolist() == [days[end] for _, _, end in spans if end is not None]
    assert table["sessions"].tolist() == [(150 if end is None else end) - p for p, _, end in spans]
    assert same(metrics.max_drawdown(nav), naive.max_drawdown(levels))
    assert same(table["depth"].min(), naive.max_drawdown(levels))


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_equal_empyrical_where_it_is_right(seed: int) -> None:
    """Its information ratio is not annualised (M10), and its alpha is compounded (M11)."""
    empyrical = pytest.importorskip("empyrical")
    nav, benchmark = pair(seed)
    mine, theirs = metrics.daily_returns(nav), metrics.daily_returns(benchmark)
    rate, a_year = 1.02 ** (1 / A_YEAR) - 1, {"annualization": A_YEAR}
    assert same(metrics.total_return(nav), empyrical.cum_returns_final(mine))
    assert same(metrics.cagr(nav), empyrical.cagr(mine, **a_year))
    assert same(metrics.volatility(nav), empyrical.annual_volatility(mine, **a_year))
    assert same(metrics.sharpe(nav, 0.02), empyrical.sharpe_ratio(mine, rate, **a_year))
    assert same(metrics.sortino(nav, 0.02), empyrical.sortino_ratio(mine, rate, **a_year))
    assert same(metrics.max_drawdown(nav), empyrical.max_drawdown(mine))
    assert same(metrics.calmar(nav), empyrical.calmar_ratio(mine, **a_year))
    assert same(metrics.value_at_risk(nav), empyrical.value_at_risk(mine, 0.05))
    assert same(metrics.expected_shortfall(nav), empyrical.conditional_value_at_risk(mine, 0.05))
    assert same(metrics.beta(nav, benchmark), empyrical.beta(mine, theirs))
    not_annualised = empyrical.excess_sharpe(mine, theirs)
    assert same(metrics.information_ratio(nav, benchmark), not_annualised * math.sqrt(A_YEAR))
    compounded = empyrical.alpha(mine, theirs, rate, **a_year)
    arithmetic = A_YEAR * math.expm1(math.log1p(compounded) / A_YEAR)
    assert same(metrics.alpha(nav, benchmark, 0.02), arithmetic)


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
        "align",
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
