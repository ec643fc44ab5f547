"""The order sheet of a day: a line for each share concerned, with all that the market says about it.

Everything that an order needs is read from the market once, into one record, so that sizing, sales and
purchases work on a few neighbouring bytes and are passed one array.
"""

from __future__ import annotations

import numpy as np

from screener.kernels._jit import kernel
from screener.kernels.fills import (
    FILLED,
    LIMIT_DOWN,
    LIMIT_UP,
    base_price_nb,
    deciding_price_nb,
    refusal_nb,
    volume_cap_nb,
)

LINE = np.dtype(
    (
        np.record,
        [
            ("asset", np.int64),
            ("bid", np.int64),  # fen a share that a sale gets before slippage, 0 = no bar
            ("ask", np.int64),  # fen a share that a purchase pays before slippage
            ("limit_up", np.int64),
            ("limit_down", np.int64),
            ("no_sale", np.int64),  # a `Reason`
            ("no_purchase", np.int64),
            ("room", np.int64),  # shares that the volume cap allows
            ("order_cap", np.int64),
            ("transfer", np.int64),
            ("lot_min", np.int64),
            ("lot_step", np.int64),
            ("impact", np.float64),  # 1e-7 of the price for each root of a share
            ("value", np.int64),  # fen a share at which a holding is sized
            ("asked", np.int64),  # of a purchase from here on: the legal quantity that is missing
            ("want", np.int64),  # what is missing and allowed, legal or not
            ("quantity", np.int64),
            ("price", np.int64),
            ("commission", np.int64),
            ("transferred", np.int64),
            ("cost", np.int64),
            ("shortfall", np.float64),  # fen
        ],
    )
)


@kernel
def list_concerned_nb(weights, shares, sheet):
    """Open a line for each asset that is held or wanted; return their number."""
    count = 0
    for j in range(len(shares)):
        if weights[j] != 0.0 or shares[j] != 0:
            sheet[count].asset = j
            count += 1
    return count


@kernel
def keep_pending_nb(pending, sheet, count):
    """Drop the lines that are done with; return the number that is left."""
    left = 0
    for k in range(count):
        j = sheet[k].asset
        if pending[j]:
            sheet[left].asset = j
            left += 1
    return left


@kernel
def quote_nb(market, rules, trading, i, sheet, count):
    """Write what the market of day `i` says into the first `count` lines."""
    # arrays are taken out of their tuples once: each time costs two counts of references
    opens, highs, lows, closes = market.open, market.high, market.low, market.close
    volumes, amounts, listed, impact = market.volume, market.amount, market.listed, market.impact
    ups, downs, caps, transfers = market.limit_up, market.limit_down, rules.order_cap, rules.transfer
    lot_min, lot_step, close_trades = rules.lot_min, rules.lot_step, rules.close_trades[i]
    fill, participation = trading.fill, trading.participation
    for k in range(count):
        line = sheet[k]
        j = line.asset
        open_, high, low, close = opens[i, j], highs[i, j], lows[i, j], closes[i, j]
        volume, amount, up, down = volumes[i, j], amounts[i, j], ups[i, j], downs[i, j]
        line.bid = base_price_nb(fill, open_, high, low, close, volume, amount, False)
        line.ask = base_price_nb(fill, open_, high, low, close, volume, amount, True)
        line.limit_up, line.limit_down = up, down
        refusal = refusal_nb(fill, listed[i, j], open_, close_trades)
        sealed_down = down > 0 and deciding_price_nb(fill, open_, close, high) <= down
        sealed_up = up > 0 and deciding_price_nb(fill, open_, close, low) >= up
        line.no_sale = LIMIT_DOWN if refusal == FILLED and sealed_down else refusal
        line.no_purchase = LIMIT_UP if refusal == FILLED and sealed_up else refusal
        line.room = volume_cap_nb(participation, volume)
        line.order_cap, line.transfer = caps[i, j], transfers[i, j]
        line.lot_min, line.lot_step = lot_min[j], lot_step[j]
        line.impact = impact[i, j] if len(impact) > 0 else 0.0
