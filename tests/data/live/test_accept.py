"""The contract in front of the store: each rule refuses its row, and only that row."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from screener.data.live.accept import Known, accept_bars
from screener.data.live.base import BARS
from screener.data.live.frames import FINAL, final_only
from screener.errors import DataError
from tests.data.live.conftest import NOW, table
from tests.data.live.judged import FACTORS, MARKET, T, edited, good, judge
from tests.data.live.market import SHARES


@pytest.mark.parametrize("symbol", SHARES)
def test_honest_bars_pass_whole(symbol: str) -> None:
    share = MARKET.shares[symbol]
    (event,) = share.dividends
    factors = FACTORS.assign(date=[T("1900-01-01"), T(event.date)], factor=[1.0, event.factor])
    found = accept_bars(symbol, good(symbol), NOW, Known(factors=factors, listed=T(share.listed)))
    pd.testing.assert_frame_equal(found.accepted, good(symbol))
    assert found.rejected.empty
    assert not found.suspect
    resting = symbol == "300998.SZ"
    assert len(found.notes) == resting
    assert not resting or "3 sessions have no bar" in found.notes[0]


ONE_ROW = [
    ({"date": pd.NaT}, "no date"),
    ({"date": T("2024-03-09")}, "not a session"),
    ({"date": T("2024-04-04")}, "not a session"),
    ({"date": T("2012-03-06")}, "not a session"),
    ({"date": T("2099-03-09")}, "not a session"),
    ({"date": T("2026-12-30")}, "lies in the future"),
    ({"open": -1.0}, "open is no price of"),
    ({"close": 0.0}, "close is no price of"),
    ({"close": np.nan}, "close is no price of"),
    ({"high": np.inf}, "high is no price of"),
    ({"low": -np.inf}, "low is no price of"),
    ({"high": 1e308}, "high is no price of"),
    ({"low": 5e-324}, "low is no price of"),
    ({"high": 1.0}, "outside low to high"),
    ({"low": 99999.0}, "outside low to high"),
    ({"volume": -100.0}, "volume is no number"),
    ({"volume": np.nan}, "volume is no number"),
    ({"volume": np.inf}, "volume is no number"),
    ({"volume": 5e-324}, "whole shares"),
    ({"volume": 1000.5}, "whole shares"),
    ({"volume": 0.0}, "without volume"),
    ({"amount": np.nan}, "amount is not CNY"),
    ({"amount": -1.0}, "amount is not CNY"),
    ({"amount": 0.0}, "amount / volume"),
]


@pytest.mark.parametrize(("values", "says"), ONE_ROW)
def test_one_wrong_row_is_refused_and_the_others_enter(values: dict[str, object], says: str) -> None:
    found = judge(edited(10, **values))
    assert len(found.rejected) == 1
    assert pd.Series(found.rejected["reason"]).str.contains(says).all(), found.rejected["reason"].tolist()
    assert found.suspect
    pd.testing.assert_frame_equal(found.accepted, good().drop(index=10).reset_index(drop=True))


@pytest.mark.parametrize("factor", [0.01, 100.0, 1e-4, 1e4])
@pytest.mark.parametrize("name", ["volume", "amount"])
def test_a_row_in_another_unit_is_refused(name: str, factor: float) -> None:
    bars = good()
    bars.loc[10, name] = np.rint(bars.loc[10, name] * factor)
    found = judge(bars)
    assert found.rejected["date"].tolist() == [bars.loc[10, "date"]]


@pytest.mark.parametrize("off", [0.001, 0.0049, 1e-4])
def test_prices_off_the_grid_are_adjusted_prices(off: float) -> None:
    found = judge(edited(10, close=good().loc[10, "close"] + off))
    assert "whole number of fen" in found.rejected["reason"].iloc[0]


def test_a_row_twice_is_left_out_with_a_note_and_two_of_a_day_are_refused() -> None:
    bars = pd.concat([good(), good().iloc[[5]]], ignore_index=True)
    found = judge(bars)
    pd.testing.assert_frame_equal(found.accepted, good())
    assert any("1 rows were there twice" in note for note in found.notes)
    bars.loc[40, "close"] = bars.loc[40, "low"]
    found = judge(bars)
    assert found.rejected["reason"].tolist() == ["two different rows of one day"] * 2
    assert len(found.accepted) == 39


@pytest.mark.parametrize("seed", range(4))
def test_unsorted_rows_are_sorted_with_a_note(seed: int) -> None:
    bars = good().sample(frac=1.0, random_state=seed)
    found = judge(bars)
    pd.testing.assert_frame_equal(found.accepted, good())
    assert "out of order" in found.notes[0]


def test_a_gap_is_counted_unless_a_suspension_explains_it() -> None:
    bars = good().drop(index=[7, 8, 20])
    days = good().loc[[7, 8, 20], "date"]
    assert "3 sessions have no bar" in judge(bars).notes[0]
    assert judge(bars, suspended=tuple(days)).notes == ()
    assert "1 sessions" in judge(bars, suspended=tuple(days[:2])).notes[0]


@pytest.mark.parametrize(("known", "rows"), [("listed", 10), ("delisted", 30)])
def test_bars_outside_the_listing_are_refused(known: str, rows: int) -> None:
    day = good().loc[10, "date"]
    found = judge(good(), **{known: day})
    assert len(found.rejected) == rows
    assert found.rejected["reason"].str.contains("listing on 2024").all()


def test_the_overlap_with_what_is_stored_must_agree() -> None:
    stored = good()[["date", "close"]].head(20)
    new = good().iloc[12:]
    assert judge(new, stored=stored).rejected.empty
    assert judge(new, stored=stored.assign(close=stored["close"] + 0.01)).rejected.empty
    apart = stored.copy()
    apart.loc[15, "close"] += 0.02
    found = judge(new, stored=apart)
    assert len(found.rejected) == len(new)
    assert found.rejected["reason"].str.contains("another basis or another share").all()


@pytest.mark.parametrize(
    ("first", "enters"), [(15, True), (16, False), (19, False), (20, False), (25, False)]
)
def test_too_small_an_overlap_ties_nothing(first: int, enters: bool) -> None:
    found = judge(good().iloc[first:], stored=good()[["date", "close"]].head(20))
    assert found.rejected.empty == enters
    assert enters or found.accepted.empty


def test_another_share_is_found_out_by_its_closes() -> None:
    other = table(MARKET.shares["000998.SZ"].bars).assign(source="test")
    found = judge(other, stored=good()[["date", "close"]].head(20))
    assert found.accepted.empty


@pytest.mark.parametrize("name", [*BARS, "source"])
def test_a_missing_column_is_refused_whole(name: str) -> None:
    with pytest.raises(DataError, match=f"column {name} is missing"):
        judge(good().drop(columns=name))


@pytest.mark.parametrize("name", BARS)
def test_a_column_of_text_is_refused_whole(name: str) -> None:
    with pytest.raises(DataError, match=f"{name} is of type"):
        judge(good().astype({name: str}))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize(
    ("there", "final"),
    [("2024-03-05 09:20", 2), ("2024-03-05 10:00", 2), ("2024-03-05 11:45", 2), ("2024-03-05 13:00", 2),
     ("2024-03-05 14:59", 2), ("2024-03-05 15:01", 2), ("2024-03-05 15:29:59", 2), ("2024-03-05 15:30", 3),
     ("2024-03-05 15:31", 3), ("2024-03-06 00:00", 3), ("2024-03-09 12:00", 6), ("2024-04-04 12:00", 24)],
)  # fmt: skip
def test_a_partial_bar_never_enters_wherever_the_machine_stands(zone: str, there: str, final: int) -> None:
    now = pd.Timestamp(there, tz="Asia/Shanghai").tz_convert(zone).to_pydatetime()
    bars = good()[good()["date"] <= T(there[:10])]
    found = judge(bars, now=now)
    assert len(found.accepted) == final
    assert found.rejected["reason"].eq("the session is not over").all()
    assert len(final_only(bars, now)) == final
    assert dt.time(15, 30) == FINAL
