"""The bridge of the return: how its parts add up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from screener.backtest.result import Verdict
from screener.report import svg
from screener.report.html import Markup, num, tag
from screener.report.numbers import points
from screener.report.words import Words, drawn, spoken

__all__ = ["PARTS", "TOTAL", "waterfall"]

PARTS: dict[str, Words] = {
    "benchmark": ("Benchmark", "基准"),
    "selection": ("Selection", "选股"),
    "tilt": ("Tilt", "配置"),
    "timing": ("Timing", "择时"),
    "cost": ("Cost", "成本"),
}
TOTAL: Words = ("Total", "合计")


def waterfall(verdict: Verdict) -> Markup:
    """Draw how the parts add up to the return of the rule, in percentage points a year."""
    parts = [getattr(verdict, name) for name in PARTS]
    if not np.isfinite([*parts, verdict.total]).all():
        return Markup()
    ends = np.cumsum(parts)
    starts = np.append(0.0, ends[:-1])
    bars = [(name, a, b) for name, a, b in zip(PARTS.values(), starts, ends, strict=True)]
    bars.append((TOTAL, 0.0, verdict.total))
    low, high = min(0.0, ends.min(), verdict.total), max(0.0, ends.max(), verdict.total)
    return _bars(bars, low, high if high > low else low + 0.01)


def _bars(bars: Sequence[tuple[Words, float, float]], low: float, high: float) -> Markup:
    """Draw one horizontal bar a row: name, bar from one value to another, change in points."""
    left, width, row = 76.0, 400.0, 22.0
    scale = (width - left - 52.0) / (high - low)
    pieces = []
    for k, (name, a, b) in enumerate(bars):
        x0, x1 = (left + scale * (v - low) for v in (min(a, b), max(a, b)))
        class_ = "total" if name == TOTAL else "up" if b > a else "down"
        box = {"x": f"{x0:.1f}", "y": f"{k * row + 4:.1f}", "width": f"{max(x1 - x0, 1):.1f}", "height": "13"}
        pieces.append(svg.text(left - 8, k * row + 14.5, drawn(*name), "end"))
        pieces.append(tag("rect", class_=f"bar {class_}", **box))
        pieces.append(svg.text(x1 + 6, k * row + 14.5, num(b - a, "points")))
        if k + 1 < len(bars):  # the next bar starts where this one ends
            x = left + scale * (b - low)
            pieces.append(tag("path", class_="axis", d=f"M{x:.1f} {k * row + 17:.1f}v9"))
    zero = left - scale * low
    axis = tag("path", class_="axis", d=f"M{zero:.1f} 0V{len(bars) * row:g}")
    english = ", ".join(f"{name[0]} {points(b - a)}" for name, a, b in bars)
    chinese = "，".join(f"{name[1]} {points(b - a)}" for name, a, b in bars)
    label = spoken(f"Return of the rule in points a year: {english}", f"规则年化收益（百分点）：{chinese}")
    box = f"0 0 {width:g} {len(bars) * row:g}"
    return tag("svg", *pieces, axis, class_="bridge", viewBox=box, role="img", **label)
