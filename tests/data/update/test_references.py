"""A small dividend that nobody announced: seen on its day where the source states a reference price."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.data.live.market import Dividend
from tests.data.update.desk import SYMBOLS, Shop, shop
from tests.data.update.fake import A, B, C, Stand

QUIET = 12  # sessions, before the ex-date that every share of the invented market has
CASH = 0.05  # CNY: nowhere near the limits of the day


def pay(stand: Stand | Shop, symbol: str = A, ago: int = 1) -> Dividend:
    """Let the last bar, or one before, have gone ex; the prices are those that they were."""
    market = stand.source.market if isinstance(stand, Stand) else stand.server.market
    before, bar = market.shares[symbol].bars[-ago - 1 :][:2]
    reference = round(before.close - CASH, 2)
    event = Dividend(bar.date, before.date, CASH, 0.0, reference, before.close / reference)
    market.shares[symbol].dividends.append(event)
    return event


def telling(stand: Stand) -> None:
    """Let the source state the exchange's reference price of every bar, as eastmoney is believed to."""

    def tell(symbol: str, sent: pd.DataFrame) -> pd.DataFrame:
        share = stand.source.market.shares[symbol]
        days, closes = [bar.date for bar in share.bars], [bar.close for bar in share.bars]
        told = dict(zip(days[1:], closes, strict=False)) | {e.date: e.reference for e in share.dividends}
        return sent.assign(pre_close=[told.get(day.date(), float("nan")) for day in sent["date"]])

    for symbol in (A, B, C):
        stand.source.changes["bars", symbol] = lambda sent, symbol=symbol: tell(symbol, sent)


@pytest.fixture
def quiet(tmp_path: Path) -> Stand:
    stand = Stand(tmp_path, QUIET)
    stand.update()
    stand.grow(QUIET + 1)
    return stand


def reference(stand: Stand, event: Dividend) -> float:
    return stand.store.read("bars", A).set_index("date").loc[pd.Timestamp(event.date), "pre_close"]


def test_a_dividend_that_nobody_announced_is_found_on_its_day(quiet: Stand) -> None:
    event = pay(quiet)
    telling(quiet)
    summary = quiet.update()
    assert {key: n for key, n in quiet.source.asked.items() if key[0] == "factors"} == {("factors", A): 1}
    assert reference(quiet, event) == event.reference
    assert quiet.store.read("actions", A)["cash_per_share"].tolist() == [CASH]
    assert (summary.refused, [note for note in summary.notes if "reference price" in note]) == ([], [])


def test_a_source_that_states_nothing_shows_it_only_when_the_factors_are_due(quiet: Stand) -> None:
    event = pay(quiet)
    quiet.update()
    assert quiet.source.asked["factors"] == 0
    assert reference(quiet, event) != event.reference
    quiet.moment += pd.Timedelta(days=7)
    quiet.update()
    assert reference(quiet, event) == event.reference


def test_days_without_an_event_cost_nothing_more(tmp_path: Path) -> None:
    stand = Stand(tmp_path, QUIET)
    telling(stand)
    stand.update()
    for count in range(QUIET + 1, QUIET + 4):
        stand.grow(count)
        stand.update()
        assert {
            kind: n for kind, n in stand.source.asked.items() if kind in ("bars", "factors", "actions")
        } == {"bars": 3}


def test_an_ex_date_whose_factor_is_known_is_not_asked_about_again(quiet: Stand) -> None:
    telling(quiet)
    event = pay(quiet)
    quiet.update()
    quiet.grow(QUIET + 2)
    pay(quiet, ago=2)
    quiet.update()
    assert quiet.source.asked["factors"] == 0
    assert reference(quiet, event) == event.reference


def test_a_factor_that_comes_late_is_named_asked_for_again_and_corrects_what_is_stored(quiet: Stand) -> None:
    telling(quiet)
    event = pay(quiet)
    quiet.source.changes["factors", A] = lambda sent: sent[:1]
    quiet.source.changes["actions", A] = lambda sent: sent[:0]
    (note,) = [note for note in quiet.update().notes if "reference price" in note]
    assert note.startswith(f"{A} {event.date}: the source states a reference price of {event.reference:.2f}")
    quiet.grow(QUIET + 2)
    pay(quiet, ago=2)
    del quiet.source.changes["factors", A], quiet.source.changes["actions", A]
    summary = quiet.update()
    assert quiet.source.asked["factors", A] == 1
    assert reference(quiet, event) == event.reference
    assert [note for note in summary.notes if "reference price" in note] == []


def test_an_action_without_its_factor_makes_the_share_a_suspect(quiet: Stand) -> None:
    telling(quiet)
    pay(quiet)
    quiet.source.changes["factors", A] = lambda sent: sent[:1]
    assert [(item.kind, item.key) for item in quiet.update().refused] == [("actions", A)]
    assert list(quiet.store.suspects()) == [A]


UPDATE = ("data", "update", "--since", "2024-01-02", "--json", "--quiet", "--symbols", ",".join(SYMBOLS[:2]))


@pytest.mark.slow
def test_eastmoneys_change_of_the_day_brings_the_factors(tmp_path: Path) -> None:
    with shop(tmp_path, QUIET, symbols=SYMBOLS[:2]) as desk:
        assert desk.run(*UPDATE).code == 0
        desk.grow(QUIET + 1, symbols=SYMBOLS[:2])
        event = pay(desk)
        desk.server.log.clear()
        assert desk.run(*UPDATE).code == 0
        assert [asked.url for asked in desk.server.asked(r"hfq\.js") if A[:6] not in asked.url] == []
        assert len(desk.server.asked(r"hfq\.js")) == 1
        query = f"select pre_close from bars where symbol = '{A}' and date = '{event.date}'"
        assert desk.run("data", "sql", query, "--json").told == [{"pre_close": event.reference}]
