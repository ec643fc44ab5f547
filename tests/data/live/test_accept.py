"""The contract in front of the store: each rule refuses its row, and only that row."""

from __future__ import annotations

import datetime as dt
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from screener.data.contract import check_bars, check_series
from screener.data.live.accept import Known, Verdict, accept_bars
from screener.data.live.accept_events import accept_actions, accept_factors, action_notes
from screener.data.live.base import BARS
from screener.data.live.continuity import with_reference
from screener.data.live.frames import FINAL, final_only, to_shares
from screener.errors import DataError
from tests.data.live.conftest import NOW, table
from tests.data.live.market import SHARES, invent

MARKET = invent()
SYMBOL = "600998.SH"
SHARE = MARKET.shares[SYMBOL]
T = pd.Timestamp
FACTORS = pd.DataFrame(
    {"date": [T("1900-01-01"), T(SHARE.dividends[0].date)], "factor": [1.0, SHARE.dividends[0].factor]}
).astype({"date": "datetime64[ns]"})


def good(symbol: str = SYMBOL) -> pd.DataFrame:
    return table(MARKET.shares[symbol].bars).assign(source="test")


def judge(bars: pd.DataFrame, now: dt.datetime = NOW, **known: object) -> Verdict:
    return accept_bars(SYMBOL, bars, now, Known(**{"factors": FACTORS, **known}))


def edited(row: int, **values: object) -> pd.DataFrame:
    bars = good()
    for name, value in values.items():
        bars.loc[row, name] = value
    return bars


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


@pytest.mark.parametrize("row", [1, 12, 38, 39])
@pytest.mark.parametrize("sign", [1, -1])
def test_one_tick_beyond_the_limit_of_the_day_is_refused(row: int, sign: int) -> None:
    """The limits by hand: a tenth of the close before, half up; one fen more is wrong, the limit is not."""
    before = good().loc[row - 1, "close"]
    limit = int(before * 100 * (10 + sign) / 10 + 0.5) / 100
    name = "high" if sign > 0 else "low"
    assert judge(edited(row, **{name: limit})).rejected.empty
    found = judge(edited(row, **{name: round(limit + sign * 0.01, 2)}))
    assert len(found.rejected) == 1
    assert "beyond the limits" in found.rejected["reason"].iloc[0]


def test_a_lone_wrong_level_costs_one_row_and_a_lasting_one_all_that_follow() -> None:
    bars = good()
    lone = bars.copy()
    lone.loc[10, list(BARS[1:5])] = (lone.loc[10, list(BARS[1:5])] * 0.5).round(2)
    lone.loc[10, "amount"] = lone.loc[10, "volume"] * lone.loc[10, "close"]
    found = judge(lone)
    assert found.rejected["date"].tolist() == [bars.loc[10, "date"]]
    lasting = bars.copy()
    lasting.loc[10:, list(BARS[1:5])] = (lasting.loc[10:, list(BARS[1:5])] * 0.5).round(2)
    lasting.loc[10:, "amount"] = lasting["volume"] * lasting[["low", "high"]].mean(axis=1).round(2)
    found = judge(lasting)
    assert len(found.accepted) == 10
    assert found.rejected["reason"].iloc[1:].str.contains("follows a break").all()


@pytest.mark.parametrize(
    "factors",
    [
        None,
        FACTORS.iloc[:1],
        FACTORS.assign(factor=[1.0, 1.0001]),
        FACTORS.assign(date=FACTORS["date"] + pd.Timedelta(days=7)),
        FACTORS.assign(date=FACTORS["date"] - pd.Timedelta(days=7)),
        FACTORS.assign(factor=[1.0, FACTORS["factor"].iloc[1] ** 2]),
    ],
)
def test_an_ex_date_without_its_factor_is_a_break(factors: pd.DataFrame | None) -> None:
    found = judge(good(), factors=factors)
    assert found.suspect
    assert found.rejected["reason"].str.contains("beyond the limits|follows a break").any()


def test_a_day_that_the_user_vouches_for_may_lie_beyond() -> None:
    day = T(SHARE.dividends[0].date)
    assert judge(good(), factors=None, vouched=[day]).rejected.empty


def test_the_first_days_of_a_new_share_have_no_limit() -> None:
    bars = edited(1, high=good().loc[1, "high"] * 3)
    bars["high"] = bars["high"].round(2)
    assert judge(bars, listed=bars.loc[0, "date"]).rejected.empty
    assert len(judge(bars).rejected) == 1


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


def test_references_and_factors_are_those_that_the_product_reads() -> None:
    found = with_reference(good(), FACTORS).assign(symbol=SYMBOL)
    check_bars(found, "test")
    check_series(found, "test")
    (event,) = SHARE.dividends
    row = found.index[found["date"] == T(event.date)][0]
    assert found.loc[row, "pre_close"] == event.reference
    assert np.isnan(found.loc[0, "pre_close"])
    later = found.drop(index=[0, row])
    np.testing.assert_array_equal(later["pre_close"], good()["close"].shift().drop(index=[0, row]))
    assert found["adj_factor"].iloc[0] == 1.0
    np.testing.assert_allclose(found["adj_factor"].iloc[-1], event.factor, rtol=1e-12)


