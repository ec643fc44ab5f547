"""The store itself: open, read with the hash checked, and commit all of a change or none of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from screener.data.store import disk, writer
from screener.data.store.kinds import WHOLE, kind_of
from screener.data.store.manifest import MANIFEST, Entry, digest
from screener.data.store.table import content_of, declared, from_bytes, joined, span_of, to_bytes, to_frame
from screener.data.store.writer import Entries, Item
from screener.data.vouched import VOUCHED
from screener.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from screener.data.store.quarantine import Quarantined
    from screener.data.store.snapshots import Snapshot
    from screener.data.store.verify import Finding

__all__ = ["Change", "Refused", "Store", "fetch_again", "open_store"]


class Change(NamedTuple):
    """One table to be put in the place of what the store holds under that kind and key."""

    kind: str
    key: str
    frame: pd.DataFrame
    source: str


class Refused(NamedTuple):
    """Rows that were refused, and why."""

    kind: str
    key: str
    frame: pd.DataFrame
    reason: str
    source: str


def open_store(
    path: str | Path,
    create: bool = False,
    say: Callable[[str], None] | None = None,
    now: Callable[[], dt.datetime] | None = None,
) -> Store:
    """Open the store in a folder.

    Parameters
    ----------
    path : str or Path
    create : bool
        Make the folder, or use an empty one, when there is no store yet.
    say : callable, optional
        Told in one line when a writer has to wait for another one.
    now : callable, optional
        The clock, in UTC.

    Raises
    ------
    SourceError
        If there is no such folder, or the disk refuses.
    DataError
        If the folder is no store, or one that is damaged or of another version.
    """
    store = Store(Path(path).expanduser(), say, now)
    if create:
        store.found()
    store.refresh()
    return store


class Store:
    """A folder of verified tables by kind and key; made by `open_store`.

    Notes
    -----
    An object sees the state of the moment in which it was opened or last wrote; `refresh` takes it to the
    newest. Files of that state stay on the disk until the second commit after it.
    """

    def __init__(
        self,
        folder: Path,
        say: Callable[[str], None] | None = None,
        now: Callable[[], dt.datetime] | None = None,
    ) -> None:
        self.folder = folder
        self._say = say or (lambda text: None)
        self._now = now or (lambda: dt.datetime.now(dt.UTC))
        self._entries: Entries = {}

    # -- reading -------------------------------------------------------------------------------------------

    @property
    def digest(self) -> str:
        """Hash over what all tables hold."""
        return digest(self._entries.values())

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, sorted by kind and key."""
        return tuple(self._entries[name] for name in sorted(self._entries))

    def keys(self, kind: str) -> tuple[str, ...]:
        """Return the keys of a kind, sorted."""
        kind_of(kind)
        return tuple(sorted(key for held, key in self._entries if held == kind))

    def entry(self, kind: str, key: str = WHOLE) -> Entry | None:
        """Return the birth certificate of a table, or None when there is none."""
        kind_of(kind)
        return self._entries.get((kind, key))

    def read(self, kind: str, key: str = WHOLE) -> pd.DataFrame:
        """Return a table whose bytes have the hash of the manifest.

        Raises
        ------
        DataError
            If the store has no such table, or its file is damaged or missing.
        SourceError
            If the file cannot be read.
        """
        return to_frame(self._arrow(kind, key))

    def read_many(self, kind: str, keys: Sequence[str], columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the tables of some keys as one, the key as a categorical first column.

        Parameters
        ----------
        keys : sequence of str
            At least one; the rows come in their order.
        columns : sequence of str, optional
            All, if not given. Whole files are hashed either way.
        """
        with ThreadPoolExecutor() as pool:  # hashing and decoding release the interpreter
            tables = list(pool.map(lambda key: self._arrow(kind, key, columns), keys))
        return joined(dict(zip(keys, tables, strict=True)), kind_of(kind).key_column)

    def _arrow(self, kind: str, key: str, columns: Sequence[str] | None = None) -> pa.Table:
        entry = self.entry(kind, key)
        if entry is None:
            raise DataError(f"store: there is no {kind} {key}; fetch it with `{fetch_again(kind, key)}`")
        try:
            data = disk.read_bytes(self.folder / entry.file)
        except FileNotFoundError:
            entry, data = self._again(entry)
        check_bytes(entry, data)
        return from_bytes(data, columns)

    def refresh(self) -> None:
        """Take up the newest state."""
        self._entries = writer.read_manifest(self.folder)

    def _again(self, lost: Entry) -> tuple[Entry, bytes]:
        """Read a table that a writer replaced and swept after this object was opened."""
        self.refresh()
        entry = self._entries.get((lost.kind, lost.key))
        try:
            if entry is not None:
                return entry, disk.read_bytes(self.folder / entry.file)
        except FileNotFoundError:
            pass
        raise DataError(f"{lost.file}: the file is missing; {repair(lost)}")

    # -- writing -------------------------------------------------------------------------------------------

    @cached_property
    def _lock(self) -> disk.Lock:
        return disk.Lock(self.folder, self._say)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other writers out while tables are read, extended and committed; the newest state is taken up.

        Raises
        ------
        SourceError
            If another command writes for too long, or the folder cannot be written.
        """
        with self._lock():
            self.refresh()
            yield

    def commit(
        self, changes: Iterable[Change], refused: Iterable[Refused] = (), create: bool = False
    ) -> tuple[Entry, ...]:
        """Put tables in place, all of them or, after any error or interruption, none.

        Parameters
        ----------
        changes : iterable of Change
            Hundreds at a time are better than one: the manifest is written once for each commit.
        refused : iterable of Refused
            What was refused of the same answers. It is kept first and under the time of the commit, so that
            no crash leaves a table whose rest was refused without the mark of a suspect.
        create : bool
            Make the store if there is none yet, once all tables are found to be good.

        Returns
        -------
        tuple of Entry
            One for each change; a table that did not change is dated anew.

        Raises
        ------
        DataError
            One line for each finding in any of the tables; nothing is written then.
        SourceError
            If the disk refuses; the store is what it was.
        """
        from screener.data.store.quarantine import keep_frame

        stamp = self.stamp()
        items = _prepare(changes, stamp)
        if create:
            self.found()
        with self.locked(), writer.told():
            for item in refused:
                keep_frame(self.folder, *item, stamp)
            self._entries = writer.publish(self.folder, self._entries, items)
        return tuple(item.entry for item in items)

    def set_aside(self, kind: str, key: str, reason: str) -> None:
        """Take a table out of the store, its file kept in quarantine: for what is damaged or proved wrong."""
        from screener.data.store.quarantine import keep_file

        with self.locked(), writer.told():
            entry = self._entries.get((kind, key))
            if entry is None:
                raise DataError(f"store: there is no {kind} {key} to set aside")
            keep_file(self.folder, entry, reason, self.stamp())
            self._entries = writer.publish(self.folder, self._entries, [], without={(kind, key)})

    def found(self) -> None:
        """Make an empty store where there is none; a folder with other files in it is refused."""
        with writer.told():
            self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / MANIFEST).exists():
            with writer.told():  # before the lock, which would leave its file among those of somebody else
                writer.check_vacant(self.folder)
            with self._lock(), writer.told():
                writer.found(self.folder)

    def stamp(self) -> str:
        """Return the time now as entries state it."""
        return f"{self._now().astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}"

    # -- the other verbs -----------------------------------------------------------------------------------

    def append_snapshot(self, changes: Iterable[Change]) -> dict[tuple[str, str], Snapshot]:
        """Add rows of append-only kinds that are new or differ from the newest state of their key."""
        from screener.data.store.snapshots import append

        return append(self, changes)

    def quarantine(self, kind: str, key: str, frame: pd.DataFrame, reason: str, source: str = "") -> None:
        """Keep a table that was refused, with its reason, where no source ever reads it."""
        from screener.data.store.quarantine import keep_frame

        with self.locked(), writer.told():
            keep_frame(self.folder, kind, key, frame, reason, source, self.stamp())

    def quarantined(self) -> tuple[Quarantined, ...]:
        """Return what was refused, oldest first."""
        from screener.data.store.quarantine import read_log

        return read_log(self.folder)

    def suspects(self) -> dict[str, str]:
        """Return, by symbol, why its newest market data were refused, where nothing good came since."""
        from screener.data.store.quarantine import suspects

        return suspects(self)

    def verify(self) -> list[Finding]:
        """Check every file, hash and contract; an empty list is a clean store."""
        from screener.data.store.verify import verify

        return verify(self)

    def sql(self, query: str) -> pd.DataFrame:
        """Answer a SELECT over the kinds as tables; those of keyed kinds have the key as a column."""
        from screener.data.store.sql import answer

        return answer(self, query)

    def export(self, folder: str | Path, symbols: Iterable[str] | None = None) -> str:
        """Write the folder that the folder source reads, and return its hash as a source."""
        from screener.data.store.export import export

        return export(self, Path(folder).expanduser(), symbols)


