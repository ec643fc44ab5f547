"""Several runs on one page: curves, figures and the settings that set them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from screener.backtest import metrics
from screener.backtest.result import Window
from screener.report.chart import Chart, Curve, readings
from screener.report.charts import losses, ratios, three
from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.labels import figure_of, heading
from screener.report.layout import PLAIN, Section, bar, document, section
from screener.report.notes import said
from screener.report.numbers import day, percent
from screener.report.side_by_side import SideBySide
from screener.report.style import Style
from screener.report.verdict import brief
from screener.report.words import Words, tied, two

__all__ = ["render"]


def render(found: SideBySide, style: Style = PLAIN) -> str:
    """Write the page of several runs.

    Parameters
    ----------
    found : SideBySide
    style : Style

    Returns
    -------
    str
        HTML of one file that needs no network.
    """
    charts = [_ratio(found, "nav"), _ratio(found, "excess"), _underwater(found)]
    drawn = [chart for chart in charts if chart is not None]
    figures = {chart.id: chart.figure() for chart in drawn}
    parts = [
        _section("nav", ("Net value", "净值"), figures, NAV),
        _section("excess", ("Over its own equal weight", "相对各自等权"), figures, EXCESS),
        _section("underwater", ("Underwater", "回撤"), figures, UNDERWATER),
        _figures(found),
        _years(found),
        _settings(found),
        _notes(found),
    ]
    shown = [part for part in parts if part is not None]
    page = join([_header(found), *(part.body for part in shown)])
    title = " | ".join(found.names)
    return document(title, page, readings(drawn), style, top=bar(shown))


NAV: Words = ("Growth of 1 CNY after costs, log scale.", "1 元的费后增长，对数刻度。")
EXCESS: Words = (
    "Net value of each run over that of the equal weight of its own themes; rising is winning.",
    "各次运行的净值除以其自身主题等权的净值；上升即跑赢。",
)
UNDERWATER: Words = ("Loss since the highest close so far.", "自此前最高收盘的跌幅。")


def _header(found: SideBySide) -> Markup:
    """Say which run did best on what, without making a verdict of it."""
    first, last = found.curves.index[0], found.curves.index[-1]
    short = brief(Window(first, last, "common"))
    key = "total_return" if short else "cagr"
    best = found.figures[key].idxmax()
    rate = percent(found.figures.loc[best, key])
    lead = two(
        tied(
            f"From {day(first)} to {day(last)}, of {len(found.names)} runs {best} earned most: "
            f"{rate} {'in all' if short else 'a year'}."
        ),
        tied(
            f"{day(first)} 至 {day(last)}，{len(found.names)} 次运行中 {best} 收益最高："
            f"{'累计' if short else '年化'} {rate.replace(' %', '%')}。"
        ),
    )
    caution = two(
        "The best of several is best by luck too: the more that were tried, the less it says.",
        "多次尝试中的最优者也可能只是运气：尝试越多，说明力越弱。",
    )
    kicker = tag("p", two("Runs side by side", "多次运行对比"), class_="kicker")
    return tag(
        "header", kicker, tag("h1", two("Comparison", "对比")), tag("p", lead, class_="lead"),
        tag("p", caution, class_="standing"),
    )  # fmt: skip


def _section(id: str, title: Words, figures: dict[str, Markup], note: Words) -> Section | None:
    return section(id, title, figures[id], note=two(*note)) if id in figures else None


def _curves(levels: pd.DataFrame, write: Callable[[float], str]) -> list[Curve]:
    """Return a curve a run, each with a look of its own; a run without values is left out."""
    looks = {name: f"r{1 + k % 8}" for k, name in enumerate(levels.columns)}
    known = levels.loc[:, levels.notna().any()]
    return [Curve(name, looks[name], known[name].to_numpy(np.float64), write) for name in known.columns]


def _ratio(found: SideBySide, id: str) -> Chart | None:
    """Draw net values, or net values over those of equal weight, on a log scale."""
    levels = found.curves if id == "nav" else found.curves / found.controls
    curves = _curves(levels.where(levels > 0), three)
    if not curves:
        return None
    title = ("Net value", "净值") if id == "nav" else ("Over equal weight", "相对等权")
    height = 340.0 if id == "nav" else 200.0
    return ratios(id, title, curves, height, levels.index, explained=False)


def _underwater(found: SideBySide) -> Chart:
    """Draw the loss of each run against its highest close so far."""
    curves = _curves(found.curves / found.curves.cummax() - 1.0, percent)
    return losses("underwater", ("Underwater", "回撤"), curves, found.curves.index)


def _heads(names: Sequence[str]) -> list[Markup]:
    """Head a column for each run."""
    return [tag("th", "", scope="col"), *(tag("th", name, class_="n wrap", scope="col") for name in names)]


def _figures(found: SideBySide) -> Section:
    rows = [
        [heading(key), *(cell(figure_of(key, "", found.figures.loc[name].to_dict())) for name in found.names)]
        for key in found.figures.columns
    ]
    note = two(
        "On the days that all runs share, after costs. Excess, tracking error, information ratio, beta and "
        "alpha are against the equal weight of each run's own themes.",
        "仅含各次运行共有的交易日，费后。超额、跟踪误差、信息比率、贝塔与阿尔法均相对各自主题等权。",
    )
    return section("figures", ("Figures", "指标"), table(_heads(found.names), rows), note=note)


def _years(found: SideBySide) -> Section:
    by_year = pd.DataFrame({name: metrics.yearly_returns(found.curves[name]) for name in found.names})
    rows = [
        [year, *(cell(num(value, "percent", signed=True)) for value in values)]
        for year, *values in by_year.itertuples()
    ]
    return section(
        "years", ("Years", "年度"), table(_heads(found.names), rows),
        note=two("First and last may be partial.", "首尾年度可能不完整。"),
    )  # fmt: skip


def _settings(found: SideBySide) -> Section:
    rows = [
        [key, *(tag("td", _written(value), class_="n wrap") for value in values)]
        for key, *values in found.settings.itertuples()
    ]
    same = tag("p", two("All settings are the same.", "所有设置相同。"))
    body = table(_heads(found.names), rows) if rows else same
    return section(
        "settings", ("Different settings", "设置差异"), body,
        note=two("Those in which the runs differ; all others are the same.", "仅列出不同的设置；其余相同。"),
    )  # fmt: skip


def _written(value: object) -> object:
    """Write a setting as it was given."""
    if value is None or value == "":
        return two("default", "默认")
    return two("yes", "是") if value is True else two("no", "否") if value is False else value


def _notes(found: SideBySide) -> Section | None:
    if not found.notes:
        return None
    return section("notes", ("Notes", "说明"), tag("ul", *(tag("li", said(note)) for note in found.notes)))
