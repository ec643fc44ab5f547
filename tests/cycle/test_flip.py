"""The number that turns the cycle: a hair beyond it the table says so, a hair before it does not."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from screener.cycle import load_cycle
from screener.cycle.flip import Flip, flips
from screener.cycle.phases import quarter_table

NAMES = ("hyperscaler-capex", "china-hyperscaler-capex", "aspeed-revenue", "tsmc-revenue")


@cache
def history(name: str) -> pd.DataFrame:
    return load_cycle(name).table()


def later(table: pd.DataFrame, total: float) -> pd.Series:
    """Return the last row of the table once the next period has brought `total`."""
    step = pd.offsets.MonthEnd(3 if "Q" in table.index[0] else 1)
    rows = table[["period_end", "released", "usable_from", "total"]].rename(columns={"total": "value"})
    new = rows.iloc[[-1]].assign(period_end=rows["period_end"].iloc[-1] + step, value=total)
    return quarter_table(pd.concat([rows, new]).assign(entity="all"), ("all",)).iloc[-1]


def cases() -> list[tuple[str, int, Flip]]:
    found = []
    for name in NAMES:
        table = history(name)
        found += [(name, n, flip) for n in range(8, len(table) + 1, 3) for flip in flips(table.iloc[:n])]
    return found


def test_there_are_turns_of_every_kind_to_try() -> None:
    assert {flip.what for *_, flip in cases()} == {
        "growth turns negative", "growth turns positive", "growth turns down", "growth turns up",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "n", "flip"), cases())
def test_a_hair_beyond_the_number_turns_the_cycle_and_a_hair_before_does_not(
    name: str, n: int, flip: Flip
) -> None:
    table = history(name).iloc[:n]
    hair = 1e-6 if flip.side == "above" else -1e-6
    beyond, before = later(table, flip.total * (1.0 + hair)), later(table, flip.total * (1.0 - hair))
    if flip.what in ("growth turns negative", "growth turns positive"):
        assert (beyond["growth"] < 0) != (before["growth"] < 0)
    else:
        assert beyond["direction"] == -before["direction"]
    assert beyond["phase"] == flip.phase
    assert before["growth"] == pytest.approx(flip.growth, abs=1e-5)


def test_a_history_that_is_too_short_turns_on_nothing() -> None:
    assert flips(load_cycle().table().iloc[:7]) == []
