"""Limit prices of every cent up to 300 CNY, against decimal arithmetic done another way."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest

from screener.market.money import fen, fen_array, yuan
from screener.market.prices import limit_price

CENTS = np.arange(1, 30_001, dtype=np.int64)
CENT = Decimal("0.01")


def slow_limit(cents: int, percent: int, sign: int) -> int:
    """Follow the wording of the exchange: multiply, round half up to the cent, at least one cent away."""
    reference = Decimal(cents) / 100
    price = (reference * (1 + sign * Decimal(percent) / 100)).quantize(CENT, ROUND_HALF_UP)
    if abs(price - reference) < CENT:
        price = reference + sign * CENT
    return int(price * 100)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("percent", [5, 10, 20, 30])
def test_limit_of_every_cent_to_300_cny_is_the_decimal_one(percent, sign):
    expected = [slow_limit(cents, percent, sign) for cents in CENTS.tolist()]
    np.testing.assert_array_equal(limit_price(CENTS, sign * percent * 100), expected)


def test_limit_of_one_price_is_that_of_the_matrix():
    prices = [1, 4, 5, 115, 1005, 3305]
    assert [limit_price(price, -1000) for price in prices] == limit_price(np.array(prices), -1000).tolist()


def test_money_is_read_exactly_and_refused_when_finer_than_a_fen():
    assert [fen("1.15"), fen(1.15), fen("0"), fen("-2.50")] == [115, 115, 0, -250]
    with pytest.raises(ValueError, match=r"0\.005 CNY must be a multiple"):
        fen("0.005")


def test_money_written_and_read_again_is_the_same():
    assert all(fen(yuan(amount)) == amount for amount in range(-1_050, 1_051))


def test_prices_without_value_become_zero_fen():
    np.testing.assert_array_equal(fen_array(np.array([np.nan, 0.0, -1.0, 0.29, 1.15])), [0, 0, 0, 29, 115])
