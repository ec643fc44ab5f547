"""The shares that the last update was to bring: a hint beside the manifest, and never part of the data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from screener.data.store import disk

if TYPE_CHECKING:
    from screener.data.store.store import Store

__all__ = ["never_arrived", "note"]

WANTED = "wanted.json"


def note(folder: Path, symbols: Iterable[str]) -> None:
    """Keep the shares of an update that begins, in place of those of the one before.

    Raises
    ------
    SourceError
        If the disk refuses.
    """
    wanted = sorted(symbols)
    if wanted == _noted(folder):
        return
    try:
        disk.write_whole(folder / WANTED, json.dumps(wanted).encode("utf-8"))
    except OSError as error:
        raise disk.outside(f"{WANTED} cannot be written", error) from error


def never_arrived(store: Store) -> list[str]:
    """Return the shares that the last update was to bring and of which the store has no bar."""
    return sorted(set(_noted(store.folder)) - set(store.keys("bars")))


def _noted(folder: Path) -> list[str]:
    """Return what was kept; nothing where there is none or nobody can read it, for it is a hint only."""
    try:
        told = json.loads((folder / WANTED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [name for name in told if isinstance(name, str)] if isinstance(told, list) else []
