"""Which lines of a mandate bound: as rows, in words, and what can be refused before anything is run."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.backtest.bounds import Frame
from screener.backtest.mandate import Mandate
from screener.backtest.result import Result
from screener.errors import SpecError, nearest
from screener.strategy import Context

__all__ = [
    "COLUMNS",
    "ROUNDING",
    "Binding",
    "binding_notes",
    "binding_now",
    "check_possible",
    "strangers",
    "table",
]

COLUMNS = ("date", "line", "symbol_or_theme", "wanted", "given", "limit", "met")
LINES = ("excluded", "lock_sessions", "name_cap", "theme_floor", "tracking_error")
FLOORS = ("lock_sessions", "theme_floor")  # lines that hold from below
CASH, PORTFOLIO = "cash", "portfolio"
ROUNDING = 1e-9
TOGETHER = 3  # themes whose floors are held against their names at a time


class Binding(NamedTuple):
    """A line that bound on a decision."""

    date: pd.Timestamp
    line: str
    symbol_or_theme: str
    wanted: float
    given: float
    limit: float

    @property
    def met(self) -> bool:
        """Whether the line holds for what was given; not where that is unknown."""
        if self.symbol_or_theme == CASH:
            return True
        gap = self.given - self.limit if self.line in FLOORS else self.limit - self.given
        return gap >= -ROUNDING

    @classmethod
    def of(
        cls,
        day: pd.Timestamp,
        mandate: Mandate,
        frame: Frame,
        wanted: Vector,
        shaped: Vector,
        given: Vector,
        lower: Vector,
        risks: tuple[float, float] | None,
    ) -> list[Binding]:
        """Return the lines that bound between what the rule wanted and what it was given.

        `shaped` is the row before the tracking error, `lower` what was locked by name, `risks` the tracking
        error before and after.
        """
        ask, have = frame.by_name(wanted), frame.by_name(given)
        cap = np.full(len(ask), np.inf if mandate.name_cap is None else mandate.name_cap)
        barred = np.isin(frame.names, mandate.excluded)
        floor = np.array([mandate.theme_floor.get(theme, 0.0) for theme in frame.themes])
        themes, theirs = frame.by_theme(wanted), frame.by_theme(given)
        found = [
            *_rows(day, "excluded", frame.names, barred & (ask > 0.0), ask, have, np.zeros(len(ask))),
            *_rows(day, "lock_sessions", frame.names, ask < lower - ROUNDING, ask, have, lower),
            *_rows(day, "name_cap", frame.names, ~barred & _at_cap(ask, have, cap), ask, have, cap),
            *_rows(day, "theme_floor", frame.themes, _below(themes, theirs, floor), themes, theirs, floor),
        ]
        if (idle := wanted.sum() - shaped.sum()) > ROUNDING:
            line = "excluded" if mandate.name_cap is None else "name_cap"
            left = 1.0 - wanted.sum()
            found.append(cls(day, line, CASH, float(left), float(left + idle), float("nan")))
        budget = mandate.tracking_error
        if risks is not None and budget is not None and not risks[0] <= budget:
            found.append(cls(day, "tracking_error", PORTFOLIO, *risks, budget))
        return found


def _at_cap(ask: Vector, have: Vector, cap: Vector) -> Vector:
    """Tell what was cut to the cap, filled up to it, or stays above it because it is locked."""
    filled = (have > ask + ROUNDING) & (have >= cap - ROUNDING)
    return (ask > cap + ROUNDING) | (have > cap + ROUNDING) | filled


def _below(ask: Vector, have: Vector, floor: Vector) -> Vector:
    return (ask < floor - ROUNDING) | (have < floor - ROUNDING)


def _rows(
    day: pd.Timestamp,
    line: str,
    labels: tuple[str, ...],
    where: Vector,
    wanted: Vector,
    given: Vector,
    limit: Vector,
) -> list[Binding]:
    return [
        Binding(day, line, labels[k], float(wanted[k]), float(given[k]), float(limit[k]))
        for k in np.flatnonzero(where)
    ]


def table(bound: Iterable[Binding]) -> pd.DataFrame:
    """Return bindings as a table.

    Returns
    -------
    DataFrame
        ``date``; ``line`` of the mandate; ``symbol_or_theme`` that it bound, ``cash`` for what no name had
        room for, ``portfolio`` for the tracking error; ``wanted`` by the rule, ``given``, and ``limit`` as
        weights, for the tracking error as risks a year; ``met``, whether the line holds for what was given.
    """
    rows = [(*row, row.met) for row in bound]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def check_possible(mandate: Mandate, context: Context) -> None:
    """Refuse a mandate that these themes can never meet, all lines at once.

    Raises
    ------
    SpecError
    """
    names = [theme.id for theme in context.themes]
    problems = [
        f"mandate: theme_floor.{theme} is no theme of this run; {nearest(theme, names)}"
        for theme in mandate.theme_floor
        if theme not in names
    ]
    known = [theme for theme in mandate.theme_floor if theme in names]
    for size in range(1, TOGETHER + 1):
        groups = itertools.combinations(known, size)
        if found := [text for some in groups if (text := _impossible(some, mandate, context))]:
            problems += found
            break  # a group that holds one of these fails for the same reason
    if problems:
        raise SpecError(*problems)


def _impossible(some: tuple[str, ...], mandate: Mandate, context: Context) -> str:
    """Say why the floors of some themes cannot be met together; nothing if they can."""
    names = set().union(*(context.membership[theme].columns for theme in some))
    barred = names & set(mandate.excluded)
    count, cap = len(names - barred), 1.0 if mandate.name_cap is None else mandate.name_cap
    allowed, floor = min(cap * count, 1.0), sum(mandate.theme_floor[theme] for theme in some)
    if floor <= allowed + ROUNDING:
        return ""
    asked = " + ".join(f"theme_floor.{theme}" for theme in some)
    left = f" (excluded: {', '.join(sorted(barred))})" if barred else ""
    capped = f"name_cap = {cap:g} with {count} names{left} allows {allowed:.0%}"
    return f"mandate: {capped}, {asked} = {floor:g} cannot be met; raise the cap or lower the floor"


def binding_notes(
    bindings: pd.DataFrame, mandate: Mandate, context: Context, result: Result
) -> tuple[str, ...]:
    """Say in a line each which line of the mandate bound how often over a run."""
    if mandate.empty:
        return ()
    said = [f"MANDATE: {mandate}. The rule and its controls obey it alike."]
    days = len(result.weights)
    said += [text for line in LINES if (text := _often(bindings, line, days))]
    if mandate.volume_share is not None:
        cut = int((result.orders["reason"] == "volume").sum())
        said.append(f"mandate: volume_share bound on {cut} of {len(result.orders)} orders.")
    return (*said, *strangers(mandate, context))


def _often(bindings: pd.DataFrame, line: str, decisions: int) -> str:
    rows = bindings[bindings["line"] == line]
    if rows.empty:
        return ""
    text = f"mandate: {line} bound on {rows['date'].nunique()} of {decisions} decisions"
    if (missed := rows[~rows["met"].astype(bool)]).empty:
        return f"{text}."
    first, times = missed.iloc[0], missed["date"].nunique()
    worst = f"{first['symbol_or_theme']} {_percent(first['given'])} for {_percent(first['limit'])}"
    behind = _behind(bindings[bindings["date"] == first["date"]], line)
    return f"{text} and could not be met on {times}, first {first['date']:%Y-%m-%d} ({worst}{behind})."


def _behind(now: pd.DataFrame, line: str) -> str:
    """Say which lines that go before a line bound on the same decision, and left it what it got."""
    before = [name for name in LINES[: LINES.index(line)] if (now["line"] == name).any()]
    return f", behind {', '.join(before)}" if before else ""


def strangers(mandate: Mandate, context: Context) -> list[str]:
    """Say which excluded names stand in no theme of the run, where leaving them out changes nothing."""
    members = {m.symbol for theme in context.themes for m in theme.members}
    strangers = [symbol for symbol in mandate.excluded if symbol not in members]
    return [f"mandate: excluded {', '.join(strangers)}: in none of the run's themes."] if strangers else []


def binding_now(bindings: pd.DataFrame, day: pd.Timestamp) -> tuple[str, ...]:
    """Say in a line each which lines of the mandate bind on a decision, with figures."""
    now = bindings[bindings["date"] == day]
    return tuple(_one(now, line) for line in LINES if (now["line"] == line).any())


def _one(now: pd.DataFrame, line: str) -> str:
    parts = []
    for row in now[now["line"] == line].itertuples():
        missed = "" if row.met else f", which misses {_percent(row.limit)}{_behind(now, line)}"
        parts.append(f"{row.symbol_or_theme} {_percent(row.wanted)} -> {_percent(row.given)}{missed}")
    return f"mandate: {line} binds (wanted -> given): {'; '.join(parts)}."


def _percent(value: float) -> str:
    return "unknown" if value != value else f"{100 * value:.2f} %"