def check_bytes(entry: Entry, data: bytes) -> None:
    """Refuse bytes that are not those of the entry.

    Raises
    ------
    DataError
        In one line, with the file and what to do.
    """
    if len(data) != entry.bytes:
        raise DataError(
            f"{entry.file}: holds {len(data)} bytes where {entry.bytes} were written; {repair(entry)}"
        )
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise DataError(f"{entry.file}: damaged, its bytes are not those that were written; {repair(entry)}")


def repair(entry: Entry) -> str:
    """Say how a damaged table is replaced."""
    return f"see `screener data verify`, then `{fetch_again(entry.kind, entry.key)}`"


def fetch_again(kind: str, key: str) -> str:
    """Return the command that fetches a table."""
    if kind == VOUCHED:
        return f"screener data accept {key} --reason TEXT"
    by_symbol = kind_of(kind).key_column == "symbol" and kind != "index"
    return f"screener data update --symbols {key}" if by_symbol else "screener data update"


def file_name(kind: str, key: str, sha256: str) -> str:
    """Return the path of a file inside the store; its bytes decide on it, so no version replaces another."""
    return f"{kind}/{key}-{sha256[:12]}.parquet"


def _prepare(changes: Iterable[Change], stamp: str) -> list[Item]:
    """Check and encode all tables before anything is written."""
    items: dict[tuple[str, str], Item] = {}
    problems: list[str] = []
    for change in changes:
        try:
            item = _encode(change, stamp)
        except DataError as error:
            problems += error.problems
            continue
        name = (change.kind, change.key)
        problems += [f"{item.entry.name}: is changed twice in one commit"] if name in items else []
        items[name] = item
    if problems:
        raise DataError(*problems)
    return list(items.values())


def _encode(change: Change, stamp: str) -> Item:
    kind, name = kind_of(change.kind), f"{change.kind} {change.key}"
    if not kind.keys.fullmatch(change.key):
        raise DataError(f"{change.kind}: key {change.key!r} must be {kind.says}")
    if not change.source:
        raise DataError(f"{name}: the source must be named")
    table = declared(kind, change.frame, name)
    if not len(table):
        raise DataError(f"{name}: an empty table is not stored; nothing was fetched")
    data = to_bytes(table)
    sha256 = hashlib.sha256(data).hexdigest()
    first, last = span_of(kind, table)
    entry = Entry(
        kind=change.kind, key=change.key, file=file_name(change.kind, change.key, sha256), sha256=sha256,
        content=content_of(kind, table), bytes=len(data), rows=len(table), first=first, last=last,
        source=change.source, fetched=stamp,
    )  # fmt: skip
    return Item(entry, data)
