"""M1 to M15: what report generators get wrong, each with the answer of the definition."""

from __future__ import annotations

import math
from statistics import fmean, stdev

import numpy as np
import pandas as pd
import pytest

from screener.backtest import metrics
from screener.errors import DataError
from screener.market import calendar
from tests.curves import A_YEAR, BASE, SESSIONS, curve, lists, near, pair, same


def test_m1_first_day_loss_counts_in_drawdown_and_calmar() -> None:
    """A peer reports 0 and NaN here: it forgets the capital before the first return."""
    nav = curve([-0.5, 0.001])
    assert same(metrics.max_drawdown(nav), -0.5)
    assert metrics.drawdowns(nav)["peak"].tolist() == [pd.Timestamp(BASE)]
    assert same(metrics.calmar(nav), metrics.cagr(nav) / 0.5)
    assert same(metrics.max_drawdown(curve([-0.5, -0.5])), -0.75)
    assert same(metrics.max_drawdown(curve([-0.10, 0.02, -0.01, 0.30])), -0.10)


def test_m2_years_and_durations_are_counted_in_sessions_of_the_exchange() -> None:
    """A peer annualises by 365 and prints counts of bars as days."""
    nav, _ = pair(0)
    daily = stdev(lists(0)[0])
    assert same(metrics.volatility(nav), daily * math.sqrt(1_456 / 6))
    fall_over_golden_week = curve([0.01, -0.02, 0.03], base="2024-09-27")  # next session: 30 September
    (row,) = metrics.drawdowns(fall_over_golden_week).itertuples()
    assert (str(row.peak.date()), str(row.recovered.date()), row.sessions) == ("2024-09-30", "2024-10-09", 2)


def test_m2_a_curve_that_leaves_sessions_out_is_refused() -> None:
    """Weekly levels annualised as daily ones would be wrong by a factor of five."""
    nav, _ = pair(0)
    with pytest.raises(ValueError, match="one level for each session: 2019-01-02 breaks it"):
        metrics.volatility(nav.iloc[::5])
    with pytest.raises(ValueError, match="2024-10-01 breaks it"):
        metrics.total_return(pd.Series([1.0, 1.0], pd.to_datetime(["2024-09-30", "2024-10-01"])))
    with pytest.raises(ValueError, match="out of order or repeated"):
        metrics.total_return(nav.iloc[[0, 1, 1, 2]])


def test_m3_trailing_years_are_whole_calendar_years() -> None:
    """A peer looks back 35 months for 3 years: it would miss January 2022, when all was lost here."""
    nav = curve(np.zeros(SESSIONS))
    nav[nav.index >= "2022-01-05"] *= 0.5
    nav[nav.index >= "2020-06-01"] *= 3.0
    assert same(metrics.trailing(nav, 3), 0.5 ** (1 / 3) - 1)
    assert same(metrics.trailing(nav, 2), 0.0)
    assert same(metrics.trailing(nav, 5), 1.5 ** (1 / 5) - 1)
    assert same(
        metrics.trailing(nav, 6), 1.5 ** (1 / 6) - 1
    )  # starts on 2018-12-28, the last session of its year
    assert math.isnan(metrics.trailing(nav, 7))
    with pytest.raises(ValueError, match="years=0 must be at least 1"):
        metrics.trailing(nav, 0)


def test_m4_a_flat_start_is_part_of_the_window() -> None:
    """A peer starts the report at the first trade and so annualises over a shorter time."""
    nav = curve([*np.zeros(SESSIONS - 243), *np.full(243, math.log(2) / 243)])
    growth = (1 + math.log(2) / 243) ** 243
    assert same(metrics.cagr(nav), growth ** (1 / 6) - 1)
    assert same(metrics.hit_rate(nav), 243 / SESSIONS)
    assert metrics.yearly_returns(nav).index.tolist() == [2019, 2020, 2021, 2022, 2023, 2024]


