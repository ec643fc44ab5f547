"""Tax lots: what was bought when and what it has received, first in first out, for the tax on dividends.

A lot is a link of a chain by asset. `Lots.link` is one int64 table with a row for each lot: day of purchase,
shares, income a share (1e-6 CNY) and the next lot. Bonus shares are a lot of their own from their ex-date.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from screener.arrays import IntMatrix, IntVector

DAY, SHARES, INCOME, NEXT = 0, 1, 2, 3
END = -1
PER_CENT = 1_000_000  # 1e-6 CNY x per cent in a fen


class Lots(NamedTuple):
    """The open lots of an account."""

    link: IntMatrix  # (capacity, 4)
    first: IntVector  # (n_assets,) oldest lot, -1 = none
    last: IntVector  # (n_assets,)
    used: IntVector  # (1,) rows that were ever taken


@njit(cache=True)
def no_lots_nb(n_assets):
    """Return the lots of an empty account."""
    return Lots(
        np.empty((64, 4), np.int64),
        np.full(n_assets, END, np.int64),
        np.full(n_assets, END, np.int64),
        np.zeros(1, np.int64),
    )


@njit(cache=True)
def add_lot_nb(lots, j, day, shares):
    """Append a lot of asset `j`; return the lots, whose table may have moved."""
    row = lots.used[0]
    link = lots.link
    if row == len(link):
        link = np.empty((2 * row, 4), np.int64)
        link[:row] = lots.link
    link[row, DAY], link[row, SHARES], link[row, INCOME], link[row, NEXT] = day, shares, 0, END
    if lots.first[j] == END:
        lots.first[j] = row
    else:
        link[lots.last[j], NEXT] = row
    lots.last[j] = row
    lots.used[0] = row + 1
    return Lots(link, lots.first, lots.last, lots.used)


@njit(cache=True)
def pay_lots_nb(lots, j, income):
    """Add income a share to every open lot of asset `j`."""
    row = lots.first[j]
    while row != END:
        lots.link[row, INCOME] += income
        row = lots.link[row, NEXT]


@njit(cache=True)
def take_lots_nb(lots, rules, i, j, shares):
    """Take `shares` of asset `j` from its oldest lots; return the tax in fen, rounded once (R30, R31)."""
    base = np.int64(0)
    while shares > 0:
        row = lots.first[j]
        part = min(shares, lots.link[row, SHARES])
        day = lots.link[row, DAY]
        age = 0 if day >= rules.month_from[i] else 1 if day >= rules.year_from[i] else 2
        base += part * lots.link[row, INCOME] * rules.dividend_tax[i, age]
        shares -= part
        lots.link[row, SHARES] -= part
        if lots.link[row, SHARES] == 0:
            lots.first[j] = lots.link[row, NEXT]
            if lots.first[j] == END:
                lots.last[j] = END
    return (base + PER_CENT // 2) // PER_CENT
