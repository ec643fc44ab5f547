"""A cash account that follows the rules one order at a time: slow and obvious, to check faster ones by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from screener.market.calendar import Day, as_date, is_session
from screener.market.fees import bill
from screener.market.lots import order_ok
from screener.market.symbols import Code

__all__ = ["CashAccount", "Step", "scenario"]


class Step(NamedTuple):
    """One order; the price in fen is taken as given."""

    day: Day
    side: str
    code: Code
    shares: int
    price: int


class _Lot(NamedTuple):
    bought: dt.date
    shares: int


@dataclass
class CashAccount:
    """Cash in fen and lots of shares, with the broker's terms."""

    cash: int
    commission_rate: int | None = None
    commission_least: int | None = None
    lots: dict[str, list[_Lot]] = field(default_factory=dict)

    def position(self, symbol: str) -> int:
        """Return the shares held of a symbol."""
        return sum(lot.shares for lot in self.lots.get(symbol, []))

    def sellable(self, symbol: str, day: dt.date) -> int:
        """Return the shares that were not bought on the day (R16)."""
        return sum(lot.shares for lot in self.lots.get(symbol, []) if lot.bought < day)

    def trade(self, step: Step) -> bool:
        """Fill an order as a whole, or refuse it and change nothing.

        Refused: on a day without trading, in an illegal quantity, for shares that are not held or were
        bought on the day, and for want of cash. Sale proceeds pay for purchases of the same day (R16).
        """
        day, symbol = as_date(step.day), step.code.symbol
        held, sellable = self.position(symbol), self.sellable(symbol, day)
        if not is_session(day) or not order_ok(
            step.code.board, step.side, step.shares, day=day, holding=held, sellable=sellable
        ):
            return False
        terms = (self.commission_rate, self.commission_least)
        costs = bill(step.code.exchange, day, step.side, step.shares, step.price, *terms)
        if self.cash + costs.cash < 0:
            return False
        self.cash += costs.cash
        lots = self.lots.setdefault(symbol, [])
        if step.side == "buy":
            lots.append(_Lot(day, step.shares))
        else:
            self.lots[symbol] = _without_oldest(lots, step.shares)
        return True


class History(NamedTuple):
    """After each step: cash in fen, shares of the step's symbol; and which steps were refused."""

    cash: tuple[int, ...]
    position: tuple[int, ...]
    rejected: tuple[int, ...]


def scenario(account: CashAccount, steps: Iterable[Step]) -> History:
    """Send orders to an account in the order of their days.

    Raises
    ------
    ValueError
        If a step lies before the one above it.
    """
    cash, position, rejected = [], [], []
    previous = dt.date.min
    for number, step in enumerate(steps):
        if as_date(step.day) < previous:
            raise ValueError(f"step {number}: {as_date(step.day)} lies before the step above it, {previous}")
        previous = as_date(step.day)
        if not account.trade(step):
            rejected.append(number)
        cash.append(account.cash)
        position.append(account.position(step.code.symbol))
    return History(tuple(cash), tuple(position), tuple(rejected))


def _without_oldest(lots: list[_Lot], shares: int) -> list[_Lot]:
    left = []
    for lot in lots:
        part = min(lot.shares, shares)
        shares -= part
        if part < lot.shares:
            left.append(_Lot(lot.bought, lot.shares - part))
    return left
