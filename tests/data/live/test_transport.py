"""The guard: what it sends, how it waits, when it stops, and what it calls a failure."""

from __future__ import annotations

import gzip
import json
import socket
from pathlib import Path

import pytest
import requests

from screener.data.live import wire
from screener.data.live.answers import says_nothing
from screener.data.live.families import FAMILIES, family_of
from screener.data.live.faults import BadAnswer, Blocked, Unreachable
from screener.data.live.pace import Breaker, Spacer
from screener.data.live.record import Answer, without_secrets
from screener.data.live.transport import current, forbid_network, guarded
from screener.errors import SourceError
from tests.data.live.conftest import Clock, Live, policy
from tests.data.live.standin import Fault, Server, rewriting

QUOTES = "https://push2his.eastmoney.com/api/qt/stock/kline/get"
ASK = f"{QUOTES}?fields2=f51,f52,f53,f54,f55,f56,f57&secid=0.000998&beg=0&end=9&ut=7eea"
DATA = "https://datacenter-web.eastmoney.com/api/data/v1/get?reportName=RPT_VALUEANALYSIS_DET&filter=x"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (QUOTES, "eastmoney-quotes"),
        ("https://79.push2.eastmoney.com/api", "eastmoney-quotes"),
        ("https://datacenter.eastmoney.com/x", "eastmoney-data"),
        ("https://vip.stock.finance.sina.com.cn/x", "sina-pages"),
        ("https://finance.sina.com.cn/x", "sina"),
        ("https://quotes.sina.cn/x", "sina"),
        ("https://web.ifzq.gtimg.cn/x", "tencent"),
        ("https://proxy.finance.qq.com/x", "tencent"),
        ("https://notqq.com/x", "other"),
        ("https://push2his.eastmoney.com.evil.example/x", "other"),
    ],
)
def test_hosts_belong_to_their_family(url: str, name: str) -> None:
    assert family_of(url).name == name


def test_requests_go_out_as_a_browser_with_a_time_limit(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    real = wire.exchange

    def spy(send: object, adapter: object, request: object, options: dict) -> object:
        seen.update(options)
        return real(send, adapter, request, options)

    monkeypatch.setattr(wire, "exchange", spy)
    requests.get(ASK)
    (asked,) = live.server.log
    assert asked.agent.startswith("Mozilla/5.0")
    assert asked.referer == "https://quote.eastmoney.com/"
    assert seen["timeout"] == (5.0, 20.0)


def test_headers_that_the_caller_chose_are_kept(live: Live) -> None:
    requests.get(ASK, headers={"User-Agent": "own/1", "Referer": "https://own.example/"})
    assert (live.server.log[0].agent, live.server.log[0].referer) == ("own/1", "https://own.example/")


def test_requests_of_a_family_are_spaced_and_other_families_do_not_wait(live: Live) -> None:
    for _ in range(3):
        requests.get(ASK)
    assert live.clock.slept == [1.0, 1.0]
    with pytest.raises(BadAnswer):
        requests.get("https://finance.sina.com.cn/nothing")
    assert live.clock.slept == [1.0, 1.0]
    assert live.guard.waited() == 2.0


def test_jitter_only_ever_lengthens_a_gap() -> None:
    for chance, wait in ((0.0, 1.0), (0.5, 1.25), (0.999, 1.4995)):
        clock = Clock()
        spacer = Spacer(clock, clock.sleep, lambda chance=chance: chance)
        family = FAMILIES[0]
        assert spacer.wait(family) == 0.0
        assert spacer.wait(family) == pytest.approx(wait)


def test_a_passing_failure_is_asked_again_after_a_growing_pause(live: Live) -> None:
    live.server.faults.append(Fault("push2his", "status", times=2, status=502))
    assert requests.get(ASK).json()["data"]["code"] == "000998"
    assert len(live.server.log) == 3
    assert live.clock.slept == [2.0, 4.0]  # the gap of 1 s has passed by then
    assert [sent.status for sent in live.guard.log] == [502, 502, 200]


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "17"}, 17.0),
        ({"Retry-After": "Mon, 02 Sep 2024 00:00:30 GMT", "Date": "Mon, 02 Sep 2024 00:00:00 GMT"}, 30.0),
        ({"Retry-After": "soon"}, 2.0),
        ({}, 2.0),
    ],
)
def test_a_host_is_given_the_time_it_asks_for(live: Live, headers: dict[str, str], pause: float) -> None:
    live.server.faults.append(Fault("push2his", "status", times=1, status=429, headers=headers))
    assert requests.get(ASK).status_code == 200
    assert live.clock.slept == [pause]


