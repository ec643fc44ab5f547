"""Guidance: what companies said they would spend, and by how much they changed their mind.

The numeric rule. A revision is the change of the midpoint against the same company's previous midpoint for
the same year on the same definition. It scores revision / 5 %, cut off at -1 and +1. A repeated midpoint
scores 0, and so does a change that the company attributes to accounting alone. A first figure for a year
and a statement without a figure are no revisions. The score of a day is the mean over companies of the mean
of each company's revisions that became usable in the last 100 calendar days; without any it is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.cycle.driver import check_usable, find_driver, read_dated
from screener.errors import CycleError

__all__ = ["Guidance", "load_guidance"]

COLUMNS = (
    "entity", "event_date", "usable_from", "target_year", "low", "high", "mid", "unit", "action",
    "accounting_only", "definition", "statement", "source", "verification",
)  # fmt: skip
FULL_SCORE = 0.05  # a revision of 5 % and beyond scores 1
MEMORY_DAYS = 100
YEAR = re.compile(r"[FC]Y[12][0-9]{3}( Q[1-4])?")  # fiscal or calendar


@dataclass(frozen=True)
class Guidance:
    """The guidance log.

    Attributes
    ----------
    name : str
    path : Path or None
        None: there is no log.
    events : DataFrame
        The rows of the file by ``usable_from``, with ``previous`` (the midpoint before), ``revision``
        (fraction) and ``score`` in [-1, 1]; NaN where an event is no revision.
    """

    name: str
    path: Path | None
    events: pd.DataFrame

    def score(self, days: pd.DatetimeIndex) -> pd.Series:
        """Return the guidance score by day; NaN = unknown, no revision in the last 100 days."""
        edges, scores = self._steps
        if not len(edges):
            return pd.Series(np.nan, index=days, name="guidance")
        row = np.searchsorted(edges, days.to_numpy(), side="right") - 1
        return pd.Series(np.where(row >= 0, scores[row], np.nan), index=days, name="guidance")

    @cached_property
    def _steps(self) -> tuple[np.ndarray, Vector]:
        """The days on which a revision comes in or is forgotten, and the score from then on."""
        known = self.events.dropna(subset=["score"])
        usable, memory = known["usable_from"].to_numpy(), np.timedelta64(MEMORY_DAYS, "D")
        edges = np.unique(np.concatenate([usable, usable + memory]))
        recent = [known[(usable <= day) & (day < usable + memory)] for day in edges]
        return edges, np.array([rows.groupby("entity")["score"].mean().mean() for rows in recent])


def load_guidance(name: str = "hyperscaler-guidance") -> Guidance:
    """Read ``universes/drivers/<name>.csv`` and score its revisions by the rule above.

    Raises
    ------
    CycleError
        If there is no such file, or rows break the contract; all of them at once.
    """
    return read_guidance(name, find_driver(name))


def read_guidance(name: str, path: Path) -> Guidance:
    """Read a guidance log whose file is known; see `load_guidance`."""
    rows = read_dated(path, COLUMNS, ("event_date", "usable_from"), ("low", "high", "mid"))
    problems = check_usable(path, rows, "event_date")
    problems += [f"{path.name}:{row + 2}: {text}" for row, text in _wrong(rows)]
    if problems:
        raise CycleError(*problems)
    rows["accounting_only"] = rows["accounting_only"] == "true"
    rows = rows.sort_values(["usable_from", "entity", "target_year"], kind="stable", ignore_index=True)
    return Guidance(name, path, revisions(rows))


def _wrong(rows: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """Yield the places of rows that say something impossible, and what."""
    for row, event in enumerate(rows.itertuples(index=False)):
        if event.accounting_only not in ("true", "false"):
            yield row, f"accounting_only={event.accounting_only!r} must be true or false"
        if not YEAR.fullmatch(event.target_year):
            yield row, f"target_year={event.target_year!r} must be a year like FY2026 or CY2026"
        if event.low > event.high:
            yield row, f"low={event.low:g} must not be above high={event.high:g}"
        if any(figure <= 0.0 for figure in (event.low, event.high, event.mid)):
            yield row, "low, high and mid must be positive numbers, or empty"
    for row in np.flatnonzero(rows.duplicated(["entity", "event_date", "target_year", "definition"])):
        yield int(row), "this entity, day, year and definition stand twice"


def no_guidance(name: str) -> Guidance:
    """Return an empty log, for a driver whose entities give no guidance: its score is always unknown."""
    empty = pd.DataFrame({column: pd.Series(dtype="object") for column in COLUMNS})
    dated = empty.astype({"usable_from": "datetime64[ns]", "event_date": "datetime64[ns]", "mid": "float64"})
    return Guidance(name, None, dated.assign(previous=np.nan, revision=np.nan, score=np.nan))


def revisions(rows: pd.DataFrame) -> pd.DataFrame:
    """Add ``previous``, ``revision`` and ``score`` to events sorted by time."""
    figures = rows["mid"].notna()
    same = [rows[name] for name in ("entity", "target_year", "definition")]
    rows["previous"] = rows["mid"].where(figures).groupby(same).transform(lambda mid: mid.ffill().shift())
    rows["revision"] = rows["mid"] / rows["previous"] - 1.0
    score = (rows["revision"] / FULL_SCORE).clip(-1.0, 1.0)
    rows["score"] = score.mask(rows["accounting_only"] & figures, 0.0)
    return rows
