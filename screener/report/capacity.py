"""How large an account the rule bears: return and excess by size, traded with impact and a cap on volume."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.report import svg
from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.ladders import own_row
from screener.report.layout import Section, section
from screener.report.marks import column, gap, round_amount
from screener.report.numbers import figure
from screener.report.reasons import reason
from screener.report.words import Words, drawn, spoken, tied, two

if TYPE_CHECKING:
    from screener.study.ladders import Capacity, Ladders

__all__ = ["capacity", "said"]

WIDTH, HEIGHT = 400.0, 150.0
TITLES: dict[str, Words] = {
    "cagr": ("Return a year, %", "年化收益率（%）"),
    "excess": ("Excess a year, points", "年化超额（百分点）"),
}
_AMOUNT = re.compile(r"([\d,]+) (?:CNY|元)")
OF: dict[str, Words] = {"excess": ("excess", "超额"), "cagr": ("return", "收益")}
NO_ORDER: Words = ("nothing was asked", "没有委托")
NO_OWN: Words = ("the run's own size was not tried", "未测试本次运行的规模")


def capacity(found: Ladders | None) -> Section | None:
    """Show what size does to the rule; None where no size was tried.

    Parameters
    ----------
    found : Ladders, optional
    """
    if found is None or found.sizes is None or found.sizes.empty:
        return None
    sizes = found.sizes
    lines = [said(one) for one in (found.capacity, found.capacity_of_return) if one is not None]
    lines = list(dict.fromkeys(lines))  # one sentence for equal weight itself
    note = two(
        "The same decisions from accounts of another size, with square-root impact and a cap on the share of "
        "the day's volume even where the run has none, so that the row of the run's size may differ from the "
        "run. Filled: share of the value asked for, a decision once; the scorecard counts every new try. "
        "Impact is a model, not measured on these shares: read orders of magnitude. Dotted: the run's size.",
        "以不同规模的账户交易同样的决策，统一计入平方根冲击成本与成交量占比上限（即使本次运行未设），因此本次规模一行"
        "可能与运行结果不同。成交比例：成交金额占委托金额，每项决策只计一次（检查清单则每次重试都计）。冲击成本为模型假设，并非在这些股票上实测，仅供参考量级。虚线为本次规模。",
    )
    charts = [chart for chart in map(lambda of: _panel(sizes, of), ("cagr", "excess")) if chart]
    halves = tag("div", _table(sizes), tag("div", *charts), class_="halves top")
    told = tag("p", *lines, class_="said") if lines else ""
    return section("capacity", ("Capacity", "策略容量"), told, halves, note=note)


def said(found: Capacity) -> Markup:
    """Say how large the account may get, or why that is not known."""
    what, lost = OF.get(found.of, (found.of, found.of)), 100 * found.lost
    if not math.isfinite(found.cash):
        why = (_in_words(text, k) for k, text in enumerate(reason(found.reason)))
        return two(
            f"Size at which {lost:g} point a year of {what[0]} is lost: {next(why)}. ",
            f"年化{what[1]}损失 {lost:g} 个百分点对应的规模：{next(why)}。",
        )
    english, chinese = round_amount(float(f"{found.cash:.2g}"))
    return two(
        tied(f"About {english} before {lost:g} point a year of {what[0]} is lost. "),
        tied(f"规模达到约 {chinese}时，年化{what[1]}损失 {lost:g} 个百分点。"),
    )


def _in_words(text: str, tongue: int) -> str:
    """Write an exact amount in words as the table beside them has it."""
    return _AMOUNT.sub(lambda found: tied(round_amount(float(found[1].replace(",", "")))[tongue]), text)


def _table(sizes: pd.DataFrame) -> Markup:
    rows = [
        own_row(
            _size(float(cash), str(row["label"])),
            [
                cell(num(row["cagr"], "percent")),
                cell(num(row["equal_weight"], "percent")),
                gap(row["excess"]),
                gap(row["difference"], NO_OWN),
                cell(num(row["filled"], "percent", NO_ORDER)),
            ],
            str(row["label"]),
        )
        for cash, row in sizes.iterrows()
    ]
    heads = (
        two("Opening capital", "初始规模"), column("Return", "收益率"), column("Equal weight", "等权"),
        column("Excess, points", "超额（百分点）"), column("Difference", "差额"),
        column("Filled", "成交比例"),
    )  # fmt: skip
    return table(heads, rows, class_="ladder")


def _size(cash: float, label: str) -> Markup:
    own = tag("small", two("the run's size", "本次规模")) if label else ""
    return join([two(*map(tied, round_amount(cash))), own])


def _panel(sizes: pd.DataFrame, of: str) -> Markup:
    """Draw a figure over the opening capital, both as the table has them; nothing without two values."""
    cash, values = sizes.index.to_numpy(np.float64), 100.0 * sizes[of].to_numpy(np.float64)
    known = np.isfinite(values)
    if known.sum() < 2:
        return Markup()
    low, high = float(values[known].min()), float(values[known].max())
    low, high = (min(low, 0.0), max(high, 0.0)) if of == "excess" else (low, high)
    pad = max(0.08 * (high - low), 0.05)
    frame = svg.Frame(WIDTH, HEIGHT, 2, low - pad, high + pad)
    title = TITLES[of]
    at = frame.x(np.log(cash / cash[0]) / np.log(cash[-1] / cash[0]))
    parts = [_values(frame), _sizes(frame, cash), _own(frame, at, sizes), *_curve(frame, at, values)]
    label = spoken(f"{title[0]} by opening capital", f"{title[1]}与初始规模")
    drawing = tag("svg", *parts, viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", role="img", **label)
    return tag("figure", tag("h3", two(*title)), drawing, class_="sizes")


def _values(frame: svg.Frame) -> Markup:
    """Draw the horizontal lines; that of zero is stronger."""
    marks = []
    for value in svg.nice_ticks(frame.low, frame.high, 4):
        y = float(frame.y(value))
        line = f"M{frame.left:.1f} {y:.1f}H{frame.right_edge:.1f}"
        marks.append(tag("path", class_="grid" if value else "one", d=line))
        marks.append(svg.text(frame.left - 6, y + 3.5, f"{value:g}".replace("-", "\N{MINUS SIGN}"), "end"))
    return join(marks)


def _sizes(frame: svg.Frame, cash: Vector) -> Markup:
    """Mark round sizes below the plot."""
    place = _placed(frame, cash)
    marks = [tag("path", class_="axis", d=f"M{frame.left:.1f} {frame.base:.1f}H{frame.right_edge:.1f}")]
    ticks = svg.log_ticks(float(cash[0]), float(cash[-1]), 5)
    for k, size in enumerate(ticks):
        x = place(size)
        marks.append(tag("path", class_="axis", d=f"M{x:.1f} {frame.base:.1f}v4"))
        anchor = "end" if k and x > frame.right_edge - 12 else "middle"
        marks.append(svg.text(x, frame.base + 16, drawn(*_short(size)), anchor))
    return join(marks)


def _placed(frame: svg.Frame, cash: Vector) -> Callable[[float], float]:
    whole = math.log(cash[-1] / cash[0])
    return lambda size: float(frame.x(math.log(size / cash[0]) / whole))


def _short(size: float) -> Words:
    """Write a round size in as few letters as a tick has room for."""
    english = ((1e9, " bn"), (1e6, " m"), (1e3, " k"))
    chinese = ((1e8, "亿"), (1e4, "万"))
    return _scaled(size, english), _scaled(size, chinese)


def _scaled(size: float, units: tuple[tuple[float, str], ...]) -> str:
    unit = next(((k, name) for k, name in units if size >= k * (1 - 1e-9)), (1.0, ""))
    return f"{figure(size / unit[0], 0)}{unit[1]}"


def _own(frame: svg.Frame, at: Vector, sizes: pd.DataFrame) -> Markup:
    """Mark the run's own size."""
    own = np.flatnonzero(sizes["label"].astype(bool))
    lines = (tag("path", class_="border", d=f"M{at[k]:.1f} {frame.top:.1f}V{frame.base:.1f}") for k in own)
    return join(lines)


def _curve(frame: svg.Frame, at: Vector, values: Vector) -> list[Markup]:
    """Draw a dot at each size and lines between neighbours that both have a value."""
    y = frame.y(values)
    known = np.isfinite(y)
    steps = []
    for k in np.flatnonzero(known):
        joined = k > 0 and known[k - 1]
        steps.append(f"{'L' if joined else 'M'}{at[k]:.1f} {y[k]:.1f}")
    dots = "".join(f"M{at[k]:.1f} {y[k]:.1f}h0" for k in np.flatnonzero(known))
    return [tag("path", d="".join(steps), class_="line rule"), tag("path", d=dots, class_="dots")]
