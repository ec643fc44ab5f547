"""Purchases: pro rata to the cash, legal quantities, then the leftover lots."""

from __future__ import annotations

import numpy as np

from screener.kernels._jit import inlined, kernel
from screener.kernels.book import write_order_nb
from screener.kernels.fills import (
    CASH,
    FILLED,
    LOT,
    UNLISTED,
    VOLUME,
    buy_price_nb,
    fees_nb,
    legal_buy_nb,
    slip_nb,
)
from screener.kernels.lots import add_lot_nb


@inlined
def bill_nb(line, shares, slippage, ticks, commission, least):
    """Return price, commission and transfer fee of a purchase."""
    price = buy_price_nb(line.ask, slip_nb(slippage, line.impact, shares), ticks, line.limit_up)
    c, _, t = fees_nb(shares, price, line.order_cap, commission, least, 0, line.transfer)
    return price, c, t


@inlined
def take_nb(line, shares, price, commission, transferred):
    """Write a purchase and what it costs into its line."""
    line.quantity, line.price = shares, price
    line.commission, line.transferred = commission, transferred
    line.cost = shares * price + commission + transferred


@inlined
def ask_nb(sheet, count, book, listed, i, buyers):
    """List the lines to buy into `buyers`: what is asked for, what the market allows, why it does not.

    What is wanted and not listed stays on the list, so that it is refused and written down.
    """
    shares, goals, pending = book.shares, book.goal, book.pending
    n = 0
    for k in range(count):
        line = sheet[k]
        j = line.asset
        missing = goals[j] - shares[j]
        if not pending[j] or missing < 0 or (missing == 0 and listed[i, j]):
            continue
        buyers[n] = k
        n += 1
        line.asked = legal_buy_nb(missing, line.lot_min, line.lot_step)
        line.want = 0
        take_nb(line, np.int64(0), np.int64(0), np.int64(0), np.int64(0))
        if line.no_purchase == FILLED:
            most = legal_buy_nb(line.room, line.lot_min, line.lot_step)
            line.want = min(missing, most)
            if most < line.asked:
                line.no_purchase = VOLUME
    return n


@inlined
def fit_to_cash_nb(sheet, buyers, n, trading, cash):
    """Scale all purchases by one factor until their legal quantities fit into the cash; return the cost."""
    slippage, ticks = np.int64(trading.slippage), np.int64(trading.slippage_ticks)
    commission, least = np.int64(trading.commission), np.int64(trading.commission_min)
    scale = 1.0
    for _ in range(200):
        cost = np.int64(0)
        for b in range(n):
            line = sheet[buyers[b]]
            wanted = line.want if scale == 1.0 else np.int64(np.floor(line.want * scale))
            shares = legal_buy_nb(wanted, line.lot_min, line.lot_step)
            price, c, t = np.int64(0), np.int64(0), np.int64(0)
            if shares > 0:
                price, c, t = bill_nb(line, shares, slippage, ticks, commission, least)
            take_nb(line, shares, price, c, t)
            cost += line.cost
        if cost <= cash:
            return cost
        scale *= min(max(cash, 0) / cost, 0.999)
    for b in range(n):
        take_nb(sheet[buyers[b]], np.int64(0), np.int64(0), np.int64(0), np.int64(0))
    return np.int64(0)


@kernel
def step_nb(line):
    """Return the shares that a legal quantity grows by next."""
    return line.lot_min if line.quantity == 0 else line.lot_step


@kernel
def comes_first_nb(sheet, a, b):
    """Whether line `a` is further from its goal than line `b`; ties by symbol, which lines are sorted by."""
    far, near = sheet[a].shortfall, sheet[b].shortfall
    return far > near or (far == near and a < b)


@kernel
def sift_nb(sheet, heap, root, size):
    """Let the line at `root` sink until no line below it comes first."""
    while 2 * root + 1 < size:
        child = 2 * root + 1
        if child + 1 < size and comes_first_nb(sheet, heap[child + 1], heap[child]):
            child += 1
        if not comes_first_nb(sheet, heap[child], heap[root]):
            return
        heap[root], heap[child] = heap[child], heap[root]
        root = child


@inlined
def short_lines_nb(sheet, buyers, n, heap):
    """Heap the lines of which at least half a legal step is missing, the furthest from its goal on top.

    Half a step, so that no name ends further from its goal than its nearest legal quantity.
    """
    size = 0
    for b in range(n):
        line = sheet[buyers[b]]
        step, missing = step_nb(line), line.want - line.quantity
        if missing > 0 and 2 * missing >= step:
            line.shortfall = float(missing * line.ask)
            heap[size] = buyers[b]
            size += 1
    for root in range(size // 2 - 1, -1, -1):
        sift_nb(sheet, heap, root, size)
    return size


@inlined
def top_up_nb(sheet, buyers, n, heap, trading, left):
    """Spend what rounding left: one more legal step a name, by largest shortfall, ties by symbol."""
    slippage, ticks = np.int64(trading.slippage), np.int64(trading.slippage_ticks)
    commission, least = np.int64(trading.commission), np.int64(trading.commission_min)
    size = short_lines_nb(sheet, buyers, n, heap)
    while size > 0:
        line = sheet[heap[0]]
        size -= 1
        heap[0] = heap[size]
        sift_nb(sheet, heap, 0, size)
        shares = line.quantity + step_nb(line)
        price, c, t = bill_nb(line, shares, slippage, ticks, commission, least)
        more = shares * price + c + t - line.cost
        if more <= left:
            take_nb(line, shares, price, c, t)
            left -= more


@inlined
def buy_nb(sheet, count, scratch, listed, trading, i, book, lots, cash, held_up, orders, used):
    """Buy up to the goals with the cash at hand: pro rata, legal quantities, then the leftover lots."""
    buyers, heap = scratch
    shares, goals, pending = book.shares, book.goal, book.pending
    n = ask_nb(sheet, count, book, listed, i, buyers)
    cost = fit_to_cash_nb(sheet, buyers, n, trading, cash)
    top_up_nb(sheet, buyers, n, heap, trading, cash - cost)
    for b in range(n):
        line = sheet[buyers[b]]
        j, asked, filled, reason = line.asset, line.asked, line.quantity, line.no_purchase
        if asked == 0 and filled == 0 and reason != UNLISTED:
            if shares[j] > 0:  # less than a lot more of what is held is no order
                pending[j] = False
                continue
            asked, reason = goals[j], LOT
        if filled > 0:
            cash -= line.cost
            shares[j] += filled
            if trading.tax_dividends:
                add_lot_nb(lots, j, i, filled)
        if reason == FILLED and filled < asked:
            reason = CASH
        pending[j] = reason != FILLED and reason != LOT and (reason != CASH or held_up)
        fees, slip = (line.commission, np.int64(0), line.transferred), (line.price - line.ask) * filled
        write_order_nb(
            orders, used, i, j, 1, max(asked, filled), filled, line.price, fees, np.int64(0), slip, reason
        )
        used += 1
    return cash, used
