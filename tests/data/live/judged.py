"""What the tests of the contract judge: invented bars of one share, its factors, and single wrong cells."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from screener.data.live.accept import Known, Verdict, accept_bars
from tests.data.live.conftest import NOW, table
from tests.data.live.market import invent

MARKET = invent()
SYMBOL = "600998.SH"
SHARE = MARKET.shares[SYMBOL]
T = pd.Timestamp
FACTORS = pd.DataFrame(
    {"date": [T("1900-01-01"), T(SHARE.dividends[0].date)], "factor": [1.0, SHARE.dividends[0].factor]}
).astype({"date": "datetime64[ns]"})


def good(symbol: str = SYMBOL) -> pd.DataFrame:
    return table(MARKET.shares[symbol].bars).assign(source="test")


def judge(bars: pd.DataFrame, now: dt.datetime = NOW, **known: object) -> Verdict:
    return accept_bars(SYMBOL, bars, now, Known(**{"factors": FACTORS, **known}))


def edited(row: int, **values: object) -> pd.DataFrame:
    bars = good()
    for name, value in values.items():
        bars.loc[row, name] = value
    return bars
