"""The figures of one pass against the definitions of the page, and where there is nothing to measure."""

import numpy as np
import pandas as pd
import pytest

from screener.backtest import metrics
from screener.kernels.figures import figures_nb
from screener.market import calendar


@pytest.mark.parametrize("seed", range(10))
def test_they_are_those_of_the_page(seed):
    rng = np.random.default_rng(seed)
    days = calendar.sessions("2019-01-02")[: int(rng.integers(30, 1_500))]
    nav = np.rint(1e9 * np.cumprod(1 + rng.normal(0.0003, 0.02, len(days)))).astype(np.int64)
    curve = pd.Series(nav / 100.0, index=days)
    year = calendar.sessions_a_year(days[0], days[-1])
    page = (metrics.total_return, metrics.volatility, metrics.sharpe, metrics.max_drawdown)
    assert figures_nb(nav, year) == pytest.approx([figure(curve) for figure in page], rel=1e-11)


def test_a_flat_curve_has_no_sharpe_ratio_and_a_single_day_no_spread():
    growth, volatility, sharpe, drawdown = figures_nb(np.full(50, 7), 243.0)
    assert (growth, volatility, drawdown) == (0.0, 0.0, 0.0) and np.isnan(sharpe)
    growth, volatility, sharpe, drawdown = figures_nb(np.array([100]), 243.0)
    assert (growth, drawdown) == (0.0, 0.0) and np.isnan([volatility, sharpe]).all()


def test_a_fall_is_measured_from_the_highest_level_so_far():
    assert figures_nb(np.array([100, 120, 90, 130, 117]), 243.0)[3] == -0.25
