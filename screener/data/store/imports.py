"""From a folder of the folder contract into a store; what the store has no place for is named."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from screener.data.contract import COLUMNS, check_bars, check_series
from screener.data.sources.files import column_names, read_csv, read_table
from screener.data.store.damage import is_damaged, set_aside_damaged
from screener.data.store.kinds import FETCHED, KINDS, WHOLE, Column, Kind
from screener.data.store.manifest import MANIFEST
from screener.data.store.marker import check_exported
from screener.data.store.store import Change
from screener.data.store.table import content_of, declared
from screener.errors import DataError, SourceError

if TYPE_CHECKING:
    from screener.data.store.store import Store

__all__ = ["Imported", "import_folder"]

SOURCE = "import"
SHOWN = 5  # tables that a refusal names
ALSO = {  # names that a column of a folder may have
    "cash_per_share_approx": "cash_per_share",
    "cash": "cash_per_share",
    "delist_date_approx": "delist_date",
}


class Imported(NamedTuple):
    """What an import brought: tables by kind, and what was left out, one sentence each."""

    tables: dict[str, int]
    notes: tuple[str, ...]


def import_folder(store: Store, folder: str | Path) -> Imported:
    """Read a folder of the folder contract into a store, all of it or nothing.

    Parameters
    ----------
    store : Store
        One that is not there yet (`open_or_new`) is made once the whole folder was found to be good.
    folder : str or Path

    Returns
    -------
    Imported

    Raises
    ------
    SourceError
        If there is no such folder.
    DataError
        If its files break the contract or are not those that its note says were exported, or the store holds
        other values under the same key. Tables of which there is one (names, instruments, calendar and the
        like) are joined; all others must be new, equal, or go on where the stored one ends. A damaged table
        of the store is replaced.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise SourceError(f"{folder}: is not a folder; give one with prices*.parquet and what goes with it")
    check_exported(root)
    notes: list[str] = []
    tables = [
        Change(name, key, table, SOURCE)
        for name, kind in KINDS.items()
        for key, table in _read(root, name, kind, store.stamp(), notes)
    ]
    if not any(table.kind == "bars" for table in tables) and not store.keys("bars"):
        raise DataError(f"{folder}: holds no prices*.parquet; nothing was imported")
    with store.locked() if (store.folder / MANIFEST).exists() else contextlib.nullcontext():
        changes = _joined(store, tables)
        replaced = {(change.kind, change.key) for change in changes}
        set_aside_damaged(store, lambda entry: (entry.kind, entry.key) in replaced)
        store.commit(changes, create=True)
    kinds = [change.kind for change in changes]
    return Imported({kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}, tuple(notes))


def _read(
    root: Path, name: str, kind: Kind, stamp: str, notes: list[str]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield key and declared table of all that a folder holds of a kind."""
    pattern = "prices*.parquet" if name == "bars" else kind.leaves_as
    parts = [_file(path, name, kind, notes) for path in sorted(root.glob(pattern))]
    if not parts:
        return
    whole = pd.concat(parts, ignore_index=True)
    if whole.empty:
        return
    if kind.appends and FETCHED not in whole.columns:
        whole[FETCHED] = pd.Timestamp(stamp).tz_localize(None)
    if name == "bars":
        whole = whole.sort_values(["symbol", "date"], ignore_index=True)
        check_series(whole, "prices")
    if not kind.key_column:
        yield WHOLE, declared(kind, whole, name)
        return
    for key, rows in whole.groupby(kind.key_column, observed=True, sort=True):
        yield str(key), declared(kind, rows.drop(columns=kind.key_column), f"{name} {key}")


def _file(path: Path, name: str, kind: Kind, notes: list[str]) -> pd.DataFrame:
    """Read one file, its columns named and typed as the kind has them."""
    if path.suffix == ".csv":
        table = _typed(kind, read_csv(path, ()).rename(columns=ALSO), path.name)
    else:
        table = read_table(path, _wanted(kind, column_names(path)))
    if name == "bars":
        check_bars(table[[*COLUMNS]], path.name)
    if not kind.open:
        known = {kind.key_column, *(column.name for column in kind.columns)}
        spare = [column for column in _columns_of(path) if ALSO.get(column, column) not in known]
        notes += (
            [f"{path.name}: {', '.join(spare)} left out: a store keeps no such columns."] if spare else []
        )
        table = table[[column for column in table.columns if column in known]]
    return table


def _columns_of(path: Path) -> list[str]:
    return list(read_csv(path, ()).columns) if path.suffix == ".csv" else column_names(path)


def _wanted(kind: Kind, names: list[str]) -> list[str]:
    """Return the columns to read: all of an open kind, the declared ones of others."""
    known = {kind.key_column, *(column.name for column in kind.columns)}
    return [name for name in names if kind.open or name in known]


def _typed(kind: Kind, table: pd.DataFrame, where: str) -> pd.DataFrame:
    """Give the text of a CSV its types; `declared` looks at dates and text itself."""
    for column in kind.columns:
        if column.type == "number" and column.name in table.columns:
            table[column.name] = _number(column, table, where)
    return table


def _number(column: Column, table: pd.DataFrame, where: str) -> pd.Series:
    values = pd.to_numeric(table[column.name], errors="coerce").astype(float)
    odd = table[column.name][values.isna() & table[column.name].notna()]
    if len(odd):
        raise DataError(f"{where}: {column.name}={odd.iloc[0]} must be a number")
    return values


def _joined(store: Store, tables: list[Change]) -> list[Change]:
    """Return the changes that the tables of a folder mean; tables that are refused are named in one line."""
    changes, apart = [], []
    for change in tables:
        entry = store.entry(change.kind, change.key)
        if entry is None or is_damaged(store, entry):
            changes.append(change)
            continue
        kind, held = KINDS[change.kind], store.read(change.kind, change.key)
        if content_of(kind, held) == content_of(kind, change.frame):
            continue
        if not kind.key_column and not kind.appends:
            both = pd.concat([held, change.frame], ignore_index=True)
            changes.append(change._replace(frame=both.drop_duplicates(list(kind.sort), keep="last")))
        elif _goes_on(kind, held, change.frame):
            named = "+".join(sorted({*entry.source.split("+"), SOURCE}))
            changes.append(change._replace(source=named))
        else:
            apart.append(f"{change.kind} {change.key}")
    if apart:
        raise DataError(_other_values(apart))
    return changes


def _goes_on(kind: Kind, held: pd.DataFrame, table: pd.DataFrame) -> bool:
    """Say whether a table has all that is held, and beyond it later rows only.

    Rows of an append-only table may stand anywhere; the last spell of a status may have become longer.
    """
    if kind.appends:
        same = table.merge(held[[*kind.sort]], on=list(kind.sort))
    else:
        same = table.iloc[: len(held)].copy()
        if kind.day == "last_day" and len(same) == len(held):
            last = same.columns.get_loc("last_day")
            same.iloc[-1, last] = min(same["last_day"].iloc[-1], held["last_day"].iloc[-1])
    return content_of(kind, same) == content_of(kind, held)


def _other_values(apart: list[str]) -> str:
    more = f" and {len(apart) - SHOWN} more" if len(apart) > SHOWN else ""
    return (
        f"the store holds other values of {', '.join(apart[:SHOWN])}{more}: nothing was imported; "
        "import into a new store (SCREENER_STORE names one)"
    )
