"""The sources of prices: a simulated market, a store, and any folder of the right shape."""

from __future__ import annotations

from pathlib import Path

from screener import workspace
from screener.data.sources.base import Benchmark, Source, SourceSpec
from screener.data.store import disk
from screener.data.store.manifest import MANIFEST
from screener.data.store.writer import read_manifest
from screener.errors import DataError, SourceError, SpecError

__all__ = ["Benchmark", "Source", "SourceSpec", "default_source", "open_source"]


def default_source() -> str:
    """Return ``store`` once the user has one with tables, ``sample`` while nothing is there.

    Raises
    ------
    SpecError
        If something is there that cannot be read as a store: nobody may get simulated prices unawares.
    """
    try:
        folder = workspace.store()
    except SourceError:  # no home
        return "sample"
    try:
        return "store" if read_manifest(folder) else "sample"
    except (DataError, SourceError) as error:
        if _is_nothing(folder):
            return "sample"
        raise SpecError(
            f"{error.problems[0]}; `screener data status` shows the store, --source sample takes simulated "
            "prices"
        ) from error


def _is_nothing(folder: Path) -> bool:
    """Say whether a store could be made there: no folder yet, or one without anything that is not ours."""
    try:
        if folder.is_dir():
            return all(path.name.startswith(disk.OURS) for path in folder.iterdir())
        return next(path for path in (folder, *folder.absolute().parents) if path.exists()).is_dir()
    except OSError:  # it cannot be looked into
        return False


def open_source(text: str, variant: str = "null", allow_suspect: bool = False) -> Source:
    """Open ``sample``, ``store``, or the store or the folder that `text` is the path of.

    Parameters
    ----------
    text : str
        ``store`` is the user's own, `workspace.store`. A folder that is called ``sample`` or ``store`` is
        meant by ``./sample``. A folder with a manifest is a store.
    variant : {"null", "planted"}
        Of the sample; the others have none.
    allow_suspect : bool
        Of a store: whether shares whose newest data were refused may be used; the notes then name them.

    Raises
    ------
    SourceError
        If the folder does not exist.
    DataError
        If it lacks a file of the contract, or is a damaged store.
    SpecError
        If the sample has no such variant, or a variant is asked of another source.
    """
    if text == "sample":
        from screener.data.sources.sample import SampleSource

        return SampleSource(variant)
    if variant != "null":
        raise SpecError(f"variant={variant!r}: is of the sample alone; leave it out, or give --source sample")
    if text == "store" or (Path(text).expanduser() / MANIFEST).exists():
        from screener.data.sources.store import StoreSource

        try:
            return StoreSource(workspace.store() if text == "store" else text, allow_suspect)
        except (DataError, SourceError):
            if text == "store":
                default_source()  # the same reason, with what else may be done
            raise
    from screener.data.sources.folder import FolderSource

    return FolderSource(text)
