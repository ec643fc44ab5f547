"""Exact money: prices and cash as integers in fen (0.01 CNY), rounded half up, not in binary floats."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np

from screener.arrays import IntMatrix, IntVector, Matrix

__all__ = ["Amount", "exact", "fen", "fen_array", "half_up", "share_of", "yuan"]

Amount = str | int | float | Decimal | Fraction


def exact(value: Amount) -> Fraction:
    """Read a number as it is written; a float counts as its shortest decimal.

    Examples
    --------
    >>> exact("0.025"), exact(1.15)
    (Fraction(1, 40), Fraction(23, 20))
    """
    return value if isinstance(value, Fraction) else Fraction(str(value))


def half_up(value: Fraction) -> int:
    """Round to the nearest integer, halves up.

    Examples
    --------
    >>> half_up(Fraction(1265, 10)), half_up(Fraction(1264, 10))
    (127, 126)
    """
    return math.floor(value + Fraction(1, 2))


def share_of(amount_fen: int, rate_1e7: int) -> int:
    """Return `rate_1e7` / 1e7 of an amount in fen, rounded half up.

    Examples
    --------
    >>> share_of(2_002_000, 2_500)
    501
    """
    return (amount_fen * rate_1e7 + 5_000_000) // 10_000_000


def fen(value: Amount) -> int:
    """Read an amount in CNY as fen.

    Raises
    ------
    ValueError
        If the amount is finer than 0.01 CNY: it is a mistake, or has to be rounded by a rule of its own.
    """
    amount = exact(value) * 100
    if amount.denominator != 1:
        raise ValueError(f"{value} CNY must be a multiple of 0.01")
    return int(amount)


def yuan(amount_fen: int) -> str:
    """Write fen as CNY with two decimals.

    Examples
    --------
    >>> yuan(-1234512), yuan(7)
    ('-12345.12', '0.07')
    """
    whole, cents = divmod(abs(amount_fen), 100)
    return f"{'-' if amount_fen < 0 else ''}{whole}.{cents:02d}"


def fen_array(prices: Matrix) -> IntMatrix | IntVector:
    """Return prices in CNY as fen; 0 where there is none (NaN, zero or less)."""
    values = np.asarray(prices, dtype=np.float64)
    return np.rint(np.where(values > 0.0, values, 0.0) * 100.0).astype(np.int64)
