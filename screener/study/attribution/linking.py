"""Daily effects made to add up to a difference of compounded returns (Carino 1999)."""

from __future__ import annotations

import numpy as np

from screener.arrays import Vector

__all__ = ["compounded", "link"]


def compounded(returns: Vector) -> float:
    """Return what daily returns compound to; 0 for none."""
    return float(np.prod(1.0 + returns) - 1.0)


def link(rule: Vector, other: Vector) -> Vector:
    """Return the factor of each day that makes its arithmetic effects add up over the window.

    Parameters
    ----------
    rule, other : ndarray (n_days,)
        Daily returns above -1.

    Returns
    -------
    ndarray (n_days,)
        The sum over days of factor x (rule - other) is the difference of the compounded returns. NaN where
        an account lost everything.

    Notes
    -----
    k_t / K with k_t = [ln(1 + rule) - ln(1 + other)] / (rule - other), and K the same of the compounded
    returns; 1 / (1 + return) in the limit of equal returns.

    References
    ----------
    D. Carino, Combining attribution effects over time, Journal of Performance Measurement 3 (4), 1999.
    """
    total = np.array([compounded(rule)]), np.array([compounded(other)])
    with np.errstate(invalid="ignore", divide="ignore"):
        return _factor(rule, other) / _factor(*total)


def _factor(rule: Vector, other: Vector) -> Vector:
    away = rule - other
    base = 1.0 + other
    same = away == 0.0
    # ln of the ratio rather than a difference of logarithms: exact however close the returns are
    return np.where(same, 1.0 / base, np.log1p(away / base) / np.where(same, 1.0, away))
