"""Kernels across assets: row `i` of a result reads row `i`, and of memberships the row before."""

from __future__ import annotations

import numpy as np
from numba import njit

from screener.arrays import Flags, Matrix, Vector
from screener.kernels.rolling import count_and_mean_nb, sum_of_squares_nb

__all__ = ["cross_rank_nb", "cross_zscore_nb", "theme_index_nb"]


@njit(cache=True)
def cross_rank_nb(values: Matrix) -> Matrix:
    """Rank each row from -1 (lowest) to 1 (highest), ties averaged; NaN stays NaN, a single value ranks 0.

    Notes
    -----
    With `n` values, `below` smaller ones and `upto` not larger ones, the average rank of a tie, scaled, is
    (below + upto - n) / (n - 1): whole numbers but for the last step, so that ranks are exactly symmetric.
    """
    out = np.full(values.shape, np.nan)
    for i in range(values.shape[0]):
        row = values[i]
        ordered = np.sort(row[~np.isnan(row)])
        n = len(ordered)
        for j in range(len(row)):
            if not np.isnan(row[j]):
                below = np.searchsorted(ordered, row[j], side="left")
                upto = np.searchsorted(ordered, row[j], side="right")
                out[i, j] = (below + upto - n) / max(n - 1, 1)
    return out


@njit(cache=True)
def cross_zscore_nb(values: Matrix) -> Matrix:
    """Return each row less its mean, over its standard deviation (ddof = 0); 0 where all values are equal."""
    out = np.full(values.shape, np.nan)
    for i in range(values.shape[0]):
        row = values[i]
        origin = first_value_nb(row)
        count, mean = count_and_mean_nb(row, origin)
        spread = np.sqrt(sum_of_squares_nb(row, origin, mean) / max(count, 1))
        for j in range(len(row)):
            if not np.isnan(row[j]):
                out[i, j] = (row[j] - origin - mean) / spread if spread > 0.0 else 0.0
    return out


@njit(cache=True)
def theme_index_nb(returns: Matrix, members: Flags) -> Vector:
    """Compound the mean return of yesterday's members; 1 on the first day with members, NaN before."""
    n_days, n_assets = returns.shape
    out = np.full(n_days, np.nan)
    for i in range(n_days):
        if i == 0 or np.isnan(out[i - 1]):
            if members[i].any():
                out[i] = 1.0
            continue
        count, total = 0, 0.0
        for j in range(n_assets):
            if members[i - 1, j] and not np.isnan(returns[i, j]):
                count += 1
                total += returns[i, j]
        out[i] = out[i - 1] * (1.0 + total / max(count, 1))
    return out


@njit(cache=True)
def first_value_nb(row: Vector) -> float:
    """Return the first value that is not NaN, or NaN."""
    for value in row:
        if not np.isnan(value):
            return value
    return np.nan
