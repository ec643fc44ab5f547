"""Valuation, statements and days of disclosure through akshare, all from eastmoney's data centre."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pandas as pd

from screener.data.live import ak
from screener.data.live.base import FUNDAMENTALS
from screener.data.live.faults import BadAnswer, NoData
from screener.data.live.frames import as_dates, as_numbers, renamed, shares_only

__all__ = ["disclosures", "fundamentals", "valuation"]

VALUATION = {
    "数据日期": "date",
    "当日收盘价": "close",
    "总市值": "market_cap",
    "流通市值": "float_cap",
    "总股本": "shares",
    "流通股本": "float_shares",
    "PE(TTM)": "pe_ttm",
    "PE(静)": "pe_static",
    "市净率": "pb",
    "PEG值": "peg",
    "市现率": "pcf",
    "市销率": "ps",
}
# Function, and for each of our columns the names that it may have, the first that is there counts.
STATEMENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "stock_profit_sheet_by_report_delisted_em": {
        "revenue": ("TOTAL_OPERATE_INCOME", "OPERATE_INCOME"),
        "net_profit": ("PARENT_NETPROFIT",),
    },
    "stock_balance_sheet_by_report_delisted_em": {
        "inventory": ("INVENTORY",),
        "prepayments": ("PREPAYMENT",),
        "contract_liabilities": ("CONTRACT_LIAB",),
        "total_assets": ("TOTAL_ASSETS",),
        "equity": ("TOTAL_PARENT_EQUITY", "TOTAL_EQUITY"),
    },
    "stock_cash_flow_sheet_by_report_delisted_em": {
        "operating_cash_flow": ("NETCASH_OPERATE",),
        "capex": ("CONSTRUCT_LONG_ASSET",),
    },
}
DATED = ("SECURITY_CODE", "REPORT_DATE", "NOTICE_DATE", "UPDATE_DATE")
MARKETS = ("沪深A股", "京市A股")
RELEASES = ("股票代码", "首次预约时间", "实际披露时间")
QUARTER_ENDS = ((3, 31), (6, 30), (9, 30), (12, 31))


def valuation(symbol: str) -> pd.DataFrame:
    """Return capital and ratios by day; see `Provider.valuation`.

    The source knows shares that are listed now, from 2018 on: a history of it lacks the shares that left.
    """
    frame = ak.call("stock_value_em", columns=VALUATION, digits=symbol[:6], one_page=True, symbol=symbol[:6])
    table = renamed(frame, VALUATION)
    if table["date"].isna().any() or table["date"].duplicated().any():
        raise BadAnswer(f"akshare.stock_value_em: {symbol}: 数据日期 is missing or there twice")
    known = table[["market_cap", "shares", "close"]].dropna()
    apart = (known["market_cap"] / (known["shares"] * known["close"]) - 1.0).abs()
    # B shares and shares listed abroad belong to the capital at other prices, hence a wide margin.
    if len(known) and not apart.median() < 0.5:
        raise BadAnswer(f"akshare.stock_value_em: {symbol}: 总市值 is not shares times price; a unit changed")
    return table.sort_values("date", ignore_index=True).assign(source="akshare/eastmoney")


def fundamentals(symbol: str) -> pd.DataFrame:
    """Return the main items of the three statements; see `Provider.fundamentals`.

    Notes
    -----
    NaN: an item that the statement lacks. ``notice`` and ``update`` are the source's own dates, which a
    restatement overwrites; when a figure was known is said by `disclosures` (`pit.effective`).

    The functions are named after delisted shares, but filter by code only; two requests each.
    """
    tables = [_statement(symbol, name, items) for name, items in STATEMENTS.items()]
    dates = pd.concat([table[["period", "notice", "update"]] for table in tables])
    latest = dates.groupby("period", as_index=False).agg({"notice": "min", "update": "max"})
    values = [table.drop(columns=["notice", "update"]) for table in tables]
    whole = reduce(lambda left, right: left.merge(right, on="period", how="outer"), [latest, *values])
    return whole[list(FUNDAMENTALS)].assign(source="akshare/eastmoney")


def disclosures(period_end: pd.Timestamp) -> pd.DataFrame:
    """Return when each company published a period; see `Provider.disclosures`.

    Raises
    ------
    ValueError
        If `period_end` is not the end of a quarter.
    """
    if (period_end.month, period_end.day) not in QUARTER_ENDS:
        raise ValueError(f"period_end={period_end:%Y-%m-%d} must be the end of a quarter")
    parts = []
    for market in MARKETS:
        try:
            parts.append(_released(market, period_end))
        except NoData:
            continue  # Beijing has none before 2021, and a period to come has no row yet
    if not parts:
        raise NoData(f"no company has announced when it publishes {period_end:%Y-%m-%d}")
    whole = pd.concat(parts, ignore_index=True).drop_duplicates("symbol")
    return whole.sort_values("symbol", ignore_index=True)


def _statement(symbol: str, name: str, items: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    frame = ak.call(name, columns=DATED, digits=symbol[:6], one_page=True, symbol=f"{symbol[7:]}{symbol[:6]}")
    table = pd.DataFrame({"period": as_dates(frame["REPORT_DATE"])})
    table["notice"], table["update"] = as_dates(frame["NOTICE_DATE"]), as_dates(frame["UPDATE_DATE"])
    for ours, theirs in items.items():
        there = next((column for column in theirs if column in frame.columns), None)
        table[ours] = as_numbers(frame[there]) if there else np.nan
    if table[list(items)].isna().all(axis=None):
        raise BadAnswer(f"akshare.{name}: none of {', '.join(sum(items.values(), ()))} is there")
    if table["period"].isna().any() or table["period"].duplicated().any():
        raise BadAnswer(f"akshare.{name}: REPORT_DATE is missing or there twice")
    return table


def _released(market: str, period_end: pd.Timestamp) -> pd.DataFrame:
    frame = ak.call("stock_yysj_em", columns=RELEASES, symbol=market, date=f"{period_end:%Y%m%d}")
    table = pd.DataFrame(
        {"planned": as_dates(frame["首次预约时间"]), "released": as_dates(frame["实际披露时间"])}
    )
    if (table["released"] <= period_end).any():
        raise BadAnswer("akshare.stock_yysj_em: 实际披露时间 lies before the end of its period")
    table = shares_only(table, frame["股票代码"], "BJ" if market == MARKETS[1] else None)
    table.insert(1, "period", period_end)
    return table.astype({"period": "datetime64[ns]"}).assign(source="akshare/eastmoney")
