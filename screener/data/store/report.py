"""What a store holds, at a glance: from its manifest, and the user's words; no other table is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from screener.data.store.kinds import KINDS
from screener.data.store.wanted import never_arrived
from screener.data.vouched import VOUCHED

if TYPE_CHECKING:
    from screener.data.store.manifest import Entry
    from screener.data.store.store import Store

__all__ = ["summarise"]


def summarise(store: Store) -> dict[str, Any]:
    """Return counts, spans and sources by kind, and the shares that are behind the newest one or suspect.

    Returns
    -------
    dict
        ``folder, digest, bytes, updated, newest, kinds, stale, never, suspects, vouched, quarantined``; days
        as text, empty where there is none. ``stale`` maps a share to its last session, ``never`` lists those
        that the last update was to bring and of which no bar came.
    """
    entries = store.entries
    bars = [entry for entry in entries if entry.kind == "bars"]
    newest = max((entry.last for entry in bars), default="")
    return {
        "folder": str(store.folder),
        "digest": store.digest,
        "bytes": sum(entry.bytes for entry in entries),
        "updated": max((entry.fetched for entry in entries), default=""),
        "newest": newest,
        "kinds": [_row(kind, [e for e in entries if e.kind == kind]) for kind in KINDS if store.keys(kind)],
        "stale": {entry.key: entry.last for entry in bars if entry.last < newest},
        "never": never_arrived(store),
        "suspects": store.suspects(),
        "vouched": [word for symbol in store.keys(VOUCHED) for word in _words(store, symbol)],
        "quarantined": len(store.quarantined()),
    }


def _words(store: Store, symbol: str) -> list[dict[str, Any]]:
    """Return every word of the user on a share, as plain values, `fetched` as ``when``."""
    table = store.read(VOUCHED, symbol)
    days = {name: table[name].dt.strftime("%Y-%m-%d") for name in ("date", "fetched")}
    rows = table.assign(**days, symbol=symbol).rename(columns={"date": "day", "fetched": "when"})
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _row(kind: str, entries: list[Entry]) -> dict[str, Any]:
    return {
        "kind": kind,
        "tables": len(entries),
        "rows": sum(entry.rows for entry in entries),
        "first": min((entry.first for entry in entries if entry.first), default=""),
        "last": max(entry.last for entry in entries),
        "source": ", ".join(sorted({entry.source for entry in entries})),
        "fetched": max(entry.fetched for entry in entries)[:16].replace("T", " "),
    }
