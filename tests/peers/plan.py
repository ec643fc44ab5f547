"""What our engine did, day by day, as a task for the peer.

The holdings are counted from the orders and the corporate actions once more, and not taken from the engine.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.backtest.result import Result
from screener.data.panel import Panel
from screener.market import calendar
from tests.peers.differences import Holding, Order, Quote, TaxBook, half_up, looseness, quantities
from tests.peers.markets import Case

PROFILES = {
    "600": "sse_main", "603": "sse_main", "688": "sse_star",
    "000": "szse_main", "002": "szse_main", "300": "szse_chinext",
}  # fmt: skip


class Day(NamedTuple):
    """A session as we traded it."""

    date: pd.Timestamp
    orders: list[Order]
    holdings: dict[str, Holding]  # at the open
    actions: list[dict]  # that met a holding
    quotes: dict[str, Quote]


class Plan(NamedTuple):
    """Our days before the ex-date of the first event that the peer cannot book, whose name is `broken`."""

    days: list[Day]
    broken: str
    conflicts: list[int]  # days on which an order was not simply filled
    cash_at_open: list[int]  # of the peer, filled in by the comparison


def plan(panel: Panel, result: Result) -> Plan:
    """Replay our orders and the corporate actions."""
    events, orders = events_by_day(panel), orders_by_day(panel, result)
    held: Counter = Counter()
    locked: list[dict] = []
    days: list[Day] = []
    for d, date in enumerate(panel.sessions):
        met = [event for event in events.get(d, []) if held[event["symbol"]]]
        broken = [event["action_id"] for event in met if held[event["symbol"]] * event["tenths"] % 10]
        if broken:
            return finished(days, broken[0])
        met = [with_entitlement(event, held[event["symbol"]]) for event in met]
        held.update({event["symbol"]: event["new"] for event in met})
        locked = [event for event in locked + met if event["listing"] > d]
        shut = Counter()
        for event in locked:
            shut[event["symbol"]] += event["new"]
        holdings = {name: Holding(held[name], held[name] - shut[name]) for name in panel.symbols}
        quotes = {name: quote(bar(panel, d, j)) for j, name in enumerate(panel.symbols)}
        days.append(Day(date, orders.get(d, []), holdings, met, quotes))
        for order in orders.get(d, []):
            held[order.symbol] += order.filled if order.side == "buy" else -order.filled
    return finished(days, "")


def finished(days: list[Day], broken: str) -> Plan:
    return Plan(days, broken, [d for d, day in enumerate(days) if in_conflict(day)], [])


def quote(row: dict) -> Quote:
    return Quote(
        row["status"], *(row[name] or 0 for name in ("open", "upper_limit", "lower_limit", "volume"))
    )


def in_conflict(day: Day) -> bool:
    return any(o.reason != "filled" or o.asked != o.filled or loosened(day, o) for o in day.orders)


def loosened(day: Day, order: Order) -> dict[str, int]:
    return looseness(day.date, order, day.holdings[order.symbol])


def with_entitlement(event: dict, held: int) -> dict:
    paid = half_up(Fraction(held * event["cash"], 10_000))
    return event | {"paid": paid, "new": held * event["tenths"] // 10}


def orders_by_day(panel: Panel, result: Result) -> dict[int, list[Order]]:
    found: dict[int, list[Order]] = {}
    for row in result.orders.itertuples():
        price = 0 if np.isnan(row.price) else round(row.price * 100)
        fees = tuple(round(value * 100) for value in (row.commission, row.stamp, row.transfer))
        order = Order(
            row.symbol, row.side, asked_of(row), row.filled, price, row.reason, fees, round(row.tax * 100)
        )
        found.setdefault(int(panel.sessions.get_loc(row.date)), []).append(order)
    return found


def asked_of(row) -> int:
    """Return what to ask the peer for: a name without any price yet has no quantity, so the least is sent."""
    return max(row.asked, quantities(row.symbol)[0]) if row.reason == "unlisted" else row.asked


def events_by_day(panel: Panel) -> dict[int, list[dict]]:
    """Return the events in whole units, with the dates that hold when none is known (R33)."""
    found: dict[int, list[dict]] = {}
    for row in panel.actions.itertuples():
        d = int(panel.sessions.get_loc(row.date))
        usual = d + (1 if row.symbol.endswith("SH") else 0)
        event = {
            "action_id": f"{row.symbol}:{row.date:%Y-%m-%d}",
            "symbol": row.symbol,
            "day": d,
            "cash": round(row.cash * 1e6),
            "tenths": round(row.bonus * 10),
            "pay": d if pd.isna(row.pay_date) else int(panel.sessions.get_loc(row.pay_date)),
            "listing": usual if pd.isna(row.list_date) else int(panel.sessions.get_loc(row.list_date)),
        }
        found.setdefault(d, []).append(event)
    return found


class TaxBooks:
    """The lots of every share."""

    def __init__(self) -> None:
        self.books: dict[str, TaxBook] = {}

    def day(self, day: Day, counts: Counter) -> dict[tuple[str, str], int]:
        """Check our taxes of a day, count the differences, and return the peer's by share and action."""
        new, taxes = Counter(), {}
        for action in day.actions:
            new[action["symbol"]] += action["new"]
        for symbol in day.holdings:
            book = self.books.setdefault(symbol, TaxBook())
            for action in (a for a in day.actions if a["symbol"] == symbol):
                book.pay(action["action_id"], action["cash"])
            bought, sold, taken = traded(day, symbol)
            exact = book.day(day.date, new[symbol] + bought - sold)
            assert taken == half_up(Fraction(sum(exact.values())))
            rounded = {(symbol, action): half_up(Fraction(amount)) for action, amount in exact.items()}
            taxes |= rounded
            counts["tax the next day"] += sum(rounded.values()) > 0
            counts["tax rounding" if taken != sum(rounded.values()) else "taxes alike"] += taken > 0
        return taxes


