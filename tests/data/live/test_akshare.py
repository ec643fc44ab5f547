"""The real functions of akshare over recorded shapes: every endpoint that is used, and what we make of it."""

from __future__ import annotations

import datetime as dt
import sys

import numpy as np
import pandas as pd
import pytest

from screener.data.live import ak
from screener.data.live.akshare_bars import CHAIN
from screener.data.live.akshare_listing import risk_warning
from screener.data.live.akshare_provider import Akshare
from screener.data.live.base import ACTIONS, BARS, FUNDAMENTALS, PROVIDERS, provider
from screener.data.live.faults import BadAnswer, NoData, Unreachable, WrongStock
from screener.data.live.pit import deadline, effective
from screener.errors import SourceError, SymbolError
from tests.data.live.conftest import Live, table
from tests.data.live.market import INDICES, SHARES
from tests.data.live.standin import Fault

T = pd.Timestamp


def same(found: pd.DataFrame, truth: pd.DataFrame, amount: float = 0.5, volume: float = 0.0) -> None:
    assert found["date"].tolist() == truth["date"].tolist()
    assert found["date"].dtype == np.dtype("datetime64[ns]")
    for name in BARS[1:]:
        slack = {"amount": amount, "volume": volume}.get(name, 1e-9)
        np.testing.assert_allclose(found[name], truth[name], rtol=0, atol=slack, err_msg=name)
        assert found[name].dtype == np.float64


@pytest.mark.parametrize("symbol", SHARES)
def test_bars_of_eastmoney_are_in_shares_and_yuan(live: Live, symbol: str) -> None:
    found = live.bars(symbol)
    same(found, table(live.market.shares[symbol].bars), volume=99)
    assert set(found["source"]) == {"akshare/eastmoney"}
    assert len(live.server.log) == 1
    assert live.source.notes == []


@pytest.mark.parametrize("symbol", [symbol for symbol in SHARES if symbol.endswith(("SZ", "SH"))])
def test_tencent_takes_over_where_eastmoney_is_cut_off(live: Live, symbol: str) -> None:
    live.server.faults.append(Fault("push2his", "reset"))
    found = live.bars(symbol)
    same(found, table(live.market.shares[symbol].bars), amount=5.1, volume=0.5)
    assert set(found["source"]) == {"akshare/tencent"}
    assert "eastmoney" in live.source.notes[0]


def test_the_lots_that_tencent_leaves_for_codes_000_are_found_out(live: Live) -> None:
    frame = ak.call(
        "stock_zh_a_hist_tx", symbol="sz000998", start_date="2024-03-01", end_date="2024-04-30", adjust=""
    )
    truth = [bar.volume for bar in live.market.shares["000998.SZ"].bars]
    # The fault of akshare 1.19.5 itself: it multiplies other Shenzhen codes, but not these.
    np.testing.assert_allclose(frame["volume"] * 100, truth, atol=0.5)
    live.server.faults.append(Fault("push2his", "status", status=403))
    np.testing.assert_allclose(live.bars("000998.SZ")["volume"], truth, atol=0.5)


def test_tencent_is_asked_for_the_years_of_the_window_only(live: Live) -> None:
    live.server.faults.append(Fault("push2his", "reset"))
    live.bars("600998.SH")
    years = {asked.url.partition("day%2C")[2][:4] for asked in live.server.asked("newfqkline")}
    assert years == {"2024"}


@pytest.mark.parametrize("symbol", SHARES)
def test_sina_takes_over_where_both_are_cut_off(live: Live, symbol: str) -> None:
    live.server.faults.append(Fault("push2his|gtimg|qq.com", "reset"))
    found = live.bars(symbol)
    same(found, table(live.market.shares[symbol].bars))
    assert set(found["source"]) == {"akshare/sina"}


def test_an_open_circuit_sends_the_next_share_straight_to_the_second_source(live: Live) -> None:
    live.server.faults.append(Fault("push2his", "reset"))
    for symbol in ("000998.SZ", "600998.SH", "688998.SH"):
        assert set(live.bars(symbol)["source"]) == {"akshare/tencent"}
    assert len(live.server.asked("push2his")) == 3
    assert "not asked" in live.source.notes[-1]


def test_when_no_source_answers_all_are_named(live: Live) -> None:
    live.server.faults.append(Fault(".", "reset"))
    with pytest.raises(Unreachable) as caught:
        live.bars("000998.SZ")
    for word in ("000998.SZ", "push2his", "gtimg", "sina"):
        assert word in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("symbol", ["300001.SZ", "600001.SH", "920001.BJ"])
def test_a_share_that_nobody_knows_is_told_apart_from_a_failure(live: Live, symbol: str) -> None:
    with pytest.raises(NoData, match="no source delivered"):
        live.bars(symbol)
    assert not live.guard.breaker.opened()


