"""From target weights to target shares at the prices of a day."""

from __future__ import annotations

import numpy as np

from screener.kernels._jit import inlined, kernel
from screener.kernels.fills import buy_price_nb, fees_nb, sell_price_nb, slip_nb


@kernel
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


@inlined
def size_nb(sheet, count, trading, stamp, before, weights, book, cash):
    """Turn target weights into target shares at the prices on the sheet.

    Suspended names count at their last close, `before`. Equity is reduced by the estimated cost of getting
    there, so that a fully invested target fits into the cash that its sales bring.
    """
    shares, goals, pending = book.shares, book.goal, book.pending
    goals[:], pending[:] = 0, False
    equity = float(cash)
    for k in range(count):
        line = sheet[k]
        line.value = line.bid if line.bid > 0 else before[line.asset]
        equity += float(shares[line.asset] * line.value)
    equity -= estimate_nb(sheet, count, trading, stamp, weights, shares, equity)
    least, band = float(trading.trade_min), trading.band * equity
    for k in range(count):
        j, price = sheet[k].asset, sheet[k].value
        held = shares[j]
        goal = goal_nb(weights[j] * equity, price, held)
        goals[j] = goal
        away = abs(goal - held) * price
        small = goal > 0 and (away < least or (held > 0 and away < band))
        unlisted = weights[j] > 0.0 and price == 0  # refused and written down
        pending[j] = unlisted or (goal != held and not small)


@inlined
def estimate_nb(sheet, count, trading, stamp, weights, shares, equity):
    """Estimate what it costs to get from `shares` to `weights`, slippage included, in fen."""
    slippage, ticks = np.int64(trading.slippage), np.int64(trading.slippage_ticks)
    commission, least = np.int64(trading.commission), np.int64(trading.commission_min)
    cost = 0.0
    for k in range(count):
        line = sheet[k]
        price = line.bid
        if price == 0:
            continue
        change = weights[line.asset] * equity - shares[line.asset] * price
        quantity = np.int64(abs(change) / price)
        if quantity == 0:
            continue
        rate = slip_nb(slippage, line.impact, quantity)
        if change < 0.0:
            paid, duty = sell_price_nb(price, rate, ticks, line.limit_down), stamp
        else:
            paid, duty = buy_price_nb(price, rate, ticks, line.limit_up), np.int64(0)
        c, s, t = fees_nb(quantity, paid, line.order_cap, commission, least, duty, line.transfer)
        cost += abs(paid - price) * quantity + c + s + t
    return cost
