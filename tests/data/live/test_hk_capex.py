"""Capital expenditure of Hong Kong companies: the real functions of akshare over invented statements."""

from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd
import pytest

from screener.data.live.faults import BadAnswer, NoData
from tests.data.live.conftest import Live
from tests.data.live.standin import Fault

FIXED, OTHER = "购建固定资产", "购建无形资产及其他资产"
WHOLE_2022 = "00700: 2 statements cannot be split into quarters, the last 2022-01-01 to 2022-12-31"


def quarters(found: pd.DataFrame) -> dict[str, float]:
    return dict(zip(found["period_end"].dt.strftime("%Y-%m-%d"), found["value"] / 1e9, strict=True))


def statements(live: Live, change: Callable[[list[dict]], list[dict]]) -> None:
    """Change the rows of the cash flow statements on the wire."""
    sent(live, "RPT_HKF10_FN_CASHFLOW_PC", change)


def sent(live: Live, report: str, change: Callable[[list[dict]], list[dict]]) -> None:
    def body(raw: bytes) -> bytes:
        answer = json.loads(raw)
        answer["result"]["data"] = change(answer["result"]["data"])
        return json.dumps(answer).encode()

    live.server.faults.append(Fault(report, "body", change=body))


def each(change: Callable[[dict], dict]) -> Callable[[list[dict]], list[dict]]:
    return lambda rows: [{**row, **change(row)} for row in rows]


def without(*dates: str, item: str = "") -> Callable[[list[dict]], list[dict]]:
    """Leave out an item, or every item, of statements."""
    return lambda rows: [
        row for row in rows if row["REPORT_DATE"][:10] not in dates or item not in row["STD_ITEM_NAME"]
    ]


def test_sums_become_quarters_and_half_years_stay_whole(live: Live) -> None:
    found = live.source.hk_capex("00700")
    assert quarters(found) == {
        "2021-03-31": 6, "2021-06-30": 7, "2021-09-30": 8, "2021-12-31": 10,
        "2023-03-31": 11, "2023-06-30": 13, "2023-09-30": 12, "2023-12-31": 14, "2024-03-31": 16,
    }  # fmt: skip
    assert live.source.notes == [WHOLE_2022]
    assert "released" not in found.columns


def test_the_currency_is_that_of_the_statements_and_not_of_the_share(live: Live) -> None:
    found = live.source.hk_capex("00700")  # the table of figures says HKD for every period
    assert set(found["currency"]) == {"CNY"}
    assert set(found["source"]) == {"akshare/eastmoney"}


def test_a_fiscal_year_may_begin_in_april(live: Live) -> None:
    assert quarters(live.source.hk_capex("09988")) == {
        "2023-06-30": 6.5, "2023-09-30": 5.25, "2023-12-31": 7.75, "2024-03-31": 10.5,
    }  # fmt: skip
    assert live.source.notes == []


def test_tags_decide_nothing(live: Live) -> None:
    statements(live, each(lambda row: {"DATE_TYPE_CODE": "001"}))
    assert len(live.source.hk_capex("09988")) == 4


def test_a_company_is_six_requests(live: Live) -> None:
    live.source.hk_capex("00700")
    assert len(live.server.log) == 6


def test_further_pages_of_the_figures_are_not_needed_and_of_the_statements_are(live: Live) -> None:
    def paged(raw: bytes) -> bytes:
        return raw.replace(b'"pages": 1', b'"pages": 2')

    live.server.faults.append(Fault("MAININDICATOR", "body", change=paged))
    assert len(live.source.hk_capex("00700")) == 9
    live.server.faults.append(Fault("CASHFLOW_PC", "body", change=paged))
    with pytest.raises(BadAnswer, match="further pages"):
        live.source.hk_capex("00700")


def test_a_statement_that_is_missing_leaves_the_next_one_whole(live: Live) -> None:
    statements(live, without("2023-06-30"))
    found = quarters(live.source.hk_capex("00700"))
    assert {"2023-06-30", "2023-09-30"}.isdisjoint(found)
    assert found["2023-12-31"] == 14
    assert live.source.notes == [
        "00700: 3 statements cannot be split into quarters, the last 2023-01-01 to 2023-09-30"
    ]


def test_another_start_is_another_year(live: Live) -> None:
    moved = {"START_DATE": "2023-02-01 00:00:00"}
    statements(live, each(lambda row: moved if row["REPORT_DATE"] == "2023-06-30 00:00:00" else {}))
    assert {"2023-06-30", "2023-09-30"}.isdisjoint(quarters(live.source.hk_capex("00700")))