def test_a_window_before_the_listing_has_no_data(live: Live) -> None:
    with pytest.raises(NoData):
        live.source.bars("000998.SZ", T("2020-01-02"), T("2020-03-02"))


@pytest.mark.parametrize("source", list(CHAIN))
@pytest.mark.parametrize(
    ("hour", "minute", "rows"),
    [(9, 20, 39), (11, 45, 39), (14, 59, 39), (15, 1, 39), (15, 29, 39), (15, 30, 40), (23, 0, 40)],
)
def test_the_bar_of_today_waits_until_the_session_is_final(
    live: Live, source: str, hour: int, minute: int, rows: int
) -> None:
    cut = {"eastmoney": "nothing", "tencent": "push2his", "sina": "push2his|gtimg|qq.com"}[source]
    live.server.faults.append(Fault(cut, "status", status=404))
    last = live.market.sessions[-1]
    shanghai = dt.timezone(dt.timedelta(hours=8))
    now = dt.datetime(last.year, last.month, last.day, hour, minute, tzinfo=shanghai)
    found = Akshare(lambda: now).bars("600998.SH", *live.window())
    assert len(found) == rows
    assert set(found["source"]) == {f"akshare/{source}"}


def test_asking_for_today_alone_before_the_close_is_no_fault(live: Live) -> None:
    last = live.market.sessions[-1]
    now = dt.datetime(last.year, last.month, last.day, 3, 0, tzinfo=dt.UTC)
    assert Akshare(lambda: now).bars("600998.SH", T(last), T(last)).empty
    assert len(live.server.log) == 1


def test_factors_are_numbers_by_ex_date_with_a_base_of_one(live: Live) -> None:
    found = live.source.factors("000998.SZ")
    (event,) = live.market.shares["000998.SZ"].dividends
    assert found["date"].tolist() == [T("1900-01-01"), T(event.date)]
    np.testing.assert_allclose(found["factor"], [1.0, event.factor], rtol=1e-15)
    assert found["factor"].dtype == np.float64


def test_a_share_without_actions_has_the_factor_one(live: Live) -> None:
    found = live.source.factors("300001.SZ")
    assert found[["date", "factor"]].to_numpy().tolist() == [[T("1900-01-01"), 1.0]]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda body: body.replace(b"sz000998", b"sz000999"), WrongStock),
        (lambda body: body.replace(b'"f"', b'"g"'), BadAnswer),
        (lambda body: body.replace(b'"1.3', b'"-1.3'), BadAnswer),
        (lambda body: body.replace(b'"1.0000', b'"2.0000'), BadAnswer),
        (
            lambda body: body.replace(b"2024-04-01", b"1900-01-01").replace(b"2024-03-29", b"1900-01-01"),
            BadAnswer,
        ),
        (lambda body: b"__import__('os').abort() or " + body, BadAnswer),
        (lambda body: body.replace(b'{"total"', b'__import__("os").abort() or {"total"'), BadAnswer),
        (lambda body: body[:60], BadAnswer),
    ],
)
def test_a_file_of_factors_of_another_form_is_refused_and_never_run(live: Live, change, error) -> None:
    live.server.faults.append(Fault("hfq.js", "body", change=change))
    with pytest.raises(error):
        live.source.factors("000998.SZ")


def test_actions_are_amounts_for_one_share_by_ex_date(live: Live) -> None:
    found = live.source.actions("600998.SH")
    (event,) = live.market.shares["600998.SH"].dividends
    assert found.columns.tolist() == [*ACTIONS, "source"]
    rights, paid = found.to_dict("records")
    assert (rights["date"], rights["rights"], rights["rights_price"]) == (T("2024-03-14"), 0.3, 4.2)
    assert (rights["cash"], rights["listing"]) == (0.0, T("2024-03-21"))
    assert (paid["date"], paid["cash"], paid["bonus"]) == (T(event.date), 0.5, 0.3)
    assert (paid["record"], paid["source"]) == (T(event.record), "akshare/eastmoney")
    assert pd.isna(paid["pay"])
    assert len(live.source.actions("920998.BJ")) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace("派5.00元".encode(), "派6.00元".encode()),
        lambda body: body.replace("10转3.00".encode(), "10转4.00".encode()),
        lambda body: body.replace(b'"EX_DIVIDEND_DATE": "2024', b'"EX_DIVIDEND_DATE": "2023'),
    ],
)
def test_actions_whose_columns_moved_are_refused(live: Live, change) -> None:
    live.server.faults.append(Fault("SHAREBONUS", "body", change=change))
    with pytest.raises(BadAnswer, match="columns have moved"):
        live.source.actions("600998.SH")


