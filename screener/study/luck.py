"""How likely a Sharpe ratio is luck: its length and shape, and how many settings were tried before it.

Bailey and Lopez de Prado (2012), The Sharpe ratio efficient frontier, Journal of Risk 15(2): the
probabilistic Sharpe ratio and the minimum track record. Bailey and Lopez de Prado (2014), The deflated Sharpe
ratio, Journal of Portfolio Management 40(5): the same against the best that so many trials bring by chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.backtest import metrics
from screener.market import calendar

__all__ = [
    "Luck",
    "Trial",
    "best_by_chance",
    "luck",
    "luck_of_excess",
    "minimum_length",
    "probabilistic_sharpe",
]

EULER = 0.5772156649015329  # Euler and Mascheroni's constant
CONFIDENCE = 0.95
NORMAL = NormalDist()


class Trial(NamedTuple):
    """Another setting of a rule that was tried and recorded; ratios a year, NaN where not known."""

    sharpe: float
    information_ratio: float


@dataclass(frozen=True)
class Luck:
    """A Sharpe ratio and what chance makes of it; ratios are a year, NaN where not defined.

    Attributes
    ----------
    sharpe : float
    days : int
        Daily returns that it rests on.
    skewness, kurtosis : float
        Of the daily returns; 3 for a normal law.
    probabilistic : float
        Probability that the true ratio is above 0.
    trials : int
        Settings that were tried, this one included, as far as they were recorded.
    spread : float
        Standard deviation of their ratios (ddof 1); NaN for fewer than two.
    threshold : float
        Best ratio that so many trials without any skill bring on average.
    deflated : float
        Probability that the true ratio is above the threshold.
    minimum_days : float
        Daily returns that are needed to say with 95 % that the ratio is above 0.
    minimum_years : float
    reason : str
        In words what is missing, may be empty.
    """

    sharpe: float
    days: int
    skewness: float
    kurtosis: float
    probabilistic: float
    trials: int
    spread: float
    threshold: float
    deflated: float
    minimum_days: float
    minimum_years: float
    reason: str


def luck(nav: pd.Series, others: Sequence[float] = (), risk_free: float = 0.0) -> Luck:
    """Say how likely the Sharpe ratio of an account is luck.

    Parameters
    ----------
    nav : Series (n_days,)
        Levels, the base first.
    others : sequence of float
        Sharpe ratios a year of the other settings of the same rule that were tried; NaN counts as a trial
        without a known ratio.
    risk_free : float
        Rate a year.

    Notes
    -----
    Trials are counted as if they were independent, which settings of one rule are not: the true number is
    smaller, and the deflated ratio a lower bound. What was tried and not recorded is not counted.
    """
    return _judged(nav, metrics.sharpe(nav, risk_free), metrics.daily_returns(nav), others)


def luck_of_excess(nav: pd.Series, control: pd.Series, others: Sequence[float] = ()) -> Luck:
    """Say the same of an account's daily returns less those of a control: its ratio is the information ratio.

    Parameters
    ----------
    nav, control : Series (n_days,)
        Levels on the same sessions, the base first.
    others : sequence of float
        Information ratios a year of the other settings.
    """
    active = metrics.daily_returns(nav) - metrics.daily_returns(control)
    return _judged(nav, metrics.information_ratio(nav, control), active, others)


def _judged(nav: pd.Series, ratio: float, series: pd.Series, others: Sequence[float]) -> Luck:
    """Judge a ratio a year of daily returns."""
    a_year = calendar.sessions_a_year(nav.index[0], nav.index[-1])
    daily, returns = ratio / math.sqrt(a_year), series.to_numpy(np.float64)
    skewness, kurtosis = shape(returns)
    known = [value for value in (ratio, *others) if math.isfinite(value)]
    spread = float(np.std(known, ddof=1)) if len(known) > 1 else math.nan
    trials, n = 1 + len(others), len(returns)
    threshold = best_by_chance(trials, spread)
    needed = minimum_length(daily, 0.0, skewness, kurtosis)
    return Luck(
        sharpe=ratio,
        days=n,
        skewness=skewness,
        kurtosis=kurtosis,
        probabilistic=probabilistic_sharpe(daily, 0.0, n, skewness, kurtosis),
        trials=trials,
        spread=spread,
        threshold=threshold,
        deflated=probabilistic_sharpe(daily, threshold / math.sqrt(a_year), n, skewness, kurtosis),
        minimum_days=needed,
        minimum_years=needed / a_year,
        reason=_reason(ratio, trials, threshold),
    )


def probabilistic_sharpe(sharpe: float, bar: float, n: int, skewness: float, kurtosis: float) -> float:
    """Return the probability that a true Sharpe ratio is above a bar.

    Parameters
    ----------
    sharpe, bar : float
        Of one period, not annualised.
    n : int
        Periods observed.
    skewness, kurtosis : float
        Of the returns; 0 and 3 for a normal law.

    Notes
    -----
    NaN where the shape leaves no positive variance, which happens far from a normal law only.

    Examples
    --------
    The fund of the paper, 24 months of 1.585 a year:

    >>> round(probabilistic_sharpe(0.458, 0.0, 24, -2.448, 10.164), 3)
    0.913
    """
    variance = _variance(sharpe, skewness, kurtosis)
    if not (variance > 0.0 and n > 1 and math.isfinite(bar)):
        return math.nan
    return NORMAL.cdf((sharpe - bar) * math.sqrt(n - 1) / math.sqrt(variance))


def minimum_length(
    sharpe: float, bar: float, skewness: float, kurtosis: float, confidence: float = CONFIDENCE
) -> float:
    """Return the periods needed to say with some confidence that a Sharpe ratio is above a bar.

    NaN for a ratio that is not above the bar: no length is enough.

    Examples
    --------
    Two a year against one, normal days (2.73 years in the paper):

    >>> round(minimum_length(2 / 252**0.5, 1 / 252**0.5, 0.0, 3.0) / 252, 2)
    2.73
    """
    variance = _variance(sharpe, skewness, kurtosis)
    if not (sharpe > bar and variance > 0.0):
        return math.nan
    return 1.0 + variance * (NORMAL.inv_cdf(confidence) / (sharpe - bar)) ** 2


def best_by_chance(trials: int, spread: float) -> float:
    """Return the best Sharpe ratio that trials without skill bring on average, in the unit of `spread`.

    Parameters
    ----------
    trials : int
        At least 1; one trial brings 0.
    spread : float
        Standard deviation of the ratios of the trials.

    Examples
    --------
    The paper's 100 trials, whose yearly ratios have a variance of 1/2, by the day:

    >>> round(best_by_chance(100, (0.5 / 250) ** 0.5), 4)
    0.1132
    """
    if trials < 2:
        return 0.0
    first, second = (NORMAL.inv_cdf(1.0 - 1.0 / (trials * part)) for part in (1.0, math.e))
    return spread * ((1.0 - EULER) * first + EULER * second)


def shape(returns: np.ndarray) -> tuple[float, float]:
    """Return skewness and kurtosis, with moments over all values; NaN for returns that never differ."""
    away = returns - returns.mean() if len(returns) else returns
    spread = float(np.sqrt((away**2).mean())) if len(returns) else math.nan
    if not spread >= metrics.ROUNDING:
        return math.nan, math.nan
    return float((away**3).mean() / spread**3), float((away**4).mean() / spread**4)


def _variance(sharpe: float, skewness: float, kurtosis: float) -> float:
    """Return the variance of an estimated Sharpe ratio, times the periods."""
    return 1.0 - skewness * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2


def _reason(ratio: float, trials: int, threshold: float) -> str:
    if math.isnan(ratio):
        return "the account has no Sharpe ratio"
    if math.isnan(threshold):
        return "the other trials have no known Sharpe ratio"
    return "no other setting was recorded: not deflated" if trials == 1 else ""