def traded(day: Day, symbol: str) -> tuple[int, int, int]:
    """Return shares bought and sold, and our tax."""
    orders = [order for order in day.orders if order.symbol == symbol]
    bought, sold = (sum(o.filled for o in orders if o.side == side) for side in ("buy", "sell"))
    return bought, sold, sum(order.tax for order in orders)


# the task


def peer_task(case: Case, ours: Plan) -> dict:
    """Return the market, our fills as one run, and what we had asked on each day of conflict as another."""
    panel = case.panel
    runs = [ledger_run(ours, len(ours.days))]
    runs += [asked_run(ours, d) for d in ours.conflicts]
    if ours.broken:
        runs.append(ledger_run(ours, len(ours.days)) | {"days": len(ours.days) + 1})
    return {
        "sessions": [f"{date:%Y-%m-%d}" for date in panel.sessions],
        "profiles": {symbol: PROFILES[symbol[:3]] for symbol in panel.symbols},
        "bars": [bar(panel, d, j) for d in range(len(panel.sessions)) for j in range(len(panel.symbols))],
        "actions": [peer_action(panel, e) for events in events_by_day(panel).values() for e in events],
        "cash": round(case.account.cash * 100),
        "commission": "0.00025",
        "commission_min": 500,
        "runs": runs,
    }


def ledger_run(ours: Plan, until: int) -> dict:
    orders, loose = [], []
    for d, day in enumerate(ours.days[:until]):
        for order in day.orders:
            if order.filled:
                orders.append((d, order.symbol, signed(order, order.filled)))
            if changes := loosened(day, order):
                loose.append((d, order.symbol, changes))
    return {"days": until, "orders": orders, "loose": loose}


def asked_run(ours: Plan, d: int) -> dict:
    run = ledger_run(ours, d)
    asked = [(d, order.symbol, signed(order, order.asked)) for order in ours.days[d].orders]
    return {"days": d + 1, "orders": run["orders"] + asked, "loose": run["loose"]}


def signed(order: Order, shares: int) -> int:
    return shares if order.side == "buy" else -shares


def bar(panel: Panel, d: int, j: int) -> dict:
    """Return a bar in fen; the peer values a suspended share at the prices of its row."""

    def at(name: str) -> int | None:
        value = getattr(panel, name)[d, j]
        return None if np.isnan(value) else round(float(value) * 100)

    row = {"day": d, "symbol": panel.symbols[j], "volume": 0}
    names = ("open", "high", "low", "close")
    limits = {"upper_limit": at("limit_up"), "lower_limit": at("limit_down")}
    if not panel.listed[d, j]:
        return row | dict.fromkeys((*names, *limits)) | {"status": "unlisted"}
    if at("close") is None:
        last = panel.close[:d, j]
        value = round(float(last[~np.isnan(last)][-1]) * 100)
        return row | dict.fromkeys(names, value) | dict.fromkeys(limits) | {"status": "suspended"}
    prices = {name: at(name) for name in names}
    return row | prices | limits | {"status": "trading", "volume": int(panel.volume[d, j])}


def peer_action(panel: Panel, event: dict) -> dict:
    """Return an event in the peer's words: new shares come on the ex-date and are not taxed at par."""
    every = calendar.sessions(panel.sessions[0])
    text = [f"{date:%Y-%m-%d}" for date in every[: len(panel.sessions) + 2]]
    action = {name: event[name] for name in ("action_id", "symbol")}
    before, ex_date = text[event["day"] - 1 : event["day"] + 1]
    action |= {"announced": before, "record_date": before, "ex_date": ex_date}
    if event["cash"]:
        action |= {"cash_per_share": f"{event['cash'] / 1e6:.6f}", "pay_date": text[event["pay"]]}
    if event["tenths"]:
        action |= {
            "bonus_per_share": f"{event['tenths'] / 10:.1f}",
            "share_credit_date": ex_date,
            "share_listing_date": text[event["listing"]],
            "taxable_bonus_amount_per_share": "0",
        }
    return action
