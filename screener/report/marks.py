"""Bars, marks and words that the sections over choices and doubts share."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from screener.report.html import Markup, cell, escape, num, tag
from screener.report.numbers import amount, points
from screener.report.words import Words, tied, two

__all__ = ["SAME_RULE", "bar", "column", "either", "gap", "round_amount", "sentence", "signed", "span"]

_TAIL = re.compile(r"\.(\d*?)0+(?= )")
SAME_RULE: Words = ("the rule is equal weight itself", "规则即等权组合")


def span(values: Iterable[float]) -> tuple[float, float]:
    """Return the smallest and the largest finite value, with 0 among them."""
    known = [0.0, *(float(value) for value in values if math.isfinite(value))]
    return min(known), max(known)


def bar(value: float, scale: tuple[float, float]) -> Markup:
    """Build a cell with a bar from zero; an empty one where there is no value."""
    low, high = scale
    if not math.isfinite(value) or not high > low:
        return tag("td", "", class_="gauge")
    zero, end = (f"{100 * (v - low) / (high - low):.1f}" for v in (0.0, value))
    shape = tag("path", class_="up" if value > 0 else "down", d=f"M{zero} 4.5H{end}") if end != zero else ""
    ground = tag("path", d=f"M{zero} 0V9")
    drawing = tag("svg", ground, shape, viewBox="0 0 100 9", preserveAspectRatio="none")
    return tag("td", drawing, class_="gauge")


def gap(value: float, why: Words = SAME_RULE, **said: object) -> Markup:
    """Build a cell with a difference in points, coloured by its sign."""
    return cell(num(value, "points", why, signed=True), **said)


def column(english: str, chinese: str, **said: object) -> Markup:
    """Head a column of numbers."""
    return tag("th", two(english, chinese), class_="n", scope="col", **said)


def signed(value: float) -> str:
    """Write points with their sign for a sentence."""
    return points(value).replace("-", "\N{MINUS SIGN}")


def either(words: Words) -> Markup:
    """Say something in both languages, once where it is the same in both."""
    return escape(words[0]) if words[0] == words[1] else two(*words)


def sentence(english: str, chinese: str) -> Markup:
    """Write a paragraph that says what a table means."""
    return tag("p", two(tied(english), tied(chinese)), class_="said")


def round_amount(value: float) -> Words:
    """Write an amount of CNY without the zeros that end it.

    Examples
    --------
    >>> round_amount(1e7), round_amount(2.9e9)
    (('10 m CNY', '1,000 万元'), ('2.9 bn CNY', '29 亿元'))
    """
    english, chinese = (_TAIL.sub(lambda found: f".{found[1]}".rstrip("."), text) for text in amount(value))
    return english, chinese
