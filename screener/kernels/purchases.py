"""Purchases: pro rata to the cash, legal quantities, then the leftover lots."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from screener.arrays import IntVector, Vector
from screener.kernels.book import write_order_nb
from screener.kernels.fills import (
    CASH,
    FILLED,
    LIMIT_UP,
    UNLISTED,
    VOLUME,
    buy_price_nb,
    deciding_price_nb,
    fees_nb,
    legal_buy_nb,
    refusal_nb,
    slip_nb,
    volume_cap_nb,
)
from screener.kernels.lots import add_lot_nb
from screener.kernels.sizing import impacts_nb, quotes_nb


class Bids(NamedTuple):
    """What the purchases of a day need to know, by candidate."""

    asset: IntVector
    want: IntVector  # shares
    most: IntVector  # shares that the volume cap allows
    base: IntVector  # fen
    limit: IntVector
    impact: Vector
    lot_min: IntVector
    lot_step: IntVector
    cap: IntVector
    transfer: IntVector


@njit(cache=True)
def bids_nb(names):
    """Return bids with nothing filled in."""
    n = len(names)
    blank = np.zeros((8, n), np.int64)
    return Bids(
        names, blank[0], blank[1], blank[2], blank[3], np.zeros(n), blank[4], blank[5], blank[6], blank[7]
    )


@njit(cache=True)
def bill_nb(shares, base, limit, impact, cap, transfer, slippage, ticks, commission, least):
    """Return price, commission and transfer fee of a purchase."""
    price = buy_price_nb(base, slip_nb(slippage, impact, shares), ticks, limit)
    c, _, t = fees_nb(shares, price, cap, commission, least, 0, transfer)
    return price, c, t


@njit(cache=True)
def bid_cost_nb(bids, trading, k, shares):
    """Return what `shares` of candidate `k` cost, fees included, in fen."""
    if shares == 0:
        return np.int64(0)
    price, c, t = bill_nb(
        shares, bids.base[k], bids.limit[k], bids.impact[k], bids.cap[k], bids.transfer[k],
        trading.slippage, trading.slippage_ticks, trading.commission, trading.commission_min,
    )  # fmt: skip
    return shares * price + c + t


@njit(cache=True)
def fit_to_cash_nb(bids, trading, cash, quantity):
    """Scale all purchases by one factor until their legal quantities fit into the cash; return the cost."""
    slippage, ticks = np.int64(trading.slippage), np.int64(trading.slippage_ticks)
    commission, least = np.int64(trading.commission), np.int64(trading.commission_min)
    want, lot_min, lot_step = bids.want, bids.lot_min, bids.lot_step
    base, limit, impact, cap, transfer = bids.base, bids.limit, bids.impact, bids.cap, bids.transfer
    scale = 1.0
    for _ in range(200):
        cost = np.int64(0)
        for k in range(len(want)):
            wanted = want[k] if scale == 1.0 else np.int64(np.floor(want[k] * scale))
            shares = legal_buy_nb(wanted, lot_min[k], lot_step[k])
            quantity[k] = shares
            if shares > 0:
                price, c, t = bill_nb(
                    shares, base[k], limit[k], impact[k], cap[k], transfer[k],
                    slippage, ticks, commission, least,
                )  # fmt: skip
                cost += shares * price + c + t
        if cost <= cash:
            return cost
        scale *= min(max(cash, 0) / cost, 0.999)
    quantity[:] = 0
    return np.int64(0)


@njit(cache=True)
def top_up_nb(bids, trading, cash, quantity, cost):
    """Spend what rounding left: one more legal step a name, by largest shortfall, ties by symbol.

    A step is taken only when at least half of it is missing, so that no name ends further from its target
    than rounding to the nearest legal quantity would leave it.
    """
    n = len(quantity)
    shortfall = np.zeros(n)
    for k in range(n):
        step = bids.lot_min[k] if quantity[k] == 0 else bids.lot_step[k]
        missing = bids.want[k] - quantity[k]
        if missing > 0 and 2 * missing >= step and quantity[k] + step <= bids.most[k]:
            shortfall[k] = float(missing * bids.base[k])
    for k in np.argsort(-shortfall, kind="mergesort"):
        if shortfall[k] <= 0.0:
            break
        step = bids.lot_min[k] if quantity[k] == 0 else bids.lot_step[k]
        more = bid_cost_nb(bids, trading, k, quantity[k] + step) - bid_cost_nb(bids, trading, k, quantity[k])
        if cost + more <= cash:
            quantity[k] += step
            cost += more


@njit(cache=True)
def buyers_nb(market, book, i):
    """List the assets that are to be bought, or that cannot be and shall be written down."""
    shares, goals, pending = book.shares, book.goal, book.pending
    buying = np.zeros(len(shares), np.bool_)
    for j in range(len(shares)):
        if pending[j]:
            buying[j] = shares[j] < goals[j] or (shares[j] == goals[j] and not market.listed[i, j])
    return np.flatnonzero(buying)


@njit(cache=True)
def ask_nb(market, rules, trading, i, book, bids, asked, reason):
    """Fill in the bids of day `i`: what is asked for, what the market allows, and why it does not."""
    quotes_nb(market, trading.fill, i, True, bids.asset, bids.base)
    impacts_nb(market, i, bids.asset, bids.impact)
    open_, low, close, up = market.open, market.low, market.close, market.limit_up
    listed, volume, shares, goals = market.listed, market.volume, book.shares, book.goal
    names, want, most, lot_min, lot_step = bids.asset, bids.want, bids.most, bids.lot_min, bids.lot_step
    limits, caps, transfers, cap, transfer = (
        bids.limit,
        bids.cap,
        bids.transfer,
        rules.order_cap,
        rules.transfer,
    )
    for k in range(len(asked)):
        j = names[k]
        missing = goals[j] - shares[j]
        lot_min[k], lot_step[k] = rules.lot_min[j], rules.lot_step[j]
        limits[k], caps[k], transfers[k] = up[i, j], cap[i, j], transfer[i, j]
        asked[k] = legal_buy_nb(missing, lot_min[k], lot_step[k])
        reason[k] = refusal_nb(trading.fill, listed[i, j], open_[i, j], rules.close_trades[i])
        deciding = deciding_price_nb(trading.fill, open_[i, j], close[i, j], low[i, j])
        if reason[k] == FILLED and up[i, j] > 0 and deciding >= up[i, j]:
            reason[k] = LIMIT_UP
        if reason[k] != FILLED:
            continue
        room = volume_cap_nb(trading.participation, volume[i, j])
        most[k] = legal_buy_nb(room, lot_min[k], lot_step[k])
        want[k] = min(missing, most[k])
        if most[k] < asked[k]:
            reason[k] = VOLUME


@njit(cache=True)
def buy_nb(market, rules, trading, i, book, lots, cash, held_up, orders, used):
    """Buy up to the goals with the cash at hand: pro rata, legal quantities, then the leftover lots."""
    bids = bids_nb(buyers_nb(market, book, i))
    n = len(bids.asset)
    asked, reason, quantity = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    ask_nb(market, rules, trading, i, book, bids, asked, reason)
    cost = fit_to_cash_nb(bids, trading, cash, quantity)
    top_up_nb(bids, trading, cash, quantity, cost)
    for k in range(n):
        j, filled = bids.asset[k], quantity[k]
        if asked[k] == 0 and filled == 0 and reason[k] != UNLISTED:
            book.pending[j] = False
            continue
        price, slip, c, t = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
        if filled > 0:
            price, c, t = bill_nb(
                filled, bids.base[k], bids.limit[k], bids.impact[k], bids.cap[k], bids.transfer[k],
                trading.slippage, trading.slippage_ticks, trading.commission, trading.commission_min,
            )  # fmt: skip
            slip = (price - bids.base[k]) * filled
            cash -= filled * price + c + t
            book.shares[j] += filled
            if trading.tax_dividends:
                lots = add_lot_nb(lots, j, i, filled)
        if reason[k] == FILLED and filled < asked[k]:
            reason[k] = CASH
        book.pending[j] = reason[k] != FILLED and (reason[k] != CASH or held_up)
        fees = (c, np.int64(0), t)
        wanted = max(asked[k], filled)
        orders, used = write_order_nb(
            orders, used, i, j, 1, wanted, filled, price, fees, np.int64(0), slip, reason[k]
        )
    return cash, lots, orders, used
