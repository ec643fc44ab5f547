"""Checking a whole store: every file, hash, entry and contract, and what lies about."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from screener.data.contract import check_bars, check_series
from screener.data.store import writer
from screener.data.store.kinds import kind_of
from screener.data.store.manifest import Entry
from screener.data.store.table import content_of, declared, span_of
from screener.errors import ScreenerError

if TYPE_CHECKING:
    from screener.data.store.store import Store

__all__ = ["Finding", "verify"]


class Finding(NamedTuple):
    """One thing that is not as it should be.

    Attributes
    ----------
    kind, key, file : str
    problem : str
        One sentence, with what to do.
    harmless : bool
        Whether no reader can meet it (a leftover that the next update removes).
    """

    kind: str
    key: str
    file: str
    problem: str
    harmless: bool = False


def verify(store: Store) -> list[Finding]:
    """Check every table of a store against the manifest, its declaration and the contract.

    Returns
    -------
    list of Finding
        In order of kind and key; empty for a clean store.
    """
    store.refresh()
    with ThreadPoolExecutor() as pool:  # hashing and decoding release the interpreter
        found = list(pool.map(lambda entry: list(_table(store, entry)), store.entries))
    return [*(finding for part in found for finding in part), *_leftovers(store)]


def _table(store: Store, entry: Entry) -> Iterator[Finding]:
    try:
        table = store.read(entry.kind, entry.key)
        problems = [*_against_entry(entry, table), *_against_contract(entry, table)]
    except ScreenerError as error:
        problems = list(error.problems)
    yield from (Finding(entry.kind, entry.key, entry.file, problem) for problem in problems)


def _against_entry(entry: Entry, table: pd.DataFrame) -> Iterator[str]:
    kind = kind_of(entry.kind)
    declared(kind, table, entry.name)
    first, last = span_of(kind, table)
    said = {"rows": entry.rows, "first": entry.first, "last": entry.last, "content": entry.content}
    found = {"rows": len(table), "first": first, "last": last, "content": content_of(kind, table)}
    for name, value in found.items():
        if said[name] != value:
            yield f"{entry.file}: {name} is {value}, the manifest says {said[name]}"


def _against_contract(entry: Entry, table: pd.DataFrame) -> Iterator[str]:
    if entry.kind != "bars":
        return
    bars = table.assign(symbol=entry.key)
    try:
        check_bars(bars, entry.name)
        check_series(bars, entry.name)
    except ScreenerError as error:
        yield from error.problems


def _leftovers(store: Store) -> Iterator[Finding]:
    """Yield files that no entry names; the next update removes them."""
    entries = {(entry.kind, entry.key): entry for entry in store.entries}
    for path in writer.stale_files(store.folder, entries):
        text = "is no longer named by the manifest; the next update removes it"
        kind = path.parent.name if path.parent != store.folder else ""
        yield Finding(kind, "", path.relative_to(store.folder).as_posix(), text, harmless=True)
