"""What themes did around the cycle: leads and lags, days after news, and returns by phase, with their doubt.

All returns are active: a theme's equal-weighted total return less the mean of all themes of the day, without
costs. Nothing here can be traded, and nothing here knows how many things were looked at.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.cycle import Cycle
from screener.market import calendar
from screener.signals import theme_index
from screener.strategy import Context
from screener.study.small import correlation, mean_interval

__all__ = ["LAGS", "active_returns", "after_news", "by_phase", "lead_lag", "log_returns", "news"]

LAGS = tuple(range(-4, 5))
A_YEAR = 243  # sessions, about
AFTER = 20  # sessions


def active_returns(context: Context) -> pd.DataFrame:
    """Return the daily log return of each theme less the mean of the themes, after the context's start."""
    daily = log_returns(context)
    daily = daily.loc[daily.index > context.start]
    return daily.sub(daily.mean(axis=1), axis=0)


def log_returns(context: Context) -> pd.DataFrame:
    """Return the daily log return of each theme of equal weights, 0 on days on which it has no member."""
    returns = context.panel.total_return
    index = {t: theme_index(returns, rows.astype(bool)) for t, rows in context.seasoned.items()}
    return np.log(pd.DataFrame(index)).diff()


def lead_lag(active: pd.DataFrame, cycle: Cycle, lags: tuple[int, ...] = LAGS) -> pd.DataFrame:
    """Correlate a theme's return in a quarter with the change of growth of a driver's quarter.

    Parameters
    ----------
    active : DataFrame (n_days, n_themes)
    cycle : Cycle
        Its table is taken by the quarter (month) that it is about, not by the day on which it was known.
    lags : tuple of int
        In periods of the driver.

    Returns
    -------
    DataFrame
        One row a theme and lag: ``theme, lag, correlation, low, high, worth, periods``. At lag k > 0 the
        driver's figure is that of k periods later: the shares lead. Periods that `active` holds in part only
        are left out.
    """
    table = cycle.table()
    frequency = "Q" if len(table) and "Q" in str(table.index[0]) else "M"
    change = pd.Series(
        table["change"].to_numpy(dtype=float), index=pd.PeriodIndex(table.index, freq=frequency)
    )
    quarters = whole_periods(active, frequency)
    rows = []
    for theme in quarters:
        for lag in lags:
            later = change.reindex(quarters.index + lag).to_numpy(dtype=float)
            pairs = int((~np.isnan(later) & quarters[theme].notna().to_numpy()).sum())
            rows.append((theme, lag, *correlation(quarters[theme].to_numpy(dtype=float), later), pairs))
    return pd.DataFrame(rows, columns=["theme", "lag", "correlation", "low", "high", "worth", "periods"])


def whole_periods(active: pd.DataFrame, frequency: str) -> pd.DataFrame:
    """Add up daily returns by quarter or month, those without all their sessions left out."""
    by_period = active.groupby(active.index.to_period(frequency))
    held = by_period.size()
    full = [len(calendar.sessions(p.start_time, p.end_time.normalize())) == n for p, n in held.items()]
    return by_period.sum(min_count=1)[full]


def news(cycle: Cycle) -> pd.DataFrame:
    """List the days of news, ``day`` and ``kind``: releases, and guidance that was raised, or cut or kept."""
    releases = cycle.driver.select(cycle.definition)["usable_from"].drop_duplicates()
    told = cycle.guidance.events.dropna(subset=["score"])
    score = told.groupby("usable_from")["score"].mean()
    parts = [
        pd.DataFrame({"day": pd.DatetimeIndex(days), "kind": kind})
        for kind, days in (
            ("release", releases),
            ("raised", score.index[score > 0]),
            ("cut or kept", score.index[score <= 0]),
        )
    ]
    return pd.concat(parts, ignore_index=True).sort_values(["kind", "day"], ignore_index=True)


def after_news(active: pd.DataFrame, events: pd.DataFrame, after: int = AFTER) -> pd.DataFrame:
    """Average what themes did from a day of news on.

    Parameters
    ----------
    active : DataFrame (n_days, n_themes)
    events : DataFrame
        As `news` returns them; ``day`` is the first session that could use the news.
    after : int
        Sessions counted, that day the first.

    Returns
    -------
    DataFrame
        ``kind, theme, mean, low, high, independent, events``. Days of news whose sessions overlap are one
        observation, their mean, for four companies that report in one week are not four pieces of evidence.
    """
    total = active.cumsum()
    rows = []
    for kind, part in events.groupby("kind", sort=False):
        first = active.index.searchsorted(part["day"].to_numpy())
        first = np.unique(first[(part["day"].to_numpy() >= active.index[0]) & (first + after <= len(active))])
        group = np.cumsum(np.concatenate([[0], _new_group(first, after)])) if len(first) else first
        for theme in active:
            path = np.concatenate([[0.0], total[theme].to_numpy()])
            moved = pd.Series(path[first + after] - path[first]).groupby(group).mean()
            rows.append((kind, theme, *mean_interval(moved.to_numpy()), len(first)))
    columns = ["kind", "theme", "mean", "low", "high", "independent", "events"]
    return pd.DataFrame(rows, columns=columns)


def by_phase(active: pd.DataFrame, cycle: Cycle) -> pd.DataFrame:
    """Average what themes did in each phase as it was known on the day before.

    Returns
    -------
    DataFrame
        ``phase, theme, mean, low, high, episodes, sessions``, returns a year. The mean is over episodes, each
        an unbroken stretch of one phase and each one observation however long: that is how often history
        has shown the phase.
    """
    phase = pd.Series(cycle.phase(active.index), index=active.index).shift().dropna()
    episode = (phase != phase.shift()).cumsum()
    rows = []
    for name in phase.unique():
        days = phase.index[phase == name]
        means = active.loc[days].groupby(episode[days]).mean() * A_YEAR
        rows += [(name, t, *mean_interval(means[t].to_numpy()), len(days)) for t in active]
    return pd.DataFrame(rows, columns=["phase", "theme", "mean", "low", "high", "episodes", "sessions"])


def _new_group(first: np.ndarray, after: int) -> np.ndarray:
    """Whether each stretch but the first begins after the one before it has ended."""
    return np.diff(first) >= after