@pytest.mark.parametrize("symbol", INDICES)
@pytest.mark.parametrize(
    ("cut", "source"),
    [("nothing", "eastmoney"), ("push2his", "csindex"), ("push2his|csindex", "sina")],
)
def test_index_bars_come_from_one_of_three(live: Live, symbol: str, cut: str, source: str) -> None:
    live.server.faults.append(Fault(cut, "status", status=500))
    if (symbol, source) == ("931151.CSI", "sina"):
        with pytest.raises(Unreachable):
            live.source.index_bars(symbol, *live.window())
        return
    source = "sina" if (symbol, source) == ("399006.SZ", "csindex") else source
    found = live.source.index_bars(symbol, *live.window())
    truth = table(live.market.indices[symbol])
    assert set(found["source"]) == {f"akshare/{source}"}
    if source == "sina":
        assert found["amount"].isna().all()
        found = found.assign(amount=truth["amount"])
    same(found, truth, amount=1e4, volume=99)


@pytest.mark.parametrize("text", ["000300", "sh000300", "000300.XX", ""])
def test_an_index_must_be_written_with_its_place(live: Live, text: str) -> None:
    with pytest.raises(SymbolError, match=r"931151\.CSI"):
        live.source.index_bars(text, *live.window())


def test_the_calendar_is_that_of_the_source(live: Live) -> None:
    found = live.source.calendar()["date"]
    # akshare adds 1992-05-04 to whatever comes.
    assert found.tolist() == [T("1992-05-04"), *map(T, live.market.sessions)]


def test_instruments_are_the_shares_of_all_exchanges_with_those_that_left(live: Live) -> None:
    found = live.source.instruments().set_index("symbol")
    assert set(SHARES) < set(found.index)
    assert {"600991.SH", "000991.SZ"} < set(found.index)
    assert not found.index.str.startswith("900").any()
    assert found.loc["600991.SH", "delisted"] == T("2024-03-15")
    assert found.loc["000991.SZ", "delisted"] == T("2023-07-03")
    assert found.loc["688998.SH", "board"] == "STAR"
    assert found.loc["920998.BJ", "listed"] == T(live.market.sessions[0])
    assert found.loc[list(SHARES), "delisted"].isna().all()
    assert set(found["source"]) == {"akshare/sse", "akshare/szse", "akshare/bse"}
    assert live.source.notes == []


def test_an_exchange_that_fails_does_not_take_the_others_with_it(live: Live) -> None:
    live.server.faults.append(Fault("bse.cn", "status", status=503))
    found = live.source.instruments()
    assert not found["symbol"].str.endswith("BJ").any()
    assert found["symbol"].str.endswith("SH").any()
    assert live.source.notes[0].startswith("the list of Beijing shares is missing: ")
    assert "bse.cn" in live.source.notes[0]


def test_lists_are_fetched_anew_and_never_shared(live: Live) -> None:
    first = live.source.instruments()
    first["name"] = "spoilt"
    asked = len(live.server.log)
    assert "spoilt" not in set(live.source.instruments()["name"])
    assert len(live.server.log) == 2 * asked


def test_risk_warning_now_is_read_from_names() -> None:
    names = pd.DataFrame({"name": ["*ST试样", "ST试样", "试样", "SST试样", "st试样"]})
    assert risk_warning(names).tolist() == [True, True, False, True, True]


def test_name_changes_are_dated(live: Live) -> None:
    found = live.source.name_changes()
    assert found[["symbol", "after"]].to_numpy().tolist() == [["000998.SZ", "试样"], ["000998.SZ", "*ST试样"]]
    assert found["date"].tolist() == [T("2023-05-04"), T("2024-03-20")]


def test_suspensions_of_a_day_name_the_shares_without_a_bar(live: Live) -> None:
    traded = {bar.date for bar in live.market.shares["300998.SZ"].bars}
    day = next(day for day in live.market.sessions if day not in traded)
    found = live.source.suspensions(T(day))
    assert found[["symbol", "first_day"]].to_numpy().tolist() == [["300998.SZ", T(day)]]
    with pytest.raises(NoData):
        live.source.suspensions(T(live.market.sessions[0]))


def test_valuation_is_by_day_in_yuan_and_shares(live: Live) -> None:
    found = live.source.valuation("000998.SZ")
    truth = table(live.market.shares["000998.SZ"].bars)
    assert found["date"].tolist() == truth["date"].tolist()
    np.testing.assert_allclose(found["market_cap"], truth["close"] * 1e9)
    np.testing.assert_allclose(found["float_shares"], 5e8)
    assert found["pcf"].isna().all()
    with pytest.raises(NoData):
        live.source.valuation("300001.SZ")


