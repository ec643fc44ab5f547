"""The two parts add up to the return, and a loss is left out by name."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from screener.data.sources import open_source
from screener.screen.davis import davis

NAMES = ["300308.SZ", "688256.SH", "000977.SZ", "601138.SH"]
FIRST, LAST = pd.Timestamp("2024-03-01"), pd.Timestamp("2024-08-16")


def test_earnings_and_multiple_add_up_and_earnings_are_what_was_put_in() -> None:
    panel = open_source("sample").panel(NAMES)
    closes = panel.frame(panel.close).ffill()
    rows, grown = [], {"300308.SZ": 1.5, "000977.SZ": 0.8, "601138.SH": 1.0}
    for name, growth in grown.items():
        own = panel.actions[(panel.actions["symbol"] == name) & panel.actions["date"].between(FIRST, LAST)]
        price = closes.loc[FIRST, name]
        for event in own.itertuples():
            price = (price - event.cash) / (1.0 + event.bonus)
        earned = price / 30.0
        rows += [(FIRST, name, 30.0), (LAST, name, closes.loc[LAST, name] / (earned * growth))]
    rows += [(FIRST, "688256.SH", -5.0), (LAST, "688256.SH", 40.0)]
    found = davis(panel, pd.DataFrame(rows, columns=["date", "symbol", "pe_ttm"]), FIRST, LAST)
    assert found.left_out == {"688256.SH": "a loss at one end"}
    for name, growth in grown.items():
        assert found.table.loc[name, "earnings"] == pytest.approx(math.log(growth), abs=1e-12)
    parts = found.table[["earnings", "multiple"]].sum(axis=1)
    np.testing.assert_allclose(parts, found.table["total"])
    assert found.mean["earnings"] + found.mean["multiple"] == pytest.approx(found.mean["total"])
    up = found.table["multiple"] > 0
    assert found.table.loc["300308.SZ", "quadrant"] == ("double up" if up["300308.SZ"] else "earnings only")


def test_a_day_without_a_multiple_is_not_filled_from_another() -> None:
    panel = open_source("sample").panel(NAMES)
    rows = pd.DataFrame(
        [(FIRST, NAMES[0], 30.0), (LAST - pd.Timedelta(days=1), NAMES[0], 31.0)],
        columns=["date", "symbol", "pe_ttm"],
    )
    found = davis(panel, rows, FIRST, LAST)
    assert found.table.empty
    assert set(found.left_out.values()) == {"no PE at one end"}
