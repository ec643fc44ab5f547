"""Curves of levels by session: what a figure may be computed on, and a benchmark put beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.errors import DataError
from screener.market import calendar

__all__ = ["align", "daily_returns", "levels"]

SHANGHAI = "Asia/Shanghai"
MISSING = 0.01  # largest share of sessions that a benchmark may lack


def levels(nav: pd.Series) -> pd.Series:
    """Return `nav` on naive session dates.

    Raises
    ------
    ValueError
        If a level is missing, negative or not finite, the base is not positive, or the dates are not exactly
        the sessions from the first to the last.
    """
    curve = nav if _is_by_session(nav) else _by_session(nav)
    values = curve.to_numpy(dtype=np.float64)
    if not (len(values) and np.isfinite(values).all() and (values >= 0.0).all() and values[0] > 0.0):
        raise ValueError("nav must hold finite levels of at least 0, the first the base capital, not returns")
    return curve.astype(np.float64)


def _is_by_session(nav: object) -> bool:
    """Whether a series has one value for each of its sessions; quick, for it is asked often."""
    if (
        not isinstance(nav, pd.Series)
        or not isinstance(nav.index, pd.DatetimeIndex)
        or nav.index.tz is not None
    ):
        return False
    days, known = nav.index.to_numpy(), calendar.sessions().to_numpy()
    first = known.searchsorted(days[0]) if len(days) else 0
    return len(days) > 0 and np.array_equal(days, known[first : first + len(days)])


def _by_session(nav: pd.Series) -> pd.Series:
    """Bring a series onto naive session dates, or say which date breaks it."""
    curve = _on_session_dates("nav", nav)
    if not len(curve):
        return curve
    expected = calendar.sessions(curve.index[0], curve.index[-1])
    if not curve.index.equals(expected):
        odd = curve.index.symmetric_difference(expected)
        where = f"{odd[0]:%Y-%m-%d} breaks it" if len(odd) else "they are out of order or repeated"
        raise ValueError(f"nav must have one level for each session: {where}")
    return curve


def daily_returns(nav: pd.Series) -> pd.Series:
    """Return level over level of the session before, less 1, from the first day after the base.

    Notes
    -----
    NaN: after a total loss there is no return.
    """
    curve = levels(nav)
    return (curve / curve.shift() - 1.0).iloc[1:]


def align(nav: pd.Series, benchmark_close: pd.Series) -> pd.Series:
    """Put the levels of a benchmark on the sessions of `nav`.

    Parameters
    ----------
    nav : Series (n_days,)
    benchmark_close : Series
        Levels, not returns; NaN or absent where missing. Dates with a time zone are read in Shanghai time.

    Raises
    ------
    DataError
        If the base session or more than 1 % of the sessions are missing, a date repeats or has a time of day,
        or a level is not positive.

    Notes
    -----
    Missing sessions up to that share carry the level before: a day on which the benchmark stood still.
    """
    if _is_by_session(nav) and _fits(nav, benchmark_close):
        return benchmark_close.astype(np.float64)
    curve = _on_session_dates("benchmark", benchmark_close)
    if not curve.index.is_unique:
        raise DataError(f"benchmark: {curve.index[curve.index.duplicated()][0]:%Y-%m-%d} must appear once")
    found = curve.reindex(levels(nav).index).astype(np.float64)
    missing = found.isna()
    if missing.iloc[0]:
        raise DataError(
            f"benchmark: {found.index[0]:%Y-%m-%d} is missing, the base of every figure; start later"
        )
    if missing.mean() > MISSING:
        raise DataError(
            f"benchmark: {missing.sum()} of {len(found)} sessions are missing, the first on "
            f"{found.index[missing][0]:%Y-%m-%d}; at most {MISSING:.0%} may be"
        )
    bad = ~missing & ~(np.isfinite(found) & (found > 0.0))
    if bad.any():
        raise DataError(
            f"benchmark: {found.index[bad][0]:%Y-%m-%d} is {found[bad].iloc[0]:g}, must be above 0"
        )
    return found.ffill()


def _fits(nav: pd.Series, benchmark_close: object) -> bool:
    """Whether a benchmark is aligned already; quick, for every relative figure asks."""
    if not isinstance(benchmark_close, pd.Series) or not benchmark_close.index.equals(nav.index):
        return False
    values = benchmark_close.to_numpy(dtype=np.float64)
    return bool(np.isfinite(values).all() and (values > 0.0).all())


def _on_session_dates(name: str, series: pd.Series) -> pd.Series:
    """Convert dates with a time zone to the Shanghai day; refuse a time of day in the others."""
    if not isinstance(series, pd.Series) or not isinstance(series.index, pd.DatetimeIndex):
        raise DataError(f"{name} must be a Series by date")
    if series.index.tz is not None:
        return series.set_axis(series.index.tz_convert(SHANGHAI).tz_localize(None).normalize())
    if not (series.index == series.index.normalize()).all():
        raise DataError(f"{name} must be by session date, without a time of day")
    return series
