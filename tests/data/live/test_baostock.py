"""baostock, played by a module of the same form and, for its endless loop, by a real socket."""

from __future__ import annotations

import datetime as dt
import socket
import sys
import threading
import time
import types
from collections.abc import Iterator

import pandas as pd
import pytest

from screener.data.live.baostock import Baostock
from screener.data.live.faults import BadAnswer, LiveError, NoData, NotOffered, Unreachable, WrongStock
from screener.data.live.transport import Policy, guarded
from screener.errors import SourceError

T = pd.Timestamp
NOW = dt.datetime(2024, 9, 2, 4, 0, tzinfo=dt.UTC)
DAILY = ["code", "date", "open", "high", "low", "close", "volume", "amount"]
DAILY += ["preclose", "tradestatus", "isST"]
ROWS = [
    ["sh.600998", "2024-03-01", "10.0", "10.2", "9.9", "10.1", "100000", "1005000.0", "9.95", "1", "0"],
    ["sh.600998", "2024-03-04", "10.1", "10.1", "10.1", "10.1", "", "", "10.1", "0", "0"],
    ["sh.600998", "2024-03-05", "10.1", "10.3", "10.0", "10.2", "200000", "2030000.0", "10.1", "1", "1"],
]
ANSWERS = {
    "query_history_k_data_plus": (DAILY, ROWS),
    "query_adjust_factor": (
        ["code", "dividOperateDate", "foreAdjustFactor", "backAdjustFactor", "adjustFactor"],
        [["sh.600998", "2024-04-01", "1.0", "1.250000", "1.25"]],
    ),
    "query_trade_dates": (
        ["calendar_date", "is_trading_day"],
        [["2024-03-01", "1"], ["2024-03-02", "0"], ["2024-03-04", "1"]],
    ),
    "query_stock_basic": (
        ["code", "code_name", "ipoDate", "outDate", "type", "status"],
        [
            ["sh.600998", "试样", "2010-01-05", "", "1", "1"],
            ["sz.000991", "退市", "1999-05-05", "2023-07-03", "1", "0"],
            ["sh.000300", "沪深300", "2005-04-08", "", "2", "1"],
            ["sh.900991", "试样B", "1999-05-05", "", "1", "1"],
        ],
    ),
    "query_all_stock": (
        ["code", "tradeStatus", "code_name"],
        [["sh.600998", "0", "试样"], ["sz.000998", "1", "试样"], ["sh.000001", "0", "上证指数"]],
    ),
}  # fmt: skip


class Result:
    """An answer that is read row by row."""

    def __init__(self, fields: list[str], rows: list[list[str]], code: str = "0") -> None:
        self.fields, self.rows, self.error_code, self.error_msg = fields, rows, code, "网络接收错误"
        self.place = -1

    def next(self) -> bool:
        self.place += 1
        return self.place < len(self.rows)

    def get_row_data(self) -> list[str]:
        return self.rows[self.place]


