"""The same market told another way: other names, prices, days or neighbours; for tests of the engine."""

import dataclasses

import numpy as np
import pandas as pd

MONEY = ("open", "high", "low", "close", "pre_close", "limit_up", "limit_down", "amount")
ROWS = (*MONEY, "volume", "factor", "listed")

# Two boards of each exchange, so that lots, limits and the listing of new shares differ.
NAMES = (
    "000977.SZ", "002230.SZ", "000063.SZ", "300308.SZ", "300502.SZ", "301236.SZ",
    "600588.SH", "603019.SH", "601138.SH", "688256.SH", "688041.SH", "688111.SH",
)  # fmt: skip


def targets(panel, seed=0, every=5, total=0.97, themes=("a", "b", "c"), symbols=None):
    """Draw weights over all pairs of theme and symbol, a row every few sessions; a third of them is 0."""
    rng = np.random.default_rng(seed)
    days = panel.sessions[1::every]
    columns = pd.MultiIndex.from_product([themes, symbols or panel.symbols], names=["theme", "symbol"])
    raw = rng.dirichlet(np.ones(len(columns)), len(days)) * (rng.random((len(days), len(columns))) > 1 / 3)
    return pd.DataFrame(raw / raw.sum(axis=1, keepdims=True) * total, index=days, columns=columns)


def in_reverse(symbols):
    """Map every symbol to another one of its board, so that within a board the order of names is reversed."""
    boards = {}
    for symbol in sorted(symbols):
        boards.setdefault(symbol[:2], []).append(symbol)
    return {old: new for names in boards.values() for old, new in zip(names, names[::-1], strict=True)}


def renamed(panel, names):
    """Give every share the name that `names` holds for it, and sort the columns again."""
    order = np.argsort([names[symbol] for symbol in panel.symbols])
    return dataclasses.replace(
        panel,
        symbols=tuple(sorted(names[symbol] for symbol in panel.symbols)),
        actions=panel.actions.assign(symbol=panel.actions["symbol"].map(names)).sort_values(
            ["date", "symbol"], ignore_index=True
        ),
        delisted=tuple(sorted(names[symbol] for symbol in panel.delisted)),
        **{name: getattr(panel, name)[:, order] for name in ROWS},
    )


def part(panel, rows=slice(None), symbols=None):
    """Keep some sessions and some symbols."""
    symbols = tuple(symbols or panel.symbols)
    columns = [panel.symbols.index(symbol) for symbol in symbols]
    sessions = panel.sessions[rows]
    inside = panel.actions["symbol"].isin(symbols) & panel.actions["date"].isin(sessions)
    return dataclasses.replace(
        panel,
        sessions=sessions,
        symbols=symbols,
        actions=panel.actions[inside].reset_index(drop=True),
        **{name: getattr(panel, name)[rows][:, columns] for name in ROWS},
    )


def dearer(panel, times):
    """Multiply every price and amount of money."""
    return dataclasses.replace(
        panel,
        actions=panel.actions.assign(cash=panel.actions["cash"] * times),
        **{name: getattr(panel, name) * times for name in MONEY},
    )


def split(panel, column, row):
    """Let one share give a new share for each from a session on: half the price, twice the volume."""
    changed = {name: getattr(panel, name).copy() for name in ROWS}
    for name in MONEY[:-1]:
        changed[name][row:, column] /= 2.0
    changed["volume"][row:, column] *= 2.0
    event = (panel.sessions[row], panel.symbols[column], 0.0, 1.0, 2.0, "official")
    events = pd.DataFrame([event], columns=panel.actions.columns).astype(panel.actions.dtypes)
    return dataclasses.replace(
        panel,
        actions=pd.concat([panel.actions, events] if len(panel.actions) else [events], ignore_index=True),
        **changed,
    )


def blurred(panel, row, seed):
    """Replace what comes after a session by another market, and lose some of its bars."""
    rng = np.random.default_rng(seed)
    changed = {name: getattr(panel, name).copy() for name in ROWS}
    noise = rng.uniform(0.2, 3.0, changed["open"][row:].shape).round(1)
    noise[rng.random(noise.shape) < 0.2] = np.nan
    for name in MONEY:
        changed[name][row:] = np.round(changed[name][row:] * noise, 2)
    changed["volume"][row:] = changed["volume"][row:][::-1]
    return dataclasses.replace(panel, actions=panel.actions[panel.actions["date"] < panel.sessions[row]],
                               **changed)  # fmt: skip


def orders_of(result, names=None):
    """Return the orders by day and symbol, under the names that `names` gives them."""
    orders = result.orders
    if names:
        orders = orders.assign(symbol=orders["symbol"].map(names))
    return orders.sort_values(["date", "symbol", "side"], ignore_index=True)
