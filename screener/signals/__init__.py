"""Signals: frames of days by assets in, frames out. Row `t` uses rows up to `t`; NaN is never an error."""

from screener.signals.cross import cross_rank, cross_zscore
from screener.signals.theme import theme_index
from screener.signals.trend import drawdown, momentum, moving_average
from screener.signals.volatility import volatility

__all__ = [
    "cross_rank",
    "cross_zscore",
    "drawdown",
    "momentum",
    "moving_average",
    "theme_index",
    "volatility",
]
