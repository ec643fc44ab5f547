"""The sections of what was done: trading, and what the rule wants to hold at the end."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from screener.backtest.result import Run
from screener.report.files import asked_weights, costs
from screener.report.html import Markup, cell, num, table, tag
from screener.report.layout import Section, section
from screener.report.numbers import count, day, percent
from screener.report.themes import theme_name
from screener.report.words import Words, two

__all__ = ["holdings", "orders", "outcome", "side", "trading"]

MOST_ORDERS = 1500
UNFOLDED = 60  # about two screens
OUTCOMES: dict[str, Words] = {
    "filled": ("filled", "全部成交"),
    "limit_up": ("limit up", "涨停"),
    "limit_down": ("limit down", "跌停"),
    "suspended": ("suspended", "停牌"),
    "volume": ("share of the day's volume", "成交量占比上限"),
    "cash": ("short of cash", "现金不足"),
    "lot": ("less than a lot", "不足一手"),
    "unlisted": ("not listed", "未上市"),
    "locked": ("new shares not listed yet", "新增股份尚未上市"),
    "no_close": ("no tradable close", "收盘无法成交"),
}
SIDES: dict[str, Words] = {"buy": ("buy", "买入"), "sell": ("sell", "卖出")}
COSTS: dict[str, Words] = {
    "commission": ("Commission", "佣金"),
    "stamp": ("Stamp duty", "印花税"),
    "transfer": ("Transfer fee", "过户费"),
    "tax": ("Dividend tax", "红利税"),
    "slippage": ("Slippage", "滑点"),
}


def trading(run: Run) -> Section:
    """Show what was ordered, refused and paid."""
    n = count(len(run.result.orders))
    note = two(
        f"{n} orders. Costs in CNY. Turnover is half of what was bought and sold over the mean equity of the "
        "year. An order that the market refused is tried again on later sessions, each time a row.",
        f"共 {n} 笔委托。费用单位：元。换手率（单边）为买卖金额之和的一半除以当年平均净资产。"
        "被市场拒绝的委托会在随后交易日重试，每次一行。",
    )
    tables = tag("div", _reasons(run.result.orders), _costs(run), class_="pair")
    return section("trading", ("Trading", "交易"), tables, note=note)


def outcome(reason: str) -> Markup:
    """Say a reason code in words."""
    plain = reason.replace("_", " ")
    return two(*OUTCOMES.get(reason, (plain, plain)))


def side(name: str) -> Markup:
    """Say buy or sell."""
    return two(*SIDES.get(name, (name, name)))


def _reasons(orders: pd.DataFrame) -> Markup:
    """Count orders by outcome and side."""
    rows = []
    for reason, group in orders.groupby("reason"):
        sides, partly = group["side"].value_counts(), int((group["filled"] > 0).sum())
        cells = [cell(num(float(sides.get(name, 0)), "count")) for name in SIDES]
        partial = "" if reason == "filled" else num(float(partly), "count")
        rows.append((-len(group), str(reason), [outcome(str(reason)), *cells, cell(partial)]))
    rows.sort(key=lambda row: row[:2])
    head = [
        two("Outcome of orders", "委托结果"),
        *(two(name.capitalize(), SIDES[name][1]) for name in SIDES),
        two("Partly filled", "部分成交"),
    ]
    return table(head, [row for *_, row in rows])


def _costs(run: Run) -> Markup:
    """Show costs by year and kind, and in all."""
    paid = costs(run)
    equity = run.result.nav.groupby(run.result.nav.index.year).mean()
    rows = []
    for year, row in paid.iterrows():
        share = row[list(COSTS)].sum() / equity[year]
        shares = num(share, "percent2"), num(row["turnover"] / 2 / equity[year], "ratio")
        rows.append([year, *(num(row[kind], "money") for kind in COSTS), *shares])
    total = [tag("td", num(float(paid[kind].sum()), "money"), class_="n strong") for kind in COSTS]
    rows.append([two("All", "合计"), *total, cell(""), cell("")])
    ends = two("Of equity", "占净资产"), two("Turnover", "换手率")
    return table([two("Costs, CNY", "费用（元）"), *(two(*name) for name in COSTS.values()), *ends], rows)


def orders(run: Run) -> Section:
    """List the orders that were not filled as asked, without prices and sizes; many are folded by year."""
    every = run.result.orders.assign(weight=asked_weights(run.result))
    lost = every[every["reason"] != "filled"]
    title, short = ("Orders not filled as asked", "未按委托成交的订单"), ("Orders", "委托明细")
    if lost.empty:
        note = two("Every order was filled as asked.", "全部委托均按要求成交。")
        return section("orders", title, note=note, short=short)
    shown = lost.tail(MOST_ORDERS).iloc[::-1]
    more = len(shown) < len(lost)
    n, m = count(len(lost)), count(len(shown))
    note = two(
        f"{n} orders{f'; the latest {m} are here' if more else ''}. "
        "Asked: at the close before the order, of the equity then.",
        f"共 {n} 笔{f'，此处为最近 {m} 笔' if more else ''}。委托占比：按委托前一日收盘价与当时净资产计算。",
    )
    if len(shown) <= UNFOLDED:
        return section("orders", title, _listing(run, shown), note=note, short=short, class_="flow")
    years = (_fold(run, int(year), rows) for year, rows in shown.groupby(shown["date"].dt.year, sort=False))
    return section("orders", title, *years, note=note, short=short, class_="flow")


def _fold(run: Run, year: int, rows: pd.DataFrame) -> Markup:
    summary = tag("summary", two(f"{year}: ", f"{year} 年："), _number_of(len(rows)))
    return tag("details", summary, _listing(run, rows))


def _number_of(n: int) -> Markup:
    return two(f"{count(n)} order{'s' if n != 1 else ''}", f"{count(n)} 笔")


def _listing(run: Run, rows: pd.DataFrame) -> Markup:
    """List orders by side and reason, the rarest first: said once for all rows of a group."""
    head = [
        two("Date", "日期"),
        two("Name", "名称"),
        two("Symbol", "代码"),
        two("Asked, of equity", "委托占净资产"),
        two("Filled of it", "成交比例"),
    ]
    groups = sorted(rows.groupby(["side", "reason"], sort=True), key=lambda pair: len(pair[1]))
    lines = (line for (way, reason), group in groups for line in _group(run, str(way), str(reason), group))
    return table(head, lines, text_columns=3, class_="orders")


def _group(run: Run, way: str, reason: str, group: pd.DataFrame) -> Iterator[Markup | list[object]]:
    said = [side(way), two(", ", "，"), outcome(reason), " ", tag("small", _number_of(len(group)))]
    yield tag("tr", tag("th", *said, colspan=5, scope="rowgroup"), class_="group")
    for o in group.itertuples():
        filled = o.filled / o.asked if o.asked else math.nan
        yield [
            day(o.date),
            run.titles.get(o.symbol, o.symbol),
            o.symbol,
            num(o.weight, "percent2", ("no price yet", "尚无价格")),
            num(filled, "percent", ("nothing legal was asked", "无合法委托")),
        ]


def holdings(run: Run) -> Section:
    """List what the rule wants to hold at the end, a table for each theme."""
    weights = run.result.weights
    title, short = ("Target", "目标持仓"), ("Holdings", "持仓")
    if weights.empty:
        note = two("The rule never decided anything.", "规则从未作出决策。")
        return section("holdings", title, note=note, short=short)
    last = weights.iloc[-1]
    last = last[last > 0]
    groups = [_theme(run, str(theme), group) for theme, group in last.groupby(level="theme", sort=False)]
    decided, n, share = day(weights.index[-1]), count(len(last)), percent(last.sum())
    note = two(
        f"Decided on {decided}: {n} positions, {share} of equity.",
        f"{decided} 作出的决策：{n} 个持仓，占净资产 {share}。",
    )
    return section("holdings", title, tag("div", *groups, class_="cards"), note=note, short=short)


def _theme(run: Run, theme: str, group: pd.Series) -> Markup:
    """List the positions of a theme, the largest first."""
    pairs = sorted(((-w, symbol) for (_, symbol), w in group.items()))
    rows = [[run.titles.get(symbol, symbol), symbol, num(-w, "percent")] for w, symbol in pairs]
    total = tag("th", num(float(group.sum()), "percent"), class_="n", scope="col")
    return table([tag("th", theme_name(run, theme), colspan=2, scope="col"), total], rows, text_columns=2)
