"""The limits of every cent from 0.01 to 300.00 CNY in the table that the engine reads, by whole numbers."""

import numpy as np
import pytest

from screener.market.calendar import sessions
from screener.market.limits import limit_matrix
from screener.market.prices import limit_price

CENTS = np.arange(1, 30_001)
DAYS = 30

# Board, percentage, risk warning, first session. A thousand names for thirty days hold all cents.
BANDS = {
    "main board": ("600", "SH", 10, 0, "2024-03-01"),
    "main board, warned": ("002", "SZ", 5, 1, "2024-03-01"),
    "main board, warned, today's rule": ("600", "SH", 10, 1, "2026-08-03"),
    "ChiNext before the reform": ("301", "SZ", 10, 0, "2020-06-01"),
    "ChiNext": ("301", "SZ", 20, 0, "2024-03-01"),
    "ChiNext, warned": ("301", "SZ", 20, 1, "2024-03-01"),
    "STAR": ("688", "SH", 20, 0, "2024-03-01"),
    "BSE": ("920", "BJ", 30, 0, "2024-03-01"),
}


def whole(cents, percent, sign):
    """Return a limit: halves up, by quotient and rest; a cent away where that would not move."""
    quotient, rest = divmod(cents * (100 + sign * percent), 100)
    moved = quotient + (2 * rest >= 100)
    return moved if moved != cents else cents + sign


@pytest.mark.parametrize("band", BANDS)
def test_the_table_of_limits_holds_the_whole_number_for_every_cent(band):
    prefix, exchange, percent, warned, start = BANDS[band]
    days, shape = sessions(start)[:DAYS], (DAYS, len(CENTS) // DAYS)
    symbols = [f"{prefix}{k:03}.{exchange}" for k in range(shape[1])]
    reference = CENTS.reshape(shape) / 100.0
    status = np.full(shape, warned, dtype=np.int8)
    table = limit_matrix(symbols, days, reference, reference, {}, status)
    for sign, prices in ((1, table.up), (-1, table.down)):
        expected = [whole(cents, percent, sign) for cents in CENTS.tolist()]
        assert np.rint(prices * 100).astype(int).ravel().tolist() == expected
        assert (prices == np.rint(prices * 100) / 100).all()  # the nearest float to the cent


@pytest.mark.parametrize(("percent", "sign"), [(44, 1), (36, -1), (5, 1), (10, -1), (20, 1), (30, -1)])
def test_the_limit_of_every_cent_is_that_of_whole_numbers(percent, sign):
    expected = [whole(cents, percent, sign) for cents in CENTS.tolist()]
    assert limit_price(CENTS, sign * percent * 100).tolist() == expected
