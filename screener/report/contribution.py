"""Who earned what: gains of themes and stocks in CNY to the cent, and their growth day by day."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from screener.backtest.result import Run
from screener.report import svg
from screener.report.backdrop import Backdrop
from screener.report.cells import closing, exact, heads, meter, stock_name, theme_classes, theme_key
from screener.report.chart import Chart, Curve, lines, span
from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.layout import Section, section
from screener.report.numbers import amount, count, day, figure
from screener.report.themes import theme_name
from screener.report.words import Words, two

if TYPE_CHECKING:
    from screener.study.attribution import Attribution
    from screener.study.attribution.contributions import Contributions

__all__ = ["contribution", "growth"]

MOST = 10  # stocks at either end
WIDE = 700.0  # a drawing for a wide screen is wider
CORNERS = {True: 320, False: 160}  # of a line on a wide and on a narrow drawing, at most
COSTS = ["commission", "stamp", "transfer", "tax", "slippage"]
TITLE: Words = (
    "Cumulative gain by theme, points of the equity at the start",
    "分主题累计贡献（占期初净资产百分点）",
)
WHY_SHARE: Words = ("there is no gain to share", "没有损益可分摊")
WHY_POINTS: Words = ("there is no capital to divide by", "没有本金可作分母")
WHY_WEIGHT: Words = ("the window has no day", "区间内没有交易日")


def contribution(run: Run, found: Attribution, figure: Markup | None) -> Section:
    """Show gains by theme, over time, by stock and by year, and that they add up."""
    base, end = day(found.window.base), day(found.window.end)
    note = two(
        f"After costs, from {base} to {end}. A gain is the change of value of a holding with its dividends, "
        "less what its trades cost. Points: gain over the equity at the start, which add up to the return as "
        "they are. Weight: mean over the closes. A stock counts for the theme that it was bought for.",
        f"费后，{base} 至 {end}。损益为持仓市值变动加分红，减去其交易费用。百分点：损益除以期初净资产，"
        "可直接相加为区间收益率。权重为各交易日收盘权重的均值。个股归入买入时所属的主题。",
    )
    money = found.contributions
    return section(
        "contribution",
        ("Who earned it", "损益贡献"),
        _themes(run, money),
        _balance(run, found),
        *([tag("h3", two(*TITLE)), figure] if figure else []),
        *_stocks(run, money),
        _by_year(run, money),
        note=note,
        short=("Contribution", "贡献"),
        class_="flow",
    )


def _balance(run: Run, found: Attribution) -> Markup:
    """Say whether the gains add up to the change of the net value; the sums are taken here once more."""
    money, n = found.contributions, count(len(found.contributions.stocks))
    first, last = (float(run.result.nav[day]) for day in (found.window.base, found.window.end))
    change = _fen(last - first)
    gaps = [change - _fen(rows["gain"].sum()) for rows in (money.stocks, money.themes)]
    if not any(gaps) and not money.worst_residual:
        english = f"The gains of all {n} stocks add up to the change of the net value, to the cent: "
        chinese = f"全部 {n} 只股票的损益之和等于净资产变动，精确到分："
    else:
        gap, worst = _cny(max(gaps, key=abs) / 100.0), _cny(money.worst_residual)
        english = (
            f"The account does not balance: no gain explains {gap} CNY of its change, and up to {worst} CNY "
            "on a single day. Change of the net value: "
        )
        chinese = f"账户未能轧平：净资产变动中有 {gap} 元没有对应损益，单日最多 {worst} 元。净资产变动："
    return tag(
        "p",
        two(
            join([english, tag("b", f"{_cny(change / 100.0)} CNY"), f" ({_cny(first)} to {_cny(last)})."]),
            join(
                [chinese, tag("b", f"{_cny(change / 100.0)} 元"), f"（{_cny(first)} 元至 {_cny(last)} 元）。"]
            ),
        ),
        class_="said",
    )


def _fen(value: float) -> int:
    return round(100.0 * float(value))


def _cny(value: float) -> str:
    return figure(value, 2).replace("-", "\N{MINUS SIGN}")


def _scale(table: pd.DataFrame) -> tuple[float, float]:
    """Return the smallest and the largest gain, with 0 between them."""
    gains = table["gain"].to_numpy(dtype=np.float64)
    return float(gains.min(initial=0.0)), float(gains.max(initial=0.0))


def _shares(row: pd.Series) -> list[Markup]:
    """Write share of the gain, points and weight of a theme or stock."""
    return [
        cell(num(row["share"], "percent", WHY_SHARE)),
        cell(num(row["contribution"], "points", WHY_POINTS)),
        cell(num(row["weight"], "percent", WHY_WEIGHT)),
    ]


def _themes(run: Run, money: Contributions) -> Markup:
    """List the themes, the largest gain first, with what the gain was made of."""
    themes = money.themes
    classes, scale = theme_classes(run, themes.index), _scale(themes)
    made = themes.assign(costs=themes[COSTS].sum(axis=1))
    rows: list[object] = [
        [
            theme_key(run, theme, classes),
            meter(row["gain"], *scale),
            cell(two(*amount(row["gain"])), class_="strong"),
            cell(exact(row["gain"])),
            *_shares(row),
            num(row["days"], "count"),
            *(num(row[part], "money") for part in ("price", "dividends", "costs")),
        ]
        for theme, row in made.iterrows()
    ]
    total = made[["gain", "share", "contribution", "weight", "price", "dividends", "costs"]].sum(min_count=1)
    ends = (num(total[part], "money") for part in ("price", "dividends", "costs"))
    sums = [
        tag("td", ""),
        cell(two(*amount(total["gain"]))),
        cell(exact(total["gain"])),
        *_shares(total),
        "",
        *ends,
    ]
    head = heads(
        ("Theme", "主题"), tag("th", "", scope="col"), ("Gain", "损益"), ("CNY, exact", "元，精确到分"),
        ("Share of the sum", "占合计"), ("Points", "百分点"), ("Mean weight", "平均权重"),
        ("Days held", "持有天数"), ("of which price", "其中：价差"), ("dividends", "分红"), ("costs", "费用"),
    )  # fmt: skip
    return table(head, [*rows, closing(two("Sum", "合计"), *sums)], class_="gains")


def _stocks(run: Run, money: Contributions) -> list[Markup]:
    """List the stocks at either end; those between are folded."""
    stocks = money.stocks
    scale, n = _scale(stocks), len(stocks)
    if n <= 2 * MOST:
        return [tag("h3", two("By stock", "个股贡献")), _listing(run, stocks, scale)] if n else []
    top, middle, bottom = stocks.iloc[:MOST], stocks.iloc[MOST:-MOST], stocks.iloc[-MOST:]
    english, chinese = amount(float(middle["gain"].sum()))
    folded = tag(
        "details",
        tag("summary", two(f"The {len(middle)} stocks between: {english}",
                           f"其余 {len(middle)} 只：{chinese}")),
        _listing(run, middle, scale),
    )  # fmt: skip
    return [
        tag("h3", two(f"The {MOST} stocks that earned most", f"贡献最大的 {MOST} 只个股")),
        _listing(run, top, scale),
        folded,
        tag("h3", two(f"The {MOST} that earned least", f"贡献最小的 {MOST} 只个股")),
        _listing(run, bottom, scale),
    ]


def _listing(run: Run, stocks: pd.DataFrame, scale: tuple[float, float]) -> Markup:
    rows = [
        [
            stock_name(run, symbol),
            cell(exact(row["gain"])),
            meter(row["gain"], *scale),
            *_shares(row),
            num(row["days"], "count"),
            tag("td", theme_name(run, row["theme"])),
        ]
        for symbol, row in stocks.iterrows()
    ]
    head = heads(
        ("Stock", "股票"), ("Gain, CNY", "损益（元）"), tag("th", "", scope="col"), ("Share", "占合计"),
        ("Points", "百分点"), ("Mean weight", "平均权重"), ("Days held", "持有天数"),
        tag("th", two("Theme", "主题"), scope="col"),
    )  # fmt: skip
    return table(head, rows, class_="gains stocks")


def _by_year(run: Run, money: Contributions) -> Markup:
    """Fold the gains of themes by calendar year, which add up both ways."""
    if money.theme_years.empty or money.theme_years.shape[1] < 2:
        return Markup()
    by_year = money.theme_years.reindex(money.themes.index)
    rows: list[object] = [
        [theme_name(run, theme), *map(exact, row), cell(exact(row.sum()), class_="sum strong")]
        for theme, row in by_year.iterrows()
    ]
    sums = by_year.sum()
    rows.append(closing(two("Sum", "合计"), *map(exact, sums), cell(exact(sums.sum()), class_="sum")))
    head = [two("CNY", "元"), *by_year.columns, tag("th", two("All", "合计"), class_="n sum", scope="col")]
    summary = tag("summary", two("By theme and year", "分主题、分年度损益"))
    return tag("details", summary, table(head, rows))


def growth(run: Run, found: Attribution, backdrop: Backdrop) -> Chart | None:
    """Draw the gain of every theme since the base, in points of the equity then; None without any."""
    gains, sessions = found.contributions.growth, run.result.nav.index
    base = float(run.result.nav[found.window.base])
    if len(gains) < 2 or not base > 0 or not gains.shape[1]:
        return None
    points = (100.0 * gains / base).reindex(sessions)
    classes, digits = theme_classes(run, gains.columns), _digits(points)
    order = [theme for theme in classes if theme in points]
    curves = [
        Curve(theme_name(run, theme), classes[theme], points[theme].to_numpy(), lambda v: figure(v, digits))
        for theme in order
    ]
    low, high = span(curves, 0.0, 0.1)
    pad = 0.04 * (high - low)

    def draw(width: float, height: float, column: float) -> tuple[svg.Frame, Markup]:
        frame = svg.Frame(width, height, len(sessions), low - pad, high + pad)
        zero = float(frame.y(0.0))
        ground = tag("path", class_="one", d=f"M{frame.left:.1f} {zero:.1f}H{frame.right_edge:.1f}")
        return frame, join([ground, _sparse(curves, frame, column)])

    def labels(frame: svg.Frame) -> list[tuple[float, str]]:
        return [(v, f"{v:g}") for v in svg.nice_ticks(frame.low, frame.high, 6)]

    bare = Backdrop(backdrop.bands, [], backdrop.hidden, [], named=False)
    return Chart("gains", TITLE, curves, 240.0, draw, labels, sessions, bare, explained=False)


def _sparse(curves: list[Curve], frame: svg.Frame, column: float) -> Markup:
    """Draw curves by days evenly apart, which keeps the page small; what is read is of every day."""
    corners = min(frame.n_days, CORNERS[frame.width > WIDE])
    days = np.rint(np.linspace(0, frame.n_days - 1, corners)).astype(np.int64)
    few = [Curve(c.title, c.class_, c.level[days], c.write) for c in curves]
    return lines(few, dataclasses.replace(frame, n_days=corners), column)


def _digits(points: pd.DataFrame) -> int:
    """Return decimals that leave three digits or so of the largest value."""
    most = float(np.nanmax(np.abs(points.to_numpy()), initial=0.0))
    return 2 if most < 1.0 else 1 if most < 100.0 or not math.isfinite(most) else 0
