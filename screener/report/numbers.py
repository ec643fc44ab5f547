"""How numbers are written: one function a kind, used by the page and the terminal alike.

A number that is not finite is never written; it becomes ``n/a``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

__all__ = [
    "NA",
    "WRITERS",
    "amount",
    "count",
    "day",
    "figure",
    "money",
    "number",
    "percent",
    "points",
    "ratio",
]

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


def amount(value: float) -> tuple[str, str]:
    """Write an amount of CNY with three digits, as English and as Chinese readers scale it.

    Examples
    --------
    >>> amount(12_300_000.0), amount(1.23e9)
    (('12.3 m CNY', '1,230 万元'), ('1.23 bn CNY', '12.3 亿元'))
    """
    english = ((1e9, "bn CNY"), (1e6, "m CNY"), (1.0, "CNY"))
    chinese = ((1e8, "亿元"), (1e4, "万元"), (1.0, "元"))
    return _scaled(value, english), _scaled(value, chinese)


def _scaled(value: float, units: tuple[tuple[float, str], ...]) -> str:
    """Write a value in the largest unit that it reaches, with three digits where it has a unit."""
    if not math.isfinite(value):
        return NA
    rounded = float(f"{value:.3g}")
    size, unit = next((pair for pair in units if abs(rounded) >= pair[0]), units[-1])
    whole = len(f"{abs(rounded / size):.0f}") if abs(rounded) >= size else 1
    return _unit(figure(value / size, max(3 - whole, 0) if size > 1.0 else 0), unit)


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
    "one": lambda value: figure(value, 1),
    "ratio": ratio,
    "change": lambda value: figure(value, 2, "+"),
    "money": money,
    "count": count,
}
