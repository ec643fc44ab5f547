"""Kernels along time: row `i` of a result reads rows up to `i`, NaN are no observations."""

from __future__ import annotations

import numpy as np
from numba import njit

from screener.arrays import Matrix, Vector

__all__ = ["drawdown_nb", "momentum_nb", "rolling_mean_nb", "rolling_std_nb"]


@njit(cache=True)
def rolling_mean_nb(values: Matrix, window: int, min_count: int) -> Matrix:
    """Average the last `window` rows of each column; NaN with fewer than `min_count` values.

    Notes
    -----
    Every window is summed anew. A running sum is faster, but what a large value left behind in its last
    digits would stay there for ever.
    """
    out = np.full(values.shape, np.nan)
    for j in range(values.shape[1]):
        series = values[:, j].copy()
        for i in range(min_count - 1, len(series)):
            part = series[max(0, i + 1 - window) : i + 1]
            count, mean = count_and_mean_nb(part, 0.0)
            if count >= min_count:
                out[i, j] = mean
    return out


@njit(cache=True)
def rolling_std_nb(values: Matrix, window: int, min_count: int) -> Matrix:
    """Return the standard deviation (ddof = 1) of the last `window` rows; `min_count` is at least 2.

    Notes
    -----
    Two passes over distances from the last value of the window: equal values give 0 exactly, at any level.
    """
    out = np.full(values.shape, np.nan)
    for j in range(values.shape[1]):
        series = values[:, j].copy()
        origin = np.nan
        for i in range(len(series)):
            if not np.isnan(series[i]):
                origin = series[i]
            part = series[max(0, i + 1 - window) : i + 1]
            count, mean = count_and_mean_nb(part, origin)
            if count >= min_count:
                out[i, j] = np.sqrt(sum_of_squares_nb(part, origin, mean) / (count - 1))
    return out


@njit(cache=True)
def momentum_nb(prices: Matrix, window: int, skip: int) -> Matrix:
    """Return p[i - skip] / p[i - skip - window] - 1 on prices carried over NaN; NaN before the first."""
    out = np.full(prices.shape, np.nan)
    for j in range(prices.shape[1]):
        carried = carry_nb(prices[:, j])
        for i in range(window + skip, len(carried)):
            base = carried[i - skip - window]
            if base > 0.0:
                out[i, j] = carried[i - skip] / base - 1.0
    return out


@njit(cache=True)
def drawdown_nb(prices: Matrix) -> Matrix:
    """Return the distance from the highest price so far, at most 0; NaN on days without a price."""
    out = np.full(prices.shape, np.nan)
    for j in range(prices.shape[1]):
        peak = 0.0
        for i in range(prices.shape[0]):
            peak = max(peak, prices[i, j]) if not np.isnan(prices[i, j]) else peak
            if peak > 0.0:
                out[i, j] = prices[i, j] / peak - 1.0
    return out


@njit(cache=True)
def carry_nb(series: Vector) -> Vector:
    """Copy a column with each NaN replaced by the last value before it."""
    out = series.copy()
    for i in range(1, len(out)):
        if np.isnan(out[i]):
            out[i] = out[i - 1]
    return out


@njit(cache=True)
def count_and_mean_nb(part: Vector, origin: float) -> tuple[int, float]:
    """Count the values that are not NaN and average their distances from `origin`; NaN without any."""
    count, total = 0, 0.0
    for value in part:
        if not np.isnan(value):
            count += 1
            total += value - origin
    return count, total / count if count > 0 else np.nan


@njit(cache=True)
def sum_of_squares_nb(part: Vector, origin: float, mean: float) -> float:
    """Sum the squared distances of `part - origin` from their `mean`, NaN left out."""
    total = 0.0
    for value in part:
        if not np.isnan(value):
            total += (value - origin - mean) ** 2
    return total
