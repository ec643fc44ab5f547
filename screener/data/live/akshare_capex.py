"""Capital expenditure of US companies through akshare, quarter by quarter.

Statements sum up from the start of the fiscal year, so that a quarter is a difference of two of them. When a
figure was published is not told by these tables and is never guessed here.
"""

from __future__ import annotations

import pandas as pd

from screener.data.live import ak
from screener.data.live.faults import BadAnswer, LiveError, NoData, all_failed
from screener.data.live.frames import as_dates, as_numbers

__all__ = ["QUARTER", "about", "complete", "one_sign", "table_of", "us_capex"]

FUNCTION = "stock_financial_us_report_em"
INDICATORS = ("单季报", "累计季报", "年报")
ITEM, CODE = "购买固定资产", "005002"
COLUMNS = ("SECURITY_CODE", "REPORT_DATE", "REPORT", "STD_ITEM_CODE", "AMOUNT", "ITEM_NAME")
BEFORE = {"Q6": "Q1", "Q9": "Q6", "FY": "Q9"}  # the sum that ends a quarter earlier
SINGLE = ("Q2", "Q3", "Q4")
QUARTER = (80, 101)  # days between the ends of two quarters, fiscal calendars of 52 weeks included
APART = 0.005  # relative difference between a derived and a reported quarter that is told


def us_capex(ticker: str, notes: list[str]) -> pd.DataFrame:
    """Return purchases of fixed assets by quarter; see `Provider.us_capex`.

    Notes
    -----
    Keyed by the end of the quarter, not by the tag: fiscal years begin in any month. A quarter that cannot be
    derived is taken as reported, if it is; ``derived`` says which. Cash items only, without finance leases.
    """
    sums = _reported(ticker, notes)
    rows = [row for report, date, value in sums if (row := _quarter(report, date, value, sums))]
    singles = {date: (value, report) for report, date, value in sums if report[-2:] in SINGLE}
    derived = {date for date, *_ in rows}
    for date, value, _, report in rows:
        told = singles.get(date, (value, ""))[0]
        if abs(told - value) > APART * max(told, value):
            notes.append(f"{ticker} {date:%Y-%m-%d}: {report} is {value:g}, but {told:g} as reported alone")
    rows += [(date, value, False, tag) for date, (value, tag) in singles.items() if date not in derived]
    return table_of(
        pd.DataFrame(rows, columns=["period_end", "value", "derived", "report"]), FUNCTION, ticker
    )


def table_of(quarters: pd.DataFrame, function: str, company: str) -> pd.DataFrame:
    """Return the quarters of a company in order and typed.

    Raises
    ------
    NoData
        There is none.
    BadAnswer
        One is negative or there twice.
    """
    if quarters.empty:
        raise NoData(f"{company}: no quarter can be told from its statements")
    if (quarters["value"] < 0.0).any() or quarters["period_end"].duplicated().any():
        raise BadAnswer(f"akshare.{function}: {company}: a quarter is negative or there twice")
    table = quarters.astype({"period_end": "datetime64[ns]", "value": "float64"})
    return table.sort_values("period_end", ignore_index=True).assign(source="akshare/eastmoney")


def about(frame: pd.DataFrame, function: str, company: str) -> None:
    """Refuse an answer about another company."""
    others = set(frame["SECURITY_CODE"].astype(str)) - {company}
    if others:
        raise BadAnswer(f"akshare.{function}: {company}: the answer is about {', '.join(sorted(others))}")


def complete(table: pd.DataFrame, function: str, company: str) -> pd.DataFrame:
    """Return a table without empty cells as it is, and refuse any other."""
    if table.isna().any(axis=None):
        raise BadAnswer(f"akshare.{function}: {company}: a date or an amount is missing")
    return table


def one_sign(amounts: pd.Series, function: str, company: str, item: str) -> pd.Series:
    """Return amounts as positive ones; a source that changes their sign has changed their meaning."""
    if not ((amounts <= 0.0).all() or (amounts >= 0.0).all()):
        raise BadAnswer(f"akshare.{function}: {company}: {item} changes its sign")
    return amounts.abs()


def _reported(ticker: str, notes: list[str]) -> list[tuple[str, pd.Timestamp, float]]:
    """Return tag, end of period and sum of every statement, sums positive."""
    faults: list[LiveError] = []
    parts = []
    for indicator in INDICATORS:
        try:
            parts.append(_items(ticker, indicator))
        except LiveError as fault:
            faults.append(fault)
    if not parts:
        raise all_failed(f"capex of {ticker}", faults)
    notes += [f"{ticker}: {fault}" for fault in faults]
    table = pd.concat(parts, ignore_index=True).drop_duplicates()
    table["value"] = one_sign(table["value"], FUNCTION, ticker, ITEM)
    return list(table[["report", "date", "value"]].itertuples(index=False, name=None))


def _items(ticker: str, indicator: str) -> pd.DataFrame:
    frame = ak.call(
        FUNCTION,
        columns=COLUMNS,
        one_page=True,
        stock=ticker,
        symbol="现金流量表",
        indicator=indicator,
    )
    about(frame, FUNCTION, ticker)
    by_code, by_name = frame["STD_ITEM_CODE"].astype(str) == CODE, frame["ITEM_NAME"] == ITEM
    if not by_code.any() or not by_code.equals(by_name):
        text = f"{ITEM} and item {CODE} are not the same rows, or are not there"
        raise BadAnswer(f"akshare.{FUNCTION}: {ticker}: {text}")
    own = frame[by_code]
    table = pd.DataFrame({"report": own["REPORT"].astype(str).str.strip()})
    table["date"], table["value"] = as_dates(own["REPORT_DATE"]), as_numbers(own["AMOUNT"])
    return complete(table, FUNCTION, ticker)


def _quarter(
    report: str, date: pd.Timestamp, value: float, sums: list[tuple[str, pd.Timestamp, float]]
) -> tuple[pd.Timestamp, float, bool, str] | None:
    """Return the quarter that ends a statement, or None where the one before it is not there."""
    kind = report[-2:]
    if kind == "Q1":
        return date, value, True, report
    for tag, end, earlier in sums:
        if tag[-2:] == BEFORE.get(kind) and QUARTER[0] <= (date - end).days < QUARTER[1]:
            return date, value - earlier, True, f"{report}-{tag[-2:]}"
    return None
