"""Files that are there whole or not at all: temporary file, sync, rename, and one lock for all writers.

Nothing here knows what a file holds, and nothing imports more than the standard library at the top.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from screener.errors import SourceError

__all__ = ["OURS", "TEMPORARY", "UPDATING", "Lock", "outside", "read_bytes", "sync_folder", "write_whole"]

TEMPORARY = ".tmp-"  # how the name of a file begins that nobody may read yet
LOCK = "write.lock"
UPDATING = "update.lock"  # held for the whole of an update, requests and all
OURS = (LOCK, UPDATING, TEMPORARY)  # how names begin that may be there before the manifest is
PATIENCE = 600.0  # seconds that a writer waits for another one
WINDOWS = sys.platform == "win32"


def outside(what: str, error: OSError) -> SourceError:
    """Turn trouble of the disk into one line that names the file and what to do."""
    reason = error.strerror or str(error)
    return SourceError(f"store: {what}: {reason}; free or repair the disk, then run the command again")


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises
    ------
    FileNotFoundError or NotADirectoryError
        If there is none; the caller knows whether a writer may have swept it.
    SourceError
        For all other trouble of the disk.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise outside(f"{path.parent.name}/{path.name} cannot be read", error) from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or the next start after a crash, sees it whole or not at all.

    Raises
    ------
    OSError
        If the disk refuses; what stood there before stands there still.

    Notes
    -----
    The name in the folder is only certain after `sync_folder`. The file gets the rights that the user's mask
    gives to every new file, so that the people of one desk can share a store.
    """
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(temporary, flags, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a loss of power; Windows has no such call and needs none."""
    if WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(source: Path, target: Path) -> None:
    """Rename over `target`; Windows refuses while somebody reads it, so ask again for two seconds."""
    for _ in range(40 if WINDOWS else 0):
        with contextlib.suppress(PermissionError):
            os.replace(source, target)
            return
        time.sleep(0.05)
    os.replace(source, target)


class Lock:
    """The right to write to one folder; it dies with its holder, and one holder may take it twice.

    Parameters
    ----------
    folder : Path
    say : callable
        Told in one line when another process has to be waited for.
    patience : float
        Seconds to wait.
    """

    def __init__(self, folder: Path, say: Callable[[str], None], patience: float = PATIENCE) -> None:
        from filelock import FileLock

        self._lock = FileLock(folder / LOCK, thread_local=False)
        self._say, self._patience = say, patience

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the lock.

        Raises
        ------
        SourceError
            If another process keeps it too long, or the folder cannot be written.
        """
        self._acquire()
        try:
            yield
        finally:
            self._lock.release()

    def _acquire(self) -> None:
        from filelock import Timeout

        try:
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                self._say("another command is writing to this store; waiting for it to end")
                self._lock.acquire(timeout=self._patience, poll_interval=0.02)
        except Timeout as error:
            raise SourceError(
                f"store: another command has been writing for more than {self._patience:.0f} seconds; "
                "wait for it or end it, then run the command again"
            ) from error
        except (OSError, NotImplementedError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SourceError(
                f"store: {LOCK} cannot be locked ({reason}); the folder must lie on a disk that can be "
                "written and locks files"
            ) from error
