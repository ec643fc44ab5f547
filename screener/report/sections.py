"""The sections of figures: where the return came from, key figures, months."""

from __future__ import annotations

import math

import pandas as pd

from screener.backtest import metrics
from screener.backtest.result import Run, Window
from screener.report import charts
from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.labels import figure_of, heading
from screener.report.numbers import day
from screener.report.verdict import undetectable

__all__ = ["account", "figures", "months", "section", "verdicts"]

ACCOUNTS = {
    "equal-weight": ("Equal weight", "The same themes and members in equal weights, same account and costs."),
    "static-mix": (
        "Static mix",
        "The rule's own mean theme weights, held throughout: tilted, but never timed.",
    ),
    "theme-momentum": ("Theme momentum", "The themes weighted by their momentum alone, without the cycle."),
    "buy-and-hold": ("Buy and hold", "Bought once and left alone."),
}
PARTS = {
    "benchmark": "What the comparison curve returned.",
    "selection": "Equally weighted themes, without costs, less the benchmark: owning these shares at all.",
    "tilt": "The rule's mean mix of themes less equal weight: leaning on the right themes on average.",
    "timing": "The rule without costs less its own mean mix: changing the mix at the right time.",
    "cost": "The rule less the same rule without costs.",
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def section(title: str, chinese: str, *content: object, note: str = "") -> Markup:
    """Build a section with its title in two languages."""
    heading = tag("h2", title, " ", tag("span", chinese, lang="zh"))
    return tag("section", heading, tag("p", note, class_="note") if note else "", *content)


def account(run: Run, name: str) -> Markup:
    """Head the column of an account."""
    title, meaning = ACCOUNTS.get(name, (name, "The rule." if name == run.result.name else None))
    if name == "benchmark" and run.benchmark:
        title, meaning = run.benchmark.title, run.benchmark.caveat or None
    return tag("th", title, class_="n", scope="col", title=meaning)


def verdicts(run: Run) -> Markup:
    """Show where the return came from, a row for each window."""
    parts = (*charts.PARTS, "total")
    head = [
        "Window",
        *map(str.capitalize, parts),
        tag("th", "Equal weight", class_="n sum", scope="col"),
        *("Static mix", "Excess", "Tracking error", "Detectable"),
    ]
    rows = [
        [
            tag("th", v.window.label.capitalize(), tag("small", _span(v.window)), scope="row"),
            *(num(getattr(v, part), "points", "no benchmark", signed=part != "total") for part in parts[:-1]),
            tag("td", num(v.total, "points"), class_="n strong"),
            cell(num(v.equal_weight, "points"), class_="sum"),
            num(v.static_mix, "points"),
            num(v.total - v.equal_weight, "points", signed=True),
            num(v.tracking_error, "percent", "the window is too short"),
            num(v.detectable, "bare", undetectable(v)),
        ]
        for v in run.verdicts
    ]
    meaning = join(join([tag("dt", name), tag("dd", text)]) for name, text in PARTS.items())
    note = (
        "Percentage points a year; the parts add up to the total. Excess: the rule less equal weight. "
        "Detectable: the least excess that this window and tracking error can tell from luck."
    )
    return section(
        "Where it came from",
        "收益来源",
        tag("div", charts.waterfall(run.verdicts[0]), tag("dl", meaning, class_="parts"), class_="halves"),
        table(head, rows),
        note=note,
    )


def _span(window: Window) -> str:
    return f"{day(window.base)} to {day(window.end)}"


def figures(run: Run) -> Markup:
    """Show the key figures of every account on the headline window; the other windows are folded below."""
    first, *others = run.windows
    folded = (
        tag("details", tag("summary", f"{window.label.capitalize()}, {_span(window)}"), _figures(run, window))
        for window in others
    )
    note = (
        "After costs. Excess, tracking error, information ratio, beta and alpha are against equal weight, "
        "which is the benchmark of their definitions. Every definition stands at the end of the page."
    )
    return section("Key figures", "主要指标", _figures(run, first), *folded, note=note)


def _figures(run: Run, window: Window) -> Markup:
    accounts = run.metrics[window.label]
    order = [name for name in (run.result.name, *ACCOUNTS, "benchmark") if name in accounts]
    order += [name for name in accounts if name not in order]
    rows = []
    for key in accounts[order[0]]:
        cells = (cell(figure_of(key, name, accounts[name])) for name in order)
        rows.append([heading(key), *cells])
    head = [tag("th", "", scope="col"), *(account(run, name) for name in order)]
    return table(head, rows, class_="figures")


def months(run: Run) -> Markup:
    """Show returns by month, and by year beside equal weight."""
    window = run.windows[0]
    nav = run.result.nav.loc[window.base : window.end]
    by_month, by_year = metrics.monthly_returns(nav), metrics.yearly_returns(nav)
    equal = _equal_weight_years(run, window)
    rows = []
    for year, values in by_month.iterrows():
        cells = [tag("td", _heat(values[month]), class_="n") for month in range(1, 13)]
        total = cell(num(by_year[year], "percent", signed=True), class_="sum strong")
        other = equal.get(year, math.nan)
        gap = num(by_year[year] - other, "points", "no equal weight", signed=True)
        rows.append([year, *cells, total, cell(num(other, "percent", "no equal weight")), cell(gap)])
    note = (
        "Returns of the rule in per cent, dividends included; the first and the last year may be partial. "
        "Excess: points over equal weight in the year."
    )
    head = ["", *MONTHS, tag("th", "Year", class_="n sum", scope="col"), "Equal weight", "Excess"]
    return section("Year by month", "月度收益", table(head, rows, class_="months"), note=note)


def _equal_weight_years(run: Run, window: Window) -> pd.Series:
    """Return what equal weight made by year; empty without it."""
    if "equal-weight" not in run.controls:
        return pd.Series(dtype="float64")
    return metrics.yearly_returns(run.controls["equal-weight"].nav.loc[window.base : window.end])


def _heat(value: float) -> Markup:
    """Colour a month by its sign and size."""
    if pd.isna(value):
        return Markup()
    size = min(int(abs(value) / 0.04) + 1, 4) if abs(value) >= 0.0005 else 0
    side = "up" if value > 0 else "down"
    return tag("span", num(value, "bare"), class_=f"heat h{side}{size}" if size else "heat")
