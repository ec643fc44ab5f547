"""Opening a store that may not be there yet: nothing is written before there is something to keep."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from pathlib import Path

from screener.data.store import writer
from screener.data.store.store import Store, open_store

__all__ = ["open_or_new"]


def open_or_new(path: str | Path, now: Callable[[], dt.datetime] | None = None) -> Store:
    """Open the store in a folder; one that is not there yet is made with its first commit.

    Parameters
    ----------
    path : str or Path
        No folder yet, an empty one, or a store.
    now : callable, optional
        The clock, in UTC.

    Raises
    ------
    SourceError
        If the disk refuses.
    DataError
        If the folder is neither empty nor a store of this version.
    """
    folder = Path(path).expanduser()
    with contextlib.suppress(OSError):
        if not folder.exists() or (folder.is_dir() and not writer.foreign(folder)):
            return Store(folder, now=now)
    return open_store(folder, now=now)
