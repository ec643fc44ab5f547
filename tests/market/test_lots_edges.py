"""Quantities at their edges: every order up to a size against the wording of the rules, caps, T+1, cash."""

import pandas as pd
import pytest

from screener.market.lots import exchange_of_board, lot_arrays, max_buy, order_ok

DAY = "2024-06-03"
BOARDS = {
    "SSE_MAIN": (100, 100),
    "SZSE_MAIN": (100, 100),
    "CHINEXT": (100, 100),
    "STAR": (200, 1),
    "BSE": (100, 1),
}


def accepted(board, side, **known):
    return {n for n in range(-5, 700) if order_ok(board, side, n, **known)}


@pytest.mark.parametrize("board", BOARDS)
def test_purchases_are_the_least_and_its_steps(board):
    least, step = BOARDS[board]
    assert accepted(board, "buy") == accepted(board, "buy", day=DAY) == set(range(least, 700, step))


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("holding", [1, 99, 100, 150, 199, 200, 201, 350, 600])
@pytest.mark.parametrize("today", [0, 1, 100, 250])
def test_sales_keep_the_odd_rest_whole_and_what_was_bought_today(board, holding, today):
    least, step = BOARDS[board]
    wanted = range(1, max(holding - today, 0) + 1)
    if step == 1:
        allowed = {n for n in wanted if n >= least or n == holding}
    else:
        allowed = {n for n in wanted if n % 100 == 0 or n % 100 == holding % 100}
    sellable = {"sellable": max(holding - today, 0)} if today else {}
    assert accepted(board, "sell", holding=holding, **sellable) == allowed


def test_more_is_never_sold_than_is_held_even_where_more_is_said_to_be_sellable():
    assert accepted("SSE_MAIN", "sell", holding=200, sellable=500) == {100, 200}
    assert max(accepted("STAR", "sell", holding=300, sellable=600)) == 300


def test_of_an_unknown_holding_only_whole_lots_are_sold():
    assert accepted("SSE_MAIN", "sell") == {100, 200, 300, 400, 500, 600}
    assert accepted("SSE_MAIN", "sell", sellable=300) == {100, 200, 300}
    assert accepted("STAR", "sell", sellable=202) == {200, 201, 202}


@pytest.mark.parametrize(
    ("board", "day", "order", "cap"),
    [
        ("SSE_MAIN", DAY, "limit", 1_000_000),
        ("CHINEXT", "2020-08-21", "limit", 1_000_000),
        ("CHINEXT", "2020-08-24", "limit", 300_000),
        ("CHINEXT", "2020-08-24", "market", 150_000),
        ("CHINEXT", None, "limit", 300_000),
        ("STAR", DAY, "limit", 100_000),
        ("STAR", None, "market", 50_000),
        ("BSE", DAY, "market", 1_000_000),
    ],
)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_one_order_holds_no_more_than_its_cap(board, day, order, cap, side):
    step = BOARDS[board][1]
    known = {"day": day, "order": order, "holding": 2_000_000}
    assert order_ok(board, side, cap, **known)
    assert not order_ok(board, side, cap + step, **known)


def test_a_share_under_risk_warning_has_a_cap_a_day():
    warned = {"status": "risk_warning"}
    for day in (DAY, None):
        assert order_ok("SSE_MAIN", "buy", 500_000, day=day, **warned)
        assert not order_ok("SSE_MAIN", "buy", 500_100, day=day, **warned)
        assert order_ok("SSE_MAIN", "buy", 200_000, day=day, bought_today=300_000, **warned)
        assert not order_ok("SSE_MAIN", "buy", 200_100, day=day, bought_today=300_000, **warned)
    assert order_ok("SSE_MAIN", "buy", 500_100, day="2012-12-31", **warned)  # before the rule
    assert order_ok("SSE_MAIN", "buy", 500_100, bought_today=900_000)
    assert order_ok("SSE_MAIN", "sell", 500_100, holding=600_000, **warned)
    assert order_ok("CHINEXT", "buy", 300_000, bought_today=300_000, **warned)
    assert not order_ok("SSE_MAIN", "buy", 150, **warned)


@pytest.mark.parametrize("known", [{"side": "short"}, {"order": "stop"}, {"side": "short", "order": "stop"}])
def test_other_sides_and_orders_are_refused(known):
    with pytest.raises(ValueError, match="must be buy or sell, order="):
        order_ok(**{"board": "SSE_MAIN", "side": "buy", "shares": 100} | known)


@pytest.mark.parametrize("ask", [exchange_of_board, lambda board: max_buy(board, DAY, 1, 1)])
def test_an_unknown_board_is_refused(ask):
    with pytest.raises(ValueError, match="board='NYSE' must be"):
        ask("NYSE")


def test_boards_belong_to_their_exchange():
    assert [exchange_of_board(board) for board in BOARDS] == ["SH", "SZ", "SZ", "SH", "BJ"]


@pytest.mark.parametrize(("board", "least"), [("SSE_MAIN", 100), ("STAR", 200), ("BSE", 100)])
def test_the_first_order_is_bought_at_its_price_and_not_a_fen_below(board, least):
    costs = (
        500 + {"SSE_MAIN": 1, "STAR": 2, "BSE": 1}[board]
    )  # commission; 0.01 per mille of 1,000 or 2,000 CNY
    cash = least * 1_000 + costs
    assert max_buy(board, DAY, cash, 1_000) == least
    assert max_buy(board, DAY, cash - 1, 1_000) == 0


def test_a_price_of_a_fen_is_one_and_none_is_refused():
    assert max_buy("SSE_MAIN", DAY, 10_500, 1) == 10_000
    for price in (0, -1):
        with pytest.raises(ValueError, match="fen must be positive"):
            max_buy("SSE_MAIN", DAY, 10_000, price)


def test_the_terms_of_the_broker_count_in_what_cash_can_buy():
    assert max_buy("BSE", DAY, 100_000, 100, 0, 0) == 999  # 99,900 and 1 fen to move them
    assert max_buy("BSE", DAY, 100_000, 100) == 994


def test_days_before_a_board_opened_have_its_first_rules():
    least, step, cap = lot_arrays(["300308.SZ"], pd.DatetimeIndex(["2009-01-05"]))
    assert [least.tolist(), step.tolist(), cap.tolist()] == [[100], [100], [[1_000_000]]]
