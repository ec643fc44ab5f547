"""Limit prices of every cent up to 300 CNY, against decimal arithmetic done another way."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest

from screener.market.money import fen, fen_array, yuan
from screener.market.prices import Limits, fill_price, limit_price, limits_of

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


def test_a_limit_of_a_basis_point_is_rounded_at_the_half():
    assert limit_price(14_999, 1) == 15_000  # 15000.4999
    assert limit_price(15_000, 1) == 15_002  # 15001.5
    assert limit_price(15_001, -1) == 14_999  # 14999.4999
    assert limit_price(15_000, -1) == 14_999  # 14998.5


def test_each_limit_may_be_missing():
    assert limits_of(1_000, 1_000, 500) == (1_100, 950)
    assert limits_of(1_000, None, 500) == (None, 950)
    assert limits_of(1_000, 1_000, None) == (1_100, None)
    assert limits_of(1_000, None, None) == (None, None)


@pytest.mark.parametrize(
    ("side", "price", "slip", "known", "filled"),
    [
        ("buy", 1_000, 0, {}, 1_000),
        ("sell", 1_000, 0, {}, 1_000),
        ("buy", 1_000, 10, {}, 1_001),
        ("sell", 1_000, 10, {}, 999),
        ("buy", 1_000, 11, {}, 1_002),  # 1001.1
        ("sell", 1_000, 11, {}, 998),  # 998.9
        ("buy", 10_000, 1, {}, 10_001),
        ("buy", 10_001, 1, {}, 10_003),  # 10002.0001
        ("sell", 10_000, Fraction(1, 2), {}, 9_999),
        ("buy", Fraction(2_001, 2), 0, {}, 1_001),
        ("sell", Fraction(2_001, 2), 0, {}, 1_000),
        ("buy", 1_000, 100, {"limits": Limits(1_005, 900)}, 1_005),
        ("sell", 1_000, 100, {"limits": Limits(1_100, 995)}, 995),
        ("buy", 1_000, 100, {"limits": Limits(1_100, 900)}, 1_010),
        ("sell", 1_000, 100, {"limits": Limits(1_100, 900)}, 990),
        ("buy", 1_000, 100, {"limits": Limits(1_005, None)}, 1_005),
        ("sell", 1_000, 100, {"limits": Limits(None, 995)}, 995),
        ("buy", 1_000, 100, {"traded": (980, 1_004)}, 1_004),
        ("sell", 1_000, 100, {"traded": (996, 1_020)}, 996),
        ("buy", 1_000, 100, {"traded": (980, 1_004), "limits": Limits(1_003, 900)}, 1_003),
        ("sell", 1_000, 100, {"traded": (996, 1_020), "limits": Limits(1_100, 997)}, 997),
        ("sell", 1, 5_000, {}, 1),  # never for nothing
        ("sell", 5, 20_000, {}, 1),
    ],
)
def test_a_fill_is_slipped_to_the_next_tick_and_kept_inside_the_day(side, price, slip, known, filled):
    assert fill_price(side, price, slip, **known) == filled


def test_a_fill_has_one_of_two_sides():
    with pytest.raises(ValueError, match="side='short' must be buy or sell"):
        fill_price("short", 1_000, 0)
