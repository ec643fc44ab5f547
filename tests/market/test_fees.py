"""Bills of random orders in every date segment, against decimal arithmetic and rates typed in again."""

import random
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest

from screener.errors import CalendarError
from screener.market.fees import bill, fee_arrays, inside_commission

# Segments: exchange, first and last day, stamp per mille, transfer per mille, on face value.
SEGMENTS = [
    ("SH", "2015-01-05", "2015-07-31", "1", "0.3", True),
    ("SZ", "2015-01-05", "2015-07-31", "1", "0.0255", False),
    ("SH", "2015-08-01", "2022-04-28", "1", "0.02", False),
    ("SZ", "2015-08-01", "2022-04-28", "1", "0.02", False),
    ("BJ", "2021-11-15", "2022-04-28", "1", "0.025", False),
    *((exchange, "2022-04-29", "2023-08-27", "1", "0.01", False) for exchange in ("SH", "SZ", "BJ")),
    *((exchange, "2023-08-28", "2026-12-31", "0.5", "0.01", False) for exchange in ("SH", "SZ", "BJ")),
]


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def slow_bill(side, shares, price, stamp, transfer, face, rate, least):
    amount = shares * price
    commission = max(rounded(amount * min(rate, Decimal("0.003"))), least)
    duty = rounded(amount * Decimal(stamp) / 1000) if side == "sell" else Decimal(0)
    moved = rounded((Decimal(shares) if face else amount) * Decimal(transfer) / 1000)
    total = commission + duty + moved
    return amount, commission, duty, moved, total, (amount if side == "sell" else -amount) - total


@pytest.mark.parametrize("segment", SEGMENTS, ids=lambda s: f"{s[0]}-{s[1]}")
def test_bill_is_the_decimal_one_in_every_segment(segment):
    exchange, first, last, *duties = segment
    dice = random.Random(str(segment))
    days = [str(day.date()) for day in pd.date_range(first, last)]
    for number in range(400):
        day = (first, last)[number] if number < 2 else dice.choice(days)
        side, shares = dice.choice(("buy", "sell")), dice.randrange(1, 300_000)
        cents, rate, least = dice.randrange(1, 200_000), dice.randrange(0, 40_000), dice.choice((0, 100, 500))
        expected = slow_bill(
            side, shares, Decimal(cents) / 100, *duties, Decimal(rate) / 10**7, Decimal(least) / 100
        )
        assert bill(exchange, day, side, shares, cents, rate, least) == tuple(
            int(amount * 100) for amount in expected
        ), (day, side, shares, cents, rate, least)


def test_arrays_hold_the_rates_that_the_bill_charges():
    symbols = ["600519.SH", "300308.SZ", "920799.BJ"]
    days = pd.DatetimeIndex(
        ["2021-11-15", "2022-04-28", "2022-04-29", "2023-08-25", "2023-08-28", "2026-12-31"]
    )
    stamp, transfer = fee_arrays(symbols, days)
    shares, price = 100_000, 100_000  # 1e10 fen: no rate is lost to rounding
    for i, day in enumerate(days):
        for j, symbol in enumerate(symbols):
            charged = bill(symbol[-2:], day, "sell", shares, price)
            assert (charged.stamp, charged.transfer) == (stamp[i] * 1_000, transfer[i, j] * 1_000)
    assert stamp.dtype == transfer.dtype == np.int64


def test_face_value_fee_of_shanghai_cannot_be_a_rate_and_is_refused():
    days = pd.DatetimeIndex(["2015-07-31", "2015-08-03"])
    with pytest.raises(CalendarError, match="face value"):
        fee_arrays(["300308.SZ", "600519.SH"], days)
    assert fee_arrays(["600519.SH"], days[1:])[1].tolist() == [[200]]
    assert fee_arrays(["300308.SZ"], days)[1].tolist() == [[255], [200]]


def test_days_before_an_exchange_opened_carry_its_first_rate():
    assert fee_arrays(["920799.BJ"], pd.DatetimeIndex(["2019-01-02", "2021-11-15"]))[1].tolist() == [
        [250],
        [250],
    ]


def test_levies_inside_the_commission_follow_their_dates():
    assert inside_commission("SZ", "2015-07-31") == 896
    assert inside_commission("SH", "2023-08-27") == 687
    assert inside_commission("SH", "2023-08-28") == 541
    assert inside_commission("BJ", "2022-11-30") == 5_200
    assert inside_commission("BJ", "2022-12-01") == 2_700