def test_m5_the_first_year_of_a_benchmark_starts_with_the_curve() -> None:
    """A peer prints the benchmark's whole year beside a strategy that starts in May."""
    _, benchmark = pair(1)
    nav = curve(np.zeros(100), base="2019-04-30")
    first = metrics.yearly_returns(metrics.align(nav, benchmark))
    assert first.index.tolist() == [2019]
    assert same(first[2019], benchmark[nav.index[-1]] / benchmark["2019-04-30"] - 1)


def test_m6_a_benchmark_with_more_than_one_percent_of_sessions_missing_is_refused() -> None:
    """A peer takes 20 % missing days for days on which nothing happened."""
    nav, benchmark = pair(2)
    fourteen, fifteen = benchmark.index[10:24], benchmark.index[10:25]  # of 1,457: 0.96 % and 1.03 %
    assert len(metrics.align(nav, benchmark.drop(fourteen))) == SESSIONS + 1
    says = "15 of 1457 sessions are missing, the first on 2019-01-15; at most 1% may be"
    for holed in (benchmark.drop(fifteen), benchmark.mask(benchmark.index.isin(fifteen))):
        with pytest.raises(DataError, match=says):
            metrics.summary(nav, holed)


def test_m6_missing_levels_are_carried_and_the_total_is_kept() -> None:
    nav, benchmark = pair(2)
    aligned = metrics.align(nav, benchmark.drop(benchmark.index[500]))
    assert aligned.iloc[500] == benchmark.iloc[499]
    assert aligned.drop(aligned.index[500]).equals(benchmark.drop(benchmark.index[500]))


def test_m6_a_benchmark_without_the_base_is_refused_rather_than_started_late() -> None:
    nav, benchmark = pair(2)
    with pytest.raises(DataError, match="2018-12-28 is missing, the base"):
        metrics.excess(nav, benchmark.iloc[1:])


def test_m6_levels_that_cannot_be_are_refused() -> None:
    nav, benchmark = pair(2)
    for wrong, says in [(0.0, "is 0, must be above 0"), (-3.0, "is -3"), (math.inf, "is inf")]:
        with pytest.raises(DataError, match="2019-01-03 " + says):
            metrics.align(nav, benchmark.where(benchmark.index != "2019-01-03", wrong))
    with pytest.raises(DataError, match="2018-12-28 must appear once"):
        metrics.align(nav, pd.concat([benchmark.iloc[:1], benchmark]))


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "America/New_York"])
def test_m7_dates_with_a_time_zone_are_read_in_shanghai(zone: str) -> None:
    """Two peers die comparing naive with aware dates."""
    nav, benchmark = pair(3)
    aware = benchmark.tz_localize("Asia/Shanghai").tz_convert(zone)
    assert aware.index[0].tz is not None
    pd.testing.assert_series_equal(metrics.align(nav, aware), benchmark, check_freq=False, check_names=False)
    assert metrics.summary(nav.tz_localize("Asia/Shanghai").tz_convert(zone), aware) == near(
        metrics.summary(nav, benchmark)
    )


def test_m7_a_time_of_day_is_refused() -> None:
    nav, benchmark = pair(3)
    with pytest.raises(DataError, match="benchmark must be by session date, without a time of day"):
        metrics.align(nav, benchmark.set_axis(benchmark.index + pd.Timedelta(hours=15)))


def test_m8_levels_are_levels_however_they_look() -> None:
    """A peer guesses prices or returns from the numbers: Sharpe 2.49 instead of 3.16, drawdown -99 %."""
    returns = [0.0, 0.02, 1.5, 0.0, 0.01, 0.03]  # no loss, one day above 100 %
    for capital in (1e7, 1.0, 1e-3):
        nav = curve(returns, capital=capital)
        assert metrics.max_drawdown(nav) == 0.0
        assert same(metrics.total_return(nav), 2.5 * 1.02 * 1.01 * 1.03 - 1)
        expected = fmean(returns) / stdev(returns) * math.sqrt(244)  # sessions of 2019
        assert same(metrics.sharpe(nav), expected)


@pytest.mark.parametrize("levels", [[0.0, 0.01], [0.01, -0.02], [1.0, math.nan], [1.0, math.inf], []])
def test_m8_returns_in_place_of_levels_are_refused(levels: list[float]) -> None:
    nav = pd.Series(levels, index=calendar.sessions(BASE)[: len(levels)], dtype=float)
    with pytest.raises(ValueError, match="nav must hold finite levels"):
        metrics.summary(nav)


