"""Hold a theme against a listing: unknown codes, names of other shares, dates before the listing."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from screener.data.sources import Source
from screener.errors import SymbolError
from screener.market.symbols import normalise, successor

__all__ = ["Finding", "bare_name", "basket_findings", "listing_findings", "listing_of"]

WHOLE_MARKET = 3000  # shares from which on a listing counts as that of the whole market
THIN = 3
MARKS = re.compile(r"(^(\*ST|S\*ST|SST|ST|XD|XR|DR|N|C)(?=[^A-Z]))|(-(UW|U|W|WD|V|B|A)$)")

Members = list[Mapping[str, Any]]


class Finding(NamedTuple):
    """What is to be said of a member by its number (None = of the basket), and the key that it is about."""

    level: str  # error or warning
    member: int | None
    key: str
    text: str


def listing_of(source: Source) -> pd.DataFrame:
    """Return what a source knows of its shares beside prices.

    Returns
    -------
    DataFrame
        By symbol: ``name`` (None = unknown), ``listed`` and ``delisted`` (NaT = unknown). No rows where the
        source knows nothing, as the sample.
    """
    known = source.instruments
    symbols = sorted({*known.names, *known.listing, *known.status})
    return pd.DataFrame(
        {
            "name": [known.names.get(symbol) for symbol in symbols],
            "listed": pd.to_datetime([known.listing.get(symbol) for symbol in symbols]),
            "delisted": pd.to_datetime([known.delisting.get(symbol) for symbol in symbols]),
        },
        index=pd.Index(symbols, name="symbol"),
    )


def listing_findings(members: Members, listing: pd.DataFrame) -> Iterator[Finding]:
    """Yield what a listing has against members.

    Parameters
    ----------
    members : list of mapping
        As they stand in the file; those without a lawful symbol are passed over, the rules tell them.
    listing : DataFrame
        As `listing_of` returns it.

    Notes
    -----
    A code that a listing of fewer than 3000 shares lacks is a warning only: it may hold a part of the market.
    """
    names = {bare_name(name): symbol for symbol, name in listing["name"].dropna().items()}
    for number, member in enumerate(members):
        symbol = lawful(member.get("symbol"))
        if symbol is None:
            continue
        if symbol not in listing.index:
            yield unknown_code(number, symbol, len(listing))
            continue
        row = listing.loc[symbol]
        yield from name_findings(number, symbol, member, row["name"], names)
        yield from date_findings(number, symbol, member, row["listed"], row["delisted"])


def basket_findings(members: Members) -> Iterator[Finding]:
    """Yield what is worth a second look in the basket as a whole, no listing needed; old codes too."""
    for number, member in enumerate(members):
        symbol = lawful(member.get("symbol"))
        if symbol and (new := successor(symbol)):
            yield Finding("error", number, "symbol", f"{symbol} is a retired code; write its new one, {new}")
    weights = [member.get("weight", 1.0) for member in members]
    counted = [weight for weight in weights if isinstance(weight, int | float) and weight > 0]
    if len(counted) < THIN:
        text = f"counted members: {len(counted)}; below {THIN} the theme stands for single companies"
        yield Finding("warning", None, "members", text)
        return
    for number, (member, weight) in enumerate(zip(members, weights, strict=True)):
        if isinstance(weight, int | float) and 2 * weight > sum(counted):
            text = f"{member.get('name')} has {weight / sum(counted):.0%} of the weight, more than all others"
            yield Finding("warning", number, "weight", text)


def unknown_code(number: int, symbol: str, known: int) -> Finding:
    """Return what is said of a code that a listing lacks."""
    if known >= WHOLE_MARKET:
        text = f"{symbol} is in no listing of {known} shares; check the code"
        return Finding("error", number, "symbol", text)
    text = f"{symbol} is not among the {known} shares that the source knows; code and name were not checked"
    return Finding("warning", number, "symbol", text)


def name_findings(
    number: int, symbol: str, member: Mapping[str, Any], known: str | None, names: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield a name that is not that of the code, today or formerly."""
    written = member.get("name")
    if not isinstance(written, str) or not isinstance(known, str) or not known:
        return
    if any(fits(known, name) for name in (written, *former_names(member))):
        return
    other = names.get(bare_name(written))
    if other:
        text = f"{written} is the name of {other}; {symbol} is {known}"
        yield Finding("error", number, "name", text)
        return
    text = f"{symbol} is called {known} in the source, not {written}; if it was renamed, state former names"
    yield Finding("warning", number, "name", text)


def date_findings(
    number: int, symbol: str, member: Mapping[str, Any], listed: pd.Timestamp, delisted: pd.Timestamp
) -> Iterator[Finding]:
    """Yield a membership that begins before the listing or goes on after its end."""
    since, valid, until = (day_of(member.get(key)) for key in ("since", "valid_from", "until"))
    if since and not pd.isna(listed) and max(since, valid or since) < listed.date():
        text = f"{symbol} was listed on {listed:%Y-%m-%d}, after since={since}; set valid_from to the listing"
        yield Finding("warning", number, "since", text)
    if not pd.isna(delisted) and (until is None or until > delisted.date()):
        text = f"{symbol} was delisted on {delisted:%Y-%m-%d}; until={delisted:%Y-%m-%d} would say so"
        yield Finding("warning", number, "symbol", text)


def bare_name(name: str) -> str:
    """Return a short name without width, blanks and the marks of the exchanges.

    Examples
    --------
    >>> bare_name("*ST 信通"), bare_name("寒武纪－U"), bare_name("万 科Ａ"), bare_name("TCL科技")
    ('信通', '寒武纪', '万科A', 'TCL科技')
    """
    narrow = re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).upper().replace("－", "-")
    return MARKS.sub("", narrow).lower() if narrow.isascii() else MARKS.sub("", narrow)


def fits(known: str, written: str) -> bool:
    """Say whether two short names are one; a mark such as ``*ST`` may have cost the known one a character.

    Examples
    --------
    >>> fits("*ST易录", "易华录"), fits("ST 易录", "易华"), fits("易录", "易华录")
    (True, False, False)
    """
    short, whole = bare_name(known), bare_name(written)
    if short == whole:
        return True
    marked = re.match(r"\W*S?\W*ST", unicodedata.normalize("NFKC", known)) is not None
    rest = iter(whole)
    return marked and len(short) == len(whole) - 1 and all(sign in rest for sign in short)


def former_names(member: Mapping[str, Any]) -> list[str]:
    """Return the earlier names that a member states."""
    former = member.get("former")
    entries = former if isinstance(former, list | tuple) else ()
    return [str(entry["name"]) for entry in entries if isinstance(entry, Mapping) and entry.get("name")]


def lawful(symbol: object) -> str | None:
    """Return the inside spelling of a symbol, None if it has none."""
    try:
        return normalise(symbol) if isinstance(symbol, str) else None
    except SymbolError:
        return None


def day_of(value: object) -> dt.date | None:
    """Return a plain date, None for anything else."""
    return value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else None
