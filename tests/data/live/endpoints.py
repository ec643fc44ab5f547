"""What each endpoint answers: the shapes that akshare's parsers read, filled from an invented market."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Callable

from tests.data.live import klc, listings
from tests.data.live.market import Bar, Market, Share

Query = dict[str, str]


def answer(market: Market, host: str, path: str, query: Query) -> bytes | None:
    """Return the body for an address, None where no endpoint is."""
    for pattern, endpoint in ROUTES:
        match = re.fullmatch(pattern, f"{host}{path}")
        if match:
            body = endpoint(market, query, *match.groups())
            return body if isinstance(body, bytes) else body.encode("utf-8")
    return None


def as_json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False)


def symbol_of(market: Market, code: str) -> str | None:
    """Find a share by six digits, with or without the exchange before them."""
    return next((symbol for symbol in market.shares if symbol.startswith(code[-6:])), None)


def number(value: float) -> str:
    return f"{value:.2f}"


# Eastmoney: shares and indices share one endpoint; volumes in lots.


def em_kline(market: Market, query: Query) -> str:
    place, _, digits = query["secid"].partition(".")
    index = f"{digits}.{ {'0': 'SZ', '1': 'SH', '2': 'CSI'}[place] }"
    share = market.shares.get(symbol_of(market, digits) or "")
    bars = market.indices.get(index) or (share.bars if share else [])
    references = {event.date: event.reference for event in share.dividends} if share else {}
    lines = [
        em_line(bar, references.get(bar.date, old.close))
        for old, bar in zip(bars[:1] + bars, bars, strict=False)
    ]
    inside = [line for line in lines if query["beg"] <= line[0].replace("-", "") <= query["end"]]
    head = {"rc": 0 if bars else 100, "rt": 17, "svr": 1, "lt": 1, "full": 0, "dlmkts": ""}
    if not bars:
        return as_json({**head, "data": None})
    fields = len(query["fields2"].split(","))
    klines = [",".join(line[: min(fields, 11)]) for line in inside]
    named = {"code": digits, "market": int(place), "name": "试样", "decimal": 2, "dktotal": len(bars)}
    return as_json({**head, "data": {**named, "preKPrice": 1.0, "klines": klines}})


def em_line(bar: Bar, reference: float) -> list[str]:
    """Changes count from the exchange's reference price, as it is believed of the real endpoint."""
    prices = [number(value) for value in (bar.open, bar.close, bar.high, bar.low)]
    change = bar.close - reference
    moves = [number(100 * (bar.high - bar.low) / reference), number(100 * change / reference), number(change)]
    return [str(bar.date), *prices, str(bar.volume // 100), number(bar.amount), *moves, "1.2"]


# Tencent: by year, windows overlap; volumes in lots but on the STAR board; amounts in ten thousands.


def tx_first(market: Market, query: Query) -> str:
    symbol = symbol_of(market, query["code"])
    rows = [[str(market.shares[symbol].bars[0].date), "1", "1"]] if symbol else []
    return f"trend_qfq={as_json({'code': 0, 'msg': '', 'data': rows})}"


def tx_kline(market: Market, query: Query) -> str:
    code, _, first, last, *_ = query["param"].split(",")
    symbol = symbol_of(market, code)
    unit = 1 if code.startswith("sh688") else 100
    bars = market.shares[symbol].bars if symbol else []
    rows = [
        [str(bar.date), *(number(v) for v in (bar.open, bar.close, bar.high, bar.low)),
         f"{bar.volume / unit:.3f}", {}, "1.71", f"{bar.amount / 1e4:.3f}", ""]
        for bar in bars if first <= str(bar.date) <= last
    ]  # fmt: skip
    node = {"day": rows, "qt": {}, "prec": "1.0", "version": "16"} if symbol else {"qt": {}}
    return f"{query['_var']}={as_json({'code': 0, 'msg': '', 'data': {code: node}})}"


# Sina.


def sina_bars(market: Market, _: Query, code: str) -> str:
    symbol = symbol_of(market, code)
    packed = klc.pack_share(market.shares[symbol].bars) if symbol else ""
    return f'var KLC_K2_{code}="{packed}";\n/* sina */'


def sina_index(market: Market, _: Query, code: str) -> str:
    bars = market.indices[f"{code[2:]}.{code[:2].upper()}"]
    return f'var KLC_KL_{code}="{klc.pack_index([bar[:6] for bar in bars])}";\n/* sina */'


def sina_factors(market: Market, _: Query, code: str) -> str:
    symbol = symbol_of(market, code)
    events = market.shares[symbol].dividends if symbol else []
    rows = [{"d": str(event.date), "f": f"{event.factor:.16f}"} for event in reversed(events)]
    rows += [{"d": "1900-01-01", "f": "1.0000000000000000"}] if rows else []
    return f"var {code}hfq={as_json({'total': len(rows), 'data': rows})}\n/* signed */"


def sina_shares(market: Market, query: Query) -> str:
    head = "/*<script>location.href='//sina.com';</script>*/\n"
    return f'{head}var KKE_ShareAmount_{query["symbol"]}=([{{date:"2000-06-08",amount:"300000"}}]);'


def sina_sessions(market: Market, _: Query) -> str:
    return f'var datelist="{klc.pack_sessions(market.sessions)}";'


# Eastmoney's data centre.


def data_centre(market: Market, query: Query) -> str:
    name = query.get("reportName") or query["type"]
    rows = REPORTS[name](market, query)
    if not rows:
        return as_json({"result": None, "success": False, "message": "返回数据为空", "code": 9201})
    result = {"pages": 1, "data": rows, "count": len(rows)}
    return as_json({"version": "x", "result": result, "success": True, "message": "ok", "code": 0})


def asked_share(market: Market, query: Query) -> Share | None:
    match = re.search(r'SECU(?:RITY_)?CODE="([0-9]{6})', query["filter"])
    return market.shares.get(symbol_of(market, match[1]) or "") if match else None


def valuation(market: Market, query: Query) -> list[dict]:
    share = asked_share(market, query)
    if share is None:
        return []
    total = 1_000_000_000
    fixed = {"SECURITY_CODE": share.symbol[:6], "SECUCODE": share.symbol, "SECURITY_NAME_ABBR": share.name}
    ratios = {
        "PE_TTM": 25.1,
        "PE_LAR": 26.9,
        "PB_MRQ": 2.6,
        "PCF_OCF_TTM": None,
        "PS_TTM": 0.7,
        "PEG_CAR": -2,
    }
    return [
        {**fixed, **ratios, "TOTAL_SHARES": total, "FREE_SHARES_A": total // 2, "CLOSE_PRICE": bar.close,
         "CHANGE_RATE": 0.1, "TOTAL_MARKET_CAP": bar.close * total,
         "NOTLIMITED_MARKETCAP_A": bar.close * total / 2, "TRADE_DATE": f"{bar.date} 00:00:00"}
        for bar in reversed(share.bars)
    ]  # fmt: skip


def bonuses(market: Market, query: Query) -> list[dict]:
    """Thirty columns, which akshare names by position."""
    share = asked_share(market, query)
    return [bonus_row(share, event) for event in share.dividends] if share else []


def bonus_row(share: Share, event: object) -> dict:
    cash, bonus = event.cash * 10, event.bonus * 10
    day = "{} 00:00:00".format
    values = [
        share.symbol, share.name, share.symbol[:6], "1", "1", bonus, None, bonus, cash, day("2024-03-20"),
        day(event.record), day(event.date), day("2023-12-31"), "实施分配",
        f"10转{bonus:.2f}派{cash:.2f}元(含税,扣税后{cash * 0.9:.2f}元)", day(event.record), "x", "x", "x",
        1.0, 2.0, 0.5, 1.5, 10.0, 1e9, day("2024-03-20"), 0.01, "x", "x", "x",
    ]  # fmt: skip
    keys = {0: "SECUCODE", 2: "SECURITY_CODE", 11: "EX_DIVIDEND_DATE"}
    return {keys.get(k, f"F{k}"): value for k, value in enumerate(values)}


def releases(market: Market, query: Query) -> list[dict]:
    period = re.search(r"REPORT_DATE='([0-9-]{10})'", query["filter"])[1]
    beijing = 'TRADE_MARKET_CODE="069001017"' in query["filter"]
    released = dt.date.fromisoformat(period) + dt.timedelta(days=28)
    late = {"FIRST_CHANGE_DATE": None, "SECOND_CHANGE_DATE": None, "THIRD_CHANGE_DATE": None}
    return [
        {"SECURITY_CODE": share.symbol[:6], "SECURITY_NAME_ABBR": share.name,
         "FIRST_APPOINT_DATE": f"{released} 00:00:00", "ACTUAL_PUBLISH_DATE": f"{released} 00:00:00",
         "REPORT_DATE": f"{period} 00:00:00", **late}
        for share in market.shares.values() if share.symbol.endswith("BJ") == beijing
    ]  # fmt: skip


def suspensions(market: Market, query: Query) -> list[dict]:
    """Twelve columns, which akshare names by position after its own index."""
    day = dt.date.fromisoformat(re.search(r"DATETIME='([0-9-]{10})'", query["filter"])[1])
    resting = [
        share for share in market.shares.values()
        if day in market.sessions and day not in {bar.date for bar in share.bars}
    ]  # fmt: skip
    return [
        {"SECURITY_CODE": share.symbol[:6], "SECURITY_NAME_ABBR": share.name,
         "SUSPEND_START_TIME": f"{day} 09:30:00", "SUSPEND_END_TIME": f"{day} 15:00:00",
         "SUSPEND_EXPIRE": "停牌一天", "SUSPEND_REASON": "重大事项", "TRADE_MARKET": "x",
         "SUSPEND_START_DATE": f"{day} 00:00:00", "PREDICT_RESUME_DATE": None, "A": 1, "B": 2, "C": 3}
        for share in resting
    ]  # fmt: skip


def statement(items: dict[str, float]) -> Callable[[Market, Query], list[dict]]:
    def rows(market: Market, query: Query) -> list[dict]:
        share = asked_share(market, query)
        if share is None:
            return []
        fixed = {"SECUCODE": share.symbol, "SECURITY_CODE": share.symbol[:6], "CURRENCY": "CNY"}
        return [
            {**fixed, "REPORT_DATE": f"{period} 00:00:00", "NOTICE_DATE": "2024-04-25 00:00:00",
             "UPDATE_DATE": "2024-08-30 00:00:00", **{name: value * k for name, value in items.items()}}
            for k, period in ((2, "2024-03-31"), (1, "2023-12-31"))
        ]  # fmt: skip

    return rows


# Sums from the start of a fiscal year that ends in June: the tags are not the calendar's.
SUMS = {
    "2024/Q1": ("2023-09-30", -10e9), "2024/Q6": ("2023-12-31", -22e9), "2024/Q9": ("2024-03-31", -36e9),
    "2024/FY": ("2024-06-30", -52e9), "2025/Q1": ("2024-09-30", -17e9), "2023/FY": ("2023-06-30", -40e9),
    "2024/Q2": ("2023-12-31", -12e9), "2025/Q6": ("2024-12-31", -36e9),
}  # fmt: skip


def us_profile(_: Market, query: Query) -> list[dict]:
    ticker = re.search(r'SECURITY_CODE="(\w+)"', query["filter"])[1]
    return [{"SECUCODE": f"{ticker}.O", "SECURITY_CODE": ticker}]


def us_cash_flow(_: Market, query: Query) -> list[dict]:
    ticker = re.search(r'SECUCODE="(\w+)\.O"', query["filter"])[1]
    if "ITEM_NAME" not in query["columns"]:
        return [{"REPORT": tag, "REPORT_DATE": f"{day} 00:00:00"} for tag, (day, _) in SUMS.items()]
    tags = re.findall(r'"(\d{4}/\w+)"', query["filter"])
    fixed = {
        "SECUCODE": f"{ticker}.O",
        "SECURITY_CODE": ticker,
        "SECURITY_NAME_ABBR": "x",
        "REPORT_TYPE": "x",
    }
    items = (("003999", "经营活动产生的现金流量净额", 3.0), ("005002", "购买固定资产", 1.0))
    return [
        {**fixed, "REPORT": tag, "REPORT_DATE": f"{SUMS[tag][0]} 00:00:00", "STD_ITEM_CODE": code,
         "AMOUNT": SUMS[tag][1] * share, "ITEM_NAME": name}
        for code, name, share in items for tag in tags
    ]  # fmt: skip


# Sums in units of 1e9 of the fixed and of the other assets, by first and last day. The first company reports
# half-years only in 2022; the fiscal year of the second begins in April.
HK_SUMS = {
    "00700": [
        ("2021-01-01", "2021-03-31", "003", 5, 1), ("2021-01-01", "2021-06-30", "002", 11, 2),
        ("2021-01-01", "2021-09-30", "004", 18, 3), ("2021-01-01", "2021-12-31", "001", 26, 5),
        ("2022-01-01", "2022-06-30", "002", 20, 2), ("2022-01-01", "2022-12-31", "001", 42, 4),
        ("2023-01-01", "2023-03-31", "003", 10, 1), ("2023-01-01", "2023-06-30", "002", 22, 2),
        ("2023-01-01", "2023-09-30", "004", 33, 3), ("2023-01-01", "2023-12-31", "001", 46, 4),
        ("2024-01-01", "2024-03-31", "003", 14, 2),
    ],
    "09988": [
        ("2023-04-01", "2023-06-30", "003", 6, 0.5), ("2023-04-01", "2023-09-30", "002", 11, 0.75),
        ("2023-04-01", "2023-12-31", "004", 18, 1.5), ("2023-04-01", "2024-03-31", "001", 28, 2),
    ],
}  # fmt: skip


def hk_statements(query: Query) -> list[tuple[str, str, str, float, float]]:
    """Return the statements asked for, the newest first."""
    code = re.search(r'SECUCODE="(\w+)\.HK"', query["filter"])[1]
    days = re.findall(r"'(\d{4}-\d\d-\d\d)'", query["filter"])
    return [row for row in reversed(HK_SUMS.get(code, [])) if not days or row[1] in days]


def hk_named(query: Query, start: str, end: str, tag: str) -> dict[str, str]:
    code = re.search(r'SECUCODE="(\w+)\.HK"', query["filter"])[1]
    return {"SECUCODE": f"{code}.HK", "SECURITY_CODE": code, "SECURITY_NAME_ABBR": "x", "DATE_TYPE_CODE": tag,
            "START_DATE": f"{start} 00:00:00", "REPORT_DATE": f"{end} 00:00:00"}  # fmt: skip


def hk_list(_: Market, query: Query) -> list[dict]:
    rows = [
        {**hk_named(query, *row[:3]), "CURRENCY": "人民币", "REPORT_TYPE": "年报" if row[2] == "001" else "x"}
        for row in hk_statements(query)
    ]
    return [{"SECUCODE": rows[0]["SECUCODE"], "REPORT_LIST": rows}] if rows else []


def hk_cash_flow(_: Market, query: Query) -> list[dict]:
    return [
        {**hk_named(query, *row[:3]), "STD_ITEM_CODE": f"00{place}", "STD_ITEM_NAME": name, "AMOUNT": amount}
        for row in hk_statements(query)
        for place, (name, amount) in enumerate(
            (
                ("经营业务现金净额", 99e9),
                ("购建固定资产", -row[3] * 1e9),
                ("购建无形资产及其他资产", -row[4] * 1e9),
            )
        )
    ]


def hk_figures(_: Market, query: Query) -> list[dict]:
    """The newest nine, whose currency is that of the share and not of the statements."""
    yearly = 'DATE_TYPE_CODE="001"' in query["filter"]
    rows = [row for row in hk_statements(query) if row[2] == "001" or not yearly]
    return [{**hk_named(query, *row[:3]), "CURRENCY": "HKD"} for row in rows[: int(query["pageSize"])]]


REPORTS: dict[str, Callable[[Market, Query], list[dict]]] = {
    "RPT_VALUEANALYSIS_DET": valuation,
    "RPT_SHAREBONUS_DET": bonuses,
    "RPT_PUBLIC_BS_APPOIN": releases,
    "RPT_CUSTOM_SUSPEND_DATA_INTERFACE": suspensions,
    "RPT_F10_FINANCE_GINCOME": statement({"TOTAL_OPERATE_INCOME": 9e9, "PARENT_NETPROFIT": 8e8}),
    "RPT_F10_FINANCE_GBALANCE": statement({"INVENTORY": 3e9, "PREPAYMENT": 1e8, "CONTRACT_LIAB": 2e8,
                                           "TOTAL_ASSETS": 2e10, "TOTAL_PARENT_EQUITY": 9e9}),
    "RPT_F10_FINANCE_GCASHFLOW": statement({"NETCASH_OPERATE": 7e8, "CONSTRUCT_LONG_ASSET": 3e8}),
    "RPT_USF10_INFO_ORGPROFILE": us_profile,
    "RPT_USSK_FN_CASHFLOW": us_cash_flow,
    "RPT_CUSTOM_HKSK_APPFN_CASHFLOW_SUMMARY": hk_list,
    "RPT_HKF10_FN_CASHFLOW_PC": hk_cash_flow,
    "RPT_HKF10_FN_MAININDICATOR": hk_figures,
}  # fmt: skip


def csindex(market: Market, query: Query) -> str:
    code = query["indexCode"]
    bars = market.indices.get(f"{code}.CSI") or market.indices.get(f"{code}.SH") or []
    rows = [
        {"tradeDate": f"{bar.date:%Y%m%d}", "indexCode": code, "indexNameCnAll": "试样指数",
         "indexNameCn": "试样", "indexNameEnAll": "x", "indexNameEn": "x", "open": bar.open, "high": bar.high,
         "low": bar.low, "close": bar.close, "change": 0.1, "changePct": 0.1, "tradingVol": bar.volume / 1e6,
         "tradingValue": bar.amount / 1e8, "consNumber": 50, "peg": 30.0}
        for bar in bars if query["startDate"] <= f"{bar.date:%Y%m%d}" <= query["endDate"]
    ]  # fmt: skip
    return as_json({"code": "200", "msg": "Success", "data": rows, "success": True})


def sheet(market: Market, query: Query) -> bytes:
    """The three workbooks of Shenzhen."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in listings.shenzhen(market, query["CATALOGID"]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


KLINE = r"push2his\.eastmoney\.com/api/qt/stock/kline/get"
COMPANY = r"finance\.sina\.com\.cn/realstock/company"
ROUTES: tuple[tuple[str, Callable[..., str | bytes]], ...] = (
    (KLINE, em_kline),
    (r"web\.ifzq\.gtimg\.cn/other/klineweb/klineWeb/weekTrends", tx_first),
    (r"proxy\.finance\.qq\.com/ifzqgtimg/appstock/app/newfqkline/get", tx_kline),
    (rf"{COMPANY}/(\w+)/hisdata_klc2/klc_kl\.js", sina_bars),
    (rf"{COMPANY}/(\w+)/hisdata/klc_kl\.js", sina_index),
    (rf"{COMPANY}/(\w+)/hfq\.js", sina_factors),
    (rf"{COMPANY}/klc_td_sh\.txt", sina_sessions),
    (r"stock\.finance\.sina\.com\.cn/stock/api/jsonp\.php/.*getAmountBySymbol", sina_shares),
    (r"datacenter(?:-web)?\.eastmoney\.com/(?:securities/)?api/data/(?:v1/)?get", data_centre),
    (r"www\.csindex\.com\.cn/csindex-home/perf/index-perf", csindex),
    (r"query\.sse\.com\.cn/(?:sseQuery/)?commonQuery\.do", lambda m, q: as_json(listings.shanghai(m, q))),
    (r"www\.szse\.cn/api/report/ShowReport", sheet),
    (r"www\.bse\.cn/nqxxController/nqxxCnzq\.do", lambda m, q: listings.beijing(m)),
    (
        r"vip\.stock\.finance\.sina\.com\.cn/corp/go\.php/vISSUE_ShareBonus/stockid/(\w+)\.phtml",
        listings.rights,
    ),
)
