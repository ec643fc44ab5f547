"""What studies found out about a run, for its page: a section without its evidence is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from screener.study.intervals import Intervals

__all__ = ["Evidence", "Interval"]

Interval = tuple[float, float]  # low and high, in the unit of the figure between them


@dataclass(frozen=True)
class Evidence:
    """Findings about one run; None where nothing was studied.

    Attributes
    ----------
    intervals : mapping, optional
        Window label -> account -> metric -> (low, high). The account ``excess`` holds the differences of the
        rule from equal weight; the metric ``excess`` of the rule is that of the verdict.
    parts : mapping, optional
        Window label -> part of the verdict -> (low, high), fractions a year.
    level : float
        Coverage of the intervals.
    attribution, ladders, adjusted, validation : optional
        What the studies of these names return; their sections know it.
    """

    intervals: Mapping[str, Mapping[str, Mapping[str, Interval]]] | None = None
    parts: Mapping[str, Mapping[str, Interval]] | None = None
    level: float = 0.95
    attribution: Any = None
    ladders: Any = None
    adjusted: Any = None
    validation: Any = None

    @classmethod
    def of(cls, *found: Intervals, **others: Any) -> Evidence:
        """Collect the intervals of windows, and whatever else was studied by its name here."""
        return cls(
            intervals={one.window.label: _nested(one.figures) for one in found} or None,
            parts={one.window.label: _pairs(one.parts) for one in found} or None,
            **others,
        )

    def interval(self, window: str, account: str, metric: str) -> Interval | None:
        """Return the interval of a figure, None where there is none."""
        return (self.intervals or {}).get(window, {}).get(account, {}).get(metric)

    def part(self, window: str, name: str) -> Interval | None:
        """Return the interval of a part of the verdict, None where there is none."""
        return (self.parts or {}).get(window, {}).get(name)


def _nested(figures: pd.DataFrame) -> dict[str, dict[str, Interval]]:
    """Return account -> figure -> (low, high) of a table indexed by both."""
    accounts = figures.index.get_level_values(0).unique()
    return {str(account): _pairs(figures.loc[account]) for account in accounts}


def _pairs(table: pd.DataFrame) -> dict[str, Interval]:
    """Return name -> (low, high); a row without an interval is left out."""
    known = table[table["low"].notna() & table["high"].notna()]
    return {str(name): (float(low), float(high)) for name, low, high in known[["low", "high"]].itertuples()}
