"""The deepest falls: when, how deep, what the others did meanwhile, and who lost the money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from screener.backtest.result import Run
from screener.report.backdrop import tints
from screener.report.cells import closing, heads, stock_name
from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.layout import Section, section
from screener.report.numbers import day, percent
from screener.report.sections import NO_BENCHMARK, NO_CONTROL
from screener.report.themes import phase_name, theme_name
from screener.report.words import two

if TYPE_CHECKING:
    from screener.study.attribution import Attribution
    from screener.study.attribution.falls import Falls

__all__ = ["falls", "phase_key"]

WORST = 3  # stocks named for each fall


def falls(run: Run, found: Attribution) -> Section | None:
    """Show the deepest falls and who lost the money; None for a curve that never fell."""
    fallen = found.falls
    if fallen.table.empty:
        return None
    note = two(
        "From the highest close to the lowest, deepest first; after costs. Equal weight and benchmark over "
        "the same days. Phase: that of the cycle on the first and on the last day of the fall. Below: exact "
        "losses in CNY, and in points of the equity at the peak, which add up to the depth.",
        "自最高收盘净值至最低收盘净值，按深度排列，费后。等权与基准为同期收益。阶段为下跌首日与末日所处的周期阶段。"
        "下方为各主题与个股的损益（元，精确到分）及占峰值净资产的百分点，合计即回撤幅度。",
    )
    cards = tag("div", *(_card(run, fallen, k) for k in fallen.table.index), class_="fallen")
    title, short = ("The deepest drawdowns", "历次最大回撤"), ("Drawdowns", "历次回撤")
    return section("falls", title, _table(run, fallen.table), cards, note=note, short=short, class_="flow")


def _table(run: Run, fallen: pd.DataFrame) -> Markup:
    rows = [
        [
            k,
            cell(num(fall.depth, "percent"), class_="strong"),
            day(fall.peak),
            day(fall.trough),
            _recovered(fall.recovered),
            *(num(n, "count") for n in (fall.falling, fall.sessions)),
            num(fall.equal_weight, "percent", NO_CONTROL),
            num(fall.benchmark, "percent", NO_BENCHMARK),
            tag("td", _phases(run, fall.first_phase, fall.last_phase)),
        ]
        for k, fall in zip(fallen.index, fallen.itertuples(), strict=True)
    ]
    phase = tag("th", two("Phase", "周期阶段"), scope="col")
    head = heads(
        Markup("#"), ("Depth", "回撤幅度"), ("Peak", "峰值日"), ("Trough", "谷底日"), ("Recovered", "修复日"),
        ("Sessions falling", "下跌天数"), ("under water", "水下天数"), ("Equal weight", "等权同期"),
        ("Benchmark", "基准同期"), phase,
    )  # fmt: skip
    return table(head, rows, class_="falls")


def _recovered(value: pd.Timestamp) -> object:
    return two("still under water", "尚未修复") if pd.isna(value) else day(value)


def _phases(run: Run, first: str, last: str) -> Markup:
    """Write the phase of a fall, or from which to which it went."""
    if first == last:
        return phase_key(run, first)
    return join([phase_key(run, first), " \N{RIGHTWARDS ARROW} ", phase_key(run, last)])


def phase_key(run: Run, phase: str) -> Markup:
    """Write the name of a phase behind its colour on the charts."""
    colour = tints(run.phases).get(phase)
    return join([tag("i", class_=f"key {colour}") if colour else "", phase_name(phase)])


def _card(run: Run, fallen: Falls, k: int) -> Markup:
    """Split one fall by theme, and name the stocks that lost most."""
    fall = fallen.table.loc[k]
    themes, stocks = (part[part["fall"] == k] for part in (fallen.themes, fallen.stocks))
    losers = stocks[stocks["gain"] < 0.0].head(WORST)
    rows: list[object] = [_line(theme_name(run, row.theme), row) for row in themes.itertuples()]
    if fall["residual"]:
        rest = fall["residual"] / fall["loss"] * fall["depth"]
        rows.append([two("Unexplained", "未解释"), _cents(fall["residual"]), num(rest, "points")])
    rows.append(closing(two("Sum", "合计"), _cents(fall["loss"]), num(fall["depth"], "points")))
    heading = two("Lost most", "拖累最大的个股")
    rows.append(tag("tr", tag("th", heading, colspan=3, scope="colgroup"), class_="group"))
    rows += [_line(stock_name(run, row.symbol), row) for row in losers.itertuples()]
    title = f"{k}. {percent(fall['depth'])}, {day(fall['peak'])}".replace("-", "\N{MINUS SIGN}", 1)
    head = [tag("th", title, scope="col"), two("CNY", "元"), two("Points", "百分点")]
    return table(head, rows, class_="lost")


def _line(name: Markup, row: object) -> list[object]:
    return [name, _cents(row.gain), num(row.points, "points")]


def _cents(value: float) -> Markup:
    """Write CNY to the cent; in a fall nearly all are losses, and a colour would say nothing."""
    return num(value, "ratio")
