"""What a source of live data offers, and the table of sources.

A team adds a source with one file, whose class has the methods of `Provider`, and one entry in `PROVIDERS`.
A method that a source cannot serve raises `NoData`.
"""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import pandas as pd

from screener.errors import SourceError, nearest

__all__ = [
    "ACTIONS",
    "BARS",
    "FLAGS",
    "FUNDAMENTALS",
    "INDEX",
    "INSTRUMENTS",
    "PROVIDERS",
    "Flagged",
    "Provider",
    "provider",
]

# Columns of the frames. Every frame ends with `source`, text such as "akshare/eastmoney".
BARS = ("date", "open", "high", "low", "close", "volume", "amount")
INDEX = BARS
FLAGS = ("date", "traded", "risk_warning")
ACTIONS = (
    "date",
    "cash",
    "bonus",
    "rights",
    "rights_price",
    "plan",
    "record",
    "pay",
    "listing",
)
INSTRUMENTS = ("symbol", "name", "board", "listed", "delisted")
FUNDAMENTALS = (
    "period",
    "revenue",
    "net_profit",
    "operating_cash_flow",
    "capex",
    "inventory",
    "prepayments",
    "contract_liabilities",
    "total_assets",
    "equity",
    "notice",
    "update",
)


class Provider(Protocol):
    """A source of live data.

    Dates are naive ``datetime64[ns]`` at midnight, sessions of Shanghai where they are days of trading.
    Symbols are canonical, ``300308.SZ`` for shares and ``000300.SH``, ``931151.CSI`` for indices. Numbers
    are float64: prices and money in CNY, volumes in shares, ratios as fractions a share.

    Every method raises `LiveError`: `NoData` where the source says that there is nothing, `Unreachable`,
    `Blocked`, `BadAnswer` where it fails.

    Attributes
    ----------
    name : str
    notes : list of str
        What went wrong on the way to an answer that came all the same, one sentence each.
    """

    name: str
    notes: list[str]

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return `BARS`, raw, one row a traded day, ascending, without the bar of a day that is not over.

        Where the source states it, also ``pre_close``, the exchange's reference price in CNY, NaN where not.
        """

    def factors(self, symbol: str) -> pd.DataFrame:
        """Return ``date, factor``: multiplicative, from each date on, 1.0 on the first row."""

    def actions(self, symbol: str) -> pd.DataFrame:
        """Return `ACTIONS` by ex-date: CNY and new shares for one share held; days unknown are NaT."""

    def index_bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return `INDEX`; volume and amount may be NaN."""

    def calendar(self) -> pd.DataFrame:
        """Return ``date``, the sessions that the source knows."""

    def instruments(self) -> pd.DataFrame:
        """Return `INSTRUMENTS`, A-shares listed and delisted; `delisted` is NaT while listed."""

    def name_changes(self) -> pd.DataFrame:
        """Return ``symbol, date, before, after``, dated changes of short names (ST and the like)."""

    def suspensions(self, day: pd.Timestamp) -> pd.DataFrame:
        """Return ``symbol, first_day, last_day, reason`` of the shares that do not trade on `day`."""

    def valuation(self, symbol: str) -> pd.DataFrame:
        """Return ``date``, capital in CNY and shares, and ratios; one row a day."""

    def fundamentals(self, symbol: str) -> pd.DataFrame:
        """Return `FUNDAMENTALS` by period end, CNY, year to date, as restated last."""

    def disclosures(self, period_end: pd.Timestamp) -> pd.DataFrame:
        """Return ``symbol, period, planned, released`` of the whole market; NaT until released."""

    def us_capex(self, ticker: str) -> pd.DataFrame:
        """Return ``period_end, value, derived, report``: quarterly capex, USD, positive; no release date."""

    def hk_capex(self, code: str) -> pd.DataFrame:
        """Return what `us_capex` does and ``currency``, such as CNY; `code` has five digits, as 00700."""


@runtime_checkable
class Flagged(Protocol):
    """What a `Provider` may know besides: how every session of a share stood."""

    def flags(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return `FLAGS`, one row a session, ascending: whether it traded, and under a risk warning (ST)."""


PROVIDERS = {
    "akshare": "screener.data.live.akshare_provider:Akshare",
    "baostock": "screener.data.live.baostock:Baostock",
}


def provider(name: str, now: Callable[[], dt.datetime] | None = None) -> Provider:
    """Return a source by name; its libraries are imported by its first request.

    Parameters
    ----------
    name : str
    now : callable, optional
        Returns the time with its zone; the clock of the machine if left out.

    Raises
    ------
    SourceError
        If there is none of that name.
    """
    if name not in PROVIDERS:
        raise SourceError(f"provider {name!r} is not known; {nearest(name, PROVIDERS)}")
    module, _, factory = PROVIDERS[name].partition(":")
    make = getattr(importlib.import_module(module), factory)
    made: Provider = make() if now is None else make(now)
    return made
