"""Performance figures: each formula once, with its definition in words beside it.

Every function takes `nav`, a Series (n_days,) of levels by Shanghai session whose first value is the base:
the capital on the day before the first return. It has one value for each session; dates with a time zone are
read in Shanghai time. Levels are never guessed to be returns. Results are fractions, NaN where a figure is
not defined, never infinite. A `nav` that breaks this raises ValueError, a day outside the calendar
CalendarError, a benchmark that does not fit DataError.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.backtest.curve import align, daily_returns, levels
from screener.market import calendar

__all__ = [
    "DEFINITIONS",
    "ROUNDING",
    "align",
    "alpha",
    "beta",
    "cagr",
    "calmar",
    "cash_return",
    "daily_returns",
    "detectable_excess",
    "drawdowns",
    "excess",
    "expected_shortfall",
    "hit_rate",
    "information_ratio",
    "max_drawdown",
    "monthly_returns",
    "sharpe",
    "sortino",
    "summary",
    "total_return",
    "tracking_error",
    "trailing",
    "value_at_risk",
    "volatility",
    "yearly_returns",
]

DEFINITIONS = {
    "total_return": "Last level over the base capital, less 1; the base is the day before the first return.",
    "cagr": "The constant return a year that leads from the base to the last level; a session counts as one "
    "part of the sessions that the exchange held in its year.",
    "volatility": "Standard deviation of daily returns (ddof 1) times the root of the sessions a year, "
    "which are counted from the exchange calendar (about 243, not 252).",
    "sharpe": "Mean daily return above the risk-free rate over its standard deviation (ddof 1), annualised.",
    "sortino": "Mean daily return above the risk-free rate over its downside deviation, annualised; that is "
    "the root mean square of the shortfalls over all days, a day without a shortfall counting as 0.",
    "max_drawdown": "Deepest fall from the highest level so far, the base capital included.",
    "drawdowns": "The deepest falls from a peak, and the day on which the peak was reached again, if it was.",
    "calmar": "Return a year (CAGR) over the size of the deepest drawdown, both over the whole window.",
    "value_at_risk": "Historical 95 %: the 5 % quantile of the daily returns as they were; no normal "
    "distribution is assumed. Not given for fewer than 20 days.",
    "expected_shortfall": "Historical 95 %: the mean of the daily returns at or below the value at risk.",
    "hit_rate": "Share of all days with a return above 0; a flat day counts as a miss.",
    "excess": "Return a year (CAGR) less that of the benchmark.",
    "tracking_error": "Standard deviation (ddof 1) of the daily differences from the benchmark's return, "
    "annualised.",
    "information_ratio": "Mean daily difference from the benchmark's return over the standard deviation "
    "(ddof 1) of the differences, annualised.",
    "beta": "Covariance of daily returns with those of the benchmark, over the benchmark's variance.",
    "alpha": "Mean daily return above the risk-free rate that beta does not explain, times sessions a year "
    "(Jensen, arithmetic).",
    "monthly_returns": "Last level of the month over the last before it; first and last may be partial.",
    "yearly_returns": "Last level of the year over the last before it; first and last may be partial.",
    "trailing": "Return a year over exactly so many calendar years up to the last day; not given where the "
    "curve is shorter.",
    "detectable_excess": "The excess a year that a two-sided 5 % test would find four times out of five, "
    "given the tracking error and the years.",
}

TAIL = 0.05
FEWEST_FOR_TAIL = 20  # below, the 5 % tail holds less than one day
ROUNDING = 1e-12  # a spread of daily returns below this is the rounding of the levels, not a risk
DETECTION = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.80)


def total_return(nav: pd.Series) -> float:
    """Return what the base capital became, less 1."""
    curve = levels(nav)
    return _finite(curve.iloc[-1] / curve.iloc[0] - 1.0)


def cagr(nav: pd.Series) -> float:
    """Return the constant return a year; NaN without a day after the base."""
    return _yearly(1.0 + total_return(nav), _years(nav))


def volatility(nav: pd.Series) -> float:
    """Return the annualised standard deviation of daily returns."""
    return _finite(_spread(_values(nav)) * math.sqrt(_sessions_a_year(nav)))


def sharpe(nav: pd.Series, risk_free: float = 0.0) -> float:
    """Return the annualised Sharpe ratio; `risk_free` is a rate a year, compounded daily."""
    over = _over_cash(nav, nav, risk_free)
    return _ratio(_mean(over) * math.sqrt(_sessions_a_year(nav)), _spread(over))


def sortino(nav: pd.Series, risk_free: float = 0.0) -> float:
    """Return the annualised Sortino ratio; NaN if no day fell short of the risk-free rate."""
    over = _over_cash(nav, nav, risk_free)
    downside = math.sqrt(_mean(np.minimum(over, 0.0) ** 2))
    return _ratio(_mean(over) * math.sqrt(_sessions_a_year(nav)), downside)


def max_drawdown(nav: pd.Series) -> float:
    """Return the deepest fall from a peak, in [-1, 0]."""
    curve = levels(nav)
    return _finite((curve / curve.cummax() - 1.0).min())


def drawdowns(nav: pd.Series, count: int = 5) -> pd.DataFrame:
    """List the deepest falls, deepest first.

    Returns
    -------
    DataFrame (at most `count`,)
        ``peak`` (last day at the peak), ``trough``, ``recovered`` (NaT while under water), ``depth`` (a
        negative fraction) and ``sessions`` from the peak to the recovery, or to the last day.
    """
    curve = levels(nav)
    days, values = curve.index, curve.to_numpy()
    rows = []
    for peak, end in _under_water(values):
        trough = peak + int(values[peak : end + 1].argmin())
        recovered = days[end] if values[end] >= values[peak] else pd.NaT
        rows.append((days[peak], days[trough], recovered, values[trough] / values[peak] - 1.0, end - peak))
    table = pd.DataFrame(rows, columns=["peak", "trough", "recovered", "depth", "sessions"])
    dates = dict.fromkeys(["peak", "trough", "recovered"], days.dtype)
    table = table.astype({**dates, "depth": np.float64, "sessions": np.int64})
    return table.sort_values("depth", kind="stable").head(count).reset_index(drop=True)


def calmar(nav: pd.Series) -> float:
    """Return CAGR over the deepest drawdown; NaN without a drawdown."""
    return _ratio(cagr(nav), -max_drawdown(nav))


def value_at_risk(nav: pd.Series) -> float:
    """Return the historical 5 % quantile of daily returns, as a return (a loss is below 0)."""
    returns = _values(nav)
    return _finite(np.quantile(returns, TAIL)) if len(returns) >= FEWEST_FOR_TAIL else math.nan


def expected_shortfall(nav: pd.Series) -> float:
    """Return the mean of the daily returns at or below the value at risk."""
    returns = _values(nav)
    return _mean(returns[returns <= value_at_risk(nav) + ROUNDING])  # days that tie with it count


def hit_rate(nav: pd.Series) -> float:
    """Return the share of all days with a gain."""
    return _mean(np.where(np.isnan(returns := _values(nav)), np.nan, returns > 0.0))


def excess(nav: pd.Series, benchmark: pd.Series) -> float:
    """Return the difference of the returns a year."""
    return cagr(nav) - cagr(align(nav, benchmark))


def tracking_error(nav: pd.Series, benchmark: pd.Series) -> float:
    """Return the annualised standard deviation of arithmetic active returns."""
    return _finite(_spread(_active(nav, benchmark)) * math.sqrt(_sessions_a_year(nav)))


def information_ratio(nav: pd.Series, benchmark: pd.Series) -> float:
    """Return the annualised mean of arithmetic active returns over their tracking error."""
    active = _active(nav, benchmark)
    return _ratio(_mean(active) * math.sqrt(_sessions_a_year(nav)), _spread(active))


def beta(nav: pd.Series, benchmark: pd.Series) -> float:
    """Return the slope of daily returns on those of the benchmark; NaN if the benchmark never moved."""
    mine, theirs = _values(nav), _values(align(nav, benchmark))
    if not _spread(theirs) >= ROUNDING:
        return math.nan
    return _finite(np.cov(mine, theirs)[0, 1] / np.var(theirs, ddof=1))


def alpha(nav: pd.Series, benchmark: pd.Series, risk_free: float = 0.0) -> float:
    """Return Jensen's alpha a year, arithmetic: the daily mean times sessions a year, not compounded."""
    mine = _over_cash(nav, nav, risk_free)
    theirs = _over_cash(align(nav, benchmark), nav, risk_free)
    return _finite((_mean(mine) - beta(nav, benchmark) * _mean(theirs)) * _sessions_a_year(nav))


