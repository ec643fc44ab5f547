"""Arrays and records that travel between the floors: aliases, the one door from pandas, kernel inputs."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "EVENT",
    "ORDER",
    "Actions",
    "Fill",
    "Flags",
    "IntMatrix",
    "IntVector",
    "Ledger",
    "Market",
    "Matrix",
    "Reason",
    "Rules",
    "Side",
    "Trading",
    "Vector",
    "to_matrix",
]

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
IntMatrix = npt.NDArray[np.int64]
IntVector = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def to_matrix(values: object) -> Matrix:
    """Copy a frame or array to a C-ordered, writeable float64 array.

    Notes
    -----
    pandas 3 hands out read-only, Fortran-ordered views; every other layout costs a kernel compilation.
    """
    return np.array(values, dtype=np.float64, order="C", copy=True)


class Side(IntEnum):
    """Direction of an order."""

    BUY = 1
    SELL = -1


class Reason(IntEnum):
    """Why an order was not filled as asked; 0 when it was."""

    FILLED = 0
    SUSPENDED = 1
    LIMIT_UP = 2
    LIMIT_DOWN = 3
    VOLUME = 4
    CASH = 5
    LOT = 6
    UNLISTED = 7
    LOCKED = 8
    NO_CLOSE = 9


class Fill(IntEnum):
    """Price of the day at which orders are filled."""

    OPEN = 0
    CLOSE = 1
    VWAP = 2


class Market(NamedTuple):
    """What the exchange shows; all (n_days, n_assets), prices and amounts in fen, 0 = there is none."""

    open: IntMatrix
    high: IntMatrix
    low: IntMatrix
    close: IntMatrix  # carried forward over days without a bar: the price a holding is valued at
    reference: IntMatrix
    limit_up: IntMatrix
    limit_down: IntMatrix
    volume: IntMatrix
    amount: IntMatrix
    listed: Flags
    impact: Matrix  # 1e-7 of the price for each root of a share, (0, 0) = none


class Rules(NamedTuple):
    """Dated rules as arrays by day; rates in 1e-7 of turnover, money in fen."""

    lot_min: IntVector  # (n_assets,) fewest shares of a buy order
    lot_step: IntVector  # (n_assets,) step above the fewest
    order_cap: IntMatrix  # (n_days, n_assets) most shares of one order
    stamp: IntVector  # (n_days,) on sales
    transfer: IntMatrix  # (n_days, n_assets) on both sides
    close_trades: Flags  # (n_days,) whether an order at the close can be filled (rule R36)
    month_from: IntVector  # (n_days,) first day whose purchases are still within a month of the day's sales
    year_from: IntVector  # (n_days,) the same for a year
    dividend_tax: IntMatrix  # (n_days, 3) per cent within a month, within a year, longer


class Trading(NamedTuple):
    """Settings of the account and its broker; rates in 1e-7 of turnover, money in fen."""

    fill: int  # a `Fill`
    commission: int
    commission_min: int
    slippage: int
    slippage_ticks: int
    participation: float  # share of the day's volume, 0 = no cap
    band: float  # changes of a holding below this share of equity are not made, 0 = none
    trade_min: int  # nor trades below this many fen
    retry_days: int
    tax_dividends: bool


class Actions(NamedTuple):
    """Corporate actions sorted by day; event k of day i has start[i] <= k < start[i + 1]."""

    start: IntVector  # (n_days + 1,)
    asset: IntVector  # (n_events,)
    cash: IntVector  # (n_events,) 1e-6 CNY a share
    taxable: IntVector  # (n_events,) 1e-6 CNY a share that counts as income
    bonus: IntVector  # (n_events,) new shares, 1e-8 a share
    price: IntVector  # (n_events,) fen paid for a new share, 0 = none: rights that are taken
    fraction_paid: Flags  # (n_events,) the fraction of a share is paid at the reference price
    pay: IntVector  # (n_events,) day on which the cash arrives
    listing: IntVector  # (n_events,) day from which the new shares can be sold
    into: IntVector  # (n_events,) asset that the new shares are of
    ends: Flags  # (n_events,) the old shares cease to exist


class Ledger(NamedTuple):
    """What the matching loop leaves behind; money in fen."""

    nav: IntVector  # (n_days,) at the close, dividends that are due included
    cash: IntVector  # (n_days,) at the close
    due: IntVector  # (n_days,) dividends that were declared and not yet paid
    orders: npt.NDArray[np.void]  # ORDER records
    events: npt.NDArray[np.void]  # EVENT records


ORDER = np.dtype(
    (
        np.record,
        [
            ("day", np.int32),
            ("asset", np.int32),
            ("side", np.int32),
            ("reason", np.int32),
            ("asked", np.int64),  # shares
            ("filled", np.int64),  # shares
            ("price", np.int64),  # fen, 0 when nothing was filled
            ("commission", np.int64),  # fen, as the four below
            ("stamp", np.int64),
            ("transfer", np.int64),
            ("tax", np.int64),  # on dividends that the sold shares had received
            ("slippage", np.int64),  # against the price of the day
        ],
    )
)

EVENT = np.dtype(
    (
        np.record,
        [
            ("event", np.int64),  # index into Actions
            ("day", np.int64),
            ("asset", np.int64),
            ("shares", np.int64),  # held before the event
            ("cash", np.int64),  # fen, negative when rights are paid for
            ("new_shares", np.int64),
            ("into", np.int64),  # asset of the new shares
        ],
    )
)
