"""What lies behind the curves of a chart: phases of the cycle, releases, guidance, the time in hindsight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from screener.backtest.result import Run
from screener.report.html import Markup, join, tag
from screener.report.numbers import day, figure
from screener.report.svg import Frame
from screener.report.themes import PHASES, phase_name
from screener.report.words import LANGUAGES, Words, two

__all__ = ["Backdrop", "tints"]

_TINTS = {"accelerating": 1, "peak": 2, "decelerating": 3, "contraction": 4}
HATCH = 9.0  # distance of the strokes over days in hindsight
LETTERS = (6.5, 12.0)  # width of a letter of an English and of a Chinese word, at most
GLYPHS = {1: "\N{BLACK UP-POINTING TRIANGLE}", 0: "\N{BULLET}", -1: "\N{BLACK DOWN-POINTING TRIANGLE}"}


@dataclass(frozen=True)
class Backdrop:
    """What lies behind the curves, in positions of sessions.

    Attributes
    ----------
    bands : list of (first day, last day, class, name)
        Phases of the cycle.
    ticks : list of (day, title)
        Days on which releases of the driver became usable.
    hidden : list of (first day, last day)
        Days in hindsight, before publication.
    marks : list of (day, direction, title)
        Days on which guidance was revised: up (1), kept (0) or cut (-1).
    named : bool
        Whether names and marks stand above the plot.
    """

    bands: list[tuple[int, int, str, str]] = field(default_factory=list)
    ticks: list[tuple[int, str]] = field(default_factory=list)
    hidden: list[tuple[int, int]] = field(default_factory=list)
    marks: list[tuple[int, int, str]] = field(default_factory=list)
    named: bool = True

    @classmethod
    def of(cls, run: Run) -> Backdrop:
        """Place phases, releases, guidance and publication on the sessions of a run."""
        sessions = run.result.nav.index
        return cls(
            _bands(run.phases, sessions),
            _ticks(run.releases, sessions),
            _hidden(run, sessions),
            _marks(run, sessions),
        )

    def draw(self, frame: Frame) -> tuple[Markup, Markup]:
        """Return what is drawn behind the curves, and the words that stand above the plot."""
        bands = (tag("rect", class_=class_, **_box(frame, a, b)) for a, b, class_, _ in self.bands)
        hidden = (_hatch(frame, a, b) for a, b in self.hidden)
        ticks = (
            tag("path", tag("title", title), class_="tick", d=f"M{frame.x(i):.1f} {frame.base:.1f}v-7")
            for i, title in self.ticks
        )
        behind = join([*bands, *hidden, *ticks])
        return behind, join([*self._names(frame), *self._glyphs(frame)]) if self.named else Markup()

    def _names(self, frame: Frame) -> Iterator[Markup]:
        for first, last, _, name in self.bands:
            a, b = frame.x(first), frame.x(last)
            words = zip(LANGUAGES, PHASES.get(name, (name, name)), LETTERS, strict=True)
            said = (
                tag("tspan", word, lang=lang, class_="on" if b - a > width * len(word) else "off")
                for lang, word, width in words
            )
            place = {"x": f"{(a + b) / 2:.1f}", "y": "12", "data_a": first, "data_b": last}
            yield tag("text", *said, class_="middle", **place)

    def _glyphs(self, frame: Frame) -> Iterator[Markup]:
        for i, direction, title in self.marks:
            place = {"x": f"{frame.x(i):.1f}", "y": f"{frame.top - 3:.1f}", "data_a": i, "data_b": i}
            yield tag("text", GLYPHS[direction], tag("title", title), class_="middle glyph", **place)

    def legend(self) -> Markup:
        """Explain the bands, ticks and marks."""
        names = {name: class_ for _, _, class_, name in self.bands}
        keys = [(phase_name(name), class_, "") for name, class_ in names.items()]
        for there, text, class_, glyph in self._signs():
            if there:
                keys.append((two(*text), class_, glyph))
        return join(tag("span", tag("i", glyph, class_=f"key {c}"), name) for name, c, glyph in keys)

    def _signs(self) -> list[tuple[bool, Words, str, str]]:
        directions = {direction for _, direction, _ in self.marks}
        return [
            (bool(self.hidden), ("hindsight: before publication", "后见区间：研报发布之前"), "hidden", ""),
            (bool(self.ticks), ("capex release usable", "资本开支披露可用"), "tick", ""),
            (1 in directions, ("guidance raised", "指引上调"), "glyph", GLYPHS[1]),
            (0 in directions, ("kept", "指引维持"), "glyph", GLYPHS[0]),
            (-1 in directions, ("guidance cut", "指引下调"), "glyph", GLYPHS[-1]),
        ]


def _hatch(frame: Frame, first: int, last: int) -> Markup:
    """Hatch a stretch of days: strokes that rise to the right, each cut off at the edges."""
    left, right, top, base = frame.x(first), frame.x(last), frame.top, frame.base
    strokes = []
    for foot in np.arange(left - (base - top) + HATCH, right, HATCH):  # where a stroke meets the ground
        a, b = max(foot, left), min(foot + base - top, right)
        if b > a:
            strokes.append(f"M{a:.0f} {base - (a - foot):.0f}L{b:.0f} {base - (b - foot):.0f}")
    edge = f"M{right:.1f} {top:.1f}V{base:.1f}"
    return join([tag("path", class_="hatch", d="".join(strokes)), tag("path", class_="border", d=edge)])


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


def _marks(run: Run, sessions: pd.DatetimeIndex) -> list[tuple[int, int, str]]:
    """Return one mark for each day of the run on which revisions of guidance became usable."""
    if run.context is None:
        return []
    events = run.context.cycle.guidance.events
    inside = (events["usable_from"] >= sessions[0]) & (events["usable_from"] <= sessions[-1])
    found = []
    for usable, group in events[inside & events["score"].notna()].groupby("usable_from"):
        i = int(sessions.searchsorted(usable))
        names = [
            f"{row.entity} {row.target_year} {figure(100.0 * row.revision, 1, '+')} %"
            for row in group.itertuples()
        ]
        found.append((i, int(np.sign(group["score"].mean())), f"{day(sessions[i])}: {', '.join(names)}"))
    return found


def _hidden(run: Run, sessions: pd.DatetimeIndex) -> list[tuple[int, int]]:
    """Return the windows before publication as positions."""
    return [
        (int(sessions.searchsorted(w.base)), int(sessions.searchsorted(w.end, side="right")) - 1)
        for w in run.windows
        if w.label.startswith("before")
    ]
