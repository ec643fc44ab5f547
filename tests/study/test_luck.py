"""How likely a ratio is luck: the printed examples of the papers, and what a simulation says."""

import math

import numpy as np
import pandas as pd
import pytest

from screener.backtest import metrics
from screener.market import calendar
from screener.study.luck import (
    best_by_chance,
    luck,
    luck_of_excess,
    minimum_length,
    probabilistic_sharpe,
    shape,
)


def curve(returns):
    days = calendar.sessions("2020-01-02")[: len(returns) + 1]
    return pd.Series(100.0 * np.cumprod(np.concatenate([[1.0], 1.0 + returns])), index=days)


# Bailey and Lopez de Prado 2012: a fund of 24 months, first as if its returns were normal
@pytest.mark.parametrize(("skewness", "kurtosis", "printed"), [(0.0, 3.0, 0.982), (-2.448, 10.164, 0.913)])
def test_the_probabilistic_ratio_of_the_paper(skewness, kurtosis, printed):
    assert probabilistic_sharpe(0.458, 0.0, 24, skewness, kurtosis) == pytest.approx(printed, abs=5e-4)


# the same paper: years of a ratio of 2 a year to be above 1 with 95 %
@pytest.mark.parametrize(
    ("periods", "skewness", "kurtosis", "printed"), [(252, 0.0, 3.0, 2.73), (12, -0.72, 5.78, 4.99)]
)
def test_the_minimum_track_record_of_the_paper(periods, skewness, kurtosis, printed):
    root = math.sqrt(periods)
    assert minimum_length(2 / root, 1 / root, skewness, kurtosis) / periods == pytest.approx(
        printed, abs=5e-3
    )


# Bailey and Lopez de Prado 2014: 2.5 a year over 1,250 days after 100 trials, and had there been 46
@pytest.mark.parametrize(("trials", "printed"), [(100, 0.9004), (46, 0.9505)])
def test_the_deflated_ratio_of_the_paper(trials, printed):
    bar = best_by_chance(trials, math.sqrt(0.5 / 250))
    got = probabilistic_sharpe(2.5 / math.sqrt(250), bar, 1250, -3.0, 10.0)
    assert got == pytest.approx(printed, abs=5e-5)
    assert trials != 100 or bar == pytest.approx(0.1132, abs=5e-5)


@pytest.mark.parametrize("trials", [10, 100, 1000])
def test_the_best_by_chance_is_the_mean_of_simulated_maxima(trials):
    drawn = np.random.default_rng(trials).normal(0.0, 0.3, (4_000, trials)).max(axis=1)
    assert best_by_chance(trials, 0.3) == pytest.approx(drawn.mean(), rel=0.03)


def test_a_true_ratio_at_the_bar_gives_probabilities_spread_evenly():
    rng, bar, n = np.random.default_rng(5), 0.05, 400
    drawn = rng.normal(bar, 1.0, (3_000, n))
    ratios = drawn.mean(axis=1) / drawn.std(axis=1, ddof=1)
    got = np.array([probabilistic_sharpe(ratio, bar, n, 0.0, 3.0) for ratio in ratios])
    for level in (0.05, 0.5, 0.95):
        assert (got < level).mean() == pytest.approx(level, abs=0.02)


def test_the_minimum_length_is_where_the_probability_reaches_the_confidence():
    needed = minimum_length(0.06, 0.01, -0.4, 6.0)
    low, high = (
        probabilistic_sharpe(0.06, 0.01, n, -0.4, 6.0) for n in (math.floor(needed), math.ceil(needed))
    )
    assert low < 0.95 <= high
    assert math.isnan(minimum_length(0.01, 0.01, 0.0, 3.0))


def test_shape_is_that_of_moments_summed_one_by_one():
    values = np.random.default_rng(2).exponential(1.0, 500)
    mean = sum(values) / 500
    second, third, fourth = (sum((v - mean) ** k for v in values) / 500 for k in (2, 3, 4))
    assert shape(values) == pytest.approx((third / second**1.5, fourth / second**2), rel=1e-12)
    assert np.isnan(shape(np.full(9, 0.1))).all()


def test_an_account_is_deflated_by_the_settings_that_were_tried():
    nav = curve(np.random.default_rng(3).normal(0.001, 0.015, 750))
    alone, tried = luck(nav), luck(nav, [0.2, -0.4, math.nan])
    year = calendar.sessions_a_year(nav.index[0], nav.index[-1])
    assert alone.sharpe == metrics.sharpe(nav)
    assert (alone.trials, alone.threshold, alone.deflated) == (1, 0.0, alone.probabilistic)
    assert alone.reason == "no other setting was recorded: not deflated"
    assert tried.trials == 4
    assert tried.spread == pytest.approx(np.std([alone.sharpe, 0.2, -0.4], ddof=1))
    assert tried.threshold == pytest.approx(best_by_chance(4, tried.spread))
    assert 0.5 < tried.deflated < tried.probabilistic
    assert tried.probabilistic == pytest.approx(
        probabilistic_sharpe(tried.sharpe / math.sqrt(year), 0.0, 750, tried.skewness, tried.kurtosis)
    )
    assert tried.minimum_years == tried.minimum_days / year
    assert tried.reason == ""


def test_an_excess_has_the_information_ratio_of_the_page():
    rng = np.random.default_rng(4)
    market = rng.normal(0.0, 0.02, 600)
    nav, control = curve(market + rng.normal(0.0002, 0.004, 600)), curve(market)
    got = luck_of_excess(nav, control, [0.1])
    assert got.sharpe == pytest.approx(metrics.information_ratio(nav, control), abs=1e-9)
    assert got.trials == 2


def test_what_is_not_defined_is_not_a_number_and_says_why():
    flat = luck(curve(np.zeros(100)))
    assert flat.reason == "the account has no Sharpe ratio"
    assert np.isnan([flat.sharpe, flat.probabilistic, flat.deflated, flat.minimum_days]).all()
    lost = curve(np.array([0.01, -1.0, 0.0]))
    for judged in (luck(lost), luck_of_excess(lost, curve(np.zeros(3)))):
        assert math.isnan(judged.sharpe) and math.isnan(judged.deflated)
    nav = curve(np.random.default_rng(1).normal(0.001, 0.01, 100))
    unknown = luck(nav, [math.nan])
    assert unknown.reason == "the other trials have no known Sharpe ratio"
    assert math.isnan(unknown.deflated) and not math.isnan(unknown.probabilistic)
