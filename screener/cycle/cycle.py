"""The cycle as a strategy may see it: table, phase and score as of a day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from screener.cycle.driver import Driver, has_driver, load_driver
from screener.cycle.guidance import Guidance, load_guidance, no_guidance
from screener.cycle.phases import DEAD_BAND, PHASE_SCORE, quarter_table
from screener.errors import OverdueError

__all__ = ["OVERDUE_DAYS", "Cycle", "State", "load_cycle"]

OVERDUE_DAYS = 120


@dataclass(frozen=True)
class State:
    """What is known of the cycle on a day; NaN and "unknown" are said, and count as 0 in the score."""

    day: pd.Timestamp
    quarter: str
    growth: float
    change: float
    phase: str
    guidance: float
    score: float
    released: pd.Timestamp
    overdue: bool


@dataclass(frozen=True)
class Cycle:
    """A driver with its guidance log.

    Attributes
    ----------
    driver : Driver
    guidance : Guidance
    definition : str
        Definition of the driver's number that everything here uses.
    dead_band : float
    """

    driver: Driver
    guidance: Guidance
    definition: str = "cash"
    dead_band: float = DEAD_BAND

    @cached_property
    def _quarters(self) -> pd.DataFrame:
        return quarter_table(self.driver.select(self.definition), self.driver.entities, self.dead_band)

    def table(self, as_of: pd.Timestamp | None = None) -> pd.DataFrame:
        """Return the quarters known on `as_of` (default: all), see `phases.quarter_table`."""
        quarters = self._quarters
        return quarters if as_of is None else quarters[quarters["usable_from"] <= pd.Timestamp(as_of)]

    def by_day(self, column: str, days: pd.DatetimeIndex) -> pd.Series:
        """Return a column of the table as it was known on each day; NaN before anything was known."""
        known = self._quarters[["usable_from", column]].drop_duplicates("usable_from", keep="last")
        row = np.searchsorted(known["usable_from"].to_numpy(), days.to_numpy(), side="right") - 1
        values = known[column].to_numpy(dtype=object)
        return pd.Series(
            [values[k] if k >= 0 else np.nan for k in row], index=days, name=column, dtype=object
        )

    def phase(self, days: pd.DatetimeIndex) -> pd.Series:
        """Return the phase known on each day, ``"unknown"`` before the first."""
        return self.by_day("phase", days).fillna("unknown")

    def score(self, days: pd.DatetimeIndex, kind: str = "growth") -> pd.Series:
        """Return the cycle score C in [-1, 1] by day.

        Parameters
        ----------
        days : DatetimeIndex
        kind : {"growth", "phase"}
            ``growth``: mean of the sign of trailing growth and the guidance score. ``phase``: the value of
            the phase (accelerating 1, peak 0, decelerating -0.5, contraction -1).

        Notes
        -----
        Unknown counts as 0.
        """
        if kind == "phase":
            return self.phase(days).map(PHASE_SCORE).fillna(0.0).rename("score")
        growth = np.sign(self.by_day("growth", days).astype("float64")).fillna(0.0)
        return ((growth + self.guidance.score(days).fillna(0.0)) / 2.0).rename("score")

    def known_from(self) -> pd.Timestamp:
        """Return the first session on which growth and its change are known."""
        return self._quarters.dropna(subset=["change"])["usable_from"].iloc[0]

    def overdue(self, day: pd.Timestamp) -> bool:
        """Whether the last release before `day` is more than 120 days old."""
        return bool((pd.Timestamp(day) - self.last_release(day)).days > OVERDUE_DAYS)

    def last_release(self, day: pd.Timestamp) -> pd.Timestamp:
        """Return the date of the last release that could be used on `day`; NaT if there was none."""
        return self.driver.as_of(day, self.definition)["released"].max()

    def check_current(self, day: pd.Timestamp) -> None:
        """Refuse a decision on `day` that would rest on an overdue release.

        Raises
        ------
        OverdueError
        """
        if self.overdue(day):
            last = self.last_release(day)
            raise OverdueError(
                f"{self.driver.path.name}: on {day:%Y-%m-%d} the last release is {(day - last).days} days "
                f"old ({last:%Y-%m-%d}); at most {OVERDUE_DAYS} are allowed",
                "Add the missing quarter to the driver, or allow it with --allow-overdue",
            )

    def state(self, day: pd.Timestamp, allow_overdue: bool = False) -> State:
        """Return all that is known on `day`.

        Raises
        ------
        OverdueError
            If the last release is overdue and that is not allowed.
        """
        day = pd.Timestamp(day)
        if not allow_overdue:
            self.check_current(day)
        days = pd.DatetimeIndex([day])
        known = self.table(day)
        last = known.iloc[-1] if len(known) else None
        return State(
            day=day,
            quarter=str(known.index[-1]) if last is not None else "none",
            growth=float(last["growth"]) if last is not None else float("nan"),
            change=float(last["change"]) if last is not None else float("nan"),
            phase=str(self.phase(days).iloc[0]),
            guidance=float(self.guidance.score(days).iloc[0]),
            score=float(self.score(days).iloc[0]),
            released=self.last_release(day),
            overdue=self.overdue(day),
        )


def load_cycle(driver: str = "hyperscaler-capex", definition: str | None = None) -> Cycle:
    """Read a driver and its guidance log (``x-capex`` goes with ``x-guidance``), if it has one.

    Parameters
    ----------
    driver : str
    definition : str, optional
        Of the driver's number; `Driver.usual` if left out.
    """
    series = load_driver(driver)
    log = driver.removesuffix("-capex") + "-guidance"
    guidance = load_guidance(log) if driver.endswith("-capex") and has_driver(log) else no_guidance(log)
    return Cycle(series, guidance, definition or series.usual)
