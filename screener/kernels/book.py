"""What an account holds and wants, and the records that it leaves behind."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from screener.arrays import Flags, IntVector


class Book(NamedTuple):
    """What an account holds and wants, by asset."""

    shares: IntVector
    locked: IntVector  # of them new shares that are not listed yet
    unlock: IntVector  # day on which they are
    goal: IntVector
    pending: Flags  # the goal is not reached and shall be tried


@njit(cache=True)
def empty_book_nb(n):
    """Return the book of an account without holdings."""
    return Book(
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.bool_),
    )


@njit(cache=True)
def unlock_nb(book, i):
    """Let new shares trade from the day of their listing on."""
    for j in range(len(book.shares)):
        if book.locked[j] > 0 and i >= book.unlock[j]:
            book.locked[j] = 0


@njit(cache=True)
def grow_nb(records, used):
    """Return room for one more record: the same array, or a copy twice as long."""
    if used < len(records):
        return records
    longer = np.empty(2 * len(records), records.dtype)
    longer[:used] = records
    return longer


@njit(cache=True)
def write_order_nb(orders, used, i, j, side, asked, filled, price, fees, tax, slippage, reason):
    """Append an order and return the array and its new length."""
    orders = grow_nb(orders, used)
    orders[used]["day"] = i
    orders[used]["asset"] = j
    orders[used]["side"] = side
    orders[used]["asked"] = asked
    orders[used]["filled"] = filled
    orders[used]["price"] = price
    orders[used]["commission"] = fees[0]
    orders[used]["stamp"] = fees[1]
    orders[used]["transfer"] = fees[2]
    orders[used]["tax"] = tax
    orders[used]["slippage"] = slippage
    orders[used]["reason"] = reason
    return orders, used + 1


@njit(cache=True)
def write_event_nb(events, used, k, i, j, held, cash, new, into):
    """Append a corporate action that met a holding."""
    events = grow_nb(events, used)
    events[used]["event"] = k
    events[used]["day"] = i
    events[used]["asset"] = j
    events[used]["shares"] = held
    events[used]["cash"] = cash
    events[used]["new_shares"] = new
    events[used]["into"] = into
    return events, used + 1
