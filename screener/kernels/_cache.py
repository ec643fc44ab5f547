"""Where compiled kernels are kept: a folder named by everything that went into them.

numba's own cache looks only at the file of the function it compiled. A caller stays cached, and wrong, when a
helper, a constant or an enum in another file changes. A folder for each state of the sources cures that.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numba import config
from numba.core import dispatcher
from numba.core.caching import FunctionCache

from screener.caches import user_cache
from screener.errors import SourceError

__all__ = ["fingerprint", "kernel_cache", "kernel_names", "user_cache"]

KERNELS = Path(__file__).parent
UNUSED_DAYS = 60  # folders of other states of the sources are removed when nobody used them for so long


def kernel_names() -> list[str]:
    """List the modules of this folder that hold kernels."""
    return sorted(path.stem for path in KERNELS.glob("*.py") if not path.stem.startswith("_"))


def fingerprint(kernels: Path = KERNELS) -> str:
    """Hash all kernel sources, and the arrays and enums that they share.

    Notes
    -----
    The bounds check is part of it because numba compiles it in and leaves it out of its own key.
    """
    digest = hashlib.sha256(f"boundscheck={config.BOUNDSCHECK}".encode())
    for path in [*sorted(kernels.glob("*.py")), kernels.parent / "arrays.py"]:
        content = path.read_bytes()
        digest.update(f"\n{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def kernel_cache() -> Iterator[None]:
    """Point numba's cache at our folder while kernels are imported, and back afterwards.

    Notes
    -----
    numba chooses the folder of a function when it is decorated, so that nothing of this outlives the import.
    """
    before, usual = config.CACHE_DIR, dispatcher.FunctionCache
    if not config.DISABLE_JIT:
        config.CACHE_DIR = str(_folder(before))
    dispatcher.FunctionCache = _Lenient
    try:
        yield
    finally:
        config.CACHE_DIR, dispatcher.FunctionCache = before, usual


class _Lenient(FunctionCache):  # type: ignore[misc]
    """A cache that a full disk costs the time of compiling, not the run."""

    _told = False

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            self.disable()
            if not _Lenient._told:
                _Lenient._told = True
                reason = error.strerror or error
                print(f"kernel cache: {self.cache_path}: {reason}; going on without it", file=sys.stderr)


def _folder(chosen: str) -> Path:
    """Return a folder that can be written: where the user chose, else in the cache, else temporary."""
    name = f"kernels-{fingerprint()}"
    for place in [lambda: Path(chosen)] if chosen else [user_cache, _private_temporary]:
        # RuntimeError: no home. OSError: read-only, full, or a file is in the way.
        with contextlib.suppress(OSError, RuntimeError):
            folder = place() / "screener" / name
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
            os.utime(folder)  # the day of its last use, for _prune
            _prune(folder)
            return folder
    where = f"NUMBA_CACHE_DIR={chosen}" if chosen else "the user's cache folder and the temporary folder"
    raise SourceError(f"{where} cannot be written: set NUMBA_CACHE_DIR to a folder for compiled kernels")


def _private_temporary() -> Path:
    """Return a temporary folder that nobody else can write: a cache is unpickled, so it must be our own."""
    if not hasattr(os, "getuid"):  # Windows: every user has a temporary folder
        return Path(tempfile.gettempdir())
    folder = Path(tempfile.gettempdir()) / f"screener-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
    return folder if ours else Path(tempfile.mkdtemp(prefix="screener-"))


def _prune(current: Path) -> None:
    """Remove folders of other states that were not used for long; numba copes if one is missed meanwhile."""
    oldest = time.time() - UNUSED_DAYS * 86_400
    for folder in current.parent.glob("kernels-*"):
        with contextlib.suppress(OSError):
            if folder != current and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
