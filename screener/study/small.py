"""Honest intervals for the few: a mean of some events, a correlation of some quarters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from screener.arrays import Vector

__all__ = ["correlation", "detectable", "mean_interval", "student"]

NORMAL = 1.959964
POWER = 0.841621  # 80 % quantile of the normal
# 97.5 % quantile of Student's t for 1 to 30 degrees of freedom (any printed table)
STUDENT = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


def student(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's t; past 30 the first terms of its expansion."""
    if freedom < 1:
        return math.nan
    if freedom <= len(STUDENT):
        return STUDENT[freedom - 1]
    z = NORMAL
    return z + (z**3 + z) / (4.0 * freedom) + (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / (96.0 * freedom**2)


def mean_interval(values: Sequence[float] | Vector) -> tuple[float, float, float, int]:
    """Return mean, the ends of its 95 % interval and the number of values, each counted as independent.

    NaN is left out; an interval needs two values.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    n = len(known)
    if n == 0:
        return math.nan, math.nan, math.nan, 0
    mean = float(known.mean())
    wide = student(n - 1) * float(known.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
    return mean, mean - wide, mean + wide, n


def correlation(first: Vector, second: Vector) -> tuple[float, float, float, float]:
    """Return a correlation, its 95 % interval and the number of independent pairs that it is worth.

    Notes
    -----
    Fisher's z on n (1 - a b) / (1 + a b) pairs, at most n, where a and b are the first autocorrelations of
    the two series (Bartlett 1935, Quenouille 1947): slow series repeat themselves. Pairs with NaN are left
    out; NaN for fewer than five pairs, and no interval where the pairs are worth no more than four.
    """
    both = ~(np.isnan(first) | np.isnan(second))
    x, y = first[both], second[both]
    n = len(x)
    if n < 5 or x.std() == 0.0 or y.std() == 0.0:
        return math.nan, math.nan, math.nan, float(n)
    r = float(np.corrcoef(x, y)[0, 1])
    slow = _memory(x) * _memory(y)
    worth = min(float(n), n * (1.0 - slow) / (1.0 + slow))
    if worth <= 4.0 or abs(r) >= 1.0:
        return r, math.nan, math.nan, worth
    wide = NORMAL / math.sqrt(worth - 3.0)
    return r, math.tanh(math.atanh(r) - wide), math.tanh(math.atanh(r) + wide), worth


def detectable(worth: float) -> float:
    """Return the smallest true correlation that so many independent pairs would tell from 0.

    Notes
    -----
    At 5 % on both sides, with a chance of 80 %, by Fisher's z; NaN for four pairs and fewer.

    Examples
    --------
    >>> round(detectable(24), 2), round(detectable(103), 2)
    (0.55, 0.27)
    """
    return math.tanh((NORMAL + POWER) / math.sqrt(worth - 3.0)) if worth > 4.0 else math.nan


def _memory(values: Vector) -> float:
    """Return the correlation of a series with itself one step before."""
    away = values - values.mean()
    return float((away[1:] * away[:-1]).sum() / (away * away).sum())
