"""Append-only tables: a row that differs from the newest state of its key is added, none is ever changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from screener.data.store.kinds import FETCHED, Kind, kind_of
from screener.data.store.table import declared

if TYPE_CHECKING:
    from screener.data.store.store import Change, Store

__all__ = ["Snapshot", "append", "latest"]


class Snapshot(NamedTuple):
    """What a snapshot brought: rows of unknown keys, rows that differ from before, rows no longer sent."""

    added: int
    restated: int
    missing: int


def append(store: Store, changes: Iterable[Change]) -> dict[tuple[str, str], Snapshot]:
    """Add to append-only tables what a new snapshot says differently.

    Parameters
    ----------
    store : Store
    changes : iterable of Change
        Frames without `fetched`; the store dates the rows.

    Returns
    -------
    dict of (kind, key) to Snapshot
        Rows that are no longer sent stay in the table, and are counted.

    Raises
    ------
    DataError
        As `Store.commit` does; a damaged table is never extended.
    """
    found, told = [], {}
    with store.locked():
        for change in changes:
            kind, name = kind_of(change.kind), (change.kind, change.key)
            if not kind.appends:
                raise ValueError(f"kind={change.kind!r} is replaced as a whole; use commit")
            held = declared(kind, store.read(*name), " ".join(name)) if store.entry(*name) else None
            new = _dated(kind, change.frame, store.stamp(), " ".join(name))
            table, told[name] = merge(kind, held, new)
            found += [change._replace(frame=table)] if told[name].added or told[name].restated else []
        if found:
            store.commit(found)
    return told


def merge(kind: Kind, held: pd.DataFrame | None, new: pd.DataFrame) -> tuple[pd.DataFrame, Snapshot]:
    """Return the rows of `held` and those of `new` that say something else, and what that means."""
    if held is None:
        return new, Snapshot(len(new), 0, 0)
    key = _key(kind)
    now = latest(kind, held)
    columns = [*held.columns, *(name for name in new.columns if name not in held.columns)]
    both = now.reindex(columns=columns).merge(
        new.reindex(columns=columns), on=key, how="outer", suffixes=("_held", "_new"), indicator="side"
    )
    values = [name for name in columns if name not in key and name != FETCHED]
    differs = np.zeros(len(both), dtype=bool)
    for name in values:
        a, b = both[f"{name}_held"], both[f"{name}_new"]
        differs |= (~((a == b) | (a.isna() & b.isna()))).to_numpy(dtype=bool)
    known = (both["side"] == "both").to_numpy()
    restated, unknown = known & differs, (both["side"] == "right_only").to_numpy()
    wanted = both.loc[restated | unknown, key]
    rows = wanted.merge(new.reindex(columns=columns), on=key, how="left")
    parts = [part.astype(object) for part in (held.reindex(columns=columns), rows)]
    table = pd.concat(parts, ignore_index=True).infer_objects()
    missing = int((both["side"] == "left_only").sum())
    return table, Snapshot(int(unknown.sum()), int(restated.sum()), missing)


def latest(kind: Kind, table: pd.DataFrame) -> pd.DataFrame:
    """Return the newest row of every key of an append-only table."""
    ordered = table.sort_values(FETCHED, kind="stable")
    return ordered.drop_duplicates(_key(kind), keep="last").sort_index().reset_index(drop=True)


def _key(kind: Kind) -> list[str]:
    return [name for name in kind.sort if name != FETCHED]


def _dated(kind: Kind, frame: pd.DataFrame, stamp: str, where: str) -> pd.DataFrame:
    """Put the time of the snapshot on every row and bring it into the declared form."""
    return declared(kind, frame.assign(**{FETCHED: pd.Timestamp(stamp).tz_localize(None)}), where)
