"""Before an update: damaged tables leave the store, so that they are due like those that were never there."""

from __future__ import annotations

from screener.data.store import Entry, Store
from screener.data.store.damage import set_aside_damaged
from screener.data.store.kinds import kind_of
from screener.data.store.store import fetch_again
from screener.data.update.desk import Request
from screener.data.vouched import VOUCHED

__all__ = ["mend"]


def mend(store: Store, request: Request) -> list[str]:
    """Set damaged tables aside that an update reads or fetches, and say so, one sentence each.

    Raises
    ------
    SourceError
        If the disk refuses.
    """
    lost = set_aside_damaged(store, lambda entry: _concerns(request, entry))
    return [f"{entry.name}: its file was damaged or missing; {_done(entry)}" for entry in lost]


def _concerns(request: Request, entry: Entry) -> bool:
    """Say whether an update touches a table; of what it does not ask for, nothing is taken away."""
    if entry.kind == "index":
        return entry.key in request.indices
    if entry.kind == "us_capex":
        return bool(request.tickers)
    return kind_of(entry.kind).key_column != "symbol" or entry.key in request.symbols


def _done(entry: Entry) -> str:
    """Say what becomes of a table that was set aside."""
    if entry.kind == VOUCHED:
        return f"set aside in quarantine; say it again with `{fetch_again(VOUCHED, entry.key)}`"
    text = "set aside in quarantine and asked for again as a whole"
    return f"{text}; the history of its restatements is lost" if kind_of(entry.kind).appends else text
