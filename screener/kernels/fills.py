"""What one order may do: fees, prices with slippage, legal quantities, and why the market refuses it.

Rates come in as arguments; money is int64 fen.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from screener.arrays import Reason

RATE = 10_000_000  # rates are in 1e-7 of turnover
HALF_RATE = 5_000_000

FILLED = int(Reason.FILLED)
SUSPENDED = int(Reason.SUSPENDED)
LIMIT_UP = int(Reason.LIMIT_UP)
LIMIT_DOWN = int(Reason.LIMIT_DOWN)
VOLUME = int(Reason.VOLUME)
CASH = int(Reason.CASH)
LOT = int(Reason.LOT)
UNLISTED = int(Reason.UNLISTED)


@njit(cache=True)
def fee_nb(value, rate):
    """Charge `rate` on `value` fen, rounded half up to the fen (rule R29)."""
    return (value * rate + HALF_RATE) // RATE


@njit(cache=True)
def child_fees_nb(value, commission, commission_min, stamp, transfer):
    """Return commission, stamp duty and transfer fee of one order, in fen."""
    charged = max(fee_nb(value, commission), commission_min) if commission + commission_min > 0 else 0
    return charged, fee_nb(value, stamp), fee_nb(value, transfer)


@njit(cache=True)
def fees_nb(shares, price, cap, commission, commission_min, stamp, transfer):
    """Return the fees of `shares` at `price`, cut into child orders of at most `cap` shares (rule R19)."""
    full = shares // cap
    rest = shares - full * cap
    c, s, t = child_fees_nb(cap * price, commission, commission_min, stamp, transfer)
    c, s, t = c * full, s * full, t * full
    if rest > 0:
        a, b, d = child_fees_nb(rest * price, commission, commission_min, stamp, transfer)
        c, s, t = c + a, s + b, t + d
    return c, s, t


@njit(cache=True)
def buy_price_nb(price, slippage, limit_up):
    """Add slippage, rounded up to the fen and clamped to the limit."""
    paid = (price * (RATE + slippage) + RATE - 1) // RATE
    return min(paid, limit_up) if limit_up > 0 else paid


@njit(cache=True)
def sell_price_nb(price, slippage, limit_down):
    """Subtract slippage, rounded down to the fen and clamped to the limit."""
    got = (price * (RATE - slippage)) // RATE
    return max(got, limit_down, 1)


@njit(cache=True)
def legal_buy_nb(shares, lot_min, lot_step):
    """Return the largest legal purchase of at most `shares` (rule R17)."""
    if shares < lot_min:
        return 0
    return lot_min + (shares - lot_min) // lot_step * lot_step


@njit(cache=True)
def legal_sale_nb(shares, held, lot_min, lot_step):
    """Return the largest legal sale of at most `shares` out of `held` (rule R18).

    Where lots are multiples (main board, ChiNext) the odd rest is sold whole, alone or with full lots.
    Elsewhere any number from the minimum on is legal, and a smaller balance only as a whole.
    """
    if shares >= held:
        return held
    if lot_step < lot_min:
        return shares if shares >= lot_min else 0
    whole = shares // lot_step * lot_step
    odd = held % lot_step
    if shares >= odd:
        whole = max(whole, odd + (shares - odd) // lot_step * lot_step)
    return whole


@njit(cache=True)
def sale_reason_nb(market, i, j):
    """Say why asset `j` cannot be sold at the open of day `i`, or 0."""
    if not market.listed[i, j]:
        return UNLISTED
    if market.open[i, j] == 0:
        return SUSPENDED
    if market.limit_down[i, j] > 0 and market.open[i, j] <= market.limit_down[i, j]:
        return LIMIT_DOWN
    return FILLED


@njit(cache=True)
def buy_reason_nb(market, i, j):
    """Say why asset `j` cannot be bought at the open of day `i`, or 0."""
    if not market.listed[i, j]:
        return UNLISTED
    if market.open[i, j] == 0:
        return SUSPENDED
    if market.limit_up[i, j] > 0 and market.open[i, j] >= market.limit_up[i, j]:
        return LIMIT_UP
    return FILLED


@njit(cache=True)
def volume_cap_nb(market, trading, i, j):
    """Return the most shares that the participation cap allows on day `i`."""
    if trading.participation <= 0.0:
        return np.int64(9_000_000_000_000_000)
    return np.int64(trading.participation * market.volume[i, j])