def monthly_returns(nav: pd.Series) -> pd.DataFrame:
    """Return the table of years by the months 1 to 12; NaN where the curve has no day."""
    returns = _by_period(nav, "M").rename("value")
    table = returns.to_frame().assign(year=returns.index.year, month=returns.index.month)
    return table.pivot_table("value", "year", "month").reindex(columns=pd.RangeIndex(1, 13, name="month"))


def yearly_returns(nav: pd.Series) -> pd.Series:
    """Return the return of every calendar year, the first and the partial ones included."""
    returns = _by_period(nav, "Y")
    returns.index = pd.Index(returns.index.year, name="year")
    return returns


def trailing(nav: pd.Series, years: int) -> float:
    """Return the return a year over exactly `years` calendar years up to the last day."""
    if years < 1:
        raise ValueError(f"years={years} must be at least 1")
    curve = levels(nav)
    start = curve.index.searchsorted(curve.index[-1] - pd.DateOffset(years=years), side="right") - 1
    return _yearly(curve.iloc[-1] / curve.iloc[start], years) if start >= 0 else math.nan


def detectable_excess(tracking_error: float, years: float) -> float:
    """Return the smallest excess a year that so many years can tell from luck.

    Notes
    -----
    (z(0.975) + z(0.80)) * TE / sqrt(years): a two-sided test at 5 % with a power of 80 %, returns independent
    from day to day.

    Examples
    --------
    >>> round(100 * detectable_excess(0.05, 6), 1)
    5.7
    """
    return _ratio(DETECTION * tracking_error, math.sqrt(years) if years > 0 else math.nan)


