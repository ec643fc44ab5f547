"""The charts of the page: net value, drawdown, theme weights, cycle score, and the bridge of the return.

Each chart is drawn twice, for a wide and for a narrow screen, so that labels keep their size on both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.backtest.result import Run, Verdict
from screener.report import svg
from screener.report.backdrop import Backdrop
from screener.report.html import Markup, join, num, tag
from screener.report.numbers import NA, day, figure, percent, points
from screener.report.svg import Frame

__all__ = [
    "PARTS",
    "Chart",
    "Curve",
    "drawdown",
    "nav",
    "readings",
    "score",
    "theme_weights",
    "waterfall",
]

SIZES = {"wide": (1080.0, 0.5, 12), "narrow": (358.0, 1.0, 6)}  # width, column of a path, most day labels

PARTS = ("benchmark", "selection", "tilt", "timing", "cost")

CASH = {"cash": "Cash 现金", "leaving": "Leaving 待卖出"}  # columns of the weights that are no theme


@dataclass(frozen=True)
class Curve:
    """One series of a chart: its name, colour class, level by day and how a value is written."""

    title: str
    class_: str
    level: Vector
    write: Callable[[float], str]

    def texts(self) -> list[str]:
        """Write every value with an ASCII minus and without its unit."""
        return [self.write(v).removesuffix(" %") for v in self.level.tolist()]

    def last(self) -> str:
        """Write the last value as the legend shows it, which is what the script does for other days."""
        return self.write(self.level[-1]).replace("-", "\N{MINUS SIGN}") if len(self.level) else NA


@dataclass(frozen=True)
class Chart:
    """A chart over the sessions of a run, ready to be placed on the page."""

    id: str
    title: str
    curves: list[Curve]
    height: float
    draw: Callable[[float, float, float], tuple[Frame, Markup]]  # width, height, column
    labels: Callable[[Frame], list[tuple[float, str]]]
    sessions: pd.DatetimeIndex
    backdrop: Backdrop | None = None
    explained: bool = True  # whether a legend of the backdrop is needed here

    def figure(self) -> Markup:
        """Build the figure: legend, wide and narrow drawing."""
        keys = [
            tag(
                "span",
                tag("i", class_=f"key {c.class_}"),
                c.title,
                " ",
                tag(
                    "output",
                    c.last(),
                    title="on the day shown; n/a: no value then",
                    data_unit=" %" if c.write is percent else None,
                ),
            )
            for c in self.curves
        ]
        when = tag("span", tag("time", day(self.sessions[-1])), class_="when")
        legend = tag("div", when, *keys, class_="legend")
        backdrop = self.backdrop.legend() if self.backdrop and self.explained else ""
        quiet = tag("div", backdrop, class_="legend quiet") if backdrop else ""
        drawings = (self._drawing(name) for name in SIZES)
        return tag("figure", legend, *drawings, quiet, class_="chart", id=f"chart-{self.id}")

    def _drawing(self, size: str) -> Markup:
        width, column, most = SIZES[size]
        height = self.height if size == "wide" else self.height * 0.8
        frame, curves = self.draw(width, height, column)
        behind = self.backdrop.draw(frame) if self.backdrop else ""
        cross = tag(
            "path", class_="cross", d="M0 0", data_top=f"{frame.top:.1f}", data_base=f"{frame.base:.1f}"
        )
        return tag(
            "svg",
            behind,
            _grid(frame, self.labels(frame)),
            curves,
            _days(frame, self.sessions, most),
            cross,
            class_=size,
            viewBox=f"0 0 {width:g} {height:g}",
            role="img",
            aria_label=f"{self.title}, {day(self.sessions[0])} to {day(self.sessions[-1])}",
            data_left=f"{frame.left:.1f}",
            data_right=f"{frame.right_edge:.1f}",
        )


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


def _curves(run: Run) -> list[tuple[str, str, pd.Series]]:
    """Return title, class and level of the rule, equal weight and the benchmark."""
    curves = [(run.result.name, "rule", run.result.nav)]
    if "equal-weight" in run.controls:
        curves.append(("Equal weight 等权", "ew", run.controls["equal-weight"].nav))
    if run.benchmark is not None:
        curves.append((run.benchmark.title, "bm", run.benchmark.close.reindex(run.result.nav.index)))
    return curves


def _growth(level: pd.Series) -> Vector:
    """Rebase a level to 1 on its first day; all NaN if it never has one."""
    values = level.to_numpy(dtype=np.float64)
    good = np.flatnonzero(np.isfinite(values) & (values > 0))
    return values / values[good[0]] if len(good) else np.full(len(values), np.nan)


def _span(curves: Sequence[Curve], least: float, most: float) -> tuple[float, float]:
    """Return the smallest range that holds all finite values and [least, most]."""
    values = np.concatenate([[least, most], *(c.level for c in curves)])
    values = values[np.isfinite(values)]
    return float(values.min()), float(values.max())


def _lines(curves: Sequence[Curve], frame: Frame, column: float) -> Markup:
    return join(svg.line(frame, c.level, c.class_, column) for c in reversed(curves))


def nav(run: Run, backdrop: Backdrop) -> Chart:
    """Draw growth of 1 CNY on a log scale."""
    curves = [Curve(t, c, _growth(level), lambda v: figure(v, 3)) for t, c, level in _curves(run)]
    positive = [Curve(c.title, c.class_, np.where(c.level > 0, c.level, np.nan), c.write) for c in curves]
    low, high = _span(positive, 0.98, 1.02)
    pad = (high / low) ** 0.04

    def draw(width: float, height: float, column: float) -> tuple[Frame, Markup]:
        frame = Frame(width, height, len(run.result.nav), low / pad, high * pad, log=True, top=20.0)
        return frame, _lines(positive, frame, column)

    def labels(frame: Frame) -> list[tuple[float, str]]:
        return [(v, f"{v:.4g}") for v in svg.log_ticks(frame.low, frame.high, 7)]

    return Chart("nav", "Net value", curves, 330.0, draw, labels, run.result.nav.index, backdrop)


def drawdown(run: Run, backdrop: Backdrop) -> Chart:
    """Draw the loss against the highest close so far."""
    curves = []
    for title, class_, level in _curves(run):
        growth = pd.Series(_growth(level))
        curves.append(Curve(title, class_, (growth / growth.cummax() - 1.0).to_numpy(), percent))
    low, _ = _span(curves, -0.01, 0.0)

    def draw(width: float, height: float, column: float) -> tuple[Frame, Markup]:
        frame = Frame(width, height, len(run.result.nav), low * 1.06, 0.0)
        fill = svg.area(frame, curves[0].level, "loss", column, floor=0.0)
        return frame, join([fill, _lines(curves, frame, column)])

    def labels(frame: Frame) -> list[tuple[float, str]]:
        return [(v, f"{100 * v:g} %") for v in svg.nice_ticks(frame.low, 0.0, 5)]

    bare = Backdrop(backdrop.bands, [], backdrop.hidden)
    sessions = run.result.nav.index
    return Chart("drawdown", "Drawdown", curves, 190.0, draw, labels, sessions, bare, explained=False)


def theme_weights(run: Run) -> Chart:
    """Draw the weight of each theme as stacked areas, cash on top."""
    themes = [c for c in run.theme_weights.columns if c not in CASH]
    columns = themes + [c for c in ("leaving", "cash") if c in run.theme_weights.columns]
    classes = {c: c if c in CASH else f"t{1 + k % 8}" for k, c in enumerate(columns)}
    weights = run.theme_weights[columns].to_numpy(dtype=np.float64)
    curves = [
        Curve(CASH.get(c) or run.titles.get(c, c), classes[c], weights[:, k], percent)
        for k, c in enumerate(columns)
    ]
    stack = np.nancumsum(np.clip(weights, 0.0, None), axis=1)
    top = max(1.0, float(stack.max(initial=0.0)))

    def draw(width: float, height: float, column: float) -> tuple[Frame, Markup]:
        frame = Frame(width, height, len(stack), 0.0, top)
        layers = [svg.area(frame, stack[:, k], c.class_, max(column, 1.0)) for k, c in enumerate(curves)]
        return frame, join(reversed(layers))

    def labels(frame: Frame) -> list[tuple[float, str]]:
        return [(v, f"{100 * v:g} %") for v in (0.0, 0.25, 0.5, 0.75, 1.0)]

    return Chart("weights", "Theme weights", curves, 220.0, draw, labels, run.theme_weights.index)


def score(run: Run, backdrop: Backdrop) -> Chart:
    """Draw the cycle score."""
    values = run.scores.to_numpy(dtype=np.float64)
    curves = [Curve("Cycle score 周期评分", "score", values, lambda v: figure(v, 2, "+"))]
    low, high = _span(curves, -0.1, 0.1)
    pad = 0.05 * (high - low)

    def draw(width: float, height: float, column: float) -> tuple[Frame, Markup]:
        frame = Frame(width, height, len(values), low - pad, high + pad)
        return frame, _lines(curves, frame, column)

    def labels(frame: Frame) -> list[tuple[float, str]]:
        return [(v, f"{v:g}") for v in svg.nice_ticks(frame.low, frame.high, 5)]

    return Chart("score", "Cycle score", curves, 160.0, draw, labels, run.scores.index, backdrop)


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


def waterfall(verdict: Verdict) -> Markup:
    """Draw how the parts add up to the return of the rule, in percentage points a year."""
    parts = [getattr(verdict, name) for name in PARTS]
    if not np.isfinite([*parts, verdict.total]).all():
        return Markup()
    ends = np.cumsum(parts)
    starts = np.append(0.0, ends[:-1])
    bars = [(name.capitalize(), a, b) for name, a, b in zip(PARTS, starts, ends, strict=True)]
    bars.append(("Total", 0.0, verdict.total))
    low, high = min(0.0, ends.min(), verdict.total), max(0.0, ends.max(), verdict.total)
    return _bars(bars, low, high if high > low else low + 0.01)


def _bars(bars: Sequence[tuple[str, float, float]], low: float, high: float) -> Markup:
    """Draw one horizontal bar a row: name, bar from one value to another, change in points."""
    left, width, row = 76.0, 400.0, 22.0
    scale = (width - left - 52.0) / (high - low)
    pieces = []
    for k, (name, a, b) in enumerate(bars):
        x0, x1 = (left + scale * (v - low) for v in (min(a, b), max(a, b)))
        class_ = "total" if name == "Total" else "up" if b > a else "down"
        box = {"x": f"{x0:.1f}", "y": f"{k * row + 4:.1f}", "width": f"{max(x1 - x0, 1):.1f}", "height": "13"}
        pieces.append(svg.text(left - 8, k * row + 14.5, name, "end"))
        pieces.append(tag("rect", class_=f"bar {class_}", **box))
        pieces.append(svg.text(x1 + 6, k * row + 14.5, num(b - a, "points")))
    zero = left - scale * low
    axis = tag("path", class_="axis", d=f"M{zero:.1f} 0V{len(bars) * row:g}")
    label = f"Return of the rule in points a year: {', '.join(f'{n} {points(b - a)}' for n, a, b in bars)}"
    return tag(
        "svg",
        *pieces,
        axis,
        class_="bridge",
        viewBox=f"0 0 {width:g} {len(bars) * row:g}",
        role="img",
        aria_label=label,
    )
