"""Figures that report 002 printed on 2024-08-18, beside a folder of real prices; skipped without one."""

from __future__ import annotations

import os

import pandas as pd
import pytest

from screener.data.sources import open_source
from screener.screen.review import returns_between, review

FOLDER = os.environ.get("SCREENER_SOURCE", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="SCREENER_SOURCE names no folder of real prices")

BASE, EVE, LAST = (pd.Timestamp(day) for day in ("2024-07-26", "2023-12-29", "2024-08-16"))
# Figure 7: share, year to date and this period, in per cent.
FIGURE_7 = """
    601360.SH -19.30 -0.69
    300454.SZ -34.79 -2.87
    688561.SH -42.55 2.31
    002439.SZ -50.28 -9.59
    603232.SH -28.39 -3.46
    300033.SZ -34.28 2.65
    600570.SH -42.72 -5.91
    300253.SZ -23.43 1.67
    300168.SZ -37.38 -1.30
    002410.SZ -41.89 -3.13
    301339.SZ -1.76 -8.44
    002373.SZ -27.33 -2.41
    300552.SZ -1.89 -4.91
    600845.SH -23.83 -5.13
    301269.SZ -32.59 -4.86
    688083.SH -36.34 -0.74
    002920.SZ -29.65 -0.53
    300496.SZ -48.90 -5.47
    002405.SZ -19.44 10.48
    002415.SZ -18.57 -6.80
    002236.SZ -22.90 -4.13
    300212.SZ -48.93 0.00
    002368.SZ -48.18 -5.94
    688031.SH -54.62 -4.65
    688111.SH -39.85 -2.93
    002230.SZ -25.54 -10.86
    300624.SZ -37.10 -8.88
    688041.SH 8.42 3.40
    688256.SH 81.24 -2.44
    300474.SZ -15.37 -7.75
    601138.SH 44.84 -8.12
    000938.SZ 3.75 -12.36
    000977.SZ 0.06 -10.81
    603019.SH 0.56 -7.81
    300442.SZ -15.62 -3.40
    300383.SZ -17.88 0.64
    603881.SH -18.53 -0.40
"""
PRINTED = {
    symbol: (float(year), float(period))
    for symbol, year, period in map(str.split, FIGURE_7.split("\n")[1:-1])
}


@pytest.fixture(scope="module")
def source():
    return open_source(FOLDER)


def apart(found: pd.Series, place: int) -> pd.Series:
    """Return how far returns are from the printed ones, in percentage points."""
    return pd.Series({name: abs(found[name] * 100 - values[place]) for name, values in PRINTED.items()})


def test_figure_7_comes_out_in_the_reports_own_convention(source) -> None:
    panel = source.panel(PRINTED)
    period = apart(returns_between(panel, BASE, LAST, "report"), 1)
    year = apart(returns_between(panel, EVE, LAST, "report"), 0)
    assert len(PRINTED) == 37
    assert period.max() <= 0.0051
    assert (year <= 0.015).sum() >= 35
    assert year.max() <= 0.02


def test_other_conventions_do_not_give_figure_7(source) -> None:
    panel = source.panel(PRINTED)
    assert apart(returns_between(panel, EVE, LAST, "total"), 0).idxmax() == "601138.SH"
    assert apart(returns_between(panel, EVE, LAST, "raw"), 0).max() > 10.0


def test_the_index_table_and_its_misprint(source) -> None:
    found = review(source, BASE, LAST, symbols=PRINTED, adjust="report")
    moves = (found.indices["return"] * 100).round(2)
    assert moves[["000001.SH", "000300.SH", "399006.SZ"]].tolist() == [-0.40, -1.87, -4.10]
    assert moves["801750.SI"] == -2.83  # the headline prints -2.63
    assert (
        round((found.indices["return"]["801750.SI"] - found.indices["return"]["000300.SH"]) * 100, 2) == -0.96
    )
    assert found.table.index[:3].tolist() == ["002405.SZ", "688041.SH", "300033.SZ"]


def test_a_loser_of_table_2_is_a_split(source) -> None:
    panel = source.panel(["605398.SH"])
    assert round(returns_between(panel, BASE, LAST, "raw")["605398.SH"] * 100, 2) == -27.68
    assert round(returns_between(panel, BASE, LAST, "total")["605398.SH"] * 100, 2) == pytest.approx(
        1.53, abs=0.02
    )
