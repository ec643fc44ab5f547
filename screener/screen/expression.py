"""A small language over columns of a table: arithmetic, comparison and, or, not, and a few functions.

    pe_ttm < 40 and return_120 > 0.2 and rank(amount_20) >= 50%

Text becomes a tree of our own and nothing else; Python never sees it. Missing values are *unknown*, not
false: ``and`` is false if one side is, ``or`` true if one side is, and otherwise unknown wins, so that nobody
is chosen by a number that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from screener.errors import SpecError, nearest

__all__ = ["FUNCTIONS", "Expression", "parse"]

LENGTH, DEPTH = 1_000, 40
TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(?P<percent>\s*%)?|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<text>"[^"]*"|'[^']*')|(?P<sign><=|>=|==|!=|[-+*/<>(),]))"""
)
WORDS = ("and", "or", "not")
MEANT = {"=": "write == to compare", "&": "write and", "|": "write or", "!": "write not, or !="}
COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


class Function(NamedTuple):
    """What a function takes, and what it does with columns."""

    arguments: int
    call: Callable[..., pd.Series]
    says: str


def _rank(values: pd.Series) -> pd.Series:
    return values.rank(pct=True)


def _zscore(values: pd.Series) -> pd.Series:
    spread = values.std(ddof=0)
    return (values - values.mean()) / spread if spread > 0 else values * np.nan


FUNCTIONS: Mapping[str, Function] = {
    "rank": Function(1, _rank, "place among the known values, above 0 to 1 = highest; ties share the mean"),
    "zscore": Function(1, _zscore, "distance from the mean in standard deviations, over the known values"),
    "abs": Function(1, lambda x: x.abs(), "without its sign"),
    "log": Function(1, lambda x: np.log(x.where(x > 0)), "natural logarithm; unknown for 0 and less"),
    "min": Function(2, lambda x, y: x.where(x <= y, y).where(x.notna() & y.notna()), "the smaller"),
    "max": Function(2, lambda x, y: x.where(x >= y, y).where(x.notna() & y.notna()), "the larger"),
    "known": Function(1, lambda x: x.notna().astype("float64"), "1 where there is a value, else 0"),
}


class Token(NamedTuple):
    """A piece of the text: its kind, what it says, and where it begins, from 1."""

    kind: str
    value: Any
    place: int


