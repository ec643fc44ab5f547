"""One order at a time, against numbers worked out by hand, and the chain of lots against a plain list."""

import random
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest

from screener.arrays import Fill, Reason
from screener.kernels import events, fills, lots

OPEN, CLOSE, VWAP = (int(fill) for fill in (Fill.OPEN, Fill.CLOSE, Fill.VWAP))


@pytest.mark.parametrize(
    ("value", "rate", "fee"),
    [
        (2_002_000, 2_500, 501),  # 500.50 fen
        (2_001_999, 2_500, 500),  # 500.49975 fen
        (1, 5_000_000, 1),
        (1, 4_999_999, 0),
        (10_000_000, 100, 100),
        (0, 5_000, 0),
    ],
)
def test_a_fee_is_rounded_half_up_to_the_fen(value, rate, fee):
    assert fills.fee_nb(value, rate) == fee


@pytest.mark.parametrize(
    ("rate", "least", "commission"),
    [
        (2_500, 500, 500),  # 2.50 CNY, but 5 CNY at least
        (2_500, 100, 250),
        (2_500, 0, 250),
        (0, 500, 500),
        (0, 1, 1),
        (1, 0, 0),
        (0, 0, 0),
    ],
)
def test_commission_has_a_least_amount_and_duties_have_none(rate, least, commission):
    assert fills.child_fees_nb(1_000_000, rate, least, 5_000, 100) == (commission, 500, 10)


@pytest.mark.parametrize(
    ("shares", "orders"),
    [
        (999, [999]),
        (1_000, [1_000]),
        (1_001, [1_000, 1]),
        (2_000, [1_000, 1_000]),
        (3_450, [1_000, 1_000, 1_000, 450]),
    ],
)
def test_an_order_beyond_the_cap_pays_for_each_of_its_parts(shares, orders):
    price, rates = 1_237, (2_500, 500, 5_000, 100)

    def rounded(value, rate):
        return int(Fraction(value * rate, 10**7) + Fraction(1, 2))

    parts = [
        (max(rounded(part * price, 2_500), 500), rounded(part * price, 5_000), rounded(part * price, 100))
        for part in orders
    ]
    expected = tuple(sum(column) for column in zip(*parts, strict=True))
    assert fills.fees_nb(shares, price, 1_000, *rates) == expected


# open, high, low, close of the day: 1000, 1100, 950, 1050.
@pytest.mark.parametrize(
    ("fill", "volume", "amount", "bought", "sold"),
    [
        (OPEN, 10, 10_005, 1_000, 1_000),
        (CLOSE, 10, 10_005, 1_050, 1_050),
        (VWAP, 10, 10_005, 1_001, 1_000),  # 1000.5
        (VWAP, 10, 10_001, 1_001, 1_000),  # 1000.1
        (VWAP, 10, 10_010, 1_001, 1_001),
        (VWAP, 1, 1_020, 1_020, 1_020),
        (VWAP, 2, 2_040, 1_020, 1_020),
        (VWAP, 0, 0, 950, 950),  # no volume: kept inside the range
        (VWAP, 0, 1_000, 1_000, 1_000),
        (VWAP, 10, 20_000, 1_100, 1_100),
        (VWAP, 10, 1_000, 950, 950),
    ],
)
def test_the_price_of_the_day_by_fill(fill, volume, amount, bought, sold):
    bar = (1_000, 1_100, 950, 1_050, volume, amount)
    assert (fills.base_price_nb(fill, *bar, True), fills.base_price_nb(fill, *bar, False)) == (bought, sold)


@pytest.mark.parametrize("fill", [OPEN, CLOSE, VWAP])
def test_a_day_without_a_bar_has_no_price(fill):
    # The close is carried forward over a suspension, and must not become a price.
    assert fills.base_price_nb(fill, 0, 0, 0, 1_050, 0, 0, True) == 0


def test_a_price_of_a_fen_is_a_price():
    bar = (1, 3, 1, 2, 10, 20)
    assert [fills.base_price_nb(fill, *bar, True) for fill in (OPEN, CLOSE, VWAP)] == [1, 2, 2]


def test_impact_grows_with_the_root_of_the_shares_and_is_cut_to_a_whole_rate():
    assert fills.slip_nb(5_000, 0.0, 10_000) == 5_000
    assert fills.slip_nb(5_000, 100.0, 10_000) == 15_000
    assert fills.slip_nb(5_000, 1.5, 9) == 5_004
    assert fills.slip_nb(0, 1.0, 4) == 2


