"""Spells of risk warning and of rest, from a source in memory that knows how every session stood."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from screener.data.update.status import spells
from screener.market import calendar
from tests.data.update.fake import A, B, C, Stand

T = pd.Timestamp


def flagged(stand: Stand, warned: dict[str, tuple[int, int]] | None = None) -> None:
    """Let the source know the flags: sessions without a bar rest, those between two places are warned."""
    days = [T(day) for day in calendar.sessions(stand.source.market.shares[A].bars[0].date)]

    def flags(symbol: str, start: T, end: T) -> pd.DataFrame:
        first, last = (warned or {}).get(symbol, (0, 0))
        bars = {T(bar.date) for bar in stand.source.market.shares[symbol].bars}
        rows = [(day, day in bars, first <= k < last) for k, day in enumerate(days) if start <= day <= end]
        return pd.DataFrame(rows, columns=["date", "traded", "risk_warning"]).assign(source="fake")

    stand.source.flags = flags


def walked(rows: list[tuple[int, bool]]) -> list[tuple[int, int, bool]]:
    """Go through places and flags one by one; the slow twin of `spells`."""
    out: list[tuple[int, int, bool]] = []
    for place, flag in rows:
        if out and out[-1][1] == place - 1 and out[-1][2] == flag:
            out[-1] = (out[-1][0], place, flag)
        else:
            out.append((place, place, flag))
    return out


@pytest.mark.parametrize("bits", ["", "0", "1", "00", "01", "0110x01", "111x111", "x0x1x", "0x0110"])
def test_spells_are_what_a_walk_over_the_sessions_gives(bits: str) -> None:
    days = calendar.sessions("2024-03-01")
    rows = [(k, bit == "1") for k, bit in enumerate(bits) if bit != "x"]
    table = pd.DataFrame({"date": [days[k] for k, _ in rows], "flag": [flag for _, flag in rows]})
    found = spells(table.astype({"date": "datetime64[ns]", "flag": bool}), "flag")
    assert list(found.itertuples(index=False, name=None)) == [
        (days[first], days[last], flag) for first, last, flag in walked(rows)
    ]


@pytest.mark.parametrize("steps", [(30,), (17, 30), (10, 12, 14, 16, 30)], ids=str)
def test_status_grows_to_the_same_spells_in_one_update_and_in_several(
    tmp_path: Path, steps: tuple[int, ...]
) -> None:
    stand = Stand(tmp_path, steps[0])
    for count in steps:
        stand.grow(count)
        flagged(stand, {A: (5, 15), C: (0, 30)})
        assert stand.update().stale == {}
    days = calendar.sessions(stand.source.market.shares[A].bars[0].date)
    status = {
        symbol: list(stand.store.read("status", symbol).itertuples(index=False, name=None))
        for symbol in (A, B, C)
    }
    last = days[29]
    assert status[A] == [(days[0], days[4], False), (days[5], days[14], True), (days[15], last, False)]
    assert status[B] == [(days[0], last, False)]  # a rest of three days is no warning
    assert status[C] == [(days[0], last, True)]
    bars = stand.store.read("bars", B)["date"]
    quiet = [day for day in days[:30] if day not in set(bars)]
    rows = stand.store.read("suspensions")
    assert list(rows[["symbol", "first_day", "last_day"]].itertuples(index=False, name=None)) == [
        (B, quiet[0], quiet[-1])
    ]


def test_a_rest_that_the_source_states_is_not_called_a_gap(stand: Stand) -> None:
    def told() -> list[str]:
        return [note for note in stand.update().notes if "sessions have no bar" in note]

    assert len(told()) == 1  # without flags nobody knows
    other = Stand(stand.folder.parent / "other", 30)
    flagged(other)
    assert [note for note in other.update().notes if "sessions have no bar" in note] == []


def test_a_share_at_rest_on_the_last_session_is_known_to_rest_without_a_second_question(stand: Stand) -> None:
    stand.source.market.shares[A].bars = stand.source.market.shares[A].bars[:-2]
    flagged(stand)
    assert stand.update().stale == {}
    rows = stand.store.read("suspensions")
    (own,) = rows[rows["symbol"] == A].to_dict("records")
    assert stand.source.asked["suspensions"] == 0
    days = calendar.sessions(stand.source.market.shares[B].bars[0].date)
    assert (own["first_day"], own["last_day"]) == (days[28], days[29])
    assert stand.update().skipped == [A, B, C]


def test_a_source_without_flags_leaves_no_status_and_no_word(stand: Stand) -> None:
    summary = stand.update()
    assert stand.store.keys("status") == ()
    assert not [line for line in summary.lines() if "status" in line]
