"""Spellings that come in, and codes that do not."""

import pytest

from screener.errors import SymbolError
from screener.market.symbols import CodeError, board_of, exchange_of, normalise, resolve, successor

SPELLINGS = {
    "300308": "300308.SZ",
    "300308.SZ": "300308.SZ",
    "300308.sz": "300308.SZ",
    "sz300308": "300308.SZ",
    "SZ300308": "300308.SZ",
    "sz.300308": "300308.SZ",
    "SZ-300308": "300308.SZ",
    "300308_SZ": "300308.SZ",
    "300308SZ": "300308.SZ",
    "300308.XSHE": "300308.SZ",
    "SZSE.300308": "300308.SZ",
    "300308.SZSE": "300308.SZ",
    "３００３０８．ＳＺ": "300308.SZ",
    "３００３０８": "300308.SZ",
    " 300308 ": "300308.SZ",
    "\u3000300308 . SZ\t": "300308.SZ",
    "SZ 300308": "300308.SZ",
    "\ufeff300308": "300308.SZ",
    "600519.SS": "600519.SH",
    "600519.XSHG": "600519.SH",
    "600519.SSE": "600519.SH",
    "SHSE.600519": "600519.SH",
    "sh600519": "600519.SH",
    "'600519": "600519.SH",
    "’600519": "600519.SH",
    "689009": "689009.SH",
    "302132": "302132.SZ",
    "000977": "000977.SZ",
    "002415.sz": "002415.SZ",
    "920799": "920799.BJ",
    "bj920799": "920799.BJ",
    "430047.BSE": "430047.BJ",
    "872808": "872808.BJ",
}

REFUSED = {
    "000300.SH": ("index", "an SSE or CSI index"),
    "sh000001": ("index", "an SSE or CSI index"),
    "000001.XSHG": ("index", "an SSE or CSI index"),
    "399006.SZ": ("index", "an SZSE index"),
    "399006": ("index", "an SZSE index"),
    "899050.BJ": ("index", "a BSE index"),
    "801750.SI": ("index", "an index"),
    "H00300.CSI": ("index", "an index"),
    "900901": ("not_a_share", "an SSE B share"),
    "200002.SZ": ("not_a_share", "an SZSE B share"),
    "510300.SH": ("not_a_share", "an SSE fund"),
    "588000": ("not_a_share", "an SSE fund"),
    "159915": ("not_a_share", "an SZSE fund"),
    "161725": ("not_a_share", "open-ended fund"),
    "113050": ("not_a_share", "an SSE convertible"),
    "123001": ("not_a_share", "an SZSE convertible"),
    "400001": ("not_a_share", "delisted"),
    "820001": ("not_a_share", "preferred"),
    "700700": ("not_a_share", "no A-share code begins so"),
    "600519.SZ": ("wrong_exchange", "600519.SH"),
    "300308.SH": ("wrong_exchange", "300308.SZ"),
    "6.00519E+05": ("malformed", "spreadsheet"),
    "600519.0": ("malformed", "spreadsheet"),
    "1176": ("malformed", "six digits"),
    "2415.SZ": ("malformed", "six digits"),
    "0000977": ("malformed", "six digits"),
    "00700.HK": ("malformed", "six digits"),
    "NVDA": ("malformed", "six digits"),
    "": ("malformed", "six digits"),
    "sz300308.SZ": ("malformed", "six digits"),
    "300308.SZ;600519.SH": ("malformed", "six digits"),
}


@pytest.mark.parametrize(("text", "symbol"), SPELLINGS.items(), ids=repr)
def test_spelling_comes_in(text, symbol):
    assert normalise(text) == symbol


@pytest.mark.parametrize("symbol", sorted(set(SPELLINGS.values())))
def test_the_inner_spelling_is_a_fixed_point(symbol):
    assert normalise(symbol) == symbol
    assert exchange_of(symbol) == symbol[-2:]


@pytest.mark.parametrize(("text", "kind", "what"), [(text, *why) for text, why in REFUSED.items()])
def test_refusal_says_what_the_code_is(text, kind, what):
    with pytest.raises(SymbolError, match=what) as caught:
        normalise(text)
    assert caught.value.kind == kind
    assert len(caught.value.problems) == 1
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [600519, 2415, 600519.0, None])
def test_a_number_is_never_taken_for_a_code(number):
    for read in (normalise, board_of):
        with pytest.raises(CodeError, match="must be text"):
            read(number)


def test_boards_by_prefix():
    boards = {
        "SSE_MAIN": ["600000.SH", "601138.SH", "603019.SH", "605398.SH"],
        "STAR": ["688256.SH", "689009.SH"],
        "SZSE_MAIN": ["000977.SZ", "001270.SZ", "002415.SZ", "003029.SZ"],
        "CHINEXT": ["300308.SZ", "301269.SZ", "302132.SZ"],
        "BSE": ["920799.BJ", "430047.BJ", "830799.BJ", "872808.BJ"],
    }
    assert all(board_of(symbol) == board for board, symbols in boards.items() for symbol in symbols)
    assert board_of("300308") == "CHINEXT"


def test_full_width_digits_are_no_symbol_inside():
    with pytest.raises(CodeError, match="six digits"):
        resolve("６００５１９")


def test_a_code_that_was_replaced_has_a_successor_only_where_the_pair_is_known():
    assert successor("430489.BJ") == "920489.BJ"
    assert successor("430047.BJ") is None
    assert successor("300308.SZ") is None
