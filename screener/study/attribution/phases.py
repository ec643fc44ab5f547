"""What the rule did in each phase of the cycle, and how little often a phase has been seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.backtest.metrics import daily_returns
from screener.market import calendar
from screener.study.attribution.linking import compounded
from screener.study.small import mean_interval

__all__ = ["UNKNOWN", "Phases", "by_phase", "phase_of_returns"]

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Phases:
    """Returns by phase of the cycle, after costs; fractions.

    A day belongs to the phase that was known at the close before it: a release that is first usable on a
    session can be acted upon at its close, and is no excuse or credit for the return of that session.

    Attributes
    ----------
    table : DataFrame, indexed by ``phase``, in order of appearance
        ``sessions``; ``episodes``, unbroken stretches of the phase: how often history has shown it;
        ``rule, equal_weight``, compounded over its sessions, not a year; ``excess`` a year, the mean daily
        difference times the sessions of a year; ``mean, low, high`` a year, over episodes that count as one
        each however long, with the 95 % interval of Student's t (NaN for a single episode); ``hit_rate``, the
        share of its sessions on which the rule did better than equal weight. NaN without equal weight.
    episodes : DataFrame
        One row an episode: ``phase, first, last`` (sessions whose returns count), ``sessions, rule,
        equal_weight, excess`` (a year). The first and the last are cut by the window.
    """

    table: pd.DataFrame
    episodes: pd.DataFrame


def phase_of_returns(phases: pd.DataFrame, sessions: pd.DatetimeIndex) -> pd.Series:
    """Return the phase that the return of each session but the first belongs to.

    Parameters
    ----------
    phases : DataFrame
        Changes of phase, ``usable_from, phase``.
    sessions : DatetimeIndex (n_days,)

    Returns
    -------
    Series (n_days - 1,)
        The phase known at the close before; `UNKNOWN` before the first.
    """
    table = phases.sort_values("usable_from", kind="stable")
    usable = pd.DatetimeIndex(table["usable_from"])
    row = usable.searchsorted(sessions[:-1], side="right")
    names = np.array([UNKNOWN, *table["phase"].astype(str)], dtype=object)
    return pd.Series(names[row], index=sessions[1:], name="phase", dtype=object)


def by_phase(phases: pd.DataFrame, nav: pd.Series, equal: pd.Series | None) -> Phases:
    """Split the days of a curve by the phase in which it was earned.

    Parameters
    ----------
    phases : DataFrame
        As a run keeps them.
    nav : Series (n_days,)
        Equity in the window, the base first.
    equal : Series (n_days,) or None
        Equal weight on the same days.
    """
    phase = phase_of_returns(phases, pd.DatetimeIndex(nav.index))
    rule = daily_returns(nav).to_numpy()
    other = np.full(len(rule), np.nan) if equal is None else daily_returns(equal).to_numpy()
    a_year = calendar.sessions_a_year(nav.index[0], nav.index[-1]) if len(rule) else np.nan
    episode = (phase != phase.shift()).cumsum().to_numpy()
    rows = []
    for k in np.unique(episode):
        inside = episode == k
        days = phase.index[inside]
        row = _returns(rule[inside], other[inside], a_year)
        rows.append({"phase": phase[days[0]], "first": days[0], "last": days[-1], **row})
    columns = ["phase", "first", "last", "sessions", "rule", "equal_weight", "excess"]
    episodes = pd.DataFrame(rows, columns=columns)
    named = phase.to_numpy()
    table = {
        name: _phase(rule[named == name], other[named == name], group["excess"].to_numpy(), a_year)
        for name, group in episodes.groupby("phase", sort=False)
    }
    columns = ["sessions", "episodes", *columns[4:], "mean", "low", "high", "hit_rate"]
    return Phases(
        pd.DataFrame.from_dict(table, orient="index", columns=columns).rename_axis("phase"), episodes
    )


def _returns(rule: Vector, other: Vector, a_year: float) -> dict[str, float]:
    """Return what some days made."""
    return {
        "sessions": len(rule),
        "rule": compounded(rule),
        "equal_weight": compounded(other),
        "excess": float((rule - other).mean() * a_year),
    }


def _phase(rule: Vector, other: Vector, by_episode: Vector, a_year: float) -> dict[str, float]:
    """Return a row of the table."""
    mean, low, high, _ = mean_interval(by_episode)
    hit = float("nan") if np.isnan(other).any() else float((rule > other).mean())
    row = _returns(rule, other, a_year)
    return row | {"episodes": len(by_episode), "mean": mean, "low": low, "high": high, "hit_rate": hit}
