"""What lies behind the curves of a chart: phases of the cycle, releases, the time before publication."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from screener.backtest.result import Run
from screener.report import svg
from screener.report.html import Markup, join, tag
from screener.report.numbers import day
from screener.report.svg import Frame

__all__ = ["Backdrop", "tints"]

_TINTS = {"accelerating": 1, "peak": 2, "decelerating": 3, "contraction": 4}


@dataclass(frozen=True)
class Backdrop:
    """What lies behind the curves: phases of the cycle, releases, and the time before publication.

    Attributes
    ----------
    bands : list of (first day, last day, class, name)
    ticks : list of (day, title)
    hidden : list of (first day, last day)
        Days before publication.
    """

    bands: list[tuple[int, int, str, str]] = field(default_factory=list)
    ticks: list[tuple[int, str]] = field(default_factory=list)
    hidden: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, run: Run) -> Backdrop:
        """Place phases, releases and publication on the sessions of a run."""
        sessions = run.result.nav.index
        return cls(_bands(run.phases, sessions), _ticks(run.releases, sessions), _hidden(run, sessions))

    def draw(self, frame: Frame) -> Markup:
        """Draw everything behind the curves."""
        rects = [
            tag("rect", class_=class_, **_box(frame, first, last))
            for first, last, class_ in [(a, b, c) for a, b, c, _ in self.bands]
            + [(a, b, "hidden") for a, b in self.hidden]
        ]
        ticks = [
            tag("path", tag("title", title), class_="tick", d=f"M{frame.x(i):.1f} {frame.base:.1f}v-7")
            for i, title in self.ticks
        ]
        return join([*rects, *ticks, *(_border(frame, last) for _, last in self.hidden)])

    def legend(self) -> Markup:
        """Explain the bands and ticks."""
        names = {name: class_ for _, _, class_, name in self.bands}
        keys = [(name, class_) for name, class_ in names.items()]
        keys += [("before publication", "hidden")] * bool(self.hidden)
        keys += [("capex release usable", "tick")] * bool(self.ticks)
        return join(tag("span", tag("i", class_=f"key {class_}"), name) for name, class_ in keys)


def _border(frame: Frame, last: int) -> Markup:
    """Mark the day of publication, in words where there is room above the plot."""
    x = frame.x(last)
    line = tag("path", class_="border", d=f"M{x:.1f} {frame.top - 4:.1f}V{frame.base:.1f}")
    room = frame.top >= 16 and x - frame.left > 110
    return join([line, svg.text(x - 5, frame.top - 5, "before publication", "end") if room else ""])


def _box(frame: Frame, first: int, last: int) -> dict[str, object]:
    left, right = frame.x(first), frame.x(last)
    return {
        "x": f"{left:.1f}",
        "y": f"{frame.top:.1f}",
        "width": f"{max(right - left, 0.0):.1f}",
        "height": f"{frame.base - frame.top:.1f}",
    }


def _bands(phases: pd.DataFrame, sessions: pd.DatetimeIndex) -> list[tuple[int, int, str, str]]:
    """Return the stretches of equal phase, clipped to the sessions."""
    last = len(sessions) - 1
    bands: list[tuple[int, int, str, str]] = []
    classes = tints(phases)
    for usable_from, phase in zip(phases["usable_from"], phases["phase"], strict=True):
        start = min(int(sessions.searchsorted(pd.Timestamp(usable_from))), last)
        if bands:
            bands[-1] = (bands[-1][0], start, *bands[-1][2:])
        bands.append((start, last, classes[str(phase)], str(phase)))
    return [band for band in bands if band[1] > band[0]]


def tints(phases: pd.DataFrame) -> dict[str, str]:
    """Return the colour class of each phase, by name where the name is known."""
    names = dict.fromkeys(map(str, phases["phase"]))
    return {name: f"ph{_TINTS.get(name, 1 + k % 4)}" for k, name in enumerate(names)}


def _ticks(releases: pd.DataFrame, sessions: pd.DatetimeIndex) -> list[tuple[int, str]]:
    """Return one tick for each day on which releases became usable."""
    titles: dict[int, list[str]] = {}
    for row in releases.itertuples(index=False):
        i = int(sessions.searchsorted(pd.Timestamp(row.usable_from)))
        if i < len(sessions) and pd.Timestamp(row.usable_from) >= sessions[0]:
            titles.setdefault(i, []).append(f"{row.entity} {row.quarter}")
    return [(i, f"{day(sessions[i])}: {', '.join(names)}") for i, names in sorted(titles.items())]


def _hidden(run: Run, sessions: pd.DatetimeIndex) -> list[tuple[int, int]]:
    """Return the windows before publication as positions."""
    return [
        (int(sessions.searchsorted(w.base)), int(sessions.searchsorted(w.end, side="right")) - 1)
        for w in run.windows
        if w.label.startswith("before")
    ]
