"""Sales: down to the goals, to legal quantities, as far as the market takes them."""

from __future__ import annotations

import numpy as np

from screener.kernels._jit import inlined
from screener.kernels.book import write_order_nb
from screener.kernels.fills import FILLED, LOCKED, VOLUME, fees_nb, legal_sale_nb, sell_price_nb, slip_nb
from screener.kernels.lots import take_lots_nb


@inlined
def sale_nb(line, asked, free):
    """Return how much of a sale can be filled, and why not all of it."""
    reason = line.no_sale
    filled = asked if reason == FILLED else np.int64(0)
    if filled > free:
        filled, reason = legal_sale_nb(filled, free, line.lot_min, line.lot_step), LOCKED
    if filled > line.room:
        filled, reason = legal_sale_nb(line.room, free, line.lot_min, line.lot_step), VOLUME
    return filled, reason


@inlined
def sell_nb(sheet, count, trading, stamp, tax_rates, i, book, lots, cash, orders, used):
    """Sell down to the goals; return cash, number of orders and whether a sale was held up."""
    shares, goals, pending = book.shares, book.goal, book.pending
    locked, unlock = book.locked, book.unlock
    slippage, ticks = np.int64(trading.slippage), np.int64(trading.slippage_ticks)
    commission, least = np.int64(trading.commission), np.int64(trading.commission_min)
    held_up = False
    for k in range(count):
        line = sheet[k]
        j = line.asset
        held = shares[j]
        if not pending[j] or held <= goals[j]:
            continue
        excess = held - goals[j] + (line.lot_step - 1) // 2  # to the nearest lot, ties down
        asked = legal_sale_nb(excess, held, line.lot_min, line.lot_step)
        if asked == 0:
            pending[j] = False
            continue
        free = held - (locked[j] if i < unlock[j] else 0)
        filled, reason = sale_nb(line, asked, free)
        price, slip, tax = np.int64(0), np.int64(0), np.int64(0)
        fees = (np.int64(0), np.int64(0), np.int64(0))
        if filled > 0:
            rate = slip_nb(slippage, line.impact, filled)
            price = sell_price_nb(line.bid, rate, ticks, line.limit_down)
            slip = (line.bid - price) * filled
            fees = fees_nb(filled, price, line.order_cap, commission, least, stamp, line.transfer)
            if trading.tax_dividends:
                tax = take_lots_nb(lots, j, i, filled, tax_rates)
            cash += filled * price - fees[0] - fees[1] - fees[2] - tax
            shares[j] -= filled
        pending[j] = reason != FILLED
        held_up = held_up or pending[j]
        write_order_nb(orders, used, i, j, -1, asked, filled, price, fees, tax, slip, reason)
        used += 1
    return cash, used, held_up
