"""Legal quantities: smallest order, step, caps, odd lots, and the most that cash can buy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from screener.arrays import IntMatrix, IntVector
from screener.errors import CalendarError
from screener.market.calendar import Day, as_date
from screener.market.fees import bill
from screener.market.symbols import board_of
from screener.market.tables import Row, as_days, by_day, in_force, rows

__all__ = ["exchange_of_board", "lot_arrays", "max_buy", "order_ok"]


def lot_arrays(symbols: Sequence[str], sessions: pd.DatetimeIndex) -> tuple[IntVector, IntVector, IntMatrix]:
    """Return the quantities that an order may have, in shares.

    Returns
    -------
    lot_min, lot_step : ndarray of int (n_assets,)
        Fewest shares of a buy order, and the step above them.
    order_cap : ndarray of int (n_days, n_assets)
        Most shares of one limit order; before a board opened, its first cap.

    Examples
    --------
    >>> [a.tolist() for a in lot_arrays(["300308.SZ"], pd.DatetimeIndex(["2020-08-21", "2020-08-24"]))]
    [[100], [100], [[1000000], [300000]]]
    """
    days, boards = as_days(sessions), [board_of(symbol) for symbol in symbols]
    newest = [_lots(board)[-1] for board in boards]
    caps = np.empty((len(days), len(boards)), dtype=np.int64)
    for j, board in enumerate(boards):
        caps[:, j] = by_day(_lots(board), "cap_limit", days, missing=_lots(board)[0]["cap_limit"])
    least = np.array([row["least"] for row in newest], dtype=np.int64)
    return least, np.array([row["step"] for row in newest], dtype=np.int64), caps


def order_ok(
    board: str,
    side: str,
    shares: int,
    *,
    day: Day | None = None,
    holding: int | None = None,
    sellable: int | None = None,
    order: str = "limit",
    status: str = "ordinary",
    bought_today: int = 0,
) -> bool:
    """Say whether the exchange accepts a quantity.

    Parameters
    ----------
    board : str
    side : {"buy", "sell"}
    shares : int
    day : date, optional
        Decides the caps; the newest rules hold when left out.
    holding : int, optional
        Shares held before a sale, those bought today included; unknown when left out: only whole lots then.
    sellable : int, optional
        Part of the holding that was not bought today (T+1, R16); all of it when left out.
    order : {"limit", "market"}
    status : {"ordinary", "risk_warning", "delisting"}
    bought_today : int
        Shares of a risk-warning stock that the account bought on the day already (R19).

    Notes
    -----
    Main board and ChiNext: what a holding has beyond whole lots is sold whole, alone or with lots (R18).
    STAR and BSE: at least the smallest order, or the whole balance when it is smaller; the balance is the
    holding, with what was bought today (the stricter reading, D).

    Examples
    --------
    >>> [n for n in range(1, 300) if order_ok("SSE_MAIN", "sell", n, holding=299)]
    [99, 100, 199, 200, 299]
    """
    row = _row(board, day)
    if side not in ("buy", "sell") or order not in ("limit", "market"):
        raise ValueError(f"side={side!r} must be buy or sell, order={order!r} limit or market")
    if not 0 < shares <= row[f"cap_{order}"]:
        return False
    if side == "buy":
        cap = _daily_cap(board, day, status)
        return _lot_fits(row, shares) and (cap is None or shares + bought_today <= cap)
    if holding is None:
        return _lot_fits(row, shares) and (sellable is None or shares <= sellable)
    free = holding if sellable is None else min(holding, sellable)
    return shares <= free and _sale_fits(row, shares, holding)


def max_buy(
    board: str,
    day: Day,
    cash: int,
    price: int,
    commission_rate: int | None = None,
    commission_least: int | None = None,
    status: str = "ordinary",
) -> int:
    """Return the largest legal limit order that `cash` pays for, costs included; 0 where there is none.

    Parameters
    ----------
    board : str
    day : date
    cash, price : int
        Fen.
    commission_rate, commission_least : int, optional
        As in `bill`.
    status : {"ordinary", "risk_warning", "delisting"}

    Examples
    --------
    >>> max_buy("SSE_MAIN", "2024-06-03", 10_000_000, 3333)
    2900
    """
    if price <= 0:
        raise ValueError(f"price={price} fen must be positive")
    row, exchange = _row(board, day), exchange_of_board(board)
    least, step = row["least"], row["step"]
    most = min(cash // price, row["cap_limit"], _daily_cap(board, day, status) or row["cap_limit"])
    steps = (most - least) // step

    def affordable(count: int) -> bool:
        shares = least + count * step
        return bill(exchange, day, "buy", shares, price, commission_rate, commission_least).cash + cash >= 0

    # The bill grows with the order, so that the first order that is too dear can be bisected.
    low, high = -1, steps
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if affordable(middle) else (low, middle - 1)
    return least + low * step if low >= 0 else 0


def exchange_of_board(board: str) -> str:
    """Return the exchange of a board."""
    found = rows("boards", "board", board=board)
    if not found:
        raise ValueError(f"board={board!r} must be SSE_MAIN, SZSE_MAIN, STAR, CHINEXT or BSE")
    return found[0]["exchange"]


def _lots(board: str) -> list[Row]:
    found = rows("lots", "lot", boards=board)
    if not found:
        raise ValueError(f"board={board!r} must be SSE_MAIN, SZSE_MAIN, STAR, CHINEXT or BSE")
    return found


def _row(board: str, day: Day | None) -> Row:
    found = _lots(board)
    row = found[-1] if day is None else in_force(found, as_date(day))
    if row is None:
        raise CalendarError(f"board={board} had not opened on {as_date(day)}")
    return row


def _lot_fits(row: Row, shares: int) -> bool:
    return shares >= row["least"] and (shares - row["least"]) % row["step"] == 0


def _sale_fits(row: Row, shares: int, holding: int) -> bool:
    if row["step"] > 1:
        return shares % row["step"] in (0, holding % row["step"])
    return shares >= row["least"] or shares == holding


def _daily_cap(board: str, day: Day | None, status: str) -> int | None:
    """Return the most shares that an account may buy in a day, None where there is no such cap."""
    caps = [row for row in rows("lots", "daily_buy_cap", boards=board) if row["class"] == status]
    if not caps:
        return None
    row = caps[-1] if day is None else in_force(caps, as_date(day))
    return row["shares"] if row else None
