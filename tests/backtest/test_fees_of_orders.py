"""Two hundred thousand orders of the engine, each billed again in whole numbers from rates typed in here.

Every day each share is bought or sold in a quantity around the most that one order may hold: the whole volume
of the day is ours, and nobody wants less. What is above the cap is several orders, each with its own minimum
and its own rounding.
"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from screener.backtest.engine import backtest
from screener.backtest.spec import Account
from screener.data.panel import Panel, Provenance
from screener.market import calendar
from screener.market.fees import bill

# Exchange, first day, caps of one order by first day.
BOARDS = {
    "600": ("SH", "2015-08-03", {"2015-08-03": 1_000_000}),
    "002": ("SZ", "2015-08-03", {"2015-08-03": 1_000_000}),
    "300": ("SZ", "2015-08-03", {"2015-08-03": 1_000_000, "2020-08-24": 300_000}),
    "688": ("SH", "2019-07-22", {"2019-07-22": 100_000}),
    "920": ("BJ", "2021-11-15", {"2021-11-15": 1_000_000}),
}
STAMP = {"2015-08-03": 10_000, "2023-08-28": 5_000}  # 1e-7 of a sale
TRANSFER = {"2015-08-03": 200, "2022-04-29": 100}  # 1e-7 of either
TRANSFER_BJ = {"2021-11-15": 250, "2022-04-29": 100}
TERMS = [(2.5, 5.0), (0.85, 0.0), (0.0, 0.01), (30.0, 5.0)]
SYMBOLS = sorted(f"{prefix}{k:03}.{board[0]}" for prefix, board in BOARDS.items() for k in range(1, 6))


def in_force(table, day):
    return [value for first, value in table.items() if first <= day][-1]


def rounded(amount, rate):
    """Return rate / 1e7 of an amount of fen: halves up, by whole numbers alone."""
    whole, rest = divmod(amount * rate, 10_000_000)
    return whole + (2 * rest >= 10_000_000)


def children(shares, cap):
    return [cap] * (shares // cap) + ([shares % cap] if shares % cap else [])


def expected(shares, price, sale, cap, rates, least):
    """Return commission, stamp duty and transfer fee of an order, in fen."""
    commission, stamp, transfer = rates
    free = commission == least == 0
    out = [0, 0, 0]
    for part in children(shares, cap):
        out[0] += 0 if free else max(rounded(part * price, commission), least)
        out[1] += rounded(part * price, stamp) if sale else 0
        out[2] += rounded(part * price, transfer)
    return tuple(out)


@pytest.fixture(scope="module")
def panel():
    """Return every session from the first day of the present fees on, its volume around the cap."""
    rng, days = np.random.default_rng(20), calendar.sessions("2015-08-03", "2026-12-31")
    iso, shape = days.strftime("%Y-%m-%d"), (len(days), len(SYMBOLS))
    price = np.round(np.exp(rng.uniform(0.0, np.log(900.0), shape)), 2)
    caps = np.array([[cap_of(symbol, day) for symbol in SYMBOLS] for day in iso])
    near = rng.choice([-1, 0, 1], shape) + rng.choice([0, 1, 1, 2], shape) * caps // 100
    volume = 100.0 * np.where(rng.random(shape) < 0.5, near, rng.integers(1, 3 * caps // 100))
    opened = [max(BOARDS[symbol[:3]][1], "2015-08-03") for symbol in SYMBOLS]
    none = np.full(shape, np.nan)
    return Panel(
        sessions=days, symbols=tuple(SYMBOLS), open=price, high=price, low=price, close=price,
        pre_close=price, volume=np.maximum(volume, 0.0), amount=price * volume, factor=np.ones(shape),
        limit_up=none, limit_down=none, listed=np.array([[day >= first for first in opened] for day in iso]),
        actions=pd.DataFrame(columns=["date", "symbol", "cash", "bonus", "factor", "basis"]),
        names={}, provenance=Provenance("sample", "bills", "0" * 64, simulated=True),
    )  # fmt: skip


def cap_of(symbol, day):
    first, caps = BOARDS[symbol[:3]][1:]
    return in_force(caps, max(day, first))


def orders_of(panel, terms):
    """Let half of the names be wanted on each day, the other half on the next."""
    bp, least = terms
    account = Account(cash=1e12, commission_bp=bp, commission_min=least, slippage_bp=0, participation=1.0,
                      band=0.0, retry_days=0)  # fmt: skip
    wanted = np.add.outer(np.arange(len(panel.sessions)), np.arange(len(SYMBOLS))) % 2 / len(SYMBOLS)
    columns = pd.MultiIndex.from_product([["t"], SYMBOLS], names=["theme", "symbol"])
    weights = pd.DataFrame(wanted, index=panel.sessions, columns=columns)
    orders = backtest("t", weights, panel, account, panel.sessions[0]).orders
    return orders[orders["filled"] > 0]


def fen(money):
    return np.rint(money.to_numpy() * 100.0).astype(np.int64).tolist()


@pytest.mark.parametrize("terms", TERMS)
def test_fees_of_fifty_thousand_orders_are_those_of_whole_numbers(panel, terms):
    orders = orders_of(panel, terms)
    commission, least = round(terms[0] * 1_000), round(terms[1] * 100)
    dates, sales = orders["date"].dt.strftime("%Y-%m-%d"), orders["side"] == "sell"
    rows = zip(dates, orders["symbol"], orders["filled"].tolist(), fen(orders["price"]), sales, strict=True)
    known, want = {}, []
    for day, symbol, shares, price, sale in rows:
        if (day, symbol[:3]) not in known:
            transfer = in_force(TRANSFER_BJ if symbol.endswith("BJ") else TRANSFER, day)
            known[day, symbol[:3]] = cap_of(symbol, day), (commission, in_force(STAMP, day), transfer)
        want.append(expected(shares, price, sale, *known[day, symbol[:3]], least))
    found = list(zip(*(fen(orders[name]) for name in ("commission", "stamp", "transfer")), strict=True))
    assert len(found) > 50_000
    assert found == want


def test_the_orders_stand_on_both_sides_of_every_cap_and_edge_of_a_date(panel):
    orders = orders_of(panel, TERMS[0])
    for prefix, (_, first, caps) in BOARDS.items():
        here = orders[orders["symbol"].str.startswith(prefix)]
        for cap in caps.values():
            assert {cap - 100, cap, cap + 100, 2 * cap + 100} <= set(here["filled"]), (prefix, cap)
        assert set(here["side"]) == {"buy", "sell"}
        assert here["date"].min() <= pd.Timestamp(first) + dt.timedelta(days=4)
    days = set(orders["date"].dt.strftime("%Y-%m-%d"))
    assert {"2020-08-21", "2020-08-24", "2022-04-28", "2022-04-29", "2023-08-25", "2023-08-28"} <= days


def test_the_bill_of_the_market_is_that_of_the_engine_for_each_order_that_it_becomes(panel):
    orders = orders_of(panel, (2.5, 5.0)).iloc[::40]
    for row in orders.itertuples():
        day, exchange = f"{row.date:%Y-%m-%d}", row.symbol[-2:]
        price = round(row.price * 100)
        bills = [
            bill(exchange, day, row.side, part, price)
            for part in children(row.filled, cap_of(row.symbol, day))
        ]
        told = [round(getattr(row, name) * 100) for name in ("commission", "stamp", "transfer")]
        assert told == [sum(getattr(b, name) for b in bills) for name in ("commission", "stamp", "transfer")]
