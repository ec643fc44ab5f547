"""The sources of prices: a simulated market, a store, and any folder of the right shape."""

from __future__ import annotations

from pathlib import Path

from screener.data.sources.base import Benchmark, Source, SourceSpec
from screener.data.store.manifest import MANIFEST

__all__ = ["Benchmark", "Source", "SourceSpec", "open_source"]


def open_source(text: str, variant: str = "null") -> Source:
    """Open ``sample``, or the store or the folder that `text` is the path of.

    Parameters
    ----------
    text : str
        A folder that is called ``sample`` is meant by ``./sample``. A folder with a manifest is a store.
    variant : {"null", "planted"}
        Of the sample; the others have none and do not look at it.

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
    if (Path(text).expanduser() / MANIFEST).exists():
        from screener.data.sources.store import StoreSource

        return StoreSource(text)
    from screener.data.sources.folder import FolderSource

    return FolderSource(text)
