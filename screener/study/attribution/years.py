"""The rule beside equal weight and the benchmark, by calendar year and month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.backtest import metrics

__all__ = ["Years", "by_year"]


@dataclass(frozen=True)
class Years:
    """Returns by calendar year and month after costs; the first and the last may be partial.

    Attributes
    ----------
    table : DataFrame, indexed by ``year``
        ``rule, equal_weight, benchmark``; ``excess`` over equal weight and ``over_benchmark``, differences of
        the returns of the year. NaN where there is no such curve.
    months : DataFrame, indexed by ``year``, columns 1 to 12
        Excess over equal weight in the month, a difference; NaN where the curve has no day.
    ahead : int
        Months in which the rule did better than equal weight.
    counted : int
        Months in which both are known.
    """

    table: pd.DataFrame
    months: pd.DataFrame
    ahead: int
    counted: int


def by_year(nav: pd.Series, equal: pd.Series | None, level: pd.Series | None) -> Years:
    """Compare curves by calendar year.

    Parameters
    ----------
    nav : Series (n_days,)
        Equity in the window, the base first.
    equal, level : Series (n_days,) or None
        Equal weight and benchmark on the same days.
    """
    rule = metrics.yearly_returns(nav)
    other, market = (
        pd.Series(np.nan, index=rule.index) if curve is None else metrics.yearly_returns(curve)
        for curve in (equal, level)
    )
    table = pd.DataFrame({"rule": rule, "equal_weight": other, "benchmark": market})
    table = table.assign(excess=rule - other, over_benchmark=rule - market)
    own = metrics.monthly_returns(nav)
    months = own - (np.nan if equal is None else metrics.monthly_returns(equal))
    return Years(table, months, int((months > 0.0).sum().sum()), int(months.notna().sum().sum()))
