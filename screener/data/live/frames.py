"""Small steps that bring any vendor's frame into the form of `base`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from screener.data.live.faults import BadAnswer
from screener.errors import SymbolError
from screener.market.symbols import exchange_of, normalise

__all__ = [
    "FINAL",
    "SHANGHAI",
    "as_dates",
    "as_numbers",
    "final_only",
    "prefixed",
    "renamed",
    "shares_only",
    "to_shares",
]

SHANGHAI = ZoneInfo("Asia/Shanghai")
FINAL = dt.time(
    15, 30
)  # from then on the bar of the day does not change: closing call and fixed-price trading
UNITS = (1.0, 100.0)  # a volume is in shares or in lots
HALF_FEN = 0.005


def as_dates(values: Any) -> pd.Series:
    """Read dates of any kind (text, date, Timestamp) as naive midnights; what is none becomes NaT."""
    dates = pd.to_datetime(pd.Series(values).astype("object"), errors="coerce", format="mixed")
    return dates.dt.normalize().astype("datetime64[ns]")


def as_numbers(values: Any) -> pd.Series:
    """Read numbers as float64; what is none becomes NaN."""
    return pd.to_numeric(pd.Series(values), errors="coerce").astype(np.float64)


def renamed(frame: pd.DataFrame, names: Mapping[str, str], dates: Iterable[str] = ("date",)) -> pd.DataFrame:
    """Take columns by name under new names; those in `dates` become dates, the others numbers."""
    days = set(dates)
    columns = {
        new: (as_dates if new in days else as_numbers)(frame[old].reset_index(drop=True))
        for old, new in names.items()
    }
    return pd.DataFrame(columns)


def prefixed(symbol: str) -> str:
    """Spell a symbol as Tencent and Sina do.

    Examples
    --------
    >>> prefixed("300308.SZ")
    'sz300308'
    """
    return f"{exchange_of(symbol).lower()}{symbol[:6]}"


def final_only(bars: pd.DataFrame, now: dt.datetime) -> pd.DataFrame:
    """Drop the bar of a day that is not over.

    Parameters
    ----------
    now : datetime
        With its time zone; what counts is the time in Shanghai, wherever the machine stands.
    """
    there = now.astimezone(SHANGHAI)
    today = pd.Timestamp(there.date())
    last = today if there.time() >= FINAL else today - pd.Timedelta(days=1)
    # A bar of the future is not left out in silence here: `accept` refuses it with its reason.
    return bars[(bars["date"] <= last) | (bars["date"] > today) | bars["date"].isna()].reset_index(drop=True)


def to_shares(bars: pd.DataFrame) -> pd.DataFrame:
    """Bring volumes into shares, row by row, by the one unit that makes the average price possible.

    Documents are wrong about units, and some endpoints change theirs within one answer. A row is in `unit`
    if low <= amount / (volume * unit) <= high, where a volume in lots may be rounded by one.

    Notes
    -----
    NaN: the volume of a row that fits neither unit; `accept` refuses it. No volume stays no volume.
    """
    volume, amount = bars["volume"].to_numpy(), bars["amount"].to_numpy()
    low, high = bars["low"].to_numpy() - HALF_FEN, bars["high"].to_numpy() + HALF_FEN
    shares, best = np.where(volume == 0.0, 0.0, np.nan), np.full(len(bars), np.inf)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for unit in UNITS:
            least = amount / ((volume + 1.0) * unit)
            most = np.where(volume > 1.0, amount / ((volume - 1.0) * unit), np.inf)
            average = amount / (volume * unit)
            away = np.abs(np.log(average / np.clip(average, low, high)))
            fits = (volume > 0.0) & (least <= high) & (most >= low) & (away < best)
            shares, best = np.where(fits, np.rint(volume * unit), shares), np.where(fits, away, best)
    return bars.assign(volume=shares)


def shares_only(frame: pd.DataFrame, digits: pd.Series, exchange: str | None = None) -> pd.DataFrame:
    """Put canonical symbols in front of a list, and leave out what is no A-share (B shares, funds, notes).

    Raises
    ------
    BadAnswer
        If not even half of the codes are A-shares: the column is not what it was.
    """
    symbols = [_symbol(str(code).strip(), exchange) for code in digits]
    kept = [symbol is not None for symbol in symbols]
    if len(kept) and sum(kept) * 2 < len(kept):
        some = ", ".join(str(code) for code in digits.head(3))
        raise BadAnswer(f"a list of shares holds other things than codes ({some}); its columns have moved")
    named = frame.reset_index(drop=True).assign(symbol=symbols)
    front = ["symbol", *(name for name in frame.columns if name != "symbol")]
    return named.loc[kept, front].reset_index(drop=True)


def _symbol(digits: str, exchange: str | None) -> str | None:
    try:
        return normalise(f"{digits}.{exchange}" if exchange else digits)
    except SymbolError:
        return None
