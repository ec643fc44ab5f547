"""Raw bars and factors through akshare: eastmoney, then Tencent, then Sina.

Raw prices only: what eastmoney and Tencent call adjusted adds constants, which falsifies every return.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable

import pandas as pd

from screener.data.live import ak
from screener.data.live.base import BARS
from screener.data.live.faults import BadAnswer, LiveError, NoData, WrongStock, all_failed
from screener.data.live.frames import as_dates, as_numbers, final_only, prefixed, renamed, to_shares
from screener.data.live.transport import fetch
from screener.errors import CalendarError
from screener.market.calendar import sessions
from screener.market.symbols import board_of

__all__ = ["CHAIN", "bars", "factors"]

Fetch = Callable[[str, pd.Timestamp, pd.Timestamp], pd.DataFrame]
EASTMONEY = dict(zip(("日期", "开盘", "最高", "最低", "收盘", "成交量", "成交额"), BARS, strict=True))
CHANGE = "涨跌额"  # CNY from the reference price to the close, so that both tell the reference price
SAME = {name: name for name in BARS}
HFQ = "https://finance.sina.com.cn/realstock/company/{}/hfq.js"
ASSIGNMENT = re.compile(r"\s*var\s+((?:sh|sz|bj)[0-9]{6})hfq\s*=\s*(\{[^\n]*\})")
BASE = pd.Timestamp("1900-01-01")


def bars(
    symbol: str, start: pd.Timestamp, end: pd.Timestamp, now: dt.datetime, notes: list[str]
) -> pd.DataFrame:
    """Return raw bars from the first source of the chain that delivers; see `Provider.bars`.

    Only eastmoney states by how much a bar changed, from which ``pre_close`` follows; Tencent and Sina state
    nothing of the kind. That the change of a raw bar counts from the reference price on an ex-date too has
    not been seen yet: where it does not, ``pre_close`` is the close before, and says nothing new.

    Parameters
    ----------
    now : datetime
        With its time zone; decides whether the bar of today is final.
    notes : list of str
        Gets one sentence for each source that failed before.

    Raises
    ------
    NoData
        If every source says so: the caller knows whether the calendar and the listing allow it.
    """
    faults: list[LiveError] = []
    for source, get in CHAIN.items():
        try:
            found = _finished(get(symbol, start, end), start, end, now, source)
        except LiveError as fault:
            faults.append(fault)
            continue
        notes += [f"{symbol}: {source} after: {fault}" for fault in faults if not isinstance(fault, NoData)]
        return found
    empty = [fault for fault in faults if isinstance(fault, NoData)]
    # Two that say soundly that nothing is there outvote a third: akshare cannot read Tencent's empty years.
    told = empty if len(empty) >= 2 else faults
    raise all_failed(f"bars of {symbol} from {start:%Y-%m-%d} to {end:%Y-%m-%d}", told)


def factors(symbol: str) -> pd.DataFrame:
    """Return Sina's multiplicative factors; see `Provider.factors`.

    akshare runs the answer as code and rounds what it multiplies, so that the file is fetched here, through
    the same guard, and read as JSON.

    Raises
    ------
    BadAnswer
        An answer of another form, a factor that is not positive, or dates that are none.
    """
    code = prefixed(symbol)
    text = fetch(HFQ.format(code))
    match = ASSIGNMENT.match(text)
    if match is None:
        raise BadAnswer(f"factors of {symbol}: the file does not begin with an assignment")
    if match[1] != code:
        raise WrongStock(f"factors of {symbol}: the file is about {match[1]}")
    try:
        rows = json.loads(match[2])["data"]
        table = pd.DataFrame({"date": [row["d"] for row in rows], "factor": [row["f"] for row in rows]})
    except (ValueError, KeyError, TypeError) as error:
        raise BadAnswer(f"factors of {symbol}: rows of d and f were expected") from error
    return _checked(symbol, as_dates(table["date"]), as_numbers(table["factor"]))


def _checked(symbol: str, dates: pd.Series, values: pd.Series) -> pd.DataFrame:
    """Order factors by date, with a base row of 1.0 in front."""
    if dates.isna().any() or not (values > 0.0).all() or dates.duplicated().any():
        raise BadAnswer(f"factors of {symbol}: a date is missing or there twice, or a factor is not positive")
    table = pd.DataFrame({"date": dates, "factor": values}).sort_values("date", ignore_index=True)
    base = pd.DataFrame({"date": pd.Series([BASE], dtype="datetime64[ns]"), "factor": [1.0]})
    if table.empty:
        table = base  # a share that never had an action
    if table["factor"].iloc[0] != 1.0:
        if table["date"].iloc[0] == BASE:
            raise BadAnswer(f"factors of {symbol}: the first is {table['factor'].iloc[0]:g}, not 1")
        table = pd.concat([base, table], ignore_index=True)
    return table.assign(source="akshare/sina")


def _eastmoney(symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    frame = ak.call(
        "stock_zh_a_hist",
        columns=EASTMONEY,
        digits=symbol[:6],
        symbol=symbol[:6],
        period="daily",
        start_date=f"{start:%Y%m%d}",
        end_date=f"{end:%Y%m%d}",
        adjust="",
    )
    if CHANGE not in frame.columns:
        return renamed(frame, EASTMONEY)
    found = renamed(frame, {**EASTMONEY, CHANGE: "pre_close"})
    return found.assign(pre_close=(found["close"] - found["pre_close"]).round(2))


def _tencent(symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    if board_of(symbol) == "BSE":
        raise NoData(f"Tencent has no shares of the Beijing exchange ({symbol})")
    frame = ak.call(
        "stock_zh_a_hist_tx",
        columns=BARS,
        symbol=prefixed(symbol),
        start_date=f"{start:%Y-%m-%d}",
        # Without dashes akshare asks for every year up to today.
        end_date=f"{end:%Y-%m-%d}",
        adjust="",
    )
    return renamed(frame, SAME)


def _sina(symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    frame = ak.call(
        "stock_zh_a_daily",
        columns=BARS,
        digits=symbol[:6],
        symbol=prefixed(symbol),
        start_date=f"{start:%Y%m%d}",
        end_date=f"{end:%Y%m%d}",
        adjust="",
    )
    return renamed(frame, SAME)


CHAIN: dict[str, Fetch] = {"eastmoney": _eastmoney, "tencent": _tencent, "sina": _sina}


def _finished(
    frame: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp, now: dt.datetime, source: str
) -> pd.DataFrame:
    """Bring volumes into shares and drop a day that is not over; a frame of no use to anyone is refused."""
    whole = to_shares(frame)
    if len(whole) and whole["volume"].isna().all():
        raise BadAnswer(f"{source}: no row's amount / volume is a price of its day; a unit has changed")
    if len(whole) and whole["date"].isna().all():
        raise BadAnswer(f"{source}: no row has a date")
    kept = final_only(whole, now)
    if kept.empty and _a_session_is_over(start, end, now):
        raise NoData(f"{source}: no bar from {start:%Y-%m-%d} to {end:%Y-%m-%d} that is final")
    return kept.assign(source=f"akshare/{source}")


def _a_session_is_over(start: pd.Timestamp, end: pd.Timestamp, now: dt.datetime) -> bool:
    """Whether at least one session of the window has ended, so that an empty answer says something."""
    try:
        days = pd.DataFrame({"date": sessions(start, end)})
    except CalendarError:
        return True
    return len(final_only(days[days["date"] <= pd.Timestamp(now.date())], now)) > 0
