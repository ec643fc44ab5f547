"""Our figures beside those of four libraries: equal where those are right, and where not, shown wrong.

Run against empyrical-reloaded 0.7.1, quantstats 0.0.86, ffn 1.4.1 and vectorbt 1.2.0. A number of theirs that
is wrong is written down; when a library mends it, its line fails and goes. The numbers M1 to M15 are those of
`tests/backtest/test_metrics_defects.py`, which holds our side without any library. What is not installed is
skipped: ``python -m pip install -c constraints.txt -e ".[test]"`` brings all of them.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from screener.backtest import metrics
from screener.errors import DataError
from tests.curves import A_YEAR, SESSIONS, curve, lists, near, pair, same

DRIVER = Path(__file__).with_name("drive_vectorbt.py")
SEEDS = range(5)
UNCOMPILED = range(2)


def library(name: str) -> ModuleType:
    """Import what others wrote, whatever it warns of at that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name)


@pytest.fixture(scope="module")
def empyrical(no_host: None) -> ModuleType:
    return library("empyrical")


@pytest.fixture(scope="module")
def qs(no_host: None) -> ModuleType:
    return library("quantstats")


@pytest.fixture(scope="module")
def ffn(no_host: None) -> ModuleType:
    return library("ffn")


FIRST_DAY = {"halved": [-0.5, 0.001], "a tenth": [-0.10, 0.02, -0.01, 0.30]}


