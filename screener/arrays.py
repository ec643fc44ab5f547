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


class Market(NamedTuple):
    """What the exchange shows; all (n_days, n_assets), prices in fen, 0 = there is none."""

    open: IntMatrix
    close: IntMatrix  # carried forward over days without a bar: the price a holding is valued at
    reference: IntMatrix
    limit_up: IntMatrix
    limit_down: IntMatrix
    volume: IntMatrix
    listed: Flags


class Rules(NamedTuple):
    """Dated rules as arrays by day; rates in 1e-7 of turnover, money in fen."""

    lot_min: IntVector  # (n_assets,) fewest shares of a buy order
    lot_step: IntVector  # (n_assets,) step above the fewest
    order_cap: IntMatrix  # (n_days, n_assets) most shares of one order
    stamp: IntVector  # (n_days,) on sales
    transfer: IntMatrix  # (n_days, n_assets) on both sides


class Trading(NamedTuple):
    """Settings of the account and its broker; rates in 1e-7 of turnover, money in fen."""

    commission: int
    commission_min: int
    slippage: int
    participation: float  # share of the day's volume, 0 = no cap
    band: float  # trades below this share of equity are not made, 0 = none
    retry_days: int


class Actions(NamedTuple):
    """Corporate actions sorted by day; event k of day i has start[i] <= k < start[i + 1]."""

    start: IntVector  # (n_days + 1,)
    asset: IntVector  # (n_events,)
    cash: IntVector  # (n_events,) 1e-6 CNY a share
    bonus: IntVector  # (n_events,) new shares, 1e-8 a share
    fraction_paid: Flags  # (n_events,) the fraction of a share is paid at the reference price


class Ledger(NamedTuple):
    """What the matching loop leaves behind; money in fen."""

    nav: IntVector  # (n_days,) at the close
    cash: IntVector  # (n_days,) at the close
    shares: IntMatrix  # (n_days, n_assets) at the close
    orders: npt.NDArray[np.void]  # ORDER records
    events: npt.NDArray[np.void]  # EVENT records


ORDER = np.dtype(
    [
        ("day", np.int64),
        ("asset", np.int64),
        ("side", np.int64),
        ("asked", np.int64),  # shares
        ("filled", np.int64),  # shares
        ("price", np.int64),  # fen, 0 when nothing was filled
        ("commission", np.int64),  # fen, as the two below
        ("stamp", np.int64),
        ("transfer", np.int64),
        ("slippage", np.int64),  # fen, against the open
        ("reason", np.int64),
    ]
)

EVENT = np.dtype(
    [
        ("event", np.int64),  # index into Actions
        ("day", np.int64),
        ("asset", np.int64),
        ("shares", np.int64),  # held before the event
        ("cash", np.int64),  # fen
        ("new_shares", np.int64),
    ]
)
