"""The vectorbt portfolio against a ledger kept by hand, in whole fen."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from screener.backtest.result import Result
from screener.market import calendar

pytest.importorskip("vectorbt")

from screener.report.vbt import to_portfolio

SYMBOLS = ("000977.SZ", "300308.SZ", "600588.SH", "688256.SH")
OPENING = 1_000_000_00
NEVER = "688256.SH"  # has no bar in the ledger


def ledger(seed: int, n_days: int = 40) -> Result:
    """Keep an account day by day: corporate actions first, then sales and purchases, then the close.

    Shares are suspended one day in eight (no trade, last close carried), pay dividends and bonus shares on
    ex-dates (also while suspended), and are sold in part or whole.
    """
    rng = np.random.default_rng(seed)
    days = calendar.sessions("2024-01-02")[:n_days]
    cash, held, last = OPENING, dict.fromkeys(SYMBOLS, 0), dict.fromkeys(SYMBOLS, 0)
    orders, actions, book = [], [], []
    for i, today in enumerate(days):
        for symbol in SYMBOLS[:-1]:
            suspended = rng.random() < 0.125 or (symbol == "600588.SH" and i < 7)
            n = held[symbol]
            if n and rng.random() < 0.15:
                paid, gift = int(rng.integers(0, 50)) * n, int(n * rng.integers(0, 4) // 10)
                cash, held[symbol] = cash + paid, n + gift
                actions.append((today, symbol, n, paid / 100, gift, "official"))
            if suspended:
                if i and rng.random() < 0.5:
                    orders.append(refused(today, symbol))
                continue
            price = int(rng.integers(800, 9000))
            last[symbol] = int(price * rng.uniform(0.95, 1.05))
            if i == 0:
                continue
            n = held[symbol]
            size = (
                -int(rng.integers(1, n + 1)) if n and rng.random() < 0.4 else int(rng.integers(1, 20)) * 100
            )
            if size > 0 and size * price + 10_000 > cash:
                continue
            fees = [
                int(rng.integers(0, 900)),
                int(rng.integers(0, 500)) if size < 0 else 0,
                int(rng.integers(0, 90)),
            ]
            cash -= size * price + sum(fees)
            held[symbol] += size
            orders.append(filled(today, symbol, size, price, fees))
        book.append((cash, *held.values(), *last.values()))
    return _result(days, np.array(book, dtype=np.int64), orders, actions)


def filled(day, symbol, size, price, fees):
    side = "buy" if size > 0 else "sell"
    value = abs(size) * price / 100
    return (
        day,
        symbol,
        side,
        abs(size),
        abs(size),
        price / 100,
        value,
        *(f / 100 for f in fees),
        0.0,
        0.0,
        "filled",
    )


def refused(day, symbol):
    return (day, symbol, "buy", 100, 0, float("nan"), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, "suspended")


def _result(days, book, orders, actions) -> Result:
    n = len(SYMBOLS)
    cash, shares, close = book[:, 0], book[:, 1 : n + 1], book[:, n + 1 :]
    return Result(
        name="ledger",
        nav=pd.Series((cash + (shares * close).sum(axis=1)) / 100, index=days),
        cash=pd.Series(cash / 100, index=days),
        due=pd.Series(0.0, index=days),
        holdings=pd.DataFrame(shares, index=days, columns=list(SYMBOLS)),
        close=pd.DataFrame(close / 100, index=days, columns=list(SYMBOLS)),
        orders=pd.DataFrame(
            orders,
            columns=[
                "date", "symbol", "side", "asked", "filled", "price", "value", "commission", "stamp",
                "transfer", "tax", "slippage", "reason",
            ],
        ),
        actions=pd.DataFrame(
            actions, columns=["date", "symbol", "shares", "cash", "new_shares", "basis"]
        ).assign(into=lambda a: a["symbol"], ends=False),
        weights=pd.DataFrame(),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_equity_equals_the_ledger_on_every_day(seed):
    result = ledger(seed)
    assert len(result.actions) > 2
    assert (result.orders["reason"] == "suspended").any()
    assert (result.orders["side"] == "sell").any()
    np.testing.assert_allclose(to_portfolio(result).value(), result.nav, rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_shares_and_cash_equal_the_ledger_on_every_day(seed):
    result = ledger(seed)
    portfolio = to_portfolio(result)
    np.testing.assert_allclose(portfolio.assets(), result.holdings, atol=1e-6)
    np.testing.assert_allclose(portfolio.cash(), result.cash, rtol=1e-9)


def test_an_account_that_never_traded_is_its_cash():
    result = ledger(0)
    idle = dataclasses.replace(
        result,
        nav=pd.Series(1e6, index=result.nav.index),
        cash=pd.Series(1e6, index=result.nav.index),
        holdings=result.holdings * 0,
        orders=result.orders.head(0),
        actions=result.actions.head(0),
    )
    assert (to_portfolio(idle).value() == 1e6).all()


def test_corporate_actions_come_before_the_orders_of_their_day():
    mixed = 0
    for seed in range(10):
        result = ledger(seed)
        records = to_portfolio(result).orders.records
        for (col, idx), group in records.groupby(["col", "idx"]):
            symbol, today = SYMBOLS[col], result.close.index[idx]
            own = result.orders[(result.orders["symbol"] == symbol) & (result.orders["date"] == today)]
            sizes = own.loc[own["filled"] > 0, "filled"].tolist()
            assert group.sort_values("id")["size"].tolist()[len(group) - len(sizes) :] == sizes
            mixed += bool(sizes) and len(group) > len(sizes)
    assert mixed > 3


def test_trades_and_drawdowns_can_be_asked_for():
    portfolio = to_portfolio(ledger(1))
    assert portfolio.trades.count() > 0
    assert -1 <= portfolio.max_drawdown() <= 0
    assert portfolio.orders.records["size"].min() > 0
    assert portfolio.orders.records["price"].min() > 0
