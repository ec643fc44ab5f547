"""Seeded small markets of the four boards that our engine and a peer's can both read.

Every share walks in whole fen. The kinds of day that the rules are about are drawn often: sealed at a limit,
opened at a limit, suspended, thin, not listed yet, ex-dates with cash, new shares or both.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.backtest.spec import Account
from screener.data.panel import Panel, Provenance
from screener.market import calendar
from screener.market.limits import limit_matrix

POOL = (
    "000858.SZ",
    "002475.SZ",
    "300308.SZ",
    "300502.SZ",
    "600036.SH",
    "603019.SH",
    "688012.SH",
    "688256.SH",
)
TURNS = ("2020-08-24", "2022-04-29", "2023-08-28", "2026-07-06")  # days on which a rule changes
FIELDS = ("open", "high", "low", "close", "pre_close", "volume", "amount")
NAN = float("nan")


class Case(NamedTuple):
    """A market, what to hold in it, and the account."""

    panel: Panel
    weights: pd.DataFrame
    account: Account


class Share(NamedTuple):
    """How one share walks."""

    symbol: str
    first: int
    volume: int


def draw_case(seed: int) -> Case:
    """Draw 1 to 5 shares, 30 to 80 sessions, targets, and an account of 50,000 CNY to 300 million."""
    rng = np.random.default_rng(seed)
    symbols = tuple(sorted(rng.choice(POOL, int(rng.integers(1, 6)), replace=False).tolist()))
    days = draw_sessions(rng, seed)
    cash = float(rng.choice([5e4, 5e5, 1e7, 3e8]))
    panel = draw_panel(rng, symbols, days, cash)
    account = Account(cash=cash, slippage_bp=0.0, band=0.0)
    return Case(panel, draw_weights(rng, panel), account)


def draw_sessions(rng: np.random.Generator, seed: int) -> pd.DatetimeIndex:
    """Half of the cases lie around a day on which a rule changes."""
    every, count = calendar.sessions("2019-08-01", "2026-09-30"), int(rng.integers(30, 81))
    if seed % 2:
        turn = int(every.searchsorted(pd.Timestamp(TURNS[seed // 2 % len(TURNS)])))
        start = turn - int(rng.integers(5, count - 5))
    else:
        start = int(rng.integers(0, len(every) - count))
    start = min(start, len(every) - count)
    return every[start : start + count]


def draw_weights(rng: np.random.Generator, panel: Panel) -> pd.DataFrame:
    """Draw targets every few sessions; some leave no cash, some leave a name out."""
    before_events = panel.sessions.searchsorted(pd.DatetimeIndex(panel.actions["date"])) - 1
    some = before_events[rng.random(len(before_events)) < 0.4]  # traded on the ex-date
    rows = np.union1d(np.arange(0, len(panel.sessions) - 1, int(rng.integers(3, 9))), some)
    days, n = panel.sessions[rows], len(panel.symbols)
    raw = rng.dirichlet(np.ones(n), len(days)) * rng.choice([0, 1], (len(days), n), p=[0.2, 0.8])
    raw *= rng.choice([0.5, 0.95, 1.0], (len(days), 1))
    columns = pd.MultiIndex.from_product([["t"], panel.symbols], names=["theme", "symbol"])
    return pd.DataFrame(raw, index=days, columns=columns)


def draw_panel(
    rng: np.random.Generator, symbols: tuple[str, ...], days: pd.DatetimeIndex, cash: float
) -> Panel:
    """Walk every share and put the bars together."""
    shares = [
        Share(name, int(rng.integers(3, 15)) if rng.random() < 0.15 else 0, int(cash * rng.uniform(0.02, 3)))
        for name in symbols
    ]
    walks = [walk(rng, share, days) for share in shares]
    values = {
        name: np.array([[bars[i][k] for bars, _ in walks] for i in range(len(days))])
        for k, name in enumerate(FIELDS)
    }
    listing = {
        share.symbol: days[share.first] if share.first else pd.Timestamp("2010-01-04") for share in shares
    }
    limits = limit_matrix(
        symbols, days, values["pre_close"], values["close"], listing,
        risk_warning=np.zeros(values["close"].shape, np.int8), open=values["open"],
    )  # fmt: skip
    found = [(name, event) for name, (_, events) in zip(symbols, walks, strict=True) for event in events]
    return Panel(
        sessions=days,
        symbols=symbols,
        **values,
        factor=np.ones_like(values["close"]),
        limit_up=limits.up,
        limit_down=limits.down,
        listed=np.array([[i >= share.first for share in shares] for i in range(len(days))]),
        actions=action_frame(days, found),
        names={name: name for name in symbols},
        provenance=Provenance("sample", "market of a peer test", "0" * 64, simulated=True),
    )


def action_frame(days: pd.DatetimeIndex, found: list[tuple[str, dict]]) -> pd.DataFrame:
    """Return the events in the columns of a panel."""
    rows = [
        (
            days[event["day"]],
            name,
            event["cash"] / 1e6,
            event["tenths"] / 10,
            1.0,
            "official",
            event["pay"],
            event["list"],
        )
        for name, event in found
    ]
    columns = ["date", "symbol", "cash", "bonus", "factor", "basis", "pay_date", "list_date"]
    kinds = {"date": "datetime64[ns]", "cash": float, "bonus": float, "factor": float} | dict.fromkeys(
        ("pay_date", "list_date"), "datetime64[ns]"
    )
    return (
        pd.DataFrame(rows, columns=columns).astype(kinds).sort_values(["date", "symbol"], ignore_index=True)
    )


def walk(rng: np.random.Generator, share: Share, days: pd.DatetimeIndex) -> tuple[list[tuple], list[dict]]:
    """Walk one share: a row of FIELDS a day, and its events."""
    ex_days = set(rng.choice(np.arange(2, len(days)), size=int(rng.integers(2, 7)), replace=False).tolist())
    close, tenths_left = int(rng.integers(500, 20_000)), 2
    rows: list[tuple] = []
    events: list[dict] = []
    for i in range(len(days)):
        if i < share.first or (i > share.first and rng.random() < 0.05):
            rows.append((NAN,) * len(FIELDS))
            continue
        reference = close
        if i in ex_days and i > share.first:
            event = draw_event(rng, share, days, i, close, tenths_left > 0)
            tenths_left -= 0 < event["tenths"] < 10
            events.append(event)
            reference = after_event(close, event)
        prices, close = draw_bar(rng, reference, percent(share, days[i]))
        volume = max(int(share.volume * 100 / reference * rng.uniform(0.5, 20)), 1_000)
        if rng.random() < 0.1:
            volume = int(rng.integers(200, 20_000))
        before = NAN if i == share.first else reference / 100
        rows.append((*(p / 100 for p in prices), before, float(volume), volume * prices[3] / 100))
    return rows, events


def percent(share: Share, day: pd.Timestamp) -> int:
    """Return the limit that a walk keeps to, a new share as well, though it need not."""
    if share.symbol.startswith("68") or (share.symbol.startswith("30") and day >= pd.Timestamp("2020-08-24")):
        return 20
    return 10


def draw_event(
    rng: np.random.Generator, share: Share, days: pd.DatetimeIndex, i: int, close: int, odd: bool
) -> dict:
    """Draw a dividend of 1e-6 CNY a share, new shares in tenths, or both; dates are not always known."""
    kind, star = rng.integers(0, 3), share.symbol.startswith("68")
    cash = int(rng.integers(100, close * 300)) if kind != 1 else 0
    cash -= cash % int(rng.choice([1, 100, 10_000])) if cash > 10_000 else 0
    tenths = 0
    if kind != 0:
        tenths = int(rng.integers(1, 10)) if odd and (not star or rng.random() < 0.2) else 10
    pay = days[min(i + int(rng.integers(1, 6)), len(days) - 1)] if cash and rng.random() < 0.5 else pd.NaT
    listed = (
        days[min(i + int(rng.integers(0, 3)), len(days) - 1)] if tenths and rng.random() < 0.5 else pd.NaT
    )
    return {"day": i, "cash": cash, "tenths": tenths, "pay": pay, "list": listed}


def after_event(close: int, event: dict) -> int:
    """Return the exchange's reference price in fen, rounded half up."""
    exact = (close - Fraction(event["cash"], 10_000)) * 10 / (10 + event["tenths"])
    return floor(exact + Fraction(1, 2))