@dataclass(frozen=True)
class Node:
    """A node of the tree: what to do, with what."""

    kind: str  # number, text, column, call, minus, arithmetic, compare, and, or, not
    value: Any
    parts: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes
    ----------
    text : str
    columns : tuple of str
        Names of the columns that it reads, in order of appearance.
    """

    text: str
    columns: tuple[str, ...]
    node: Node

    def evaluate(self, table: pd.DataFrame) -> pd.Series:
        """Compute the expression for every row.

        Parameters
        ----------
        table : DataFrame (n_rows, n_columns)
            Numbers as float64, NaN = unknown; text as text, None = unknown.

        Returns
        -------
        Series (n_rows,) of float64
            Truth is 1, falsehood 0, and NaN what cannot be known. Division by zero is unknown.

        Raises
        ------
        SpecError
            If text is compared with a number, or text is used in arithmetic.
        """
        found = _evaluate(self.node, table)
        if not isinstance(found, pd.Series):
            found = pd.Series(found, index=table.index)
        if not pd.api.types.is_float_dtype(found.dtype):
            raise SpecError(f'{self.text}: is text; compare it, for example industry == "..."')
        return found


def parse(text: str, columns: Mapping[str, object]) -> Expression:
    """Read an expression.

    Parameters
    ----------
    text : str
        At most 1,000 characters.
    columns : mapping
        Names that may be used.

    Raises
    ------
    SpecError
        One line with the place of what is wrong, counted in characters from 1.

    Examples
    --------
    >>> table = pd.DataFrame({"pe_ttm": [10.0, 50.0, np.nan]})
    >>> parse("pe_ttm < 40", table).evaluate(table).tolist()
    [1.0, 0.0, nan]
    """
    if len(text) > LENGTH:
        raise SpecError(f"the expression has {len(text)} characters; at most {LENGTH} are allowed")
    reader = _Reader(text, _tokens(text), columns)
    node = reader.either(0)
    if reader.left:
        raise reader.error(f"{reader.left[0].value!r} is not expected here")
    return Expression(text, tuple(dict.fromkeys(reader.used)), node)


def _tokens(text: str) -> list[Token]:
    found, place = [], 0
    while place < len(text.rstrip()):
        match = TOKEN.match(text, place)
        if match is None:
            begin = place + len(text[place:]) - len(text[place:].lstrip())
            hint = MEANT.get(text[begin], _signs())
            raise SpecError(f"{text}: at {begin + 1}: {text[begin]!r} means nothing here; {hint}")
        kind = str(match.lastgroup)
        kind = "number" if kind == "percent" else kind
        value: Any = match[kind]
        if kind == "number":
            value = float(value) / (100.0 if match["percent"] else 1.0)
        elif kind == "text":
            value = value[1:-1]
        elif kind == "name" and value.lower() in WORDS:
            kind, value = "word", value.lower()
        found.append(Token(kind, value, match.start(kind if kind != "word" else "name") + 1))
        place = match.end()
    return found


def meant(name: str, columns: Mapping[str, object]) -> str:
    """Say which columns there are, first the one that is called so but for case or its end."""
    low = name.lower()
    begun = [column for column in columns if column == low or column.startswith(f"{low}_")]
    return f"did you mean {begun[0]}? {nearest('', columns)}" if begun else nearest(low, columns)


def _signs() -> str:
    return "numbers, names, text in quotes, + - * / < <= > >= == != ( ) , and or not are allowed"


class _Reader:
    """Recursive descent: or, and, not, comparison, sum, product, sign, atom."""

    def __init__(self, text: str, tokens: list[Token], columns: Mapping[str, object]) -> None:
        self.text, self.left, self.columns = text, tokens, columns
        self.used: list[str] = []

    def either(self, depth: int) -> Node:
        """Read ``a or b``."""
        if depth > DEPTH:
            raise self.error(f"more than {DEPTH} brackets inside each other")
        return self.chain("or", lambda: self.chain("and", lambda: self.negation(depth)))

    def chain(self, word: str, part: Callable[[], Node]) -> Node:
        """Read parts with a word between them."""
        parts = [part()]
        while self.take("word", word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Node(word, None, tuple(parts))

    def negation(self, depth: int) -> Node:
        """Read ``not a``; any number of them."""
        turned = False
        while self.take("word", "not"):
            turned = not turned
        node = self.comparison(depth)
        return Node("not", None, (node,)) if turned else node

    def comparison(self, depth: int) -> Node:
        """Read ``a < b``; only one at a time, so that ``a < b < c`` is not read as something else."""
        node = self.sum(depth)
        if self.left and self.left[0].kind == "sign" and self.left[0].value in COMPARE:
            sign = self.left.pop(0).value
            node = Node("compare", sign, (node, self.sum(depth)))
            if self.left and self.left[0].value in COMPARE:
                raise self.error("compare two things at a time; join comparisons with and")
        return node

    def sum(self, depth: int) -> Node:
        """Read ``a + b - c``."""
        return self.arithmetic(("+", "-"), lambda: self.arithmetic(("*", "/"), lambda: self.sign(depth)))

    def arithmetic(self, signs: tuple[str, ...], part: Callable[[], Node]) -> Node:
        """Read parts with one of some signs between them, from the left."""
        node = part()
        while self.left and self.left[0].kind == "sign" and self.left[0].value in signs:
            node = Node("arithmetic", self.left.pop(0).value, (node, part()))
        return node

    def sign(self, depth: int) -> Node:
        """Read ``-a``; any number of signs."""
        minus = False
        while self.left and self.left[0].kind == "sign" and self.left[0].value in ("-", "+"):
            minus ^= self.left.pop(0).value == "-"
        node = self.atom(depth)
        return Node("minus", None, (node,)) if minus else node

    def atom(self, depth: int) -> Node:
        """Read a number, text, a column, a call or brackets."""
        if not self.left:
            raise self.error("something is missing at the end")
        token = self.left.pop(0)
        if token.kind in ("number", "text"):
            return Node(token.kind, token.value)
        if token.kind == "name":
            return self.call(token, depth) if self.take("sign", "(") else self.column(token)
        if token.value == "(" and token.kind == "sign":
            node = self.either(depth + 1)
            self.need(")")
            return node
        self.left.insert(0, token)
        raise self.error(f"{token.value!r} is not expected here")

    def column(self, token: Token) -> Node:
        """Return a column by name."""
        if token.value not in self.columns:
            self.left.insert(0, token)
            raise self.error(f"{token.value} is no column; {meant(token.value, self.columns)}")
        self.used.append(token.value)
        return Node("column", token.value)

    def call(self, token: Token, depth: int) -> Node:
        """Read the arguments of a function."""
        if token.value not in FUNCTIONS:
            self.left.insert(0, token)
            raise self.error(f"{token.value} is no function; {nearest(token.value, FUNCTIONS)}")
        parts = [self.either(depth + 1)]
        while self.take("sign", ","):
            parts.append(self.either(depth + 1))
        self.need(")")
        if len(parts) != FUNCTIONS[token.value].arguments:
            wanted = FUNCTIONS[token.value].arguments
            raise self.error(f"{token.value} takes {wanted} argument{'s' * (wanted > 1)}, not {len(parts)}")
        return Node("call", token.value, tuple(parts))

    def take(self, kind: str, value: str) -> bool:
        """Take the next token if it is that one."""
        if self.left and self.left[0].kind == kind and self.left[0].value == value:
            self.left.pop(0)
            return True
        return False

    def need(self, sign: str) -> None:
        """Take a sign that must come."""
        if not self.take("sign", sign):
            raise self.error(f"{sign!r} is missing")

    def error(self, problem: str) -> SpecError:
        """Return an error at the next token."""
        place = self.left[0].place if self.left else len(self.text) + 1
        return SpecError(f"{self.text}: at {place}: {problem}")


def _evaluate(node: Node, table: pd.DataFrame) -> Any:
    """Return a column, a number or text."""
    if node.kind in ("number", "text"):
        return node.value
    if node.kind == "column":
        return table[node.value]
    parts = [_evaluate(part, table) for part in node.parts]
    if node.kind == "compare":
        return _compare(node.value, *parts, table.index)
    numbers = [_number(part, table.index) for part in parts]
    if node.kind == "call":
        return FUNCTIONS[node.value].call(*numbers).astype("float64")
    if node.kind == "minus":
        return -numbers[0]
    if node.kind == "arithmetic":
        return _arithmetic(node.value, *numbers)
    truths = [number.where(number.isna(), (number != 0).astype("float64")) for number in numbers]
    if node.kind == "not":
        return 1.0 - truths[0]
    joined = pd.concat(truths, axis=1)
    decisive = 0.0 if node.kind == "and" else 1.0
    sure = (joined == decisive).any(axis=1)
    open_ = joined.isna().any(axis=1)
    return pd.Series(np.where(sure, decisive, np.where(open_, np.nan, 1.0 - decisive)), index=table.index)


def _compare(sign: str, left: Any, right: Any, index: pd.Index) -> pd.Series:
    """Compare numbers with numbers and text with text; unknown where a side is."""
    texts = [_is_text(left), _is_text(right)]
    if texts[0] != texts[1] or (texts[0] and sign not in ("==", "!=")):
        raise SpecError(f"{sign}: text can only be compared with text, by == or !=")
    sides = [
        side if isinstance(side, pd.Series) else pd.Series([side] * len(index), index=index)
        for side in (left, right)
    ]
    unknown = sides[0].isna() | sides[1].isna()
    return pd.Series(COMPARE[sign](*sides), index=index).astype("float64").mask(unknown)


def _arithmetic(sign: str, left: pd.Series, right: pd.Series) -> pd.Series:
    if sign == "/":
        return left / right.where(right != 0)
    return left + right if sign == "+" else left - right if sign == "-" else left * right


def _number(value: Any, index: pd.Index) -> pd.Series:
    if _is_text(value):
        raise SpecError('text is no number; compare it, for example industry == "..."')
    return value if isinstance(value, pd.Series) else pd.Series(float(value), index=index)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, pd.Series) and not pd.api.types.is_float_dtype(value.dtype)
    )
