"""How sure a difference between two accounts is: a block bootstrap of their daily returns.

Days are drawn in blocks that run on circularly (Politis and Romano 1992), the same days for both accounts, so
that what they share cancels out and what lasts for some weeks stays together.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from screener.arrays import IntMatrix, Vector
from screener.market import calendar

__all__ = ["BLOCK", "DRAWS", "ENDS", "block_means", "block_starts", "excess_interval"]

BLOCK = 20  # sessions: a month, longer than the memory of daily differences
DRAWS = 2_000
LEVEL = 0.95
ENDS = ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0)  # quantiles of the draws


def excess_interval(
    nav: pd.Series, control: pd.Series, seed: int = 1, block: int = BLOCK, draws: int = DRAWS
) -> tuple[float, float]:
    """Return the 95 % interval of the excess a year of one account over another.

    Parameters
    ----------
    nav, control : Series (n_days,)
        Levels on the same sessions, the base first.
    seed : int
    block : int
        Sessions drawn together.
    draws : int

    Returns
    -------
    low, high : float
        The 2.5 % and 97.5 % quantiles of the difference of the two returns a year (CAGR) over the draws; NaN
        for accounts of less than two blocks or that lose everything.

    Notes
    -----
    An interval of what so many days would show by luck if coming days were like these; it knows nothing of
    how many rules were tried.
    """
    both = [np.diff(np.log(_positive(curve))) for curve in (nav, control)]
    n = len(both[0])
    if n < 2 * block or not all(np.isfinite(part).all() for part in both):
        return math.nan, math.nan
    a_year = n / calendar.years(nav.index[0], nav.index[-1])
    starts = block_starts(n, block, draws, seed)
    mine, theirs = (np.expm1(a_year * block_means(part, starts, block)) for part in both)
    low, high = np.quantile(mine - theirs, ENDS)
    return float(low), float(high)


def block_starts(n: int, block: int, draws: int, seed: int) -> IntMatrix:
    """Draw the first day of each block, (draws, blocks that cover n days)."""
    return np.random.default_rng(seed).integers(0, n, size=(draws, -(-n // block)))


def block_means(values: Vector, starts: IntMatrix, block: int) -> Vector:
    """Return the mean of each draw; its last block is cut so that it has as many days as there are values.

    Notes
    -----
    Sums over blocks come from one cumulative sum over the values and their beginning once more.
    """
    n = len(values)
    rest = n - (starts.shape[1] - 1) * block
    total = np.concatenate([[0.0], np.cumsum(np.concatenate([values, values[:block]]))])
    whole = (total[starts[:, :-1] + block] - total[starts[:, :-1]]).sum(axis=1)
    return (whole + total[starts[:, -1] + rest] - total[starts[:, -1]]) / n


def _positive(curve: pd.Series) -> Vector:
    """Return levels, NaN where everything is lost."""
    values = curve.to_numpy(dtype=np.float64)
    return np.where(values > 0.0, values, np.nan)
