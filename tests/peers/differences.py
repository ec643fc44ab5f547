"""Where the peer and we differ: the rule, the side that is right, and what the peer must then do, to the fen.

Nothing here is imported from the engine: fees, quantities, lots and taxes are written out once more, so that
a difference is explained by a rule and not by our own code.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import floor
from typing import NamedTuple

import pandas as pd


class Difference(NamedTuple):
    """One documented difference. `right` is "ours", "peer", "both" (two lawful ways) or "open"."""

    peer: str
    ours: str
    rule: str
    right: str


DIFFERENCES = {
    "odd lot": Difference(
        "refuses to sell 99 or 199 out of 299: only whole lots, or the whole holding",
        "sells the odd remainder alone or together with lots",
        "R18 (SSE notice [2014] 301): what is below 100 is sold at once, alone or with full lots",
        "ours",
    ),
    "locked odd lot": Difference(
        "sells whole lots only while new shares of the holding are not listed yet",
        "sells the listed part of the holding with its odd remainder",
        "R18 and R33: the text says balance, and not whether unlisted new shares belong to it",
        "open",
    ),
    "split": Difference(
        "refuses an order above the most shares of one order; sent as one, it pays one commission",
        "sends several orders, each with its commission and its minimum, each fee rounded by itself",
        "R19 limits an order, not an account",
        "both",
    ),
    "volume": Difference(
        "has no cap on the share of the day's volume in this mode",
        "fills a tenth of the day's volume at most, in a legal quantity",
        "no rule of the exchange: a setting of the account",
        "both",
    ),
    "cash order": Difference(
        "fills purchases one after the other, each as far as the cash goes",
        "scales all purchases alike, then spends what is left by the largest shortfall",
        "R16 says that the cash must be there, not who gets it",
        "both",
    ),
    "which reason": Difference(
        "names the market (suspended, at the limit) before it looks at the quantity",
        "names the quantity first, where less than the smallest order is missing",
        "both rules forbid the order; none says which is to be named",
        "both",
    ),
    "tax the next day": Difference(
        "owes the tax on dividends overnight and pays it before the next open",
        "takes it out of the proceeds at the sale, so that no purchase of the day is paid with it",
        "R31: taken from the cash account at the sale; ours is the stricter",
        "both",
    ),
    "tax rounding": Difference(
        "rounds the tax of each dividend to a fen",
        "rounds the tax of a sale on all dividends once",
        "R31 and 2012 no. 85 name no rounding; a fen for each further dividend at the most",
        "open",
    ),
    "fraction": Difference(
        "stops when a holding is entitled to a fraction of a share",
        "gives whole shares and lets the fraction go",
        "R34: the registrar hands the remainders out by rank, which no backtest can know",
        "ours",
    ),
}

SAME_REASON = {
    "filled": "none",
    "suspended": "suspended",
    "unlisted": "inactive",
    "limit_up": "buy_at_upper_limit",
    "limit_down": "sell_at_lower_limit",
    "lot": "invalid_quantity",
    "locked": "insufficient_sellable",
    "cash": "insufficient_cash",
}


class Order(NamedTuple):
    """One of our orders, as far as the peer can be asked about it; money in fen."""

    symbol: str
    side: str
    asked: int
    filled: int
    price: int
    reason: str
    fees: tuple[int, int, int]
    tax: int


class Quote(NamedTuple):
    """What a share shows at the open, in fen; 0 = there is none."""

    status: str  # "trading", "suspended" or "unlisted"
    open: int
    limit_up: int
    limit_down: int
    volume: int


class Holding(NamedTuple):
    """A holding at the open, the day's corporate actions included."""

    shares: int
    sellable: int


class Said(NamedTuple):
    """What the peer must say to an order, and the difference that explains it ("" where it does as we do)."""

    filled: int
    reason: str
    kind: str


def half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))


def quantities(symbol: str) -> tuple[int, int]:
    """Return the fewest shares of an order and its step (R17)."""
    return (200, 1) if symbol.startswith("68") else (100, 100)


def most_shares(symbol: str, day: pd.Timestamp) -> int:
    """Return the most shares of one order (R19)."""
    if symbol.startswith("68"):
        return 100_000
    return 300_000 if symbol.startswith("30") and day >= pd.Timestamp("2020-08-24") else 1_000_000


def legal_part(symbol: str, side: str, holding: int, most: int) -> int:
    """Return the largest legal quantity up to `most`; a sale may take the odd part (R17, R18)."""
    least, step = quantities(symbol)
    if side == "sell" and most >= holding:
        return holding
    if least != step:
        return most if most >= least else 0
    odd = (most - holding % step) // step * step + holding % step if side == "sell" else 0
    return max(most - most % step, odd, 0)


def bill(day: pd.Timestamp, side: str, shares: int, price: int) -> tuple[int, int, int]:
    """Return commission, stamp duty and transfer fee of one order in fen (R21 to R24, R28, R29)."""
    value = Fraction(shares * price)
    stamp = Fraction(1, 1000) if day < pd.Timestamp("2023-08-28") else Fraction(1, 2000)
    transfer = Fraction(2, 100_000) if day < pd.Timestamp("2022-04-29") else Fraction(1, 100_000)
    duty = half_up(value * stamp) if side == "sell" else 0
    return max(500, half_up(value * Fraction(25, 100_000))), duty, half_up(value * transfer)


