"""How much daily returns scatter."""

from __future__ import annotations

import pandas as pd

from screener.arrays import to_matrix
from screener.kernels.rolling import rolling_std_nb
from screener.signals._checks import check_count, check_frame, like

__all__ = ["volatility"]


def volatility(returns: pd.DataFrame, window: int, min_count: int | None = None) -> pd.DataFrame:
    """Return the standard deviation of the last `window` daily returns, a day and not annualised.

    Parameters
    ----------
    returns : DataFrame (n_days, n_assets)
        Daily total returns, fractions.
    window : int >= 2
    min_count : int in [2, window], default `window`
        Fewest returns that it may rest on.

    Raises
    ------
    ValueError
        If `window` or `min_count` is out of range, or days are not in order.

    Notes
    -----
    ddof = 1. NaN: left out; fewer than `min_count` returns in the window give NaN. A suspended day whose
    return is given as 0 counts as a day on which nothing happened: mask it first if it should not.
    """
    check_frame("returns", returns)
    window = check_count("window", window, 2)
    fewest = window if min_count is None else check_count("min_count", min_count, 2, window)
    return like(returns, rolling_std_nb(to_matrix(returns), window, fewest))
