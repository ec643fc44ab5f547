"""Figures of a curve in one pass, for where many curves are compared."""

from __future__ import annotations

import numpy as np

from screener.kernels._jit import kernel


@kernel
def figures_nb(nav, sessions_a_year):
    """Return the figures by which curves are ranked.

    Parameters
    ----------
    nav : ndarray (n_days,)
        Levels above 0, whole fen or CNY; the first is the base.
    sessions_a_year : float

    Returns
    -------
    growth, volatility, sharpe, drawdown : float
        Last level over the first less 1; standard deviation of daily returns (ddof 1) times the root of the
        sessions a year; mean over standard deviation, annualised; deepest fall from a peak. NaN where a
        figure is not defined. The same as in `screener.backtest.metrics` at a risk-free rate of 0.

    Notes
    -----
    The variance is updated as in Welford (1962), which does not cancel.
    """
    n, peak, drawdown = 0, float(nav[0]), 0.0
    mean, squares = 0.0, 0.0
    for i in range(1, len(nav)):
        level = float(nav[i])
        change = level / float(nav[i - 1]) - 1.0
        n += 1
        away = change - mean
        mean += away / n
        squares += away * (change - mean)
        peak = max(peak, level)
        drawdown = min(drawdown, level / peak - 1.0)
    spread = np.sqrt(squares / (n - 1)) if n > 1 else np.nan
    root = np.sqrt(sessions_a_year)
    sharpe = mean / spread * root if spread >= 1e-12 else np.nan
    return nav[-1] / nav[0] - 1.0, spread * root, sharpe, drawdown