def test_fundamentals_join_three_statements(live: Live) -> None:
    found = live.source.fundamentals("000998.SZ").set_index("period")
    assert found.reset_index().columns.tolist() == [*FUNDAMENTALS, "source"]
    assert found.loc[T("2023-12-31"), ["revenue", "inventory", "capex"]].tolist() == [9e9, 3e9, 3e8]
    assert found.loc[T("2024-03-31"), ["net_profit", "equity"]].tolist() == [16e8, 18e9]


def test_disclosures_are_the_actual_days_of_all_markets(live: Live) -> None:
    found = live.source.disclosures(T("2024-03-31"))
    assert found["symbol"].tolist() == sorted(SHARES)
    assert set(found["released"]) == {T("2024-04-28")}
    with pytest.raises(ValueError, match="end of a quarter"):
        live.source.disclosures(T("2024-03-30"))


def test_a_figure_is_of_use_from_the_session_after_its_disclosure(live: Live) -> None:
    figures = live.source.fundamentals("000998.SZ")
    found = effective("000998.SZ", figures, live.source.disclosures(T("2024-03-31"))).set_index("period")
    # Published on a Sunday; and without a day of disclosure, on the last lawful day, before a holiday.
    first, second = found.loc[T("2024-03-31")], found.loc[T("2023-12-31")]
    assert (first["released"], first["effective_date"], first["basis"]) == (
        T("2024-04-28"),
        T("2024-04-29"),
        "actual",
    )
    assert (second["released"], second["effective_date"]) == (T("2024-04-30"), T("2024-05-06"))
    assert (second["basis"], bool(second["restated"])) == ("deadline", True)


@pytest.mark.parametrize(
    ("period", "last"),
    [("2024-03-31", "2024-04-30"), ("2024-06-30", "2024-08-31"), ("2024-09-30", "2024-10-31"),
     ("2024-12-31", "2025-04-30")],
)  # fmt: skip
def test_deadlines_are_those_of_the_law(period: str, last: str) -> None:
    assert deadline(T(period)) == T(last)


def test_capex_is_told_by_quarter_whatever_the_fiscal_year(live: Live) -> None:
    found = live.source.us_capex("MSFT")
    truth = {"2023-09-30": 10e9, "2023-12-31": 12e9, "2024-03-31": 14e9, "2024-06-30": 16e9,
             "2024-09-30": 17e9, "2024-12-31": 19e9}  # fmt: skip
    assert dict(zip(found["period_end"].dt.strftime("%Y-%m-%d"), found["value"], strict=True)) == truth
    assert found["derived"].all()
    assert "released" not in found.columns
    assert live.source.notes == []


def test_a_reported_quarter_that_contradicts_the_derived_one_is_told(live: Live) -> None:
    live.server.faults.append(
        Fault("RPT_USSK_FN_CASHFLOW", "body", change=lambda body: body.replace(b"-12000000000.0", b"-13e9"))
    )
    live.source.us_capex("MSFT")
    assert live.source.notes == ["MSFT 2023-12-31: 2024/Q6-Q1 is 1.2e+10, but 1.3e+10 as reported alone"]


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace("购买固定资产".encode(), "购建资产".encode()),
        lambda body: body.replace(b'"005002"', b'"005003"'),
        lambda body: body.replace(b"-22000000000.0", b"22000000000.0"),
        lambda body: body.replace(b'"SECURITY_CODE": "MSFT"', b'"SECURITY_CODE": "META"'),
        lambda body: body.replace(b'"pages": 1', b'"pages": 2'),
    ],
)
def test_capex_of_another_meaning_is_refused(live: Live, change) -> None:
    live.server.faults.append(Fault("RPT_USSK_FN_CASHFLOW", "body", change=change))
    with pytest.raises(BadAnswer):
        live.source.us_capex("MSFT")


def test_a_function_that_akshare_no_longer_has_is_named(live: Live) -> None:
    with pytest.raises(BadAnswer, match="no function stock_gone"):
        ak.call("stock_gone")


def test_nothing_of_akshare_reaches_the_terminal(live: Live, capfd: pytest.CaptureFixture[str]) -> None:
    live.server.faults.append(Fault("push2his", "reset"))
    live.bars("600998.SH")
    live.source.disclosures(T("2024-03-31"))
    assert capfd.readouterr() == ("", "")


def test_a_source_is_found_by_name_and_imported_late() -> None:
    assert provider("akshare").name == "akshare"
    assert {provider(name).name for name in PROVIDERS} == set(PROVIDERS)
    with pytest.raises(SourceError, match="did you mean akshare"):
        provider("akshar")


def test_the_version_is_told_as_the_library_tells_it(live: Live) -> None:
    live.source.calendar()
    assert ak.version() == sys.modules["akshare"].__version__


def test_the_clock_of_the_machine_has_a_zone() -> None:
    assert Akshare()._now().tzinfo is not None
