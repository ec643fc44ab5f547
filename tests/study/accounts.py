"""Random accounts in which everything happens that can move money, and a slow obvious ledger of them."""

import dataclasses
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pandas as pd

from screener.backtest.engine import backtest
from screener.backtest.spec import Account
from tests.backtest.markets import NAMES, targets
from tests.make import make_panel

OLD, NEW, GONE = "002230.SZ", "300308.SZ", "600588.SH"
SUCCESSORS = (f"{OLD}={NEW}:0.75",)
ACCOUNTS = {
    "default": Account(successors=SUCCESSORS),
    "poor, rights taken": Account(cash=150_000.0, rights="taken", delisting="zero"),
    "rich, at the close": Account(cash=2e9, fill="next-close", impact=1.0, rights="taken"),
    "at the average": Account(fill="next-vwap", slippage_ticks=1, band=0.0, successors=SUCCESSORS),
    "on the day itself": Account(fill="same-close", retry_days=0, rights="taken"),
    "factors": Account(actions="factor", delisting="zero"),
}
FREE = Account(successors=SUCCESSORS).without_costs()
PLAIN = Account(cash=100_000.0, participation=0, band=0).without_costs()
TWO, ONE = "000977.SZ", "600588.SH"


def ended(panel, symbol, last):
    """Delist a share after a day."""
    k, changed = panel.symbols.index(symbol), {}
    for name in ("open", "high", "low", "close", "pre_close", "volume", "amount"):
        changed[name] = getattr(panel, name).copy()
        changed[name][last + 1 :, k] = np.nan
    listed = panel.listed.copy()
    listed[last + 1 :, k] = False
    return dataclasses.replace(panel, listed=listed, delisted=(*panel.delisted, symbol), **changed)


@lru_cache(maxsize=32)
def eventful(seed, n_days=60):
    """Return a market with dividends paid later, bonus shares, rights, and two shares that are delisted."""
    panel = make_panel(n_days=n_days, symbols=NAMES, seed=seed)
    panel = ended(ended(panel, OLD, n_days // 2), GONE, 2 * n_days // 3)
    rng = np.random.default_rng(seed)
    actions = panel.actions.assign(price=np.nan, pay_date=pd.NaT)
    late = panel.sessions[np.minimum(panel.sessions.get_indexer(actions["date"]) + 9, n_days - 1)]
    actions["pay_date"] = pd.Series(late).where(rng.random(len(actions)) < 0.5)
    issues = [
        {"date": panel.sessions[day], "symbol": name, "cash": 0.0, "bonus": 0.3, "factor": 1.0,
         "basis": "rights", "price": 5.25, "pay_date": pd.NaT}
        for day, name in ((n_days // 4, "603019.SH"), (n_days // 3, "300502.SZ"))
    ]  # fmt: skip
    both = pd.concat([actions, pd.DataFrame(issues).astype(actions.dtypes)], ignore_index=True)
    return dataclasses.replace(panel, actions=both.sort_values(["date", "symbol"], ignore_index=True))


def flat(n_days=12):
    """Return two shares at 10 CNY on every day, the first of them at 12 from day 6 on."""
    panel = dataclasses.replace(eventful(0, 60), delisted=())
    keep = [panel.symbols.index(name) for name in (TWO, ONE)]
    price = np.full((n_days, 2), 10.0)
    price[6:, 0] = 12.0
    prices = dict.fromkeys(("open", "high", "low", "close"), price) | {
        "pre_close": np.vstack([price[:1], price[:-1]])
    }
    none, same = np.full(price.shape, np.nan), np.ones(price.shape)
    return dataclasses.replace(
        panel, sessions=panel.sessions[:n_days], symbols=tuple(panel.symbols[k] for k in keep), **prices,
        limit_up=none, limit_down=none, factor=same, volume=same * 1e9, amount=same * 1e10,
        listed=same.astype(bool), actions=panel.actions.iloc[:0],
    )  # fmt: skip


def asked(panel, rows):
    """Build targets from {day: {(theme, symbol): weight}}."""
    table = pd.DataFrame.from_dict(rows, orient="index").fillna(0.0)
    table.columns = pd.MultiIndex.from_tuples(table.columns, names=["theme", "symbol"])
    return table.set_axis(panel.sessions[list(table.index)])


@lru_cache(maxsize=64)
def draw(seed, account, every=5, n_days=60):
    """Run random targets of three themes, every stock in all of them, through an eventful market."""
    panel = eventful(seed, n_days)
    return backtest("t", targets(panel, seed, every), panel, account, panel.sessions[0])


def fen(amount):
    return Fraction(round(float(amount) * 100))


def slow_gains(result):
    """Return {part: {(day, symbol): fen}}: the shares are walked from the orders and events alone."""
    days, held = list(result.nav.index), {}
    closes = result.close.to_dict("index")
    out = {name: {} for name in ("price", "dividends", "commission", "stamp", "transfer", "tax", "slippage")}
    before = {}
    for day in days:

        def add(part, symbol, amount, day=day):
            out[part][day, symbol] = out[part].get((day, symbol), Fraction(0)) + amount

        close = {symbol: fen(price) for symbol, price in closes[day].items()}
        for event in result.actions[result.actions["date"] == day].itertuples():
            if event.ends:
                held[event.symbol] = held.get(event.symbol, 0) - event.shares
            held[event.into] = held.get(event.into, 0) + event.new_shares
            is_dividend = not event.ends and not event.basis.startswith("rights")
            add("dividends" if is_dividend else "price", event.symbol, fen(event.cash))
            if event.into != event.symbol:  # the old stock hands over what the new shares close at
                add("price", event.symbol, event.new_shares * close[event.into])
                add("price", event.into, -event.new_shares * close[event.into])
        for order in result.orders[result.orders["date"] == day].itertuples():
            if order.filled == 0:
                continue
            sign = 1 if order.side == "buy" else -1
            held[order.symbol] = held.get(order.symbol, 0) + sign * order.filled
            market = fen(order.price) * order.filled - sign * fen(order.slippage)
            add("price", order.symbol, -sign * market)
            for kind in ("commission", "stamp", "transfer", "tax", "slippage"):
                add(kind, order.symbol, -fen(getattr(order, kind)))
        for symbol in close:
            value = held.get(symbol, 0) * close[symbol]
            add("price", symbol, value - before.get(symbol, 0))
            before[symbol] = value
    return out
