"""Fourteen kinds of bad answer (B1 to B14), sent over the wire through the real akshare.

Of each case one thing is asked: what enters is what the invented market holds, and whatever is lost on the
way is said, by an error of ours, a refused row or a note. Nothing wrong enters in silence.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from screener.data.live.accept import Known, accept_bars
from screener.data.live.accept_events import accept_factors
from screener.data.live.akshare_provider import Akshare
from screener.data.live.base import BARS
from screener.data.live.faults import LiveError, NoData, WrongStock
from screener.data.live.transport import Policy, guarded
from screener.errors import ScreenerError
from tests.data.live.conftest import NOW, Live, table
from tests.data.live.standin import Fault, Server, rewriting

SYMBOL = "600998.SH"
OTHERS = "gtimg|qq.com|realstock/company/.*klc"  # the sources behind eastmoney


class Outcome(NamedTuple):
    """What became of a fetch: an error, or rows with what was refused and noted."""

    error: ScreenerError | None
    bars: pd.DataFrame
    refused: int
    said: tuple[str, ...]

    @property
    def silent_loss(self) -> bool:
        return self.error is None and not self.refused and not self.said


def truth(live: Live) -> pd.DataFrame:
    return table(live.market.shares[SYMBOL].bars)


def fetch(live: Live, stored: pd.DataFrame | None = None) -> Outcome:
    """Ask for bars and factors and let them through the contract, as an update does."""
    live.source.notes.clear()
    try:
        bars = live.bars(SYMBOL)
        factors = accept_factors(SYMBOL, live.source.factors(SYMBOL))
        found = accept_bars(SYMBOL, bars, NOW, Known(factors=factors, stored=stored))
    except ScreenerError as error:
        return Outcome(error, truth(live).head(0), 0, ())
    said = (*live.source.notes, *found.notes)
    return Outcome(None, found.accepted, len(found.rejected), said)


def sound(live: Live, outcome: Outcome) -> None:
    """Every row that entered is one of the market's, and what is missing is said."""
    real = truth(live)
    both = outcome.bars.merge(real, on="date", how="left", suffixes=("", "_true"))
    for name in BARS[1:]:
        slack = {"volume": 100, "amount": 10}.get(name, 1e-9)
        np.testing.assert_allclose(both[name], both[f"{name}_true"], rtol=0, atol=slack, err_msg=name)
    assert len(outcome.bars) == len(real) or not outcome.silent_loss


def lone(live: Live) -> None:
    """Leave eastmoney as the only source, so that its answer is not made good by another."""
    live.server.faults.append(Fault(OTHERS, "status", status=404))


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


def _change(text: Callable[[bytes], bytes]) -> dict:
    return {"kind": "body", "change": text}