@pytest.mark.parametrize(
    ("base", "rate", "ticks", "limit", "paid"),
    [
        (1_000, 0, 0, 0, 1_000),
        (1_000, 5_000, 0, 0, 1_001),  # 1000.5
        (1_000, 10_000, 0, 0, 1_001),
        (1_000, 10_001, 0, 0, 1_002),
        (1_000, 1, 0, 0, 1_001),
        (1, 1, 0, 0, 2),  # 1.0000001: the smallest fraction
        (1_000, 0, 2, 0, 1_002),
        (1_000, 0, 2, 1_001, 1_001),
        (1_000, 0, 2, 1_003, 1_002),
        (3, 0, 2, 1, 1),
    ],
)
def test_a_purchase_pays_the_next_tick_up_to_the_limit(base, rate, ticks, limit, paid):
    assert fills.buy_price_nb(base, rate, ticks, limit) == paid


@pytest.mark.parametrize(
    ("base", "rate", "ticks", "limit", "got"),
    [
        (1_000, 0, 0, 0, 1_000),
        (1_000, 5_000, 0, 0, 999),  # 999.5
        (1_000, 10_000, 0, 0, 999),
        (1_000, 10_001, 0, 0, 998),
        (1_000, 0, 2, 0, 998),
        (1_000, 0, 2, 999, 999),
        (1_000, 0, 2, 997, 998),
        (2, 0, 1, 0, 1),
        (2, 0, 5, 0, 1),  # never for nothing
        (1_000, 10_000_000, 0, 0, 1),
        (1_000, 20_000_000, 0, 0, 1),
    ],
)
def test_a_sale_gets_the_next_tick_down_to_the_limit(base, rate, ticks, limit, got):
    assert fills.sell_price_nb(base, rate, ticks, limit) == got


def legal_buys(least, step, most):
    return [0, *range(least, most + 1, step)]


def legal_sales(least, step, held):
    """Follow the wording: whole lots, with or without the whole odd rest; or from the least on, or all."""
    if step == 1:
        return [n for n in range(held + 1) if n >= least or n in (0, held)]
    return [n for n in range(held + 1) if n % step in (0, held % step)]


@pytest.mark.parametrize("lot", [(100, 100), (200, 1), (100, 1)])
def test_quantities_are_the_largest_legal_ones(lot):
    for wanted in range(521):
        assert fills.legal_buy_nb(wanted, *lot) == max(n for n in legal_buys(*lot, 520) if n <= wanted)
    for held in (1, 99, 100, 101, 199, 200, 201, 250, 399):
        sales = legal_sales(*lot, held)
        for wanted in range(held + 50):
            assert fills.legal_sale_nb(wanted, held, *lot) == max(n for n in sales if n <= wanted), wanted


@pytest.mark.parametrize("fill", [OPEN, CLOSE, VWAP])
@pytest.mark.parametrize(
    ("listed", "opened", "close_trades", "reason"),
    [
        (True, 1_000, True, Reason.FILLED),
        (False, 1_000, True, Reason.UNLISTED),
        (False, 0, False, Reason.UNLISTED),
        (True, 0, True, Reason.SUSPENDED),
        (True, 0, False, Reason.SUSPENDED),
        (True, 1, True, Reason.FILLED),
    ],
)
def test_why_a_share_does_not_trade_at_all(fill, listed, opened, close_trades, reason):
    assert fills.refusal_nb(fill, listed, opened, close_trades) == reason


def test_only_an_order_at_the_close_minds_that_the_close_does_not_trade():
    said = [fills.refusal_nb(fill, True, 1_000, False) for fill in (OPEN, CLOSE, VWAP)]
    assert said == [Reason.FILLED, Reason.NO_CLOSE, Reason.FILLED]


def test_the_price_held_against_a_limit_is_that_of_the_fill():
    assert [fills.deciding_price_nb(fill, 1, 2, 3) for fill in (OPEN, CLOSE, VWAP)] == [1, 2, 3]


def test_participation_caps_the_shares_and_none_does_not():
    assert fills.volume_cap_nb(0.1, 12_345) == 1_234
    assert fills.volume_cap_nb(1.0, 12_345) == 12_345
    assert fills.volume_cap_nb(0.1, 0) == 0
    assert fills.volume_cap_nb(0.0, 12_345) > 10**12  # more than any listed company has


N_DAYS = 60


def tax_on(today):
    """A month of 10 days, a year of 30, and 20, 10 and 5 per cent."""
    return today - 10, today - 30, 20, 10, 5


def test_each_lot_is_taxed_by_how_long_it_was_held():
    """Income of 1 CNY a share: 20, 10 and 5 fen a share, with the day of a month and of a year inside."""
    for bought, percent in ((45, 20), (40, 20), (39, 10), (20, 10), (19, 5), (0, 5)):
        book = lots.no_lots_nb(2, 1)
        lots.add_lot_nb(book, 1, bought, 300)
        lots.pay_lots_nb(book, 1, 1_000_000)
        assert lots.take_lots_nb(book, 1, 51, 200, tax_on(50)) == 200 * percent, bought