def split_bill(day: pd.Timestamp, order: Order) -> tuple[int, int, int]:
    """Return the fees of an order that is sent in parts of the most shares that one may have."""
    most, left, total = most_shares(order.symbol, day), order.filled, (0, 0, 0)
    while left > 0:
        part = bill(day, order.side, min(left, most), order.price)
        total = tuple(a + b for a, b in zip(total, part, strict=True))
        left -= most
    return total


def looseness(day: pd.Timestamp, order: Order, holding: Holding) -> dict[str, int]:
    """Return the rules that the peer must drop to fill our order as we filled it."""
    least, step = quantities(order.symbol)
    changes = {}
    if order.filled > most_shares(order.symbol, day):
        changes["order_maximum"] = 1_000_000_000
    if (
        order.side == "sell"
        and order.filled != holding.shares
        and (order.filled % step or order.filled < least)
    ):
        changes |= {"sell_step": 1, "sell_minimum": 1}
    return changes


def peer_day(
    day: pd.Timestamp, orders: list[Order], holdings: dict[str, Holding], cash: int, quotes: dict[str, Quote]
) -> dict[str, Said]:
    """Say what the peer makes of a day's orders: sales, then purchases by symbol until the cash is gone."""
    said = {}
    for order in sorted(orders, key=lambda o: (o.side == "buy", o.symbol)):
        quote = quotes[order.symbol]
        answer = peer_answer(day, order, holdings[order.symbol], cash, quote)
        if answer.filled:
            gross = answer.filled * quote.open * (1 if order.side == "sell" else -1)
            cash += gross - sum(bill(day, order.side, answer.filled, quote.open))
        alike = (order.filled, SAME_REASON.get(order.reason)) == (answer.filled, answer.reason)
        said[order.symbol] = answer._replace(kind="") if alike else answer
    return said


def peer_answer(day: pd.Timestamp, order: Order, holding: Holding, cash: int, quote: Quote) -> Said:
    """Return the first of the peer's refusals: the market, the size of one order, the quantity, the means."""
    if refusal := market_refusal(order.side, quote):
        return Said(0, refusal, "which reason")
    if order.asked > most_shares(order.symbol, day):
        return Said(0, "invalid_quantity", "split")
    if order.side == "sell":
        return peer_sale(order, holding)
    return peer_purchase(day, order, cash, quote.open)


def market_refusal(side: str, quote: Quote) -> str:
    if quote.status != "trading":
        return "suspended" if quote.status == "suspended" else "inactive"
    if side == "buy" and quote.limit_up and quote.open >= quote.limit_up:
        return "buy_at_upper_limit"
    return "sell_at_lower_limit" if side == "sell" and quote.open <= quote.limit_down else ""


def peer_sale(order: Order, holding: Holding) -> Said:
    least, step = quantities(order.symbol)
    whole = order.asked == holding.shares
    if not whole and (order.asked % step or order.asked < least):
        return Said(0, "invalid_quantity", "odd lot")
    filled = min(order.asked, holding.sellable)
    if filled != holding.shares:
        filled -= filled % step
        filled = filled if filled >= least else 0
    reason = "none" if filled == order.asked else "insufficient_sellable"
    return Said(filled, reason, "volume" if order.reason == "volume" else "locked odd lot")


def peer_purchase(day: pd.Timestamp, order: Order, cash: int, price: int) -> Said:
    least, step = quantities(order.symbol)
    if order.asked < least or (order.asked - least) % step:
        return Said(0, "invalid_quantity", "which reason")
    low, high = -1, (order.asked - least) // step  # bisected: the cost grows with the order
    while low < high:
        middle = (low + high + 1) // 2
        shares = least + middle * step
        paid = shares * price + sum(bill(day, "buy", shares, price))
        low, high = (middle, high) if paid <= cash else (low, middle - 1)
    filled = least + low * step if low >= 0 else 0
    reason = "none" if filled == order.asked else "insufficient_cash"
    return Said(filled, reason, "volume" if order.reason == "volume" else "cash order")


class TaxBook:
    """Lots of one share, first in first out; a day's new shares and trades are one change (R31)."""

    def __init__(self) -> None:
        self.lots: list[list] = []  # day, shares, {action: CNY in 1e-6 a share}

    def pay(self, action: str, micros: int) -> None:
        for lot in self.lots:
            lot[2][action] = micros

    def day(self, day: pd.Timestamp, change: int) -> Counter:
        """Book a day; return the exact tax in fen by action."""
        taxes: Counter = Counter()
        if change > 0:
            self.lots.append([day, change, {}])
        elif change < 0:
            self.take(day, -change, taxes)
        return taxes

    def take(self, day: pd.Timestamp, shares: int, taxes: Counter) -> None:
        while shares:
            lot = self.lots[0]
            part = min(shares, lot[1])
            for action, micros in lot[2].items():
                taxes[action] += Fraction(part * micros * held_percent(lot[0], day), 1_000_000)
            lot[1] -= part
            shares -= part
            if not lot[1]:
                self.lots.pop(0)


def held_percent(bought: pd.Timestamp, sold: pd.Timestamp) -> int:
    """Return the tax in per cent (R30); a month ends on the same day of the next, or on its last (R31)."""
    if sold <= bought + pd.DateOffset(months=1):
        return 20
    return 10 if sold <= bought + pd.DateOffset(months=12) else 0
