"""What is left of the return once market risk, and size, are taken out: a compact table with intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from screener.backtest.result import Run
from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.layout import Section, section
from screener.report.marks import column, sentence, signed
from screener.report.numbers import count, day
from screener.report.reasons import reason
from screener.report.sections import between
from screener.report.themes import benchmark_name
from screener.report.words import Words, hint, two

if TYPE_CHECKING:
    from screener.study.adjusted import Adjusted

__all__ = ["adjusted"]

MODELS: dict[str, Words] = {"beta": ("Market", "市场"), "size": ("Market and size", "市场与规模")}
TERMS = ("alpha", "benchmark", "size", "r2")
KINDS = {"alpha": "points", "r2": "percent"}
Row = dict[str, Any]  # of the study: value, low, high, reason
NOT_ASKED: Words = ("not part of this model", "该模型不含此项")
BASES: dict[str, Words] = {
    "market capitalisation": ("market capitalisation", "总市值"),
    "capitalisation of the float": ("capitalisation of the float", "流通市值"),
    "shares times close": ("shares times close", "股本乘以收盘价"),
    "amount over turnover": ("amount over turnover", "成交额除以换手率"),
}


def adjusted(run: Run, found: Adjusted | None) -> Section | None:
    """Show alpha and loadings; None where nothing was regressed.

    Parameters
    ----------
    run : Run
    found : Adjusted, optional
    """
    if found is None:
        return None
    base, end, n = day(found.window.base), day(found.window.end), count(found.draws)
    english = (
        f"Daily returns over cash from {base} to {end}, regressed on those of the benchmark, and on the "
        "benchmark and smaller less larger shares of the run's own themes. Alpha: what neither explains, "
        f"arithmetic, points a year. Small type: 95 % intervals, {n} draws of blocks of {found.block} "
        f"sessions, seed {found.seed}."
    )
    chinese = (
        f"将 {base} 至 {end} 的日收益率（减无风险利率）对基准回归，"
        "并对基准与规模因子（本次股票池中小市值减大市值）回归。"
        "阿尔法：两者均无法解释的部分，算术年化百分点。"
        f"小字为 95% 区间：{n} 次抽样，区块 {found.block} 日，种子 {found.seed}。"
    )
    if found.basis:
        basis = BASES.get(found.basis, (found.basis, found.basis))
        english, chinese = f"{english} Size: {basis[0]}.", f"{chinese}规模口径：{basis[1]}。"
    models = list(dict.fromkeys(found.table.index.get_level_values("model")))
    every: dict[tuple[str, str], Row] = {
        key: dict(zip(found.table, row, strict=True))
        for key, row in zip(found.table.index, found.table.to_numpy(), strict=True)
    }
    said = [_said(every[model, "alpha"], model) for model in models]
    title, short = ("Adjusted for market and size", "市场与规模调整后的收益"), ("Adjusted", "调整后收益")
    return section(
        "adjusted", title, _table(run, every, models), *said, note=two(english, chinese), short=short
    )


def _table(run: Run, every: dict[tuple[str, str], Row], models: list[str]) -> Markup:
    rows = [
        [two(*MODELS[model]), *(_figure(every.get((model, term)), term) for term in TERMS)]
        for model in models
    ]
    title = benchmark_name(run.benchmark.title) if run.benchmark else two("the benchmark", "基准")
    on = tag("th", two("Loading on ", "载荷："), title, class_="n", scope="col")
    smaller = hint("Above 0: moves like the smaller shares.", "大于 0：走势偏向小市值股票。")
    heads = (
        two("Adjusted for", "调整项"), column("Alpha a year, points", "年化阿尔法（百分点）"), on,
        column("Loading on size", "规模载荷", **smaller), column("Explained (R²)", "可解释比例（R²）"),
    )  # fmt: skip
    return table(heads, rows, class_="compact")


def _figure(row: Row | None, term: str) -> Markup:
    """Write a term with its interval; one without says why."""
    if row is None:
        return cell(tag("span", "\N{EN DASH}", class_="faint", **hint(*NOT_ASKED)))
    kind = KINDS.get(term, "ratio")
    shown = num(row["value"], kind, reason(str(row["reason"])), signed=term == "alpha")
    return cell(join([shown, between((row["low"], row["high"]), kind)]))


def _said(row: Row, name: str) -> Markup:
    """Say whether anything is left, or why it is not known."""
    title = MODELS[name]
    if not math.isfinite(row["value"]):
        why = reason(str(row["reason"]))
        return sentence(f"{title[0]}: not known, {why[0]}.", f"{title[1]}：无法计算，{why[1]}。")
    alpha, low, high = (signed(row[key]) for key in ("value", "low", "high"))
    if row["low"] > 0:
        end = "more than luck would bring", "超出运气所能解释"
    elif row["high"] < 0:
        end = "less than luck would bring", "低于运气所能解释"
    else:
        end = "which cannot be told from nothing", "与零无法区分"
    return sentence(
        f"{title[0]}: {alpha} points a year are left ({low} to {high}), {end[0]}.",
        f"{title[1]}：剔除后年化剩余 {alpha} 个百分点（{low} 至 {high}），{end[1]}。",
    )
