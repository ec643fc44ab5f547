"""What all shares have in common, the driver, clocks and the account, told by a source in memory."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from screener.data.store import Change
from screener.data.store.report import summarise
from screener.data.store.wanted import WANTED
from screener.data.update import capex, clock, run
from screener.data.update.desk import Desk, Request
from screener.data.update.differences import differences
from screener.data.update.summary import Summary
from screener.errors import CalendarError, SourceError, SpecError
from screener.market import calendar
from tests.data.update.desk import INDICES
from tests.data.update.fake import A, B, C, Stand, at, same


def test_an_index_of_another_level_is_refused_and_the_stored_one_kept(stand: Stand) -> None:
    stand.update()
    stand.grow(31)
    stand.source.changes["index", INDICES[0]] = lambda sent: sent.assign(close=sent["close"] * 1.01)
    summary = stand.update()
    assert [(item.kind, item.key) for item in summary.refused] == [("index", INDICES[0])]
    assert len(stand.store.read("index", INDICES[0])) == 30


def test_a_calendar_that_differs_is_refused_and_ours_is_kept(stand: Stand) -> None:
    stand.source.changes["calendar", "all"] = lambda sent: sent.drop(index=[50])
    summary = stand.update()
    assert "1 days differ from the calendar that ships" in summary.refused[0].reason
    days = pd.DatetimeIndex(stand.store.read("calendar")["date"])
    assert calendar.sessions().isin(days).all()


def test_a_suspended_share_is_up_to_date_and_the_exchange_is_asked_once(stand: Stand) -> None:
    for symbol in (A, B):
        stand.source.market.shares[symbol].bars.pop()
    stand.source.resting = [A, B]
    summary = stand.update()
    assert summary.stale == {}
    assert stand.source.asked["suspensions"] == 1
    assert stand.update().skipped == [A, B, C]


def test_a_last_bar_that_is_missing_without_a_suspension_is_stale(stand: Stand) -> None:
    stand.source.market.shares[A].bars.pop()
    summary = stand.update()
    assert set(summary.stale) == {A}
    assert "no suspension says why" in summary.stale[A]
    assert summary.exit_code == 0


@pytest.mark.parametrize("down", [(A,), (C,), (A, B), (A, B, C)], ids=["first", "last", "most", "all"])
def test_shares_that_fail_are_named_and_the_others_are_kept(stand: Stand, down: tuple[str, ...]) -> None:
    stand.source.down |= set(down)
    summary = stand.update()
    assert set(summary.stale) == set(down)
    assert summary.exit_code == (3 if len(down) > 1 else 0)
    assert set(stand.store.keys("bars")) == {A, B, C} - set(down)
    assert all(any(symbol in line for line in summary.lines()) for symbol in down)


def test_a_delisted_share_is_asked_once_and_never_again(stand: Stand) -> None:
    last = stand.source.market.shares[A].bars[-5].date
    stand.source.delisted[A] = str(last)
    stand.source.changes["bars", A] = lambda sent: sent[sent["date"] < pd.Timestamp(last)]
    assert stand.update().stale == {}
    assert stand.closes(A).index[-1] < pd.Timestamp(last)
    stand.grow(31, days=30)
    assert A in stand.update().skipped


def test_a_share_that_is_not_listed_yet_is_skipped_and_said(stand: Stand) -> None:
    stand.source.market.shares[A].listed = dt.date(2025, 1, 2)
    summary = stand.update()
    assert summary.skipped == [A]
    assert any(f"{A}: did not trade in the days asked for" in note for note in summary.notes)
    assert stand.source.asked["bars", A] == 0


def test_more_history_is_fetched_when_it_is_asked_for(stand: Stand) -> None:
    stand.source.market.shares[A].listed = dt.date(2020, 1, 2)
    stand.update(A, since=pd.Timestamp("2024-03-20"))
    assert stand.closes(A).index[0] == pd.Timestamp("2024-03-20")
    stand.update(A, since=pd.Timestamp("2024-03-01"))
    assert same(stand.closes(A), stand.true(A))


def test_figures_may_be_used_from_the_session_after_their_actual_release(stand: Stand) -> None:
    stand.update()
    rows = stand.store.read("fundamentals", A).set_index("period")
    released = pd.Timestamp("2023-12-31") + pd.Timedelta(days=28)  # a Sunday
    assert rows.loc["2023-12-31", "effective_date"] == pd.Timestamp("2024-01-29")
    assert rows.loc["2023-12-31", "released"] == released
    assert rows.loc["2023-12-31", "basis"] == "actual"


def test_a_release_brings_the_statements_before_their_clock_runs_down(stand: Stand) -> None:
    stand.update()
    stand.grow(30)
    stand.moment = dt.datetime(2024, 4, 29, 10, tzinfo=dt.UTC)  # the first quarter came out on the 28th
    stand.update()
    assert stand.source.asked["fundamentals"] == 3
    stand.source.asked.clear()
    stand.update()
    assert stand.source.asked["fundamentals"] == 0


def test_capex_is_added_without_a_day_of_release_and_told_beside_the_file(stand: Stand) -> None:
    stand.update(tickers=("META", "MSFT"))
    rows = stand.store.read("us_capex")
    assert rows["released"].isna().all()
    assert sorted(rows["entity"].unique()) == ["META", "MSFT"]
    known = pd.DataFrame(
        {
            "entity": ["META"],
            "period_end": pd.to_datetime(["2024-03-31"]),
            "value": [6_000.0],
            "unit": "USD million",
        }
    )
    lines = capex.compare(stand.store, known, "driver")
    assert lines == [
        "driver: META 2024-03-31 is 6,000 in the file, 6,400 in the statements (USD million)",
        "driver: new quarter; look up its release, then add: META,2026-09-30,RELEASED,USABLE_FROM,50000,"
        "USD million,cash,SOURCE",
    ]


def test_an_interruption_keeps_what_was_complete_and_the_next_update_goes_on(stand: Stand) -> None:
    def press(sent: pd.DataFrame) -> pd.DataFrame:
        raise KeyboardInterrupt

    stand.source.changes["valuation", B] = press
    summary = stand.update()
    assert (summary.interrupted, summary.exit_code) == (True, 130)
    assert stand.store.keys("bars") == (A,)
    stand.source.changes.clear()
    assert stand.update().skipped == [A]
    assert stand.store.keys("bars") == (A, B, C)


def test_an_unknown_share_is_refused_before_anything_is_written(stand: Stand) -> None:
    with pytest.raises(SpecError, match=r"603999\.SH: no exchange lists it"):
        stand.update(A, "603999.SH", named=True)
    assert not stand.folder.exists()


def test_an_unknown_member_of_a_theme_is_a_note(stand: Stand) -> None:
    summary = stand.update(A, "603999.SH")
    assert any("603999.SH: no exchange lists it" in note for note in summary.notes)
    assert stand.store.keys("bars") == (A,)


def test_while_a_list_is_missing_nobody_says_that_a_share_does_not_exist(stand: Stand) -> None:
    stand.update(A)
    stand.source.down.add("instruments")
    summary = stand.update(A, "603999.SH", named=True)
    told = [*summary.notes, *(failure.reason for failure in summary.failed)]
    assert (
        "603999.SH: is in no list of shares that could be had; the newest list of all shares is missing"
        in summary.notes
    )
    assert any("there is nothing, and 603999.SH is in no list of shares" in text for text in told)
    assert not any("no exchange lists it" in text or "though 603999.SH is listed" in text for text in told)


def test_the_lists_that_are_missing_are_named(stand: Stand) -> None:
    stand.source.notes = []
    whole = stand.source.instruments

    def partly() -> pd.DataFrame:
        stand.source.notes.append("the list of STAR shares is missing: the host is down")
        return whole()

    stand.source.instruments = partly  # type: ignore[method-assign]
    assert (
        "688981.SH: is in no list of shares that could be had; the list of STAR shares is missing"
        in stand.update(A, "688981.SH", named=True).notes
    )


def test_without_any_list_of_shares_there_is_no_first_update(stand: Stand) -> None:
    stand.source.down.add("instruments")
    with pytest.raises(SourceError, match="the host is down"):
        stand.update()
    assert not stand.folder.exists()


def test_more_shares_than_a_host_bears_need_slow(stand: Stand) -> None:
    many = tuple(f"{number:06d}.SZ" for number in range(1, 202))
    with pytest.raises(SpecError, match="--slow"):
        stand.update(*many)
    assert not stand.source.asked


def test_progress_counts_to_its_total(stand: Stand) -> None:
    steps: list[tuple[int, int]] = []
    stand.update(progress=lambda done, total, what: steps.append((done, total)))
    assert [done for done, _ in steps] == list(range(len(steps)))
    assert {total for _, total in steps} == {len(steps) - 1}


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2024-03-05 07:29", "2024-03-04"),  # 15:29 in Shanghai
        ("2024-03-05 07:30", "2024-03-05"),
        ("2024-03-04 16:30", "2024-03-04"),  # half past midnight of the next day there
        ("2024-03-10 12:00", "2024-03-08"),  # a Sunday
        ("2024-02-15 12:00", "2024-02-08"),  # Spring Festival
    ],
)
def test_the_last_final_session(moment: str, expected: str) -> None:
    found = clock.last_final(dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC))
    assert found == pd.Timestamp(expected)


def test_after_the_end_of_the_calendar_nothing_is_guessed() -> None:
    with pytest.raises(CalendarError, match="newer version"):
        clock.last_final(dt.datetime(2027, 1, 5, 10, tzinfo=dt.UTC))


def test_two_sources_that_disagree_are_named(stand: Stand) -> None:
    stand.update()
    assert differences(stand.store) == []
    bars, ex = stand.store.read("bars", A), stand.source.market.shares[A].dividends[0].date
    actions = stand.store.read("actions", A).assign(cash_per_share=0.9)
    valuation = stand.store.read("valuation", B)
    valuation.loc[3, "close"] += 0.05
    stand.store.commit([Change("actions", A, actions, "x"), Change("valuation", B, valuation, "x")])
    first, second = differences(stand.store)
    reference = bars.set_index("date").loc[pd.Timestamp(ex), "pre_close"]
    assert first.startswith(f"{A} {ex}: the reference price is {reference:.2f} by the factor, ")
    assert (
        second == f"{B} {valuation['date'][3]:%Y-%m-%d}: close {valuation['close'][3]:.2f} in the valuation, "
        f"{stand.closes(B).iloc[3]:.2f} in the bars (1 day in all)"
    )


def test_every_clock_has_its_reason() -> None:
    assert [kind for kind, rule in clock.CLOCKS.items() if not (rule.reason and rule.days > 0)] == []


def test_shares_that_were_asked_for_and_never_came_are_named_until_they_come(stand: Stand) -> None:
    stand.source.down.add(C)
    stand.update()
    assert summarise(stand.store)["never"] == [C]
    assert [finding for finding in stand.store.verify() if not finding.harmless] == []
    digest = stand.store.digest
    (stand.folder / WANTED).write_bytes(b"\xff{")
    assert (summarise(stand.store)["never"], stand.store.digest) == ([], digest)
    stand.update(B)
    assert summarise(stand.store)["never"] == []  # of the last update
    stand.source.down.clear()
    stand.update()
    assert summarise(stand.store)["never"] == []


def test_a_network_that_dies_leaves_what_is_up_to_date_alone(stand: Stand) -> None:
    stand.update(A, B)
    summary = Summary(shares=3)
    desk = Desk(stand.store, stand.source, Request((A, B, C), pd.Timestamp("2024-01-02")), at(stand.moment))
    desk.summary = summary
    run._give_up(desk, (A, B, C), ("sina", "sse", "tencent"))
    assert (summary.skipped, set(summary.stale), summary.exit_code) == ([A, B], {C}, 3)
    assert len(summary.lines()) == 2
    assert summary.lines()[0].startswith(
        "No host answers (sina, sse, tencent), nobody else was asked: 0 of 3 "
    )
