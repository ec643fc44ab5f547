"""Corporate actions through akshare: dividends and new shares from eastmoney, rights from Sina."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from screener.data.live import ak
from screener.data.live.base import ACTIONS
from screener.data.live.faults import BadAnswer, NoData
from screener.data.live.frames import as_dates, as_numbers

__all__ = ["actions"]

PER = 10.0  # announcements speak of ten shares
DONE = "实施"
CASH = re.compile(r"派([0-9.]+)元")
BONUS = re.compile(r"[送转]([0-9.]+)")
DETAIL = (
    "送转股份-送转总比例",
    "现金分红-现金分红比例",
    "现金分红-现金分红比例描述",
    "预案公告日",
    "股权登记日",
    "除权除息日",
    "方案进度",
)
RIGHTS = ("公告日期", "配股方案", "配股价格", "除权日", "股权登记日", "配股上市日")
AMOUNTS = ("cash", "bonus", "rights", "rights_price")
DAYS = ("plan", "record", "pay", "listing")


def actions(symbol: str) -> pd.DataFrame:
    """Return what a share paid and gave, by ex-date; see `Provider.actions`.

    Notes
    -----
    NaN: the price of a right where there was none. NaT: the day of payment, which neither source tells (it is
    the ex-date as a rule), and other days left open.

    Dividends and bonus shares of one ex-date are added up. A plan not yet carried out is no action.
    """
    found = [part for part in (_paid(symbol), _rights(symbol)) if len(part)]
    if not found:
        raise NoData(f"{symbol}: no corporate action")
    rows = pd.concat(found, ignore_index=True)
    grouped = rows.groupby("date", sort=True)
    table = pd.concat(
        [
            grouped[["cash", "bonus", "rights"]].sum(),
            grouped[["rights_price", *DAYS]].first(),
            grouped["source"].agg(lambda names: "+".join(dict.fromkeys(names))),
        ],
        axis=1,
    ).reset_index()
    return table[[*ACTIONS, "source"]].astype({name: "datetime64[ns]" for name in ("date", *DAYS)})


def _paid(symbol: str) -> pd.DataFrame:
    try:
        frame = ak.call("stock_fhps_detail_em", columns=DETAIL, digits=symbol[:6], symbol=symbol[:6])
    except NoData:
        return pd.DataFrame()
    table = pd.DataFrame(
        {
            "date": as_dates(frame["除权除息日"]),
            "cash": as_numbers(frame["现金分红-现金分红比例"]).fillna(0.0) / PER,
            "bonus": as_numbers(frame["送转股份-送转总比例"]).fillna(0.0) / PER,
            "plan": as_dates(frame["预案公告日"]),
            "record": as_dates(frame["股权登记日"]),
        }
    )
    done = frame["方案进度"].astype(str).str.contains(DONE).to_numpy() & table["date"].notna().to_numpy()
    _check_positions(symbol, table[done], frame.loc[done, "现金分红-现金分红比例描述"].astype(str))
    empty = {"rights": 0.0, "rights_price": np.nan, "pay": pd.NaT, "listing": pd.NaT}
    return _typed(table[done].assign(**empty, source="akshare/eastmoney"))


def _check_positions(symbol: str, table: pd.DataFrame, said: pd.Series) -> None:
    """Refuse columns that moved: akshare names them by position, but the sentence repeats the numbers."""
    problems = []
    for row, text in zip(table.to_dict("records"), said, strict=True):
        cash = sum(float(number) for number in CASH.findall(text))
        bonus = sum(float(number) for number in BONUS.findall(text))
        if abs(row["cash"] * PER - cash) > 1e-6 or abs(row["bonus"] * PER - bonus) > 1e-6:
            problems.append(f"{symbol} {row['date']:%Y-%m-%d}: the numbers are not those of {text!r}")
        if row["record"] >= row["date"]:
            problems.append(f"{symbol} {row['date']:%Y-%m-%d}: the record day is not before the ex-date")
    if problems:
        raise BadAnswer("akshare.stock_fhps_detail_em: columns have moved, or a row is wrong", *problems[:5])


def _rights(symbol: str) -> pd.DataFrame:
    try:
        frame = ak.call("stock_history_dividend_detail", columns=RIGHTS, symbol=symbol[:6], indicator="配股")
    except NoData:
        return pd.DataFrame()
    table = pd.DataFrame(
        {
            "date": as_dates(frame["除权日"]),
            "rights": as_numbers(frame["配股方案"]) / PER,
            "rights_price": as_numbers(frame["配股价格"]),
            "plan": as_dates(frame["公告日期"]),
            "record": as_dates(frame["股权登记日"]),
            "listing": as_dates(frame["配股上市日"]),
        }
    )
    table = table[table["date"].notna()]
    sound = table["rights"].between(0.0, 1.0, inclusive="right") & (table["rights_price"] > 0.0)
    if not sound.all():
        raise BadAnswer(f"akshare.stock_history_dividend_detail: {symbol}: rights without a ratio or a price")
    return _typed(table.assign(cash=0.0, bonus=0.0, pay=pd.NaT, source="akshare/sina"))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    kinds = {**{name: "float64" for name in AMOUNTS}, **{name: "datetime64[ns]" for name in ("date", *DAYS)}}
    return table.astype(kinds)[[*ACTIONS, "source"]]
