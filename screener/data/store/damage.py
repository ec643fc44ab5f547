"""Tables whose files are damaged or gone: found before anything rests on them, and set aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from screener.data.store import disk
from screener.data.store.store import check_bytes
from screener.errors import DataError

if TYPE_CHECKING:
    from screener.data.store.manifest import Entry
    from screener.data.store.store import Store

__all__ = ["is_damaged", "set_aside_damaged"]

REASON = "its file was damaged or missing"


def is_damaged(store: Store, entry: Entry) -> bool:
    """Say whether the file of a table is missing or holds other bytes than were written.

    Raises
    ------
    SourceError
        If the disk refuses: that is no damage of the table.
    """
    try:
        check_bytes(entry, disk.read_bytes(store.folder / entry.file))
    except (FileNotFoundError, NotADirectoryError, DataError):
        return True
    return False


def set_aside_damaged(store: Store, concerned: Callable[[Entry], bool]) -> list[Entry]:
    """Take damaged tables out of a store, what is left of their bytes kept in quarantine.

    Parameters
    ----------
    store : Store
    concerned : callable
        Says of an entry whether its file is looked at.

    Returns
    -------
    list of Entry
        Of the tables that were taken out, by kind and key.

    Raises
    ------
    SourceError
        If the disk refuses.
    """

    def found() -> list[Entry]:
        return [entry for entry in store.entries if concerned(entry) and is_damaged(store, entry)]

    if not found():
        return []
    with store.locked():  # another command may have mended or swept them meanwhile
        lost = found()
        for entry in lost:
            store.set_aside(entry.kind, entry.key, REASON)
    return lost
