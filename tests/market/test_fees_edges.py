"""Bills at their edges: nothing traded, the smallest order, the broker's terms, refusals."""

import numpy as np
import pandas as pd
import pytest

from screener.errors import CalendarError
from screener.market.fees import bill, fee_arrays

DAY = "2024-06-03"


def test_nothing_traded_costs_nothing():
    assert bill("SH", DAY, "buy", 0, 1_000) == (0, 0, 0, 0, 0, 0)


def test_the_smallest_order_pays_the_least_commission():
    assert bill("SH", DAY, "buy", 1, 1) == (1, 500, 0, 0, 500, -501)
    assert bill("SH", DAY, "sell", 1, 1) == (1, 500, 0, 0, 500, -499)


@pytest.mark.parametrize(
    ("rate", "least", "commission"),
    [
        (None, None, 2_500),  # 2.5 bp of 100,000 CNY
        (0, None, 500),
        (0, 0, 0),
        (1, 1, 1),
        (None, 3_000, 3_000),
        (30_000, 0, 30_000),
        (30_001, 0, 30_000),  # the legal cap
        (90_000, 40_000, 40_000),
    ],
)
def test_commission_follows_the_terms_up_to_the_legal_cap(rate, least, commission):
    assert bill("SH", DAY, "buy", 10_000, 1_000, rate, least).commission == commission


@pytest.mark.parametrize("terms", [(-1, None), (None, -1), (-1, 0), (0, -1), (-1, -1)])
def test_negative_terms_are_refused(terms):
    with pytest.raises(ValueError, match="must not be negative"):
        bill("SH", DAY, "buy", 100, 1_000, *terms)


def test_what_has_no_fee_is_refused():
    with pytest.raises(ValueError, match="side='short' must be buy or sell"):
        bill("SH", DAY, "short", 100, 1_000)
    with pytest.raises(CalendarError, match="no transfer fee of BJ is known for 2021-11-12"):
        bill("BJ", "2021-11-12", "buy", 100, 1_000)


def test_the_refusal_of_the_face_value_fee_names_the_first_day():
    days = pd.DatetimeIndex(["2015-07-30", "2015-07-31", "2015-08-03"])
    with pytest.raises(CalendarError, match=r"^2015-07-30: until 2015-07-31 .* of SH shares"):
        fee_arrays(["600519.SH"], days)


def test_no_days_and_no_shares_give_empty_arrays():
    stamp, transfer = fee_arrays(["600519.SH"], pd.DatetimeIndex([]))
    assert (stamp.shape, transfer.shape) == ((0,), (0, 1))
    stamp, transfer = fee_arrays([], pd.DatetimeIndex([DAY]))
    assert (stamp.tolist(), transfer.shape) == ([5_000], (1, 0))
    assert stamp.dtype == transfer.dtype == np.int64
