"""What was refused: kept with its reason in a folder that no source ever reads."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from screener.data.store import disk
from screener.data.store.kinds import kind_of
from screener.errors import DataError

if TYPE_CHECKING:
    from screener.data.store.manifest import Entry
    from screener.data.store.store import Store

__all__ = ["Quarantined", "keep_file", "keep_frame", "read_frame", "read_log", "suspects"]

FOLDER, LOG = "quarantine", "log.jsonl"


class Quarantined(NamedTuple):
    """One refused table; `file` lies in the folder ``quarantine``."""

    when: str
    kind: str
    key: str
    file: str
    rows: int
    source: str
    reason: str


def keep_frame(
    root: Path, kind: str, key: str, frame: pd.DataFrame, reason: str, source: str, when: str
) -> None:
    """Keep a table as text, which holds whatever was sent, and log it; the lock must be held."""
    _check(kind, key)
    data = frame.to_csv(index=False, lineterminator="\n").encode("utf-8", "backslashreplace")
    file = f"{kind}-{key}-{hashlib.sha256(data).hexdigest()[:12]}.csv"
    _keep(root, data, Quarantined(when, kind, key, file, len(frame), source, reason))


def keep_file(root: Path, entry: Entry, reason: str, when: str) -> None:
    """Keep the bytes of a table that is taken out of the store, as far as they are there."""
    try:
        data = disk.read_bytes(root / entry.file)
    except FileNotFoundError:
        data = b""
    name = f"{entry.kind}-{Path(entry.file).name}"
    _keep(root, data, Quarantined(when, entry.kind, entry.key, name, entry.rows, entry.source, reason))


def read_log(root: Path) -> tuple[Quarantined, ...]:
    """Return the log, oldest first; a line that a crash cut off is left out, its table never entered."""
    try:
        lines = disk.read_bytes(root / FOLDER / LOG).decode("utf-8", "replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    found = []
    for line in lines:
        try:
            found.append(Quarantined(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return tuple(found)


def read_frame(root: Path, item: Quarantined) -> pd.DataFrame:
    """Return a refused table as it was sent, every cell as text; empty where its file is gone or no text.

    Raises
    ------
    DataError
        If the file is not what was kept.
    """
    path = root / FOLDER / item.file
    if path.suffix != ".csv" or not path.is_file():
        return pd.DataFrame()
    try:
        return pd.read_csv(path, encoding="utf-8", dtype=str)
    except (ValueError, OSError) as error:
        raise DataError(f"{FOLDER}/{item.file}: damaged, it cannot be read; move it away") from error


def suspects(store: Store) -> dict[str, str]:
    """Return the newest reason by symbol for market tables that were refused and not fetched well since."""
    found: dict[str, str] = {}
    for item in read_log(store.folder):
        kind, entry = kind_of(item.kind), store.entry(item.kind, item.key)
        cured = entry is not None and entry.fetched > item.when
        if kind.market and kind.key_column == "symbol" and not cured:
            found[item.key] = f"{item.kind}: {item.reason}"
    return dict(sorted(found.items()))


def _keep(root: Path, data: bytes, item: Quarantined) -> None:
    """Write the file first and the line after it, so that every line has its file."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    disk.write_whole(folder / item.file, data)
    line = json.dumps(item._asdict(), ensure_ascii=False).encode("utf-8", "backslashreplace")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    with open(os.open(folder / LOG, flags, 0o666), "ab") as file:
        file.write((b"\n" if _cut_off(folder / LOG) else b"") + line + b"\n")
        file.flush()
        os.fsync(file.fileno())
    disk.sync_folder(folder)


def _cut_off(log: Path) -> bool:
    """Whether a crash left a line without its end."""
    return log.stat().st_size > 0 and not log.read_bytes().endswith(b"\n")


def _check(kind: str, key: str) -> None:
    rule = kind_of(kind)
    if not rule.keys.fullmatch(key):
        raise DataError(f"{kind}: key {key!r} must be {rule.says}")
