"""The arithmetic of reports: a closed set of named formulas, and whether a printed number follows from them.

Numbers are decimals as printed, so that their last digit says how far they were rounded. A printed result
reproduces if the formula gives it to that digit. Where the inputs were rounded as well, every input may have
been anything that rounds to it, and one of these must give the result.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from decimal import Context, Decimal, localcontext
from typing import NamedTuple

from screener.errors import CycleError, nearest

__all__ = ["FORMULAS", "Formula", "evaluate", "reproduces", "span"]

PERCENT = Decimal(100)
ANY = 0  # a formula of two numbers or more


class Formula(NamedTuple):
    """How many numbers a formula takes (0 = two or more), the formula, and how it is written.

    Attributes
    ----------
    count : int
    function : callable
        Of decimals; rates and shares come in and go out in per cent.
    written : str
        With the places of the numbers.
    """

    count: int
    function: Callable[..., Decimal]
    written: str


def evaluate(name: str, inputs: Sequence[Decimal]) -> Decimal:
    """Return what a formula gives; a division by zero is infinite, with the sign that the zero has.

    Raises
    ------
    CycleError
        If there is no such formula, or it takes another number of inputs.

    Examples
    --------
    >>> evaluate("proportion", [Decimal(247372), Decimal(1250), Decimal(7994)])
    Decimal('1581993.4144')
    """
    formula = find(name, len(inputs))
    with localcontext(Context(prec=28, traps=[])):
        return formula.function(*inputs)


def written(name: str, inputs: Sequence[Decimal]) -> str:
    """Write a formula with its numbers.

    Examples
    --------
    >>> written("growth", [Decimal(375), Decimal("281.0")])
    '(375 / 281.0 - 1) x 100'
    """
    formula = find(name, len(inputs))
    texts = [f"{value:,}" for value in inputs]
    return formula.written.format(*texts) if formula.count else formula.written.join(texts)


def find(name: str, count: int) -> Formula:
    """Return a formula for that many numbers."""
    if name not in FORMULAS:
        raise CycleError(f"formula={name!r}: {nearest(name, FORMULAS)}")
    formula = FORMULAS[name]
    if count != formula.count if formula.count else count < 2:
        raise CycleError(f"formula={name!r} takes {formula.count or 'at least 2'} numbers, not {count}")
    return formula


def reproduces(
    name: str,
    inputs: Sequence[Decimal],
    low: Decimal | None,
    high: Decimal | None,
    rounded: bool = False,
) -> bool:
    """Say whether a formula gives a number that prints as one from `low` to `high`.

    Parameters
    ----------
    low, high : Decimal, optional
        The printed ends, the same for a single number; None = without an end.
    rounded : bool
        Whether the inputs were rounded to what is printed. Every formula here runs one way in each of its
        numbers, so that its ends lie at theirs.

    Notes
    -----
    A zero keeps its sign: ``-0`` stands for a small loss, printed "(0)".

    Examples
    --------
    >>> reproduces("ratio", [Decimal(514), Decimal(-6)], Decimal("-0.04"), Decimal("-0.04"), rounded=True)
    False
    """
    ends = [span(value) if rounded else (value, value) for value in inputs]
    found = [evaluate(name, corner) for corner in itertools.product(*ends)]
    return (low is None or max(found) >= span(low)[0]) and (high is None or min(found) <= span(high)[1])


def span(value: Decimal) -> tuple[Decimal, Decimal]:
    """Return what rounds to a printed number: half a unit of its last digit to both sides; a zero has a side.

    Examples
    --------
    >>> span(Decimal("0.5")), span(Decimal("-0"))
    ((Decimal('0.45'), Decimal('0.55')), (Decimal('-0.5'), Decimal('-0')))
    """
    half = Decimal(1).scaleb(int(value.as_tuple().exponent)) / 2
    if value == 0:
        return (-half, Decimal("-0")) if value.is_signed() else (Decimal(0), half)
    return value - half, value + half


def _growth(new: Decimal, old: Decimal) -> Decimal:
    return (new / old - 1) * PERCENT


def _intensity(multiple: Decimal, share: Decimal) -> Decimal:
    """Return spending per unit of computing where a share of it takes `multiple` times the rest's."""
    return 1 + (multiple - 1) * share / PERCENT


def _elasticity(multiple: Decimal, old: Decimal, new: Decimal) -> Decimal:
    return _growth(_intensity(multiple, new), _intensity(multiple, old))


def _share_needed(multiple: Decimal, old: Decimal, growth: Decimal) -> Decimal:
    wanted = _intensity(multiple, old) * (1 + growth / PERCENT)
    return (wanted - 1) / (multiple - 1) * PERCENT


FORMULAS = {
    "sum": Formula(ANY, lambda *terms: sum(terms, Decimal(0)), " + "),
    "mean": Formula(2, lambda a, b: (a + b) / 2, "({} + {}) / 2"),
    "difference": Formula(2, lambda a, b: a - b, "{} - {}"),
    "product": Formula(2, lambda a, b: a * b, "{} x {}"),
    "ratio": Formula(2, lambda a, b: a / b, "{} / {}"),
    "proportion": Formula(3, lambda a, b, c: a / b * c, "{} / {} x {}"),
    "growth": Formula(2, _growth, "({} / {} - 1) x 100"),
    "base": Formula(2, lambda new, rate: new / (1 + rate / PERCENT), "{} / (1 + {} %)"),
    "compound": Formula(2, lambda rate, years: (1 + rate / PERCENT) ** years, "(1 + {} %) ^ {}"),
    "cagr": Formula(
        3, lambda old, new, n: ((new / old) ** (1 / n) - 1) * PERCENT, "(({1} / {0}) ^ (1 / {2}) - 1) x 100"
    ),
    "payback": Formula(3, lambda price, fx, rent: price * fx / rent, "{} x {} / {}"),
    "elasticity": Formula(3, _elasticity, "((1 + ({0} - 1) x {2} %) / (1 + ({0} - 1) x {1} %) - 1) x 100"),
    "share-needed": Formula(
        3, _share_needed, "((1 + ({0} - 1) x {1} %) x (1 + {2} %) - 1) / ({0} - 1) x 100"
    ),
}
