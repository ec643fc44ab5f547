"""The interval of an excess, against its slow twin and against what theory says."""

import math

import numpy as np
import pandas as pd
import pytest

from screener.market import calendar
from screener.study.bootstrap import block_means, block_starts, excess_interval


def curve(returns):
    """Return a level on real sessions, 100 on the day before the first return."""
    days = calendar.sessions("2020-01-02")[: len(returns) + 1]
    return pd.Series(100.0 * np.exp(np.concatenate([[0.0], np.cumsum(returns)])), index=days)


def slow_interval(nav, control, starts, block):
    """Draw day by day: compound the drawn days of each account and take the difference of the rates."""
    mine, theirs = (curve.to_numpy()[1:] / curve.to_numpy()[:-1] for curve in (nav, control))
    n, years = len(mine), calendar.years(nav.index[0], nav.index[-1])
    gaps = []
    for row in starts:
        days = [(start + k) % n for start in row for k in range(block)][:n]
        grown = [math.prod(part[day] for day in days) ** (1.0 / years) - 1.0 for part in (mine, theirs)]
        gaps.append(grown[0] - grown[1])
    return np.quantile(gaps, [0.025, 0.975])


@pytest.mark.parametrize(("n", "block"), [(100, 20), (103, 20), (90, 7), (40, 20), (55, 1)])
def test_the_interval_is_that_of_the_slow_twin(n, block):
    rng = np.random.default_rng(n)
    nav, control = curve(rng.normal(0.001, 0.02, n)), curve(rng.normal(0.0, 0.02, n))
    got = excess_interval(nav, control, seed=5, block=block, draws=60)
    expected = slow_interval(nav, control, block_starts(n, block, 60, 5), block)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)


def test_every_day_is_drawn_as_often_as_any_other():
    starts = block_starts(45, 20, 20_000, 1)
    means = [block_means(np.eye(45)[day], starts, 20).mean() for day in (0, 1, 22, 44)]
    np.testing.assert_allclose(means, 1 / 45, rtol=0.05)


def test_for_independent_days_the_interval_is_as_wide_as_the_normal_law_says():
    rng = np.random.default_rng(11)
    noise = rng.normal(0.0, 0.004, 1_400)
    nav, control = curve(noise), curve(np.zeros(1_400))
    low, high = excess_interval(nav, control, draws=4_000)
    years = calendar.years(nav.index[0], nav.index[-1])
    error = noise.std() * math.sqrt(1_400) / years  # of a sum of 1,400 days, a year
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.12)


def test_days_that_last_widen_the_interval_and_days_in_common_do_not():
    rng = np.random.default_rng(4)
    weeks = np.repeat(rng.normal(0.0, 0.004, 140), 10)
    alone = np.array([excess_interval(curve(w), curve(weeks * 0)) for w in (weeks, rng.permutation(weeks))])
    assert np.ptp(alone[0]) > 1.8 * np.ptp(alone[1])
    common = rng.normal(0.0, 0.03, 1_400)
    low, high = excess_interval(curve(common + 0.0004), curve(common))
    assert 0.0 < low < high


def test_a_seed_gives_the_same_interval_and_too_few_days_or_a_loss_of_all_give_none():
    rng = np.random.default_rng(0)
    nav, control = curve(rng.normal(0, 0.02, 200)), curve(rng.normal(0, 0.02, 200))
    assert excess_interval(nav, control, seed=3) == excess_interval(nav, control, seed=3)
    assert excess_interval(nav, control, seed=3) != excess_interval(nav, control, seed=4)
    lost = nav.copy()
    lost.iloc[-1] = 0.0
    for pair in ((nav.iloc[:40], control.iloc[:40]), (lost, control)):
        assert all(math.isnan(value) for value in excess_interval(*pair))
