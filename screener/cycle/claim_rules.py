"""What a claim must satisfy: which keys its kind has, and what they may hold."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from screener.cycle.claim_series import driver
from screener.cycle.driver import Driver, has_driver
from screener.cycle.formulas import FORMULAS, find
from screener.errors import CycleError, nearest
from screener.workspace import NAME_RULE, is_name

__all__ = ["KINDS", "Problem", "claim_problems", "months", "scale"]

QUOTE_LENGTH = 120
EXPECTED = ("raised", "kept", "cut")
PERIOD = re.compile(r"FY(?P<y>\d{4})|(?P<hy>\d{4})H(?P<h>[12])|(?P<qy>\d{4})Q(?P<q>[1-4])|(?P<m>\d{4}-\d{2})")
SCALES = {"million": 1, "100 million": 100, "billion": 1000}

Table = Mapping[str, Any]


class Kind(NamedTuple):
    """What a kind of claim measures, the keys it needs and those it may have."""

    measures: str
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


class Problem(NamedTuple):
    """The key at fault and a sentence about it."""

    key: str
    text: str


ALWAYS = ("id", "title", "report", "date", "kind")
EVER = ("title_zh", "method", "quote", "note")
SERIES = ("definition", "entity")
NUMBER = ("value", "low", "high")
BOTH = ("driver", "over", "period")
KINDS = {
    "level": Kind(
        "a series summed over a period",
        ("driver", "period", "unit"),
        (*SERIES, *NUMBER, "within", "rate"),
    ),
    "growth": Kind(
        "a period against another, in per cent",
        ("driver", "period", "against"),
        (*SERIES, *NUMBER, "within", "currency"),
    ),
    "share": Kind("a series in per cent of another", BOTH, (*SERIES, *NUMBER, "within")),
    "turn": Kind("when the trailing year's share first passes a value", (*BOTH, "value"), ("definition",)),
    "guidance": Kind("what guidance does next", ("driver", "entity", "period", "expects")),
    "arithmetic": Kind(
        "a sum that the report did", ("formula",), ("inputs", "cases", "rounded", "unit", *NUMBER)
    ),
    "words": Kind("something that no series here measures", ("reason",), ("due",)),
}
TEXTS = ("title", "report", "title_zh", "method", "quote", "note", "unit", "currency", "reason")


def claim_problems(claim: Table) -> Iterator[Problem]:
    """Yield what is wrong with a claim as it stands in a file."""
    kind = claim.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        said = "kind is missing" if kind is None else f"kind={kind!r}"
        yield Problem("kind", f"{said}: {nearest(str(kind), KINDS)}")
        return
    rule = KINDS[kind]
    needed, allowed = (*ALWAYS, *rule.needs), (*ALWAYS, *EVER, *rule.needs, *rule.may)
    yield from (Problem(key, f"{key} is missing") for key in needed if claim.get(key) in (None, ""))
    for key in claim:
        if key not in allowed:
            yield Problem(key, f"{key} is no key of kind={kind!r}; {nearest(key, allowed)}")
    yield from _text_problems(claim)
    for key in ("date", "due"):
        if key in claim and type(claim[key]) is not dt.date:
            yield Problem(key, f"{key}={claim[key]} must be a date without quotes or time, like 2024-08-18")
    yield from _number_problems(claim, kind)
    if kind == "arithmetic":
        yield from _case_problems(claim)
    elif kind != "words":
        yield from _series_problems(claim)


def months(period: str) -> tuple[dt.date, int]:
    """Return the first day of a period and how many months it has.

    Raises
    ------
    CycleError
        If the text is no period.

    Examples
    --------
    >>> months("FY2025"), months("2025H2"), months("2025-06")
    ((datetime.date(2025, 1, 1), 12), (datetime.date(2025, 7, 1), 6), (datetime.date(2025, 6, 1), 1))
    """
    found = PERIOD.fullmatch(period)
    try:
        if found and found["m"]:
            return dt.date.fromisoformat(f"{period}-01"), 1
        if found and found["q"]:
            return dt.date(int(found["qy"]), 3 * int(found["q"]) - 2, 1), 3
        if found and found["h"]:
            return dt.date(int(found["hy"]), 6 * int(found["h"]) - 5, 1), 6
        if found:
            return dt.date(int(found["y"]), 1, 1), 12
    except ValueError:
        pass
    raise CycleError(f"{period!r} must be a period like FY2025, 2025H1, 2025Q2 or 2025-06")


def scale(unit: str) -> tuple[str, int]:
    """Return currency and size, in millions, of a unit of money.

    Raises
    ------
    CycleError
        If the text is no such unit.

    Examples
    --------
    >>> scale("USD 100 million")
    ('USD', 100)
    """
    currency, _, size = unit.partition(" ")
    if not re.fullmatch("[A-Z]{3}", currency) or size not in SCALES:
        raise CycleError(
            f"{unit!r} must be a currency and a size, like USD million, USD 100 million, USD billion"
        )
    return currency, SCALES[size]


def _text_problems(claim: Table) -> Iterator[Problem]:
    name, quote = claim.get("id"), claim.get("quote", "")
    if name is not None and not (isinstance(name, str) and is_name(name)):
        yield Problem("id", f"id={name!r} must be {NAME_RULE}")
    for key in TEXTS:
        if not isinstance(claim.get(key, ""), str):
            yield Problem(key, f"{key}={claim[key]} must be text in quotes")
    if isinstance(quote, str) and (len(quote) > QUOTE_LENGTH or len(quote.splitlines()) > 1):
        yield Problem("quote", f"quote has {len(quote)} characters; cite one line of at most {QUOTE_LENGTH}")
    if "rounded" in claim and not isinstance(claim["rounded"], bool):
        yield Problem("rounded", f"rounded={claim['rounded']} must be true or false")
    if "expects" in claim and claim["expects"] not in EXPECTED:
        yield Problem("expects", f"expects={claim['expects']!r}: {nearest(str(claim['expects']), EXPECTED)}")


def _number_problems(claim: Table, kind: str) -> Iterator[Problem]:
    many = kind == "arithmetic" and isinstance(claim.get("value"), list)
    for key in ("value", "low", "high", "within", "rate"):
        if key in claim and not (many and key == "value") and not is_number(claim[key]):
            yield Problem(key, f"{key}={claim[key]} must be a number without quotes")
    for key in ("within", "rate"):
        if is_number(claim.get(key)) and claim[key] <= 0:
            yield Problem(key, f"{key}={claim[key]} must be more than 0")
    if not set(NUMBER) & set(KINDS[kind].may):
        return
    low, high = claim.get("low"), claim.get("high")
    if ("value" in claim) == (low is not None or high is not None):
        yield Problem("value", "give value, or low and high (one alone means at least, or at most)")
    if is_number(low) and is_number(high) and low > high:
        yield Problem("low", f"low={low} must not be above high={high}")


def _case_problems(claim: Table) -> Iterator[Problem]:
    name, value = claim.get("formula"), claim.get("value")
    if not isinstance(name, str) or name not in FORMULAS:
        if name is not None:
            yield Problem("formula", f"formula={name!r}: {nearest(str(name), FORMULAS)}")
        return
    if ("inputs" in claim) == ("cases" in claim):
        yield Problem("inputs", "give inputs, a list of numbers, or cases, a list of such lists")
        return
    key = "cases" if "cases" in claim else "inputs"
    rows = claim[key] if key == "cases" else [claim[key]]
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        yield Problem(key, f"{key} must be a list of numbers" + (" for each case" if key == "cases" else ""))
        return
    for row in rows:
        yield from _row_problems(key, name, row)
    if isinstance(value, list) and (len(value) != len(rows) or not all(map(is_number, value))):
        yield Problem("value", f"value must have one number for each of the {len(rows)} cases")


def _row_problems(key: str, formula: str, row: list[Any]) -> Iterator[Problem]:
    try:
        find(formula, len(row))
    except CycleError as error:
        yield Problem(key, str(error))
    for item in row:
        if isinstance(item, dict):
            yield from (Problem(key, f"{key}: {problem.text}") for problem in _reference_problems(item))
        elif not is_number(item):
            yield Problem(key, f"{key}: {item} must be a number, or a table with driver and period")


def _reference_problems(item: Table) -> Iterator[Problem]:
    allowed = ("driver", "period", *SERIES, "unit")
    for name in item:
        if name not in allowed:
            yield Problem(name, f"{name} is not known; {nearest(name, allowed)}")
    for name in ("driver", "period"):
        if name not in item:
            yield Problem(name, f"{name} is missing")
    yield from _series_problems(item)


def _series_problems(claim: Table) -> Iterator[Problem]:
    """Yield what a driver, its definition or entity, periods and unit have against them."""
    texts = ("driver", "over", *SERIES, "period", "against")
    for key in texts:
        if not isinstance(claim.get(key, ""), str):
            yield Problem(key, f"{key}={claim[key]} must be text in quotes")
            return
    for key in ("driver", "over"):
        if claim.get(key) and not (is_name(claim[key]) and has_driver(claim[key])):
            yield Problem(key, f"{key}={claim[key]!r}: there is no such driver")
            return
    if not claim.get("driver"):
        return
    series = driver(claim["driver"])
    for key, known in (("definition", series.definitions), ("entity", series.entities)):
        if claim.get(key) and claim[key] not in known:
            yield Problem(key, f"{key}={claim[key]!r}: {nearest(claim[key], known)}")
    for key in ("period", "against"):
        if claim.get(key):
            yield from _period_problems(key, claim[key], series)
    yield from _pair_problems(claim, series)
    yield from _unit_problems(claim)


def _pair_problems(claim: Table, series: Driver) -> Iterator[Problem]:
    """Yield why two periods, or two drivers, cannot be set against each other."""
    try:
        lengths = [months(claim[key])[1] for key in ("period", "against") if claim.get(key)]
    except CycleError:
        lengths = []  # told already
    if len(set(lengths)) > 1:
        yield Problem("against", f"against={claim['against']!r} must be as long as {claim['period']!r}")
    if claim.get("over"):
        own, other = (_units(each) for each in (series, driver(claim["over"])))
        if own != other:
            yield Problem("over", f"over={claim['over']!r} is in {other}, {series.name} in {own}")


def _units(series: Driver) -> str:
    return ", ".join(sorted(series.rows["unit"].unique()))


def _period_problems(key: str, period: str, series: Driver) -> Iterator[Problem]:
    try:
        if months(period)[1] < 3 and series.rows["period_end"].dt.month.isin((3, 6, 9, 12)).all():
            yield Problem(key, f"{key}={period!r}: {series.name} is by quarter")
    except CycleError as error:
        yield Problem(key, f"{key}={error}")


def _unit_problems(claim: Table) -> Iterator[Problem]:
    unit = claim.get("unit")
    if not isinstance(unit, str) or not unit:
        return
    try:
        scale(unit)
    except CycleError as error:
        yield Problem("unit", f"unit={error}")


def is_number(value: object) -> bool:
    """Say whether a value is a finite number; true and false are none."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite()
