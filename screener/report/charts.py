"""The charts of the page: net value, excess, drawdown, theme weights and cycle score."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.backtest.controls import EQUAL_WEIGHT
from screener.backtest.result import Run
from screener.market import calendar
from screener.report import svg
from screener.report.backdrop import Backdrop
from screener.report.chart import Chart, Curve, lines, span
from screener.report.html import Markup, join, tag
from screener.report.numbers import figure, percent
from screener.report.svg import Frame
from screener.report.themes import benchmark_name, theme_name
from screener.report.words import Words, two

__all__ = ["drawdown", "excess", "losses", "nav", "ratios", "score", "theme_weights", "three"]

EQUAL: Words = ("Equal weight", "等权")
CASH: dict[str, Words] = {"cash": ("Cash", "现金"), "leaving": ("Leaving", "待卖出")}  # no themes
OVER: dict[str, Words] = {
    "ew": ("Rule over equal weight", "规则 / 等权"),
    "bm": ("Rule over benchmark", "规则 / 基准"),
}
BARE = Backdrop(named=False)  # nothing behind the curves
LUCK = 1.96  # standard deviations that hold 95 of 100 curves without skill, day by day


def _curves(run: Run) -> list[tuple[object, str, pd.Series]]:
    """Return title, class and level of the rule, equal weight and the benchmark."""
    curves: list[tuple[object, str, pd.Series]] = [(run.result.name, "rule", run.result.nav)]
    if EQUAL_WEIGHT in run.controls:
        curves.append((two(*EQUAL), "ew", run.controls[EQUAL_WEIGHT].nav))
    if run.benchmark is not None:
        curves.append(
            (benchmark_name(run.benchmark.title), "bm", run.benchmark.close.reindex(run.result.nav.index))
        )
    return curves


def _growth(level: pd.Series) -> Vector:
    """Rebase a level to 1 on its first day; all NaN if it never has one."""
    values = level.to_numpy(dtype=np.float64)
    good = np.flatnonzero(np.isfinite(values) & (values > 0))
    return values / values[good[0]] if len(good) else np.full(len(values), np.nan)


def three(value: float) -> str:
    """Write a ratio with three decimals."""
    return figure(value, 3)


def ratios(
    id: str, title: Words, curves: list[Curve], height: float, sessions: pd.DatetimeIndex,
    backdrop: Backdrop = BARE, behind: list[Curve] | None = None, explained: bool = True,
) -> Chart:  # fmt: skip
    """Build a chart of ratios to a start of 1, on a log scale; `behind` are the edges of an area."""
    positive = [Curve(c.title, c.class_, np.where(c.level > 0, c.level, np.nan), c.write) for c in curves]
    low, high = span([*positive, *(behind or [])], 0.98, 1.02)
    pad = (high / low) ** 0.04

    def draw(width: float, height: float, column: float) -> tuple[Frame, Markup]:
        top = 26.0 if backdrop.named else 8.0
        frame = Frame(width, height, len(sessions), low / pad, high * pad, log=True, top=top)
        edges = [svg.line(frame, edge.level, "luck", max(column, 1.0)) for edge in behind or []]
        one = float(frame.y(1.0))
        base = tag("path", class_="one", d=f"M{frame.left:.1f} {one:.1f}H{frame.right_edge:.1f}")
        return frame, join([base, *edges, lines(positive, frame, column)])

    def labels(frame: Frame) -> list[tuple[float, str]]:
        return [(v, f"{v:.4g}") for v in svg.log_ticks(frame.low, frame.high, 7)]

    return Chart(id, title, curves, height, draw, labels, sessions, backdrop, explained=explained, zoom="log")


def nav(run: Run, backdrop: Backdrop) -> Chart:
    """Draw growth of 1 CNY on a log scale."""
    curves = [Curve(t, c, _growth(level), three) for t, c, level in _curves(run)]
    return ratios("nav", ("Net value", "净值"), curves, 340.0, run.result.nav.index, backdrop)


def excess(run: Run, backdrop: Backdrop, over: str) -> Chart | None:
    """Draw the rule over equal weight ("ew") or over the benchmark ("bm"); None without that."""
    own, *others = _curves(run)
    level = next((level for _, class_, level in others if class_ == over), None)
    if level is None:
        return None
    ratio = _growth(own[2]) / np.where((growth := _growth(level)) > 0, growth, np.nan)
    if not np.isfinite(ratio).any():
        return None
    curves = [Curve(two(*OVER[over]), f"over-{over}", ratio, three)]
    bare = Backdrop(backdrop.bands, [], backdrop.hidden, [], named=False)
    luck, height = (_luck(run), 200.0) if over == "ew" else ([], 160.0)
    sessions = run.result.nav.index
    return ratios(f"over-{over}", OVER[over], curves, height, sessions, bare, luck, explained=False)


def _luck(run: Run) -> list[Curve]:
    """Return between which ratios to equal weight a rule without skill stays; nothing where unknown."""
    verdict, sessions = run.verdicts[0], run.result.nav.index
    error = verdict.tracking_error
    if EQUAL_WEIGHT not in run.controls or not (math.isfinite(error) and error > 0) or len(sessions) < 2:
        return []
    base = int(sessions.searchsorted(verdict.window.base))
    a_year = calendar.sessions_a_year(sessions[0], sessions[-1])
    years = np.maximum(np.arange(len(sessions)) - base, 0) / a_year
    ratio = run.result.nav.to_numpy() / run.controls[EQUAL_WEIGHT].nav.to_numpy()
    centre = ratio[base] / ratio[0]
    return [Curve("", "luck", centre * np.exp(k * LUCK * error * np.sqrt(years)), three) for k in (-1, 1)]


def drawdown(run: Run, backdrop: Backdrop) -> Chart:
    """Draw the loss against the highest close so far."""
    curves = []
    for title, class_, level in _curves(run):
        growth = pd.Series(_growth(level))
        curves.append(Curve(title, class_, (growth / growth.cummax() - 1.0).to_numpy(), percent))
    bare = Backdrop(backdrop.bands, [], backdrop.hidden, [], named=False)
    return losses("drawdown", ("Drawdown", "回撤"), curves, run.result.nav.index, bare, filled=True)


def losses(
    id: str, title: Words, curves: list[Curve], sessions: pd.DatetimeIndex, backdrop: Backdrop = BARE,
    filled: bool = False,
) -> Chart:  # fmt: skip
    """Build a chart of losses since the highest close so far; the first may be filled up to 0."""
    low, _ = span(curves, -0.01, 0.0)

    def draw(width: float, height: float, column: float) -> tuple[Frame, Markup]:
        frame = Frame(width, height, len(sessions), low * 1.06, 0.0)
        fill = svg.area(frame, curves[0].level, "loss", column, floor=0.0) if filled else ""
        return frame, join([fill, lines(curves, frame, column)])

    def labels(frame: Frame) -> list[tuple[float, str]]:
        return [(v, f"{100 * v:g} %") for v in svg.nice_ticks(frame.low, 0.0, 5)]

    return Chart(id, title, curves, 190.0, draw, labels, sessions, backdrop, explained=False, factor=100.0)


def theme_weights(run: Run) -> Chart:
    """Draw the weight of each theme as stacked areas, cash on top."""
    themes = [c for c in run.theme_weights.columns if c not in CASH]
    columns = themes + [c for c in ("leaving", "cash") if c in run.theme_weights.columns]
    classes = {c: c if c in CASH else f"t{1 + k % 8}" for k, c in enumerate(columns)}
    weights = run.theme_weights[columns].to_numpy(dtype=np.float64)
    curves = [
        Curve(two(*CASH[c]) if c in CASH else theme_name(run, c), classes[c], weights[:, k], percent)
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

    title = ("Theme weights", "主题权重")
    sessions = run.theme_weights.index
    return Chart("weights", title, curves, 220.0, draw, labels, sessions, zoom="fixed", factor=100.0)


def score(run: Run, backdrop: Backdrop) -> Chart:
    """Draw the cycle score."""
    values = run.scores.to_numpy(dtype=np.float64)
    title = ("Cycle score", "周期评分")
    curves = [Curve(two(*title), "score", values, lambda v: figure(v, 2, "+"))]
    low, high = span(curves, -0.1, 0.1)
    pad = 0.05 * (high - low)

    def draw(width: float, height: float, column: float) -> tuple[Frame, Markup]:
        frame = Frame(width, height, len(values), low - pad, high + pad, top=26.0)
        return frame, lines(curves, frame, column)

    def labels(frame: Frame) -> list[tuple[float, str]]:
        return [(v, f"{v:g}") for v in svg.nice_ticks(frame.low, frame.high, 5)]

    sessions = run.scores.index
    return Chart("score", title, curves, 170.0, draw, labels, sessions, backdrop, zoom="fixed")