def test_a_host_that_asks_for_an_hour_is_left_alone_for_an_hour(live: Live) -> None:
    live.server.faults.append(Fault("push2his", "status", 429, 429, {"Retry-After": "3600"}))
    with pytest.raises(Blocked, match="HTTP 429"):
        requests.get(ASK)
    live.clock.now += 3500
    with pytest.raises(Unreachable, match="not asked"):
        requests.get(ASK)
    assert len(live.server.log) == 1
    assert live.clock.slept == []
    live.clock.now += 101
    live.server.faults.clear()
    assert requests.get(ASK).status_code == 200


def test_three_failures_in_a_row_open_the_circuit_of_the_whole_family(live: Live) -> None:
    live.server.faults.append(Fault("push2his", "reset"))
    with pytest.raises(Unreachable):
        requests.get(ASK)
    assert len(live.server.log) == 3
    with pytest.raises(Unreachable, match=r"eastmoney-quotes: not asked.*30 min"):
        requests.get("https://79.push2.eastmoney.com/api/qt/clist/get")
    assert len(live.server.log) == 3
    assert list(live.guard.breaker.opened()) == ["eastmoney-quotes"]


def test_after_the_pause_one_request_decides() -> None:
    clock = Clock()
    breaker = Breaker(3, 1800.0, clock)
    for _ in range(3):
        breaker.check("a")
        breaker.failed("a")
    with pytest.raises(Unreachable):
        breaker.check("a")
    breaker.check("b")
    clock.now += 1800.0
    breaker.check("a")
    breaker.failed("a")  # one is enough now
    with pytest.raises(Unreachable):
        breaker.check("a")
    clock.now += 1800.0
    breaker.worked("a")
    breaker.failed("a")
    breaker.failed("a")
    breaker.check("a")


def test_a_success_between_failures_starts_the_count_anew(live: Live) -> None:
    for _ in range(4):
        live.server.faults.append(Fault("push2his", "status", times=2, status=500))
        assert requests.get(ASK).status_code == 200
    assert not live.guard.breaker.opened()


def test_a_page_that_is_not_there_says_nothing_against_the_host(live: Live) -> None:
    for _ in range(5):
        with pytest.raises(BadAnswer, match="HTTP 404"):
            requests.get("https://push2his.eastmoney.com/moved")
    assert len(live.server.log) == 5
    assert not live.guard.breaker.opened()


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        (QUOTES, True),
        (DATA, True),
        ("https://finance.sina.com.cn/realstock/company/sh600998/hfq.js", True),
        ("https://www.szse.cn/api/report/ShowReport", True),
        ("https://vip.stock.finance.sina.com.cn/corp/go.php/vISSUE_ShareBonus/stockid/600998.phtml", False),
    ],
)
def test_a_page_is_a_refusal_where_no_page_is_expected(live: Live, url: str, refused: bool) -> None:
    live.server.faults.append(Fault(".", "page"))
    if not refused:
        assert "human" in requests.get(url).text
        return
    with pytest.raises(Blocked, match="captcha"):
        requests.get(url)
    assert len(live.server.log) == 3


@pytest.mark.parametrize("body", [b"", b"   ", b"\n"])
def test_an_empty_body_is_no_answer(live: Live, body: bytes) -> None:
    live.server.faults.append(Fault("push2his", "body", change=lambda _: body))
    with pytest.raises(BadAnswer, match="empty answer"):
        requests.get(ASK)


