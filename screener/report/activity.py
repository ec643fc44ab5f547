"""The sections of what was done: trading, the cycle, and what the rule wants to hold at the end."""

from __future__ import annotations

import math

import pandas as pd

from screener.backtest.result import Run
from screener.report.backdrop import tints
from screener.report.files import asked_weights, costs
from screener.report.html import Markup, cell, num, table, tag
from screener.report.numbers import count, day, percent
from screener.report.sections import section

__all__ = ["cycle", "members", "trading"]

SHOWN_ORDERS = 200
OUTCOMES = {
    "volume": "share of the day's volume",
    "cash": "short of cash",
    "lot": "less than a lot",
    "unlisted": "not listed",
    "locked": "new shares not listed yet",
    "no_close": "no tradable close",
}
COSTS = {
    "commission": "Commission",
    "stamp": "Stamp duty",
    "transfer": "Transfer fee",
    "tax": "Dividend tax",
    "slippage": "Slippage",
}


def trading(run: Run) -> Markup:
    """Show what was ordered, refused and paid."""
    note = (
        f"{count(len(run.result.orders))} orders. Costs in CNY. Turnover is half of what was bought and sold "
        "over the mean equity of the year. An order that the market refused is tried again on later "
        "sessions, each time a row."
    )
    tables = tag("div", _reasons(run.result.orders), _costs(run), class_="pair")
    return section("Trading", "交易", tables, _refused(run), note=note)


def _outcome(reason: str) -> str:
    """Say a reason code in words."""
    return OUTCOMES.get(reason, reason.replace("_", " "))


def _reasons(orders: pd.DataFrame) -> Markup:
    """Count orders by outcome and side."""
    rows = []
    for reason, group in orders.groupby("reason"):
        sides, partly = group["side"].value_counts(), int((group["filled"] > 0).sum())
        cells = [cell(num(float(sides.get(side, 0)), "count")) for side in ("buy", "sell")]
        partial = "" if reason == "filled" else num(float(partly), "count")
        rows.append((-len(group), [_outcome(str(reason)), *cells, cell(partial)]))
    rows.sort(key=lambda pair: (pair[0], pair[1][0]))
    return table(["Outcome of orders", "Buy", "Sell", "Partly filled"], [row for _, row in rows])


def _costs(run: Run) -> Markup:
    """Show costs by year and kind, and in all."""
    paid = costs(run)
    equity = run.result.nav.groupby(run.result.nav.index.year).mean()
    rows = []
    for year, row in paid.iterrows():
        share = row[list(COSTS)].sum() / equity[year]
        shares = num(share, "percent"), num(row["turnover"] / 2 / equity[year], "ratio")
        rows.append([year, *(num(row[kind], "money") for kind in COSTS), *shares])
    total = [tag("td", num(float(paid[kind].sum()), "money"), class_="n strong") for kind in COSTS]
    rows.append(["All", *total, cell(""), cell("")])
    return table(["Costs", *COSTS.values(), "Of equity", "Turnover"], rows)


def _refused(run: Run) -> Markup:
    """List the latest orders that were not filled as asked, without prices and sizes."""
    orders = run.result.orders.assign(weight=asked_weights(run.result))
    lost = orders[orders["reason"] != "filled"]
    if lost.empty:
        return tag("p", "Every order was filled as asked.", class_="note")
    rows = [
        [
            day(o.date),
            run.titles.get(o.symbol, o.symbol),
            o.symbol,
            o.side,
            _outcome(o.reason),
            num(o.weight, "percent2", "no price yet"),
            num(o.filled / o.asked if o.asked else math.nan, "percent", "nothing legal was asked"),
        ]
        for o in lost.tail(SHOWN_ORDERS).iloc[::-1].itertuples()
    ]
    latest = f"; the latest {count(len(rows))} are here" if len(rows) < len(lost) else ""
    summary = f"Orders not filled as asked: {count(len(lost))}{latest}"
    head = ["Date", "Name", "Symbol", "Side", "Reason", "Asked, of equity", "Filled of it"]
    note = "Asked: at the close before the order, of the equity then."
    listing = table(head, rows, text_columns=5)
    return tag("details", tag("summary", summary), tag("p", note, class_="note"), listing, class_="long")


def cycle(run: Run, score: Markup) -> Markup:
    """Show the phases that the run knew, and its score."""
    classes = tints(run.phases)
    rows = [
        [
            day(p.usable_from),
            p.quarter,
            tag("td", tag("i", class_=f"key {classes[str(p.phase)]}"), p.phase),
            num(p.growth, "percent", "needs eight quarters"),
            num(p.change, "points", "needs nine quarters"),
        ]
        for p in run.phases.itertuples()
    ]
    head = ["Known from", "Quarter", "Phase", "Growth", "Change, points"]
    note = (
        "Growth of the trailing four quarters of the companies' capital expenditure against the four before, "
        "and its change since the quarter before, by the day on which it was first usable."
    )
    phases = table(head, rows, text_columns=3) if rows else tag("p", "No phase is known.", class_="note")
    return section("Cycle", "资本开支周期", score, phases, note=note)


def members(run: Run) -> Markup:
    """List what the rule wants to hold at the end, a table for each theme."""
    weights = run.result.weights
    if weights.empty:
        return section("Target", "目标持仓", note="The rule never decided anything.")
    last = weights.iloc[-1]
    last = last[last > 0]
    groups = [_theme(run, str(theme), group) for theme, group in last.groupby(level="theme", sort=False)]
    since = "; ".join(f"{run.titles.get(theme, theme)} {day(d)}" for theme, d in run.publications.items())
    note = (
        f"Decided on {day(weights.index[-1])}: {count(len(last))} positions, "
        f"{percent(last.sum())} of equity. First session with three published members: {since or 'none'}."
    )
    return section("Target", "目标持仓", tag("div", *groups, class_="cards"), note=note)


def _theme(run: Run, theme: str, group: pd.Series) -> Markup:
    """List the positions of a theme, the largest first."""
    pairs = sorted(((-w, symbol) for (_, symbol), w in group.items()))
    rows = [[run.titles.get(symbol, symbol), symbol, num(-w, "percent")] for w, symbol in pairs]
    total = tag("th", num(float(group.sum()), "percent"), class_="n", scope="col")
    title = run.titles.get(theme, theme) or "No theme"
    return table([tag("th", title, colspan=2, scope="col"), total], rows, text_columns=2)
