"""The matching loop: targets in, orders and a cent-exact account out.

Money is int64 fen and shares are whole, so that every sum is exact. The loop reads like the trading day:
corporate actions, sizing at the open, sales, purchases, valuation at the close. An open fill is decided by
the open, the limits of the day and yesterday's holdings alone; the one exception is the volume cap, which
needs the volume of a day that has not happened yet and is labelled so.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from screener.arrays import EVENT, ORDER, Ledger
from screener.kernels.fills import (
    CASH,
    FILLED,
    UNLISTED,
    VOLUME,
    buy_price_nb,
    buy_reason_nb,
    fees_nb,
    legal_buy_nb,
    legal_sale_nb,
    sale_reason_nb,
    sell_price_nb,
    volume_cap_nb,
)

SHARE = 100_000_000  # new shares are in 1e-8 a share


@njit(cache=True)
def grow_nb(records, used):
    """Return room for one more record: the same array, or a copy twice as long."""
    if used < len(records):
        return records
    longer = np.empty(2 * len(records), records.dtype)
    longer[:used] = records
    return longer


@njit(cache=True)
def write_order_nb(orders, used, i, j, side, asked, filled, price, fees, slippage, reason):
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
    orders[used]["slippage"] = slippage
    orders[used]["reason"] = reason
    return orders, used + 1


@njit(cache=True)
def apply_actions_nb(market, actions, i, shares, goal, cash, events, used):
    """Pay the dividends and book the new shares of day `i` on yesterday's holdings, before the open."""
    for k in range(actions.start[i], actions.start[i + 1]):
        j = actions.asset[k]
        goal[j] += goal[j] * actions.bonus[k] // SHARE
        held = shares[j]
        if held == 0:
            continue
        paid = (held * actions.cash[k] + 5_000) // 10_000  # 1e-6 CNY a share -> fen
        exact = held * actions.bonus[k]
        new = exact // SHARE
        if actions.fraction_paid[k]:
            paid += ((exact - new * SHARE) * market.reference[i, j] + SHARE // 2) // SHARE
        shares[j] = held + new
        cash += paid
        events = grow_nb(events, used)
        events[used]["event"] = k
        events[used]["day"] = i
        events[used]["asset"] = j
        events[used]["shares"] = held
        events[used]["cash"] = paid
        events[used]["new_shares"] = new
        used += 1
    return cash, events, used


@njit(cache=True)
def trade_cost_nb(market, rules, trading, i, j, change, price):
    """Estimate what trading `change` fen of asset `j` at the open of day `i` costs, slippage included."""
    if price == 0 or market.open[i, j] == 0:
        return 0
    shares = np.int64(abs(change) / price)
    if shares == 0:
        return 0
    paid = buy_price_nb(price, trading.slippage, market.limit_up[i, j])
    stamp = np.int64(0)
    if change < 0.0:
        paid = sell_price_nb(price, trading.slippage, market.limit_down[i, j])
        stamp = rules.stamp[i]
    c, s, t = fees_nb(
        shares, paid, rules.order_cap[i, j],
        trading.commission, trading.commission_min, stamp, rules.transfer[i, j],
    )  # fmt: skip
    return abs(paid - price) * shares + c + s + t


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
def size_nb(market, rules, trading, i, weights, shares, cash, goal, pending):
    """Turn target weights into target shares at the open of day `i`.

    Suspended names count at their last close. Equity is reduced by the estimated cost of getting there, so
    that a fully invested target fits into the cash that its sales bring.
    """
    n = len(shares)
    price = np.empty(n, np.int64)
    equity = float(cash)
    for j in range(n):
        price[j] = market.open[i, j]
        if price[j] == 0 and i > 0:
            price[j] = market.close[i - 1, j]
        equity += float(shares[j] * price[j])
    cost = 0.0
    for j in range(n):
        cost += trade_cost_nb(
            market, rules, trading, i, j, weights[j] * equity - shares[j] * price[j], price[j]
        )
    equity -= cost
    for j in range(n):
        goal[j] = goal_nb(weights[j] * equity, price[j], shares[j])
        away = abs(goal[j] - shares[j]) * price[j]
        within_band = goal[j] > 0 and away < trading.band * equity
        pending[j] = goal[j] != shares[j] and not within_band
        if weights[j] > 0.0 and price[j] == 0:
            pending[j] = True  # unlisted: refused and written down


@njit(cache=True)
def sell_nb(market, rules, trading, i, shares, cash, goal, pending, orders, used):
    """Sell down to the goals; return cash, orders, their number and whether a sale was held up."""
    held_up = False
    for j in range(len(shares)):
        if not pending[j] or shares[j] <= goal[j]:
            continue
        excess = shares[j] - goal[j] + (rules.lot_step[j] - 1) // 2  # to the nearest lot, ties down
        asked = legal_sale_nb(excess, shares[j], rules.lot_min[j], rules.lot_step[j])
        if asked == 0:
            pending[j] = False
            continue
        reason = sale_reason_nb(market, i, j)
        filled = asked
        if reason != FILLED:
            filled = 0
        elif asked > volume_cap_nb(market, trading, i, j):
            room = volume_cap_nb(market, trading, i, j)
            filled = legal_sale_nb(room, shares[j], rules.lot_min[j], rules.lot_step[j])
            reason = VOLUME
        price, slip, fees = 0, 0, (0, 0, 0)
        if filled > 0:
            price = sell_price_nb(market.open[i, j], trading.slippage, market.limit_down[i, j])
            slip = (market.open[i, j] - price) * filled
            fees = fees_nb(
                filled, price, rules.order_cap[i, j],
                trading.commission, trading.commission_min, rules.stamp[i], rules.transfer[i, j],
            )  # fmt: skip
            cash += filled * price - fees[0] - fees[1] - fees[2]
            shares[j] -= filled
        pending[j] = reason != FILLED
        held_up = held_up or pending[j]
        orders, used = write_order_nb(orders, used, i, j, -1, asked, filled, price, fees, slip, reason)
    return cash, orders, used, held_up


@njit(cache=True)
def buy_cost_nb(rules, trading, i, j, shares, price):
    """Return what `shares` at `price` cost, fees included, in fen."""
    if shares == 0:
        return 0
    c, _, t = fees_nb(
        shares, price, rules.order_cap[i, j],
        trading.commission, trading.commission_min, 0, rules.transfer[i, j],
    )  # fmt: skip
    return shares * price + c + t


@njit(cache=True)
def fit_to_cash_nb(rules, trading, i, want, price, cash, quantity):
    """Scale all purchases by one factor until their legal quantities fit into the cash; return the cost."""
    scale = 1.0
    cost = 0
    for _ in range(200):
        cost = 0
        for j in range(len(want)):
            wanted = want[j] if scale == 1.0 else np.int64(np.floor(want[j] * scale))
            quantity[j] = legal_buy_nb(wanted, rules.lot_min[j], rules.lot_step[j])
            cost += buy_cost_nb(rules, trading, i, j, quantity[j], price[j])
        if cost <= cash:
            return cost
        scale *= min(max(cash, 0) / cost, 0.999)
    quantity[:] = 0
    return 0


@njit(cache=True)
def top_up_nb(rules, trading, i, want, price, most, cash, quantity, cost):
    """Spend what rounding left: one more legal step a name, by largest shortfall, ties by symbol.

    A step is taken only when at least half of it is missing, so that no name ends further from its target
    than rounding to the nearest legal quantity would leave it.
    """
    n = len(want)
    shortfall = np.zeros(n)
    for j in range(n):
        step = rules.lot_min[j] if quantity[j] == 0 else rules.lot_step[j]
        missing = want[j] - quantity[j]
        if price[j] > 0 and 2 * missing >= step and quantity[j] + step <= most[j]:
            shortfall[j] = float(missing * price[j])
    for j in np.argsort(-shortfall, kind="mergesort"):
        if shortfall[j] <= 0.0:
            break
        step = rules.lot_min[j] if quantity[j] == 0 else rules.lot_step[j]
        dearer = buy_cost_nb(rules, trading, i, j, quantity[j] + step, price[j])
        more = dearer - buy_cost_nb(rules, trading, i, j, quantity[j], price[j])
        if cost + more <= cash:
            quantity[j] += step
            cost += more
    return cost


@njit(cache=True)
def buy_nb(market, rules, trading, i, shares, cash, goal, pending, held_up, orders, used):
    """Buy up to the goals with the cash at hand: pro rata, legal quantities, then the leftover lots."""
    n = len(shares)
    buying = np.zeros(n, np.bool_)
    want, price, most = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    asked, reason, quantity = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    for j in range(n):
        if not pending[j] or shares[j] > goal[j] or (shares[j] == goal[j] and market.listed[i, j]):
            continue
        buying[j] = True
        asked[j] = legal_buy_nb(goal[j] - shares[j], rules.lot_min[j], rules.lot_step[j])
        reason[j] = buy_reason_nb(market, i, j)
        if reason[j] != FILLED:
            continue
        most[j] = legal_buy_nb(volume_cap_nb(market, trading, i, j), rules.lot_min[j], rules.lot_step[j])
        want[j] = min(goal[j] - shares[j], most[j])
        price[j] = buy_price_nb(market.open[i, j], trading.slippage, market.limit_up[i, j])
        if want[j] < goal[j] - shares[j] and most[j] < asked[j]:
            reason[j] = VOLUME
    cost = fit_to_cash_nb(rules, trading, i, want, price, cash, quantity)
    top_up_nb(rules, trading, i, want, price, most, cash, quantity, cost)
    for j in np.flatnonzero(buying):
        if asked[j] == 0 and quantity[j] == 0 and reason[j] != UNLISTED:
            pending[j] = False
            continue
        fees = (0, 0, 0)
        if quantity[j] > 0:
            fees = fees_nb(
                quantity[j], price[j], rules.order_cap[i, j],
                trading.commission, trading.commission_min, 0, rules.transfer[i, j],
            )  # fmt: skip
            cash -= quantity[j] * price[j] + fees[0] + fees[1] + fees[2]
            shares[j] += quantity[j]
        if reason[j] == FILLED and quantity[j] < asked[j]:
            reason[j] = CASH
        pending[j] = reason[j] != FILLED and (reason[j] != CASH or held_up)
        slip = (price[j] - market.open[i, j]) * quantity[j]
        paid = price[j] if quantity[j] > 0 else 0
        asked[j] = max(asked[j], quantity[j])
        orders, used = write_order_nb(
            orders, used, i, j, 1, asked[j], quantity[j], paid, fees, slip, reason[j]
        )
    return cash, orders, used


@njit(cache=True)
def simulate_nb(market, rules, trading, actions, target_row, weights, cash):
    """Run one account through the market.

    Parameters
    ----------
    market, rules, trading, actions
        See `screener.arrays`.
    target_row : ndarray of int64 (n_days,)
        Row of `weights` that is sized at the open of the day, -1 = none.
    weights : ndarray of float64 (n_decisions, n_assets)
    cash : int
        Opening capital in fen; the account does not trade on day 0.

    Returns
    -------
    Ledger
    """
    n_days, n = market.open.shape
    nav, cash_at, shares_at = (
        np.empty(n_days, np.int64),
        np.empty(n_days, np.int64),
        np.zeros((n_days, n), np.int64),
    )
    shares, goal, pending = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    orders, n_orders = np.empty(256, ORDER), 0
    events, n_events = np.empty(64, EVENT), 0
    tries = 0
    for i in range(n_days):
        # overnight: dividends and new shares reach yesterday's holders
        cash, events, n_events = apply_actions_nb(market, actions, i, shares, goal, cash, events, n_events)
        # the open: size what was decided at yesterday's close, or try again what the market refused
        if target_row[i] >= 0:
            size_nb(market, rules, trading, i, weights[target_row[i]], shares, cash, goal, pending)
            tries = trading.retry_days + 1
        if tries > 0:
            cash, orders, n_orders, held_up = sell_nb(
                market, rules, trading, i, shares, cash, goal, pending, orders, n_orders
            )
            cash, orders, n_orders = buy_nb(
                market, rules, trading, i, shares, cash, goal, pending, held_up, orders, n_orders
            )
            tries -= 1
        # the close: value the holdings
        value = cash
        for j in range(n):
            shares_at[i, j] = shares[j]
            value += shares[j] * market.close[i, j]
        nav[i], cash_at[i] = value, cash
    return Ledger(nav, cash_at, shares_at, orders[:n_orders], events[:n_events])
