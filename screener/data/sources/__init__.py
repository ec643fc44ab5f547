"""The sources of prices: a simulated market, a store, and any folder of the right shape."""

from __future__ import annotations

from pathlib import Path

from screener import workspace
from screener.data.sources.base import Benchmark, Source, SourceSpec
from screener.data.store.manifest import MANIFEST
from screener.errors import SourceError

__all__ = ["Benchmark", "Source", "SourceSpec", "default_source", "open_source"]


def default_source() -> str:
    """Return ``store`` once the user has one, ``sample`` until then."""
    try:
        return "store" if (workspace.store() / MANIFEST).exists() else "sample"
    except (OSError, SourceError):  # no home, or a folder that cannot be looked into
        return "sample"


def open_source(text: str, variant: str = "null", allow_suspect: bool = False) -> Source:
    """Open ``sample``, ``store``, or the store or the folder that `text` is the path of.

    Parameters
    ----------
    text : str
        ``store`` is the user's own, `workspace.store`. A folder that is called ``sample`` or ``store`` is
        meant by ``./sample``. A folder with a manifest is a store.
    variant : {"null", "planted"}
        Of the sample; the others have none and do not look at it.
    allow_suspect : bool
        Of a store: whether shares whose newest data were refused may be used; the notes then name them.

    Raises
    ------
    SourceError
        If the folder does not exist.
    DataError
        If it lacks a file of the contract, or is a damaged store.
    SpecError
        If the sample has no such variant.
    """
    if text == "sample":
        from screener.data.sources.sample import SampleSource

        return SampleSource(variant)
    if text == "store" or (Path(text).expanduser() / MANIFEST).exists():
        from screener.data.sources.store import StoreSource

        return StoreSource(workspace.store() if text == "store" else text, allow_suspect)
    from screener.data.sources.folder import FolderSource

    return FolderSource(text)
