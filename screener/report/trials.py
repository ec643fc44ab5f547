"""Choosing among settings, and how likely a ratio is luck: what the validation found, in tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from screener.report.cells import closing
from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.marks import column, gap, sentence, signed
from screener.report.numbers import count, day, figure, percent
from screener.report.reasons import reason
from screener.report.words import Words, two

if TYPE_CHECKING:
    from screener.study.luck import Luck
    from screener.study.overfit import Overfit
    from screener.study.walk import WalkForward

__all__ = ["chance_of_luck", "overfitted", "walked"]

OWN = "as run"
EVEN: Words = ("settings differ by nothing", "各组参数没有差异")
NO_LENGTH: Words = ("no length is enough for a ratio that is not above 0", "比率不大于 0，多长都不够")
FLAT: Words = ("the returns never differ", "收益没有差异")
FIGURES: tuple[tuple[str, str, Words, Words], ...] = (
    ("sharpe", "ratio", ("Ratio a year", "年化比率"),
     ("Sharpe ratio; of the excess: information ratio", "夏普比率；超额为信息比率")),
    ("days", "count", ("Days it rests on", "样本天数"), ("daily returns", "日收益率个数")),
    ("skewness", "ratio", ("Skewness", "偏度"), ("0 for a normal law", "正态分布为 0")),
    ("kurtosis", "ratio", ("Kurtosis", "峰度"),
     ("3 for a normal law; more means wilder days", "正态分布为 3；越大极端日越多")),
    ("probabilistic", "percent", ("Probabilistic Sharpe ratio", "概率夏普比率（PSR）"),
     ("probability that the true ratio is above 0", "真实比率大于 0 的概率")),
    ("trials", "count", ("Recorded trials", "已记录的试验次数"),
     ("saved settings of the rule, this one included", "已保存的参数设定，含本次")),
    ("threshold", "ratio", ("Best by chance", "随机最优比率"),
     ("the best that so many trials bring without skill", "毫无能力时，如此多次试验的期望最优比率")),
    ("deflated", "percent", ("Deflated Sharpe ratio", "折减夏普比率（DSR）"),
     ("probability that the true ratio is above that best", "真实比率大于随机最优比率的概率")),
    ("minimum_years", "one", ("Minimum track record, years", "最短业绩记录（年）"),
     ("needed to show with 95 % that the ratio is above 0", "以 95% 把握说明比率大于 0 所需的年数")),
)  # fmt: skip
OVERFITTED: tuple[tuple[Words, Words], ...] = (
    (("Probability of overfitting (PBO)", "过拟合概率（PBO）"),
     ("the best of one half is below the median on the other", "一半样本的最优参数在另一半低于中位数")),
    (("Slope", "斜率"), ("below 0: a better past promises a worse future", "小于 0：过去越好，未来越差")),
    (("Choices that lost money", "选择后亏损"),
     ("the ratio of the choice is below 0 on the other half", "所选参数在另一半样本的比率小于 0")),
)  # fmt: skip


def walked(found: WalkForward, settings: int) -> Markup:
    """List the years of the walk forward, and what it brought a year."""
    title = tag(
        "h3", two("Walk forward: each year the best setting until then", "逐年滚动：每年采用此前最优参数")
    )
    if found.reason:
        why = reason(found.reason)
        return join([title, sentence(f"Not walked: {why[0]}.", f"未作滚动检验：{why[1]}。")])
    rows: list[object] = [
        [
            str(year.year),
            tag("td", two("as run", "本次设定") if year.chosen == OWN else year.chosen),
            num(year.sharpe, "ratio", FLAT),
            *(num(value, "percent") for value in (year.walk, year.own, year.equal_weight)),
            gap(year.walk - year.own),
        ]
        for year in found.years
    ]
    totals = (num(value, "percent") for value in (found.walk, found.own, found.equal_weight))
    rows.append(closing(two("A year", "年化"), tag("td", ""), "", *totals, gap(found.walk - found.own)))
    heads = (
        two("Year", "年份"), tag("th", two("Setting chosen", "所选参数"), scope="col"),
        column("Sharpe ratio until then", "此前夏普比率"), column("Walk", "滚动"),
        column("As run", "本次设定"), column("Equal weight", "等权"),
        column("Walk less as run", "滚动减本次设定"),
    )  # fmt: skip
    return join([title, table(heads, rows, text_columns=2), _on_walk(found, settings)])


def _on_walk(found: WalkForward, settings: int) -> Markup:
    beside, equal = found.walk - found.own, found.walk - found.equal_weight
    if not (math.isfinite(beside) and math.isfinite(equal)):
        return Markup()
    base, end, n = day(found.base), day(found.end), len(found.years)
    good = ("would have paid", "有益") if beside > 0 else ("would not have paid", "无益")
    return sentence(
        f"Choosing among {settings} settings by the past {good[0]}: {signed(beside)} points a year against "
        f"the run's own setting and {signed(equal)} against equal weight, from {base} to {end}, "
        f"{n} choice{'s' * (n != 1)}.",
        f"按过往表现在 {settings} 组参数中选择{good[1]}：相对本次设定年化 {signed(beside)}，"
        f"相对等权 {signed(equal)} 个百分点（{base} 至 {end}，共 {n} 次选择）。",
    )


def overfitted(found: Overfit) -> Markup:
    """Say how often the best of one half of the days was worse than the median on the other."""
    title = tag("h3", two("Overfitting of the choice", "参数选择的过拟合"))
    if found.reason:
        why = reason(found.reason)
        return join([title, sentence(f"Not tested: {why[0]}.", f"未作检验：{why[1]}。")])
    figures = (found.probability, "percent"), (found.slope, "change"), (found.loss, "percent")
    rows = [
        [tag("th", two(*name), scope="row"), num(*figure, EVEN), _meaning(*meaning)]
        for figure, (name, meaning) in zip(figures, OVERFITTED, strict=True)
    ]
    heads = two("Figure", "指标"), column("Value", "数值"), tag("th", two("What it is", "含义"), scope="col")
    return join([title, table(heads, rows, class_="compact"), _on_overfit(found)])


def _meaning(english: str, chinese: str) -> Markup:
    return tag("td", two(english, chinese), class_="faint wrap")


def _on_overfit(found: Overfit) -> Markup:
    chance, splits = percent(found.probability, 0), count(found.splits)
    if found.probability >= 0.45:
        end = "the best setting of the past is no guide", "过往最优参数不具参考价值"
    elif found.probability <= 0.1:
        end = "the best setting stays among the better ones", "最优参数能够保持较优"
    else:
        end = "the best setting is a weak guide", "过往最优参数参考价值有限"
    return sentence(
        f"In {chance} of {splits} splits of {found.blocks} blocks and {found.settings} settings the choice "
        f"failed: {end[0]}; 50 % is pure luck.",
        f"{found.settings} 组参数、{found.blocks} 个区块的 {splits} 种拆分中，"
        f"{chance.replace(' %', '%')} 的选择失效：{end[1]}；50% 即纯属运气。",
    )


def chance_of_luck(own: Luck, excess: Luck | None) -> Markup:
    """List what luck makes of the Sharpe ratio of the return, and of the excess where there is one."""
    parts = [own] if excess is None else [own, excess]
    rows = [
        [
            tag("th", two(*name), scope="row"),
            *(_figure(part, key, kind) for part in parts),
            _meaning(*meaning),
        ]
        for key, kind, name, meaning in FIGURES
    ]
    names = (("Return", "收益"), ("Excess over equal weight", "相对等权的超额"))
    heads = [two("Figure", "指标"), *(column(*name) for name, _ in zip(names, parts, strict=False))]
    shown = table([*heads, tag("th", two("What it is", "含义"), scope="col")], rows, class_="compact")
    said = [_on_luck(name, part) for name, part in zip(names, parts, strict=False)]
    return join([tag("h3", two("How likely it is luck", "运气成分")), shown, *said])


def _figure(part: Luck, key: str, kind: str) -> Markup:
    """Write a figure; one without a value says why."""
    why = reason(part.reason) if part.reason else FLAT
    if key == "minimum_years" and math.isfinite(part.sharpe):
        why = NO_LENGTH
    return cell(num(float(getattr(part, key)), kind, why))


def _on_luck(name: Words, part: Luck) -> Markup:
    """Say in a sentence what the ratio is worth, and what it was deflated by."""
    if not math.isfinite(part.probabilistic):
        why = reason(part.reason) if part.reason else FLAT
        return sentence(f"{name[0]}: not known, {why[0]}.", f"{name[1]}：无法计算，{why[1]}。")
    above = percent(part.probabilistic)
    english = f"{name[0]}: on {count(part.days)} days the true ratio is above 0 with a probability of {above}"
    chinese = f"{name[1]}：基于 {count(part.days)} 日，真实比率大于 0 的概率为 {above.replace(' %', '%')}"
    if part.trials > 1 and math.isfinite(part.deflated):
        beyond = percent(part.deflated)
        english += f", and beyond the best by chance of {part.trials} recorded trials with {beyond}"
        chinese += f"，大于 {part.trials} 次已记录试验随机最优的概率为 {beyond.replace(' %', '%')}"
    elif part.reason:
        why = reason(part.reason)
        english, chinese = f"{english}; {why[0]}", f"{chinese}；{why[1]}"
    years = figure(part.minimum_years, 1)
    if math.isfinite(part.minimum_years):
        english += f". {years} years of such days would show it with 95 %"
        chinese += f"。需 {years} 年同类样本方能以 95% 的把握加以说明"
    return sentence(f"{english}.", f"{chinese}。")
