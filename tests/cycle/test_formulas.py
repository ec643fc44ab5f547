"""The arithmetic of reports: figures worked out by hand, and rounding that a printed result must survive."""

from __future__ import annotations

from decimal import Decimal

import pytest

from screener.cycle.formulas import FORMULAS, evaluate, reproduces, written
from screener.errors import CycleError

BY_HAND = [
    ("sum", (7994, 60), 8054.0),
    ("sum", (108, 213, 2), 323.0),
    ("mean", (350, 400), 375.0),
    ("difference", ("-2.83", "-1.87"), -0.96),
    ("product", ("0.54", "141.39"), 76.3506),  # earnings and multiple of one row: a price of 76 to 77
    ("ratio", (247372, 1250), 197.8976),
    ("proportion", (247372, 1250, 7994), 1_581_993.4144),
    ("growth", (375, "281.0"), 33.451957),
    ("growth", (375, "272.66"), 37.533925),
    ("base", (200, 6), 188.679245),
    ("base", (200, "27.6"), 156.739812),
    ("compound", (50, 5), 7.59375),
    ("cagr", (100, "759.375", 5), 50.0),
    ("payback", (42888, "7.25", "19.99"), 15_554.677339),
    ("elasticity", ("3.8", 20, 30), (1.84 / 1.56 - 1) * 100),
    ("elasticity", ("3.8", 30, 40), (2.12 / 1.84 - 1) * 100),
    ("elasticity", ("3.8", 40, 50), (2.40 / 2.12 - 1) * 100),
    ("share-needed", ("3.8", 20, 30), (1.56 * 1.3 - 1) / 2.8 * 100),
]


def decimals(*numbers: object) -> list[Decimal]:
    return [Decimal(str(number)) for number in numbers]


@pytest.mark.parametrize(("name", "inputs", "expected"), BY_HAND)
def test_every_formula_gives_what_one_works_out_by_hand(name: str, inputs: tuple, expected: float) -> None:
    assert float(evaluate(name, decimals(*inputs))) == pytest.approx(expected, rel=1e-6)


def test_no_formula_is_left_without_a_figure() -> None:
    assert {name for name, *_ in BY_HAND} == set(FORMULAS)


@pytest.mark.parametrize(
    ("name", "inputs", "text"),
    [
        ("sum", (7994, 60, 1), "7,994 + 60 + 1"),
        ("growth", (375, "281.0"), "(375 / 281.0 - 1) x 100"),
        ("cagr", (100, "759.375", 5), "((759.375 / 100) ^ (1 / 5) - 1) x 100"),
        ("elasticity", ("3.8", 20, 30), "((1 + (3.8 - 1) x 30 %) / (1 + (3.8 - 1) x 20 %) - 1) x 100"),
        ("share-needed", ("3.8", 20, 30), "((1 + (3.8 - 1) x 20 %) x (1 + 30 %) - 1) / (3.8 - 1) x 100"),
    ],
)
def test_a_formula_is_written_so_that_it_can_be_done_again(name: str, inputs: tuple, text: str) -> None:
    assert written(name, decimals(*inputs)) == text


def test_the_share_that_growth_needs_is_what_gives_that_growth() -> None:
    for old in ("20", "36.7", "58.4"):
        new = evaluate("share-needed", decimals("3.8", old, 30))
        assert float(evaluate("elasticity", [Decimal("3.8"), Decimal(old), new])) == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("printed", "good"),
    [("197.9", True), ("198", True), ("197.8", False), ("197.90", True), ("197.89", False)],
)
def test_the_last_printed_digit_counts(printed: str, good: bool) -> None:
    value = Decimal(printed)
    assert reproduces("ratio", decimals(247372, 1250), value, value) is good


def test_rounded_inputs_may_be_anything_that_rounds_to_them() -> None:
    exact, printed = decimals(6, 4), Decimal("1.4")
    assert not reproduces("ratio", exact, printed, printed)
    assert reproduces("ratio", exact, printed, printed, rounded=True)  # 5.9 / 4.2
    far = Decimal("1.1")
    assert not reproduces("ratio", exact, far, far, rounded=True)  # 5.5 / 4.5 is as low as it goes


def test_a_range_may_lack_an_end() -> None:
    inputs = decimals(8054, 2454)  # 3.28
    assert reproduces("ratio", inputs, Decimal(2), None)
    assert not reproduces("ratio", inputs, Decimal(4), None)
    assert reproduces("ratio", inputs, None, Decimal(4))
    assert not reproduces("ratio", inputs, None, Decimal(2))


@pytest.mark.parametrize(
    ("name", "count", "problem"),
    [("ratoi", 2, r"did you mean ratio\?"), ("ratio", 3, "takes 2 numbers, not 3"), ("sum", 1, "at least 2")],
)
def test_formulas_that_do_not_exist_and_wrong_numbers_of_inputs_are_refused(
    name: str, count: int, problem: str
) -> None:
    with pytest.raises(CycleError, match=problem):
        evaluate(name, [Decimal(1)] * count)
