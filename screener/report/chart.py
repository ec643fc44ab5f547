"""A chart over the sessions of a run: its curves, its two drawings, and what the script reads from them.

Each chart is drawn twice, for a wide and for a narrow screen, so that labels keep their size on both. What
moves when a reader zooms lies in inner drawings, whose views the script changes; labels lie outside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.report import svg
from screener.report.backdrop import Backdrop
from screener.report.html import Markup, join, tag
from screener.report.numbers import NA, day, percent
from screener.report.svg import Frame
from screener.report.words import Words, hint, spoken

__all__ = ["Chart", "Curve", "lines", "readings", "span"]

SIZES = {"wide": (1080.0, 0.5, 12), "narrow": (358.0, 1.0, 6)}  # width, column of a path, most day labels


@dataclass(frozen=True)
class Curve:
    """One series of a chart: its name, class, level by day and how a value is written."""

    title: object
    class_: str
    level: Vector
    write: Callable[[float], str]

    def texts(self) -> list[str]:
        """Write every value with an ASCII minus and without its unit."""
        return [self.write(v).removesuffix(" %") for v in self.level.tolist()]

    def last(self) -> str:
        """Write the last value as the legend shows it, which is what the script does for other days."""
        return self.write(self.level[-1]).replace("-", "\N{MINUS SIGN}") if len(self.level) else NA

    def key(self) -> Markup:
        """Build the entry of the legend: the look of the line, its name, its value on the day shown."""
        said = hint("on the day shown; n/a: no value then", "所示当日的数值；n/a：当日无值")
        unit = " %" if self.write is percent else None
        value = tag("output", self.last(), **said, data_unit=unit)
        return tag("span", tag("i", class_=f"key {self.class_}"), self.title, " ", value)


@dataclass(frozen=True)
class Chart:
    """A chart over the sessions of a run, ready to be placed on the page.

    Attributes
    ----------
    id : str
    title : Words
    curves : list of Curve
    height : float
        Of the wide drawing.
    draw : callable
        Width, height and column to a frame and what is drawn in it.
    labels : callable
        Frame to the values and texts of the horizontal lines.
    sessions : DatetimeIndex
    backdrop : Backdrop, optional
    explained : bool
        Whether a legend of the backdrop is needed here.
    zoom : {"log", "linear", "fixed"}
        How values stand on the scale, and that it keeps its range when days are chosen.
    factor : float
        From the values of the frame to those that are read, 100 for per cent.
    """

    id: str
    title: Words
    curves: list[Curve]
    height: float
    draw: Callable[[float, float, float], tuple[Frame, Markup]]
    labels: Callable[[Frame], list[tuple[float, str]]]
    sessions: pd.DatetimeIndex
    backdrop: Backdrop | None = None
    explained: bool = True
    zoom: str = "linear"
    factor: float = 1.0

    def figure(self) -> Markup:
        """Build the figure: legend, wide and narrow drawing."""
        when = tag("span", tag("time", day(self.sessions[-1])), class_="when")
        legend = tag("div", when, *(curve.key() for curve in self.curves), class_="legend")
        backdrop = self.backdrop.legend() if self.backdrop and self.explained else ""
        quiet = tag("div", backdrop, class_="legend quiet") if backdrop else ""
        drawings = (self._drawing(name) for name in SIZES)
        return tag("figure", legend, *drawings, quiet, class_="chart", id=f"chart-{self.id}")

    def _drawing(self, size: str) -> Markup:
        width, column, most = SIZES[size]
        height = self.height if size == "wide" else self.height * 0.8
        frame, curves = self.draw(width, height, column)
        behind, names = self.backdrop.draw(frame) if self.backdrop else ("", "")
        span = f"{day(self.sessions[0])} to {day(self.sessions[-1])}"
        english, chinese = f"{self.title[0]}, {span}", f"{self.title[1]}，{span.replace(' to ', ' 至 ')}"
        return tag(
            "svg",
            _view(frame, behind, "back"),
            tag("g", _grid(frame, self.labels(frame)), class_="values"),
            _view(frame, curves, "plot"),
            tag("g", _days(frame, self.sessions, most), class_="days"),
            tag("g", names, class_="names"),
            tag("path", class_="brush", d="M0 0"),
            tag("path", class_="cross", d="M0 0"),
            class_=size,
            viewBox=f"0 0 {width:g} {height:g}",
            role="img",
            tabindex="0",
            **spoken(english, chinese),
            **self._scale(frame, most),
        )

    def _scale(self, frame: Frame, most: int) -> dict[str, str]:
        """Return what the script must know to place days and values."""
        edges = {
            "data_left": frame.left,
            "data_right": frame.right_edge,
            "data_top": frame.top,
            "data_base": frame.base,
        }
        values = {"data_low": frame.low * self.factor, "data_high": frame.high * self.factor}
        return {
            **{name: f"{value:.1f}" for name, value in edges.items()},
            **{name: f"{value:.6g}" for name, value in values.items()},
            "data_zoom": self.zoom,
            "data_most": str(most),
        }


def _view(frame: Frame, content: Markup, class_: str) -> Markup:
    """Build an inner drawing over the plot, of which the script can show a part."""
    left, top = f"{frame.left:.1f}", f"{frame.top:.1f}"
    width, height = f"{frame.right_edge - frame.left:.1f}", f"{frame.base - frame.top:.1f}"
    place = {"x": left, "y": top, "width": width, "height": height}
    box = f"{left} {top} {width} {height}"
    return tag("svg", content, class_=class_, viewBox=box, preserveAspectRatio="none", **place)


def _grid(frame: Frame, labels: Sequence[tuple[float, str]]) -> Markup:
    lines = []
    for value, label in labels:
        y = float(frame.y(value))
        lines.append(tag("path", class_="grid", d=f"M{frame.left:.1f} {y:.1f}H{frame.right_edge:.1f}"))
        lines.append(svg.text(frame.left - 6, y + 3.5, label.replace("-", "\N{MINUS SIGN}"), "end"))
    return join(lines)


def _days(frame: Frame, sessions: pd.DatetimeIndex, most: int) -> Markup:
    marks = []
    for i, label in svg.day_ticks(sessions, most):
        x = frame.x(i)
        marks.append(tag("path", class_="axis", d=f"M{x:.1f} {frame.base:.1f}v4"))
        wide = 3.2 * len(label)
        anchor = "end" if x + wide > frame.width else "start" if x - wide < frame.left - 8 else "middle"
        marks.append(svg.text(x, frame.base + 16, label, anchor))
    axis = tag("path", class_="axis", d=f"M{frame.left:.1f} {frame.base:.1f}H{frame.right_edge:.1f}")
    return join([axis, *marks])


def span(curves: Sequence[Curve], least: float, most: float) -> tuple[float, float]:
    """Return the smallest range that holds all finite values and [least, most]."""
    values = np.concatenate([[least, most], *(c.level for c in curves)])
    values = values[np.isfinite(values)]
    return float(values.min()), float(values.max())


def lines(curves: Sequence[Curve], frame: Frame, column: float) -> Markup:
    """Draw curves, the first on top."""
    return join(svg.line(frame, c.level, c.class_, column) for c in reversed(curves))


def readings(charts: Sequence[Chart]) -> dict[str, object]:
    """Return what the legend shows for each day: numbers and days only, never a name."""
    sessions = charts[0].sessions
    return {
        "days": " ".join(day(d) for d in sessions),
        "charts": {
            f"chart-{c.id}": [" ".join(curve.texts()) for curve in c.curves]
            for c in charts
            if len(c.sessions) == len(sessions)
        },
    }
