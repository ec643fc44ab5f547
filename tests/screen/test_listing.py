"""A theme is held against a listing: errors are errors, and what may be right is a warning."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from screener.data.align import read_instruments
from screener.errors import SpecError
from screener.screen.check import check_theme
from screener.screen.listing import basket_findings, listing_findings, listing_of
from screener.screen.suggest import suggest
from screener.universe import load
from tests.make import make_panel

ROWS = [
    ("300308.SZ", "中际旭创", "2012-04-10", "", "通信设备"),
    ("688256.SH", "寒武纪－U", "2020-07-20", "", "半导体"),
    ("300212.SZ", "*ST易录", "2010-01-01", "", "软件服务"),
    ("000977.SZ", "浪潮信息", "2000-06-08", "", "IT设备"),
    ("600588.SH", "用友网络", "2001-05-18", "", "软件服务"),
    ("603019.SH", "中科曙光", "2014-11-06", "", "IT设备"),
    ("300502.SZ", "新易盛", "2016-03-03", "", "通信设备"),
    ("600242.SH", "退市中昌", "2000-01-01", "2022-07-21", "软件服务"),
]
DAY = dt.date(2024, 1, 2)


def market(rows: list[tuple[str, ...]] = ROWS) -> SimpleNamespace:
    table = pd.DataFrame(rows, columns=["symbol", "name", "list_date", "delist_date", "industry"])
    known = read_instruments(table.replace("", None))
    return SimpleNamespace(instruments=known, industries=dict(known.industry))


def told(*members: dict, rows: list[tuple[str, ...]] = ROWS) -> list[tuple[str, str, str]]:
    found = listing_findings(list(members), listing_of(market(rows)))
    return [(finding.level, finding.key, finding.text) for finding in found]


@pytest.mark.parametrize(
    "member",
    [
        {"symbol": "sz300308", "name": "中际旭创", "since": DAY},
        {"symbol": "300308.SZ", "name": "中 际旭创"},
        {"symbol": "688256.SH", "name": "寒武纪"},
        {"symbol": "300212.SZ", "name": "易华录"},
        {"symbol": "300308.SZ", "name": "后来名", "former": [{"name": "中际旭创", "until": DAY}]},
        {"symbol": "600242.SH", "name": "退市中昌", "until": dt.date(2022, 7, 21)},
        {
            "symbol": "688256.SH",
            "name": "寒武纪",
            "since": dt.date(2020, 1, 2),
            "valid_from": dt.date(2020, 7, 20),
        },
        {"symbol": "900901.SH", "name": "told by the rules"},
        {"symbol": 300308, "name": "told by the rules"},
    ],
)
def test_what_fits_the_listing_is_not_spoken_of(member: dict) -> None:
    assert told(member) == []


@pytest.mark.parametrize(
    ("member", "level", "key", "text"),
    [
        (
            {"symbol": "300308.SZ", "name": "新易盛"},
            "error",
            "name",
            "新易盛 is the name of 300502.SZ; 300308.SZ is",
        ),
        ({"symbol": "300308.SZ", "name": "中际装备"}, "warning", "name", "is called 中际旭创 in the source"),
        ({"symbol": "300212.SZ", "name": "易华"}, "warning", "name", "is called *ST易录"),
        ({"symbol": "300212.SZ", "name": "易华科录"}, "warning", "name", "is called *ST易录"),
        ({"symbol": "600519.SH", "name": "贵州茅台"}, "warning", "symbol", "not among the 8 shares"),
        ({"symbol": "600242.SH", "name": "退市中昌"}, "warning", "symbol", "delisted on 2022-07-21"),
        (
            {"symbol": "688256.SH", "name": "寒武纪", "since": dt.date(2020, 1, 2)},
            "warning",
            "since",
            "listed on 2020-07-20, after since=2020-01-02",
        ),
    ],
)
def test_what_does_not_fit_is_told_at_its_key(member: dict, level: str, key: str, text: str) -> None:
    ((found_level, found_key, found_text),) = told(member)
    assert (found_level, found_key) == (level, key)
    assert text in found_text


def test_a_code_that_the_whole_market_lacks_is_an_error() -> None:
    many = [(f"{number:06d}.SZ", f"n{number}", "2000-01-01", "", "") for number in range(1, 3001)]
    assert told({"symbol": "600519.SH", "name": "x"}, rows=many)[0][0] == "error"
    assert told({"symbol": "600519.SH", "name": "x"}, rows=many[:-1])[0][0] == "warning"


def test_thin_baskets_large_weights_and_retired_codes_are_told() -> None:
    three = [{"symbol": s, "name": s, "weight": w} for s, w in zip("abc", (2, 1, 1), strict=True)]
    assert list(basket_findings(three)) == []
    three[0]["weight"] = 2.1
    (large,) = basket_findings(three)
    assert (large.level, large.member, large.key) == ("warning", 0, "weight")
    three[1]["weight"] = 0
    (thin,) = basket_findings(three)
    assert (thin.level, thin.member) == ("warning", None)
    assert "counted members: 2" in thin.text
    retired, _ = basket_findings([{"symbol": "830799.BJ", "name": "x"}])
    assert (retired.level, retired.text[-9:]) == ("error", "920799.BJ")


def test_all_findings_of_a_file_come_by_line_with_those_of_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        'title = "x"\nstage = "nowhere"\n\n'
        '[[members]]\nsymbol = "300308.SH"\nname = "a"\nconfidence = "peer"\nnote = "n"\n\n'
        '[[members]]\nsymbol = "000977.SZ"\nname = "用友网络"\nconfidence = "peer"\nnote = "n"\n',
        encoding="utf-8",
    )
    found = check_theme(path, listing_of(market()))
    assert [(one.line, one.level) for one in found] == [
        (1, "warning"),
        (2, "error"),
        (5, "error"),
        (12, "error"),
    ]
    path.write_text('title = "x"\nstage = upstream\n', encoding="utf-8")
    assert [(one.line, one.level) for one in check_theme(path)] == [(2, "error")]
    path.write_bytes("光".encode("gb18030"))
    assert "not UTF-8" in check_theme(path)[0].text


def test_suggestions_are_the_industries_other_shares_the_most_traded_first(tmp_path: Path) -> None:
    panel = make_panel(n_days=30, holes=False)
    source = market()
    source.symbols, source.span = panel.symbols, lambda: (panel.sessions[0], panel.sessions[-1])
    source.panel = lambda symbols, start: part(panel, symbols, start)
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "x"\nstage = "upstream"\n'
        + "".join(
            f'[[members]]\nsymbol = "{symbol}"\nname = "n"\nconfidence = "peer"\nnote = "n"\n'
            for symbol in ("300308.SZ", "300212.SZ", "603019.SH")
        ),
        encoding="utf-8",
    )
    found = suggest(load(path), source)
    wanted = {s: np.nan_to_num(panel.amount[-20:, panel.symbols.index(s)]).mean()
              for s in ("000977.SZ", "300502.SZ", "600588.SH")}  # fmt: skip
    assert list(found.index) == sorted(wanted, key=lambda symbol: -wanted[symbol])
    assert found["amount"].to_dict() == pytest.approx(wanted)
    source.industries = {}
    with pytest.raises(SpecError, match="knows no industries"):
        suggest(load(path), source)
    source.industries = {"600588.SH": "软件服务"}
    with pytest.raises(SpecError, match="industry of no member of mine"):
        suggest(load(path), source)


def part(panel, symbols, start):
    columns = [panel.symbols.index(symbol) for symbol in symbols]
    rows = panel.sessions >= start
    return SimpleNamespace(symbols=tuple(symbols), amount=panel.amount[rows][:, columns])
