"""Signals of one price series: how far it came, where it usually is, how far below its peak."""

from __future__ import annotations

import pandas as pd

from screener.arrays import to_matrix
from screener.kernels.rolling import drawdown_nb, momentum_nb, rolling_mean_nb
from screener.signals._checks import check_count, check_frame, like

__all__ = ["drawdown", "momentum", "moving_average"]


def momentum(prices: pd.DataFrame, window: int, skip: int = 0) -> pd.DataFrame:
    """Measure the return over `window` sessions that ended `skip` sessions ago.

    Parameters
    ----------
    prices : DataFrame (n_days, n_assets)
        Total-return close, CNY; NaN on days without a bar.
    window : int >= 1
        Sessions from the first price to the second.
    skip : int >= 0
        Sessions left out at the end, because the last few days tend to reverse.

    Returns
    -------
    DataFrame (n_days, n_assets)
        price(t - skip) / price(t - skip - window) - 1, a fraction.

    Raises
    ------
    ValueError
        If `window` or `skip` is out of range, or days are not in order.

    Notes
    -----
    NaN: each of the two prices is the last one at or before its day, so a suspended stock keeps its price and
    a stock whose prices ended comes to rest at 0. Without a price at or before t - skip - window it is NaN.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04"], name="date")
    >>> prices = pd.DataFrame({"300308.SZ": [100.0, 105.0, 110.0]}, index=days)
    >>> float(momentum(prices, window=2)["300308.SZ"].iloc[-1].round(4))
    0.1
    """
    check_frame("prices", prices)
    window, skip = check_count("window", window, 1), check_count("skip", skip, 0)
    return like(prices, momentum_nb(to_matrix(prices), window, skip))


def moving_average(prices: pd.DataFrame, window: int, min_count: int | None = None) -> pd.DataFrame:
    """Average the last `window` sessions.

    Parameters
    ----------
    prices : DataFrame (n_days, n_assets)
        Total-return close, CNY; NaN on days without a bar.
    window : int >= 1
    min_count : int in [1, window], default `window`
        Fewest prices that an average may rest on.

    Raises
    ------
    ValueError
        If `window` or `min_count` is out of range, or days are not in order.

    Notes
    -----
    NaN: left out, never carried forward; fewer than `min_count` prices in the window give NaN.
    """
    check_frame("prices", prices)
    window = check_count("window", window, 1)
    fewest = window if min_count is None else check_count("min_count", min_count, 1, window)
    return like(prices, rolling_mean_nb(to_matrix(prices), window, fewest))


def drawdown(prices: pd.DataFrame) -> pd.DataFrame:
    """Measure the distance from the highest price so far.

    Parameters
    ----------
    prices : DataFrame (n_days, n_assets)
        Total-return close, CNY; NaN on days without a bar.

    Returns
    -------
    DataFrame (n_days, n_assets)
        price / highest price so far - 1, a fraction in [-1, 0].

    Raises
    ------
    ValueError
        If days are not in order.

    Notes
    -----
    NaN: stays NaN; the peak is remembered over it.
    """
    check_frame("prices", prices)
    return like(prices, drawdown_nb(to_matrix(prices)))
