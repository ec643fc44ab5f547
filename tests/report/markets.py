"""Small real markets in which almost nothing happens, or almost everything is lost, run from end to end.

Five shares of one theme on the board whose limit is 20 %, sixty sessions until they count as seasoned, then
thirty-nine of the run. A case changes the bars of those days, the index, the account or the rule.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from screener.data.panel import Panel
from tests.make import make_panel

SHARES = ("300308.SZ", "300394.SZ", "300502.SZ", "300570.SZ", "300620.SZ")
BEFORE, DAYS = 60, 100
START = "2023-01-03"
RULE = '''"""Hold the first names of the theme in equal parts."""

from dataclasses import dataclass

import pandas as pd

from screener.strategy import Context, parameter


@dataclass(frozen=True)
class Params:
    """How many names and how much of the account."""

    names: int = parameter(5, "all of them", "names", 1, 5)
    invested: float = parameter(1.0, "all of it", "fraction", 0.0, 1.0)


def weights(context: Context, params: Params) -> pd.DataFrame:
    """Return the same weights on every decision day."""
    held = sorted(context.panel.symbols)[: params.names]
    columns = pd.MultiIndex.from_product([["small"], held], names=["theme", "symbol"])
    return pd.DataFrame(params.invested / len(held), index=context.decision_days(4), columns=columns)
'''
MEMBER = """
[[members]]
symbol = "{0}"
name = "名称{0:.6}"
since = 2020-01-02
valid_from = 2010-01-04
confidence = "sure"
source = {{ report = "003", date = 2020-01-02, quote = "一" }}
"""
THEME = 'title = "Small"\nstage = "midstream"\n' + "".join(map(MEMBER.format, SHARES))
PRICES = ("open", "high", "low", "close")
BARS = (*PRICES, "pre_close", "volume", "amount", "limit_up", "limit_down")


def workspace(folder: Path) -> Path:
    """Write the theme and the rule of these markets."""
    for kind, name, text in (("universes", "small.toml", THEME), ("strategies", "hold.py", RULE)):
        (folder / kind).mkdir(parents=True)
        (folder / kind / name).write_text(text, encoding="utf-8")
    return folder


def market(seed: int = 0) -> Panel:
    return make_panel(n_days=DAYS, symbols=SHARES, seed=seed, holes=False, actions=False, start=START)


def walked(panel: Panel, names: tuple[str, ...], step: int, first: int = BEFORE + 2) -> Panel:
    """Let shares go `step` per cent a day from a session on, each day at one price."""
    changed = {name: getattr(panel, name).copy() for name in BARS}
    for j in map(panel.symbols.index, names):
        for i in range(first, len(panel.sessions)):
            before = round(changed["close"][i - 1, j] * 100)
            price = (2 * before * (100 + step) + 100) // 200 / 100
            for name in PRICES:
                changed[name][i, j] = price
            changed["pre_close"][i, j] = before / 100
            changed["amount"][i, j] = price * changed["volume"][i, j]
    return dataclasses.replace(panel, **changed)


def without(panel: Panel, names: tuple[str, ...], rows: slice, gone: bool = False) -> Panel:
    """Take the bars of some days away: suspended, or `gone` from the exchange."""
    columns = [panel.symbols.index(name) for name in names]
    changed = {name: getattr(panel, name).copy() for name in (*BARS, "listed")}
    for name in BARS:
        changed[name][rows, columns] = np.nan
    changed["listed"][rows, columns] = not gone
    return dataclasses.replace(panel, **changed)
