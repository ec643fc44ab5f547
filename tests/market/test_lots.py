"""Quantities, against enumeration."""

import pandas as pd
import pytest

from screener.errors import CalendarError
from screener.market.fees import bill
from screener.market.lots import lot_arrays, max_buy, order_ok


@pytest.mark.parametrize("board", ["SSE_MAIN", "CHINEXT", "STAR", "BSE"])
@pytest.mark.parametrize("price", [40, 333, 4_888, 50_001])
@pytest.mark.parametrize("cash", [0, 99_999, 1_000_000, 4_345_678])
def test_max_buy_is_the_last_order_of_a_list_that_cash_pays_for(board, price, cash):
    exchange = {"SSE_MAIN": "SH", "CHINEXT": "SZ", "STAR": "SH", "BSE": "BJ"}[board]
    # From above, because the list of what is legal is long: the first that can be paid is the largest.
    start = min(cash // price, 1_000_000)
    legal = (n for n in range(start, 0, -1) if order_ok(board, "buy", n, day="2024-06-03"))
    paid = (n for n in legal if cash + bill(exchange, "2024-06-03", "buy", n, price).cash >= 0)
    assert max_buy(board, "2024-06-03", cash, price) == next(paid, 0)


def test_max_buy_keeps_the_caps():
    assert max_buy("CHINEXT", "2024-06-03", 10**12, 100) == 300_000
    assert max_buy("CHINEXT", "2020-08-21", 10**12, 100) == 1_000_000
    assert max_buy("SSE_MAIN", "2024-06-03", 10**12, 100, status="risk_warning") == 500_000


@pytest.mark.parametrize("holding", [1, 99, 100, 101, 299, 350, 1_000])
def test_main_board_sales_never_split_the_odd_lot(holding):
    odd = holding % 100
    whole = set(range(100, holding + 1, 100))
    allowed = whole | ({n + odd for n in range(0, holding, 100) if n + odd <= holding} if odd else set())
    assert {
        n for n in range(1, holding + 200) if order_ok("SZSE_MAIN", "sell", n, holding=holding)
    } == allowed


def test_arrays_hold_the_rules_of_the_day():
    symbols = ["600519.SH", "300308.SZ", "688256.SH", "920799.BJ"]
    least, step, cap = lot_arrays(symbols, pd.DatetimeIndex(["2019-01-02", "2020-08-21", "2020-08-24"]))
    assert (least.tolist(), step.tolist()) == ([100, 100, 200, 100], [100, 100, 1, 1])
    assert cap.tolist() == [
        [1_000_000, 1_000_000, 100_000, 1_000_000],
        [1_000_000, 1_000_000, 100_000, 1_000_000],
        [1_000_000, 300_000, 100_000, 1_000_000],
    ]


def test_unknown_boards_sides_and_days_are_refused():
    with pytest.raises(ValueError, match="board='NYSE' must be"):
        order_ok("NYSE", "buy", 100)
    with pytest.raises(ValueError, match="must be buy or sell"):
        order_ok("STAR", "short", 200)
    with pytest.raises(CalendarError, match="had not opened"):
        order_ok("STAR", "buy", 200, day="2019-07-19")