@pytest.mark.parametrize(("shares", "tax"), [(1, 0), (2, 0), (3, 1), (7, 1), (8, 2)])
def test_the_tax_of_a_sale_is_rounded_half_up_once(shares, tax):
    """A fifth of a fen a share: 0.01 CNY at 20 %."""
    book = lots.no_lots_nb(1, shares)
    for _ in range(shares):
        lots.add_lot_nb(book, 0, 50, 1)
    lots.pay_lots_nb(book, 0, 10_000)
    assert lots.take_lots_nb(book, 0, 51, shares, tax_on(50)) == tax


def test_what_came_today_is_sold_first_and_untaxed():
    """Rule R31 taxes the day's net change: 100 old shares with 1 CNY of income each, 60 new ones."""
    for sold, tax in ((60, 0), (61, 20), (160, 2_000)):
        book = lots.no_lots_nb(1, 2)
        lots.add_lot_nb(book, 0, 45, 100)
        lots.pay_lots_nb(book, 0, 1_000_000)
        lots.add_lot_nb(book, 0, 50, 60)
        assert lots.take_lots_nb(book, 0, 50, sold, tax_on(50)) == tax, sold


class SlowLots:
    """A share is an entry of a list: day of purchase and income."""

    def __init__(self, n):
        self.shares = [[] for _ in range(n)]

    def add(self, j, day, shares):
        self.shares[j] += [[day, 0] for _ in range(shares)]

    def pay(self, j, income):
        for share in self.shares[j]:
            share[1] += income

    def take(self, j, today, shares):
        sold, self.shares[j] = self.shares[j][:shares], self.shares[j][shares:]
        percents = [20 if today - day <= 10 else 10 if today - day <= 30 else 5 for day, _ in sold]
        income = sum(Fraction(share[1], 10**6) * p for share, p in zip(sold, percents, strict=True))
        return int(income + Fraction(1, 2))


def open_lots(book, j):
    """Follow the chain: day, shares and income of each lot."""
    found, row = [], book.first[j]
    while row >= 0:
        found.append(tuple(int(value) for value in book.link[row, :3]))
        last, row = row, book.link[row, 3]
    assert not found or book.last[j] == last
    return found


@pytest.mark.parametrize("seed", range(12))
def test_random_lots_are_those_of_single_shares(seed):
    dice, n = random.Random(seed), 3
    book, slow = lots.no_lots_nb(n, 64), SlowLots(n)
    for today in range(N_DAYS):
        for _ in range(8):  # enough for the table to move twice
            j, shares = dice.randrange(n), dice.randrange(1, 20)
            if book.used[0] == len(book.link):
                book = lots.more_lots_nb(book, 1)
            lots.add_lot_nb(book, j, today, shares)
            slow.add(j, today, shares)
        j, income = dice.randrange(n), dice.randrange(1, 900_000)
        lots.pay_lots_nb(book, j, income)
        slow.pay(j, income)
        j = dice.randrange(n)
        held = len(slow.shares[j])
        shares = dice.choice((0, held, dice.randrange(held + 1)))
        assert lots.take_lots_nb(book, j, N_DAYS, shares, tax_on(today)) == slow.take(j, today, shares)
        for j in range(n):
            chain = open_lots(book, j)
            assert [(day, paid) for day, count, paid in chain for _ in range(count)] == [
                tuple(share) for share in slow.shares[j]
            ]
            assert all(count > 0 for _, count, _ in chain)


class Right(NamedTuple):
    """The part of an event that says what a share is entitled to."""

    cash: np.ndarray
    bonus: np.ndarray
    price: np.ndarray
    fraction_paid: np.ndarray


@pytest.mark.parametrize(
    ("held", "cash", "bonus", "fraction", "gives"),
    [
        (1, 4_999, 0, False, (0, 0)),  # 0.4999 fen
        (1, 5_000, 0, False, (1, 0)),
        (3, 1_000_000, 50_000_000, False, (300, 1)),  # half a share is lost
        (3, 1_000_000, 50_000_000, True, (300 + 617, 1)),  # or paid at 12.34 CNY
        (200_000_000_000, 0, 100_000_000, False, (0, 200_000_000_000)),
    ],
)
def test_a_holding_gets_its_cash_to_the_fen_and_whole_shares(held, cash, bonus, fraction, gives):
    right = Right(np.array([cash]), np.array([bonus]), np.array([0]), np.array([fraction]))
    assert events.entitled_nb(right, 0, held, 1_234, 0) == (*gives, 0)


@pytest.mark.parametrize(("price", "shares"), [(1, 700), (2, 350), (101, 6)])
def test_rights_are_taken_as_far_as_the_cash_reaches(price, shares):
    right = Right(np.array([0]), np.array([100_000_000]), np.array([price]), np.array([False]))
    assert events.entitled_nb(right, 0, 1_000, 1_234, 700) == (0, shares, shares * price)
