"""From the refused bar to the page: what a user vouches for, what that lets in, and where it is said."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from screener.data.sources import open_source
from screener.data.store import import_folder, open_store
from screener.data.store.report import summarise
from screener.data.update.vouch import listed, refused, vouch
from screener.errors import DataError
from tests.data.live.conftest import table
from tests.data.update.fake import A, B, C, Stand, same

WHY = "first day after the merger, no limit"


def leap(stand: Stand, by: float = 1.35) -> None:
    """Lift the last close of share A far beyond the limits of its day; the bar stays one that can be."""
    bars = stand.source.market.shares[A].bars
    far = round(bars[-1].close * by, 2)
    bars[-1] = bars[-1]._replace(close=far, high=far)


def calm(stand: Stand) -> None:
    """Let the source say what the market was before the leap, some hours later."""
    stand.grow(31, days=0.1)


@pytest.fixture(scope="module")
def refused_once(tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """A store whose share A was sent a leap on the thirty-first session."""
    stand = Stand(tmp_path_factory.mktemp("refused"), 30)
    stand.update()
    stand.grow(31)
    leap(stand)
    assert [(r.kind, r.key, r.rows) for r in stand.update().refused] == [("bars", A, 1)]
    return stand


@pytest.fixture
def refusing(refused_once: Stand, tmp_path: Path) -> Stand:
    """Return such a store for one test."""
    return refused_once.beside(tmp_path)


def today(stand: Stand) -> pd.Timestamp:
    return stand.true(A).index[-1]


def test_a_refused_bar_is_listed_once_however_often_it_was_refused(refusing: Stand) -> None:
    refusing.update()
    assert len(refusing.store.quarantined()) == 2
    (row,) = refused(refusing.store, A)
    sent = table(refusing.source.market.shares[A].bars).iloc[-1]
    assert (row.kind, row.day, row.state) == ("bars", f"{today(refusing):%Y-%m-%d}", "may be vouched for")
    assert row.bar == {name: sent[name] for name in ("open", "high", "low", "close", "volume", "amount")}
    assert "beyond the limits" in row.reason
    assert refused(refusing.store, B) == []
    assert f"close {sent['close']:g}" in row.line()


@pytest.mark.parametrize("named", [True, False])
def test_what_the_user_vouches_for_enters_with_the_next_update_and_cures_the_share(
    refusing: Stand, named: bool
) -> None:
    assert vouch(refusing.store, A, today(refusing) if named else None, f" {WHY}. \n")[0].state.startswith(
        "vouched"
    )
    assert len(refusing.closes(A)) == 30  # the word alone changes nothing
    assert A in refusing.store.suspects()
    summary = refusing.update()
    assert summary.refused == []
    assert f"{A} {today(refusing):%Y-%m-%d}: the bar was let in on the user's word: {WHY}" in summary.notes
    assert refusing.store.suspects() == {}
    assert same(refusing.closes(A), refusing.true(A))
    assert refused(refusing.store, A)[0].state == "is in the store"
    assert [finding for finding in refusing.store.verify() if not finding.harmless] == []
    refusing.source.asked.clear()
    assert refusing.update().notes == []
    assert not refusing.source.asked


def test_the_day_after_is_judged_from_the_bar_that_was_let_in(refusing: Stand) -> None:
    vouch(refusing.store, A, None, WHY)
    refusing.update()
    far = refusing.source.market.shares[A].bars[-1]
    refusing.grow(32)
    bars, scale = refusing.source.market.shares[A].bars, 1.35
    after = bars[-1]
    prices = {name: round(getattr(after, name) * scale, 2) for name in ("open", "high", "low", "close")}
    bars[-2:] = [far, after._replace(**prices, amount=round(after.amount * scale))]
    summary = refusing.update()
    assert (summary.refused, len(refusing.closes(A))) == ([], 32)
    bars = refusing.store.read("bars", A)
    assert bars["pre_close"].iloc[-1] == bars["close"].iloc[-2]


def test_other_values_of_that_day_are_judged_as_before(refusing: Stand) -> None:
    vouch(refusing.store, A, today(refusing), WHY)
    leap(refusing, 1.01)
    assert [(r.kind, r.key) for r in refusing.update().refused] == [("bars", A)]
    assert len(refusing.closes(A)) == 30
    assert A in refusing.store.suspects()
    states = [row.state for row in refused(refusing.store, A)]
    assert states == ["vouched for, enters with the next update", "may be vouched for"]
    calm(refusing)
    refusing.update()
    assert same(refusing.closes(A), refusing.true(A))  # a bar that needs no word, without it


def test_other_shares_know_nothing_of_the_word(stand: Stand) -> None:
    stand.update()
    stand.grow(31)
    leap(stand)
    own = stand.source.market.shares
    own[B].bars[-1] = own[A].bars[-1]  # the very bar, of another share
    assert [r.key for r in stand.update().refused] == [A, B]
    vouch(stand.store, A, None, WHY)
    assert [r.key for r in stand.update().refused if r.kind == "bars"] == [B]


def test_words_are_dated_and_only_ever_added(refusing: Stand) -> None:
    vouch(refusing.store, A, None, WHY)
    with pytest.raises(DataError, match="vouched for, enters with the next update"):
        vouch(refusing.store, A, today(refusing), "again")
    leap(refusing, 1.01)
    refusing.update()
    vouch(refusing.store, A, None, "the exchange corrected it")
    words = refusing.store.read("vouched", A).sort_values("fetched")
    assert words["reason"].tolist() == [WHY, "the exchange corrected it"]
    assert words["date"].tolist() == [today(refusing)] * 2
    assert words["fetched"].is_monotonic_increasing
    assert refusing.update().refused == []
    assert refusing.closes(A).iloc[-1] == words["close"].iloc[-1]


def impossible(sent: pd.DataFrame) -> pd.DataFrame:
    return sent.assign(high=sent["high"].mask(sent.index == sent.index[-1], 0.01))


def no_session(sent: pd.DataFrame) -> pd.DataFrame:
    day = pd.Timestamp("2024-04-13")  # a Saturday
    return sent.assign(date=sent["date"].mask(sent.index == sent.index[-1], day))


def no_price(sent: pd.DataFrame) -> pd.DataFrame:
    return sent.assign(close=sent["close"].mask(sent.index == sent.index[-1]))


@pytest.mark.parametrize("change", [impossible, no_session, no_price])
@pytest.mark.parametrize("named", [True, False])
def test_what_cannot_be_is_refused_in_a_line_and_nothing_is_written(
    stand: Stand, change: object, named: bool
) -> None:
    stand.update()
    stand.grow(31)
    stand.source.changes["bars", A] = change  # type: ignore[assignment]
    stand.update()
    day = pd.Timestamp(refused(stand.store, A)[0].day)
    with pytest.raises(DataError, match="cannot be vouched for") as caught:
        vouch(stand.store, A, day if named else None, WHY)
    assert len(caught.value.problems) == 1
    assert stand.store.keys("vouched") == ()


def test_a_day_that_the_store_holds_cannot_be_vouched_for(refusing: Stand) -> None:
    calm(refusing)
    refusing.update()  # the source was wrong, and has corrected itself
    with pytest.raises(DataError, match="the store holds other values of that day"):
        vouch(refusing.store, A, today(refusing), WHY)
    with pytest.raises(DataError, match="no refused bar of it waits for a word"):
        vouch(refusing.store, A, None, WHY)
    assert refusing.store.keys("vouched") == ()


@pytest.mark.parametrize("reason", ["", "  ", " . ", "\n", "bad \udce9 byte", "bell \a"])
def test_a_reason_must_say_something(refusing: Stand, reason: str) -> None:
    with pytest.raises(DataError, match="--reason must say"):
        vouch(refusing.store, A, None, reason)
    assert refusing.store.keys("vouched") == ()


def test_days_and_shares_that_were_never_refused_are_named(refusing: Stand) -> None:
    with pytest.raises(
        DataError, match=f"no bar of 2024-03-05 .*days that wait for a word: {today(refusing):%Y-%m-%d}"
    ):
        listed(refusing.store, A, pd.Timestamp("2024-03-05"))
    with pytest.raises(DataError, match="days that wait for a word: none"):
        vouch(refusing.store, B, today(refusing), WHY)
    with pytest.raises(DataError, match=r"688001\.SH: neither the store nor its quarantine"):
        refused(refusing.store, "688001.SH")


def test_other_kinds_are_shown_and_are_no_matter_of_a_word(stand: Stand) -> None:
    small = {"date": stand.true(B).index[5], "cash": 0.05, "bonus": 0.0}
    stand.source.changes["actions", B] = lambda sent: pd.concat([sent, sent[:1].assign(**small)])
    stand.update()
    (row,) = refused(stand.store, B)
    assert (row.kind, row.state) == ("actions", "cannot be vouched for")
    with pytest.raises(DataError, match="no refused bar of it waits"):
        vouch(stand.store, B, None, WHY)


def said(folder: Path, *symbols: str) -> list[str]:
    notes = open_source(str(folder)).panel(symbols).notes
    return [note for note in notes if "on the user's word" in note]


def test_a_panel_says_which_bars_it_holds_on_the_users_word_wherever_it_comes_from(
    refusing: Stand, tmp_path: Path
) -> None:
    before = open_source(str(refusing.folder)).spec.sha256
    vouch(refusing.store, A, None, WHY)
    refusing.update()
    close = refusing.closes(A).iloc[-1]
    told = [
        f"{A}: the bar of {today(refusing):%Y-%m-%d}, close {close:.2f}, had been refused and is used on the "
        f"user's word: {WHY}."
    ]
    assert said(refusing.folder, A, B) == told
    assert said(refusing.folder, B, C) == []
    refusing.store.export(tmp_path / "out")
    assert said(tmp_path / "out", A, B) == told
    assert said(tmp_path / "out", B, C) == []
    second = open_store(tmp_path / "second", create=True)
    assert import_folder(second, tmp_path / "out").tables["vouched"] == 1
    assert said(second.folder, A, B) == told
    pd.testing.assert_frame_equal(second.read("vouched", A), refusing.store.read("vouched", A))
    sources = [
        open_source(str(path)).spec.sha256 for path in (refusing.folder, tmp_path / "out", second.folder)
    ]
    assert len(set(sources)) == 1
    assert sources[0] != before
    refusing.store.export(tmp_path / "others", [B, C])
    assert not (tmp_path / "others" / "vouched.parquet").exists()


def test_a_word_on_a_bar_that_never_came_is_not_on_a_page(refusing: Stand) -> None:
    vouch(refusing.store, A, None, WHY)
    calm(refusing)
    refusing.update()
    assert said(refusing.folder, A) == []
    (word,) = summarise(refusing.store)["vouched"]
    assert (word["symbol"], word["day"], word["reason"]) == (A, f"{today(refusing):%Y-%m-%d}", WHY)
    assert word["when"] == f"{refusing.moment:%Y-%m-%d}" or word["when"] > word["day"]
