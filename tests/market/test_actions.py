"""What an announcement gives to a holding, by hand."""

from fractions import Fraction

import pytest

from screener.market.actions import Event, corporate_action
from screener.market.prices import ref_price

FIELDS = ("cash", "bonus", "transfer", "rights", "rights_price")


def test_an_event_is_nothing_until_it_is_said():
    assert Event() == Event.per_ten() == Event(*[Fraction(0)] * 5)


@pytest.mark.parametrize("field", FIELDS)
def test_an_announcement_speaks_of_ten_shares_but_prices_one_right(field):
    event = Event.per_ten(**{field: "2.5"})
    said = {name: value for name, value in vars(event).items() if value}
    assert said == {field: Fraction("2.5") if field == "rights_price" else Fraction("0.25")}


@pytest.mark.parametrize("field", FIELDS)
def test_amounts_below_zero_are_refused_by_name(field):
    with pytest.raises(ValueError, match=f"^{field}=-1/2 must not be negative$"):
        Event(**{field: Fraction(-1, 2)})


def test_both_kinds_of_new_shares_are_counted_and_a_fraction_is_dropped():
    event = Event.per_ten(cash="1.25", bonus=1, transfer=2, rights=3, rights_price=5)
    assert event.new_shares == Fraction(3, 10)
    assert corporate_action(1_009, event) == (12_613, 302, 1_311)  # 126.125 CNY, 302.7 shares
    assert corporate_action(1, event) == (13, 0, 1)
    assert corporate_action(0, event) == (0, 0, 0)


def test_a_holding_below_zero_is_refused():
    with pytest.raises(ValueError, match="shares=-1 must not be negative"):
        corporate_action(-1, Event())


@pytest.mark.parametrize(
    ("event", "reference"),
    [
        (Event.per_ten(), 1_000),
        (Event.per_ten(cash=10), 900),
        (Event.per_ten(transfer=10), 500),
        (Event.per_ten(bonus=6, transfer=4), 500),
        (Event.per_ten(rights=5, rights_price=4), 800),  # (10 + 4 x 0.5) / 1.5
        (Event.per_ten(cash=4, bonus=2, transfer=3, rights=5, rights_price="8.8"), 700),  # 14 / 2
        (Event.per_ten(transfer=2), 833),
        (Event.per_ten(cash="0.05"), 1_000),  # 999.5: a half goes up
    ],
)
def test_the_reference_takes_off_what_the_holder_gets(event, reference):
    assert ref_price(1_000, event) == reference
