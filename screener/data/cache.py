"""Panels that were built once, kept as memory-mapped arrays under the hash of all that went into them.

A panel is a folder with its values (field, day, asset), its flags, its corporate actions and a head. The head
is read first and carries the hashes of all of them, under a hash of its own: nothing is used that is not what
was written. It is only ever a short cut: whatever the disk refuses, the panel is built again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import io
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from screener.arrays import Matrix
from screener.caches import user_cache
from screener.data.panel import Panel, Provenance

__all__ = ["LIMIT", "SMALL", "cached_panel", "code_version", "panel_cache"]

FORMAT = 1
LIMIT = 2 << 30  # bytes of all panels; the one unused for longest goes first
SMALL = 20_000  # days x assets; a smaller panel is built about as fast as it is opened
READ_WHOLE = 128 << 20  # bytes; values up to this size are hashed on opening, larger ones are only mapped
STALE = 3_600.0  # seconds after which a half-written panel belongs to nobody
VALUES = ("open", "high", "low", "close", "pre_close", "volume", "amount", "factor", "limit_up", "limit_down")
HEAD, ARRAYS, FLAGS, ACTIONS = "head.json", "values.npy", "listed.npy", "actions.parquet"


def cached_panel(key: str, build: Callable[[], Panel]) -> Panel:
    """Open the panel of a key, or build and keep it.

    Parameters
    ----------
    key : str
        Hash of content, symbols and code.
    build : callable
        What is done without a cache; its errors are the caller's.

    Returns
    -------
    Panel
        The same values either way; arrays from the cache are read-only.
    """
    try:
        folder = panel_cache() / key
    except RuntimeError:  # the user has no home
        return build()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return _open(folder, key)
    panel = build()
    if panel.close.size >= SMALL:
        with contextlib.suppress(OSError):
            _keep(folder, key, panel)
    return panel


def panel_cache() -> Path:
    """Return the folder of the panels; it need not exist.

    Raises
    ------
    RuntimeError
        If the user has no home.
    """
    return user_cache() / "screener" / "panels"


@functools.cache
def code_version() -> str:
    """Hash the sources and dated rules that decide what a panel holds."""
    package = Path(__file__).resolve().parent.parent
    files = [package / "arrays.py", *(package / "data").rglob("*.py")]
    files += [path for path in (package / "market").rglob("*") if path.suffix in (".py", ".toml", ".csv")]
    digest = hashlib.sha256(f"{FORMAT} {np.__version__} {pd.__version__}".encode())
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"\n{path.relative_to(package).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


# -- opening ------------------------------------------------------------------------------------------------


def _open(folder: Path, key: str) -> Panel:
    """Open a panel; any mismatch is a ValueError, upon which it is built again."""
    seal, _, text = (folder / HEAD).read_text(encoding="utf-8").partition("\n")
    if hashlib.sha256(text.encode("utf-8")).hexdigest() != seal:
        raise ValueError("the head is not what was written")
    head = json.loads(text)
    if (head["format"], head["key"]) != (FORMAT, key):
        raise ValueError("another panel")
    for name, said in head["files"].items():
        _check(folder / name, **said)
    values = np.asarray(np.load(folder / ARRAYS, mmap_mode="r", allow_pickle=False))
    flags = np.asarray(np.load(folder / FLAGS, mmap_mode="r", allow_pickle=False))
    panel = _panel(head, values, flags, pd.read_parquet(folder / ACTIONS))
    with contextlib.suppress(OSError):
        os.utime(folder)  # the moment of its last use, for _prune
    return panel


def _check(path: Path, bytes: int, sha256: str) -> None:
    if path.stat().st_size != bytes:
        raise ValueError(f"{path.name} has another size")
    if bytes <= READ_WHOLE and hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise ValueError(f"{path.name} is not what was written")


def _panel(head: dict[str, Any], values: Matrix, flags: np.ndarray, actions: pd.DataFrame) -> Panel:
    days = np.array(head["sessions"], dtype="datetime64[D]").astype(head["unit"])
    said = head["provenance"]
    return Panel(
        sessions=pd.DatetimeIndex(days, name="date"),
        symbols=tuple(head["symbols"]),
        **dict(zip(VALUES, values, strict=True)),
        listed=flags,
        actions=actions,
        names=head["names"],
        provenance=Provenance(**{**said, "caveats": tuple(said["caveats"])}),
        notes=tuple(head["notes"]),
        delisted=tuple(head["delisted"]),
    )


# -- keeping ------------------------------------------------------------------------------------------------


def _keep(folder: Path, key: str, panel: Panel) -> None:
    """Write a panel beside its place and move it there, so that it is there whole or not at all."""
    if panel.close.size * 8 * len(VALUES) > LIMIT // 2:
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    _prune(folder.parent)
    temporary = folder.with_name(f".tmp-{secrets.token_hex(8)}")
    temporary.mkdir()
    try:
        sizes = {name: _write(temporary / name, data) for name, data in _parts(panel)}
        text = json.dumps(_head(key, panel, sizes), ensure_ascii=False)
        seal = hashlib.sha256(text.encode("utf-8")).hexdigest()
        _write(temporary / HEAD, memoryview(f"{seal}\n{text}".encode()))
        if folder.exists():  # damaged, or another process was faster
            shutil.rmtree(folder, ignore_errors=True)
        os.rename(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _parts(panel: Panel) -> list[tuple[str, memoryview | Matrix]]:
    shape = (len(VALUES), *panel.close.shape)
    values = np.empty(shape)
    for place, name in enumerate(VALUES):
        values[place] = getattr(panel, name)
    actions = io.BytesIO()
    panel.actions.to_parquet(actions, index=False)
    return [(ARRAYS, values), (FLAGS, np.ascontiguousarray(panel.listed)), (ACTIONS, actions.getbuffer())]


def _write(path: Path, data: memoryview | Matrix) -> dict[str, Any]:
    """Write a file and return its size and hash."""
    with path.open("xb") as file:
        if isinstance(data, np.ndarray):
            np.save(file, data, allow_pickle=False)
        else:
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _head(key: str, panel: Panel, files: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "key": key,
        "unit": str(panel.sessions.dtype),
        "sessions": [f"{day:%Y-%m-%d}" for day in panel.sessions],
        "symbols": list(panel.symbols),
        "names": panel.names,
        "provenance": dataclasses.asdict(panel.provenance),
        "notes": list(panel.notes),
        "delisted": list(panel.delisted),
        "files": files,
    }


def _prune(panels: Path) -> None:
    """Remove what nobody finished, and the panels unused for longest until the others keep the limit."""
    for folder in panels.glob(".tmp-*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < time.time() - STALE:
                shutil.rmtree(folder, ignore_errors=True)
    used = []
    for folder in panels.glob("[0-9a-f]*"):
        with contextlib.suppress(OSError):
            used.append((folder.stat().st_mtime, folder, sum(p.stat().st_size for p in folder.iterdir())))
    total = sum(size for _, _, size in used)
    for _, folder, size in sorted(used):
        if total <= LIMIT:
            return
        shutil.rmtree(folder, ignore_errors=True)
        total -= size