@pytest.fixture(scope="module")
def vbt() -> dict[str, dict[str, float]]:
    """Ask vectorbt once, uncompiled: its functions would take minutes to compile for this."""
    curves = {name: (curve(returns), None) for name, returns in FIRST_DAY.items()}
    curves |= {f"pair {seed}": pair(seed) for seed in UNCOMPILED}
    task = {
        name: {
            "days": [f"{day:%Y-%m-%d}" for day in nav.index],
            "nav": nav.tolist(),
            "a_year": A_YEAR,
            "benchmark": None if other is None else other.tolist(),
        }
        for name, (nav, other) in curves.items()
    }
    done = subprocess.run(
        [sys.executable, str(DRIVER)],
        input=json.dumps(task),
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("seed", SEEDS)
def test_our_figures_are_those_of_empyrical(empyrical: ModuleType, seed: int) -> None:
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


@pytest.mark.parametrize("seed", SEEDS)
def test_our_figures_are_those_of_quantstats(qs: ModuleType, seed: int) -> None:
    nav, benchmark = pair(seed)
    mine, theirs = metrics.daily_returns(nav), metrics.daily_returns(benchmark)
    a_year = {"periods": A_YEAR}
    assert same(metrics.total_return(nav), qs.stats.comp(mine))
    assert same(metrics.cagr(nav), qs.stats.cagr(mine, **a_year))
    assert same(metrics.volatility(nav), qs.stats.volatility(mine, **a_year))
    assert same(metrics.sharpe(nav, 0.02), qs.stats.sharpe(mine, rf=0.02, **a_year))
    assert same(metrics.sortino(nav, 0.02), qs.stats.sortino(mine, rf=0.02, **a_year))
    assert same(metrics.max_drawdown(nav), qs.stats.max_drawdown(mine))
    assert same(metrics.calmar(nav), qs.stats.calmar(mine, **a_year))
    assert same(metrics.expected_shortfall(nav), qs.stats.cvar(mine, method="historical"))
    greeks = qs.stats.greeks(mine, theirs, **a_year)
    assert same(metrics.beta(nav, benchmark), greeks["beta"])
    assert same(metrics.alpha(nav, benchmark), greeks["alpha"])
    months = qs.stats.monthly_returns(mine)
    np.testing.assert_allclose(metrics.monthly_returns(nav), months.drop(columns="EOY"), atol=1e-12)
    np.testing.assert_allclose(metrics.yearly_returns(nav), months["EOY"], atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_our_figures_are_those_of_ffn(ffn: ModuleType, seed: int) -> None:
    nav, _ = pair(seed)
    mine = metrics.daily_returns(nav)
    assert same(metrics.total_return(nav), ffn.calc_total_return(nav))
    assert same(metrics.sharpe(nav, 0.02), ffn.calc_sharpe(mine, rf=0.02, nperiods=A_YEAR))
    assert same(metrics.sortino(nav, 0.02), ffn.calc_sortino_ratio(mine, rf=0.02, nperiods=A_YEAR))
    assert same(metrics.max_drawdown(nav), ffn.calc_max_drawdown(nav))
    falls = ffn.drawdown_details(ffn.to_drawdown_series(nav)).sort_values("drawdown").head(5)
    ours = metrics.drawdowns(nav)
    assert ours["depth"].tolist() == near(falls["drawdown"].tolist())


@pytest.mark.parametrize("seed", UNCOMPILED)
def test_our_figures_are_those_of_vectorbt_told_the_length_of_a_year(vbt: dict, seed: int) -> None:
    nav, benchmark = pair(seed)
    found = vbt[f"pair {seed}"]
    names = {
        "total": "total_return", "annualized": "cagr", "annualized_volatility": "volatility",
        "sharpe_ratio": "sharpe", "sortino_ratio": "sortino", "calmar_ratio": "calmar",
        "value_at_risk": "value_at_risk", "cond_value_at_risk": "expected_shortfall", "beta": "beta",
    }  # fmt: skip
    ours = metrics.summary(nav, benchmark)
    assert {own: found[name] for name, own in names.items()} == near({n: ours[n] for n in names.values()})


def test_m1_vectorbt_forgets_the_capital_before_the_first_day(vbt: dict) -> None:
    halved, tenth = curve(FIRST_DAY["halved"]), curve(FIRST_DAY["a tenth"])
    assert (metrics.max_drawdown(halved), metrics.max_drawdown(tenth)) == near((-0.5, -0.1))
    assert vbt["halved"]["max_drawdown"] == 0.0
    assert math.isnan(vbt["halved"]["calmar_ratio"])
    assert vbt["a tenth"]["max_drawdown"] == near(-0.01)
    # A share bought at 200 that closes at 100, then at 50: from 200 to 50.
    account = curve([-0.5, -0.5, 0.001])
    assert metrics.max_drawdown(account) == near(-0.75)
    assert vbt["halved"]["bought_at_twice_the_close"] == near(-0.5)


def test_m2_vectorbt_takes_365_days_a_year_and_bars_for_days(vbt: dict) -> None:
    nav, _ = pair(0)
    found = vbt["pair 0"]
    assert metrics.sharpe(nav) == near(found["sharpe_untold"] * math.sqrt(A_YEAR / 365))
    assert (round(metrics.sharpe(nav), 4), round(found["sharpe_untold"], 4)) == (0.5035, 0.6175)
    assert (found["period"], (nav.index[-1] - nav.index[0]).days) == (1_457, 2_195)
    assert found["benchmark"] == near(100.0 * metrics.total_return(nav))  # itself, not a benchmark


def test_m3_quantstats_goes_back_35_months_for_three_years(qs: ModuleType) -> None:
    nav = curve(np.zeros(SESSIONS))
    nav[nav.index >= "2022-01-05"] *= 0.5
    printed = qs.reports.metrics(metrics.daily_returns(nav), display=False)
    assert printed.loc["3Y (ann.)"].item() == 0.0
    assert metrics.trailing(nav, 3) == near(0.5 ** (1 / 3) - 1)


def test_m4_quantstats_leaves_out_the_days_before_the_first_trade(qs: ModuleType) -> None:
    nav, benchmark = late_start()
    mine, theirs = metrics.daily_returns(nav), metrics.daily_returns(benchmark)
    printed = qs.reports.metrics(mine, theirs, display=False, periods_per_year=A_YEAR)
    assert printed.loc["Start Period", "Strategy"] == "2019-05-09"
    kept = qs.reports._match_dates(mine, theirs)[0]
    assert (len(kept), len(mine)) == (1_374, 1_456)
    growth = 1.0 + metrics.total_return(nav)
    assert metrics.cagr(nav) == near(growth ** (1 / 6) - 1)
    theirs_a_year = growth ** (A_YEAR / len(kept)) - 1
    assert qs.stats.cagr(kept, periods=A_YEAR) == near(theirs_a_year)
    assert theirs_a_year - metrics.cagr(nav) > 0.003


def test_m5_quantstats_sets_a_whole_year_of_the_benchmark_beside_part_of_ours(qs: ModuleType) -> None:
    nav, benchmark = late_start()
    mine, theirs = metrics.daily_returns(nav), metrics.daily_returns(benchmark)
    kept, same_days = qs.reports._match_dates(mine, theirs)
    printed = qs.stats.compare(kept, theirs, aggregate="YE", compounded=True)  # as its page does
    in_the_window = math.prod(1 + r for r in same_days["2019"]) - 1
    whole = math.prod(1 + r for r in theirs["2019"]) - 1
    assert printed.loc[2019, "Benchmark"] == near(100 * whole)
    assert abs(whole - in_the_window) > 0.05
    ours = metrics.yearly_returns(metrics.align(nav[same_days.index[0] :], benchmark))
    late = benchmark[same_days.index[0]]
    assert ours[2019] == near(benchmark[:"2019-12-31"].iloc[-1] / late - 1)


def test_m6_quantstats_takes_missing_days_of_a_benchmark_for_still_ones(qs: ModuleType) -> None:
    nav, benchmark = pair(0)
    theirs = metrics.daily_returns(benchmark)
    holed = theirs[np.random.default_rng(0).random(SESSIONS) > 0.2]
    printed = qs.reports.metrics(metrics.daily_returns(nav), holed, display=False)
    assert printed.loc["Cumulative Return", "Benchmark"] == -0.07
    assert metrics.total_return(benchmark) == near(math.prod(1 + r for r in theirs) - 1)
    assert round(metrics.total_return(benchmark), 2) == 0.29
    with pytest.raises(DataError, match="sessions are missing"):
        metrics.summary(nav, benchmark[[nav.index[0], *holed.index]])


def test_m7_dates_with_and_without_a_zone_stop_quantstats_and_empyrical(
    qs: ModuleType, empyrical: ModuleType
) -> None:
    nav, benchmark = pair(0)
    mine, theirs = metrics.daily_returns(nav), metrics.daily_returns(benchmark)
    aware = theirs.tz_localize("Asia/Shanghai")
    with pytest.raises(TypeError):
        qs.reports.metrics(mine, aware, display=False)
    with pytest.raises(TypeError):
        empyrical.beta(mine, aware)
    slope = np.polyfit(theirs, mine, 1)[0]
    assert metrics.beta(nav, benchmark.tz_localize("Asia/Shanghai")) == near(slope)


def test_m8_quantstats_takes_great_gains_for_prices(qs: ModuleType) -> None:
    returns = [0.0, 0.02, 1.5, 0.0, 0.01, 0.03]
    nav = curve(returns)
    found = metrics.daily_returns(nav)
    assert (metrics.max_drawdown(nav), qs.stats.max_drawdown(found)) == (0.0, -1.0)
    assert qs.stats.cagr(found, periods=244) == -1.0
    assert metrics.sharpe(nav) == near(np.mean(returns) / np.std(returns, ddof=1) * math.sqrt(244))
    assert (round(metrics.sharpe(nav), 2), round(qs.stats.sharpe(found, periods=244), 2)) == (6.68, 9.20)


def test_m9_quantstats_takes_the_tail_of_a_normal_distribution(qs: ModuleType) -> None:
    nav = curve([-0.10, -0.01, *np.linspace(0.0, 0.02, 19)])
    found = metrics.daily_returns(nav)
    assert (metrics.value_at_risk(nav), metrics.expected_shortfall(nav)) == near((-0.01, -0.055))
    assert (round(qs.stats.var(found), 4), round(qs.stats.cvar(found), 4)) == (-0.0371, -0.0475)


def test_m10_the_information_ratio_of_all_four_is_that_of_a_day(
    qs: ModuleType, ffn: ModuleType, empyrical: ModuleType, vbt: dict
) -> None:
    nav, benchmark = pair(0)
    mine, theirs = metrics.daily_returns(nav), metrics.daily_returns(benchmark)
    active = mine - theirs
    daily = {
        "quantstats": qs.stats.information_ratio(mine, theirs),
        "empyrical": empyrical.excess_sharpe(mine, theirs),
        "ffn": ffn.calc_information_ratio(mine, theirs),
        "vectorbt": vbt["pair 0"]["information_ratio"],
    }
    assert daily == near(dict.fromkeys(daily, active.mean() / active.std()))
    ours = metrics.information_ratio(nav, benchmark)
    assert ours == near(daily["ffn"] * math.sqrt(A_YEAR))
    assert (round(ours, 4), round(daily["ffn"], 4)) == (0.2855, 0.0183)
    assert qs.stats.information_ratio(theirs, theirs) == 0  # a number where there is no risk
    assert math.isnan(metrics.information_ratio(benchmark, benchmark))


def test_m11_quantstats_drops_still_days_from_its_win_rate(qs: ModuleType) -> None:
    nav = curve([0.01, 0.0, 0.0, -0.01])
    assert (metrics.hit_rate(nav), qs.stats.win_rate(metrics.daily_returns(nav))) == (0.25, 0.5)


def test_m11_empyrical_and_vectorbt_compound_alpha(empyrical: ModuleType, vbt: dict) -> None:
    nav, benchmark = pair(0)
    mine, theirs = lists(0)
    _, intercept = np.polyfit(theirs, mine, 1)
    assert metrics.alpha(nav, benchmark) == near(intercept * A_YEAR)
    compounded = empyrical.alpha(*map(metrics.daily_returns, pair(0)), annualization=A_YEAR)
    assert [compounded, vbt["pair 0"]["alpha"]] == near([(1 + intercept) ** A_YEAR - 1] * 2)
    assert (round(100 * metrics.alpha(nav, benchmark), 2), round(100 * compounded, 2)) == (5.25, 5.39)


def test_m12_a_year_of_252_days_overstates_a_year_in_shanghai(
    qs: ModuleType, empyrical: ModuleType, ffn: ModuleType
) -> None:
    doubled = curve(np.full(SESSIONS, 2.0 ** (1 / SESSIONS) - 1))  # in exactly six calendar years
    returns = metrics.daily_returns(doubled)
    assert metrics.cagr(doubled) == near(2.0 ** (1 / 6) - 1)
    assert round(100 * metrics.cagr(doubled), 2) == 12.25
    assert (round(100 * qs.stats.cagr(returns), 2), round(100 * empyrical.cagr(returns), 2)) == (12.75, 12.75)
    assert round(100 * ffn.calc_cagr(doubled), 2) == 12.23  # by days of the almanac from the base


def test_m13_ffn_leaves_out_the_year_that_a_curve_starts_in(ffn: ModuleType) -> None:
    nav = curve(np.zeros(SESSIONS - 1), base="2019-01-02")
    nav[nav.index >= "2019-06-03"] *= 0.81
    nav[nav.index >= "2021-06-01"] *= 1.10
    found = ffn.calc_stats(nav).stats
    assert (found["worst_year"], found["best_year"], found["win_year_perc"]) == near((0.0, 0.1, 0.2))
    assert metrics.yearly_returns(nav)[2019] == near(-0.19)
    assert metrics.yearly_returns(nav).min() == near(-0.19)


def test_m14_a_flat_curve_stops_quantstats(qs: ModuleType) -> None:
    flat, (_, benchmark) = curve(np.zeros(60)), pair(0)
    returns = metrics.daily_returns(flat)
    with pytest.raises(ValueError, match="linear regression"):
        qs.reports.metrics(returns, metrics.daily_returns(benchmark)[:60], display=False, mode="full")
    found = metrics.summary(flat, benchmark)
    assert (found["total_return"], found["max_drawdown"], found["beta"]) == (0.0, 0.0, 0.0)
    assert math.isnan(found["sharpe"])


def test_m15_quantstats_dates_a_recovery_that_never_came(qs: ModuleType) -> None:
    nav = curve([0.1, -0.2, 0.05, -0.1])
    (row,) = qs.stats.drawdown_details(qs.stats.to_drawdown_series(metrics.daily_returns(nav))).itertuples()
    assert row.end == f"{nav.index[-1]:%Y-%m-%d}"  # its page heads this column "Recovered"
    (ours,) = metrics.drawdowns(nav).itertuples()
    assert ours.recovered is pd.NaT
    assert ours.depth == near(nav.iloc[-1] / nav.max() - 1)


def late_start() -> tuple[pd.Series, pd.Series]:
    """Return a curve that stands still for 80 sessions, and a benchmark that does not."""
    mine, theirs = lists(0)
    early = np.where(np.arange(SESSIONS) < 80, 0.001, 0.0)
    return curve([*[0.0] * 80, *mine[80:]]), curve(np.array(theirs) + early, capital=3_000.0)
