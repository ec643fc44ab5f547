"""What one order may do: its price, fees and legal quantity, and why the market refuses it.

Rates and tables come in as arguments; money is int64 fen. A fill at the open is decided by the open alone,
one at the close by the close alone, one at the average price by the day's range (rule table of the fills).
"""

from __future__ import annotations

import numpy as np

from screener.arrays import Fill, Reason
from screener.kernels._jit import inlined, kernel

RATE = 10_000_000  # rates are in 1e-7 of turnover
HALF_RATE = 5_000_000
MOST = 9_000_000_000_000_000  # shares; more than any order

OPEN = int(Fill.OPEN)
CLOSE = int(Fill.CLOSE)

FILLED = int(Reason.FILLED)
SUSPENDED = int(Reason.SUSPENDED)
LIMIT_UP = int(Reason.LIMIT_UP)
LIMIT_DOWN = int(Reason.LIMIT_DOWN)
VOLUME = int(Reason.VOLUME)
CASH = int(Reason.CASH)
LOT = int(Reason.LOT)
UNLISTED = int(Reason.UNLISTED)
LOCKED = int(Reason.LOCKED)
NO_CLOSE = int(Reason.NO_CLOSE)


@kernel
def fee_nb(value, rate):
    """Charge `rate` on `value` fen, rounded half up to the fen (rule R29)."""
    return (value * rate + HALF_RATE) // RATE


@kernel
def child_fees_nb(value, commission, commission_min, stamp, transfer):
    """Return commission, stamp duty and transfer fee of one order, in fen."""
    charged = np.int64(0)
    if commission + commission_min > 0:
        charged = max(fee_nb(value, commission), commission_min)
    return charged, fee_nb(value, stamp), fee_nb(value, transfer)


@inlined
def fees_nb(shares, price, cap, commission, commission_min, stamp, transfer):
    """Return the fees of `shares` at `price`, cut into child orders of at most `cap` shares (rule R19)."""
    if shares <= cap:
        return child_fees_nb(shares * price, commission, commission_min, stamp, transfer)
    full = shares // cap
    rest = shares - full * cap
    c, s, t = child_fees_nb(cap * price, commission, commission_min, stamp, transfer)
    c, s, t = c * full, s * full, t * full
    if rest > 0:
        a, b, d = child_fees_nb(rest * price, commission, commission_min, stamp, transfer)
        c, s, t = c + a, s + b, t + d
    return c, s, t


@kernel
def base_price_nb(fill, open_, high, low, close, volume, amount, buying):
    """Return the price of the day before slippage, 0 without a bar; an average is rounded against us."""
    if open_ == 0 or fill == OPEN:
        return open_
    if fill == CLOSE:
        return close
    volume = max(volume, 1)
    average = (amount + volume - 1) // volume if buying else amount // volume
    return min(max(average, low), high)


@kernel
def slip_nb(slippage, impact, shares):
    """Return slippage and market impact of an order, in 1e-7 of the price."""
    return slippage if impact == 0.0 else slippage + np.int64(impact * np.sqrt(shares))


@kernel
def buy_price_nb(base, rate, ticks, limit_up):
    """Add slippage to the price of the day, rounded up to the tick and clamped to the limit."""
    paid = (base * (RATE + rate) + RATE - 1) // RATE + ticks
    return min(paid, limit_up) if limit_up > 0 else paid


@kernel
def sell_price_nb(base, rate, ticks, limit_down):
    """Subtract slippage from the price of the day, rounded down to the tick and clamped to the limit."""
    got = (base * (RATE - min(rate, RATE))) // RATE - ticks
    return max(got, limit_down, 1)


@kernel
def legal_buy_nb(shares, lot_min, lot_step):
    """Return the largest legal purchase of at most `shares` (rule R17)."""
    if shares < lot_min:
        return np.int64(0)
    return lot_min + (shares - lot_min) // lot_step * lot_step


@kernel
def legal_sale_nb(shares, held, lot_min, lot_step):
    """Return the largest legal sale of at most `shares` out of `held` (rule R18).

    Where lots are multiples (main board, ChiNext) the odd rest is sold whole, alone or with full lots.
    Elsewhere any number from the minimum on is legal, and a smaller balance only as a whole.
    """
    if shares >= held:
        return held
    if lot_step < lot_min:
        return shares if shares >= lot_min else np.int64(0)
    whole = shares // lot_step * lot_step
    odd = held % lot_step
    if shares >= odd:
        whole = max(whole, odd + (shares - odd) // lot_step * lot_step)
    return whole


@kernel
def refusal_nb(fill, listed, open_, close_trades):
    """Say why a share cannot be traded at all on a day, or 0."""
    if not listed:
        return UNLISTED
    if open_ == 0:
        return SUSPENDED
    if fill == CLOSE and not close_trades:
        return NO_CLOSE
    return FILLED


@kernel
def deciding_price_nb(fill, open_, close, extreme):
    """Return the price that is held against a limit: of a whole day the one that came least close to it."""
    return open_ if fill == OPEN else close if fill == CLOSE else extreme


@kernel
def volume_cap_nb(participation, volume):
    """Return the most shares that the participation cap allows."""
    return np.int64(participation * volume) if participation > 0.0 else np.int64(MOST)
