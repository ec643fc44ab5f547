"""The excess of each calendar year by what it came from; returns by month stand in a section of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screener.report.brinson import EFFECTS, effect_heads
from screener.report.cells import heads
from screener.report.html import Markup, cell, num, table, tag
from screener.report.layout import Section, section
from screener.report.sections import NO_BENCHMARK, NO_CONTROL
from screener.report.words import two

if TYPE_CHECKING:
    from screener.study.attribution import Attribution

__all__ = ["years"]


def years(found: Attribution) -> Section | None:
    """Show rule, equal weight and benchmark by year, and the parts of the excess; None without a year."""
    table_ = found.years.table
    if table_.empty:
        return None
    n, won = found.years.counted, found.years.ahead
    english = "Returns of the year after costs; the first and the last may be partial. Differences in points."
    chinese = "各年费后收益率，首尾年份可能不完整；差额以百分点计。"
    if found.brinson is not None:
        english += " The four effects and costs add up to the excess of the year."
        chinese += "四项效应与费用之和即当年超额。"
    elif n:
        english += " No split of the excess: the run lacks its accounts without costs."
        chinese += "缺少不计费用的账户，无法拆分超额。"
    if n:
        english += f" The rule was ahead of equal weight in {won} of {n} months."
        chinese += f"{n} 个月中有 {won} 个月跑赢等权。"
    return section(
        "years",
        ("Year by year against equal weight and benchmark", "分年度收益与超额归因"),
        _table(found),
        note=two(english, chinese),
        short=("Years", "分年度"),
    )


def _table(found: Attribution) -> Markup:
    split = None if found.brinson is None else found.brinson.years
    rows = []
    for year, row in found.years.table.iterrows():
        cells = [
            cell(num(row["rule"], "percent", signed=True), class_="strong"),
            cell(num(row["equal_weight"], "percent", NO_CONTROL)),
            cell(num(row["benchmark"], "percent", NO_BENCHMARK)),
            cell(num(row["over_benchmark"], "points", NO_BENCHMARK, signed=True)),
            cell(num(row["excess"], "points", NO_CONTROL, signed=True), class_="sum strong"),
        ]
        if split is not None:
            parts = split.reindex([year]).iloc[0]
            cells += [cell(num(parts[name], "points", signed=True)) for name in (*EFFECTS, "cost")]
        rows.append([year, *cells])
    excess = tag("th", two("Over equal weight", "超额（等权）"), class_="n sum", scope="col")
    parts = [] if split is None else [*effect_heads(), two("Costs", "费用")]
    head = heads(
        ("Year", "年份"), ("Rule", "规则"), ("Equal weight", "等权"), ("Benchmark", "基准"),
        ("Over benchmark", "超额（基准）"), excess, *parts,
    )  # fmt: skip
    return table(head, rows)
