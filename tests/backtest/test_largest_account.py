"""The largest account that is allowed, in shares of a few yuan: every product of its numbers stays exact."""

import dataclasses
from fractions import Fraction
from math import floor

import numpy as np
import pandas as pd
import pytest

from screener.backtest.engine import backtest
from screener.backtest.spec import Account
from tests.make import make_panel

ACCOUNT = Account(cash=1e12, participation=0.0, band=0.0, retry_days=0, off=("limits",))
EX_DAY = 8


def cheap(price, cash=0.0, bonus=0.0):
    """Return one share at one price with one event, in which all the cash of the account finds room."""
    panel = make_panel(n_days=14, symbols=("000977.SZ",), holes=False, actions=False)
    flat = np.full(panel.open.shape, price)
    event = (panel.sessions[EX_DAY], "000977.SZ", cash, bonus, 1.0 + bonus, "official")
    return dataclasses.replace(
        panel,
        **dict.fromkeys(("open", "high", "low", "close", "pre_close"), flat),
        actions=pd.DataFrame([event], columns=panel.actions.columns),
    )


def run(panel, account=ACCOUNT, days=(1,), weights=(0.99,)):
    columns = pd.MultiIndex.from_tuples([("t", "000977.SZ")], names=["theme", "symbol"])
    targets = pd.DataFrame(list(weights), index=panel.sessions[list(days)], columns=columns)
    return backtest("t", targets, panel, account, panel.sessions[0])


@pytest.mark.parametrize("bonus", ["0.3", "1", "3"])
@pytest.mark.parametrize("price", [1.0, 5.0, 50.0])
def test_new_shares_are_the_whole_part_of_the_exact_product(price, bonus):
    result = run(cheap(price, bonus=float(bonus)))
    held = int(result.holdings.iloc[EX_DAY - 1, 0])
    assert held * price > 9.7e11
    assert result.actions["new_shares"].tolist() == [floor(held * Fraction(bonus))]
    assert result.holdings.iloc[-1, 0] == held + floor(held * Fraction(bonus))


@pytest.mark.parametrize("share", ["0.02", "0.3", "1"])  # of the price
@pytest.mark.parametrize("price", [1.0, 5.0, 50.0])
def test_dividends_are_the_exact_product_and_so_is_their_tax(price, share):
    each = Fraction(share) * Fraction(price)
    result = run(cheap(price, cash=float(each)), days=(1, 10), weights=(0.99, 0.0))
    held = int(result.holdings.iloc[EX_DAY - 1, 0])
    assert result.actions["cash"].tolist() == [float(held * each)]
    sale = result.orders[result.orders["side"] == "sell"]
    assert sale["tax"].tolist() == [float(held * each / 5)]  # 20 per cent within a month


@pytest.mark.parametrize("rate", [2.5, 30.0])
@pytest.mark.parametrize("off", [(), ("caps",)])
def test_fees_of_one_order_over_all_the_cash_are_exact(rate, off):
    account = dataclasses.replace(ACCOUNT, commission_bp=rate, off=("limits", *off))
    order = run(cheap(5.0), account).orders.iloc[0]
    value = int(order["filled"]) * round(order["price"] * 100)
    assert value > 9.5e13
    if off:
        assert round(order["commission"] * 100) == floor(value * Fraction(str(rate)) / 10**4 + Fraction(1, 2))
    else:
        assert order["commission"] == pytest.approx(value * rate / 1e6, rel=1e-6)
