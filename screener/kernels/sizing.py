"""From target weights to target shares at the prices of a day."""

from __future__ import annotations

import numpy as np
from numba import njit

from screener.kernels.fills import base_price_nb, buy_price_nb, fees_nb, sell_price_nb, slip_nb


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
