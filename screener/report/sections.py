"""The sections of figures: where the return came from, key figures, months."""

from __future__ import annotations

import math

import pandas as pd

from screener.backtest import metrics
from screener.backtest.controls import EQUAL_WEIGHT
from screener.backtest.result import Run, Verdict, Window
from screener.report.bridge import PARTS, TOTAL, waterfall
from screener.report.evidence import Evidence, Interval
from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.labels import KINDS, RELATIVE, SIGNED, figure_of, heading
from screener.report.layout import Section, section
from screener.report.numbers import WRITERS, day
from screener.report.themes import benchmark_name
from screener.report.verdict import undetectable
from screener.report.words import Words, hint, two

__all__ = ["account", "account_title", "between", "figures", "months", "verdicts", "window_name"]

ACCOUNTS: dict[str, tuple[Words, Words]] = {
    EQUAL_WEIGHT: (
        ("Equal weight", "等权"),
        (
            "The same themes and members in equal weights, same account and costs.",
            "同样的主题与成分股，等权持有，同一账户与费用。",
        ),
    ),
    "static-mix": (
        ("Static mix", "静态组合"),
        (
            "The rule's own mean theme weights, held throughout: tilted, but never timed.",
            "始终按规则自身的平均主题权重持有：有配置偏离，但不择时。",
        ),
    ),
    "theme-momentum": (
        ("Theme momentum", "主题动量"),
        (
            "The themes weighted by their momentum alone, without the cycle.",
            "只按主题动量加权，不看周期。",
        ),
    ),
    "buy-and-hold": (("Buy and hold", "买入持有"), ("Bought once and left alone.", "一次买入，不再调整。")),
}
ORDER = (EQUAL_WEIGHT, "static-mix", "benchmark", "theme-momentum", "buy-and-hold")
MEANINGS: dict[str, Words] = {
    "benchmark": ("What the comparison curve returned.", "比较基准的收益。"),
    "selection": (
        "Equally weighted themes, without costs, less the benchmark: owning these shares at all.",
        "不计费用的主题等权减基准：持有这批股票本身带来的收益。",
    ),
    "tilt": (
        "The rule's mean mix of themes less equal weight: leaning on the right themes on average.",
        "规则的平均主题权重减等权：平均而言是否偏向了正确的主题。",
    ),
    "timing": (
        "The rule without costs less its own mean mix: changing the mix at the right time.",
        "不计费用的规则减其平均组合：主题轮动的时点是否正确。",
    ),
    "cost": ("The rule less the same rule without costs.", "规则减不计费用的同一规则。"),
}
WINDOWS: dict[str, Words] = {
    "headline": ("Headline", "全区间"),
    "before publication": ("Before publication", "研报发布之前"),
    "after publication": ("After publication", "研报发布之后"),
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SHORT: Words = ("the window is too short", "区间太短")
NO_CONTROL: Words = ("no equal weight", "没有等权组合")
NO_BENCHMARK: Words = ("no benchmark", "没有基准")


def account_title(run: Run, name: str) -> tuple[object, dict[str, object]]:
    """Return what an account is called, and the attributes that say what it is."""
    if name == "benchmark" and run.benchmark:
        caveat = run.benchmark.caveat
        return benchmark_name(run.benchmark.title), {"title": caveat} if caveat else {}
    if name in ACCOUNTS:
        title, meaning = ACCOUNTS[name]
        return two(*title), hint(*meaning)
    return name, hint("The rule.", "本规则。") if name == run.result.name else {}


def account(run: Run, name: str) -> Markup:
    """Head the column of an account."""
    title, meaning = account_title(run, name)
    return tag("th", title, class_="n", scope="col", **meaning)


def window_name(window: Window) -> Markup:
    """Write what a window is called."""
    return two(*WINDOWS.get(window.label, (window.label.capitalize(), window.label)))


def between(interval: Interval | None, kind: str) -> Markup:
    """Write an interval in small type, for the line under its figure; nothing where there is none."""
    if interval is None or not all(map(math.isfinite, interval)):
        return Markup()
    low, high = (WRITERS[kind](value).removesuffix(" %").replace("-", "\N{MINUS SIGN}") for value in interval)
    return tag("small", f"{low} … {high}", class_="interval")


def _span(window: Window) -> Markup:
    base, end = day(window.base), day(window.end)
    return two(f"{base} to {end}", f"{base} 至 {end}")


def verdicts(run: Run, evidence: Evidence) -> Section:
    """Show where the return came from, a row for each window."""
    parts = [*PARTS.values(), TOTAL]
    head = [
        two("Window", "区间"),
        *(two(*part) for part in parts),
        tag("th", two("Equal weight", "等权"), class_="n sum", scope="col"),
        two("Static mix", "静态组合"),
        two("Excess", "超额收益"),
        two("Tracking error", "跟踪误差"),
        two("Detectable", "可检出"),
    ]
    rows = [_verdict_row(run, verdict, evidence) for verdict in run.verdicts]
    meaning = join(join([tag("dt", two(*PARTS[k])), tag("dd", two(*text))]) for k, text in MEANINGS.items())
    note = two(
        "Percentage points a year; the parts add up to the total. Excess: the rule less equal weight. "
        "Detectable: the least excess that this window and tracking error can tell from luck.",
        "单位：年化百分点；各部分相加等于合计。超额收益：规则减等权。可检出：在该区间与跟踪误差下，"
        "能与运气区分的最小超额。",
    )
    return section(
        "attribution",
        ("Where it came from", "收益来源"),
        tag("div", waterfall(run.verdicts[0]), tag("dl", meaning, class_="parts"), class_="halves"),
        table(head, rows),
        note=note,
        short=("Attribution", "收益来源"),
    )


def _verdict_row(run: Run, v: Verdict, evidence: Evidence) -> list[Markup]:
    """Write the parts of a window with their intervals, and the accounts that they lead to."""
    label = v.window.label
    gap = num(v.total - v.equal_weight, "points", signed=True)
    parts = (
        (num(getattr(v, part), "points", NO_BENCHMARK, signed=True), evidence.part(label, part))
        for part in PARTS
    )
    return [
        tag("th", window_name(v.window), tag("small", _span(v.window)), scope="row"),
        *(cell(join([shown, between(interval, "points")])) for shown, interval in parts),
        tag("td", num(v.total, "points"), class_="n strong"),
        cell(num(v.equal_weight, "points"), class_="sum"),
        num(v.static_mix, "points"),
        cell(join([gap, between(evidence.interval(label, run.result.name, "excess"), "points")])),
        num(v.tracking_error, "percent", SHORT),
        num(v.detectable, "bare", undetectable(v)),
    ]


def figures(run: Run, evidence: Evidence) -> Section:
    """Show the key figures of every account on the headline window; the other windows are folded below."""
    first, *others = run.windows
    folded = (
        tag(
            "details",
            tag("summary", window_name(window), two(", ", "，"), _span(window)),
            _figures(run, window, evidence),
        )
        for window in others
    )
    english = (
        "After costs. Excess, tracking error, information ratio, beta and alpha are against equal weight, "
        "which is the benchmark of their definitions. The last column is the rule less equal weight. "
        "Every definition stands at the end of the page."
    )
    chinese = (
        "均为费后。超额收益、跟踪误差、信息比率、贝塔与阿尔法均相对等权计算，即定义中的“基准”。"
        "末列为规则减等权。各指标定义见页末。"
    )
    if evidence.intervals:
        english += f" Small type: {100 * evidence.level:g} % intervals."
        chinese += f"小字为 {100 * evidence.level:g}% 区间。"
    title = ("Key figures", "主要指标")
    tables = _figures(run, first, evidence), *folded
    note = two(english, chinese)
    short = ("Figures", "指标")
    return section("figures", title, *tables, note=note, short=short, class_="flow")


def _figures(run: Run, window: Window, evidence: Evidence) -> Markup:
    accounts = run.metrics[window.label]
    order = [name for name in (run.result.name, *ORDER) if name in accounts]
    order += [name for name in accounts if name not in order]
    beside = EQUAL_WEIGHT in accounts and run.result.name != EQUAL_WEIGHT
    rows = []
    for key in accounts[order[0]]:
        cells = [
            cell(
                join(
                    [
                        figure_of(key, name, accounts[name]),
                        between(evidence.interval(window.label, name, key), KINDS.get(key, "ratio")),
                    ]
                )
            )
            for name in order
        ]
        if beside:
            cells.append(_difference(run, window, key, evidence))
        rows.append([heading(key), *cells])
    head = [tag("th", "", scope="col"), *(account(run, name) for name in order)]
    if beside:
        less = hint(
            "The rule less equal weight; points where the figures are per cent.",
            "规则减等权；百分数相减为百分点。",
        )
        head.append(tag("th", two("Difference", "差额"), class_="n sum", scope="col", **less))
    return table(head, rows, class_="figures")


def _difference(run: Run, window: Window, key: str, evidence: Evidence) -> Markup:
    """Write the rule less equal weight; nothing for figures that are against equal weight already."""
    if key in RELATIVE:
        return cell("", class_="sum")
    accounts = run.metrics[window.label]
    gap = accounts[run.result.name].get(key, math.nan) - accounts[EQUAL_WEIGHT].get(key, math.nan)
    kind = "points" if KINDS.get(key) == "percent" else "change"
    why = ("one of the two is not defined", "两者之一无定义")
    shown = num(gap, kind, why, signed=key in SIGNED)
    return cell(join([shown, between(evidence.interval(window.label, "excess", key), kind)]), class_="sum")


def months(run: Run) -> Section:
    """Show returns by month and year, of the rule and over equal weight."""
    window = run.windows[0]
    own = run.result.nav.loc[window.base : window.end]
    control = run.controls.get(EQUAL_WEIGHT)
    other = None if control is None else control.nav.loc[window.base : window.end]
    tables = [_by_month(own, other)]
    if other is not None:
        tables += [
            tag("h3", two("Over equal weight, points", "相对等权的超额（百分点）")),
            _excess_by_month(own, other),
        ]
    note = two(
        "Returns of the rule in per cent, dividends included; the first and the last year may be partial. "
        "Excess: points over equal weight in the year.",
        "规则的收益率（%），含分红；首尾年份可能不完整。超额：当年相对等权的百分点差。",
    )
    return section("months", ("Year by month", "月度收益"), *tables, note=note, short=("Months", "月度"))


def _month_heads(*ends: object) -> list[object]:
    year = tag("th", two("Year", "全年"), class_="n sum", scope="col")
    return ["", *(two(name, f"{k}月") for k, name in enumerate(MONTHS, 1)), year, *ends]


def _by_month(nav: pd.Series, equal: pd.Series | None) -> Markup:
    by_month, by_year = metrics.monthly_returns(nav), metrics.yearly_returns(nav)
    theirs = pd.Series(dtype="float64") if equal is None else metrics.yearly_returns(equal)
    rows = []
    for year, values in by_month.iterrows():
        other = theirs.get(year, math.nan)
        gap = num(by_year[year] - other, "points", NO_CONTROL, signed=True)
        total = cell(num(by_year[year], "percent", signed=True), class_="sum strong")
        ends = [total, cell(num(other, "percent", NO_CONTROL)), cell(gap)]
        rows.append([year, *_heats(values), *ends])
    head = _month_heads(two("Equal weight", "等权"), two("Excess", "超额"))
    return table(head, rows, class_="months")


def _excess_by_month(nav: pd.Series, equal: pd.Series) -> Markup:
    gaps = metrics.monthly_returns(nav) - metrics.monthly_returns(equal)
    by_year = metrics.yearly_returns(nav) - metrics.yearly_returns(equal)
    rows = []
    for year, values in gaps.iterrows():
        won = values.dropna()
        share = num(float((won > 0).mean()) if len(won) else math.nan, "percent", ("no month", "没有月份"))
        total = cell(num(by_year[year], "points", signed=True), class_="sum strong")
        rows.append(
            [year, *_heats(values, 0.02), total, cell(f"{int((won > 0).sum())}/{len(won)}"), cell(share)]
        )
    head = _month_heads(two("Months won", "跑赢月数"), two("Share", "占比"))
    return table(head, rows, class_="months")


def _heats(values: pd.Series, step: float = 0.04) -> list[Markup]:
    return [tag("td", _heat(values[month], step), class_="n") for month in range(1, 13)]


def _heat(value: float, step: float) -> Markup:
    """Colour a month by its sign and size; `step` is a degree of the colour."""
    if pd.isna(value):
        return Markup()
    size = min(int(abs(value) / step) + 1, 4) if abs(value) >= 0.0005 else 0
    side = "up" if value > 0 else "down"
    return tag("span", num(value, "bare"), class_=f"heat h{side}{size}" if size else "heat")
