"""What the user's word does before the contract: it lets in just the bars it is about, if they can be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from screener.data.live.accept import may_be_vouched_for
from screener.data.live.base import BARS
from screener.data.vouched import newest, same_bars, sentences
from tests.data.live.judged import SYMBOL, T, edited, good, judge

FAR = 30  # a row after the ex-date


def moved(row: int = FAR, by: float = 1.5) -> pd.DataFrame:
    """Lift close and high of one bar beyond the limits of the day."""
    far = round(good().loc[row, "close"] * by, 2)
    return edited(row, close=far, high=far)


def word(bars: pd.DataFrame, *rows: int) -> pd.DataFrame:
    return bars.loc[list(rows), list(BARS)]


def test_a_bar_beyond_the_limits_enters_on_the_users_word_and_only_then() -> None:
    bars = moved()
    assert judge(bars).rejected["date"].tolist() == [bars.loc[FAR, "date"]]
    found = judge(bars, vouched=word(bars, FAR))
    assert found.rejected["date"].tolist() == bars.loc[FAR + 1 :, "date"].tolist()  # they fall as far back
    found = judge(bars, vouched=word(bars, FAR, FAR + 1))
    pd.testing.assert_frame_equal(found.accepted, bars)
    assert not found.suspect


@pytest.mark.parametrize("name", BARS[1:5])
@pytest.mark.parametrize("by", [0.01, -0.01])
def test_one_fen_beside_the_word_is_judged_as_before(name: str, by: float) -> None:
    bars, said = moved(), word(moved(), FAR, FAR + 1)
    said.loc[FAR, name] = round(said.loc[FAR, name] + by, 2)
    assert judge(bars, vouched=said).rejected["date"].tolist() == judge(bars).rejected["date"].tolist()


def test_the_word_for_one_day_is_none_for_another_day_of_the_same_values() -> None:
    bars = moved()
    said = word(bars, FAR).assign(date=bars.loc[FAR + 2, "date"])
    assert len(judge(bars, vouched=said).rejected) == 1


@pytest.mark.parametrize(
    ("volume", "amount", "same"),
    [(100.0, 10.0, True), (-100.0, -10.0, True), (101.0, 0, False), (0, 11.0, False)],
)
def test_volumes_and_amounts_may_be_rounded_as_sources_do(volume: float, amount: float, same: bool) -> None:
    bars = good()
    said = word(bars.assign(volume=bars["volume"] + volume, amount=bars["amount"] + amount), 3)
    assert same_bars(bars, said).tolist() == [same and row == 3 for row in range(len(bars))]


def test_an_average_price_outside_of_the_day_may_be_vouched_for() -> None:
    bars = edited(FAR, amount=good().loc[FAR, "amount"] * 2)
    assert judge(bars).rejected["reason"].tolist() == ["amount / volume is not a price of the day"]
    assert judge(bars, vouched=word(bars, FAR)).rejected.empty


def test_a_series_goes_on_from_the_bar_that_is_vouched_for() -> None:
    bars = good()
    bars.loc[FAR:, list(BARS[1:5])] = (bars.loc[FAR:, list(BARS[1:5])] * 0.5).round(2)
    bars["amount"] = bars["amount"].where(bars.index < FAR, bars["volume"] * bars["low"])
    assert len(judge(bars).rejected) == len(bars) - FAR
    assert judge(bars, vouched=word(bars, FAR)).rejected.empty
    later = judge(bars, vouched=word(bars, FAR + 3))
    assert later.rejected["date"].tolist() == bars.loc[FAR : FAR + 2, "date"].tolist()


IMPOSSIBLE = [
    {"date": T("2024-03-09")},
    {"date": T("2099-03-09")},
    {"date": T("2026-12-30")},
    {"close": 0.0},
    {"close": np.nan},
    {"high": 1.0},
    {"low": 99999.0},
    {"close": 12.345},
    {"volume": np.nan},
    {"volume": 0.0},
    {"amount": -1.0},
]


@pytest.mark.parametrize("values", IMPOSSIBLE, ids=str)
def test_no_word_lets_in_what_cannot_be(values: dict[str, object]) -> None:
    bars = edited(10, **values)
    refused = judge(bars, vouched=word(bars, 10)).rejected
    assert len(refused) == 1
    assert not may_be_vouched_for(refused["reason"].iloc[0])


def test_what_speaks_against_the_whole_answer_is_no_matter_of_a_bar() -> None:
    stored = good()[["date", "close"]].head(20)
    for bars, known in (
        (good().iloc[12:], stored.assign(close=stored["close"] + 1.0)),
        (good()[16:], stored),
    ):
        reasons = judge(bars, stored=known).rejected["reason"]
        assert len(reasons)
        assert not any(may_be_vouched_for(reason) for reason in reasons)


def test_one_of_two_reasons_is_enough_to_be_refused() -> None:
    assert may_be_vouched_for("9 to 12 lies beyond the limits 9.90 to 11.00 of the day")
    assert may_be_vouched_for("follows a break on 2024-03-09, which no factor explains")
    assert not may_be_vouched_for("volume is not whole shares; amount / volume is not a price of the day")
    assert not may_be_vouched_for("")


def test_a_later_word_on_a_day_takes_the_place_of_the_earlier_one() -> None:
    said = word(good(), 3, 3, 4).assign(reason=["a", "b", "c"], fetched=pd.to_datetime(["2024-05-02"] * 3))
    said["fetched"] -= pd.to_timedelta([0, 1, 0], unit="D")
    assert newest(said)["reason"].tolist() == ["a", "c"]
    told = sentences(SYMBOL, good().drop(index=4), said)
    day, close = good().loc[3, "date"], good().loc[3, "close"]
    assert told == (
        f"{SYMBOL}: the bar of {day:%Y-%m-%d}, close {close:.2f}, had been refused and is used on the user's "
        "word: a.",
    )
    assert sentences(SYMBOL, good(), None) == ()
