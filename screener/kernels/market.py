"""The matching loop: targets in, orders and a cent-exact account out.

Money is int64 fen and shares are whole, so that every sum is exact. The loop reads like the trading day:
corporate actions, sizing, sales, purchases, valuation at the close. The one thing that it knows too early is
the volume of the day, where a participation cap asks for it; that is labelled on every page.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange

from screener.arrays import EVENT, ORDER, Flags, IntVector, Ledger, Vector
from screener.kernels.fills import (
    CASH,
    FILLED,
    LIMIT_DOWN,
    LIMIT_UP,
    LOCKED,
    UNLISTED,
    VOLUME,
    base_price_nb,
    buy_price_nb,
    deciding_price_nb,
    fees_nb,
    legal_buy_nb,
    legal_sale_nb,
    refusal_nb,
    sell_price_nb,
    slip_nb,
    volume_cap_nb,
)
from screener.kernels.lots import add_lot_nb, no_lots_nb, pay_lots_nb, take_lots_nb

SHARE = 100_000_000  # new shares are in 1e-8 a share


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
def goal_nb(value, price, held):
    """Return how many shares to end with: `value` / `price`, the change rounded towards no trade.

    The hair of tolerance keeps what is whole in decimals from coming out one share short.
    """
    if price == 0:
        return np.int64(0)
    exact = value / price
    if exact >= held:
        return np.int64(np.floor(exact * (1.0 + 1e-12)))
    return np.int64(np.ceil(exact * (1.0 - 1e-12)))


@njit(cache=True)
def quotes_nb(market, fill, i, buying, names, base):
    """Write the prices of day `i` before slippage into `base`, by position in `names`."""
    open_, high, low, close = market.open, market.high, market.low, market.close
    volume, amount = market.volume, market.amount
    for k in range(len(names)):
        j = names[k]
        base[k] = base_price_nb(
            fill, open_[i, j], high[i, j], low[i, j], close[i, j], volume[i, j], amount[i, j], buying
        )


@njit(cache=True)
def impacts_nb(market, i, names, impact):
    """Write the impact of one share on day `i` into `impact`, by position in `names`."""
    if market.impact.shape[0] > 0:
        for k in range(len(names)):
            impact[k] = market.impact[i, names[k]]


@njit(cache=True)
def concerned_nb(weights, shares):
    """List the assets that are held or wanted."""
    return np.flatnonzero((weights != 0.0) | (shares != 0))


@njit(cache=True)
def size_nb(market, rules, trading, i, weights, book, cash):
    """Turn target weights into target shares at the prices of day `i`.

    Suspended names count at their last close. Equity is reduced by the estimated cost of getting there, so
    that a fully invested target fits into the cash that its sales bring.
    """
    shares, goals, pending, close = book.shares, book.goal, book.pending, market.close
    goals[:], pending[:] = 0, False
    names = concerned_nb(weights, shares)
    n = len(names)
    price, tradable, impact = np.zeros(n, np.int64), np.zeros(n, np.bool_), np.zeros(n)
    quotes_nb(market, trading.fill, i, False, names, price)
    impacts_nb(market, i, names, impact)
    equity = float(cash)
    for k in range(n):
        tradable[k] = price[k] > 0
        if price[k] == 0 and i > 0:
            price[k] = close[i - 1, names[k]]
        equity += float(shares[names[k]] * price[k])
    equity -= estimate_nb(market, rules, trading, i, names, weights, shares, price, tradable, impact, equity)
    least, band = float(trading.trade_min), trading.band * equity
    for k in range(n):
        j = names[k]
        held = shares[j]
        goal = goal_nb(weights[j] * equity, price[k], held) if price[k] > 0 else np.int64(0)
        goals[j] = goal
        away = abs(goal - held) * price[k]
        small = goal > 0 and (away < least or (held > 0 and away < band))
        unlisted = weights[j] > 0.0 and price[k] == 0  # refused and written down
        pending[j] = unlisted or (goal != held and not small)


@njit(cache=True)
def estimate_nb(market, rules, trading, i, names, weights, shares, price, tradable, impact, equity):
    """Estimate what it costs to get from `shares` to `weights` on day `i`, slippage included, in fen."""
    up, down, cap, transfer = market.limit_up, market.limit_down, rules.order_cap, rules.transfer
    slippage, ticks = np.int64(trading.slippage), np.int64(trading.slippage_ticks)
    commission, least, stamp = np.int64(trading.commission), np.int64(trading.commission_min), rules.stamp[i]
    cost = 0.0
    for k in range(len(names)):
        j = names[k]
        change = weights[j] * equity - shares[j] * price[k]
        quantity = np.int64(abs(change) / price[k]) if tradable[k] else np.int64(0)
        if quantity == 0:
            continue
        rate = slip_nb(slippage, impact[k], quantity)
        if change < 0.0:
            paid = sell_price_nb(price[k], rate, ticks, down[i, j])
            c, s, t = fees_nb(quantity, paid, cap[i, j], commission, least, stamp, transfer[i, j])
        else:
            paid = buy_price_nb(price[k], rate, ticks, up[i, j])
            c, s, t = fees_nb(quantity, paid, cap[i, j], commission, least, 0, transfer[i, j])
        cost += abs(paid - price[k]) * quantity + c + s + t
    return cost


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


@njit(cache=True)
def unlock_nb(book, i):
    """Let new shares trade from the day of their listing on."""
    for j in range(len(book.shares)):
        if book.locked[j] > 0 and i >= book.unlock[j]:
            book.locked[j] = 0


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
