"""Bad answers over the wire, through the real akshare: broken, refused, or no answer at all (B1 to B3).

Of each case one thing is asked: what enters is what the invented market holds, and whatever is lost on the
way is said, by an error of ours, a refused row or a note. Nothing wrong enters in silence. `test_bad_rows`
has the kinds B4 to B14, in which rows come, but wrong ones.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable

import pandas as pd
import pytest

from screener.data.live.akshare_provider import Akshare
from screener.data.live.faults import LiveError, NoData
from screener.data.live.transport import Policy, guarded
from tests.data.live.bad import SYMBOL, changed, fetch, lone, sound, truth
from tests.data.live.conftest import NOW, Live
from tests.data.live.standin import Fault, Server, rewriting

# B1: the wire.

WIRE = {
    "reset": Fault("push2his", "reset"),
    "half a body": Fault("push2his", "half"),
    "reset once": Fault("push2his", "reset", times=1),
    "half once": Fault("push2his", "half", times=1),
}


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("name", list(WIRE))
def test_b1_a_broken_wire_is_an_error_or_made_good(live: Live, name: str, alone: bool) -> None:
    fault = WIRE[name]
    live.server.faults.append(Fault(fault.match, fault.kind, fault.times))
    if alone:
        lone(live)
    outcome = fetch(live)
    sound(live, outcome)
    assert (outcome.error is not None) == (alone and "once" not in name)
    assert len(live.server.asked("push2his")) <= 3


@pytest.mark.parametrize("kind", ["slow", "drip"])
def test_b1_an_answer_that_never_ends_is_given_up_in_time(server: Server, kind: str) -> None:
    server.faults.append(Fault("push2his", kind, seconds=0.5 if kind == "slow" else 0.02))
    limits = Policy(timeout=(1.0, 0.2), deadline=0.2, attempts=2, backoff=0.01, longest_wait=0.05, trip=2)
    began = time.monotonic()
    with rewriting(server.url), guarded(limits) as guard:
        found = Akshare(lambda: NOW).bars(SYMBOL, pd.Timestamp("2024-03-01"), pd.Timestamp("2024-04-30"))
    assert set(found["source"]) == {"akshare/tencent"}
    assert [bool(sent.problem) for sent in guard.log[:2]] == [True, True]
    assert time.monotonic() - began < 6.0


def test_b1_a_closed_port_and_an_unknown_name_are_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for address in (url, "http://name.invalid"):
        with rewriting(address), guarded(Policy(timeout=(0.5, 0.5), attempts=1, sleep=lambda _: None)):
            with pytest.raises(LiveError, match="no answer") as caught:
                Akshare(lambda: NOW).bars(SYMBOL, pd.Timestamp("2024-03-01"), pd.Timestamp("2024-04-30"))
            assert caught.value.exit_code == 3


# B2: refusals.

REFUSALS = [
    {"status": 429},
    {"status": 429, "headers": {"Retry-After": "3"}},
    {"status": 429, "headers": {"Retry-After": "9999"}},
    {"status": 403},
    {"status": 500},
    {"status": 502},
    {"status": 503, "headers": {"Retry-After": "1"}},
    {"kind": "redirect"},
]


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("case", REFUSALS, ids=str)
def test_b2_a_refusal_is_an_error_or_made_good(live: Live, case: dict, alone: bool) -> None:
    live.server.faults.append(Fault("push2his", **{"kind": "status", **case}))
    if alone:
        lone(live)
    outcome = fetch(live)
    sound(live, outcome)
    assert (outcome.error is not None) == alone
    assert len(live.server.asked("push2his")) <= 3
    assert alone or "eastmoney" in outcome.said[0]


# B3: bodies that are no answer.

BODIES = {
    "page": {"kind": "page"},
    "empty": {"kind": "empty"},
    "null": {"kind": "null"},
    "gzip": {"kind": "gzip"},
    "cut off": changed(lambda body: body[: len(body) // 2]),
    "no klines": changed(lambda body: re.sub(rb'"klines": \[.*\]', b'"klines": []', body)),
    "a list": changed(lambda body: b"[]"),
    "no data at all": changed(lambda body: b'{"rc": 0}'),
}


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("name", list(BODIES))
def test_b3_a_body_that_is_no_answer_is_an_error_or_made_good(live: Live, name: str, alone: bool) -> None:
    live.server.faults.append(Fault("push2his", **BODIES[name]))
    if alone:
        lone(live)
    outcome = fetch(live)
    sound(live, outcome)
    assert (outcome.error is not None) == alone


@pytest.mark.parametrize("kind", ["page", "empty", "null", "gzip", "half", "reset"])
@pytest.mark.parametrize(
    ("match", "ask"),
    [
        ("reportName=RPT_VALUEANALYSIS_DET", lambda source: source.valuation(SYMBOL)),
        ("SHAREBONUS|ShareBonus", lambda source: source.actions(SYMBOL)),
        ("GBALANCE", lambda source: source.fundamentals(SYMBOL)),
        ("BS_APPOIN", lambda source: source.disclosures(pd.Timestamp("2024-03-31"))),
        ("USSK", lambda source: source.us_capex("MSFT")),
        ("HKF10", lambda source: source.hk_capex("00700")),
        ("SUSPEND", lambda source: source.suspensions(pd.Timestamp("2024-03-20"))),
        ("klc_td_sh", lambda source: source.calendar()),
        ("szse", lambda source: source.name_changes()),
        ("sse.com.cn|szse|bse.cn", lambda source: source.instruments()),
        ("hfq.js", lambda source: source.factors(SYMBOL)),
        ("push2his|csindex|klc_kl", lambda source: source.index_bars("000300.SH", *SPAN)),
    ],
)
def test_b3_every_other_endpoint_fails_loudly(live: Live, match: str, ask: Callable, kind: str) -> None:
    live.server.faults.append(Fault(match, kind))
    with pytest.raises(LiveError) as caught:
        ask(live.source)
    assert caught.value.exit_code == 3
    assert str(caught.value).strip()
    assert kind == "null" or not isinstance(caught.value, NoData)


SPAN = (pd.Timestamp("2024-03-01"), pd.Timestamp("2024-04-30"))


def test_a_clean_answer_enters_whole_and_says_nothing(live: Live) -> None:
    outcome = fetch(live)
    sound(live, outcome)
    assert outcome.silent_loss
    assert len(outcome.bars) == len(truth(live))


def test_there_are_as_many_cases_as_the_groups_ask_for() -> None:
    assert [2 * len(WIRE), len(REFUSALS), len(BODIES)] == [8, 8, 8]
