"""Two lags that the reports claim: applications after hardware, and servers after a chip inside them.

The lags that a report states are tested as stated; all others are shown beside them and prove nothing.
Returns are active, a theme less the mean of the themes, so that those of a month add up to nothing: at lag 0
one theme must fall where others rise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.cycle.driver import Driver
from screener.errors import SpecError
from screener.study.cycle import whole_periods
from screener.study.small import correlation, detectable

__all__ = ["HARDWARE", "Lagged", "hardware_to_apps", "known_growth", "server_lead"]

APPS = "ai-apps"
SERVERS = "servers"
HARDWARE = ("ai-chips", "servers", "optical")
ALL_HARDWARE = "hardware"
LAGS = range(-6, 7)
FIGURES = ["correlation", "low", "high", "worth", "pairs"]


@dataclass(frozen=True)
class Lagged:
    """A claim about a lag, as stated and with what lies around it.

    Attributes
    ----------
    stated : DataFrame
        ``leader, lag, correlation, low, high, worth, pairs, detectable``: the lags stated beforehand.
    explored : DataFrame
        The same for each month from -6 to 6, without `detectable`; at lag k > 0 the follower is k months
        later.
    cases : float
        Independent pairs behind the claim.
    detectable : float
        Smallest true correlation that they would show with a chance of 80 %.
    sentence : str
        What came out of it.
    """

    stated: pd.DataFrame
    explored: pd.DataFrame
    cases: float
    detectable: float
    sentence: str


def hardware_to_apps(active: pd.DataFrame) -> Lagged:
    """Say whether applications follow hardware.

    Parameters
    ----------
    active : DataFrame (n_days, n_themes)
        Daily active returns, with ``ai-apps``, ``ai-chips``, ``servers`` and ``optical``.

    Raises
    ------
    SpecError
        If one of the themes is missing.

    Notes
    -----
    Two lags are stated: two quarters (S6, of another pair of themes), and one to four quarters together (S20,
    "then applications"): the correlation of a quarter of applications with hardware over the four quarters
    before. Quarters do not overlap; a year of hardware does, which leaves the interval right as long as
    applications themselves do not run on, and `correlation` counts fewer pairs if they do.
    """
    _demand(active, (APPS, *HARDWARE))
    quarters, months = (_with_hardware(whole_periods(active, kind)) for kind in "QM")
    explored = [
        (name, lag, *_pair(_moved(months[name], lag), months[APPS]))
        for name in (*HARDWARE, ALL_HARDWARE)
        for lag in LAGS
    ]
    stated = []
    for name in (*HARDWARE, ALL_HARDWARE):
        together = sum(_moved(quarters[name], k) for k in range(1, 5))
        stated.append((name, "2 quarters", *_pair(_moved(quarters[name], 2), quarters[APPS])))
        stated.append((name, "1 to 4 quarters", *_pair(together, quarters[APPS])))
    return _lagged(stated, explored, -1, "hardware of the four quarters before and applications")


def server_lead(active: pd.DataFrame, driver: Driver) -> Lagged:
    """Say whether a chip maker's revenue tells what the shares of server makers do next.

    Parameters
    ----------
    active : DataFrame (n_days, n_themes)
        Daily active returns, with ``servers``.
    driver : Driver
        Revenue by month of one company.

    Notes
    -----
    Growth is that of three months on the same months a year before (S7). A month of returns runs from the
    session after the one that could first use a figure to the one that could first use the next: what a
    holder could have known and earned. Stated are the month that follows at once, and one to two quarters
    later (3 to 6 months) together. At a lag below 0 the shares moved first.
    """
    _demand(active, (SERVERS,))
    known = known_growth(driver)
    earned = _between(active[SERVERS], known["usable_from"])
    signals = {"growth": known["growth"], "change": known["growth"] - known["growth"].shift(3)}
    explored = [
        (name, lag, *_pair(_moved(signal, lag), earned)) for name, signal in signals.items() for lag in LAGS
    ]
    stated = []
    for name, signal in signals.items():
        later = sum(_moved(signal, k) for k in range(3, 7)) / 4.0
        stated.append((name, "at once", *_pair(signal, earned)))
        stated.append((name, "3 to 6 months", *_pair(later, earned)))
    return _lagged(stated, explored, 1, "growth of revenue and servers 3 to 6 months later")


def known_growth(driver: Driver) -> pd.DataFrame:
    """Return growth of three months of revenue on a year before, and the first session that knew it.

    Returns
    -------
    DataFrame
        ``growth, usable_from`` by month (PeriodIndex); NaN where a month of the two sums is missing.
    """
    rows = driver.select(driver.usual)
    if len(driver.entities) != 1:
        raise SpecError(f"{driver.name}: holds {len(driver.entities)} companies; this study takes one")
    by_month = rows.set_index(pd.PeriodIndex(rows["period_end"], freq="M"))[["value", "usable_from"]]
    by_month = by_month.reindex(pd.period_range(by_month.index.min(), by_month.index.max(), freq="M"))
    three = by_month["value"].rolling(3).sum()
    known = pd.DataFrame({"growth": three / three.shift(12) - 1.0, "usable_from": by_month["usable_from"]})
    return known.dropna(subset=["usable_from"])


def _between(daily: pd.Series, days: pd.Series) -> pd.Series:
    """Add up daily returns after each day up to the next one; NaN where they are not held throughout."""
    total = pd.Series(np.nan, index=days.index)
    for k, (month, day) in enumerate(days.items()):
        if k + 1 < len(days) and daily.index[0] <= day and days.iloc[k + 1] <= daily.index[-1]:
            total[month] = daily[(daily.index > day) & (daily.index <= days.iloc[k + 1])].sum(min_count=1)
    return total


def _with_hardware(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{ALL_HARDWARE: table[list(HARDWARE)].mean(axis=1)})


def _moved(series: pd.Series, lag: int) -> pd.Series:
    """Return a series as it was `lag` periods before, by period and not by row."""
    return series.set_axis(series.index + lag).reindex(series.index)


def _pair(leader: pd.Series, follower: pd.Series) -> tuple[float, float, float, float, int]:
    """Correlate two series of the same periods."""
    x: Vector = leader.to_numpy(dtype=float)
    y: Vector = follower.to_numpy(dtype=float)
    return (*correlation(x, y), int((~np.isnan(x) & ~np.isnan(y)).sum()))


def _lagged(stated: list[tuple], explored: list[tuple], main: int, what: str) -> Lagged:
    """Put the tables together; the claim is the row `main` of those that were stated."""
    columns = ["leader", "lag", *FIGURES]
    table = pd.DataFrame(stated, columns=columns)
    table["detectable"] = table["worth"].map(detectable)
    row = table.iloc[main]
    return Lagged(
        table,
        pd.DataFrame(explored, columns=columns),
        float(row["worth"]),
        float(row["detectable"]),
        _sentence(row, what),
    )


def _sentence(row: pd.Series, what: str) -> str:
    """Say what came out, and no more."""
    if np.isnan(row["low"]):
        return f"Too few: {row['pairs']} pairs of {what} say nothing."
    found = "not told from 0"
    if row["low"] > 0.0 or row["high"] < 0.0:
        found = "above 0" if row["low"] > 0.0 else "below 0"
    span = f"{row['correlation']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"
    return (
        f"The correlation of {what} is {span}, {found}, on {row['worth']:.0f} independent pairs, "
        f"which would show one of {row['detectable']:.2f} and more."
    )


def _demand(active: pd.DataFrame, themes: tuple[str, ...]) -> None:
    missing = [theme for theme in themes if theme not in active]
    if missing:
        raise SpecError(f"themes: this study needs {', '.join(missing)} too; add it, or leave --themes out")
