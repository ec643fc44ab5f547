"""In which unit a volume is: found by the average price, row by row, whatever a source says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from screener.data.live.frames import to_shares
from tests.data.live.judged import T, good


def slow_unit(row: pd.Series) -> float:
    """The rule once more, one row at a time: the unit under which the average price was traded."""
    for unit in (1, 100):
        if row["low"] <= row["amount"] / (row["volume"] * unit) <= row["high"]:
            return row["volume"] * unit
    return float("nan")


@pytest.mark.parametrize("seed", range(5))
def test_units_are_found_row_by_row_even_when_they_are_mixed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bars = good()
    lots = rng.random(len(bars)) < 0.5
    bars["volume"] = np.rint(bars["volume"] / 100) * 100
    mixed = bars.assign(volume=np.where(lots, bars["volume"] / 100, bars["volume"]))
    np.testing.assert_array_equal(to_shares(mixed)["volume"], bars["volume"])
    np.testing.assert_array_equal(to_shares(mixed)["volume"], mixed.apply(slow_unit, axis=1))


@pytest.mark.parametrize(
    ("volume", "amount", "shares"),
    [
        (1.0, 1_490.0, 100.0),  # one lot, 149 shares at 10: rounded down by half
        (1.0, 10.0, 1.0),  # one share
        (250.0, 2_500.0, 250.0),
        (250.0, 250_000.0, 25_000.0),
        (0.0, 0.0, 0.0),
        (250.0, 2.5, np.nan),  # an amount in ten thousands
        (2.5, 250_000.0, np.nan),  # a volume in ten thousand shares
        (np.nan, 2_500.0, np.nan),
        (250.0, np.nan, np.nan),
    ],
)
def test_units_of_single_rows(volume: float, amount: float, shares: float) -> None:
    row = {"date": T("2024-03-01"), "open": 10.0, "high": 10.2, "low": 9.8, "close": 10.0}
    found = to_shares(pd.DataFrame([{**row, "volume": volume, "amount": amount}]))["volume"].iloc[0]
    np.testing.assert_equal(found, shares)
