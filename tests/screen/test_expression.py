"""The small language: what it computes, what it refuses, and that it reaches nothing else."""

from __future__ import annotations

import math
import random

import numpy as np
import pandas as pd
import pytest

from screener.errors import SpecError
from screener.screen import parse

UNKNOWN = math.nan
TABLE = pd.DataFrame(
    {"a": [1.0, 2.0, UNKNOWN, 4.0], "b": [0.0, -3.0, 5.0, UNKNOWN], "t": ["x", "y", None, "x"]}
)


def told(text: str) -> list[float | None]:
    return [None if math.isnan(value) else value for value in parse(text, TABLE).evaluate(TABLE)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a + 2 * b", [1.0, -4.0, None, None]),
        ("(a + 2) * b", [0.0, -12.0, None, None]),
        ("a - 1 - 1", [-1.0, 0.0, None, 2.0]),
        ("8 / a / 2", [4.0, 2.0, None, 1.0]),
        ("a / b", [None, pytest.approx(-2 / 3), None, None]),  # division by 0 is unknown
        ("--a", [1.0, 2.0, None, 4.0]),
        ("-a < 50%", [1.0, 1.0, None, 1.0]),
        ("a > 1 and b > 0", [0.0, 0.0, None, None]),
        ("a > 1 or b >= 0", [1.0, 1.0, 1.0, 1.0]),
        ("a < 0 and b > 0", [0.0, 0.0, None, 0.0]),  # false whatever the unknown is
        ("not a > 1", [1.0, 0.0, None, 0.0]),
        ("not not a > 1", [0.0, 1.0, None, 1.0]),
        ('t == "x"', [1.0, 0.0, None, 1.0]),
        ("t != 'x'", [0.0, 1.0, None, 0.0]),
        ("known(b)", [1.0, 1.0, 1.0, 0.0]),
        ("abs(b) + max(a, b)", [1.0, 5.0, None, None]),
        ("min(a, b)", [0.0, -3.0, None, None]),
        ("log(b)", [None, None, pytest.approx(math.log(5)), None]),
        ("rank(a)", [pytest.approx(1 / 3), pytest.approx(2 / 3), None, 1.0]),
        ("zscore(a)", [pytest.approx(-4 / 3 / math.sqrt(14 / 9)), pytest.approx(-1 / 3 / math.sqrt(14 / 9)),
                       None, pytest.approx(5 / 3 / math.sqrt(14 / 9))]),
        ("1 == 1", [1.0, 1.0, 1.0, 1.0]),
        ("a == 1 AND b == 0", [1.0, 0.0, 0.0, 0.0]),
    ],
)  # fmt: skip
def test_an_expression_means_what_it_says(text: str, values: list[float | None]) -> None:
    assert told(text) == values


def made(rng: random.Random, depth: int) -> tuple[str, str]:
    """Return a random condition in our words, and in Python's."""
    if depth == 0:
        name, sign, number = (
            rng.choice("ab"),
            rng.choice(["<", "<=", ">", ">=", "==", "!="]),
            rng.randint(-3, 5),
        )
        return f"{name} {sign} {number}", f"(row['{name}'] {sign} {number})"
    left, right, word = made(rng, depth - 1), made(rng, depth - 1), rng.choice(["and", "or"])
    if rng.random() < 0.3:
        return f"not ({left[0]})", f"(not {left[1]})"
    return f"({left[0]}) {word} ({right[0]})", f"({left[1]} {word} {right[1]})"


@pytest.mark.parametrize("seed", range(30))
def test_where_all_is_known_it_is_what_python_would_say_row_by_row(seed: int) -> None:
    rng = random.Random(seed)
    table = pd.DataFrame(
        np.random.default_rng(seed).integers(-3, 5, (20, 2)).astype(float), columns=["a", "b"]
    )
    ours, theirs = made(rng, 3)
    expected = [float(eval(theirs, {"row": row})) for row in table.to_dict("records")]
    assert parse(ours, table).evaluate(table).tolist() == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "something is missing at the end"),
        ("a <", "at 4: something is missing"),
        ("a < 1 < 2", "at 7: compare two things at a time"),
        ("(a", r"'\)' is missing"),
        ("a)", "at 2: '\\)' is not expected"),
        ("c > 1", "at 1: c is no column"),
        ("aa > 1", "did you mean a"),
        ("rnk(a)", "rnk is no function; did you mean rank"),
        ("min(a)", "min takes 2 arguments, not 1"),
        ("a = 1", "'=' means nothing here"),
        ("a & b", "'&' means nothing here"),
        ("t > 'x'", "text can only be compared with text"),
        ("t == 1", "text can only be compared with text"),
        ("t + 1", "text is no number"),
        ("t", "is text; compare it"),
        ("a" * 1001, "at most 1000"),
        ("(" * 60 + "a" + ")" * 60, "more than 40 brackets"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as caught:
        parse(text, TABLE).evaluate(TABLE)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "a.__class__", "().__class__", "lambda: 1", "a if b else 1", "[a]", "{a}", "a[0]",
        "exec('1')", "a; b", "a := 1", "print(a)", "open('x')", "f'{a}'", "a ** 9", "@a", "`a`", "a\\b",
        "import os", "\x00", "abs.__call__(a)", "rank.__globals__", "t.format(a)", "'%s' % a",
    ],
)  # fmt: skip
def test_nothing_of_python_can_be_reached(text: str) -> None:
    with pytest.raises(SpecError):
        parse(text, TABLE).evaluate(TABLE)


@pytest.mark.parametrize("seed", range(200))
def test_random_text_is_an_expression_or_one_clear_line(seed: int) -> None:
    rng = random.Random(seed)
    pieces = [
        "a",
        "b",
        "t",
        "(",
        ")",
        "<",
        ">=",
        "==",
        "and",
        "or",
        "not",
        "1",
        "5%",
        "-",
        "*",
        "rank",
        ",",
        "'x'",
        "é",
    ]
    text = " ".join(rng.choice(pieces) for _ in range(rng.randint(1, 14)))
    try:
        lines = len(parse(text, TABLE).evaluate(TABLE))
    except SpecError as error:
        lines = len(TABLE) * len(error.problems)
    assert lines == len(TABLE)
