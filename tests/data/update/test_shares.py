"""What an update asks for a share, keeps and refuses, told by a source in memory."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from screener.data.sources import open_source
from screener.errors import DataError
from tests.data.live.conftest import table
from tests.data.update.desk import market
from tests.data.update.fake import EX, A, B, C, Stand, same


def test_what_the_source_has_is_in_the_store_afterwards(stand: Stand) -> None:
    summary = stand.update()
    assert (summary.exit_code, summary.stale, summary.refused, summary.failed) == (0, {}, [], [])
    assert all(same(stand.closes(symbol), stand.true(symbol)) for symbol in (A, B, C))
    kinds = {entry.kind for entry in stand.store.entries}
    assert kinds == {"bars", "factors", "actions", "index", "valuation", "fundamentals", "disclosures",
                     "instruments", "calendar", "names"}  # fmt: skip
    assert stand.store.verify() == []


def test_reference_prices_are_those_of_the_exchange(stand: Stand) -> None:
    stand.update()
    event = stand.source.market.shares[A].dividends[0]
    bars = stand.store.read("bars", A).set_index("date")
    before = bars["close"].shift()
    ex = pd.Timestamp(event.date)
    assert bars.loc[ex, "pre_close"] == pytest.approx(event.reference, abs=1e-9)
    others = bars.index[1:].drop(ex)
    assert bars.loc[others, "pre_close"].tolist() == before[others].tolist()


def test_a_daily_update_asks_one_question_a_share_and_one_an_index(stand: Stand) -> None:
    stand.update()
    stand.grow(31)
    stand.update()
    by_kind = {kind: n for kind, n in stand.source.asked.items() if isinstance(kind, str)}
    assert by_kind.pop("disclosures") <= 2  # the open periods, of the whole market
    assert by_kind == {"bars": 3, "index": 1}
    assert all(same(stand.closes(symbol), stand.true(symbol)) for symbol in (A, B, C))


def test_a_daily_update_asks_from_the_fifth_last_stored_bar(stand: Stand) -> None:
    stand.update()
    stand.grow(31)
    window: list[int] = []
    stand.source.changes["bars", A] = lambda sent: window.append(len(sent)) or sent
    stand.update()
    assert window == [6]


def test_a_second_update_of_the_same_evening_asks_nothing_and_says_so(stand: Stand) -> None:
    stand.update()
    stand.source.asked.clear()
    summary = stand.update()
    assert summary.skipped == [A, B, C]
    assert not stand.source.asked
    assert "3 up to date already and skipped" in summary.lines()[0]


def test_an_announced_ex_date_brings_its_factor_on_its_day(tmp_path: Path) -> None:
    stand = Stand(tmp_path, EX)  # the evening before the ex-date
    ahead = market(EX + 1, whole=40).shares[A].dividends[0]
    stand.source.market.shares[A].dividends.append(ahead)
    stand.source.changes["factors", A] = lambda sent: sent[:1]  # announced, but not in the factors yet
    stand.update(A)
    stand.source.changes.clear()
    stand.grow(EX + 1)
    stand.update(A)
    assert stand.source.asked["factors"] == 1
    bars = stand.store.read("bars", A)
    assert bars["pre_close"].iloc[-1] == pytest.approx(ahead.reference, abs=1e-9)


def test_without_the_factor_of_an_announced_ex_date_no_bar_enters(tmp_path: Path) -> None:
    stand = Stand(tmp_path, EX)
    stand.source.market.shares[A].dividends.append(market(EX + 1, whole=40).shares[A].dividends[0])
    stand.source.changes["factors", A] = lambda sent: sent[:1]
    stand.update(A)
    stand.grow(EX + 1)
    stand.source.down.add("factors")
    summary = stand.update(A)
    assert "factors could not be had" in summary.stale[A]
    assert len(stand.closes(A)) == EX


def test_a_break_that_no_stored_factor_explains_brings_the_factors_before_it_is_judged(
    tmp_path: Path,
) -> None:
    stand = Stand(tmp_path, EX)
    stand.update(A)
    stand.grow(EX + 1)  # three new shares for ten: far beyond the limits of the day
    summary = stand.update(A)
    assert stand.source.asked["factors"] == 1
    assert summary.refused == []
    assert same(stand.closes(A), stand.true(A))


def test_a_dividend_that_nobody_announced_is_found_within_the_week_and_corrects_what_is_stored(
    tmp_path: Path,
) -> None:
    stand = Stand(tmp_path, 30)
    stand.source.changes["factors", A] = lambda sent: sent[:1]
    stand.source.changes["actions", A] = lambda sent: sent[:0]
    stand.source.market.shares[A].bars = stand.source.market.shares[A].bars[:EX]
    stand.update(A)
    stand.source.changes.clear()
    stand.grow(30, days=7)
    stand.update(A)
    event = stand.source.market.shares[A].dividends[0]
    bars = stand.store.read("bars", A).set_index("date")
    assert bars.loc[pd.Timestamp(event.date), "pre_close"] == pytest.approx(event.reference, abs=1e-9)


def test_an_action_that_the_factor_does_not_show_is_refused_and_the_share_is_a_suspect(stand: Stand) -> None:
    # Small enough to lie inside the limits of the day: only the announcement betrays it.
    small = {"date": stand.true(B).index[5], "cash": 0.05, "bonus": 0.0}
    stand.source.changes["actions", B] = lambda sent: pd.concat([sent, sent[:1].assign(**small)])
    summary = stand.update()
    assert [(item.kind, item.key, item.rows) for item in summary.refused] == [("actions", B, 1)]
    assert "the factor shows no such ex-date" in stand.store.suspects()[B]
    assert len(stand.store.read("actions", B)) == 1
    stand.source.changes.clear()
    stand.update()  # a suspect is asked for everything again
    assert stand.store.suspects() == {}


def poison(sent: pd.DataFrame) -> pd.DataFrame:
    """Put one close outside of its day."""
    return sent.assign(close=sent["close"].mask(sent.index == sent.index[-1], sent["high"] + 0.5))


def test_a_false_row_stays_out_and_its_share_is_a_suspect_until_it_is_fetched_well(stand: Stand) -> None:
    stand.update()
    stand.grow(31)
    stand.source.changes["bars", A] = poison
    summary = stand.update()
    assert [(r.kind, r.key, r.rows) for r in summary.refused] == [("bars", A, 1)]
    assert len(stand.closes(A)) == 30
    assert "outside low to high" in stand.store.suspects()[A]
    with pytest.raises(DataError, match="--allow-suspect"):
        open_source(str(stand.folder)).panel([A, B])
    assert any(A in note for note in open_source(str(stand.folder), allow_suspect=True).panel([A, B]).notes)
    stand.source.changes.clear()
    stand.update()
    assert stand.store.suspects() == {}
    assert same(stand.closes(A), stand.true(A))


def test_a_hole_in_the_middle_is_asked_for_again_until_it_is_filled(stand: Stand) -> None:
    stand.source.changes["bars", A] = lambda sent: sent.assign(
        volume=sent["volume"].mask(sent.index == sent.index[10], -1.0)
    )
    stand.update()
    assert len(stand.closes(A)) == 29
    stand.grow(31)
    stand.source.changes.clear()
    stand.update()  # not from the fifth-last bar, or the hole would stay and the share look sound
    assert same(stand.closes(A), stand.true(A))
    assert stand.store.suspects() == {}


def test_another_share_under_the_right_code_never_enters(stand: Stand) -> None:
    stand.update()
    stand.grow(31)
    other = stand.source.market.shares[B].bars
    held = {symbol: stand.closes(symbol) for symbol in (A, B)}
    stand.source.changes["bars", A] = lambda sent: table(other).tail(6)
    summary = stand.update()
    assert {item.key for item in summary.refused} == {A}
    assert same(stand.closes(A), held[A])


def test_a_factor_of_another_basis_never_enters(stand: Stand) -> None:
    stand.update()
    before = stand.store.read("factors", A)
    stand.grow(30, days=8)
    stand.source.changes["factors", A] = lambda sent: sent.assign(factor=sent["factor"] ** 1.5)
    summary = stand.update()
    assert [(item.kind, item.key) for item in summary.refused] == [("factors", A)]
    pd.testing.assert_frame_equal(stand.store.read("factors", A), before)


def test_bars_without_any_factor_do_not_enter(stand: Stand) -> None:
    stand.source.down.add("factors")
    summary = stand.update()
    assert set(summary.stale) == {A, B, C}
    assert stand.store.keys("bars") == ()


def test_valuation_of_another_share_is_refused(stand: Stand) -> None:
    stand.source.changes["valuation", A] = lambda sent: sent.assign(close=sent["close"] * 1.1)
    summary = stand.update()
    assert [(item.kind, item.key) for item in summary.refused] == [("valuation", A)]
    assert stand.store.keys("valuation") == (B, C)