def draw_bar(rng: np.random.Generator, reference: int, percent: int) -> tuple[list[int], int]:
    """Return open, high, low, close in fen within the limits, and the close."""
    up, down = ((2 * reference * (100 + sign * percent) + 100) // 200 for sign in (1, -1))
    opened, closed = (round(reference * (1 + 0.02 * x)) for x in rng.standard_normal(2))
    draw = rng.random()
    edge = int(rng.choice([up, down]))
    if draw < 0.10:
        opened = edge
    if draw < 0.05 or 0.10 < draw < 0.13:
        closed = edge
    sealed = draw < 0.05
    high = max(opened, closed) + (0 if sealed else int(rng.integers(0, 20)))
    low = min(opened, closed) - (0 if sealed else int(rng.integers(0, 20)))
    prices = [int(min(max(price, down), up)) for price in (opened, high, low, closed)]
    return prices, prices[3]


def one_event_case() -> Case:
    """One Shenzhen share at 10.00: bought; on the fourth day ten for ten and 0.50 CNY, and half is sold."""
    days = calendar.sessions("2024-06-03")[:8]
    price = np.where(np.arange(8) < 3, 10.0, 4.75)[:, None]
    flat = np.full((8, 1), NAN)
    event = {"day": 3, "cash": 500_000, "tenths": 10, "pay": pd.NaT, "list": pd.NaT}
    panel = Panel(
        sessions=days, symbols=("000858.SZ",), open=price, high=price, low=price, close=price,
        pre_close=np.vstack([flat[:1], price[1:]]), volume=np.full((8, 1), 1e7),
        amount=price * 1e7, factor=np.ones((8, 1)), limit_up=flat, limit_down=flat,
        listed=np.ones((8, 1), bool),
        actions=action_frame(days, [("000858.SZ", event)]), names={"000858.SZ": "000858.SZ"},
        provenance=Provenance("sample", "one event", "0" * 64, simulated=True),
    )  # fmt: skip
    columns = pd.MultiIndex.from_tuples([("t", "000858.SZ")], names=["theme", "symbol"])
    weights = pd.DataFrame([[1.0], [0.5]], index=days[[0, 2]], columns=columns)
    return Case(panel, weights, Account(cash=1e5, slippage_bp=0.0, band=0.0))