@pytest.mark.parametrize(
    ("body", "nothing"),
    [
        ('{"rc": 0, "data": null}', True),
        ('{"result": null, "success": false}', True),
        ('{"data": {"code": "600998", "klines": []}}', True),
        ('kline_day2024={"code": 0, "data": {"sh600998": {"day": []}}}', True),
        ('kline_day2024={"code": 0, "data": {"sh600998": {"qt": {}}}}', True),
        ('var KLC_K2_sh600998="";', True),
        ("<table><tr><td>暂时没有数据！</td></tr></table>", True),
        ('{"data": {"code": "600998", "klines": ["2024"]}}', False),
        ('kline_day2024={"code": 0, "data": {"sh600998": {"day": [["2024"]]}}}', False),
        ('var KLC_K2_sh600998="abc";', False),
        ("garbage", False),
        ("[]", False),
    ],
)
def test_a_sound_answer_that_says_nothing_is_known_as_one(body: str, nothing: bool) -> None:
    assert says_nothing(Answer("", 200, body.encode())) == nothing


def test_raw_answers_are_kept_with_their_addresses(server: Server, tmp_path: Path) -> None:
    clock = Clock()
    server.faults.append(Fault("push2his", "page", times=1))
    with rewriting(server.url), guarded(policy(clock, record=tmp_path / "raw")) as guard:
        body = requests.get(f"{ASK}&token=geheim").content
    lines = (tmp_path / "raw" / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    first, second = (json.loads(line) for line in lines)
    assert b"human" in gzip.decompress((tmp_path / "raw" / first["file"]).read_bytes())
    assert gzip.decompress((tmp_path / "raw" / second["file"]).read_bytes()) == body
    assert "captcha" in first["problem"]
    assert second["problem"] == ""
    assert "geheim" not in "".join(lines) + str(guard.log)
    assert second["size"] == len(body) == guard.log[1].size


@pytest.mark.parametrize(
    "url",
    [
        "https://h.cn/x?token=s3cret&a=1",
        "https://h.cn/x?ut=s3cret&a=1",
        "https://user:s3cret@h.cn/x?a=1",
        "https://h.cn/x?a=1&apiKey=s3cret",
        "https://h.cn/x?a=1#s3cret",
    ],
)
def test_addresses_are_logged_without_secrets(url: str) -> None:
    assert "s3cret" not in without_secrets(url)
    assert "a=1" in without_secrets(url)


def test_without_a_guard_nothing_is_sent() -> None:
    with pytest.raises(RuntimeError, match="guarded"):
        current()


def test_a_second_guard_is_refused_and_the_first_is_taken_away() -> None:
    real = requests.adapters.HTTPAdapter.send
    with guarded(), pytest.raises(RuntimeError, match="already"), guarded():
        pass
    assert requests.adapters.HTTPAdapter.send is real


def test_offline_closes_requests_sockets_and_names(server: Server) -> None:
    place = ("127.0.0.1", server.server_port)
    with forbid_network():
        with pytest.raises(SourceError, match="--offline") as caught:
            requests.get(f"{server.url}/x?token=s3cret")
        assert "s3cret" not in str(caught.value)
        with socket.socket() as link:
            with pytest.raises(SourceError, match="--offline"):
                link.connect(place)
            with pytest.raises(SourceError, match="--offline"):
                link.connect_ex(place)
        with pytest.raises(SourceError, match="--offline"):
            socket.create_connection(place)
        with pytest.raises(SourceError, match="example"):
            socket.getaddrinfo("example.com", 443)
    assert caught.value.exit_code == 3
    assert server.log == []
    with socket.create_connection(place):
        pass


def test_offline_beats_the_guard(live: Live) -> None:
    with forbid_network(), pytest.raises(SourceError, match="--offline"):
        live.bars("000998.SZ")
    assert live.server.log == []


def test_hosts_that_fail_one_after_the_other_are_a_dead_network_until_one_answers() -> None:
    breaker = Breaker(2, 1800.0, Clock())
    for name in ("a", "b", "b", "a"):
        breaker.failed(name)
    assert breaker.silent() == ("b", "a")
    breaker.worked("c")
    assert breaker.silent() == ()
    breaker.failed("a")
    assert breaker.silent() == ("a",)
