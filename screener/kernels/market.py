"""The matching loop: targets in, orders and a cent-exact account out.

Money is int64 fen and shares are whole, so that every sum is exact. The loop reads like the trading day:
corporate actions, sizing, sales, purchases, valuation at the close. The one thing that it knows too early is
the volume of the day, where a participation cap asks for it; that is labelled on every page.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from screener.arrays import EVENT, ORDER, Ledger
from screener.kernels.book import empty_book_nb, unlock_nb, write_event_nb, write_order_nb
from screener.kernels.fills import (
    FILLED,
    LIMIT_DOWN,
    LOCKED,
    VOLUME,
    deciding_price_nb,
    fees_nb,
    legal_sale_nb,
    refusal_nb,
    sell_price_nb,
    slip_nb,
    volume_cap_nb,
)
from screener.kernels.lots import add_lot_nb, no_lots_nb, pay_lots_nb, take_lots_nb
from screener.kernels.purchases import buy_nb
from screener.kernels.sizing import impacts_nb, quotes_nb, size_nb

SHARE = 100_000_000  # new shares are in 1e-8 a share


@njit(cache=True)
def apply_actions_nb(market, actions, trading, i, book, lots, cash, owed, due, events, used):
    """Book the corporate actions of day `i` on yesterday's holdings, before the first trade.

    Cash that is paid later is owed, and waits in `due` by day. Rights are taken as far as the cash reaches.
    """
    for k in range(actions.start[i], actions.start[i + 1]):
        j, into = actions.asset[k], actions.into[k]
        if into == j:
            book.goal[j] += book.goal[j] * actions.bonus[k] // SHARE
        held = book.shares[j]
        if held == 0:
            continue
        paid = (held * actions.cash[k] + 5_000) // 10_000  # 1e-6 CNY a share -> fen
        exact = held * actions.bonus[k]
        new = exact // SHARE
        if actions.fraction_paid[k]:
            paid += ((exact - new * SHARE) * market.reference[i, j] + SHARE // 2) // SHARE
        if actions.price[k] > 0:
            new = min(new, cash // actions.price[k])
            cash -= new * actions.price[k]
        if actions.pay[k] > i:
            owed += paid
            if actions.pay[k] < len(due):
                due[actions.pay[k]] += paid
        else:
            cash += paid
        if trading.tax_dividends:
            if actions.taxable[k] > 0:
                pay_lots_nb(lots, j, actions.taxable[k])
            if actions.ends[k]:
                lots.first[j] = -1
            if new > 0:
                lots = add_lot_nb(lots, into, i, new)
        if actions.ends[k]:
            book.shares[j] = 0
            book.goal[j] = 0
        book.shares[into] += new
        if new > 0 and actions.listing[k] > i:
            book.locked[into] += new
            book.unlock[into] = max(book.unlock[into], actions.listing[k])
        booked = paid - new * actions.price[k]
        events, used = write_event_nb(events, used, k, i, j, held, booked, new, into)
    return cash, owed, lots, events, used


@njit(cache=True)
def sale_nb(refusal, at_limit, asked, free, room, lot_min, lot_step):
    """Return how much of a sale can be filled, and why not all of it."""
    reason = refusal if refusal != FILLED or not at_limit else LIMIT_DOWN
    filled = asked if reason == FILLED else np.int64(0)
    if filled > free:
        filled, reason = legal_sale_nb(filled, free, lot_min, lot_step), LOCKED
    if filled > room:
        filled, reason = legal_sale_nb(room, free, lot_min, lot_step), VOLUME
    return filled, reason


@njit(cache=True)
def sellers_nb(book):
    """List the assets of which less is wanted than is held."""
    return np.flatnonzero(book.pending & (book.shares > book.goal))


@njit(cache=True)
def sell_nb(market, rules, trading, i, book, lots, cash, orders, used):
    """Sell down to the goals; return cash, orders, their number and whether a sale was held up."""
    shares, goals, pending, locked = book.shares, book.goal, book.pending, book.locked
    open_, high, close, down = market.open, market.high, market.close, market.limit_down
    listed, volume, cap, transfer = market.listed, market.volume, rules.order_cap, rules.transfer
    names = sellers_nb(book)
    base, impact = np.zeros(len(names), np.int64), np.zeros(len(names))
    quotes_nb(market, trading.fill, i, False, names, base)
    impacts_nb(market, i, names, impact)
    held_up = False
    for k in range(len(names)):
        j = names[k]
        held, lot_min, lot_step = shares[j], rules.lot_min[j], rules.lot_step[j]
        excess = held - goals[j] + (lot_step - 1) // 2  # to the nearest lot, ties down
        asked = legal_sale_nb(excess, held, lot_min, lot_step)
        if asked == 0:
            pending[j] = False
            continue
        refusal = refusal_nb(trading.fill, listed[i, j], open_[i, j], rules.close_trades[i])
        deciding = deciding_price_nb(trading.fill, open_[i, j], close[i, j], high[i, j])
        at_limit = down[i, j] > 0 and deciding <= down[i, j]
        room = volume_cap_nb(trading.participation, volume[i, j])
        filled, reason = sale_nb(refusal, at_limit, asked, held - locked[j], room, lot_min, lot_step)
        price, slip, tax = np.int64(0), np.int64(0), np.int64(0)
        fees = (np.int64(0), np.int64(0), np.int64(0))
        if filled > 0:
            rate = slip_nb(trading.slippage, impact[k], filled)
            price = sell_price_nb(base[k], rate, trading.slippage_ticks, down[i, j])
            slip = (base[k] - price) * filled
            fees = fees_nb(
                filled, price, cap[i, j],
                trading.commission, trading.commission_min, rules.stamp[i], transfer[i, j],
            )  # fmt: skip
            if trading.tax_dividends:
                tax = take_lots_nb(lots, rules, i, j, filled)
            cash += filled * price - fees[0] - fees[1] - fees[2] - tax
            shares[j] -= filled
        pending[j] = reason != FILLED
        held_up = held_up or pending[j]
        orders, used = write_order_nb(orders, used, i, j, -1, asked, filled, price, fees, tax, slip, reason)
    return cash, orders, used, held_up


@njit(cache=True)
def simulate_nb(market, rules, trading, actions, target_row, weights, cash):
    """Run one account through the market.

    Parameters
    ----------
    market, rules, trading, actions
        See `screener.arrays`.
    target_row : ndarray of int64 (n_days,)
        Row of `weights` that is sized at the prices of the day, -1 = none.
    weights : ndarray of float64 (n_decisions, n_assets)
    cash : int
        Opening capital in fen.

    Returns
    -------
    Ledger
    """
    n_days, n = market.open.shape
    nav, cash_at, due_at = np.empty(n_days, np.int64), np.empty(n_days, np.int64), np.empty(n_days, np.int64)
    book, lots = empty_book_nb(n), no_lots_nb(n)
    due = np.zeros(n_days, np.int64)
    orders, n_orders = np.empty(256, ORDER), 0
    events, n_events = np.empty(64, EVENT), 0
    holding = np.zeros(0, np.int64)  # assets with shares, so that a quiet day reads no others
    tries, owed = 0, np.int64(0)
    for i in range(n_days):
        # overnight: what is due is paid, corporate actions reach yesterday's holders
        cash += due[i]
        owed -= due[i]
        seen = n_events
        cash, owed, lots, events, n_events = apply_actions_nb(
            market, actions, trading, i, book, lots, cash, owed, due, events, n_events
        )
        # the open: size what was decided at yesterday's close, or try again what the market refused
        if target_row[i] >= 0:
            size_nb(market, rules, trading, i, weights[target_row[i]], book, cash + owed)
            tries = trading.retry_days + 1
        traded = tries > 0 and book.pending.any()
        if traded:
            unlock_nb(book, i)
            cash, orders, n_orders, held_up = sell_nb(
                market, rules, trading, i, book, lots, cash, orders, n_orders
            )
            cash, lots, orders, n_orders = buy_nb(
                market, rules, trading, i, book, lots, cash, held_up, orders, n_orders
            )
        tries -= 1
        if traded or n_events > seen:
            holding = np.flatnonzero(book.shares)
        # the close: value the holdings
        value = cash + owed
        for j in holding:
            value += book.shares[j] * market.close[i, j]
        nav[i], cash_at[i], due_at[i] = value, cash, owed
    return Ledger(nav, cash_at, due_at, orders[:n_orders], events[:n_events])


@njit(cache=True, parallel=True)
def simulate_batch_nb(market, rules, trading, actions, target_row, weights, cash):
    """Run one account for each of a batch of weights; see `simulate_nb`.

    Parameters
    ----------
    weights : ndarray of float64 (n_sets, n_decisions, n_assets)

    Returns
    -------
    ndarray of int64 (n_sets, n_days)
        Equity in fen.
    """
    nav = np.empty((weights.shape[0], market.open.shape[0]), np.int64)
    for b in prange(weights.shape[0]):
        nav[b] = simulate_nb(market, rules, trading, actions, target_row, weights[b], cash).nav
    return nav
