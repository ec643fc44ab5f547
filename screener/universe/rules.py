"""What a theme, a member, a citation and an exposure must satisfy: each rule once, for files and for code.

Each function takes fields by name, as they stand in a dataclass or come fresh from TOML, and yields what is
wrong with them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from screener.errors import SymbolError, nearest
from screener.market.symbols import board_of, normalise
from screener.workspace import NAME_RULE, is_name

__all__ = [
    "Problem",
    "citation_problems",
    "exposure_problems",
    "former_problems",
    "member_problems",
    "theme_problems",
]

STAGES = ("upstream", "midstream", "downstream")
CONFIDENCES = ("sure", "likely", "uncertain", "peer")
QUOTE_LENGTH = 120

Fields = Mapping[str, Any]


class Problem(NamedTuple):
    """The key at fault, a sentence about it, and whose key it is (None = of the table that was checked)."""

    key: str
    text: str
    member: int | None = None


def theme_problems(theme: Fields) -> Iterator[Problem]:
    """Yield what is wrong with a theme as a whole, its members being checked apart."""
    if not is_name(str(theme["id"])):
        yield Problem("id", f"theme name {theme['id']!r} must be {NAME_RULE}")
    yield from text_problems(theme, "title", required=True)
    for key in ("title_zh", "note", "driver"):
        yield from text_problems(theme, key)
    yield from choice_problems(theme, "stage", STAGES, required=True)
    driver, exposure = theme.get("driver") or "", theme.get("exposure")
    if isinstance(driver, str) and driver and not is_name(driver):
        yield Problem("driver", f"driver={driver!r} must be {NAME_RULE}")
    if bool(driver) != (exposure is not None):
        yield Problem("driver", "driver and [exposure] belong together: give both or neither")
    yield from basket_problems(theme.get("members") or ())


def basket_problems(members: tuple[Any, ...]) -> Iterator[Problem]:
    """Yield what is wrong with members taken together; their fields by name, or Member objects."""
    listed = [member if isinstance(member, Mapping) else vars(member) for member in members]
    if not any(is_number(weight := member.get("weight", 1.0)) and weight > 0 for member in listed):
        yield Problem("members", "no member has a weight above 0; a theme needs at least one [[members]]")
    symbols = [canonical(member.get("symbol")) for member in listed]
    for i, symbol in enumerate(symbols):
        if symbol and symbol in symbols[:i]:
            yield Problem("symbol", f"{symbol} stands twice; keep one entry", i)


def member_problems(member: Fields) -> Iterator[Problem]:
    """Yield what is wrong with one member."""
    yield from symbol_problems(member.get("symbol"))
    yield from text_problems(member, "name", required=True)
    yield from text_problems(member, "note")
    for key in ("since", "until", "valid_from"):
        yield from date_problems(member, key)
    yield from number_problems(member, "weight", 0.0, math.inf)
    yield from number_problems(member, "purity", 0.0, 1.0)
    yield from choice_problems(member, "confidence", CONFIDENCES)
    yield from order_problems(member)
    yield from history_problems(member)
    yield from evidence_problems(member)


def order_problems(member: Fields) -> Iterator[Problem]:
    """Yield dates of a member that run backwards."""
    since, until, valid_from = (as_date(member.get(key)) for key in ("since", "until", "valid_from"))
    for key, start in (("since", since), ("valid_from", valid_from)):
        if until and start and until <= start:
            yield Problem("until", f"until={until} must come after {key}={start}")
    cited = as_date(part(member.get("source"), "date"))
    if since and cited and since < cited:
        yield Problem("since", f"since={since} must not come before its source of {cited}")


def history_problems(member: Fields) -> Iterator[Problem]:
    """Yield former names of a member that are no list, or do not stand from the oldest to the latest."""
    former = member.get("former", ())
    if not isinstance(former, list | tuple):
        example = '[{ name = "中际装备", until = 2017-12-31 }]'
        yield Problem("former", f"former={former} must be a list of earlier names, for example {example}")
        return
    ends = [end for entry in former if (end := as_date(part(entry, "until")))]
    for earlier, later in pairwise(ends):
        if later <= earlier:
            text = f"former: until={later} must come after {earlier}; put the oldest name first"
            yield Problem("former", text)


def evidence_problems(member: Fields) -> Iterator[Problem]:
    """Yield claims of a member that its evidence does not carry."""
    confidence, weight = member.get("confidence", "sure"), member.get("weight", 1.0)
    if confidence == "peer":
        if member.get("since") is not None:
            yield Problem("since", "a peer is named by no report, so it has no since; remove it")
        if not member.get("note"):
            yield Problem("note", "a peer needs a note that says why it belongs here")
        return
    if confidence == "uncertain" and is_number(weight) and weight > 0:
        yield Problem("weight", f"weight={weight:g} must be 0 for a member that is uncertain")
    for key in ("since", "source"):
        if member.get(key) is None:
            yield Problem(key, f"{key} is missing; only a peer goes without")


def citation_problems(source: Fields) -> Iterator[Problem]:
    """Yield what is wrong with the source of a member."""
    yield from text_problems(source, "report", required=True)
    yield from date_problems(source, "date", required=True)
    yield from text_problems(source, "quote")
    quote = source.get("quote", "")
    if isinstance(quote, str) and (len(quote) > QUOTE_LENGTH or len(quote.splitlines()) > 1):
        yield Problem("quote", f"quote has {len(quote)} characters; cite one line of at most {QUOTE_LENGTH}")


def former_problems(former: Fields) -> Iterator[Problem]:
    """Yield what is wrong with an earlier name of a member."""
    yield from text_problems(former, "name", required=True)
    yield from date_problems(former, "until", required=True)


def exposure_problems(exposure: Fields) -> Iterator[Problem]:
    """Yield what is wrong with a belief about a driver."""
    if exposure.get("value") is None:
        yield Problem("value", "value is missing; a number from -1 to 1")
    yield from number_problems(exposure, "value", -1.0, 1.0)
    yield from text_problems(exposure, "reason", required=True)
    yield from date_problems(exposure, "date", required=True)


def symbol_problems(symbol: object) -> Iterator[Problem]:
    """Yield why a symbol is none of an A-share."""
    if symbol is None:
        yield Problem("symbol", 'symbol is missing; for example "002415.SZ"')
    elif not isinstance(symbol, str):
        yield Problem("symbol", f'symbol={symbol} must be a quoted A-share symbol, for example "002415.SZ"')
    else:
        try:
            board_of(normalise(symbol))
        except SymbolError as error:
            yield from (Problem("symbol", text) for text in error.problems)


def text_problems(fields: Fields, key: str, *, required: bool = False) -> Iterator[Problem]:
    """Yield why a field is no text."""
    value = fields.get(key)
    if value is None or value == "":
        if required:
            yield Problem(key, f"{key} is missing or empty")
    elif not isinstance(value, str):
        yield Problem(key, f"{key}={value} must be text in quotes")


def date_problems(fields: Fields, key: str, *, required: bool = False) -> Iterator[Problem]:
    """Yield why a field is no plain date."""
    value = fields.get(key)
    if value is None:
        if required:
            yield Problem(key, f"{key} is missing; for example 2024-08-18")
    elif as_date(value) is None:
        found = repr(value) if isinstance(value, str) else value
        yield Problem(key, f"{key}={found} must be a date without quotes or time, for example 2024-08-18")


def number_problems(fields: Fields, key: str, low: float, high: float) -> Iterator[Problem]:
    """Yield why a field is no finite number in ``[low, high]``."""
    value = fields.get(key)
    if value is None:
        return
    if not is_number(value) or not low <= value <= high:
        span = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of {low:g} or more"
        yield Problem(key, f"{key}={value} must be a finite number {span}")


def choice_problems(
    fields: Fields, key: str, allowed: tuple[str, ...], *, required: bool = False
) -> Iterator[Problem]:
    """Yield why a field is none of the allowed words."""
    value = fields.get(key)
    if value is None and required:
        yield Problem(key, f"{key} is missing; one of {', '.join(allowed)}")
    elif value is not None and value not in allowed:
        yield Problem(key, f"{key}={value!r}: {nearest(str(value), allowed)}")


def part(thing: object, key: str) -> object:
    """Return a field of a table or of a dataclass, or None if there is none."""
    return thing.get(key) if isinstance(thing, Mapping) else getattr(thing, key, None)


def is_number(value: object) -> bool:
    """Say whether a value is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def as_date(value: object) -> dt.date | None:
    """Return a plain date, or None for anything else, a time of day included."""
    return value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else None


def canonical(symbol: object) -> str | None:
    """Return the inside spelling of a symbol, or None if it has none."""
    try:
        return normalise(symbol) if isinstance(symbol, str) else None
    except SymbolError:
        return None
