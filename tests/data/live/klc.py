"""Pack bars and sessions as Sina does, so that akshare's own decoder can be run on invented values.

Bits go lowest first into letters of six bits. A body names its format in its first twelve bits: 3466 shares
with amounts, 1479 indices, 139 sessions. Values are differences to the row before, in fields of a width that
the first row sets, a multiple of three bits.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Iterable, Sequence

import numpy as np

LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
DAY_ZERO = dt.date(1990, 12, 19)
FIRST_WIDTHS = (3, 3, 3, 3, 5, 5)  # of a share's fields, before the first row changes them
PLAIN = 63  # the version whose fields are as written here
INDEX_WIDTHS = (8, 14)  # prices and volumes of an index, in units of three bits


def bits(value: int, width: int) -> str:
    """Lowest bit first; a negative value in two's complement."""
    assert -(2**width) < value < 2**width, (value, width)
    return format(value % 2**width, f"0{width}b")[::-1]


def letters(stream: str) -> str:
    """Six bits a letter, the last filled up with zeros."""
    padded = stream + "0" * (-len(stream) % 6)
    return "".join(LETTERS[int(padded[i : i + 6][::-1], 2)] for i in range(0, len(padded), 6))


def day_number(day: dt.date) -> int:
    return (day - DAY_ZERO).days


def width_of(values: Iterable[int], signed: bool) -> int:
    """Least number of three-bit groups that hold all values."""
    most = max(abs(value) for value in values)
    return -(-(most.bit_length() + signed) // 3) or 1


def follows(before: dt.date, day: dt.date) -> bool:
    """Whether `day` is the next weekday."""
    return int(np.busday_count(before, day)) == 1 and day.weekday() < 5


def pack_share(rows: Sequence[tuple]) -> str:
    """Rows of date, open, high, low, close (CNY), volume (shares), amount (CNY), ascending."""
    close, volume, fields = 0, 0, []
    for _, *prices, shares, amount in rows:
        first, high, low, last = (round(price * 100) for price in prices)
        average = first + ((high - first) - (first - low) + (last - first)) / 4
        guess = half_even(int(average * shares + 0.5))
        fields.append(
            (first - close, high - first, first - low, last - first, shares - volume, amount - guess)
        )
        close, volume = last, shares
    widths = [width_of(column, k not in (1, 2)) for k, column in enumerate(zip(*fields, strict=True))]
    stream = bits(3466, 12) + bits(PLAIN, 6)
    for i, row in enumerate(rows):
        stream += share_head(row[0], rows[i - 1][0] if i else None, widths)
        stream += "".join(bits(value, 3 * width) for value, width in zip(fields[i], widths, strict=True))
    return letters(stream + "11000")


def share_head(day: dt.date, before: dt.date | None, widths: Sequence[int]) -> str:
    if before is not None:
        return "0" if follows(before, day) else "10111" + bits(1, 3) + bits(day_number(day), 18)
    changes = (want - have for want, have in zip(widths, FIRST_WIDTHS, strict=True))
    stepped = "".join(f"1{int(by > 0)}{'1' * (abs(by) - 1)}0" if by else "0" for by in changes)
    return "1101" + stepped + "1" + bits(1, 3) + bits(day_number(day), 18) + "0"


def half_even(hundredths: int) -> int:
    """Divide by a hundred as the decoder rounds: the tenths decide, a five goes up on a rest or if odd."""
    whole, rest = divmod(hundredths, 100)
    tenth, more = divmod(rest, 10)
    return whole + (tenth > 5 or (tenth == 5 and (more > 0 or whole % 2 == 1)))


def pack_index(rows: Sequence[tuple]) -> str:
    """Rows of date, open, high, low, close, volume (shares), ascending; prices of three decimals."""
    price, amount = (3 * width for width in INDEX_WIDTHS)
    stream = bits(1479, 12) + bits(PLAIN, 6) + bits(3, 6) + bits(0, 18)
    stream += "".join(bits(min(width, 7), 3) for width in INDEX_WIDTHS)
    close, volume = 0, 0
    for i, (day, *prices, shares) in enumerate(rows):
        first, high, low, last = (round(value * 1000) for value in prices)
        if i == 0:
            stream += bits(32, 6) + bits(17, 6) + bits(day_number(day), 18) + bits(63, 6)
            stream += "".join(bits(width - min(width, 7), 3) for width in INDEX_WIDTHS)
        elif follows(rows[i - 1][0], day):
            stream += bits(0, 6)
        else:
            stream += bits(32, 6) + bits(1, 6) + bits(day_number(day), 18)
        for value in (first - close, high - first, first - low, last - first):
            stream += bits(value, price)
        stream += bits(shares - volume, amount)
        close, volume = last, shares
    return letters(stream)


def pack_sessions(days: Sequence[dt.date]) -> str:
    """Lengths of the runs of sessions between weekdays without trading."""
    runs, length = [], 0
    for day in np.arange(np.datetime64(days[0]), np.datetime64(days[-1]) + 1).tolist():
        if day in set(days):
            length += 1
        elif day.weekday() < 5:
            runs.append(length)
            length = 0
    width = width_of([*runs, length], signed=False)
    stream = bits(139, 12) + bits(PLAIN, 6) + bits(day_number(days[0]), 18) + bits(day_number(days[-1]), 18)
    for i, run in enumerate([*runs, length]):
        stream += ("1" + "1" + "1" * (width - 1) + "0" if i == 0 else "0") + bits(run, 3 * width)
    return letters(stream)
