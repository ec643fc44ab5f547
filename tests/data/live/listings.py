"""The exchanges' lists and Sina's page of rights, in their own shapes."""

from __future__ import annotations

import json

from tests.data.live.market import Market, Share

FILLERS = 12  # Shenzhen's list is cut into shape only where it has more than ten rows
RIGHTS_OF = "600998"  # the share that once offered rights


def on(market: Market, exchange: str) -> list[Share]:
    return [share for share in market.shares.values() if share.symbol.endswith(exchange)]


def shanghai(market: Market, query: dict[str, str]) -> dict:
    """The main board, STAR, and with COMPANY_STATUS=3 those that have left, B shares among them."""
    if query["COMPANY_STATUS"] == "3":
        gone = [("600991", "退市试样", "20000104", "20240315"), ("900991", "试样B股", "20000104", "20200601")]
        names = ("COMPANY_CODE", "COMPANY_ABBR", "LIST_DATE", "DELIST_DATE")
        return {"result": [dict(zip(names, row, strict=True)) for row in gone]}
    star = query["STOCK_TYPE"] == "8"
    rows = [
        {"A_STOCK_CODE": share.symbol[:6], "B_STOCK_CODE": "-", "SEC_NAME_CN": share.name,
         "SEC_NAME_FULL": share.name, "COMPANY_ABBR": share.name, "FULL_NAME": share.name,
         "LIST_DATE": f"{share.listed:%Y%m%d}"}
        for share in on(market, "SH") if share.symbol.startswith("688") == star
    ]  # fmt: skip
    return {"result": rows}


def shenzhen(market: Market, catalogue: str) -> list[list]:
    """Rows of a workbook, the first with its names."""
    if catalogue == "SSGSGMXX":
        head = ["变更日期", "证券代码", "证券简称", "变更前简称", "变更后简称"]
        return [head, ["2024-03-20", "000998", "*ST试样", "试样", "*ST试样"],
                ["2023-05-04", "000998", "试样", "老试样", "试样"]]  # fmt: skip
    if catalogue == "1793_ssgs":
        head = ["证券代码", "证券简称", "上市日期", "终止上市日期"]
        return [head, ["000991", "退市试样二", "1999-05-05", "2023-07-03"]]
    head = ["板块", "公司全称", "A股代码", "A股简称", "A股上市日期", "A股总股本", "A股流通股本", "所属行业"]
    fillers = [(f"0009{k:02d}", f"填充{k}", "2000-01-04") for k in range(10, 10 + FILLERS)]
    own = [(share.symbol[:6], share.name, str(share.listed)) for share in on(market, "SZ")]

    return [
        head,
        *(["主板", "x", code, name, day, "1,000", "900", "C 制造业"] for code, name, day in own + fillers),
    ]


def beijing(market: Market) -> str:
    """Forty-eight columns, which akshare names by position."""
    place = {0: "day", 11: 1, 17: "x", 22: "20240331", 29: "x", 35: "x", 36: 1}
    rows = []
    for share in on(market, "BJ"):
        values = [place.get(k, "") for k in range(48)]
        values[0], values[38], values[40] = f"{share.listed:%Y%m%d}", share.symbol[:6], share.name
        rows.append({f"f{k:02d}": value for k, value in enumerate(values)})
    return f"null({json.dumps([{'content': rows, 'totalPages': 1}], ensure_ascii=False)})"


def rights(_: Market, __: dict[str, str], code: str) -> str:
    """A page of many tables, of which the thirteenth holds dividends and the fourteenth rights."""
    empty = "<table><tr><td>x</td></tr></table>"
    days = ["除权日", "股权登记日", "缴款起始日", "缴款终止日", "配股上市日"]
    names = ["公告日期", "配股方案", "配股价格", "基准股本", *days, "募集资金合计", "查看详细"]
    row = ["2024-03-05", "3", "4.20", "1000", "2024-03-14", "2024-03-06", "2024-03-07", "2024-03-13",
           "2024-03-21", "300", "查看"]  # fmt: skip
    table = grid(names, row if code == RIGHTS_OF else ["暂时没有数据！"] * len(names))
    return f"<html><body>{empty * 13}{table}</body></html>"


def grid(names: list[str], row: list[str]) -> str:
    title = f"<tr><th colspan={len(names)}>配股</th></tr>"
    head = "".join(f"<th>{name}</th>" for name in names)
    cells = "".join(f"<td>{cell}</td>" for cell in row)
    return f"<table><thead>{title}<tr>{head}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"
