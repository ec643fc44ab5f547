"""Dividend tax at its edges, and the tables by day against a walk through the calendar."""

import datetime as dt
from fractions import Fraction

import pandas as pd
import pytest

from screener.market.calendar import sessions
from screener.market.tax import dividend_tax, month_later, tax_arrays

RECORD = "2024-06-20"


def later(day, months):
    """Step forward a month at a time; a day that does not exist becomes the last one of its month."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    last = (dt.date(year + (month == 12), month % 12 + 1, 1) - dt.timedelta(1)).day
    return dt.date(year, month, min(day.day, last))


def test_a_month_and_a_year_later_are_those_of_the_steps():
    for day in pd.date_range("2023-01-01", "2025-12-31"):
        for months in (0, 1, 2, 11, 12, 13, 24):
            assert month_later(day.date(), months) == later(day.date(), months)


@pytest.mark.parametrize("start", ["2015-01-05", "2023-12-01"])
def test_tables_by_day_say_whose_purchases_are_within_a_month_and_a_year(start):
    days = sessions(start)[:330]
    bought = [day.date() for day in days]
    month, year, percent = tax_arrays(days)
    for i in range(0, 330, 7):
        inside = [next(k for k in range(330) if bought[i] <= later(bought[k], n)) for n in (1, 12)]
        assert [month[i], year[i]] == inside
        longer = 0 if bought[i] >= dt.date(2015, 9, 8) else 5
        assert percent[i].tolist() == [20, 10, longer]
    assert percent.flags["C_CONTIGUOUS"]


def test_bonus_shares_are_taxed_at_par():
    lots = [("2024-06-03", 1_000)]
    assert dividend_tax(lots, RECORD, "2024-06-28", 1_000, Fraction(0), Fraction(3, 10)).tax == 6_000
    assert dividend_tax(lots, RECORD, "2024-06-28", 1_000, Fraction(1, 2), Fraction(3, 10)).tax == 16_000
    assert dividend_tax(lots, RECORD, "2024-06-28", 1_000, Fraction(1, 2)).tax == 10_000


def test_who_bought_up_to_the_record_date_and_sells_after_it_is_taxed():
    half = Fraction(1, 2)
    for bought, sold, taxed in (
        ("2024-06-19", "2024-06-21", True),
        ("2024-06-20", "2024-06-21", True),
        ("2024-06-21", "2024-06-24", False),
        ("2024-06-19", "2024-06-20", False),  # sold on the record date: not a holder at its close
    ):
        levy = dividend_tax([(bought, 100)], RECORD, sold, 100, half)
        assert levy == ((((100, 20),), 1_000) if taxed else ((), 0)), (bought, sold)


def test_selling_nothing_and_selling_everything_are_both_allowed():
    lots = [("2024-06-03", 100), ("2024-06-04", 50)]
    assert dividend_tax(lots, RECORD, "2024-06-28", 0, Fraction(1)) == ((), 0)
    assert dividend_tax(lots, RECORD, "2024-06-28", 150, Fraction(1)).rates == ((100, 20), (50, 20))


@pytest.mark.parametrize("shares", [-1, 101])
def test_less_than_nothing_and_more_than_the_holding_are_refused(shares):
    with pytest.raises(
        ValueError, match=f"sell_shares={shares} must lie between 0 and the 100 bought before"
    ):
        dividend_tax([("2024-06-03", 100)], RECORD, "2024-06-28", shares, Fraction(1))


def test_rates_follow_the_record_date():
    lots = [("2014-01-02", 100)]
    for record, percent in (("2015-09-07", 5), ("2015-09-08", 0)):
        assert dividend_tax(lots, record, "2015-10-12", 100, Fraction(1)).rates == ((100, percent),)
