"""Questions in SQL over a store: answered in memory, over verified tables, with no way out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from screener.data.store.kinds import KINDS
from screener.errors import DataError, SpecError, nearest

if TYPE_CHECKING:
    from screener.data.store.store import Store

__all__ = ["answer"]

# Each of them is closed before the query is seen, and the last keeps it from opening them again.
CLOSED = (
    "SET enable_external_access = false",
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET lock_configuration = true",
)


LISTING = re.compile(r"\s*show\s+(all\s+)?tables\s*;?\s*", re.IGNORECASE)
UNKNOWN = re.compile(r"Table with name (\S+) does not exist")


def answer(store: Store, query: str) -> pd.DataFrame:
    """Answer one SELECT over the kinds as tables.

    Parameters
    ----------
    store : Store
    query : str
        Tables are the kinds; those with one table a key have the key as a column, mostly ``symbol``. Only
        kinds that the query names are read. ``SHOW TABLES`` lists the kinds.

    Raises
    ------
    SpecError
        If the query is no single SELECT, or the engine refuses it.
    DataError
        If a table that it needs is damaged, or the store has none of the kind.
    """
    if LISTING.fullmatch(query):
        return pd.DataFrame([(name, len(store.keys(name))) for name in KINDS], columns=["name", "keys"])
    import duckdb

    with duckdb.connect(":memory:") as connection:
        try:
            _only_select(duckdb, connection, query)
            for name in named_kinds(query):
                connection.register(name, _table(store, name))
            for setting in CLOSED:
                connection.execute(setting)
            return connection.execute(query).df()
        except duckdb.Error as error:
            raise SpecError(f"sql: {_reason(str(error))}") from error


def _reason(text: str) -> str:
    """Say in one line what the engine refused; it knows tables of its own, which nobody means."""
    unknown = UNKNOWN.search(text)
    if unknown:
        return f"there is no table {unknown[1]}; {nearest(unknown[1], KINDS)}"
    return " ".join(text.split())


def named_kinds(query: str) -> list[str]:
    """Return the kinds whose name stands in a query as a word."""
    return [name for name in KINDS if re.search(rf"\b{name}\b", query, re.IGNORECASE)]


def _only_select(duckdb: object, connection: object, query: str) -> None:
    kinds = [statement.type for statement in connection.extract_statements(query)]
    if kinds != [duckdb.StatementType.SELECT]:
        raise SpecError(f"sql: give one SELECT over {', '.join(KINDS)}")


def _table(store: Store, name: str) -> object:
    """Return all tables of a kind as one Arrow table, with the key as its first column."""
    import pyarrow as pa

    keys = store.keys(name)
    if not keys:
        raise DataError(f"sql: the store has no {name}; fetch them with `screener data update`")
    frame = store.read_many(name, keys) if KINDS[name].key_column else store.read(name)
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
