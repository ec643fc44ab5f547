"""What a bar allows, case by case."""

import math

import pytest

from screener.market.bars import Bar, bar_state
from screener.market.prices import UNLIMITED, Limits

LIMITS = Limits(1_106, 905)
YES, NO = True, False
NOTHING = ("suspended", NO, NO, NO, NO, NO, NO)


@pytest.mark.parametrize(
    ("prices", "state"),
    [
        # open, high, low, close -> status, then buy and sell at the open, at the close, at the average.
        ((1_106, 1_106, 1_106, 1_106), ("one_price_up", NO, YES, NO, YES, NO, YES)),
        ((905, 905, 905, 905), ("one_price_down", YES, NO, YES, NO, YES, NO)),
        ((1_000, 1_106, 1_000, 1_106), ("closed_at_up", YES, YES, NO, YES, YES, YES)),
        ((1_000, 1_000, 905, 905), ("closed_at_down", YES, YES, YES, NO, YES, YES)),
        ((1_106, 1_106, 1_060, 1_095), ("touched_up", NO, YES, YES, YES, YES, YES)),
        ((905, 960, 905, 950), ("touched_down", YES, NO, YES, YES, YES, YES)),
        ((1_106, 1_106, 905, 905), ("closed_at_down", NO, YES, YES, NO, YES, YES)),
        ((905, 1_106, 905, 1_106), ("closed_at_up", YES, NO, NO, YES, YES, YES)),
        ((1_000, 1_106, 905, 1_000), ("touched_up", *[YES] * 6)),
        ((1_105, 1_105, 1_105, 1_105), ("normal", *[YES] * 6)),
        ((906, 906, 906, 906), ("normal", *[YES] * 6)),
        # Beyond a limit is as good as at it.
        ((1_107, 1_107, 1_107, 1_107), ("one_price_up", NO, YES, NO, YES, NO, YES)),
        ((904, 904, 904, 904), ("one_price_down", YES, NO, YES, NO, YES, NO)),
    ],
)
def test_a_bar_between_its_limits(prices, state):
    assert bar_state(Bar(*prices, 1e6), LIMITS) == state


def test_without_limits_everything_is_possible():
    for price in (1, 905, 1_106, 99_999):
        assert bar_state(Bar(price, price, price, price, 1e6), UNLIMITED) == ("normal", *[YES] * 6)
    sealed = Bar(1_106, 1_106, 1_106, 1_106, 1e6)
    assert bar_state(sealed, Limits(None, 905)).status == "normal"
    assert bar_state(sealed, Limits(1_106, None)).status == "one_price_up"
    assert bar_state(Bar(905, 905, 905, 905, 1e6), Limits(None, 905)).status == "one_price_down"


@pytest.mark.parametrize("volume", [0.0, 0.999, -1.0, math.nan])
def test_less_than_a_share_is_a_suspension(volume):
    assert bar_state(Bar(1_000, 1_000, 1_000, 1_000, volume), LIMITS) == NOTHING


def test_no_row_is_a_suspension_and_one_share_is_none():
    assert bar_state(None, LIMITS) == NOTHING
    assert bar_state(Bar(1_000, 1_000, 1_000, 1_000, 1.0), LIMITS) == ("normal", *[YES] * 6)


def test_the_circuit_breaker_takes_the_close_alone():
    bar = Bar(1_000, 1_000, 1_000, 1_000, 1e6)
    for day in ("2016-01-04", "2016-01-07"):
        assert bar_state(bar, LIMITS, day) == ("normal", YES, YES, NO, NO, YES, YES)
    assert bar_state(bar, LIMITS, "2016-01-05") == ("normal", *[YES] * 6)
