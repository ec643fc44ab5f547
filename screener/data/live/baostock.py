"""baostock as an optional source: suspension and ST flags by day, official reference prices, delisted names.

Not HTTP, but a protocol of its own over one socket, so that the guard of `transport` does not see it. Its
loop that receives has no time limit and never ends on a closed socket: the socket gets one here after each
log-in. Not safe for threads.
"""

from __future__ import annotations

import datetime as dt
import importlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from screener.data.live.base import BARS, INSTRUMENTS
from screener.data.live.faults import BadAnswer, NoData, Unreachable
from screener.data.live.frames import as_dates, as_numbers, final_only, to_shares
from screener.errors import SourceError, SymbolError
from screener.market.symbols import board_of, exchange_of, normalise

__all__ = ["Baostock"]

LIMIT = 30.0  # seconds for one answer
DAILY = (*BARS, "preclose", "tradestatus", "isST")
RAW = "3"  # adjustflag: unadjusted
SERVED = ("SH", "SZ")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Baostock:
    """What baostock offers; see `Provider` for the methods.

    Parameters
    ----------
    now : callable
        Returns the time with its zone.
    limit : float
        Seconds for one answer.
    """

    name = "baostock"

    def __init__(self, now: Callable[[], dt.datetime] = _now, limit: float = LIMIT) -> None:
        self._now, self._limit = now, limit
        self.notes: list[str] = []

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return raw bars; suspended days, which baostock fills in, are left out."""
        days = self.days(symbol, start, end)
        traded = days[days["traded"]].reset_index(drop=True)
        if traded.empty:
            raise NoData(f"baostock: no bar of {symbol} from {start:%Y-%m-%d} to {end:%Y-%m-%d}")
        return traded[[*BARS, "source"]]

    def days(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return every session with its flags: `BARS`, ``pre_close``, ``traded`` and ``risk_warning``."""
        rows = self._ask(
            "query_history_k_data_plus",
            _code(symbol),
            ",".join(("code", *DAILY)),
            start_date=f"{start:%Y-%m-%d}",
            end_date=f"{end:%Y-%m-%d}",
            frequency="d",
            adjustflag=RAW,
        )
        _require(rows, ("code", *DAILY), "query_history_k_data_plus")
        if set(rows["code"]) != {_code(symbol)}:
            raise BadAnswer(f"baostock: the answer is about {rows['code'].iloc[0]}, not {symbol}")
        table = pd.DataFrame({"date": as_dates(rows["date"])})
        for name in BARS[1:]:
            table[name] = as_numbers(rows[name])
        table["pre_close"] = as_numbers(rows["preclose"])
        table["traded"] = _flag(rows, "tradestatus")
        table["risk_warning"] = _flag(rows, "isST")
        quiet = ~table["traded"]
        table.loc[quiet, ["volume", "amount"]] = table.loc[quiet, ["volume", "amount"]].fillna(0.0)
        return final_only(to_shares(table), self._now()).assign(source="baostock")

    def factors(self, symbol: str) -> pd.DataFrame:
        """Return the factors for prices adjusted backwards."""
        rows = self._ask(
            "query_adjust_factor",
            code=_code(symbol),
            start_date="1990-01-01",
            end_date=f"{self._now():%Y-%m-%d}",
        )
        _require(rows, ("dividOperateDate", "backAdjustFactor"), "query_adjust_factor")
        table = pd.DataFrame(
            {"date": as_dates(rows["dividOperateDate"]), "factor": as_numbers(rows["backAdjustFactor"])}
        )
        base = pd.DataFrame({"date": [pd.Timestamp("1900-01-01")], "factor": [1.0]})
        whole = pd.concat([base.astype({"date": "datetime64[ns]"}), table], ignore_index=True)
        return whole.sort_values("date", ignore_index=True).assign(source="baostock")

    def calendar(self) -> pd.DataFrame:
        """Return the sessions."""
        rows = self._ask("query_trade_dates", start_date="1990-12-19", end_date=f"{self._now():%Y}-12-31")
        _require(rows, ("calendar_date", "is_trading_day"), "query_trade_dates")
        days = as_dates(rows["calendar_date"])[_flag(rows, "is_trading_day")]
        return pd.DataFrame({"date": days.reset_index(drop=True), "source": "baostock"})

    def instruments(self) -> pd.DataFrame:
        """Return the shares of Shanghai and Shenzhen, those that have left among them."""
        rows = self._ask("query_stock_basic")
        _require(rows, ("code", "code_name", "ipoDate", "outDate", "type"), "query_stock_basic")
        shares = rows[rows["type"] == "1"].reset_index(drop=True)
        table = pd.DataFrame(
            {"symbol": [_symbol(code) for code in shares["code"]], "name": shares["code_name"]}
        )
        table["listed"], table["delisted"] = as_dates(shares["ipoDate"]), as_dates(shares["outDate"])
        table = table[table["symbol"].notna()].reset_index(drop=True)
        table["board"] = table["symbol"].map(board_of)
        return table[list(INSTRUMENTS)].assign(source="baostock")

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        """Refuse, as `NoData`, the calls of `Provider` that baostock cannot serve."""
        if name not in ("actions", "index_bars", "name_changes", "suspensions", "valuation", "fundamentals",
                        "disclosures", "us_capex"):  # fmt: skip
            raise AttributeError(name)

        def refuse(*_: object) -> NoReturn:
            raise NoData(f"baostock offers no {name} here; ask akshare")

        return refuse

    def _ask(self, query: str, *arguments: Any, **options: Any) -> pd.DataFrame:
        """Log in, ask, and read all rows, each step within the limit."""
        library = _library()
        with _limited(self._limit):
            try:
                _sound(library.login(), "login")
                answer = _sound(getattr(library, query)(*arguments, **options), query)
                rows = []
                while answer.next():
                    rows.append(answer.get_row_data())
                _sound(answer, query)
            except OSError as error:
                if isinstance(error, SourceError):
                    raise
                raise Unreachable(f"baostock: no answer to {query} within {self._limit:g} s") from error
            finally:
                _leave(library)
        if not rows:
            raise NoData(f"baostock: {query} has nothing for {', '.join(map(str, arguments[:1])) or 'it'}")
        return pd.DataFrame(rows, columns=list(answer.fields))


