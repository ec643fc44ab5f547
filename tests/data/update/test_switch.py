"""A store that was filled by one provider goes on with another, and back again."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.data.update.fake import EX, A, B, C, Stand

SHARES = (A, B, C)


def rounded(stand: Stand, name: str) -> None:
    """Let the source be another vendor, whose factors have six decimals."""
    for symbol in SHARES:
        stand.source.changes["factors", symbol] = lambda sent: sent.assign(factor=sent["factor"].round(6))
    give = stand.source._give

    def renamed(kind: str, key: str, frame: pd.DataFrame) -> pd.DataFrame:
        return give(kind, key, frame).assign(source=name)

    stand.source._give = renamed


@pytest.mark.parametrize("count", [EX - 3, EX + 3], ids=["before the ex-date", "after it"])
def test_factors_of_another_vendor_go_on_where_those_of_the_first_ended(tmp_path: Path, count: int) -> None:
    stand = Stand(tmp_path, count)
    stand.update()
    plain = stand.source._give
    rounded(stand, "other")
    stand.grow(EX + 8)
    stand.moment += pd.Timedelta(minutes=1)
    for step in range(2):
        if step:  # and back
            stand.source._give = plain
            stand.source.changes.clear()
            stand.grow(EX + 16)
        summary = stand.update()
        assert (summary.exit_code, summary.refused, summary.stale) == (0, [], {})
        for symbol in SHARES:
            (event,) = stand.source.market.shares[symbol].dividends
            kept = stand.store.read("bars", symbol).set_index("date")
            assert kept.loc[f"{event.date}", "pre_close"] == event.reference
            assert stand.store.entry("factors", symbol).source == "fake+other"
