"""What every bad answer is held against: what the invented market holds, and what was said of a loss."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.data.live.accept import Known, accept_bars
from screener.data.live.accept_events import accept_factors
from screener.data.live.base import BARS
from screener.errors import ScreenerError
from tests.data.live.conftest import NOW, Live, table
from tests.data.live.standin import Fault

SYMBOL = "600998.SH"
OTHERS = "gtimg|qq.com|realstock/company/.*klc"  # the sources behind eastmoney


class Outcome(NamedTuple):
    """What became of a fetch: an error, or rows with what was refused and noted."""

    error: ScreenerError | None
    bars: pd.DataFrame
    refused: int
    said: tuple[str, ...]

    @property
    def silent_loss(self) -> bool:
        return self.error is None and not self.refused and not self.said


def truth(live: Live) -> pd.DataFrame:
    return table(live.market.shares[SYMBOL].bars)


def fetch(live: Live, stored: pd.DataFrame | None = None) -> Outcome:
    """Ask for bars and factors and let them through the contract, as an update does."""
    live.source.notes.clear()
    try:
        bars = live.bars(SYMBOL)
        factors = accept_factors(SYMBOL, live.source.factors(SYMBOL))
        found = accept_bars(SYMBOL, bars, NOW, Known(factors=factors, stored=stored))
    except ScreenerError as error:
        return Outcome(error, truth(live).head(0), 0, ())
    said = (*live.source.notes, *found.notes)
    return Outcome(None, found.accepted, len(found.rejected), said)


def sound(live: Live, outcome: Outcome) -> None:
    """Every row that entered is one of the market's, and what is missing is said."""
    real = truth(live)
    both = outcome.bars.merge(real, on="date", how="left", suffixes=("", "_true"))
    for name in BARS[1:]:
        slack = {"volume": 100, "amount": 10}.get(name, 1e-9)
        np.testing.assert_allclose(both[name], both[f"{name}_true"], rtol=0, atol=slack, err_msg=name)
    assert len(outcome.bars) == len(real) or not outcome.silent_loss


def lone(live: Live) -> None:
    """Leave eastmoney as the only source, so that its answer is not made good by another."""
    live.server.faults.append(Fault(OTHERS, "status", status=404))


def changed(text: Callable[[bytes], bytes]) -> dict:
    return {"kind": "body", "change": text}


def lines(change: Callable[[list[list[str]]], list[list[str]]]) -> dict:
    """Change the fields of the lines: date, open, close, high, low, volume, amount, ..."""

    def body(raw: bytes) -> bytes:
        data = json.loads(raw)
        rows = [line.split(",") for line in data["data"]["klines"]]
        data["data"]["klines"] = [",".join(row) for row in change(rows)]
        return json.dumps(data).encode()

    return changed(body)
