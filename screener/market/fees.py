"""Costs of a trade by date: commission, stamp duty, transfer fee."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.arrays import IntMatrix, IntVector
from screener.errors import CalendarError
from screener.market.calendar import Day, as_date
from screener.market.money import share_of
from screener.market.symbols import exchange_of
from screener.market.tables import Days, Row, as_days, by_day, in_force, read, rows

__all__ = ["Bill", "bill", "fee_arrays", "inside_commission"]

FACE_FEN = 100  # an A-share has a face value of 1 CNY here


class Bill(NamedTuple):
    """What one order cost, in fen; `cash` is what it adds to the account."""

    amount: int
    commission: int
    stamp: int
    transfer: int
    total: int
    cash: int


def bill(
    exchange: str,
    day: Day,
    side: str,
    shares: int,
    price: int,
    commission_rate: int | None = None,
    commission_least: int | None = None,
) -> Bill:
    """Charge one order.

    Parameters
    ----------
    exchange : {"SH", "SZ", "BJ"}
    day : date
    side : {"buy", "sell"}
    shares : int >= 0
    price : int
        Fen.
    commission_rate : int, optional
        1e-7 of turnover; 2.5 bp when left out. More than the legal cap of 30 bp is charged as the cap (R28).
    commission_least : int, optional
        Fen an order; 5 CNY when left out. It may exceed the cap on a small order.

    Raises
    ------
    CalendarError
        If a fee of that day is not known, or the exchange had not opened.

    Notes
    -----
    Every item is rounded half up to 0.01 CNY (R29). Handling and regulatory fees are inside the commission.

    Examples
    --------
    >>> bill("SH", "2023-08-28", "sell", 1000, 1234)
    Bill(amount=1234000, commission=500, stamp=617, transfer=12, total=1129, cash=1232871)
    """
    if side not in ("buy", "sell"):
        raise ValueError(f"side={side!r} must be buy or sell")
    date, amount = as_date(day), shares * price
    if amount == 0:
        return Bill(0, 0, 0, 0, 0, 0)
    stamp_row = _required(rows("fees", "stamp"), date, "stamp duty")
    stamp = share_of(amount, stamp_row["rate"]) if side in stamp_row["sides"] else 0
    transfer = _transfer_fen(exchange, date, shares, amount)
    commission = _commission(amount, date, commission_rate, commission_least)
    total = commission + stamp + transfer
    return Bill(amount, commission, stamp, transfer, total, (-amount if side == "buy" else amount) - total)


def fee_arrays(symbols: Sequence[str], sessions: pd.DatetimeIndex) -> tuple[IntVector, IntMatrix]:
    """Return the duties of every day, in 1e-7 of turnover.

    Returns
    -------
    stamp : ndarray of int (n_days,)
        On sales.
    transfer : ndarray of int (n_days, n_assets)
        On both sides.

    Raises
    ------
    CalendarError
        For Shanghai shares before 2015-08-01, when the fee was on face value: no rate of turnover says it.

    Notes
    -----
    Days before an exchange opened carry its first rate: nothing trades there, and a rate is not invented.

    Examples
    --------
    >>> stamp, transfer = fee_arrays(["688256.SH"], pd.DatetimeIndex(["2023-08-25", "2023-08-28"]))
    >>> stamp.tolist(), transfer.tolist()
    ([10000, 5000], [[100], [100]])
    """
    days = as_days(sessions)
    exchanges = [exchange_of(symbol) for symbol in symbols]
    columns = {exchange: _transfer(exchange, days) for exchange in sorted(set(exchanges))}
    transfer = np.empty((len(days), len(exchanges)), dtype=np.int64)
    for j, exchange in enumerate(exchanges):
        transfer[:, j] = columns[exchange]
    return by_day(read("fees")["stamp"], "rate", days), transfer


def inside_commission(exchange: str, day: Day) -> int:
    """Return the part of a commission that goes to exchange and regulator, in 1e-7 of turnover (R26, R27).

    Examples
    --------
    >>> inside_commission("SH", "2024-06-03")
    541
    """
    date, levies = as_date(day), rows("fees", "levy", exchanges=exchange)
    names = ("handling", "regulatory")
    return sum(
        _required([row for row in levies if row["name"] == name], date, f"{name} fee of {exchange}")["rate"]
        for name in names
    )


def _transfer_fen(exchange: str, date: dt.date, shares: int, amount: int) -> int:
    row = _required(rows("fees", "transfer", exchanges=exchange), date, f"transfer fee of {exchange}")
    return share_of(shares * FACE_FEN if row["base"] == "face" else amount, row["rate"])


def _commission(amount: int, date: dt.date, rate: int | None, least: int | None) -> int:
    row = _required(read("fees")["commission"], date, "commission")
    rate = row["rate"] if rate is None else rate
    least = row["least_fen"] if least is None else least
    if rate < 0 or least < 0:
        raise ValueError(f"commission_rate={rate} and commission_least={least} must not be negative")
    return max(share_of(amount, min(rate, row["cap_rate"])), least)


def _transfer(exchange: str, days: Days) -> IntVector:
    dated = rows("fees", "transfer", exchanges=exchange)
    face = [row for row in dated if row["base"] == "face"]
    if face and len(days) and days.min() <= np.datetime64(face[-1]["to"], "D"):
        raise CalendarError(
            f"{days.min()}: until {face[-1]['to']} the transfer fee of {exchange} shares was on face value "
            "and cannot be stated as a share of turnover; start later"
        )
    rates = by_day(dated, "rate", days, missing=-1)
    return np.where(rates < 0, min(dated, key=lambda row: row["from"])["rate"], rates)


def _required(candidates: Sequence[Row], date: dt.date, what: str) -> Row:
    row = in_force(candidates, date)
    if row is None:
        raise CalendarError(f"no {what} is known for {date}")
    return row
