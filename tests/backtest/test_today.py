"""Orders of a day: legal, paid for, and towards the target; what is overdue or unknown is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from screener import strategy as strategies
from screener.backtest.run import prepare
from screener.backtest.spec import RunSpec
from screener.backtest.today import today
from screener.data.sources import open_source
from screener.errors import OverdueError, SpecError
from screener.market.fees import bill
from screener.market.lots import exchange_of_board, order_ok
from screener.market.symbols import board_of

SPEC = RunSpec("equal-weight", allow_overdue=True)
HELD = {"300308.SZ": 10_050, "688256.SH": 150, "600519.SH": 37, "000977.SZ": 1_234}


@pytest.fixture(scope="module")
def source():
    return open_source("sample")


@pytest.fixture(scope="module")
def ticket(source):
    return today(SPEC, source, HELD, 2_000_000.0)


def test_every_order_is_one_that_the_exchange_accepts(ticket) -> None:
    todo = ticket.orders[ticket.orders["shares"] > 0]
    assert set(todo["side"]) == {"buy", "sell"}
    for row in todo.itertuples():
        assert order_ok(board_of(row.symbol), row.side, row.shares, holding=row.held), row
        assert row.side == "buy" or row.shares <= row.held


def test_sales_and_cash_pay_for_the_purchases_costs_included(ticket) -> None:
    cash = ticket.cash
    for row in ticket.orders[ticket.orders["shares"] > 0].itertuples():
        exchange = exchange_of_board(board_of(row.symbol))
        cash += (
            bill(exchange, ticket.day, row.side, row.shares, round(row.price * 100), 2_500, 500).cash / 100
        )
    assert cash >= 0.0
    assert ticket.orders["side"].tolist() == sorted(
        ticket.orders["side"], key=["sell", "buy", ""].index
    )  # sales come first


def test_what_is_held_then_is_within_a_lot_of_the_target_where_cash_allowed(ticket, source) -> None:
    for row in ticket.orders.itertuples():
        after = row.held + row.shares * (1 if row.side == "buy" else -1)
        lot = 200 if board_of(row.symbol) == "STAR" else 100
        if row.note == "" and row.weight > 0:
            assert abs(row.target - after * row.price) <= lot * row.price + 0.002 * row.target
        if row.weight == 0:
            assert after == 0


def test_the_target_is_that_of_the_last_decision(ticket, source) -> None:
    context, _, _ = prepare(SPEC, source)
    rule = strategies.load("equal-weight")
    weights = rule.weights(context, rule.params({}))
    expected = weights.iloc[-1].groupby(level="symbol").sum()
    found = ticket.orders.set_index("symbol")["weight"]
    assert ticket.decided == weights.index[-1]
    for symbol, weight in expected[expected > 0].items():
        assert found[symbol] == pytest.approx(weight)
    assert ticket.next_decision > ticket.day
    closes = source.panel(HELD).frame(source.panel(HELD).close).ffill().iloc[-1]
    assert ticket.equity == pytest.approx(2e6 + sum(n * closes[s] for s, n in HELD.items()))


def test_stale_prices_are_said_and_an_overdue_release_is_refused(ticket, source) -> None:
    assert any(note.startswith("STALE: prices end on 2026-06-30") for note in ticket.notes)
    late = RunSpec("capex-rotation", themes=("optical", "servers"))
    overdue = pd.Timestamp("2026-06-30") - pd.Timestamp("2026-04-30")
    assert overdue.days < 120  # the sample ends while the driver is current
    assert today(late, source, {}, 1e6).orders["shares"].sum() > 0


def test_an_overdue_driver_stops_the_orders(source, monkeypatch) -> None:
    monkeypatch.setattr("screener.cycle.cycle.OVERDUE_DAYS", 30)
    with pytest.raises(OverdueError, match="days old"):
        today(RunSpec("equal-weight"), source, {}, 1e6)


def test_nothing_to_own_is_refused(source) -> None:
    with pytest.raises(SpecError, match="worth nothing"):
        today(SPEC, source, {}, 0.0)
