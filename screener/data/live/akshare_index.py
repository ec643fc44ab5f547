"""Index bars through akshare: eastmoney, then the index company, then Sina."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from screener.data.live import ak
from screener.data.live.base import INDEX
from screener.data.live.faults import BadAnswer, LiveError, NoData, all_failed
from screener.data.live.frames import final_only, renamed
from screener.errors import SymbolError

__all__ = ["index_bars"]

INDEX_CODE = re.compile(r"([0-9A-Z]{6})\.(SH|SZ|BJ|CSI)")
CSINDEX = {
    "日期": "date",
    "开盘": "open",
    "最高": "high",
    "最低": "low",
    "收盘": "close",
    "成交量": "volume",
    "成交金额": "amount",
}
LOT, TEN_THOUSAND_LOTS, HUNDRED_MILLION = 100.0, 1e6, 1e8


def index_bars(
    symbol: str, start: pd.Timestamp, end: pd.Timestamp, now: dt.datetime, notes: list[str]
) -> pd.DataFrame:
    """Return the bars of an index; see `Provider.index_bars`.

    Notes
    -----
    NaN: the amount from Sina; volumes cannot be proved by an average price, as an index has none, so that
    their units rest on the sources' documents.
    """
    match = INDEX_CODE.fullmatch(symbol)
    if match is None:
        raise SymbolError(f"{symbol}: an index is written 000300.SH, 399006.SZ or 931151.CSI")
    faults: list[LiveError] = []
    for source, get in CHAIN.items():
        try:
            found = get(match[1], match[2].lower(), start, end)
            found = _checked(found[found["date"].between(start, end)], symbol)
        except LiveError as fault:
            faults.append(fault)
            continue
        notes += [f"{symbol}: {source} after: {fault}" for fault in faults if not isinstance(fault, NoData)]
        return final_only(found, now).assign(source=f"akshare/{source}")
    raise all_failed(f"bars of {symbol} from {start:%Y-%m-%d} to {end:%Y-%m-%d}", faults)


def _eastmoney(digits: str, exchange: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    frame = ak.call(
        "stock_zh_index_daily_em",
        columns=INDEX,
        digits=digits if digits.isdigit() else None,
        symbol=f"{exchange}{digits}",
        start_date=f"{start:%Y%m%d}",
        end_date=f"{end:%Y%m%d}",
    )
    bars = renamed(frame, {name: name for name in INDEX})
    return bars.assign(volume=bars["volume"] * LOT)


def _csindex(digits: str, exchange: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    if exchange == "sz":
        raise NoData(f"the index company has no Shenzhen index ({digits})")
    frame = ak.call(
        "stock_zh_index_hist_csindex",
        columns=(*CSINDEX, "指数代码"),
        digits=digits if digits.isdigit() else None,
        symbol=digits,
        start_date=f"{start:%Y%m%d}",
        end_date=f"{end:%Y%m%d}",
    )
    # akshare names these columns by position; the code shows that they have not moved.
    if set(frame["指数代码"].astype(str)) != {digits}:
        raise BadAnswer(f"akshare.stock_zh_index_hist_csindex: 指数代码 is not {digits}; columns have moved")
    bars = renamed(frame, CSINDEX)
    return bars.assign(volume=bars["volume"] * TEN_THOUSAND_LOTS, amount=bars["amount"] * HUNDRED_MILLION)


def _sina(digits: str, exchange: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    if exchange == "csi":
        raise NoData(f"Sina has no index of the index company ({digits})")
    names = [name for name in INDEX if name != "amount"]
    frame = ak.call("stock_zh_index_daily", columns=names, digits=digits, symbol=f"{exchange}{digits}")
    return renamed(frame, {name: name for name in names}).assign(amount=np.nan)


Get = Callable[[str, str, pd.Timestamp, pd.Timestamp], pd.DataFrame]
CHAIN: dict[str, Get] = {"eastmoney": _eastmoney, "csindex": _csindex, "sina": _sina}


def _checked(bars: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """Refuse a series that cannot be one of closes by day."""
    if bars.empty:
        raise NoData(f"{symbol}: no bar of the index in the window")
    close, dates = bars["close"], bars["date"]
    if not (close > 0.0).all() or not np.isfinite(close).all():
        raise BadAnswer(f"{symbol}: a close of the index is not a positive number")
    if dates.isna().any() or dates.duplicated().any():
        raise BadAnswer(f"{symbol}: a date of the index is missing or there twice")
    whole = bars.dropna(subset=["high", "low"])
    if ((whole["close"] > whole["high"]) | (whole["close"] < whole["low"])).any():
        raise BadAnswer(f"{symbol}: a close of the index lies outside its day's range; columns have moved")
    return bars.sort_values("date", ignore_index=True)
