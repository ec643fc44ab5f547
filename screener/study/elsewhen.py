"""A context whose cycle stands at another time, or whose themes bear other names: for controls only.

What is known elsewhen may be known too early. Nothing here may reach a strategy outside a study.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from screener.cycle import Cycle, Guidance
from screener.strategy import Context

__all__ = ["QUARTER", "in_a_circle", "moved", "relabelled", "sooner"]

Move = Callable[[pd.DatetimeIndex], pd.DatetimeIndex]
QUARTER = 365.25 / 4  # days


@dataclass(frozen=True)
class MovedGuidance(Guidance):
    """A guidance log read at another time."""

    move: Move

    def score(self, days: pd.DatetimeIndex) -> pd.Series:
        """Return the score of the days that `days` are moved to."""
        return super().score(self.move(days)).set_axis(days)


@dataclass(frozen=True, kw_only=True)
class MovedCycle(Cycle):
    """A cycle read at another time; its table and releases stay where they are."""

    own: Cycle
    move: Move

    def by_day(self, column: str, days: pd.DatetimeIndex) -> pd.Series:
        """Return what was known on the days that `days` are moved to."""
        return self.own.by_day(column, self.move(days)).set_axis(days)


@dataclass(frozen=True, kw_only=True)
class MovedContext(Context):
    """A context whose cycle and cash flow are read at another time."""

    own: Context
    move: Move

    def used_cash(self, days: pd.DatetimeIndex) -> pd.Series:
        """Return what was known on the days that `days` are moved to."""
        return self.own.used_cash(self.move(days)).set_axis(days)


def moved(context: Context, move: Move) -> Context:
    """Return a context whose cycle says on a day what the true one says on the day that it is moved to."""
    cycle = context.cycle
    log = cycle.guidance
    guidance = MovedGuidance(log.name, log.path, log.events, move)
    elsewhen = MovedCycle(cycle.driver, guidance, cycle.definition, cycle.dead_band, own=cycle, move=move)
    parts = {field.name: getattr(context, field.name) for field in dataclasses.fields(Context)}
    return MovedContext(**parts | {"cycle": elsewhen}, own=context, move=move)


def sooner(quarters: int) -> Move:
    """Return the move by which everything is known so many quarters sooner; later below 0."""
    return lambda days: days + pd.Timedelta(days=round(quarters * QUARTER))


def in_a_circle(first: pd.Timestamp, last: pd.Timestamp, shift: int) -> Move:
    """Return the move by so many days ahead, where the time from `first` to `last` runs in a circle."""
    length = (last - first).days + 1

    def move(days: pd.DatetimeIndex) -> pd.DatetimeIndex:
        return first + pd.to_timedelta(((days - first).days + shift) % length, unit="D")

    return move


def relabelled(context: Context, order: Sequence[int]) -> Context:
    """Return a context in which theme k keeps name, stage and exposure but has the shares of `order[k]`."""
    givers = [context.themes[k] for k in order]
    themes = tuple(
        dataclasses.replace(theme, members=giver.members)
        for theme, giver in zip(context.themes, givers, strict=True)
    )
    membership = {theme.id: context.membership[giver.id] for theme, giver in zip(themes, givers, strict=True)}
    return dataclasses.replace(context, themes=themes, membership=membership)
