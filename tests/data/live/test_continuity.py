"""Whether a bar can follow the one before it: limits, breaks, and the reference prices of the exchange."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from screener.data.contract import check_bars, check_series
from screener.data.live.base import BARS
from screener.data.live.continuity import told_otherwise, with_reference
from tests.data.live.judged import FACTORS, SHARE, SYMBOL, T, edited, good, judge


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
    assert judge(good(), factors=None, vouched=good()[good()["date"] == day]).rejected.empty


def test_the_first_days_of_a_new_share_have_no_limit() -> None:
    bars = edited(1, high=good().loc[1, "high"] * 3)
    bars["high"] = bars["high"].round(2)
    assert judge(bars, listed=bars.loc[0, "date"]).rejected.empty
    assert len(judge(bars).rejected) == 1


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


def told(**changes: float) -> pd.DataFrame:
    """Put beside the bars the close before or, on the ex-date, the reference; by row, what is added to it."""
    (event,) = SHARE.dividends
    bars = good()
    bars["pre_close"] = bars["close"].shift().where(bars["date"] != T(event.date), event.reference)
    for row, by in changes.items():
        bars.loc[int(row[1:]), "pre_close"] += by
    return bars


NOBODY = pd.Series([], dtype="datetime64[ns]")
EX = 20  # the row of the ex-date


def test_a_source_that_states_the_references_of_close_and_factor_is_believed() -> None:
    assert told_otherwise(told(), FACTORS, NOBODY).empty
    assert told_otherwise(good(), FACTORS, NOBODY).empty  # one that states nothing
    assert told_otherwise(told().assign(pre_close=np.nan), FACTORS, NOBODY).empty
    assert told_otherwise(told().head(0), FACTORS, NOBODY).empty


@pytest.mark.parametrize(
    ("row", "by", "found"),
    [(8, -0.01, True), (8, 0.01, True), (8, -0.004, False), (8, -0.5, True), (0, -0.5, False),
     (EX, 0.01, False), (EX, -0.02, False), (EX, 0.03, True)],
)  # fmt: skip
def test_a_reference_more_than_half_a_fen_off_is_found(row: int, by: float, found: bool) -> None:
    bars = told(**{f"r{row}": by})
    unlike = told_otherwise(bars, FACTORS, NOBODY)
    assert unlike["date"].tolist() == [bars.loc[row, "date"]] * found


def test_without_its_factor_an_ex_date_is_found_and_with_a_false_one_too() -> None:
    day = [T(SHARE.dividends[0].date)]
    assert told_otherwise(told(), None, NOBODY)["date"].tolist() == day
    assert told_otherwise(told(), FACTORS.assign(factor=[1.0, 1.2]), NOBODY)["date"].tolist() == day


def test_what_follows_a_refused_bar_is_not_compared() -> None:
    bars = told().drop(index=8)
    assert told_otherwise(bars, FACTORS, NOBODY)["date"].tolist() == [good().loc[9, "date"]]
    assert told_otherwise(bars, FACTORS, good().loc[[8], "date"]).empty
