"""What happens on the disk in a commit: sweep, new files, sync, and the manifest last.

Nothing here knows of tables, so that a commit can be killed thousands of times without waiting for pandas.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from screener.data.store import disk
from screener.data.store.kinds import KINDS
from screener.data.store.manifest import MANIFEST, REBUILD, Entry, parse, render
from screener.errors import DataError, SourceError

__all__ = [
    "Entries",
    "Item",
    "check_vacant",
    "foreign",
    "found",
    "publish",
    "read_manifest",
    "stale_files",
    "told",
]

Entries = Mapping[tuple[str, str], Entry]


class Item(NamedTuple):
    """One file to be written, with its entry."""

    entry: Entry
    data: bytes


def read_manifest(folder: Path) -> Entries:
    """Return the entries of a store.

    Raises
    ------
    SourceError
        If there is no such folder, or the disk refuses.
    DataError
        If the folder is no store, or one that is damaged or of another version.
    """
    try:
        return parse(disk.read_bytes(folder / MANIFEST))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _no_manifest(folder) from error


def found(folder: Path) -> None:
    """Make an empty store in a folder without one; the lock must be held."""
    if (folder / MANIFEST).exists():
        return
    check_vacant(folder)
    _replace_manifest(folder, {})


def foreign(folder: Path) -> list[str]:
    """Return the names in a folder that no writer leaves there before the manifest."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(disk.OURS))


def check_vacant(folder: Path) -> None:
    """Refuse to make a store among other files.

    Raises
    ------
    DataError
        If the folder holds any.
    """
    if others := foreign(folder):
        raise DataError(
            f"store: {folder} is not a store and not empty (it holds {others[0]}); give an empty folder"
        )


def publish(
    folder: Path, entries: Entries, items: Sequence[Item], without: Iterable[tuple[str, str]] = ()
) -> Entries:
    """Take a store from one state to the next; the lock must be held.

    Parameters
    ----------
    entries : mapping
        What the manifest says now.
    items : sequence of Item
    without : iterable of (kind, key)
        Tables that leave the store.

    Returns
    -------
    mapping
        What the manifest says then.

    Raises
    ------
    OSError
        If the disk refuses. The state is the old one, or the new one where only the last sync was refused.

    Notes
    -----
    The files that are replaced stay until the next commit, for readers who have just read the manifest.
    """
    for path in stale_files(folder, entries):
        with contextlib.suppress(PermissionError):  # Windows: somebody still reads it; the next commit tries
            path.unlink(missing_ok=True)
    for item in items:  # even where the name is there already: its bytes may be damaged
        path = folder / item.entry.file
        path.parent.mkdir(exist_ok=True)
        disk.write_whole(path, item.data)
    for kind in sorted({item.entry.kind for item in items}):
        disk.sync_folder(folder / kind)
    gone = set(without)
    merged = {**entries, **{(item.entry.kind, item.entry.key): item.entry for item in items}}
    new = {name: entry for name, entry in merged.items() if name not in gone}
    _replace_manifest(folder, new)
    return new


def stale_files(folder: Path, entries: Entries) -> Iterator[Path]:
    """Yield what an interrupted writer left, and the files that the last commit replaced."""
    named = {folder / entry.file for entry in entries.values()}
    for place in [folder, *(folder / kind for kind in KINDS)]:
        for path in sorted(place.glob("*")):
            stale = path.suffix == ".parquet" and path not in named
            if path.is_file() and (stale or path.name.startswith(disk.TEMPORARY)):
                yield path


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn trouble of the disk into the one error that a user can act on."""
    try:
        yield
    except SourceError:
        raise
    except OSError as error:
        raise disk.outside("the update was not finished, the disk refuses", error) from error


def _replace_manifest(folder: Path, entries: Entries) -> None:
    """From the rename on, and not before, the new state holds."""
    disk.write_whole(folder / MANIFEST, render(entries.values()))
    disk.sync_folder(folder)


def _no_manifest(folder: Path) -> Exception:
    if not folder.is_dir():
        return SourceError(f"store: {folder} is not a folder; make a store with `screener data update`")
    if any(path.suffix == ".parquet" for path in folder.glob("*/*")):
        return DataError(f"{MANIFEST}: missing in {folder}; {REBUILD}")
    return DataError(
        f"store: {folder} is not a store, it has no {MANIFEST}; give the folder of one, or make one with "
        "`screener data update`"
    )
