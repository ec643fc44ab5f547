"""Capital expenditure of companies listed in Hong Kong through akshare, quarter by quarter.

Statements sum up from the start of a fiscal year, which may begin in any month, so that a quarter is a
difference of two that begin on the same day. Many companies report half-years only; nothing here splits them.
"""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from screener.data.live import ak
from screener.data.live.akshare_capex import QUARTER, about, complete, one_sign, table_of
from screener.data.live.faults import BadAnswer
from screener.data.live.frames import as_dates, as_numbers

__all__ = ["hk_capex"]

STATEMENTS, FIGURES = "stock_financial_hk_report_em", "stock_financial_hk_analysis_indicator_em"
FIXED, OTHER = "购建固定资产", "购建无形资产及其他资产"
COLUMNS = ("SECURITY_CODE", "REPORT_DATE", "START_DATE", "DATE_TYPE_CODE", "STD_ITEM_NAME", "AMOUNT")
TAGS = {"001": "FY", "002": "H1", "003": "Q1", "004": "9M"}  # for the reader; nothing is derived from them
# akshare puts the names of the list of statements over the letters of the table of figures, which say HKD for
# every company. Letters are therefore what akshare could not correct, and no currency of the statements.
CURRENCIES = {"人民币": "CNY", "港元": "HKD", "港币": "HKD", "美元": "USD"}
YEAR = pd.Timedelta(days=366)


class Statement(NamedTuple):
    """One cash flow statement: what it covers, and what was spent in it."""

    start: pd.Timestamp
    end: pd.Timestamp
    tag: str
    value: float
    currency: str


def hk_capex(code: str, notes: list[str]) -> pd.DataFrame:
    """Return purchases of fixed, intangible and other assets by quarter; see `Provider.hk_capex`.

    Parameters
    ----------
    code : str
        Five digits.
    notes : list of str
        Told which statements were left: without a currency, without one of the items, or not to be split.

    Returns
    -------
    DataFrame
        ``period_end, value, derived, report, currency, source``, the value in units of the currency.

    Raises
    ------
    NoData
        No quarter can be told.
    BadAnswer
        Another company, an item or all currencies missing, a sum that changes its sign or falls.
    """
    statements = _statements(code, notes)
    found = {statement: _quarter(statement, statements) for statement in statements}
    whole = [f"{s.start:%Y-%m-%d} to {s.end:%Y-%m-%d}" for s, quarter in found.items() if quarter is None]
    if whole:
        notes.append(f"{code}: {len(whole)} statements cannot be split into quarters, the last {whole[-1]}")
    columns = ["period_end", "value", "derived", "report", "currency"]
    rows = [quarter for quarter in found.values() if quarter is not None]
    return table_of(pd.DataFrame(rows, columns=columns), STATEMENTS, code)


def _quarter(statement: Statement, others: list[Statement]) -> tuple[object, ...] | None:
    """Return the quarter that ends a statement, or None where the one before it is not there."""
    start, end, tag, value, currency = statement
    if QUARTER[0] <= (end - start).days < QUARTER[1]:
        return end, value, True, tag, currency
    for other in others:
        alike = (other.start, other.currency) == (start, currency)
        if alike and QUARTER[0] <= (end - other.end).days < QUARTER[1]:
            return end, value - other.value, True, f"{tag}-{other.tag}", currency
    return None


def _statements(code: str, notes: list[str]) -> list[Statement]:
    """Return the statements whose sum and currency are known, by the end of their period."""
    sums = _sums(code, notes)
    told = _currencies(code)
    sums["currency"] = [
        _currency(start, end, told) for start, end in zip(sums["start"], sums["end"], strict=True)
    ]
    unknown = sums["currency"] == ""
    if len(sums) and unknown.all():
        raise BadAnswer(f"akshare.{FIGURES}: {code}: the currency of the statements is missing")
    if unknown.any():
        last = f"{sums.loc[unknown, 'end'].max():%Y-%m-%d}"
        notes.append(f"{code}: the currency of {unknown.sum()} statements is not told, the last of {last}")
    return [Statement(*row) for row in sums[~unknown].itertuples(index=False, name=None)]


def _sums(code: str, notes: list[str]) -> pd.DataFrame:
    """Return ``start, end, tag, value`` of every statement that has all the items the company reports."""
    wide = _items(code).pivot(index=["start", "end", "tag"], columns="item", values="value")
    if FIXED not in wide.columns:
        raise BadAnswer(f"akshare.{STATEMENTS}: {code}: {FIXED} is in none of its statements")
    if OTHER not in wide.columns:
        notes.append(f"{code}: {OTHER} is in none of its statements; {FIXED} stands alone")
    lacking = wide.isna().any(axis=1)
    if lacking.any():
        notes.append(f"{code}: {lacking.sum()} statements lack {FIXED} or {OTHER}, which others have")
    return wide[~lacking].sum(axis=1).rename("value").reset_index().sort_values("end", ignore_index=True)


def _items(code: str) -> pd.DataFrame:
    """Return ``start, end, tag, item, value``, positive, of the items that are capital expenditure."""
    ask = {"stock": code, "symbol": "现金流量表", "indicator": "报告期"}
    frame = ak.call(STATEMENTS, columns=COLUMNS, one_page=True, **ask)
    about(frame, STATEMENTS, code)
    own = frame[frame["STD_ITEM_NAME"].isin((FIXED, OTHER))]
    table = pd.DataFrame({"start": as_dates(own["START_DATE"]), "end": as_dates(own["REPORT_DATE"])})
    table["tag"] = [TAGS.get(tag, tag) for tag in own["DATE_TYPE_CODE"].astype(str)]
    table["item"], table["value"] = own["STD_ITEM_NAME"], as_numbers(own["AMOUNT"])
    table = complete(table, STATEMENTS, code).drop_duplicates()
    if table.duplicated(["start", "end", "item"]).any():
        raise BadAnswer(f"akshare.{STATEMENTS}: {code}: a statement is there twice with two amounts")
    table["value"] = one_sign(table["value"], STATEMENTS, code, f"{FIXED} or {OTHER}")
    return table


def _currencies(code: str) -> pd.Series:
    """Return the currency by the end of the period: of the last nine years, and of the last nine periods."""
    parts = [
        ak.call(FIGURES, columns=("SECURITY_CODE", "REPORT_DATE", "CURRENCY"), symbol=code, indicator=which)
        for which in ("年度", "报告期")
    ]
    frame = pd.concat(parts, ignore_index=True)
    about(frame, FIGURES, code)
    table = pd.DataFrame({"end": as_dates(frame["REPORT_DATE"]), "currency": frame["CURRENCY"]})
    table["currency"] = table["currency"].map(CURRENCIES)
    table = table.dropna().drop_duplicates().sort_values("end")
    if table["end"].duplicated().any():
        raise BadAnswer(f"akshare.{FIGURES}: {code}: two currencies for one period")
    return table.set_index("end")["currency"]


def _currency(start: pd.Timestamp, end: pd.Timestamp, told: pd.Series) -> str:
    """Return the currency of a statement, else of the next one of its fiscal year, else nothing."""
    following = told[(told.index >= end) & (told.index < start + YEAR)]
    return str(following.iloc[0]) if len(following) else ""