@pytest.mark.parametrize("ratio", [Fraction(1, 2), Fraction(10, 13), Fraction(5, 6), Fraction(20, 21)])
def test_references_round_halves_up_at_every_price(ratio: Fraction) -> None:
    """Against fractions: 10.03 halved is 5.015, and the exchange writes 5.02."""
    days = good()["date"]
    fen = np.arange(100, 6000)
    factors = FACTORS.assign(date=[T("1900-01-01"), days[1]], factor=[1.0, float(1 / ratio)])
    for close in fen[::7]:
        bars = pd.DataFrame({"date": days[:2], "close": [close / 100, 1.0]})
        expected = math.floor(Fraction(int(close)) * ratio + Fraction(1, 2)) / 100
        assert with_reference(bars, factors)["pre_close"].iloc[1] == expected


@pytest.mark.parametrize(("rise", "enters"), [(1.20, True), (1.22, False), (1.30, False)])
def test_over_a_refused_row_two_limits_add_up_and_no_more(rise: float, enters: bool) -> None:
    """Ten per cent twice is 21; what goes further is not proved by a row that was refused."""
    bars = good()
    bars.loc[10, "volume"] = -1.0
    scale = bars.loc[9, "close"] * rise / bars.loc[11, "high"]
    for name in BARS[1:5]:
        bars.loc[11:, name] = (bars.loc[11:, name] * scale).round(2)
    bars["amount"] = bars["amount"].where(bars.index < 11, bars["volume"] * bars["low"])
    found = judge(bars, factors=FACTORS)
    assert (found.rejected["date"].iloc[0], len(found.rejected) == 1) == (bars.loc[10, "date"], enters)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"factor": [1.0, 0.9]}, "shrinks"),
        ({"factor": [1.0, 50.0]}, "leaps"),
        ({"factor": [1.1, 1.2]}, "begin with 1"),
        ({"factor": [1.0, np.nan]}, "must be numbers"),
        ({"factor": [1.0, np.inf]}, "must be numbers"),
        ({"date": [T("2024-04-01"), T("1900-01-01")]}, "ascend"),
        ({"date": [T("2024-04-01"), T("2024-04-01")]}, "ascend"),
        ({"date": [T("2024-04-01"), pd.NaT]}, "ascend"),
    ],
)
def test_factors_that_cannot_be_are_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(DataError, match=says):
        accept_factors(SYMBOL, FACTORS.assign(**changes))


def test_factors_may_be_added_to_but_never_changed() -> None:
    assert accept_factors(SYMBOL, FACTORS, FACTORS.iloc[:1]) is FACTORS
    assert accept_factors(SYMBOL, FACTORS, FACTORS) is FACTORS
    with pytest.raises(DataError, match="other basis"):
        accept_factors(SYMBOL, FACTORS, FACTORS.assign(factor=[1.0, 1.5]))
    with pytest.raises(DataError, match="other basis"):
        accept_factors(SYMBOL, FACTORS.iloc[:1], FACTORS)


def events() -> pd.DataFrame:
    (event,) = SHARE.dividends
    nat = {name: pd.NaT for name in ("plan", "record", "pay", "listing")}
    row = {"date": T(event.date), "cash": 0.5, "bonus": 0.3, "rights": 0.0, "rights_price": np.nan}
    return pd.DataFrame([{**row, **nat}])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"date": pd.NaT}, "no ex-date"),
        ({"date": T("2024-04-04")}, "not a session"),
        ({"cash": -0.1}, "negative"),
        ({"bonus": np.inf}, "negative or no number"),
        ({"cash": 0.0, "bonus": 0.0}, "nothing is paid"),
        ({"rights": 0.3}, "without a price"),
    ],
)
def test_actions_that_cannot_be_are_refused(changes: dict[str, object], says: str) -> None:
    accepted, rejected = accept_actions(SYMBOL, events().assign(**changes))
    assert accepted.empty
    assert says in rejected["reason"].iloc[0]


def test_two_actions_of_one_day_are_refused_and_a_good_one_enters() -> None:
    accepted, rejected = accept_actions(SYMBOL, pd.concat([events(), events()], ignore_index=True))
    assert (len(accepted), len(rejected)) == (0, 2)
    accepted, rejected = accept_actions(SYMBOL, events())
    assert (len(accepted), len(rejected)) == (1, 0)


def test_factor_and_announcement_are_held_against_each_other() -> None:
    assert action_notes(SYMBOL, good(), FACTORS, events()) == ()
    (note,) = action_notes(SYMBOL, good(), FACTORS, events().assign(cash=0.9))
    assert "by the action" in note
    (note,) = action_notes(SYMBOL, good(), FACTORS, events().iloc[:0])
    assert "steps without an action" in note
    (note,) = action_notes(SYMBOL, good(), FACTORS.iloc[:1], events())
    assert "by the action" in note


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
