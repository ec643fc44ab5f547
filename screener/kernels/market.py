"""The matching loop: targets in, orders and a cent-exact account out.

Money is int64 fen and shares are whole, so that every sum is exact. The loop reads like the trading day:
corporate actions, sizing, sales, purchases, valuation at the close. The one thing that it knows too early is
the volume of the day, where a participation cap asks for it; that is labelled on every page.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from screener.arrays import EVENT, ORDER, Ledger
from screener.kernels._jit import kernel
from screener.kernels.book import empty_book_nb, longer_nb, value_nb
from screener.kernels.events import apply_actions_nb
from screener.kernels.lots import dividend_tax_nb, more_lots_nb, no_lots_nb
from screener.kernels.purchases import buy_nb
from screener.kernels.sales import sell_nb
from screener.kernels.sheet import LINE, keep_pending_nb, list_concerned_nb, quote_nb
from screener.kernels.sizing import size_nb


@kernel
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
    # most accounts write one to two orders for each weight; room that is not used takes no memory
    n_weights = np.count_nonzero(weights)
    orders, n_orders = np.empty(256 + 3 * n_weights // 2, ORDER), 0
    events, n_events = np.empty(64, EVENT), 0
    book, lots, due = empty_book_nb(n), no_lots_nb(n, 64 + n_weights), np.zeros(n_days, np.int64)
    sheet, count = np.zeros(n, LINE), 0
    scratch = (np.empty(n, np.int64), np.empty(n, np.int64))
    holding, n_held = np.empty(n, np.uint32), 0  # unsigned: no look at the end of an array
    shares, close, start = book.shares, market.close, actions.start
    tries, owed, i = 0, np.int64(0), 0
    while i < n_days:
        # overnight: what is due is paid, corporate actions reach yesterday's holders
        cash += due[i]
        owed -= due[i]
        n_actions = start[i + 1] - start[i]
        if n_actions > 0:
            if n_events + n_actions > len(events):
                events = longer_nb(events, n_events, n_actions)
            if lots.used[0] + n_actions > len(lots.link):
                lots = more_lots_nb(lots, n_actions)
            seen = n_events
            cash, owed, n_events = apply_actions_nb(
                actions, market.reference, trading.tax_dividends, i,
                book, lots, cash, owed, due, events, n_events,
            )  # fmt: skip
            n_held = n_held if n_events == seen else -1
        # the open: size what was decided at yesterday's close, or try again what the market refused
        decided = target_row[i] >= 0
        if decided:
            count = list_concerned_nb(weights[target_row[i]], shares, sheet)
            tries = trading.retry_days + 1
        if tries > 0 and count > 0:
            quote_nb(market, rules, trading, i, sheet, count)
            if decided:
                size_nb(
                    sheet, count, trading, rules.stamp[i], close[max(i - 1, 0)],
                    weights[target_row[i]], book, cash + owed,
                )  # fmt: skip
            if n_orders + 2 * count > len(orders):
                orders = longer_nb(orders, n_orders, 2 * count)
            if lots.used[0] + count > len(lots.link):
                lots = more_lots_nb(lots, count)
            cash, n_orders, held_up = sell_nb(
                sheet, count, trading, rules.stamp[i], dividend_tax_nb(rules, i), i,
                book, lots, cash, orders, n_orders,
            )  # fmt: skip
            cash, n_orders = buy_nb(
                sheet, count, scratch, market.listed, trading, i, book, lots, cash, held_up, orders, n_orders
            )
            count, n_held = keep_pending_nb(book.pending, sheet, count), -1
        tries -= 1
        # the close: value the holdings, on this day and on those after it on which nothing happens
        busy = i + 1
        if tries <= 0 or count == 0:
            while busy < n_days and start[busy] == start[busy + 1] and target_row[busy] < 0:
                busy += 1
        cash, owed, n_held = value_nb(
            shares, holding, n_held, close, due, cash, owed, i, busy, nav, cash_at, due_at
        )
        i = busy
    return Ledger(nav, cash_at, due_at, orders[:n_orders], events[:n_events])


@njit(cache=True, parallel=True, error_model="numpy")
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
