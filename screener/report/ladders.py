"""What each choice costs: the run beside itself traded later, dearer, at other prices and without a rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.layout import Section, section
from screener.report.marks import bar, column, either, gap, sentence, signed, span
from screener.report.numbers import day
from screener.report.reasons import reason
from screener.report.words import Words, hint, two

if TYPE_CHECKING:
    from screener.study.ladders import Ladders

__all__ = ["choices", "own_row"]

HANGS = 0.01  # a year: what a session's delay may take before the result is said to hang on it
FILLS: dict[str, Words] = {
    "next-open": ("Next open", "次日开盘价"),
    "next-close": ("Next close", "次日收盘价"),
    "next-vwap": ("Next VWAP", "次日均价（VWAP）"),
    "same-close": ("Same close", "当日收盘价"),
}
RULES: dict[str, Words] = {
    "run": ("All on", "全部开启"),
    "limits": ("Price limits", "涨跌停限制"),
    "lots": ("Lots", "整手限制"),
    "caps": ("Largest order", "单笔申报上限"),
    "stamp": ("Stamp duty", "印花税"),
    "transfer": ("Transfer fee", "过户费"),
    "dividend-tax": ("Dividend tax", "红利税"),
    "participation": ("Cap on volume", "成交量占比上限"),
}
LABELS: dict[str, tuple[Words, Words | None]] = {  # short on the page, and what is said when pointed at
    "the run": (("the run", "本次运行"), None),
    "look-ahead: cannot be done": (
        ("look-ahead", "前视"),
        ("traded before it was known: cannot be done", "在信息可知之前交易，无法实现"),
    ),
    "no costs": (("no costs", "零费用"), None),
    "off in the run": (("off in the run", "运行中已关闭"), None),
    "optimistic: the close that was decided on": (
        ("optimistic", "偏乐观"),
        ("filled at the very close that was decided on", "以作出决策的同一收盘价成交"),
    ),
}


def choices(found: Ladders | None) -> Section | None:
    """Show what each choice costs; None where it was not studied.

    Parameters
    ----------
    found : Ladders, optional
    """
    if found is None:
        return None
    title, short = ("What each choice costs", "各项设定的代价"), ("Choices", "设定代价")
    if found.lags is None:
        why = reason(found.reason)
        note = two(f"Not studied: {why[0]}.", f"未作测算：{why[1]}。")
        return section("choices", title, note=note, short=short)
    lags, rules, costs, fills = found.lags, _with_run(found), found.costs, found.fills
    ladders: tuple[tuple[Words, Words, pd.DataFrame, Callable[[Any], Words], Markup], ...] = (
        (("Traded later", "延迟执行"), ("Sessions", "交易日"), lags, lag_name, _on_looking_ahead(lags)),
        (("One rule off", "逐项关闭交易规则"), ("Without", "关闭"), rules, rule_name, _on_rules(rules)),
        (("Costs", "交易成本"), ("All costs", "全部费用"), costs, times_name, _on_costs(costs)),
        (("Price of the fill", "成交价格"), ("Filled at", "成交于"), fills, fill_name, Markup()),
    )  # fmt: skip
    scale = span(value for rows in (lags, rules, costs, fills) for value in rows["excess"])
    parts = [
        tag("div", tag("h3", two(*head)), _table(rows, first, name, scale), said)
        for head, first, rows, name, said in ladders
    ]
    base, end = day(found.window.base), day(found.window.end)
    note = two(
        f"The rule's own decisions from {base} to {end}, traded again with one thing changed; equal weight "
        "is traded the same way. Excess: over equal weight in the same setting. Difference: of the return "
        "from that of the run. Points a year; bars: excess, on one scale in all four tables.",
        f"将规则在 {base} 至 {end} 的既有决策重新交易，每次只改动一项；等权按同样的设定交易。"
        "超额：相对同一设定下的等权。差额：与本次运行年化收益之差。单位：年化百分点；条形为超额，四张表刻度一致。",
    )
    halves = tag("div", *parts, class_="halves top")
    return section("choices", title, halves, note=note, short=short, class_="flow")


def _with_run(found: Ladders) -> pd.DataFrame:
    """Return the rules switched off below the run as it is."""
    return pd.concat([found.lags.loc[[0]].set_axis(["run"]), found.rules])


def lag_name(lag: int) -> Words:
    """Say by how many sessions a decision is moved."""
    text = f"{lag:+d}".replace("-", "\N{MINUS SIGN}") if lag else "0"
    return text, text


def times_name(times: int) -> Words:
    """Say what costs are multiplied by."""
    return f"\N{MULTIPLICATION SIGN} {times}", f"\N{MULTIPLICATION SIGN} {times}"


def fill_name(fill: str) -> Words:
    """Say at which price orders are filled."""
    return FILLS.get(fill, (fill, fill))


def rule_name(rule: str) -> Words:
    """Say which rule is switched off."""
    return RULES.get(rule, (rule, rule))


def _table(
    rows: pd.DataFrame, first: Words, name: Callable[[Any], Words], scale: tuple[float, float]
) -> Markup:
    lines = [
        own_row(
            join([either(name(key)), *map(_marked, filter(None, str(row["label"]).split("; ")))]),
            [
                cell(num(row["cagr"], "percent")),
                gap(row["excess"]),
                bar(row["excess"], scale),
                gap(row["difference"], ("the run has no return", "本次运行没有收益率")),
            ],
            str(row["label"]),
        )
        for key, row in rows.iterrows()
    ]
    heads = (
        two(*first),
        column("Return", "收益率"),
        column("Excess", "超额"),
        tag("th", "", scope="col"),
        column("Difference", "差额"),
    )
    return table(heads, lines, class_="ladder")


def _marked(label: str) -> Markup:
    """Write what a reader must know of a row in small type."""
    short, long = LABELS.get(label, (reason(label), None))
    return tag("small", two(*short), **(hint(*long) if long else {}))


def own_row(name: object, cells: list[Markup], label: str) -> Markup:
    """Build a row; that of the run itself and one that looks ahead are marked."""
    class_ = "own" if label.startswith("the run") else "ahead" if label.startswith("look-ahead") else None
    return tag("tr", tag("th", name, scope="row"), *cells, class_=class_)


def _on_looking_ahead(lags: pd.DataFrame) -> Markup:
    """Say whether the result lives on looking ahead: what a session later takes, and earlier brings."""
    of = "excess" if lags["excess"].notna().all() else "cagr"
    figure = lags[of]
    if not {-1, 0, 1} <= set(figure.index) or not figure.map(math.isfinite).all():
        return Markup()
    early, later = figure[figure.index < 0].max() - figure[0], figure[1] - figure[0]
    what = ("excess", "超额") if of == "excess" else ("return", "收益")
    if later <= -HANGS:
        end = (
            "The result hangs on trading at once: look for information that was not known yet.",
            "结果依赖于立即执行，须检查是否用到了当时尚不可知的信息。",
        )
    elif early >= HANGS:
        end = (
            "Knowing sooner would have paid, but the result does not rest on it.",
            "若能提前知道会更好，但结果并不依赖前视信息。",
        )
    else:
        end = "The result does not rest on looking ahead.", "结果不依赖前视信息。"
    return sentence(
        f"A session later the {what[0]} is {signed(figure[1])} instead of {signed(figure[0])} points "
        f"({signed(later)}); looking ahead would bring {signed(early)} at most. {end[0]}",
        f"延迟一日，{what[1]}由 {signed(figure[0])} 变为 {signed(figure[1])} 个百分点（{signed(later)}）；"
        f"前视至多带来 {signed(early)} 个百分点。{end[1]}",
    )


def _on_costs(costs: pd.DataFrame) -> Markup:
    """Say what all costs take, and at which multiple the excess is gone."""
    if not {0, 1} <= set(costs.index) or not math.isfinite(costs["difference"].get(0, math.nan)):
        return Markup()
    paid = signed(-float(costs.loc[0, "difference"]))
    english = f"All costs of trades: {paid} points a year; the verdict also counts the tax on dividends."
    chinese = f"全部交易费用合计每年 {paid} 个百分点；“收益来源”的成本另含红利税。"
    excess = costs["excess"]
    if excess.notna().all() and excess.loc[0] > 0:
        gone = [int(k) for k, value in excess.items() if value <= 0]
        if gone and gone[0] == 1:
            english += f" Without them the excess would be {signed(excess[0])} points."
            chinese += f"不计费用时超额为 {signed(excess[0])} 个百分点。"
        elif gone:
            english += f" The excess is gone at {gone[0]} times the costs."
            chinese += f"费用为 {gone[0]} 倍时超额消失。"
        else:
            english += f" The excess survives {int(costs.index.max())} times the costs."
            chinese += f"费用升至 {int(costs.index.max())} 倍时超额仍为正。"
    return sentence(english, chinese)


def _on_rules(rules: pd.DataFrame) -> Markup:
    """Name the rule that costs most."""
    cost = rules["difference"].drop("run").dropna()
    if cost.empty:
        return Markup()
    if cost.max() < 0.0005:
        return sentence(
            "No single rule costs a tenth of a point a year.", "任何单项规则的年化代价均不足 0.1 个百分点。"
        )
    name, value = rule_name(str(cost.idxmax())), signed(-float(cost.max()))
    return sentence(
        f"The rule that costs most: {name[0].lower()}, {value} points a year.",
        f"代价最大的规则：{name[1]}，每年 {value} 个百分点。",
    )
