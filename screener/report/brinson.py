"""Where the excess over equal weight came from: choice of themes, of stocks, trades and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from screener.backtest.result import Run
from screener.report.cells import CASH, closing, heads, theme_classes, theme_key
from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.layout import Section, section
from screener.report.numbers import figure, points
from screener.report.themes import theme_name
from screener.report.words import Words, hint, tied, two

if TYPE_CHECKING:
    from screener.study.attribution import Attribution
    from screener.study.attribution.brinson import Brinson
    from screener.study.attribution.mixing import Mixing

__all__ = ["EFFECTS", "brinson", "effect_heads"]

EFFECTS: dict[str, tuple[Words, Words]] = {
    "allocation": (
        ("Allocation", "配置"),
        (
            "Holding more of the themes that did better than equal weight as a whole.",
            "超配表现好于等权整体的主题。",
        ),
    ),
    "selection": (
        ("Selection", "选股"),
        ("Other stocks, or another mix of them, within a theme.", "主题内持有不同的个股或不同的比例。"),
    ),
    "interaction": (("Interaction", "交互"), ("Both at once.", "配置与选股的交叉项。")),
    "trading": (
        ("Trading", "交易"),
        (
            "From the fill of an order to the close of its day, and what entered a theme on that day.",
            "成交价至当日收盘价的损益，以及当日新进主题的损益。",
        ),
    ),
}
WHY: Words = ("the window has no day", "区间内没有交易日")


def effect_heads() -> list[Markup]:
    """Head the columns of the effects, with what each means as a hint."""
    return [
        tag("th", two(*title), class_="n", scope="col", **hint(*text)) for title, text in EFFECTS.values()
    ]


def brinson(run: Run, found: Attribution) -> Section | None:
    """Show the split of the excess by theme, and leaning beside moving; None without the accounts for it."""
    split, mix = found.brinson, found.mixing
    if split is None or mix is None:
        return None
    note = two(
        "Brinson and Fachler (1985), day by day and linked, both accounts without costs; costs have a line "
        "of their own, and with it the parts add up to the excess over the window. Weights: means at the "
        "close before. Contributions: daily ones added up, not compounded. Effects: points over the window.",
        "Brinson–Fachler（1985）逐日归因并多期链接；双方均按不计费用的账户计算，费用单列一行，合计即区间超额收益。"
        "权重为前一日收盘权重的均值；贡献为逐日相加、不计复利；各效应以区间百分点计。",
    )
    return section(
        "brinson",
        ("Against equal weight, theme by theme", "相对等权的 Brinson 归因"),
        tag("p", _said(split), _ends(run, split), class_="said"),
        _themes(run, split),
        tag("h3", two("Leaning on themes, or moving between them", "配置偏离与主题轮动")),
        tag("div", _mixing(run, mix), _related(run, found, mix), class_="halves top"),
        note=note,
        short=("Brinson", "Brinson"),
    )


def _signed(value: float) -> str:
    return points(value).replace("-", "\N{MINUS SIGN}")


def _said(split: Brinson) -> Markup:
    """Say in a sentence what the split shows: the excess, its parts, and where the choices told most."""
    parts = {name: getattr(split, name) for name in EFFECTS}
    if not any([*parts.values(), split.cost]):
        return two("The rule is its own equal weight: nothing to split.", "规则即等权组合，无可归因。")
    chosen, gap, more = sum(parts.values()), figure(100 * abs(split.excess), 1), split.excess >= 0
    english, chinese = (
        mark.join(f"{EFFECTS[name][0][k].lower()} {_signed(value)}" for name, value in parts.items())
        for k, mark in ((0, ", "), (1, "，"))
    )
    return two(
        tied(f"The rule made {gap} points {'more' if more else 'less'} than equal weight over the window: "
             f"its choices {_signed(chosen)} before costs ({english}), costs {_signed(split.cost)}."),
        tied(f"区间内规则{'跑赢' if more else '跑输'}等权 {gap} 个百分点：费前 {_signed(chosen)}"
             f"（{chinese}），费用 {_signed(split.cost)}。"),
    )  # fmt: skip


def _ends(run: Run, split: Brinson) -> Markup:
    """Name the themes whose choices did most good and most harm; nothing with fewer than two."""
    total = split.themes["total"].iloc[:-1]
    if len(total) < 2 or not total.any():
        return Markup()
    best, worst = (theme_name(run, str(theme)) for theme in (total.idxmax(), total.idxmin()))
    high, low = _signed(total.max()), _signed(total.min())
    return two(
        join([" Most came from ", best, f" ({high}), least from ", worst, f" ({low})."]),
        join(["贡献最大的主题：", best, f"（{high}）；最小：", worst, f"（{low}）。"]),
    )


def _named(run: Run, themes: pd.Index) -> list[Markup]:
    """Name the rows of a table of themes whose last is cash."""
    classes = theme_classes(run, list(themes[:-1]))
    cash = [tag("i", class_="key cash"), two(*CASH)]
    return [*(theme_key(run, theme, classes) for theme in themes[:-1]), Markup("".join(cash))]


def _themes(run: Run, split: Brinson) -> Markup:
    """List weights, contributions and effects of every theme, the sums, costs and the excess."""
    themes = split.themes
    rows: list[object] = [
        [
            name,
            *(num(row[part], "percent", WHY) for part in ("weight", "other_weight")),
            num(row["weight"] - row["other_weight"], "points", WHY),
            *(num(row[part], "points") for part in ("contribution", "other_contribution")),
            *_effects(row),
        ]
        for name, (_, row) in zip(_named(run, themes.index), themes.iterrows(), strict=True)
    ]
    sums = themes.sum(min_count=1)
    given = (num(sums[part], "points") for part in ("contribution", "other_contribution"))
    rows += [
        closing(two("Sum, before costs", "费前合计"), "", "", "", *given, *_effects(sums)),
        _costs(split),
        closing(two("Excess over equal weight", "相对等权的超额"), *[""] * 9, _total(split.excess)),
    ]
    head = heads(
        ("Theme", "主题"), ("Weight", "权重"), ("in equal weight", "等权中权重"),
        ("Difference", "超低配"), ("Contribution", "贡献"), ("in equal weight", "等权中贡献"),
        *effect_heads(), tag("th", two("Total", "合计"), class_="n sum", scope="col"),
    )  # fmt: skip
    return table(head, rows, class_="split")


def _effects(row: pd.Series) -> list[Markup]:
    return [*(cell(num(row[name], "points", signed=True)) for name in EFFECTS), _total(row["total"])]


def _total(value: float) -> Markup:
    return cell(num(value, "points", signed=True), class_="sum strong")


def _costs(split: Brinson) -> Markup:
    """Show what costs took from the excess: those of the rule less those of equal weight."""
    own, other = _signed(split.rule_cost), _signed(split.other_cost)
    said = two(
        f"took {own} from the rule and {other} from equal weight",
        f"规则承担 {own}，等权承担 {other}",
    )
    name = tag("th", two("Costs", "费用"), scope="row")
    return tag("tr", name, tag("td", said, colspan=9, class_="n faint"), _total(split.cost))


def _mixing(run: Run, mix: Mixing) -> Markup:
    rows: list[object] = [
        [
            name,
            *(num(row[part], "points", WHY) for part in ("active_weight", "relative_return")),
            *(num(row[part], "points", WHY, signed=True) for part in ("tilt", "timing")),
            _total(row["total"]),
        ]
        for name, (_, row) in zip(_named(run, mix.themes.index), mix.themes.iterrows(), strict=True)
    ]
    sums = [num(value, "points", WHY, signed=True) for value in (mix.tilt, mix.timing)]
    rows.append(closing(two("Sum", "合计"), "", "", *sums, _total(mix.total)))
    head = heads(
        ("Theme", "主题"), ("Mean lean", "平均超低配"), ("Did better by", "主题相对收益"),
        ("Tilt", "配置"), ("Timing", "择时"), tag("th", two("Total", "合计"), class_="n sum", scope="col"),
    )  # fmt: skip
    return table(head, rows)


def _related(run: Run, found: Attribution, mix: Mixing) -> Markup:
    """Say what tilt and timing made, and how they relate to those of the verdict."""
    tilt, timing = _signed(mix.tilt), _signed(mix.timing)
    english = [
        f"Leaning on themes on average made {tilt} points a year, moving between them {timing}, before costs "
        "and compounding: tilt is the mean lean times how much better the theme did than equal weight; "
        "timing is holding more of it on its better days."
    ]
    chinese = [
        f"费前、不计复利，平均偏离贡献每年 {tilt} 个百分点，主题轮动贡献 {timing} 个百分点。"
        "配置为平均超低配乘以主题相对等权的收益；择时为在主题较好的日子多持有所得。"
    ]
    verdict = next((v for v in run.verdicts if v.window == found.window), None)
    if verdict is not None:
        whole = _signed(verdict.tilt), _signed(verdict.timing)
        english.append(
            f"The verdict finds {whole[0]} and {whole[1]} for the same question: it compares whole accounts "
            "as compounded rates, which also hold the trades of the day and the stocks within a theme, so "
            "the sizes differ."
        )
        chinese.append(
            f"“收益来源”一节就同一问题得出 {whole[0]} 与 {whole[1]}：该节比较完整账户的复合年化收益，"
            "还包含日内交易与主题内个股的影响，因此数值不同。"
        )
    said = [tag("p", two(tied(a), tied(b)), class_="note") for a, b in zip(english, chinese, strict=True)]
    return tag("div", *said)
