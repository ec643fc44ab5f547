"""Signals across assets: each day compared with the other columns of the same day."""

from __future__ import annotations

import pandas as pd

from screener.arrays import to_matrix
from screener.kernels.cross import cross_rank_nb, cross_zscore_nb
from screener.signals._checks import check_frame, like

__all__ = ["cross_rank", "cross_zscore"]


def cross_rank(values: pd.DataFrame) -> pd.DataFrame:
    """Rank the columns of each day, from -1 for the lowest to 1 for the highest.

    Parameters
    ----------
    values : DataFrame (n_days, n_assets)

    Returns
    -------
    DataFrame (n_days, n_assets)
        (rank - 1) / (n - 1) scaled to [-1, 1], n = values of the day; ties share their average rank.

    Raises
    ------
    ValueError
        If days are not in order.

    Notes
    -----
    NaN: stays NaN and takes no rank. A single value ranks 0, and so do values that are all equal.

    Examples
    --------
    >>> day = pd.DatetimeIndex(["2024-01-02"], name="date")
    >>> cross_rank(pd.DataFrame([[3.0, 1.0, 2.0]], index=day)).iloc[0].tolist()
    [1.0, -1.0, 0.0]
    """
    check_frame("values", values)
    return like(values, cross_rank_nb(to_matrix(values)))


def cross_zscore(values: pd.DataFrame) -> pd.DataFrame:
    """Return how many standard deviations each value lies from the mean of its day.

    Parameters
    ----------
    values : DataFrame (n_days, n_assets)

    Raises
    ------
    ValueError
        If days are not in order.

    Notes
    -----
    ddof = 0: the values of a day are all there are, not a sample. NaN: stays NaN and is left out of mean and
    deviation. A single value scores 0, and so do values that are all equal.
    """
    check_frame("values", values)
    return like(values, cross_zscore_nb(to_matrix(values)))
