"""The sections of the curves over time; all of them show the same days."""

from __future__ import annotations

import pandas as pd

from screener.backtest.result import Run
from screener.report.html import Markup, tag
from screener.report.layout import Section, section
from screener.report.sections import window_name
from screener.report.words import Words, spoken, two

__all__ = ["excess", "net_value", "underwater", "weights"]

RANGES: dict[int, Words] = {
    0: ("All", "全部"),
    60: ("5 years", "近五年"),
    36: ("3 years", "近三年"),
    12: ("1 year", "近一年"),
    6: ("6 months", "近六月"),
}


def net_value(run: Run, figure: Markup) -> Section:
    """Show the net value, with buttons that choose the days of all charts."""
    note = two(
        "Growth of 1 CNY after costs, log scale. Point at a chart to read a day, or move with the arrow "
        "keys; drag over days to see them closer, double-click or press Escape to see all again. "
        "All charts show the same days.",
        "1 元的费后增长，对数坐标。指向图表或用方向键读取某日；拖选一段日期可放大，双击或按 Esc 恢复。"
        "各图联动，日期一致。",
    )
    return section("nav", ("Net value", "净值"), _ranges(run), figure, note=note)


def _ranges(run: Run) -> Markup:
    """Build the buttons of stretches of days: the last months as far as they go, and the run's windows."""
    days = run.result.nav.index
    last = len(days) - 1
    ends = {n: int(days.searchsorted(days[-1] - pd.DateOffset(months=n), side="right")) - 1 for n in RANGES}
    stretches = [(two(*RANGES[n]), start, last) for n, start in ends.items() if n and start > 0]
    stretches += [
        (window_name(w), int(days.searchsorted(w.base)), int(days.searchsorted(w.end, side="right")) - 1)
        for w in run.windows[1:]
    ]
    buttons = (
        tag("button", name, type="button", data_from=a, data_to=b)
        for name, a, b in [(two(*RANGES[0]), 0, last), *stretches]
    )
    return tag("div", *buttons, class_="ranges live", role="group", **spoken("Days shown", "显示区间"))


def excess(figures: list[Markup]) -> Section | None:
    """Show the rule over equal weight and over the benchmark; None without either."""
    if not figures:
        return None
    note = two(
        "Net value of the rule over that of equal weight and over the benchmark, both 1 at the start; rising "
        "is winning. Thin lines: on any one day a rule without skill at this tracking error lies between "
        "them in 95 of 100 cases.",
        "规则净值与等权、与基准净值之比，起点均为 1；上升即跑赢。细线：在此跟踪误差下，毫无能力的规则在任一日"
        "有 95% 的可能落在两线之间。",
    )
    return section("excess", ("Cumulative excess", "累计超额"), *figures, note=note, short=("Excess", "超额"))


def underwater(figure: Markup) -> Section:
    """Show the loss since the highest close."""
    note = two("Loss since the highest close so far.", "自此前最高收盘净值以来的跌幅。")
    return section("drawdown", ("Underwater", "回撤"), figure, note=note, short=("Drawdown", "回撤"))


def weights(figure: Markup) -> Section:
    """Show the weight of each theme."""
    note = two("Share of equity at the close.", "收盘时占净资产的比例。")
    return section("weights", ("Theme weights", "主题权重"), figure, note=note, short=("Weights", "权重"))
