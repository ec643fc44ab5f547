"""The sources of prices: a simulated market, and any folder of the right shape."""

from __future__ import annotations

from screener.data.sources.base import Benchmark, Source, SourceSpec

__all__ = ["Benchmark", "Source", "SourceSpec", "open_source"]


def open_source(text: str, variant: str = "null") -> Source:
    """Open ``sample``, or the folder that `text` is the path of.

    Parameters
    ----------
    text : str
        A folder that is called ``sample`` is meant by ``./sample``.
    variant : {"null", "planted"}
        Of the sample; a folder has none and does not look at it.

    Raises
    ------
    SourceError
        If the folder does not exist.
    DataError
        If it lacks a file of the contract.
    SpecError
        If the sample has no such variant.
    """
    if text == "sample":
        from screener.data.sources.sample import SampleSource

        return SampleSource(variant)
    from screener.data.sources.folder import FolderSource

    return FolderSource(text)
