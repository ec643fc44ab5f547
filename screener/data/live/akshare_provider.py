"""akshare as a source of live data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pandas as pd

from screener.data.live import (
    akshare_actions,
    akshare_bars,
    akshare_capex,
    akshare_capex_hk,
    akshare_index,
    akshare_listing,
    akshare_value,
)

__all__ = ["Akshare"]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Akshare:
    """The free endpoints behind akshare; see `Provider` for the methods.

    Every method must run inside ``with guarded():``.

    Parameters
    ----------
    now : callable
        Returns the time with its zone; decides whether today's bar is final.
    """

    name = "akshare"

    def __init__(self, now: Callable[[], dt.datetime] = _now) -> None:
        self._now = now
        self.notes: list[str] = []

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return raw bars, from eastmoney, else Tencent, else Sina."""
        return akshare_bars.bars(symbol, start, end, self._now(), self.notes)

    def factors(self, symbol: str) -> pd.DataFrame:
        """Return Sina's multiplicative factors."""
        return akshare_bars.factors(symbol)

    def actions(self, symbol: str) -> pd.DataFrame:
        """Return dividends, new shares and rights by ex-date."""
        return akshare_actions.actions(symbol)

    def index_bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return bars of an index, from eastmoney, else the index company, else Sina."""
        return akshare_index.index_bars(symbol, start, end, self._now(), self.notes)

    def calendar(self) -> pd.DataFrame:
        """Return Sina's sessions."""
        return akshare_listing.calendar()

    def instruments(self) -> pd.DataFrame:
        """Return the exchanges' lists of shares, the delisted of Shanghai and Shenzhen among them."""
        return akshare_listing.instruments(self.notes)

    def name_changes(self) -> pd.DataFrame:
        """Return Shenzhen's dated changes of names."""
        return akshare_listing.name_changes()

    def suspensions(self, day: pd.Timestamp) -> pd.DataFrame:
        """Return who does not trade on a day."""
        return akshare_listing.suspensions(day)

    def valuation(self, symbol: str) -> pd.DataFrame:
        """Return capital and ratios by day, from 2018."""
        return akshare_value.valuation(symbol)

    def fundamentals(self, symbol: str) -> pd.DataFrame:
        """Return the main items of the three statements."""
        return akshare_value.fundamentals(symbol)

    def disclosures(self, period_end: pd.Timestamp) -> pd.DataFrame:
        """Return the actual days of disclosure of a period."""
        return akshare_value.disclosures(period_end)

    def us_capex(self, ticker: str) -> pd.DataFrame:
        """Return capex by quarter, without the day of its release."""
        return akshare_capex.us_capex(ticker, self.notes)

    def hk_capex(self, code: str) -> pd.DataFrame:
        """Return capex by quarter in the currency of the statements, without the day of its release."""
        return akshare_capex_hk.hk_capex(code, self.notes)
