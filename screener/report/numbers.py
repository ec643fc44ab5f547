"""How numbers are written: one function a kind, used by the page and the terminal alike.

A number that is not finite is never written; it becomes ``n/a``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

__all__ = ["NA", "WRITERS", "count", "day", "figure", "money", "number", "percent", "points", "ratio"]

NA = "n/a"


def figure(value: float, digits: int, sign: str = "") -> str:
    """Write a number with `digits` decimals and thousands separators, never as minus zero.

    Examples
    --------
    >>> figure(1234.5, 1), figure(-0.04, 1), figure(0.5, 1, "+")
    ('1,234.5', '0.0', '+0.5')
    """
    if not math.isfinite(value):
        return NA
    rounded = round(float(value), digits)
    return f"{rounded if rounded else 0.0:{sign if rounded else ''},.{digits}f}"


def _unit(text: str, unit: str) -> str:
    return text if text == NA else f"{text} {unit}"


def percent(value: float, digits: int = 1) -> str:
    """Write a fraction as percent.

    Examples
    --------
    >>> percent(0.1234), percent(float("nan"))
    ('12.3 %', 'n/a')
    """
    return _unit(figure(100.0 * value, digits), "%")


def points(value: float) -> str:
    """Write a difference of fractions as signed percentage points.

    Examples
    --------
    >>> points(0.021), points(-0.3)
    ('+2.1', '-30.0')
    """
    return figure(100.0 * value, 1, "+")


def ratio(value: float) -> str:
    """Write a dimensionless figure with two decimals."""
    return figure(value, 2)


def money(value: float) -> str:
    """Write an amount of CNY without fen."""
    return figure(value, 0)


def count(value: float) -> str:
    """Write a whole number."""
    return figure(value, 0)


def number(value: float) -> str:
    """Write a setting as it was given, without trailing zeros."""
    return f"{value:,.10g}" if math.isfinite(value) else NA


def day(value: pd.Timestamp | None) -> str:
    """Write a day as ``2024-08-19``; a missing day is ``n/a``."""
    return NA if value is None or pd.isna(value) else f"{pd.Timestamp(value):%Y-%m-%d}"


WRITERS: dict[str, Callable[[float], str]] = {
    "percent": percent,
    "percent2": lambda value: percent(value, 2),
    "points": points,
    "bare": lambda value: figure(100.0 * value, 1),  # percent or points where the heading says so
    "ratio": ratio,
    "money": money,
    "count": count,
}