def test_m9_value_at_risk_is_the_historical_quantile() -> None:
    """Peers print normal-theory numbers (mean - 2 sd and others) without saying so."""
    returns = [-0.10, -0.01, *np.linspace(0.0, 0.02, 19)]  # 21 days: the 5 % quantile is the second lowest
    nav = curve(returns)
    assert same(metrics.value_at_risk(nav), -0.01)
    assert same(metrics.expected_shortfall(nav), (-0.10 - 0.01) / 2)
    assert "historical 95 %" in metrics.DEFINITIONS["value_at_risk"].lower()
    assert "historical 95 %" in metrics.DEFINITIONS["expected_shortfall"].lower()


def test_m9_a_tail_of_fewer_than_twenty_days_is_not_given() -> None:
    assert math.isnan(metrics.value_at_risk(curve(np.full(19, -0.01))))
    assert math.isnan(metrics.expected_shortfall(curve(np.full(19, -0.01))))
    assert same(metrics.value_at_risk(curve(np.full(20, -0.01))), -0.01)


def test_m10_information_ratio_and_tracking_error_are_annualised() -> None:
    """Peers print a daily ratio, -0.018 where the annual one is -0.282."""
    active = np.tile([0.01, -0.008], SESSIONS // 2)  # mean 0.001, deviation 0.009 but for ddof
    nav, benchmark = curve(active), curve(np.zeros(SESSIONS))
    deviation = 0.009 * math.sqrt(SESSIONS / (SESSIONS - 1))
    assert same(metrics.tracking_error(nav, benchmark), deviation * math.sqrt(A_YEAR))
    assert same(metrics.information_ratio(nav, benchmark), 0.001 / deviation * math.sqrt(A_YEAR))


def test_m10_the_benchmark_against_itself_has_no_information_ratio() -> None:
    """A peer prints -0.03, with beta below 1."""
    _, benchmark = pair(4)
    found = metrics.summary(3.7 * benchmark, benchmark)
    assert math.isnan(found["information_ratio"])
    assert (found["excess"], found["tracking_error"], found["alpha"]) == near((0.0, 0.0, 0.0))
    assert same(found["beta"], 1.0)


def test_m11_flat_days_count_in_the_hit_rate() -> None:
    """A peer drops days without a return: 50.3 % instead of 47.5 %."""
    assert same(metrics.hit_rate(curve([0.01, 0.0, 0.0, -0.01])), 0.25)


def test_m11_alpha_is_arithmetic() -> None:
    theirs = np.random.default_rng(5).normal(0.0, 0.01, SESSIONS)
    nav, benchmark = curve(0.0004 + 0.5 * theirs), curve(theirs)
    assert same(metrics.beta(nav, benchmark), 0.5)
    assert same(metrics.alpha(nav, benchmark), 0.0004 * A_YEAR)
    daily = 1.03 ** (1 / A_YEAR) - 1  # half of the market leaves half of the risk-free rate to be earned
    assert same(metrics.alpha(nav, benchmark, 0.03), (0.0004 - 0.5 * daily) * A_YEAR)


def test_m12_a_calendar_year_is_a_year() -> None:
    """Peers divide by 252 where the exchange held 242 to 244 sessions, and overstate what a year earned."""
    nav = curve(np.full(SESSIONS, 2.0 ** (1 / SESSIONS) - 1))
    assert same(metrics.cagr(nav), 2.0 ** (1 / 6) - 1)
    for year, last in [(2019, "2018-12-28"), (2022, "2021-12-31"), (2023, "2022-12-30")]:
        days = calendar.sessions(last, f"{year}-12-31")
        one = pd.Series(np.linspace(1.0, 1.2, len(days)), index=days)
        assert same(metrics.cagr(one), 0.2)


def test_m13_the_first_calendar_year_is_kept() -> None:
    """A peer dropped a first year that lost 19 % and printed "Win Year 100 %"."""
    nav = curve(np.zeros(SESSIONS))
    nav[nav.index >= "2019-06-03"] *= 0.81
    nav[nav.index >= "2021-06-01"] *= 1.10
    years = metrics.yearly_returns(nav)
    assert years.to_dict() == near({2019: -0.19, 2020: 0.0, 2021: 0.1, 2022: 0.0, 2023: 0.0, 2024: 0.0})


def test_partial_years_and_months_start_from_the_base() -> None:
    nav = curve([0.10, -0.05, 0.20, 0.5], base="2019-12-27")  # then 30, 31 December, 2, 3 January
    assert metrics.yearly_returns(nav).to_dict() == near({2019: 1.1 * 0.95 - 1, 2020: 1.2 * 1.5 - 1})
    months = metrics.monthly_returns(nav)
    assert months.columns.tolist() == list(range(1, 13))
    assert (months.index.name, months.columns.name) == ("year", "month")
    assert months.loc[2019, 12] == near(1.1 * 0.95 - 1)
    assert months.loc[2020, 1] == near(1.2 * 1.5 - 1)
    assert months.notna().sum().sum() == 2


def test_the_month_of_the_base_is_not_a_month_of_returns() -> None:
    nav = curve([0.1, 0.1], base="2019-12-31")
    assert metrics.yearly_returns(nav).to_dict() == near({2020: 0.21})
    assert metrics.monthly_returns(nav).index.tolist() == [2020]


def test_m14_a_flat_curve_has_no_ratios_and_raises_nothing() -> None:
    """A peer's page crashes on it."""
    nav = curve(np.zeros(60))
    found = metrics.summary(nav, pair(6)[1])
    zero = {"total_return", "cagr", "volatility", "max_drawdown", "value_at_risk", "expected_shortfall"}
    assert {name: found[name] for name in zero} == dict.fromkeys(zero, 0.0)
    assert all(math.isnan(found[name]) for name in ("sharpe", "sortino", "calmar"))
    assert same(found["beta"], 0.0)
    assert len(metrics.drawdowns(nav)) == 0


@pytest.mark.parametrize(
    "returns",
    [
        [],
        [0.01],
        [-0.01],
        np.full(60, 0.001),  # no risk but the rounding of the levels
        [0.5, 0.9, 0.8],  # annualised beyond any number
        [9e9, 9e9, 9e9],
        [0.1, -1.0],
        [0.1, -1.0, 0.0],  # 0 over 0
        np.zeros(60),
    ],
    ids=["one bar", "one gain", "one loss", "steady", "steep", "absurd", "ruin", "after ruin", "flat"],
)
@pytest.mark.parametrize("benchmark", ["none", "flat", "moving", "itself"])
def test_summary_never_raises_and_is_never_infinite(returns: list[float], benchmark: str) -> None:
    nav = curve(returns)
    flat, moving = curve(np.zeros(60)), pair(7)[1]
    other = {"none": None, "flat": flat, "moving": moving, "itself": moving[nav.index]}[benchmark]
    found = metrics.summary(moving[nav.index] if benchmark == "itself" else nav, other)
    assert all(isinstance(value, float) and not math.isinf(value) for value in found.values())
    if benchmark in ("none", "flat"):
        assert all(math.isnan(found[name]) for name in ("beta", "alpha"))


def test_a_steady_curve_has_no_sharpe_ratio() -> None:
    """Its returns differ by the rounding of the levels only; the naive ratio is 1e14."""
    found = metrics.summary(curve(np.full(60, 0.001)))
    assert math.isnan(found["sharpe"])
    assert same(found["volatility"], 0.0)


def test_m15_a_drawdown_that_lasts_has_no_recovery() -> None:
    """A peer prints the last day of the data as the day of recovery."""
    nav = curve([0.1, -0.2, 0.05, -0.1])
    (row,) = metrics.drawdowns(nav).itertuples()
    assert row.recovered is pd.NaT
    assert (row.peak, row.trough, row.sessions) == (nav.index[1], nav.index[4], 3)
    assert same(row.depth, 0.8 * 1.05 * 0.9 - 1)
