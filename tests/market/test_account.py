"""The slow account, against sums done by hand."""

import datetime as dt

import pytest

from screener.market.account import CashAccount, Step, scenario
from screener.market.symbols import resolve

SHARE = resolve("600519")
MONDAY, TUESDAY, WEDNESDAY = "2024-06-03", "2024-06-04", "2024-06-05"


def lots_of(account):
    return [(str(lot.bought), lot.shares) for lot in account.lots[SHARE.symbol]]


def test_cash_and_position_after_each_step_are_those_of_the_hand():
    account = CashAccount(1_000_000)
    history = scenario(
        account,
        [
            Step(MONDAY, "buy", SHARE, 300, 1_000),  # 3,000 + 5 + 0.03
            Step(TUESDAY, "sell", SHARE, 100, 1_000),  # 1,000 - 5 - 0.50 - 0.01
            Step(TUESDAY, "buy", SHARE, 200, 1_000),  # 2,000 + 5 + 0.02
            Step(WEDNESDAY, "sell", SHARE, 400, 1_000),  # 4,000 - 5 - 2.00 - 0.04
        ],
    )
    assert history.cash == (699_497, 798_946, 598_444, 997_740)
    assert history.position == (300, 200, 400, 0)
    assert history.rejected == ()


def test_the_oldest_lot_is_sold_first_and_what_is_left_of_it_stays():
    account = CashAccount(10_000_000)
    steps = [Step(MONDAY, "buy", SHARE, 300, 1_000), Step(TUESDAY, "buy", SHARE, 200, 1_000)]
    scenario(account, [*steps, Step(WEDNESDAY, "sell", SHARE, 100, 1_000)])
    assert lots_of(account) == [(MONDAY, 200), (TUESDAY, 200)]
    scenario(account, [Step(WEDNESDAY, "sell", SHARE, 200, 1_000)])
    assert lots_of(account) == [(TUESDAY, 200)]
    scenario(account, [Step(WEDNESDAY, "sell", SHARE, 200, 1_000)])
    assert lots_of(account) == []


def test_what_was_bought_today_is_held_but_cannot_be_sold_until_tomorrow():
    account = CashAccount(10_000_000)
    scenario(account, [Step(MONDAY, "buy", SHARE, 300, 1_000), Step(TUESDAY, "buy", SHARE, 200, 1_000)])
    ages = [account.sellable(SHARE.symbol, dt.date(2024, 6, day)) for day in (3, 4, 5)]
    assert (account.position(SHARE.symbol), ages) == (500, [0, 300, 500])
    assert account.position("300308.SZ") == account.sellable("300308.SZ", dt.date(2024, 6, 5)) == 0


def test_a_refused_order_changes_nothing_and_is_named():
    account = CashAccount(300_502)  # one fen short of 300 shares with their costs
    steps = [
        Step("2024-06-02", "buy", SHARE, 100, 1_000),  # a Sunday
        Step(MONDAY, "buy", SHARE, 150, 1_000),  # no lot
        Step(MONDAY, "buy", SHARE, 300, 1_000),  # no cash
        Step(MONDAY, "sell", SHARE, 100, 1_000),  # nothing held
    ]
    history = scenario(account, steps)
    assert history.rejected == (0, 1, 2, 3)
    assert (set(history.cash), set(history.position)) == ({300_502}, {0})


def test_the_last_fen_may_be_spent():
    account = CashAccount(300_503)
    assert account.trade(Step(MONDAY, "buy", SHARE, 300, 1_000))
    assert account.cash == 0


def test_the_terms_of_the_broker_are_those_given():
    account = CashAccount(1_000_000, commission_rate=0, commission_least=0)
    assert account.trade(Step(MONDAY, "buy", SHARE, 300, 1_000))
    assert account.cash == 699_997


def test_steps_must_follow_the_days():
    steps = [Step(TUESDAY, "buy", SHARE, 100, 1_000), Step(MONDAY, "buy", SHARE, 100, 1_000)]
    with pytest.raises(ValueError, match="step 1: 2024-06-03 lies before the step above it, 2024-06-04"):
        scenario(CashAccount(10_000_000), steps)
