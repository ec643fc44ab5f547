"""Codes on the days when they begin and end, and what the refusals say."""

import pytest

from screener.market.symbols import Code, CodeError, exchange_of, normalise, resolve


@pytest.mark.parametrize(
    ("digits", "exchange", "day", "kind", "what"),
    [
        (
            "688256",
            None,
            "2019-07-19",
            "not_open",
            "688256: no such code before 2019-07-22, asked for 2019-07-19",
        ),
        ("300308", "SZ", "2009-10-29", "not_open", "300308: no such code before 2009-10-30"),
        ("920799", "BJ", "2024-04-21", "not_open", "920799: no such code before 2024-04-22"),
        ("430047", "BJ", "2021-11-14", "not_open", "430047: no such code before 2021-11-15"),
        (
            "430047",
            "BJ",
            "2025-10-09",
            "retired_code",
            "430047: such codes ended on 2025-10-08, asked for 2025-10-09",
        ),
        ("830799", "BJ", "2025-05-06", "retired_code", "830799 became 920799 on 2025-05-06"),
        ("830799", "BJ", "2026-01-05", "retired_code", "830799 became 920799 on 2025-05-06"),
    ],
)
def test_a_code_is_refused_outside_its_days(digits, exchange, day, kind, what):
    with pytest.raises(CodeError) as caught:
        resolve(digits, exchange, day)
    assert caught.value.kind == kind
    assert str(caught.value).startswith(what)


@pytest.mark.parametrize(
    ("digits", "day"),
    [
        ("688256", "2019-07-22"),
        ("920799", "2024-04-22"),
        ("430047", "2021-11-15"),
        ("430047", "2025-10-08"),
        ("830799", "2025-05-05"),
        ("600519", "1990-12-19"),
    ],
)
def test_a_code_holds_on_its_first_and_its_last_day(digits, day):
    assert resolve(digits, None, day) == resolve(digits)


def test_the_refusal_names_the_code_as_it_was_asked_for():
    for ask, name in ((("000300", "SH"), "000300.SH is"), (("900901",), "900901 is")):
        with pytest.raises(CodeError, match=name):
            resolve(*ask)
    with pytest.raises(CodeError, match=r"600519\.SZ: a share of SSE_MAIN, written 600519\.SH"):
        resolve("600519", "SZ")


@pytest.mark.parametrize("exchange", ["", "SS", "sh", "HK"])
def test_an_exchange_is_one_of_three(exchange):
    with pytest.raises(CodeError, match=rf"600519\.{exchange}: the exchange must be SH, SZ or BJ") as caught:
        resolve("600519", exchange)
    assert caught.value.kind == "malformed"


@pytest.mark.parametrize("digits", ["60051", "6005190", "60051a", "", None, 600519])
def test_digits_are_six_and_text(digits):
    with pytest.raises(CodeError, match="must be text of six digits") as caught:
        resolve(digits)
    assert caught.value.kind == "malformed"


def test_a_resolved_code_is_whole():
    assert resolve("430047") == resolve("430047", "BJ") == Code("430047", "BJ", "BSE")
    assert exchange_of("430047") == "BJ"


def test_a_symbol_with_a_dot_has_an_exchange():
    with pytest.raises(CodeError, match="the exchange must be"):
        exchange_of("600519.")
    with pytest.raises(CodeError, match="six digits and exchange"):
        normalise("600519.")


def test_refusals_list_what_an_a_share_begins_with():
    with pytest.raises(
        CodeError, match=r"A-shares begin with SH 600 601 603 605, SH 688 689, SZ 000 001 002 003"
    ):
        resolve("700700")
