"""Lists of shares come in whatever a terminal or a spreadsheet wrote, and never with a wrong code."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from screener.errors import UniverseError
from screener.universe.exports import read_export, read_positions, restored

SHARES = [("000977.SZ", "浪潮信息", 5.2), ("300308.SZ", "中际旭创", 3.0), ("600519.SH", "贵州茅台", None)]
TABLE = '证券代码,证券简称,权重(%)\n="000977",浪潮信息,5.2\nsz300308,中际旭创,3%\n600519.SH,贵 州茅台,--\n'
OTHER_HEADS = [
    ("代码", "名称", "权重"),
    ("股票代码", "name", "weight"),
    ("Code", "NAME", "Weight"),
    ("symbol", "证券简称", "权重（%）"),
    ("Wind代码", "名称", "权重"),
]


def read(path: Path, data: bytes | str) -> list[tuple[str, str, float | None]]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return [(line.symbol, line.name, line.weight) for line in read_export(path).lines]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_and_separator_gives_the_same_shares(encoding, separator, tmp_path) -> None:
    text = "自选股\n\n" + TABLE.replace(",", separator) + "\n数据来源：Wind\n"
    assert read(tmp_path / "list.csv", text.replace("\n", "\r\n").encode(encoding)) == SHARES


@pytest.mark.parametrize("heads", OTHER_HEADS)
def test_columns_are_known_by_their_usual_names(heads, tmp_path) -> None:
    text = TABLE.replace("证券代码,证券简称,权重(%)", ",".join(heads))
    assert read(tmp_path / "list.csv", text) == SHARES


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("300308", "300308"),
        ("sz300308", "sz300308"),
        ("300308.SZ", "300308.SZ"),
        ("３００３０８", "300308"),
        ('="000977"', "000977"),
        ("'000977", "000977"),
        ("977.0", "000977"),
        ("977", "000977"),
        ("2230.SZ", "002230.SZ"),
        ("600519.0", "600519"),
        ("6.00519E+05", "600519"),
        ("00700", "00700"),
        ("00700.HK", "00700.HK"),
    ],
)
def test_codes_are_mended_only_where_a_spreadsheet_broke_them(text, code) -> None:
    found, note = restored(text)
    assert found == code
    assert bool(note) == (text in ("977.0", "977", "2230.SZ"))


def test_all_problems_are_told_at_once_with_their_rows(tmp_path) -> None:
    rows = [
        "200001,a,1",
        "00700,b,1",
        "300308,,1",
        "600519,茅台,x",
        "600519,茅台,-1",
        "000977,c,1",
        "977,d,1",
        ",e,1",
    ]
    with pytest.raises(UniverseError) as caught:
        read(tmp_path / "list.csv", "\n".join(["代码,名称,权重", *rows]))
    told = caught.value.problems
    for row, text in [(2, "SZSE B share"), (3, "'00700'"), (4, "name is missing"), (5, "weight 'x'"),
                      (6, "weight '-1'"), (8, "stands in row 7"), (9, "code is missing")]:  # fmt: skip
        assert any(one.startswith(f"list.csv: row {row}: ") and text in one for one in told), (row, text)
    assert len(told) == 7


def test_a_workbook_gives_the_same_shares_and_says_which_zeros_it_lost(tmp_path) -> None:
    pytest.importorskip("openpyxl")
    path = tmp_path / "list.xlsx"
    names = [name for _, name, _ in SHARES]
    codes, weights = [977, 300308.0, "600519.SH"], [5.2, 3, None]
    sheet = pd.DataFrame({"证券代码": codes, "证券简称": names, "权重": weights})
    sheet.to_excel(path, index=False)
    export = read_export(path)
    assert [(line.symbol, line.name, line.weight) for line in export.lines] == SHARES
    assert export.notes == ("row 2: '977' read as 000977: a spreadsheet had dropped its zeros",)


def test_a_workbook_without_its_reader_is_refused_in_words(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UniverseError, match=r"install screener\[excel\], or save the file as CSV"):
        read(tmp_path / "list.xlsx", b"PK\x03\x04")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel workbook"),
        (b"<html><table>", "web page"),
        (b"PK\x03\x04broken", "no readable workbook"),
        ("a,b\n1,2\n", "no column of codes"),
        ("代码,b\n300308,2\n", "no column of names in row 1"),
        ("代码,名称\n", "no rows below the header"),
        (b"\x81\x00\xff\xff\xfe", "neither UTF-8"),
    ],
)
def test_what_is_no_list_is_refused_in_words(data, text, tmp_path) -> None:
    with pytest.raises(UniverseError, match=text) as caught:
        read(tmp_path / "list.xls", data)
    assert len(caught.value.problems) == 1


def test_an_old_suffix_over_plain_text_is_read_as_text(tmp_path) -> None:
    assert read(tmp_path / "list.xls", TABLE.replace(",", "\t").encode("gb18030")) == SHARES


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_positions_of_a_terminal_are_shares_by_symbol(tmp_path, encoding):
    text = '证券代码\t证券名称\t股份余额\t可用\n300308\t中际旭创\t1,200\t1200\n="000977"\t浪潮信息\t0\t0\n'
    (tmp_path / "held.csv").write_bytes(text.encode(encoding))
    assert read_positions(tmp_path / "held.csv") == ({"300308.SZ": 1200}, ())


@pytest.mark.parametrize("shares", ["-100", "1.5", "many", ""])
def test_positions_that_are_no_numbers_of_shares_are_refused(tmp_path, shares):
    (tmp_path / "held.csv").write_text(f"代码,名称,数量\n300308,中际旭创,{shares}\n", encoding="utf-8")
    with pytest.raises(UniverseError, match="row 2: shares"):
        read_positions(tmp_path / "held.csv")


def test_what_an_account_holds_beside_shares_is_left_out_and_named(tmp_path) -> None:
    rows = [
        "300308,中际旭创,1200",
        "159915,创业板ETF,100",
        "204001,GC001,10",
        "900901,云赛B股,5",
        "合计,,1315",
    ]
    (tmp_path / "held.csv").write_text("\n".join(["代码,名称,数量", *rows]), encoding="gb18030")
    found = read_positions(tmp_path / "held.csv")
    assert found.held == {"300308.SZ": 1200}
    assert [note.partition(" is left out: ")[0] for note in found.notes] == [
        f"held.csv: row {row}" for row in (3, 4, 5)
    ]
    assert "159915 is an SZSE fund, not an A-share" in found.notes[0]
    (tmp_path / "held.csv").write_text("代码,名称,数量\n3003O8,中际旭创,1200\n", encoding="utf-8")
    with pytest.raises(UniverseError, match="row 2: code"):
        read_positions(tmp_path / "held.csv")


def test_a_list_without_shares_is_no_list_of_positions(tmp_path):
    (tmp_path / "held.csv").write_text("代码,名称\n300308,中际旭创\n", encoding="utf-8")
    with pytest.raises(UniverseError, match="no column of shares"):
        read_positions(tmp_path / "held.csv")


def test_what_is_allowed_is_said_once(tmp_path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("代码,名称\n900901,甲\n510300,乙\n999999,丙\n", encoding="utf-8")
    with pytest.raises(UniverseError) as caught:
        read_export(path)
    assert [line.count("A-shares begin with") for line in caught.value.problems] == [1, 0, 0]
    assert "510300 is an SSE fund" in caught.value.problems[1]


def test_an_empty_file_is_called_empty(tmp_path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b" \r\n")
    with pytest.raises(UniverseError, match=r"list\.csv: is empty"):
        read_export(path)