def _library() -> Any:
    try:
        return importlib.import_module("baostock")
    except ImportError as error:
        raise SourceError("baostock is not installed; run: pip install baostock") from error


@contextmanager
def _limited(limit: float) -> Iterator[None]:
    """Make baostock's sockets end: a time limit from their birth, and an error where the other side is gone.

    Its loop asks an ended connection, which gives empty bytes, for ever; both must hold from the log-in on,
    before its socket can be reached.
    """
    before, real = socket.getdefaulttimeout(), socket.socket.recv

    def recv(link: socket.socket, size: int, *flags: int) -> bytes:
        data = real(link, size, *flags)
        if not data and size:
            raise ConnectionResetError("the connection has ended")
        return data

    socket.setdefaulttimeout(limit)
    socket.socket.recv = recv  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        socket.socket.recv = real  # type: ignore[method-assign]
        socket.setdefaulttimeout(before)


def _leave(library: Any) -> None:
    """Log out; a host that is gone must not hide the error before."""
    leaving = threading.Thread(target=_quietly, args=(library.logout,), daemon=True)
    leaving.start()
    leaving.join(timeout=5.0)


def _quietly(leave: Callable[[], object]) -> None:
    try:
        leave()
    except Exception:
        return


def _sound(answer: Any, query: str) -> Any:
    """Return an answer whose code says that it is one."""
    code = str(getattr(answer, "error_code", ""))
    if code != "0":
        message = str(getattr(answer, "error_msg", "")) or "no message"
        raise Unreachable(f"baostock: {query} failed ({code}: {message[:80]})")
    return answer


def _require(rows: pd.DataFrame, names: tuple[str, ...], query: str) -> None:
    missing = [name for name in names if name not in rows.columns]
    if missing:
        found = ", ".join(rows.columns)
        raise BadAnswer(f"baostock.{query}: column {', '.join(missing)} is missing (found: {found})")


def _flag(rows: pd.DataFrame, name: str) -> np.ndarray:
    values = rows[name].astype(str)
    if not values.isin(["0", "1"]).all():
        raise BadAnswer(f"baostock: {name} holds other things than 0 and 1")
    return values.eq("1").to_numpy()


def _code(symbol: str) -> str:
    if exchange_of(symbol) not in SERVED:
        raise NoData(f"baostock has no shares of the Beijing exchange ({symbol})")
    return f"{symbol[7:].lower()}.{symbol[:6]}"


def _symbol(code: str) -> str | None:
    try:
        return normalise(code)
    except SymbolError:
        return None
