"""One update of a store at a time: two would ask everything twice, at twice the polite rate."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from screener.data.store import disk
from screener.data.store.manifest import MANIFEST
from screener.errors import SourceError, SpecError

__all__ = ["alone"]


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other updates of the store in a folder out while the block runs.

    Parameters
    ----------
    folder : Path
        Of a store, or of one that is to be made; it holds nothing of others. It is made for the lock, and
        taken away again where no store came of it.

    Raises
    ------
    SpecError
        If another update is running.
    SourceError
        If the lock cannot be had for another reason.

    Notes
    -----
    The right dies with its holder: a file that was left by a killed one keeps nobody out.
    """
    from filelock import FileLock

    made = [place for place in (folder, *folder.parents) if not place.exists()]
    lock = FileLock(folder / disk.UPDATING, thread_local=False)
    try:
        _take(lock, folder)
        try:
            yield
        finally:
            if not (folder / MANIFEST).exists():
                with contextlib.suppress(OSError):  # Windows: whoever lets go of it removes it
                    (folder / disk.UPDATING).unlink()
            lock.release()
    finally:
        with contextlib.suppress(OSError):  # not empty: there is a store now
            for place in made:
                place.rmdir()


def _take(lock: object, folder: Path) -> None:
    from filelock import Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)  # type: ignore[attr-defined]
    except Timeout:
        raise SpecError(
            f"store: an update of this store is running (it holds {folder / disk.UPDATING}); "
            "wait for it or stop it"
        ) from None
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(
            f"store: {folder / disk.UPDATING} cannot be locked ({reason}); the folder must lie on a disk "
            "that can be written and locks files"
        ) from error
