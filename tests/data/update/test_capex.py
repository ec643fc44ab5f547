"""Drivers of companies in Hong Kong and elsewhere: who is asked, and what is set beside the file."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd
import pytest

from screener.data.store import Change, kinds
from screener.data.update import capex
from tests.data.update.fake import A, Stand

HONG_KONG = ("00700", "09988")


def driver(*rows: tuple[str, str, float, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["entity", "period_end", "value", "unit"])
    return table.astype({"period_end": "datetime64[ns]"})


def entities(stand: Stand) -> set[str]:
    return set(stand.store.read("us_capex")["entity"])


def test_the_ticker_decides_where_a_company_is_looked_up(stand: Stand) -> None:
    stand.update(A, tickers=("00700", "META"))
    rows = stand.store.read("us_capex")
    assert dict(zip(rows["entity"], rows["currency"], strict=True)) == {"00700": "CNY", "META": "USD"}
    assert rows["released"].isna().all()
    assert stand.store.verify() == []


def test_entities_that_no_table_knows_are_named_and_left(stand: Stand) -> None:
    summary = stand.update(A, tickers=("00700", "700", "000977.SZ", "TSMC Group"))
    assert entities(stand) == {"00700"}
    assert summary.failed == []
    assert any(
        note.startswith("capex of 700, 000977.SZ, TSMC Group is not asked for") for note in summary.notes
    )


def test_values_are_compared_in_the_unit_of_each_row(stand: Stand) -> None:
    stand.update(A, tickers=HONG_KONG)
    known = driver(
        ("00700", "2024-03-31", 15_000, "CNY million"),
        ("09988", "2024-03-31", 16.0, "CNY billion"),  # the same as the statements say
    )
    assert capex.compare(stand.store, known, "china") == [
        "china: 00700 2024-03-31 is 15,000 in the file, 16,000 in the statements (CNY million)",
        "china: new quarter; look up its release, then add: 00700,2024-06-30,RELEASED,USABLE_FROM,21000,"
        "CNY million,cash,SOURCE",
        "china: new quarter; look up its release, then add: 09988,2024-06-30,RELEASED,USABLE_FROM,21,"
        "CNY billion,cash,SOURCE",
    ]


@pytest.mark.parametrize("unit", ["USD million", "million", "RMB crore"])
def test_another_currency_is_said_and_not_compared(stand: Stand, unit: str) -> None:
    stand.update(A, tickers=HONG_KONG)
    known = driver(("00700", "2024-03-31", 15_000, unit), ("09988", "2024-06-30", 21_000, "CNY million"))
    assert capex.compare(stand.store, known, "china") == [
        f"china: 00700 is in CNY in the statements, in {unit} in the file; not compared"
    ]


def test_a_new_driver_is_asked_before_the_clock_of_the_table_runs_down(stand: Stand) -> None:
    stand.update(A, tickers=("META",))
    stand.source.asked.clear()
    stand.update(A, tickers=("META", "00700"))
    assert (stand.source.asked["us_capex", "00700"], stand.source.asked["us_capex", "META"]) == (1, 0)
    assert entities(stand) == {"META", "00700"}


def test_companies_of_a_driver_that_is_not_named_are_kept_fresh(stand: Stand) -> None:
    stand.update(A, tickers=("META", "00700"))
    stand.grow(30, days=8)
    stand.update(A, tickers=("META",))
    assert stand.source.asked["us_capex", "00700"] == 1
    stand.source.asked.clear()
    stand.update(A, tickers=("META",))
    assert stand.source.asked["us_capex"] == 0


def test_a_company_that_fails_is_named_and_the_others_are_kept(stand: Stand) -> None:
    stand.source.changes["us_capex", "09988"] = lambda sent: sent.head(0)
    summary = stand.update(A, tickers=HONG_KONG)
    assert [(item.kind, item.key) for item in summary.failed] == [("us_capex", "09988")]
    assert entities(stand) == {"00700"}


def test_a_store_from_before_there_were_currencies_holds_dollars(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = kinds.KINDS["us_capex"]
    old = new._replace(columns=tuple(column for column in new.columns if column.name != "currency"))
    stand.update(A)
    sent = stand.source.us_capex("META").drop(columns="source").assign(entity="META", released=pd.NaT)
    with monkeypatch.context() as patch:
        patch.setattr(kinds, "KINDS", MappingProxyType({**kinds.KINDS, "us_capex": old}))
        stand.store.append_snapshot([Change("us_capex", "all", sent, "fake")])
    assert "currency" not in stand.store.read("us_capex")
    assert stand.store.verify() == []
    known = driver(("META", "2024-03-31", 6_400, "USD million"), ("META", "2026-09-30", 1, "CNY million"))
    assert capex.compare(stand.store, known, "old") == [
        "old: META is in USD in the statements, in CNY million in the file; not compared"
    ]
    stand.update(A, tickers=("META", "00700"))
    rows = stand.store.read("us_capex")
    assert rows["entity"].value_counts().to_dict() == {"META": 2, "00700": 2}  # nothing counts as restated
    assert set(rows.loc[rows["entity"] == "META", "currency"]) == {"USD"}
