"""The engine against plain ledgers, against vectorbt, and with each rule switched off."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from screener.backtest.engine import backtest
from screener.backtest.spec import Account
from tests.ledgers import cash_ledger, factor_curve
from tests.make import make_panel

FREE = Account(
    cash=1e11, commission_bp=0, commission_min=0, slippage_bp=0, participation=0, band=0, retry_days=0,
    actions="factor", off=("limits", "lots", "caps", "stamp", "transfer", "dividend-tax"),
)  # fmt: skip


def equal_once(panel, day, symbols):
    """Equal weights, decided once."""
    columns = pd.MultiIndex.from_product([["t"], symbols], names=["theme", "symbol"])
    return pd.DataFrame(1.0 / len(symbols), index=pd.DatetimeIndex([day]), columns=columns)


def random_targets(panel, seed, every=5, total=0.95):
    """Draw weights over all symbols of a panel, a row every few sessions."""
    days = panel.sessions[1::every]
    raw = np.random.default_rng(seed).dirichlet(np.ones(len(panel.symbols)), len(days)) * total
    columns = pd.MultiIndex.from_product([["t"], panel.symbols], names=["theme", "symbol"])
    return pd.DataFrame(raw, index=days, columns=columns)


@pytest.mark.parametrize("seed", range(10))
def test_factor_mode_equals_the_pandas_computation_from_the_factor(seed):
    panel = make_panel(n_days=120, seed=seed, holes=True, actions=True)
    day = panel.sessions[20]
    symbols = [s for k, s in enumerate(panel.symbols) if not np.isnan(panel.close[20:22, k]).any()]
    result = backtest("hold", equal_once(panel, day, symbols), panel, FREE, day)
    expected = factor_curve(panel, day, symbols)
    np.testing.assert_allclose(result.nav / FREE.cash, expected, rtol=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_cash_mode_equals_a_plain_ledger_to_the_fen(seed):
    panel = make_panel(n_days=120, seed=seed, holes=True, actions=True)
    day = panel.sessions[20]
    account = dataclasses.replace(Account(), band=0, retry_days=0, participation=0)
    result = backtest("hold", equal_once(panel, day, list(panel.symbols)), panel, account, day)
    expected = cash_ledger(panel, result.orders, account.cash, day)
    assert (result.nav.to_numpy() * 100).round().astype(int).tolist() == expected


@pytest.mark.parametrize("seed", range(5))
def test_without_costs_and_lots_vectorbt_gives_the_same_equity(seed):
    vectorbt = pytest.importorskip("vectorbt")
    panel = make_panel(n_days=120, seed=seed, holes=False, actions=False)
    targets = random_targets(panel, seed)
    result = backtest("targets", targets, panel, FREE, panel.sessions[0])
    open_, close = panel.frame(panel.open), panel.frame(panel.close)
    size = targets.T.groupby(level="symbol").sum().T.reindex(panel.sessions).shift(1)
    theirs = vectorbt.Portfolio.from_orders(
        close, size=size, size_type="targetpercent", price=open_, val_price=open_, init_cash=FREE.cash,
        cash_sharing=True, group_by=True, call_seq="auto", size_granularity=1, freq="1D",
    )  # fmt: skip
    np.testing.assert_allclose(result.nav, theirs.value(), rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_vectorbt_portfolio_of_a_real_account_has_our_equity_on_every_day(seed):
    pytest.importorskip("vectorbt")
    from screener.report.vbt import to_portfolio

    panel = make_panel(n_days=120, seed=seed, holes=True, actions=True)
    result = backtest("targets", random_targets(panel, seed, total=1.0), panel, Account(), panel.sessions[0])
    assert len(result.actions) > 0
    np.testing.assert_allclose(to_portfolio(result).value(), result.nav, rtol=1e-9)


def test_nothing_trades_on_the_day_of_the_decision():
    panel = make_panel(n_days=30, seed=1)
    day = panel.sessions[10]
    result = backtest("hold", equal_once(panel, day, list(panel.symbols)), panel, Account(), day)
    assert result.nav.iloc[0] == Account().cash
    assert (result.orders["date"] > day).all()
    assert result.orders["date"].min() == panel.sessions[11]


def test_orders_explain_every_change_of_the_holdings():
    panel = make_panel(n_days=120, seed=4, holes=True, actions=True)
    result = backtest("targets", random_targets(panel, 4), panel, Account(), panel.sessions[0])
    signed = result.orders["filled"].where(result.orders["side"] == "buy", -result.orders["filled"])
    traded = signed.groupby([result.orders["date"], result.orders["symbol"]]).sum().unstack(fill_value=0)
    given = result.actions.groupby(["date", "symbol"])["new_shares"].sum().unstack(fill_value=0)
    both = traded.reindex(index=panel.sessions, columns=list(panel.symbols), fill_value=0) + given.reindex(
        index=panel.sessions, columns=list(panel.symbols), fill_value=0
    )
    pd.testing.assert_frame_equal(
        both.cumsum().astype("int64"), result.holdings, check_names=False, check_freq=False
    )


@pytest.mark.parametrize("cut", range(25, 115, 10))
def test_cutting_off_the_future_changes_no_order_before_it(cut):
    panel = make_panel(n_days=120, seed=5, holes=True, actions=True)
    targets = random_targets(panel, 5)
    whole = backtest("targets", targets, panel, Account(), panel.sessions[0])
    day = panel.sessions[cut]
    part = backtest("targets", targets.loc[:day], panel.until(day), Account(), panel.sessions[0])
    pd.testing.assert_frame_equal(
        part.orders, whole.orders[whole.orders["date"] <= day].reset_index(drop=True)
    )
    pd.testing.assert_series_equal(part.nav, whole.nav.loc[:day])


def test_costs_that_are_switched_off_are_zero():
    panel = make_panel(n_days=60, seed=6)
    orders = backtest(
        "t", random_targets(panel, 6), panel, Account().without_costs(), panel.sessions[0]
    ).orders
    assert len(orders) > 0
    assert (orders[["commission", "stamp", "transfer", "slippage"]] == 0).all(axis=None)


def test_the_symbol_order_of_the_targets_changes_nothing():
    panel = make_panel(n_days=90, seed=7)
    targets = random_targets(panel, 7)
    one = backtest("t", targets, panel, Account(), panel.sessions[0])
    two = backtest("t", targets[targets.columns[::-1]], panel, Account(), panel.sessions[0])
    pd.testing.assert_frame_equal(one.orders, two.orders)
