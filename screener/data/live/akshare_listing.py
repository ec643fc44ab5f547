"""Calendar, lists of shares, names and suspensions through akshare.

What is asked from the exchanges themselves is: their hosts ban nobody, where the lists of eastmoney stand on
its most guarded hosts. Whether a share is under risk warning now is read from its name in these lists.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.data.live import ak
from screener.data.live.base import INSTRUMENTS
from screener.data.live.faults import BadAnswer, LiveError, NoData, all_failed
from screener.data.live.frames import as_dates, shares_only
from screener.market.symbols import board_of

__all__ = ["calendar", "instruments", "name_changes", "risk_warning", "suspensions"]

# Function, its arguments, exchange, and the columns for code, name, first day, last day.
LISTED = (
    ("stock_info_sh_name_code", {"symbol": "主板A股"}, "SH", ("证券代码", "证券简称", "上市日期")),
    ("stock_info_sh_name_code", {"symbol": "科创板"}, "SH", ("证券代码", "证券简称", "上市日期")),
    ("stock_info_sz_name_code", {"symbol": "A股列表"}, "SZ", ("A股代码", "A股简称", "A股上市日期")),
    ("stock_info_bj_name_code", {}, "BJ", ("证券代码", "证券简称", "上市日期")),
)
DELISTED = (
    (
        "stock_info_sh_delist",
        {"symbol": "全部"},
        "SH",
        ("公司代码", "公司简称", "上市日期", "暂停上市日期"),
    ),
    (
        "stock_info_sz_delist",
        {"symbol": "终止上市公司"},
        "SZ",
        ("证券代码", "证券简称", "上市日期", "终止上市日期"),
    ),
)
CALLED = ("Shanghai main board", "STAR", "Shenzhen", "Beijing", "delisted Shanghai", "delisted Shenzhen")
CAPACITY = {"stock_info_sh_delist": 500}  # rows that akshare asks for at most; a full answer is cut off


def calendar() -> pd.DataFrame:
    """Return Sina's sessions; see `Provider.calendar`."""
    frame = ak.call("tool_trade_date_hist_sina", columns=["trade_date"])
    days = as_dates(frame["trade_date"]).drop_duplicates().sort_values(ignore_index=True)
    if days.isna().any() or days.dt.day_of_week.gt(4).any():
        raise BadAnswer("akshare.tool_trade_date_hist_sina: a session is no date, or on a weekend")
    return pd.DataFrame({"date": days, "source": "akshare/sina"})


def instruments(notes: list[str]) -> pd.DataFrame:
    """Return all shares of the exchanges' lists; see `Provider.instruments`.

    A list that fails is left out and named in `notes`: the others are of use without it.
    """
    parts: list[pd.DataFrame] = []
    faults: list[LiveError] = []
    for called, (name, arguments, exchange, columns) in zip(CALLED, (*LISTED, *DELISTED), strict=True):
        try:
            parts.append(_list(name, arguments, exchange, columns))
        except LiveError as fault:
            faults.append(fault)
            notes.append(f"the list of {called} shares is missing: {fault}")
    if not parts:
        raise all_failed("the lists of shares", faults)
    whole = pd.concat(parts, ignore_index=True)
    # A share that is in both lists has been delisted: the list of listed shares is the slower one.
    whole = whole.sort_values(["symbol", "delisted"], na_position="last").drop_duplicates("symbol")
    return whole.reset_index(drop=True)


def risk_warning(table: pd.DataFrame) -> pd.Series:
    """Mark the shares whose present name carries ST, by the table of `instruments`."""
    return table["name"].str.upper().str.contains("ST", regex=False)


def name_changes() -> pd.DataFrame:
    """Return the dated changes of short names that Shenzhen publishes; see `Provider.name_changes`.

    Shanghai and Beijing have no dated source in akshare.
    """
    names = ("证券代码", "变更日期", "变更前简称", "变更后简称")
    frame = ak.call("stock_info_sz_change_name", columns=names, symbol="简称变更")
    table = pd.DataFrame(
        {
            "date": as_dates(frame["变更日期"]),
            "before": frame["变更前简称"].astype(str),
            "after": frame["变更后简称"].astype(str),
        }
    )
    table = shares_only(table, frame["证券代码"], "SZ")
    if table["date"].isna().any():
        raise BadAnswer("akshare.stock_info_sz_change_name: 变更日期 is missing in a row")
    return table.sort_values(["symbol", "date"], ignore_index=True).assign(source="akshare/szse")


def suspensions(day: pd.Timestamp) -> pd.DataFrame:
    """Return the shares that do not trade on `day`; see `Provider.suspensions`.

    Asked day by day, it serves to confirm a bar that is missing, not to collect a history.
    """
    wanted = ("代码", "停牌时间", "停牌截止时间", "停牌原因")
    frame = ak.call("stock_tfp_em", columns=wanted, date=f"{day:%Y%m%d}")
    table = pd.DataFrame(
        {
            "first_day": as_dates(frame["停牌时间"]),
            "last_day": as_dates(frame["停牌截止时间"]),
            "reason": frame["停牌原因"].fillna("").astype(str),
        }
    )
    # akshare names these columns by position: dates and codes show that they have not moved.
    if table["first_day"].isna().all() or (table["last_day"] < table["first_day"]).any():
        raise BadAnswer(
            "akshare.stock_tfp_em: 停牌时间 holds no dates, or ends before it; columns have moved"
        )
    table = shares_only(table, frame["代码"])
    # A range may begin twice, with another reason; the later row is the newer notice.
    table = table.sort_values(["symbol", "first_day"]).drop_duplicates(["symbol", "first_day"], keep="last")
    return table.reset_index(drop=True).assign(source="akshare/eastmoney")


def _list(name: str, arguments: dict[str, str], exchange: str, columns: tuple[str, ...]) -> pd.DataFrame:
    frame = ak.call(name, columns=columns, **arguments)
    if len(frame) >= CAPACITY.get(name, np.inf):
        raise BadAnswer(
            f"akshare.{name}: {len(frame)} rows are as many as one page holds; some may be cut off"
        )
    code, title, listed, *delisted = columns
    table = pd.DataFrame(
        {
            "name": frame[title].astype(str).str.strip(),
            "listed": as_dates(frame[listed]),
            "delisted": as_dates(frame[delisted[0]]) if delisted else pd.Series(pd.NaT, index=frame.index),
        }
    )
    try:
        table = shares_only(table, frame[code], exchange)
    except BadAnswer as error:
        raise BadAnswer(f"akshare.{name}: {error}") from error
    if not len(table):
        raise NoData(f"akshare.{name}: no A-share in the list")
    if table["listed"].isna().mean() > 0.5:
        raise BadAnswer(f"akshare.{name}: most rows of {listed} are no dates; columns have moved")
    table["board"] = table["symbol"].map(board_of)
    table["delisted"] = table["delisted"].astype("datetime64[ns]")
    return table[list(INSTRUMENTS)].assign(source=f"akshare/{_exchange(exchange)}")


def _exchange(exchange: str) -> str:
    return {"SH": "sse", "SZ": "szse", "BJ": "bse"}[exchange]