class Fake(types.ModuleType):
    """A module named baostock, with a note of what was called."""

    def __init__(self) -> None:
        super().__init__("baostock")
        self.calls: list[tuple] = []
        self.answers = {name: Result(*parts) for name, parts in ANSWERS.items()}
        self.codes = {"login": "0"}

    def login(self) -> Result:
        self.calls.append(("login",))
        return Result([], [], self.codes["login"])

    def logout(self) -> None:
        self.calls.append(("logout",))

    def __getattr__(self, name: str) -> object:
        if not name.startswith("query_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.calls.append((name, args, kwargs)) or self.answers[name]


@pytest.fixture(autouse=True)
def guard() -> Iterator[None]:
    with guarded(Policy(sleep=lambda seconds: None)):
        yield


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    module = Fake()
    monkeypatch.setitem(sys.modules, "baostock", module)
    yield module
    assert socket.getdefaulttimeout() is None


def source() -> Baostock:
    return Baostock(lambda: NOW, limit=0.2)


def test_days_carry_suspension_risk_warning_and_the_official_reference(fake: Fake) -> None:
    found = source().days("600998.SH", T("2024-03-01"), T("2024-03-05"))
    assert found["traded"].tolist() == [True, False, True]
    assert found["risk_warning"].tolist() == [False, False, True]
    assert found["pre_close"].tolist() == [9.95, 10.1, 10.1]
    assert found["volume"].tolist() == [100000.0, 0.0, 200000.0]
    (_, args, kwargs) = fake.calls[1]
    assert args[0] == "sh.600998"
    assert kwargs["start_date"] == "2024-03-01"
    assert kwargs["adjustflag"] == "3"
    assert [call[0] for call in fake.calls] == ["login", "query_history_k_data_plus", "logout"]


def test_bars_leave_suspended_days_out(fake: Fake) -> None:
    found = source().bars("600998.SH", T("2024-03-01"), T("2024-03-05"))
    assert found["date"].tolist() == [T("2024-03-01"), T("2024-03-05")]
    assert set(found["source"]) == {"baostock"}


def test_factors_calendar_and_instruments(fake: Fake) -> None:
    assert source().factors("600998.SH")["factor"].tolist() == [1.0, 1.25]
    assert source().calendar()["date"].tolist() == [T("2024-03-01"), T("2024-03-04")]
    found = source().instruments()
    assert found["symbol"].tolist() == ["600998.SH", "000991.SZ"]
    assert found["delisted"].tolist()[1] == T("2023-07-03")


def test_who_rests_is_read_from_the_list_of_a_day(fake: Fake) -> None:
    found = source().suspensions(T("2024-03-04"))
    assert found["symbol"].tolist() == ["600998.SH"]
    assert found[["first_day", "last_day"]].to_numpy().tolist() == [[T("2024-03-04").value] * 2]
    fake.answers["query_all_stock"] = Result(["code", "tradeStatus"], [["sz.000998", "1"]])
    assert source().suspensions(T("2024-03-04")).empty


def test_a_share_without_factors_never_paid_and_factors_of_another_are_refused(fake: Fake) -> None:
    with pytest.raises(WrongStock, match=r"about sh\.600998"):
        source().factors("000998.SZ")
    fake.answers["query_adjust_factor"] = Result(["code"], [])
    assert source().factors("000998.SZ")["factor"].tolist() == [1.0]
    with pytest.raises(NoData):
        source().factors("920998.BJ")


def test_an_index_has_the_bars_of_its_exchange_and_none_of_another(fake: Fake) -> None:
    rows = [["sh.000300", "2024-03-01", "3500.1", "3510.2", "3490.3", "3505.4", "12000000000", "2.5e11"]]
    fake.answers["query_history_k_data_plus"] = Result(DAILY[:8], rows)
    found = source().index_bars("000300.SH", T("2024-03-01"), T("2024-03-01"))
    assert found.drop(columns="source").to_numpy().tolist()[0][1:] == [
        3500.1, 3510.2, 3490.3, 3505.4, 1.2e10, 2.5e11
    ]  # fmt: skip
    with pytest.raises(NoData, match=r"931151\.CSI"):
        source().index_bars("931151.CSI", T("2024-03-01"), T("2024-03-01"))


def test_what_the_library_prints_is_not_heard(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.login = lambda: print("login success!") or Result([], [])
    source().calendar()
    assert capsys.readouterr().out == ""


def test_another_share_a_missing_column_and_a_strange_flag_are_refused(fake: Fake) -> None:
    ask = ("600998.SH", T("2024-03-01"), T("2024-03-05"))
    fake.answers["query_history_k_data_plus"] = Result(DAILY, [["sz.000998", *row[1:]] for row in ROWS])
    with pytest.raises(WrongStock, match=r"about sz\.000998"):
        source().days(*ask)
    fake.answers["query_history_k_data_plus"] = Result(DAILY[:-1], [row[:-1] for row in ROWS])
    with pytest.raises(BadAnswer, match="column isST is missing"):
        source().days(*ask)
    fake.answers["query_history_k_data_plus"] = Result(DAILY, [[*row[:-1], ""] for row in ROWS])
    with pytest.raises(BadAnswer, match="isST"):
        source().days(*ask)
    fake.answers["query_history_k_data_plus"] = Result(DAILY, [])
    with pytest.raises(NoData):
        source().days(*ask)


@pytest.mark.parametrize("where", ["login", "query_history_k_data_plus"])
def test_an_error_code_is_an_error(fake: Fake, where: str) -> None:
    if where == "login":
        fake.codes["login"] = "10002007"
    else:
        fake.answers[where] = Result(DAILY, [], "10002007")
    with pytest.raises(Unreachable, match=f"{where} failed"):
        source().bars("600998.SH", T("2024-03-01"), T("2024-03-05"))
    assert fake.calls[-1] == ("logout",)


def test_what_it_does_not_offer_is_said(fake: Fake) -> None:
    for call in ("actions", "valuation", "us_capex", "hk_capex", "disclosures"):
        with pytest.raises(NotOffered, match=f"no {call}"):
            getattr(source(), call)("x")
    with pytest.raises(NoData, match=r"exchange of 920998\.BJ"):
        source().bars("920998.BJ", T("2024-03-01"), T("2024-03-05"))
    with pytest.raises(AttributeError):
        source().nonsense  # noqa: B018
    assert fake.calls == []


def test_without_the_package_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "baostock", None)
    with pytest.raises(SourceError, match="pip install") as caught:
        source().calendar()
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("ending", ["closed", "silent"])
def test_its_endless_loop_ends(fake: Fake, ending: str) -> None:
    """Its own loop: read until the end mark comes, whatever `recv` gives."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            link, _ = listener.accept()
            held.append(link)
            if ending == "closed":
                link.close()

        threading.Thread(target=accept, daemon=True).start()

        def query_trade_dates(**_: object) -> Result:
            link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            link.connect(listener.getsockname())
            received = b""
            with link:
                while not received.endswith(b"<end>"):
                    received += link.recv(8192)
            return Result([], [])

        fake.query_trade_dates = query_trade_dates
        began = time.monotonic()
        with pytest.raises(LiveError, match="no answer to query_trade_dates"):
            source().calendar()
        assert time.monotonic() - began < 3.0
        for link in held:
            link.close()
