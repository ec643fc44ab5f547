"""The manifest: which file holds which table, with its hash; the one file that is ever replaced."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from screener import __version__
from screener.errors import DataError

__all__ = ["MANIFEST", "REBUILD", "VERSION", "Entry", "digest", "parse", "render"]

MANIFEST = "manifest.json"
FORMAT = "screener-store"
VERSION = 1
REBUILD = "move the folder away and fetch again with `screener data update`"


@dataclass(frozen=True)
class Entry:
    """The birth certificate of one table.

    Attributes
    ----------
    kind, key : str
        For example ``bars`` and ``300308.SZ``.
    file : str
        Path inside the store, with forward slashes.
    sha256 : str
        Of the bytes of the file.
    content : str
        SHA-256 over the values, the same whatever library wrote the file and whenever it was fetched.
    bytes, rows : int
    first, last : str
        First and last day of the table, as ``2024-07-04``; empty where it has none.
    source : str
    fetched : str
        UTC, as ``2026-11-25T01:22:21.000000Z``.
    """

    kind: str
    key: str
    file: str
    sha256: str
    content: str
    bytes: int
    rows: int
    first: str
    last: str
    source: str
    fetched: str

    @property
    def name(self) -> str:
        """Kind and key, for messages."""
        return f"{self.kind} {self.key}"


def digest(entries: Iterable[Entry]) -> str:
    """Hash what tables hold; neither the folder, nor times, nor the library that wrote them count."""
    lines = sorted(f"{entry.kind}/{entry.key} {entry.content}\n" for entry in entries)
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


def render(entries: Iterable[Entry]) -> bytes:
    """Write the manifest: one line for each table, sorted, under a seal over all lines."""
    ordered = sorted(entries, key=lambda entry: (entry.kind, entry.key))
    lines = [json.dumps(dataclasses.asdict(entry), ensure_ascii=False) for entry in ordered]
    head = {"format": FORMAT, "version": VERSION, "created_by": f"screener {__version__}",
            "digest": digest(ordered)}  # fmt: skip
    body = json.dumps(head)[:-1] + ',\n"entries": [\n' + ",\n".join(lines) + "\n],\n"
    return f'{body}"seal": "{hashlib.sha256(body.encode("utf-8")).hexdigest()}"}}\n'.encode()


def parse(data: bytes) -> Mapping[tuple[str, str], Entry]:
    """Read a manifest.

    Raises
    ------
    DataError
        If it is not one, is of another version, or is not what was written.
    """
    found = _decode(data)
    if found.get("format") != FORMAT:
        raise DataError(f"{MANIFEST}: not the manifest of a store; give the folder of a store, or {REBUILD}")
    if found.get("version") != VERSION:
        raise DataError(
            f"{MANIFEST}: the store has version {found.get('version')!r}, this program reads {VERSION}; use "
            f"the program that wrote it ({found.get('created_by', 'unknown')}), or {REBUILD}"
        )
    body = data.rpartition(b'"seal"')[0]
    if found.get("seal") != hashlib.sha256(body).hexdigest():
        raise DataError(f"{MANIFEST}: damaged, its seal does not fit; {REBUILD}")
    try:
        entries = [Entry(**fields) for fields in found["entries"]]
    except (KeyError, TypeError) as error:
        raise DataError(f"{MANIFEST}: an entry is incomplete; {REBUILD}") from error
    return MappingProxyType({(entry.kind, entry.key): entry for entry in entries})


def _decode(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{MANIFEST}: damaged, it is no JSON in UTF-8; {REBUILD}") from error
    return found if isinstance(found, dict) else {}
