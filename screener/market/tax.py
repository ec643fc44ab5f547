"""Tax on dividends of individuals: taken at the sale, by how long each lot was held."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.arrays import IntMatrix, IntVector
from screener.errors import CalendarError
from screener.market.calendar import Day, as_date
from screener.market.money import half_up
from screener.market.tables import Row, as_days, by_day, in_force, read

__all__ = ["Levy", "dividend_tax", "month_later", "tax_arrays"]

PAR = 1  # CNY a share: the value at which bonus shares are taxed


class Levy(NamedTuple):
    """Tax of one sale on one dividend.

    Attributes
    ----------
    rates : tuple of (int, int)
        Shares and the percentage that they pay, in the order in which the lots are sold.
    tax : int
        Fen.
    """

    rates: tuple[tuple[int, int], ...]
    tax: int


def dividend_tax(
    lots: Iterable[tuple[Day, int]],
    record: Day,
    sell_date: Day,
    sell_shares: int,
    cash: Fraction,
    bonus: Fraction = Fraction(0),
) -> Levy:
    """Return the tax that a sale brings due on a dividend.

    Parameters
    ----------
    lots : iterable of (date, int)
        Day of purchase and shares, as held before the sale.
    record : date
        Record date of the dividend; it decides the rates, and only lots bought up to it got the dividend.
    sell_date : date
    sell_shares : int
        The day's net sale.
    cash : Fraction
        CNY a share.
    bonus : Fraction, optional
        Bonus shares (song gu) a share; transfers from capital reserve are not taxed (R32).

    Raises
    ------
    ValueError
        If more is sold than is held.
    CalendarError
        If the record date lies before the first known rates, 2013-01-01.

    Notes
    -----
    The oldest lot is sold first. A lot sold on the same day of the month as it was bought is still inside the
    month; where that day does not exist, the last of the month counts (R31). The tax is rounded half up once.

    Examples
    --------
    >>> dividend_tax([("2024-06-03", 1000)], "2024-06-20", "2024-07-03", 1000, Fraction("0.5"))
    Levy(rates=((1000, 20),), tax=10000)
    """
    recorded, sold = as_date(record), as_date(sell_date)
    row = in_force(read("dividend_tax")["rate"], recorded)
    if row is None:
        raise CalendarError(f"no dividend tax is known for a record date of {recorded}")
    taken = list(_first_in_first_out(lots, sold, sell_shares))
    got = [(bought, shares) for bought, shares in taken if bought <= recorded < sold]
    rates = tuple((shares, _percent(row, bought, sold)) for bought, shares in got)
    base = (cash + bonus * PAR) * 100
    return Levy(rates, half_up(base * sum(shares * percent for shares, percent in rates) / 100))


def tax_arrays(sessions: pd.DatetimeIndex) -> tuple[IntVector, IntVector, IntMatrix]:
    """Return, by day, what a sale on it needs to know of the holding period (R30, R31).

    Returns
    -------
    month_from, year_from : ndarray of int (n_days,)
        First session whose purchases have been held for a month, for a year, at the most.
    percent : ndarray of int (n_days, 3)
        Tax within a month, within a year, longer.

    Notes
    -----
    The row of the day of the sale is taken, where `dividend_tax` takes that of the record date: the two
    differ for dividends before 2015-09-08 alone.

    Examples
    --------
    >>> tax_arrays(pd.DatetimeIndex(["2024-06-03", "2024-07-03", "2024-07-04"]))[0].tolist()
    [0, 0, 1]
    """
    days = [day.date() for day in sessions]
    limits = [np.array([month_later(day, months) for day in days], "datetime64[D]") for months in (1, 12)]
    first = [limit.searchsorted(as_days(sessions)) for limit in limits]
    table = read("dividend_tax")["rate"]
    percent = np.stack(
        [by_day(table, name, as_days(sessions)) for name in ("month", "year", "longer")], axis=1
    )
    return first[0], first[1], np.ascontiguousarray(percent)


def month_later(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or the last of that month.

    Examples
    --------
    >>> month_later(dt.date(2024, 1, 31), 1), month_later(dt.date(2024, 2, 29), 12)
    (datetime.date(2024, 2, 29), datetime.date(2025, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def _first_in_first_out(
    lots: Iterable[tuple[Day, int]], sold: dt.date, shares: int
) -> Iterator[tuple[dt.date, int]]:
    held = sorted((as_date(day), count) for day, count in lots)
    sellable = sum(count for day, count in held if day < sold)
    if not 0 <= shares <= sellable:
        raise ValueError(f"sell_shares={shares} must lie between 0 and the {sellable} bought before {sold}")
    for day, count in held:
        part = min(count, shares)
        if part:
            yield day, part
        shares -= part


def _percent(row: Row, bought: dt.date, sold: dt.date) -> int:
    if sold <= month_later(bought, 1):
        return row["month"]
    return row["year"] if sold <= month_later(bought, 12) else row["longer"]