@pytest.mark.parametrize("item", [FIXED, OTHER])
def test_a_statement_without_one_of_the_items_is_left_and_said(live: Live, item: str) -> None:
    statements(live, without("2023-06-30", item=item))
    found = quarters(live.source.hk_capex("00700"))
    assert {"2023-06-30", "2023-09-30"}.isdisjoint(found)
    assert f"00700: 1 statements lack {FIXED} or {OTHER}, which others have" in live.source.notes


def test_an_item_that_no_statement_has_is_said(live: Live) -> None:
    statements(live, lambda rows: [row for row in rows if row["STD_ITEM_NAME"] != OTHER])
    assert quarters(live.source.hk_capex("09988"))["2024-03-31"] == 10
    assert live.source.notes == [f"09988: {OTHER} is in none of its statements; {FIXED} stands alone"]


def test_statements_that_all_lack_an_item_tell_no_quarter(live: Live) -> None:
    def split(rows: list[dict]) -> list[dict]:
        return [row for row in rows if (row["STD_ITEM_NAME"] == FIXED) == (row["DATE_TYPE_CODE"] == "001")]

    statements(live, split)
    with pytest.raises(NoData, match="no quarter can be told"):
        live.source.hk_capex("00700")


SUMMARY = "RPT_CUSTOM_HKSK_APPFN_CASHFLOW_SUMMARY"


def told(change: Callable[[dict], dict]) -> Callable[[list[dict]], list[dict]]:
    """Change the rows of the list of statements."""
    return lambda rows: [{**rows[0], "REPORT_LIST": each(change)(rows[0]["REPORT_LIST"])}]


def test_without_any_currency_the_statements_are_refused(live: Live) -> None:
    sent(live, SUMMARY, told(lambda row: {"CURRENCY": None}))  # akshare then falls back on HKD of the share
    with pytest.raises(BadAnswer, match="currency of the statements is missing"):
        live.source.hk_capex("00700")


def test_a_year_tells_the_currency_of_its_half_and_of_no_other_year(live: Live) -> None:
    sent(live, SUMMARY, told(lambda row: {"CURRENCY": None} if row["REPORT_DATE"] < "2022-07" else {}))
    assert min(quarters(live.source.hk_capex("00700"))) == "2023-03-31"
    untold = "00700: the currency of 4 statements is not told, the last of 2021-12-31"
    assert live.source.notes == [untold, WHOLE_2022]


def test_sums_in_two_currencies_are_not_subtracted(live: Live) -> None:
    sent(live, SUMMARY, told(lambda row: {"CURRENCY": "美元"} if row["REPORT_DATE"] > "2023-12" else {}))
    found = live.source.hk_capex("00700").set_index("period_end")["currency"]
    assert found["2023-09-30"] == "CNY"
    assert pd.Timestamp("2023-12-31") not in found.index
    assert found["2024-03-31"] == "USD"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (each(lambda row: {"SECURITY_CODE": "00701"}), "the answer is about 00701"),
        (each(lambda row: {"AMOUNT": -row["AMOUNT"]} if "2023-06" in row["REPORT_DATE"] else {}), "its sign"),
        (each(lambda row: {"AMOUNT": -row["AMOUNT"]} if row["STD_ITEM_NAME"] == OTHER else {}), "its sign"),
        (each(lambda row: {"AMOUNT": row["AMOUNT"] / 9} if "2023-06" in row["REPORT_DATE"] else {}),
         "negative or there twice"),
        (lambda rows: [row for row in rows if row["STD_ITEM_NAME"] != FIXED], f"{FIXED} is in none"),
        (lambda rows: [row for row in rows if "购建" not in row["STD_ITEM_NAME"]], f"{FIXED} is in none"),
        (lambda rows: rows + [{**row, "AMOUNT": -1.0} for row in rows], "twice with two amounts"),
        (each(lambda row: {"AMOUNT": None}), "missing"),
        (each(lambda row: {"START_DATE": None}), "missing"),
        (lambda rows: [{k: v for k, v in row.items() if k != "START_DATE"} for row in rows], "START_DATE"),
    ],
    ids=["company", "sign", "signs", "falls", "item", "items", "twice", "amount", "start", "column"],
)  # fmt: skip
def test_statements_of_another_meaning_are_refused(live: Live, change: Callable, says: str) -> None:
    statements(live, change)
    with pytest.raises(BadAnswer, match=says):
        live.source.hk_capex("00700")


def test_figures_of_another_company_are_refused(live: Live) -> None:
    sent(live, "MAININDICATOR", each(lambda row: {"SECURITY_CODE": "00701"}))
    with pytest.raises(BadAnswer, match="the answer is about 00701"):
        live.source.hk_capex("00700")


def test_a_company_that_is_not_there_is_no_fault_of_the_host(live: Live) -> None:
    with pytest.raises(NoData):
        live.source.hk_capex("09999")
