"""Drivers for claims: many claims rest on few files, and a file is read once as long as it stays the same."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from screener.cycle.driver import Driver, find_driver, read_driver

__all__ = ["driver"]


def driver(name: str) -> Driver:
    """Read a driver, or return what was read before from the same bytes.

    Raises
    ------
    CycleError
        See `load_driver`.
    """
    path = find_driver(name)
    return _read(name, path, hashlib.sha256(path.read_bytes()).digest())


@functools.lru_cache(maxsize=16)
def _read(name: str, path: Path, digest: bytes) -> Driver:
    return read_driver(name, path)
