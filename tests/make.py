"""Small random but lawful markets for tests, and the folder that a panel can be read back from.

Prices are walked here in whole fen with the rules written out again, so that no test of the data floor
takes its expectation from the code that it tests. Only the limit matrix is asked from the rules.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import pandas as pd

from screener.data.panel import Panel, Provenance
from screener.market import calendar
from screener.market.limits import limit_matrix

SYMBOLS = ("000977.SZ", "300308.SZ", "300502.SZ", "600588.SH", "603019.SH", "688256.SH")
FIELDS = ("open", "high", "low", "close", "pre_close", "volume", "amount")
NAN = float("nan")


def make_panel(n_days=60, symbols=SYMBOLS, seed=0, holes=True, actions=True, start="2024-01-02") -> Panel:
    """Return a panel of real sessions from `start`.

    `holes`: suspended days, and a last share that is listed after a quarter of the days. `actions`:
    dividends, bonus shares, both, and one event in four of which only the factor is known. One day in thirty
    is sealed at a limit, at one price.
    """
    rng = np.random.default_rng(seed)
    symbols = tuple(sorted(symbols))
    days = calendar.sessions(start)[:n_days]
    first = [n_days // 4 if holes and name == symbols[-1] and len(symbols) > 1 else 0 for name in symbols]
    series = [_walk(rng, name, n_days, row, holes, actions) for name, row in zip(symbols, first, strict=True)]
    values = {name: np.array([[bars[i][k] for bars, _ in series] for i in range(n_days)])
              for k, name in enumerate((*FIELDS, "factor"))}  # fmt: skip
    events = [(days[i], symbols[j], *event) for j, (_, found) in enumerate(series) for i, *event in found]
    listing = {
        name: days[row] if row else pd.Timestamp("2010-01-04")
        for name, row in zip(symbols, first, strict=True)
    }
    limits = limit_matrix(symbols, days, values["pre_close"], values["close"], listing, open=values["open"])
    return Panel(
        sessions=days,
        symbols=symbols,
        **values,
        limit_up=limits.up,
        limit_down=limits.down,
        listed=np.array([[i >= row for row in first] for i in range(n_days)]),
        actions=pd.DataFrame(events, columns=["date", "symbol", "cash", "bonus", "factor", "basis"])
        .astype({"date": "datetime64[ns]", "cash": float, "bonus": float, "factor": float})
        .sort_values(["date", "symbol"], ignore_index=True),
        names={name: f"名称{name[:6]}" for name in symbols},
        provenance=Provenance("sample", f"test panel, seed {seed}", "0" * 64, simulated=True),
        notes=limits.notes,
    )


def write_folder(panel: Panel, folder: Path) -> Path:
    """Write the files of the folder contract so that the folder source gives `panel` back."""
    folder.mkdir(parents=True, exist_ok=True)
    bars_of(panel).to_parquet(folder / "prices.parquet", index=False)
    level = 3000.0 + 10.0 * np.arange(len(panel.sessions))
    index = pd.DataFrame({"date": panel.sessions, "symbol": "000300.SH", "close": level})
    index.to_parquet(folder / "index.parquet", index=False)
    _write(instruments_of(panel), folder / "instruments.csv")
    _write(events_of(panel), folder / "corporate_actions.csv")
    _write(pd.DataFrame({"date": panel.sessions.strftime("%Y-%m-%d")}), folder / "calendar.csv")
    return folder


def bars_of(panel: Panel) -> pd.DataFrame:
    """Return the long table of a panel, sorted by symbol and date."""
    parts = []
    for j, symbol in enumerate(panel.symbols):
        part = pd.DataFrame({name: getattr(panel, name)[:, j] for name in (*FIELDS, "factor")})
        part.insert(0, "date", panel.sessions)
        part.insert(1, "symbol", symbol)
        parts.append(part[part["close"].notna()])
    bars = pd.concat(parts, ignore_index=True).rename(columns={"factor": "adj_factor"})
    return bars.astype({"volume": "int64"})


def instruments_of(panel: Panel) -> pd.DataFrame:
    """Return symbol, name and dates; a share that is there from the first day is an old one."""
    rows = []
    for j, symbol in enumerate(panel.symbols):
        on = np.flatnonzero(panel.listed[:, j])
        born = f"{panel.sessions[on[0]]:%Y-%m-%d}" if on[0] else "2010-01-04"
        gone = "" if panel.listed[-1, j] else f"{panel.sessions[on[-1] + 1]:%Y-%m-%d}"
        rows.append((symbol, panel.names[symbol], born, gone))
    return pd.DataFrame(rows, columns=["symbol", "name", "list_date", "delist_date"])


def events_of(panel: Panel) -> pd.DataFrame:
    """Return the corporate actions as a folder states them: unknown cash and shares stay empty."""
    known = panel.actions["basis"] == "official"
    return pd.DataFrame(
        {
            "symbol": panel.actions["symbol"],
            "ex_date": panel.actions["date"].dt.strftime("%Y-%m-%d"),
            "factor": panel.actions["factor"],
            "share_multiplier": (1.0 + panel.actions["bonus"]).where(known),
            "cash_per_share": panel.actions["cash"].where(known),
        }
    )


def _write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _walk(rng, symbol, n_days, first, holes, actions):
    """Walk one share: a row of FIELDS and factor for each day, and its events."""
    percent = 20 if symbol.startswith(("30", "68")) else 5  # the main board: 5 % while the status is unknown
    ex_days = set(rng.choice(n_days, size=max(n_days // 25, 1), replace=False)) if actions else set()
    close, factor = int(rng.integers(1_000, 20_000)), 1.0
    rows, events = [], []
    for i in range(n_days):
        hole = i < first or (holes and i != first and rng.random() < 0.05)
        if hole:
            rows.append((NAN,) * len(FIELDS) + (factor if i > first else NAN,))
            continue
        reference = close
        if i in ex_days and i > first:
            reference, event = _event(rng, close)
            factor *= close / reference
            events.append((i, *event[:2], close / reference, event[2]))
        bar, close = _bar(rng, reference, percent)
        rows.append((*bar[:4], NAN if i == first else reference / 100, *bar[4:], factor))
    return rows, events


def _event(rng, close):
    """Return the reference price in fen and (cash, new shares, basis); the exchange's formula, half up."""
    kind = rng.integers(0, 4)
    if kind == 3:
        reference = int(close * 93 // 100)
        return reference, (0.0, close / reference - 1.0, "factor")
    cash = int(rng.integers(1, close // 30)) if kind in (0, 2) else 0
    tenths = int(rng.integers(1, 11)) if kind in (1, 2) else 0
    reference = floor(Fraction(10 * (close - cash), 10 + tenths) + Fraction(1, 2))
    return reference, (cash / 100, tenths / 10, "official")


def _bar(rng, reference, percent):
    """Return open, high, low, close in CNY, volume and amount, and the close in fen."""
    up, down = ((2 * reference * (100 + sign * percent) + 100) // 200 for sign in (1, -1))
    if rng.random() < 1 / 30:
        prices = [int(rng.choice([up, down]))] * 4
    else:
        opened, closed = (round(reference * (1 + 0.02 * x)) for x in rng.standard_normal(2))
        high, low = max(opened, closed) + rng.integers(0, 20), min(opened, closed) - rng.integers(0, 20)
        prices = [int(min(max(price, down), up)) for price in (opened, high, low, closed)]
    volume = int(rng.integers(1_000, 50_000)) * 100
    amount = volume * sum(prices) / 400
    return (*(price / 100 for price in prices), float(volume), amount), prices[3]
