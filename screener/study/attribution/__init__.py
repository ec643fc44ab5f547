"""Where the return of a run came from: money by theme and stock, choices, falls, phases and years."""

from screener.study.attribution.attribute import Attribution, attribute

__all__ = ["Attribution", "attribute"]
