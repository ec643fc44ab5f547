"""Dividend tax of random lots, against a twin that walks day by day."""

import datetime as dt
import random
from fractions import Fraction

import pytest

from screener.errors import CalendarError
from screener.market.tax import dividend_tax


def clamped(year: int, month: int, day: int) -> dt.date:
    """Return the day, or the last one that the month has."""
    while True:
        try:
            return dt.date(year, month, day)
        except ValueError:
            day -= 1


def slow_tax(lots, record, sold, count, cash):
    """Give out the shares one by one, oldest first."""
    shares = [day for day, held in sorted(lots) for _ in range(held)][:count]
    longer = 0 if record >= dt.date(2015, 9, 8) else 5
    percents = []
    for bought in shares:
        if bought > record or sold <= record:
            continue
        after = bought.month % 12 + 1
        month = clamped(bought.year + (after == 1), after, bought.day)
        year = clamped(bought.year + 1, bought.month, bought.day)
        percents.append(20 if sold <= month else 10 if sold <= year else longer)
    tax = sum(cash * percent for percent in percents)  # CNY x percent = fen
    return percents, int(tax + Fraction(1, 2))


@pytest.mark.parametrize("seed", range(300))
def test_tax_of_random_lots_is_that_of_single_shares(seed):
    dice = random.Random(seed)
    record = dt.date(2015, 9, 8) + dt.timedelta(dice.randrange(-300, 300))
    sold = record + dt.timedelta(dice.randrange(-5, 500))
    # Half of the lots are bought near a month or a year before the sale, where the rates change.
    gaps = [
        dice.choice((dice.randrange(1, 800), dice.randrange(27, 33), dice.randrange(363, 368)))
        for _ in range(4)
    ]
    lots = [(sold - dt.timedelta(gap), dice.randrange(1, 300)) for gap in gaps]
    count = dice.randrange(0, sum(held for _, held in lots) + 1)
    cash = Fraction(dice.randrange(1, 20_000), 10_000)
    levy = dividend_tax(lots, record, sold, count, cash)
    percents, tax = slow_tax(lots, record, sold, count, cash)
    assert [percent for shares, percent in levy.rates for _ in range(shares)] == percents
    assert levy.tax == tax


def test_nothing_bought_on_the_day_can_be_sold_and_nothing_beyond_the_holding():
    for lots, count in (([("2024-06-03", 100), ("2024-07-01", 100)], 101), ([("2024-06-03", 100)], 200)):
        with pytest.raises(ValueError, match="sell_shares"):
            dividend_tax(lots, "2024-06-20", "2024-07-01", count, Fraction(1))


def test_dividends_before_the_first_known_rates_are_refused():
    with pytest.raises(CalendarError, match="2012-12-31"):
        dividend_tax([("2012-06-01", 100)], "2012-12-31", "2013-02-01", 100, Fraction(1))