def cash_return(risk_free: float, sessions_a_year: float) -> float:
    """Return what cash earns in a session at a rate a year, compounded."""
    return _yearly(1.0 + risk_free, sessions_a_year)


def summary(nav: pd.Series, benchmark: pd.Series | None = None, risk_free: float = 0.0) -> dict[str, float]:
    """Return all single figures by name, in the order of a page.

    Parameters
    ----------
    nav : Series (n_days,)
    benchmark : Series, optional
        Closing levels, aligned here; without one the relative figures are NaN.
    risk_free : float
        Rate a year.

    Raises
    ------
    DataError
        If the benchmark does not cover the sessions of `nav`.
    """
    own = {f.__name__: f(nav) for f in (total_return, cagr, volatility)}
    own |= {f.__name__: f(nav, risk_free) for f in (sharpe, sortino)}
    own |= {f.__name__: f(nav) for f in (max_drawdown, calmar, value_at_risk, expected_shortfall, hit_rate)}
    relative = (excess, tracking_error, information_ratio, beta)
    if benchmark is None:
        return own | dict.fromkeys([f.__name__ for f in (*relative, alpha)], math.nan)
    theirs = align(nav, benchmark)
    return own | {f.__name__: f(nav, theirs) for f in relative} | {"alpha": alpha(nav, theirs, risk_free)}


def _values(nav: pd.Series) -> Vector:
    return daily_returns(nav).to_numpy()


def _active(nav: pd.Series, benchmark: pd.Series) -> Vector:
    return _values(nav) - _values(align(nav, benchmark))


def _over_cash(curve: pd.Series, nav: pd.Series, risk_free: float) -> Vector:
    """Return daily returns above a rate a year that is compounded over the sessions of a year of `nav`."""
    return _values(curve) - cash_return(risk_free, _sessions_a_year(nav))


def _years(nav: pd.Series) -> float:
    days = levels(nav).index
    return calendar.years(days[0], days[-1]) if len(days) > 1 else math.nan


def _sessions_a_year(nav: pd.Series) -> float:
    days = levels(nav).index
    return calendar.sessions_a_year(days[0], days[-1]) if len(days) > 1 else math.nan


def _yearly(growth: float, periods: float) -> float:
    """Return the constant return of each of so many periods that compounds to `growth`."""
    if math.isnan(periods):  # 1 to the power of NaN is 1
        return math.nan
    with np.errstate(over="ignore"):  # a few days of a great gain, annualised: not defined
        return _finite(np.float64(growth) ** (1.0 / periods) - 1.0)


def _by_period(nav: pd.Series, freq: str) -> pd.Series:
    """Compound by calendar month or year; the base belongs to no period, it is what the first starts from."""
    curve = levels(nav)
    last = curve.iloc[1:].groupby(curve.index[1:].to_period(freq)).last()
    return last / last.shift(fill_value=curve.iloc[0]) - 1.0


def _under_water(values: Vector) -> list[tuple[int, int]]:
    """List the rows of each peak and of its recovery, or of the last day while there is none."""
    spans, peak = [], 0
    for i in range(1, len(values)):
        if values[i] >= values[peak]:
            if i - peak > 1:
                spans.append((peak, i))
            peak = i
    return [*spans, (peak, len(values) - 1)] if peak < len(values) - 1 else spans


def _mean(values: Vector) -> float:
    return _finite(values.mean()) if len(values) else math.nan


def _spread(values: Vector) -> float:
    """Return the standard deviation (ddof 1), NaN for fewer than two values."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


def _ratio(over: float, under: float) -> float:
    """Divide by a size, which is not defined where the size is mere rounding."""
    return _finite(over / under) if under >= ROUNDING else math.nan


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else math.nan
