"""From a store to the folder that the folder source reads, always the same bytes for the same tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from screener.data.store import disk
from screener.data.store.kinds import KINDS, WHOLE, Kind
from screener.data.store.manifest import Entry, digest
from screener.data.store.marker import MARKER, render_marker
from screener.data.store.table import content_of, to_bytes
from screener.errors import DataError, SourceError
from screener.market.symbols import normalise

if TYPE_CHECKING:
    from screener.data.store.store import Store

__all__ = ["export"]

NEEDED = ("bars", "index", "instruments", "calendar")


def export(store: Store, folder: Path, symbols: Iterable[str] | None = None) -> str:
    """Write all tables, or those of some shares, into an empty folder.

    Parameters
    ----------
    store : Store
    folder : Path
        Made if it is not there.
    symbols : iterable of str, optional
        In any common spelling. Indices and the calendar are exported whole.

    Returns
    -------
    str
        The hash that the folder, this store and a store it is imported into have as a source of prices.

    Raises
    ------
    DataError
        If the folder is not empty, the store lacks a kind or a symbol, or one of its tables is damaged.
    SourceError
        If the folder cannot be written.
    """
    store.refresh()
    chosen = None if symbols is None else sorted({normalise(symbol) for symbol in symbols})
    _check(store, folder, chosen)
    files: dict[str, bytes] = {}
    contents: list[Entry] = []
    for name, kind in KINDS.items():
        tables = list(_tables(store, name, kind, chosen))
        contents += [_content(name, kind, key, table) for key, table in tables if kind.market]
        if tables or name == "actions":
            files[kind.leaves_as] = _file(kind, tables)
    found = digest(contents)
    _write(folder, {**files, MARKER: render_marker(found, files)})
    return found


def _check(store: Store, folder: Path, chosen: list[str] | None) -> None:
    lacking = [kind for kind in NEEDED if not store.keys(kind)]
    problems = [f"store: it holds no {kind}; fetch them with `screener data update`" for kind in lacking]
    held = set(store.keys("bars"))
    problems += [f"{symbol}: the store has no bars of it" for symbol in chosen or () if symbol not in held]
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        problems.append(f"{folder}: must be a new or an empty folder")
    if problems:
        raise DataError(*problems)


def _tables(
    store: Store, name: str, kind: Kind, chosen: list[str] | None
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield key and rows of every table of a kind that is exported."""
    for key in store.keys(name):
        by_share = kind.key_column == "symbol" and name != "index"
        if chosen is not None and by_share and key not in chosen:
            continue
        table = store.read(name, key)
        if chosen is not None and kind.column("symbol"):
            table = table[table["symbol"].isin(chosen)].reset_index(drop=True)
        if len(table):
            yield key, table


def _content(name: str, kind: Kind, key: str, table: pd.DataFrame) -> Entry:
    """Return an entry of which only the content counts: what `digest` hashes."""
    return Entry(name, key, "", "", content_of(kind, table), 0, len(table), "", "", "", "")


def _file(kind: Kind, tables: list[tuple[str, pd.DataFrame]]) -> bytes:
    """Put the tables of a kind into one file, with their key as a column."""
    if kind.key_column:
        parts = [_keyed(kind, key, table) for key, table in tables]
    else:
        parts = [table for key, table in tables if key == WHOLE]
    columns = [kind.key_column] if kind.key_column else []
    empty = pd.DataFrame(columns=[*columns, *(column.name for column in kind.columns)])
    whole = pd.concat(parts, ignore_index=True) if parts else empty
    return to_bytes(whole) if kind.leaves_as.endswith(".parquet") else _csv(whole)


def _keyed(kind: Kind, key: str, table: pd.DataFrame) -> pd.DataFrame:
    """Put the key in front, or behind the date as the folder contract has it."""
    place = 1 if table.columns[0] == "date" else 0
    keyed = table.copy()
    keyed.insert(place, kind.key_column, key)
    return keyed


def _csv(table: pd.DataFrame) -> bytes:
    text = table.to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\n")
    return text.encode("utf-8")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Write the files, the note last: without it, the folder counts as any other."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            disk.write_whole(folder / name, data)
        disk.sync_folder(folder)
    except OSError as error:
        raise SourceError(f"{folder}: cannot be written: {error.strerror or error}") from error
