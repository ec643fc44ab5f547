"""Corporate actions, ends of listings and fills, as an account meets them; worked out by hand."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from screener.backtest.engine import backtest
from screener.backtest.spec import Account
from screener.errors import SpecError
from tests.backtest.test_engine import equal_once
from tests.make import make_panel

PLAIN = Account(
    commission_bp=0, commission_min=0, slippage_bp=0, participation=0, band=0, off=("stamp", "transfer")
)
ONE, TWO = "600588.SH", "000977.SZ"


def flat_panel(n_days=40, price=10.0, symbols=(TWO, ONE)):
    """Return a panel in which nothing moves: every price is the same on every day."""
    panel = make_panel(n_days=n_days, symbols=symbols, holes=False, actions=False)
    same = np.full(panel.close.shape, price)
    names = ("open", "high", "low", "close", "pre_close")
    wide = {"limit_up": np.full(same.shape, 2 * price), "limit_down": np.full(same.shape, price / 2)}
    rows = {name: same for name in names} | wide | {"factor": np.ones(same.shape)}
    volume = np.full(same.shape, 1e9)
    return dataclasses.replace(panel, **rows, volume=volume, amount=volume * price)


def with_action(panel, day, symbol=ONE, **event):
    row = {"date": panel.sessions[day], "symbol": symbol, "cash": 0.0, "bonus": 0.0, "factor": 1.0}
    return dataclasses.replace(panel, actions=pd.DataFrame([row | {"basis": "official"} | event]))


def held(panel, account=PLAIN, symbols=(ONE,), targets=None):
    first = panel.sessions[0]
    weights = equal_once(panel, first, list(symbols)) if targets is None else targets
    return backtest("hold", weights, panel, account, first)


def test_a_dividend_with_a_pay_date_is_owed_until_then_and_part_of_equity():
    panel = with_action(flat_panel(), 5, cash=0.5, pay_date=flat_panel().sessions[8])
    result = held(panel)
    shares = result.holdings[ONE].iloc[-1]
    owed = 0.5 * shares
    assert result.due.iloc[4:9].tolist() == [0, owed, owed, owed, 0]
    np.testing.assert_allclose(result.nav.iloc[5:], PLAIN.cash + owed)
    assert result.cash.iloc[7] + owed == result.cash.iloc[8]


def exit_targets(panel, day):
    """Hold ONE from the first day, nothing after `day`."""
    columns = pd.MultiIndex.from_tuples([("t", ONE)], names=["theme", "symbol"])
    return pd.DataFrame([[1.0], [0.0]], index=panel.sessions[[0, day]], columns=columns)


@pytest.mark.parametrize(("sold_after", "rate"), [(10, 0.20), (60, 0.10), (300, 0.0)])
def test_the_dividend_tax_is_taken_at_the_sale_by_how_long_the_shares_were_held(sold_after, rate):
    panel = flat_panel(n_days=320)
    panel = with_action(panel, 5, cash=0.5)
    result = held(panel, targets=exit_targets(panel, sold_after))
    sale = result.orders[result.orders["side"] == "sell"].iloc[-1]
    assert sale["tax"] == pytest.approx(rate * 0.5 * sale["filled"])
    assert result.nav.iloc[-1] == pytest.approx(PLAIN.cash + (0.5 - rate * 0.5) * sale["filled"])


def test_the_dividend_tax_can_be_switched_off():
    panel = with_action(flat_panel(), 5, cash=0.5)
    account = dataclasses.replace(PLAIN, off=(*PLAIN.off, "dividend-tax"))
    assert held(panel, account, targets=exit_targets(panel, 10)).orders["tax"].sum() == 0


@pytest.mark.parametrize(("symbol", "refused"), [(ONE, 1), (TWO, 0)])
def test_new_shares_of_shanghai_cannot_be_sold_on_the_ex_date(symbol, refused):
    panel = with_action(flat_panel(), 5, symbol=symbol, bonus=0.4)
    targets = exit_targets(panel, 4).rename(columns={ONE: symbol}, level="symbol")
    orders = held(panel, targets=targets).orders
    locked = orders[orders["reason"] == "locked"]
    assert len(locked) == refused
    if refused:
        assert locked.iloc[0]["date"] == panel.sessions[5]
        assert orders.iloc[-1]["date"] == panel.sessions[6]


@pytest.mark.parametrize(("choice", "shares"), [("lapsed", 0.0), ("taken", 0.3)])
def test_rights_lapse_or_are_taken_with_the_cash_at_hand(choice, shares):
    panel = with_action(flat_panel(), 5, bonus=0.3, price=6.0, basis="rights")
    half = equal_once(panel, panel.sessions[0], [ONE]) * 0.5
    result = held(panel, dataclasses.replace(PLAIN, rights=choice), targets=half)
    before = result.holdings[ONE].iloc[4]
    assert result.holdings[ONE].iloc[5] == before * (1 + shares)
    assert result.cash.iloc[4] - result.cash.iloc[5] == pytest.approx(before * shares * 6.0)
    assert result.actions["basis"].tolist() == [f"rights {choice}"]


def ended(panel, symbol, last):
    """Delist a share after a day."""
    k = panel.symbols.index(symbol)
    rows = {}
    for name in ("open", "high", "low", "close", "pre_close", "volume", "amount"):
        values = getattr(panel, name).copy()
        values[last + 1 :, k] = np.nan
        rows[name] = values
    listed = panel.listed.copy()
    listed[last + 1 :, k] = False
    return dataclasses.replace(panel, listed=listed, delisted=(symbol,), **rows)


def test_a_delisted_holding_becomes_cash_at_its_last_close_or_nothing():
    panel = ended(flat_panel(), ONE, 20)
    last, zero = held(panel), held(panel, dataclasses.replace(PLAIN, delisting="zero"))
    assert last.holdings[ONE].iloc[20] > 0
    assert last.holdings[ONE].iloc[21] == zero.holdings[ONE].iloc[21] == 0
    assert last.nav.iloc[-1] == PLAIN.cash == last.cash.iloc[-1]
    assert zero.nav.iloc[-1] == zero.cash.iloc[20]
    assert last.actions["basis"].tolist() == ["delisted at the last close"]


def test_a_delisted_holding_becomes_its_successor():
    panel = ended(flat_panel(), ONE, 20)
    result = held(panel, dataclasses.replace(PLAIN, successors=(f"{ONE}={TWO}:0.5",)))
    assert result.holdings[TWO].iloc[21] == result.holdings[ONE].iloc[20] * 0.5
    assert result.holdings[ONE].iloc[21] == 0


def test_a_series_that_ends_with_its_source_stays_at_its_last_close():
    panel = dataclasses.replace(ended(flat_panel(), ONE, 20), delisted=())
    result = held(panel)
    assert (result.nav == PLAIN.cash).all()
    assert result.holdings[ONE].iloc[-1] > 0


@pytest.mark.parametrize(
    ("fill", "day", "price"),
    [("next-open", 1, 10.0), ("next-close", 1, 12.0), ("next-vwap", 1, 11.0), ("same-close", 0, 12.0)],
)
def test_orders_are_filled_on_the_session_and_at_the_price_that_the_account_names(fill, day, price):
    panel = flat_panel()
    twelve = np.full(panel.close.shape, 12.0)
    panel = dataclasses.replace(panel, close=twelve, high=twelve, amount=panel.volume * 11.0)
    order = held(panel, dataclasses.replace(PLAIN, fill=fill)).orders.iloc[0]
    assert order["date"] == panel.sessions[day]
    assert order["price"] == price


def test_slippage_in_ticks_and_impact_are_paid_against_us():
    panel = flat_panel()
    ticks = held(panel, dataclasses.replace(PLAIN, slippage_ticks=3)).orders.iloc[0]
    assert ticks["price"] == 10.03
    moving = np.tile([[10.0, 10.0], [10.1, 10.1]], (20, 1))
    panel = dataclasses.replace(panel, close=moving, high=moving + 0.1)
    day = panel.sessions[30]
    account = dataclasses.replace(PLAIN, impact=1.0)
    order = backtest("hold", equal_once(panel, day, [ONE]), panel, account, day).orders.iloc[0]
    returns = pd.Series(moving[11:31, 0] / 10.0 - 1.0)
    expected = 10.0 * (1 + returns.std() * np.sqrt(order["filled"] / 1e9))
    assert order["price"] == pytest.approx(expected, abs=0.011)
    assert order["price"] > 10.0


def test_trades_below_the_smallest_are_not_made():
    panel = flat_panel()
    columns = pd.MultiIndex.from_tuples([("t", ONE)], names=["theme", "symbol"])
    targets = pd.DataFrame([[0.5], [0.501]], index=panel.sessions[[0, 5]], columns=columns)
    made = held(panel, targets=targets).orders
    assert len(made) == 2
    assert len(held(panel, dataclasses.replace(PLAIN, trade_min=20_000.0), targets=targets).orders) == 1


def test_every_refusal_names_its_rule():
    panel = flat_panel()
    sealed = dataclasses.replace(panel, limit_up=np.full(panel.close.shape, 10.0))
    orders = held(sealed, dataclasses.replace(PLAIN, retry_days=2)).orders
    assert orders["reason"].tolist() == ["limit_up"] * 3
    assert orders["rule"].tolist() == ["R14"] * 3
    free = dataclasses.replace(PLAIN, off=(*PLAIN.off, "limits"))
    assert held(sealed, free).orders["reason"].tolist() == ["filled"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fill": "next-opne"}, "did you mean next-open"),
        ({"off": ("limit",)}, "did you mean limits"),
        ({"successors": ("600588=000977",)}, "OLD=NEW:RATIO"),
        ({"cash": 1e13}, "cash="),
        ({"cash": float("nan")}, "cash=nan"),
        ({"delisting": "full"}, "Allowed: last, zero"),
    ],
)
def test_wrong_settings_of_an_account_say_what_is_allowed(change, said):
    with pytest.raises(SpecError, match=said):
        Account(**change)


def test_a_holding_smaller_than_the_band_is_opened_and_closed_but_not_adjusted():
    panel = flat_panel()
    columns = pd.MultiIndex.from_tuples([("t", ONE)], names=["theme", "symbol"])
    targets = pd.DataFrame([[0.0005], [0.0008], [0.0]], index=panel.sessions[[0, 5, 10]], columns=columns)
    made = held(panel, dataclasses.replace(PLAIN, band=0.001), targets=targets).orders
    assert made["side"].tolist() == ["buy", "sell"]
    assert made["date"].tolist() == [panel.sessions[1], panel.sessions[11]]
