"""Bad rows over the wire, through the real akshare: moved columns, false values, another basis (B4 to B14).

What is asked of each case stands in `test_bad_answers`, which has the kinds B1 to B3.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest

from screener.data.live.accept import Known, accept_bars
from screener.data.live.faults import LiveError, WrongStock
from tests.data.live.bad import SYMBOL, changed, fetch, lines, lone, sound, truth
from tests.data.live.conftest import Live, table
from tests.data.live.standin import Fault

# B4 to B6: rows. The lines of eastmoney are changed on the wire.


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
    "klines renamed": changed(lambda body: body.replace(b"klines", b"lines")),
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


def test_there_are_as_many_cases_as_the_groups_ask_for() -> None:
    """B9 stands in `test_continuity`, the limit of the day, B11 in `test_accept`, a session not over."""
    assert [len(cases) for cases in (COLUMNS, ROWS, VALUES)] == [12, 14, 16]
    assert len(SPLIT) + len(OFF) == 10
