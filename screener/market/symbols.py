"""Codes: any common spelling to the one inside (``300308.SZ``), the board, and what is no A-share."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any, NamedTuple

from screener.errors import SymbolError
from screener.market.calendar import Day, as_date
from screener.market.tables import Row, in_force, read

__all__ = ["Code", "CodeError", "board_of", "exchange_of", "normalise", "resolve", "successor"]

EXCHANGES = {
    "SH": ("SH", "SS", "XSHG", "SSE", "SHSE"),
    "SZ": ("SZ", "XSHE", "SZSE"),
    "BJ": ("BJ", "BSE", "XBSE", "BJSE"),
}
_ALIAS = {alias: exchange for exchange, aliases in EXCHANGES.items() for alias in aliases}
_ANY = "|".join(sorted(_ALIAS, key=len, reverse=True))
_SPELLING = re.compile(rf"(?:(?P<before>{_ANY})[._-]?)?(?P<code>[0-9]{{6}})(?:[._-]?(?P<after>{_ANY}))?")
_INDEX = re.compile(r"(?:(?:CSI|SI|CI)[._-]?)?[0-9A-Z]{6}(?:[._-]?(?:CSI|SI|CI))")
_NUMBER = re.compile(r"[0-9]+\.[0-9]+|[0-9.]+E\+?[0-9]+")
_SIX = re.compile(r"[0-9]{6}")


class CodeError(SymbolError):
    """A code that is not an A-share, with the kind of the refusal.

    Attributes
    ----------
    kind : {"malformed", "index", "not_a_share", "wrong_exchange", "retired_code", "not_open"}
    """

    def __init__(self, kind: str, problem: str) -> None:
        self.kind = kind
        super().__init__(problem)


class Code(NamedTuple):
    """An A-share code with its place."""

    digits: str
    exchange: str
    board: str

    @property
    def symbol(self) -> str:
        """The spelling used inside: digits, dot, exchange."""
        return f"{self.digits}.{self.exchange}"


@lru_cache(maxsize=65_536)
def normalise(text: str) -> str:
    """Turn any common spelling of an A-share code into ``300308.SZ``.

    Full-width characters are narrowed (NFKC); blanks, apostrophes of spreadsheets and case are ignored.
    The exchange may stand before or after the digits, under the names SH SS XSHG SSE SHSE, SZ XSHE SZSE,
    BJ BSE XBSE BJSE; a bare code is resolved by its prefix, so that ``000300`` is a Shenzhen code.

    Raises
    ------
    SymbolError
        If the text is not the code of an A-share; the message says what it is. A number out of a
        spreadsheet (``6.00519E+05``, ``600519.0``) is refused: on that way 002230 turns into 2230.

    Examples
    --------
    >>> normalise("sz300308"), normalise("600519.XSHG"), normalise("920799")
    ('300308.SZ', '600519.SH', '920799.BJ')
    """
    if not isinstance(text, str):
        raise CodeError("malformed", f'{text!r} must be text, for example "002415.SZ": numbers lose zeros')
    narrow = unicodedata.normalize("NFKC", text).upper()
    cleaned = re.sub(r"[\s'’‘`\ufeff\u200b]", "", narrow)
    match = _SPELLING.fullmatch(cleaned)
    if match is None or (match["before"] and match["after"]):
        raise CodeError(*_why_malformed(text, cleaned))
    return resolve(match["code"], _ALIAS.get(match["before"] or match["after"] or "")).symbol


def board_of(symbol: str) -> str:
    """Return the board of a symbol: SSE_MAIN, SZSE_MAIN, STAR, CHINEXT or BSE.

    Examples
    --------
    >>> board_of("689009.SH"), board_of("302132.SZ"), board_of("430047.BJ")
    ('STAR', 'CHINEXT', 'BSE')
    """
    return _placed(symbol).board


def exchange_of(symbol: str) -> str:
    """Return the exchange of a symbol: SH, SZ or BJ.

    Examples
    --------
    >>> exchange_of("688256.SH")
    'SH'
    """
    return _placed(symbol).exchange


def resolve(digits: str, exchange: str | None = None, day: Day | None = None) -> Code:
    """Find the board of six ASCII digits, strictly.

    Parameters
    ----------
    digits : str
    exchange : {"SH", "SZ", "BJ"}, optional
        Where the code is said to trade; without it the prefix decides.
    day : date, optional
        When the code is used: a code that was replaced, or whose board had not opened, is refused.

    Raises
    ------
    SymbolError
        A `CodeError` with its kind.
    """
    if not isinstance(digits, str) or not _SIX.fullmatch(digits):
        raise CodeError("malformed", f'{digits!r} must be text of six digits 0-9, for example "002415"')
    if exchange is not None and exchange not in EXCHANGES:
        raise CodeError("malformed", f"{digits}.{exchange}: the exchange must be SH, SZ or BJ")
    _refuse_others(digits, exchange)
    ranges = [row for row in _boards() if digits.startswith(tuple(row["prefixes"]))]
    if not ranges:
        raise CodeError("not_a_share", f"{digits}: no A-share code begins so; {_allowed()}")
    row = ranges[0]
    if exchange not in (None, row["exchange"]):
        right = f"{digits}.{row['exchange']}"
        raise CodeError("wrong_exchange", f"{digits}.{exchange}: a share of {row['board']}, written {right}")
    if day is not None:
        _refuse_on(digits, ranges, day)
    return Code(digits, row["exchange"], row["board"])


def successor(symbol: str) -> str | None:
    """Return the symbol that replaced a legacy code of the Beijing exchange, None where no pair is known.

    Notes
    -----
    New codes keep the last three digits except on a collision, so that they are looked up and never computed.

    Examples
    --------
    >>> successor("830799.BJ")
    '920799.BJ'
    """
    pair = _renamed().get(symbol.partition(".")[0])
    return f"{pair['new']}.BJ" if pair else None


@lru_cache(maxsize=65_536)
def _placed(symbol: str) -> Code:
    if not isinstance(symbol, str):
        raise CodeError("malformed", f'{symbol!r}: a symbol must be text, for example "002415.SZ"')
    digits, dot, exchange = symbol.partition(".")
    return resolve(digits, exchange if dot else None)


@cache
def _boards() -> list[Row]:
    return read("boards")["board"]


@cache
def _renamed() -> dict[str, dict[str, Any]]:
    return {row["old"]: row for row in read("boards")["renamed"]}


def _refuse_others(digits: str, exchange: str | None) -> None:
    """Raise if the code is an index, a B share, a fund, a bond."""
    for row in read("boards")["other"]:
        if digits.startswith(row["prefix"]) and row.get("exchange", exchange) == exchange:
            name = f"{digits}.{exchange}" if exchange else digits
            raise CodeError(row["kind"], f"{name} is {row['what']}, not an A-share; {_allowed()}")


def _refuse_on(digits: str, ranges: list[Row], day: Day) -> None:
    """Raise if the code was not in use on `day`."""
    date, switch = as_date(day), _renamed().get(digits)
    if switch and date >= switch["from"]:
        raise CodeError("retired_code", f"{digits} became {switch['new']} on {switch['from']}")
    if in_force(ranges, date):
        return
    if date < ranges[0]["from"]:
        raise CodeError("not_open", f"{digits}: no such code before {ranges[0]['from']}, asked for {date}")
    raise CodeError("retired_code", f"{digits}: such codes ended on {ranges[0]['to']}, asked for {date}")


def _why_malformed(text: str, cleaned: str) -> tuple[str, str]:
    if _NUMBER.fullmatch(cleaned):
        return "malformed", f'{text!r}: a spreadsheet made a number of the code; store it as text, "002415"'
    if _INDEX.fullmatch(cleaned):
        return "index", f"{text!r} is an index, not an A-share; {_allowed()}"
    return "malformed", f"{text!r} is not an A-share code; write six digits and exchange, as in 002415.SZ"


@cache
def _allowed() -> str:
    ranges = (f"{row['exchange']} {' '.join(row['prefixes'])}" for row in _boards())
    return f"A-shares begin with {', '.join(ranges)}"