BODIES = {
    "page": {"kind": "page"},
    "empty": {"kind": "empty"},
    "null": {"kind": "null"},
    "gzip": {"kind": "gzip"},
    "cut off": _change(lambda body: body[: len(body) // 2]),
    "no klines": _change(lambda body: re.sub(rb'"klines": \[.*\]', b'"klines": []', body)),
    "a list": _change(lambda body: b"[]"),
    "no data at all": _change(lambda body: b'{"rc": 0}'),
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


# B4 to B6: rows. The lines of eastmoney are changed on the wire.


def lines(change: Callable[[list[list[str]]], list[list[str]]]) -> dict:
    """Change the fields of the lines: date, open, close, high, low, volume, amount, ..."""

    def body(raw: bytes) -> bytes:
        data = json.loads(raw)
        rows = [line.split(",") for line in data["data"]["klines"]]
        data["data"]["klines"] = [",".join(row) for row in change(rows)]
        return json.dumps(data).encode()

    return _change(body)


def every(place: int, turn: Callable[[str], str]) -> dict:
    return lines(lambda rows: [[*row[:place], turn(row[place]), *row[place + 1 :]] for row in rows])


def one(place: int, value: str, at: int = 10) -> dict:
    def change(rows: list[list[str]]) -> list[list[str]]:
        rows[at][place] = value
        return rows

    return lines(change)


def scaled(place: int, by: float, start: int = 0) -> dict:
    def change(rows: list[list[str]]) -> list[list[str]]:
        for row in rows[start:]:
            row[place] = f"{float(row[place]) * by:.4f}"
        return rows

    return lines(change)


COLUMNS = {
    "a field less": lines(lambda rows: [row[:-1] for row in rows]),
    "a field more": lines(lambda rows: [[*row, "1"] for row in rows]),
    "prices in another order": lines(lambda rows: [[r[0], r[3], r[4], r[1], r[2], *r[5:]] for r in rows]),
    "volume and amount swapped": lines(lambda rows: [[*r[:5], r[6], r[5], *r[7:]] for r in rows]),
    "date at the end": lines(lambda rows: [[*r[1:], r[0]] for r in rows]),
    "amount in ten thousands": scaled(6, 1e-4),
    "amount in thousands, half way": scaled(6, 1e-3, 20),
    "volume in ten thousands": scaled(5, 1e-2 * 1e-2),
    "volume in shares": scaled(5, 100.0),
    "volume in shares, half way": scaled(5, 100.0, 20),
    "prices in fen": lines(
        lambda rows: [[r[0], *(f"{float(x) * 100:.0f}" for x in r[1:5]), *r[5:]] for r in rows]
    ),
    "klines renamed": _change(lambda body: body.replace(b"klines", b"lines")),
}  # fmt: skip

ROWS = {
    "twice": lines(lambda rows: [*rows, rows[5]]),
    "all twice": lines(lambda rows: rows * 2),
    "two of a day": lines(lambda rows: [*rows, [rows[5][0], *rows[6][1:]]]),
    "reversed": lines(lambda rows: rows[::-1]),
    "shuffled": lines(lambda rows: rows[1::2] + rows[::2]),
    "no date": one(0, "-"),
    "no such date": one(0, "2024-02-31"),
    "weekend": one(0, "2024-03-09"),
    "holiday": one(0, "2024-04-04"),
    "the year 2099": one(0, "2099-01-05"),
    "the future": one(0, "2026-11-02"),
    "a gap": lines(lambda rows: rows[:12] + rows[15:]),
    "every other day": lines(lambda rows: rows[::2]),
    "one day shifted": one(0, "2024-03-01"),
}

VALUES = {
    "no close": one(2, "-"),
    "no volume": one(5, ""),
    "negative price": one(1, "-3.00"),
    "zero price": one(2, "0.00"),
    "nan": one(3, "nan"),
    "inf": one(3, "inf"),
    "minus inf": one(4, "-inf"),
    "off the grid": every(2, lambda text: f"{float(text) * 0.999:.4f}"),
    "high below low": one(3, "0.01"),
    "close above high": one(2, "99999.00"),
    "negative volume": one(5, "-5"),
    "denormal volume": one(5, "5e-324"),
    "no volume, prices move": one(5, "0"),
    "negative amount": one(6, "-1.0"),
    "no amount": one(6, ""),
    "huge": one(6, "1e308"),
}


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(
    ("group", "name"), [(g, n) for g, cases in (("B4", COLUMNS), ("B5", ROWS), ("B6", VALUES)) for n in cases]
)
def test_b4_to_b6_wrong_columns_rows_and_values_never_enter(
    live: Live, group: str, name: str, alone: bool
) -> None:
    case = {"B4": COLUMNS, "B5": ROWS, "B6": VALUES}[group][name]
    live.server.faults.append(Fault("push2his", **case))
    if alone:
        lone(live)
    outcome = fetch(live)
    sound(live, outcome)
    harmless = name in ("volume in shares", "volume in shares, half way")  # the unit is found row by row
    assert harmless or not outcome.silent_loss


# B7: another share.


def _other(body: bytes) -> bytes:
    return body.replace(b'"code": "600998"', b'"code": "000998"')


WRONG = {
    "eastmoney names another": Fault("push2his", "body", change=_other),
    "Sina's factors name another": Fault(
        "hfq.js", "body", change=lambda b: b.replace(b"sh600998", b"sz000998")
    ),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_b7_an_answer_that_names_another_share_is_refused(live: Live, name: str) -> None:
    fault = WRONG[name]
    live.server.faults.append(Fault(fault.match, fault.kind, change=fault.change))
    lone(live)
    outcome = fetch(live)
    assert isinstance(outcome.error, WrongStock)


def test_b7_an_answer_of_sina_that_names_another_share_is_refused(live: Live) -> None:
    live.server.faults.append(Fault("push2his|gtimg|qq.com", "status", status=404))
    live.server.faults.append(Fault("klc2", "body", change=lambda b: b.replace(b"sh600998", b"sz000998")))
    with pytest.raises(LiveError, match="is about 000998"):
        live.bars(SYMBOL)


def test_b7_another_share_under_the_right_name_is_found_by_the_overlap(live: Live) -> None:
    other = table(live.market.shares["000998.SZ"].bars)
    rows = [[f"{bar.date:%Y-%m-%d}", *(f"{v:.2f}" for v in (bar.open, bar.close, bar.high, bar.low)),
             f"{bar.volume / 100:.0f}", f"{bar.amount:.2f}", "1", "1", "1", "1"]
            for bar in other.itertuples()]  # fmt: skip
    live.server.faults.append(Fault("push2his", **lines(lambda _: rows)))
    outcome = fetch(live, stored=truth(live)[["date", "close"]].head(30))
    assert outcome.error is None
    assert outcome.bars.empty
    assert outcome.refused == len(other)


# B8: adjusted prices, and factors of another basis.


def adjusted(turn: Callable[[float], float], start: int = 0, stop: int = 99) -> dict:
    def change(rows: list[list[str]]) -> list[list[str]]:
        for row in rows[start:stop]:
            row[1:5] = [f"{turn(float(text)):.2f}" for text in row[1:5]]
        return rows

    return lines(change)


SPLIT = {
    "shifted by a dividend": adjusted(lambda price: price - 0.5, 0, 20),
    "multiplied back": adjusted(lambda price: price / 1.3, 0, 20),
    "multiplied forward": adjusted(lambda price: price * 1.3, 20),
    "everything shifted": adjusted(lambda price: price - 1.35),
    "below zero": adjusted(lambda price: price - 500.0, 0, 20),
    "one row of another basis": adjusted(lambda price: price / 1.3, 9, 10),
}
OFF = {
    "no factor": lambda body: re.sub(rb"\{\"d\": \"2024[^}]*\}, ", b"", body),
    "of another day": lambda body: re.sub(rb"2024-\d\d-\d\d", b"2024-04-10", body),
    "of another size": lambda body: body.replace(b'"1.3', b'"2.3'),
    "shrinking": lambda body: body.replace(b'"1.3', b'"0.3'),
}


@pytest.mark.parametrize("name", list(SPLIT))
def test_b8_adjusted_prices_do_not_enter_beside_raw_ones(live: Live, name: str) -> None:
    live.server.faults.append(Fault("push2his", **SPLIT[name]))
    lone(live)
    outcome = fetch(live, stored=truth(live)[["date", "close"]].head(30))
    sound(live, outcome)
    assert outcome.error is not None or outcome.refused


@pytest.mark.parametrize("name", list(OFF))
def test_b8_factors_of_another_basis_do_not_pass(live: Live, name: str) -> None:
    live.server.faults.append(Fault("hfq.js", "body", change=OFF[name]))
    outcome = fetch(live)
    sound(live, outcome)
    assert outcome.error is not None or outcome.refused


@pytest.mark.parametrize(
    "extra", [b'{"d": "2024-04-04", "f": "1.9"}, ', b'{"d": "2024-03-20", "f": "1.2"}, ']
)
def test_b10_an_ex_date_that_the_bars_do_not_show_is_a_break(live: Live, extra: bytes) -> None:
    live.server.faults.append(
        Fault("hfq.js", "body", change=lambda b: b.replace(b'"data": [', b'"data": [' + extra))
    )
    outcome = fetch(live)
    sound(live, outcome)
    assert outcome.error is not None or outcome.refused


# B13: the end of the calendar.


@pytest.mark.parametrize("day", ["2027-01-04", "2027-06-01", "2014-12-31", "1999-01-04"])
def test_b13_days_that_the_calendar_does_not_know_are_refused(live: Live, day: str) -> None:
    live.server.faults.append(Fault("push2his", **one(0, day)))
    lone(live)
    live.source.notes.clear()
    bars = live.bars(SYMBOL)
    later = dt.datetime(2028, 1, 1, tzinfo=dt.UTC)
    found = accept_bars(SYMBOL, bars, later, Known(factors=live.source.factors(SYMBOL)))
    assert found.rejected["reason"].tolist() == ["not a session of the calendar"]


# B14: two sources that disagree.


@pytest.mark.parametrize("at", [5, 25, 38])
@pytest.mark.parametrize("by", ["0.03", "1.00"])
def test_b14_a_second_source_that_disagrees_with_the_store_does_not_enter(
    live: Live, at: int, by: str
) -> None:
    stored = truth(live)[["date", "close"]]
    stored.loc[at, "close"] += float(by)
    outcome = fetch(live, stored=stored)
    assert outcome.refused == len(stored)


def test_a_clean_answer_enters_whole_and_says_nothing(live: Live) -> None:
    outcome = fetch(live)
    sound(live, outcome)
    assert outcome.silent_loss
    assert len(outcome.bars) == len(truth(live))


def test_there_are_as_many_cases_as_the_groups_ask_for() -> None:
    """B9 and B11 stand in `test_accept`: the limit of the day, and the bar of a session that is not over."""
    counts = [len(cases) for cases in (REFUSALS, BODIES, COLUMNS, ROWS, VALUES)]
    assert counts == [8, 8, 12, 14, 16]
    assert (2 * len(WIRE), len(SPLIT) + len(OFF)) == (8, 10)
