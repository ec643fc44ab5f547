"""Tax lots: what was bought when and what it has received, first in first out, for the tax on dividends.

A lot is a link of a chain by asset. `Lots.link` is one int64 table with a row for each lot: day of purchase,
shares, income a share (1e-6 CNY) and the next lot. Bonus shares are a lot of their own from their ex-date.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from screener.arrays import IntMatrix, IntVector
from screener.kernels._jit import kernel

DAY, SHARES, INCOME, NEXT = 0, 1, 2, 3
END = -1
PER_CENT = 1_000_000  # 1e-6 CNY x per cent in a fen


class Lots(NamedTuple):
    """The open lots of an account."""

    link: IntMatrix  # (capacity, 4)
    first: IntVector  # (n_assets,) oldest lot, -1 = none
    last: IntVector  # (n_assets,)
    used: IntVector  # (1,) rows that were ever taken


@kernel
def no_lots_nb(n_assets, room):
    """Return the lots of an empty account, with room for some."""
    return Lots(
        np.empty((room, 4), np.int64),
        np.full(n_assets, END, np.int64),
        np.full(n_assets, END, np.int64),
        np.zeros(1, np.int64),
    )


@kernel
def more_lots_nb(lots, more):
    """Return lots with room for `more`, in a table half as long again."""
    used = lots.used[0]
    link = np.empty((max(len(lots.link) * 3 // 2, used + more), 4), np.int64)
    link[:used] = lots.link[:used]
    return Lots(link, lots.first, lots.last, lots.used)


@kernel
def add_lot_nb(lots, j, day, shares):
    """Append a lot of asset `j`; there must be room for it."""
    row, link = lots.used[0], lots.link
    link[row, DAY], link[row, SHARES], link[row, INCOME], link[row, NEXT] = day, shares, 0, END
    if lots.first[j] == END:
        lots.first[j] = row
    else:
        link[lots.last[j], NEXT] = row
    lots.last[j] = row
    lots.used[0] = row + 1


@kernel
def drop_lots_nb(lots, j):
    """Forget the lots of asset `j`, which ceases to exist."""
    lots.first[j] = END


@kernel
def pay_lots_nb(lots, j, income):
    """Add income a share to every open lot of asset `j`."""
    row = lots.first[j]
    while row != END:
        lots.link[row, INCOME] += income
        row = lots.link[row, NEXT]


@kernel
def dividend_tax_nb(rules, i):
    """Return what day `i` taxes: first days within a month and within a year, and the three per cents."""
    rate = rules.dividend_tax
    return rules.month_from[i], rules.year_from[i], rate[i, 0], rate[i, 1], rate[i, 2]


@kernel
def take_lots_nb(lots, j, today, shares, tax):
    """Take `shares` of asset `j` from its oldest lots; return the tax in fen, rounded once (R30, R31).

    What came today goes first and untaxed: the tax looks at the day's net change alone.
    """
    month_from, year_from, within_month, within_year, longer = tax
    link, first, last = lots.link, lots.first, lots.last[j]
    if first[j] != END and link[last, DAY] == today:
        part = min(shares, link[last, SHARES])
        shares -= part
        link[last, SHARES] -= part
    whole, rest = np.int64(0), np.int64(0)  # a product of all three may exceed int64
    while shares > 0:
        row = first[j]
        part = min(shares, link[row, SHARES])
        day = link[row, DAY]
        rate = within_month if day >= month_from else within_year if day >= year_from else longer
        income = part * link[row, INCOME]
        whole += income // PER_CENT * rate
        rest += income % PER_CENT * rate
        shares -= part
        link[row, SHARES] -= part
        if link[row, SHARES] == 0:
            first[j] = link[row, NEXT]
    return whole + (rest + PER_CENT // 2) // PER_CENT
