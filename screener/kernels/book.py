"""What an account holds and wants, and the records that it leaves behind."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from screener.arrays import Flags, IntVector
from screener.kernels._jit import inlined, kernel


class Book(NamedTuple):
    """What an account holds and wants, by asset."""

    shares: IntVector
    locked: IntVector  # of them new shares that are not listed yet
    unlock: IntVector  # day on which they are
    goal: IntVector
    pending: Flags  # the goal is not reached and shall be tried


@kernel
def empty_book_nb(n):
    """Return the book of an account without holdings."""
    return Book(
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.bool_),
    )


@inlined
def list_holdings_nb(shares, holding):
    """List the assets with shares; return their number."""
    n = 0
    for j in range(len(shares)):
        if shares[j] != 0:
            holding[n] = j
            n += 1
    return n


@inlined
def value_nb(shares, holding, n_held, close, due, cash, owed, first, end, nav, cash_at, due_at):
    """Value the account at the closes of days `first` .. `end` - 1, which all but the first see no trade.

    Holdings are listed (`n_held` < 0 asks for it) when more than a day is to be valued, and the list is read
    when it is short. Else whole rows are summed: whole numbers add up to the same in every order, and
    neighbours are added several at a time.
    """
    n = len(shares)
    if n_held < 0 and end - first > 1:
        n_held = list_holdings_nb(shares, holding)
    dense = n_held < 0 or 4 * n_held >= n
    for day in range(first, end):
        if day > first:
            cash += due[day]
            owed -= due[day]
        worth = np.int64(0)
        if dense:
            for j in range(n):
                worth += shares[j] * close[day, j]
        else:
            for k in range(n_held):
                worth += shares[holding[k]] * close[day, holding[k]]
        nav[day], cash_at[day], due_at[day] = cash + owed + worth, cash, owed
    return cash, owed, n_held


@kernel
def longer_nb(records, used, more):
    """Return a copy with room for `more` records, half as long again."""
    longer = np.empty(max(len(records) * 3 // 2, used + more), records.dtype)
    longer[:used] = records[:used]
    return longer


@inlined
def write_order_nb(orders, used, i, j, side, asked, filled, price, fees, tax, slippage, reason):
    """Write an order as record `used`."""
    order = orders[used]
    order.day, order.asset, order.side, order.reason = i, j, side, reason
    order.asked, order.filled, order.price = asked, filled, price
    order.commission, order.stamp, order.transfer = fees
    order.tax, order.slippage = tax, slippage


@kernel
def write_event_nb(events, used, k, i, j, held, cash, new, into):
    """Write a corporate action that met a holding as record `used`."""
    event = events[used]
    event.event, event.day, event.asset, event.into = k, i, j, into
    event.shares, event.cash, event.new_shares = held, cash, new
