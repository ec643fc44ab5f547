"""What the figures are called on the page, how each is written, and why one may be missing."""

from __future__ import annotations

import math

from screener.backtest.metrics import DEFINITIONS
from screener.report.html import Markup, num, tag

__all__ = ["KINDS", "LABELS", "RELATIVE", "SIGNED", "WHY", "figure_of", "heading", "label"]

LABELS = {
    "total_return": "Total return",
    "cagr": "Return a year (CAGR)",
    "volatility": "Volatility a year",
    "sharpe": "Sharpe ratio",
    "sortino": "Sortino ratio",
    "max_drawdown": "Deepest drawdown",
    "drawdowns": "Drawdowns",
    "calmar": "Calmar ratio",
    "value_at_risk": "Value at risk (historical 95 %, a day)",
    "expected_shortfall": "Expected shortfall (95 %, a day)",
    "hit_rate": "Days with a gain",
    "excess": "Excess return a year, points",
    "tracking_error": "Tracking error a year",
    "information_ratio": "Information ratio",
    "beta": "Beta",
    "alpha": "Alpha a year (Jensen)",
    "monthly_returns": "Returns by month",
    "yearly_returns": "Returns by year",
    "trailing": "Trailing return a year",
    "detectable_excess": "Detectable excess",
}
KINDS = {
    "total_return": "percent",
    "cagr": "percent",
    "volatility": "percent",
    "max_drawdown": "percent",
    "value_at_risk": "percent",
    "expected_shortfall": "percent",
    "hit_rate": "percent",
    "excess": "points",
    "tracking_error": "percent",
    "alpha": "percent",
}
SIGNED = {"total_return", "cagr", "excess", "alpha"}
RELATIVE = {"excess", "tracking_error", "information_ratio", "beta", "alpha"}
WHY = {
    "calmar": "needs a drawdown to divide by",
    "sortino": "needs a day that fell short of the risk-free rate",
    "sharpe": "needs returns that vary",
    "value_at_risk": "needs at least 20 days",
    "expected_shortfall": "needs at least 20 days",
}


def label(key: str) -> str:
    """Return what a figure is called; one without a name of its own is called by its key in words."""
    return LABELS.get(key, key.replace("_", " ").capitalize())


def heading(key: str) -> Markup:
    """Head the row of a figure, with its definition as a hint."""
    return tag("th", label(key), title=DEFINITIONS.get(key), scope="row")


def figure_of(key: str, account: str, values: dict[str, float], coloured: bool = True) -> Markup:
    """Write a figure of an account; one that is not defined says why."""
    why = WHY.get(key, "not defined on this window")
    if key in RELATIVE:
        why = "the others are compared with this" if account == "equal-weight" else "nothing to compare with"
    signed = coloured and key in SIGNED
    return num(values.get(key, math.nan), KINDS.get(key, "ratio"), why, signed=signed)
