"""baostock as an optional source: suspension and ST flags by day, official reference prices, delisted names.

Not HTTP, but a protocol of its own over one socket, which the guard of `transport` spaces and counts but
cannot limit. The library's loop that receives has no time limit and never ends on a closed socket; it takes
a page that does not come for the end of the answer, and it prints. Here its sockets end, an answer is whole
or an error, and what it prints goes nowhere. Not safe for threads.
"""

from __future__ import annotations

import datetime as dt
import importlib
import io
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from screener.data.live.base import BARS, FLAGS, INDEX, INSTRUMENTS
from screener.data.live.faults import (
    BadAnswer,
    Blocked,
    LiveError,
    NoData,
    NotOffered,
    Unreachable,
    WrongStock,
)
from screener.data.live.frames import as_dates, as_numbers, final_only, renamed, to_shares
from screener.data.live.transport import current
from screener.errors import SourceError, SymbolError
from screener.market.symbols import board_of, normalise

__all__ = ["Baostock"]

HOST = "tcp://public-api.baostock.com:10030"
LIMIT = 30.0  # seconds between two pieces of an answer
WHOLE = 4  # times that for all pages of an answer, however they drip
FAREWELL = 2.0  # seconds for logging out, which brings nothing
PAGE = 2000  # rows after which the library asks for more
BLACK_LIST, BANNED = "10001011", 1800.0  # its code, and seconds in which it is not asked again
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
        Seconds between two pieces of an answer; all of it may take four times as long.

    Attributes
    ----------
    exchanges : tuple of str
        Those whose shares it has.
    lacks : tuple of str
        Calls of `Provider` that it cannot serve.
    """

    name = "baostock"
    exchanges = SERVED
    lacks = ("actions", "name_changes", "valuation", "fundamentals", "disclosures", "us_capex",
             "hk_capex")  # fmt: skip

    def __init__(self, now: Callable[[], dt.datetime] = _now, limit: float = LIMIT) -> None:
        self._now, self._limit = now, limit
        self.notes: list[str] = []
        self._held: tuple[str, pd.Timestamp, pd.Timestamp, pd.DataFrame] | None = None  # the last days

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return raw bars and reference prices; suspended days, which baostock fills in, are left out."""
        days = self.days(symbol, start, end)
        traded = days[days["traded"]].reset_index(drop=True)
        if traded.empty:
            raise NoData(f"baostock: no bar of {symbol} from {start:%Y-%m-%d} to {end:%Y-%m-%d}")
        return traded[[*BARS, "pre_close", "source"]]

    def flags(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return `FLAGS`; within the days of the last bars nothing is asked, as they came together."""
        held = self._held
        if held is None or held[0] != symbol or not held[1] <= start <= end <= held[2]:
            self.days(symbol, start, end)
        found = self._held[3]
        return found.loc[found["date"].between(start, end), [*FLAGS, "source"]].reset_index(drop=True)

    def days(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return every session with its flags: `BARS`, ``pre_close``, ``traded`` and ``risk_warning``."""
        rows = self._history(symbol, DAILY, start, end)
        table = renamed(rows, dict(zip(BARS, BARS, strict=True)))
        table["pre_close"] = as_numbers(rows["preclose"])
        table["traded"] = _flag(rows, "tradestatus")
        table["risk_warning"] = _flag(rows, "isST")
        quiet = ~table["traded"]
        table.loc[quiet, ["volume", "amount"]] = table.loc[quiet, ["volume", "amount"]].fillna(0.0)
        found = final_only(to_shares(table), self._now()).assign(source="baostock")
        self._held = (symbol, start, end, found)
        return found

    def index_bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return the bars of an index of Shanghai or Shenzhen."""
        rows = self._history(symbol, INDEX, start, end)
        table = renamed(rows, dict(zip(INDEX, INDEX, strict=True)))
        return final_only(table, self._now()).assign(source="baostock")

    def _history(
        self, symbol: str, columns: tuple[str, ...], start: pd.Timestamp, end: pd.Timestamp
    ) -> pd.DataFrame:
        rows = self._ask(
            "query_history_k_data_plus",
            _code(symbol),
            ",".join(("code", *columns)),
            start_date=f"{start:%Y-%m-%d}",
            end_date=f"{end:%Y-%m-%d}",
            frequency="d",
            adjustflag=RAW,
        )
        _require(rows, ("code", *columns), "query_history_k_data_plus")
        _about(rows, symbol)
        return rows

    def factors(self, symbol: str) -> pd.DataFrame:
        """Return the factors for prices adjusted backwards; no row at all is a share that never paid.

        Should rows be missing, the reference prices of the bars tell of it.
        """
        code, days = _code(symbol), {"start_date": "1990-01-01", "end_date": f"{self._now():%Y-%m-%d}"}
        base = pd.DataFrame({"date": [pd.Timestamp("1900-01-01")], "factor": [1.0]})
        base = base.astype({"date": "datetime64[ns]"}).assign(source="baostock")
        try:
            rows = self._ask("query_adjust_factor", code, **days)
        except NoData:
            return base
        _require(rows, ("code", "dividOperateDate", "backAdjustFactor"), "query_adjust_factor")
        _about(rows, symbol)
        table = pd.DataFrame(
            {"date": as_dates(rows["dividOperateDate"]), "factor": as_numbers(rows["backAdjustFactor"])}
        )
        whole = pd.concat([base, table.assign(source="baostock")], ignore_index=True)
        return whole.sort_values("date", ignore_index=True)

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

    def suspensions(self, day: pd.Timestamp) -> pd.DataFrame:
        """Return the shares that did not trade on `day`; since when and until when is not said."""
        rows = self._ask("query_all_stock", f"{day:%Y-%m-%d}")
        _require(rows, ("code", "tradeStatus"), "query_all_stock")
        quiet = rows[~_flag(rows, "tradeStatus")]
        symbols = [symbol for code in quiet["code"] if (symbol := _symbol(code))]
        table = pd.DataFrame({"symbol": symbols, "first_day": day, "last_day": day, "reason": ""})
        dates = dict.fromkeys(("first_day", "last_day"), "datetime64[ns]")
        return table.astype({"symbol": object, "reason": object, **dates}).assign(source="baostock")

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        """Refuse the calls of `Provider` that baostock cannot serve."""
        if name not in self.lacks:
            raise AttributeError(name)

        def refuse(*_: object) -> NoReturn:
            raise NotOffered(f"baostock offers no {name} here; ask akshare")

        return refuse

    def _ask(self, query: str, *arguments: str, **options: str) -> pd.DataFrame:
        """Log in, ask, and read all rows, each step within the limit.

        Raises
        ------
        LiveError
            `Unreachable` or `BadAnswer`; `NoData` where there is no row.
        """
        library = _library()
        with current().question(HOST), _limited(self._limit) as faults, redirect_stdout(io.StringIO()):
            try:
                table = _read(library, query, arguments, options)
            except LiveError as fault:
                if not faults:
                    raise
                raise Unreachable(f"baostock: no answer to {query}: {faults[0]}") from fault
            except OSError as error:
                raise Unreachable(f"baostock: no answer to {query}: {error}") from error
            except (ValueError, TypeError, LookupError, AttributeError) as error:
                raise BadAnswer(f"baostock: nobody can read the answer to {query} ({error!r:.80})") from error
            finally:
                _leave(library)
        if table.empty:
            raise NoData(f"baostock: {query} has nothing for {', '.join(arguments[:1]) or 'it'}")
        return table


def _read(library: Any, query: str, arguments: tuple[str, ...], options: dict[str, str]) -> pd.DataFrame:
    """Return all rows of an answer as text."""
    _sound(library.login(), "login")
    answer = _sound(getattr(library, query)(*arguments, **options), query)
    rows = []
    while answer.next():
        rows.append(answer.get_row_data())
    _sound(answer, query)
    if len(getattr(answer, "data", ())) == PAGE:  # the next page, be it empty, would have taken its place
        raise Unreachable(f"baostock: the answer to {query} broke off after {len(rows)} rows")
    return pd.DataFrame(rows, columns=list(answer.fields), dtype=object)


def _library() -> Any:
    try:
        return importlib.import_module("baostock")
    except ImportError as error:
        raise SourceError("baostock is not installed; run: pip install baostock") from error


@contextmanager
def _limited(limit: float) -> Iterator[list[str]]:
    """Make baostock's sockets end: a time limit from their birth, and an error where the other side is gone.

    Its loop asks an ended connection, which gives empty bytes, for ever; both must hold from the log-in on,
    before its socket can be reached. It swallows the errors, which are therefore listed.
    """
    before, real = socket.getdefaulttimeout(), socket.socket.recv
    faults: list[str] = []
    end = time.monotonic() + WHOLE * limit

    def recv(link: socket.socket, size: int, *flags: int) -> bytes:
        try:
            if time.monotonic() > end:
                raise TimeoutError(f"not whole within {WHOLE * limit:g} s")
            data = real(link, size, *flags)
            if not data and size:
                raise ConnectionResetError("the connection has ended")
        except OSError as error:
            faults.append(f"{error} (limit {limit:g} s)" if type(error) is TimeoutError else str(error))
            raise
        return data

    socket.setdefaulttimeout(limit)
    socket.socket.recv = recv  # type: ignore[method-assign, assignment]
    try:
        yield faults
    finally:
        socket.socket.recv = real  # type: ignore[method-assign]
        socket.setdefaulttimeout(before)


def _leave(library: Any) -> None:
    """Log out and close the socket, which the library leaves open after a fault; both in silence."""
    link = getattr(getattr(getattr(library, "common", None), "context", None), "default_socket", None)
    if link is not None:
        link.settimeout(FAREWELL)
    with suppress(Exception):
        library.logout()
    if link is not None:
        link.close()


def _sound(answer: Any, query: str) -> Any:
    """Return an answer whose code says that it is one."""
    code = str(getattr(answer, "error_code", ""))
    if code != "0":
        message = str(getattr(answer, "error_msg", "")) or "no message"
        text = f"baostock: {query} failed ({code}: {message[:80]})"
        if query == "login" and code == BLACK_LIST:
            raise Blocked(text, retry_after=BANNED)
        raise Unreachable(text)
    return answer


def _require(rows: pd.DataFrame, names: tuple[str, ...], query: str) -> None:
    missing = [name for name in names if name not in rows.columns]
    if missing:
        found = ", ".join(rows.columns)
        raise BadAnswer(f"baostock.{query}: column {', '.join(missing)} is missing (found: {found})")


def _about(rows: pd.DataFrame, symbol: str) -> None:
    others = rows["code"][rows["code"] != _code(symbol)]
    if len(others):
        raise WrongStock(f"baostock: the answer is about {others.iloc[0]}, not {symbol}")


def _flag(rows: pd.DataFrame, name: str) -> np.ndarray:
    values = rows[name].astype(str)
    if not values.isin(["0", "1"]).all():
        raise BadAnswer(f"baostock: {name} holds other things than 0 and 1")
    return values.eq("1").to_numpy()


def _code(symbol: str) -> str:
    if symbol[7:] not in SERVED:
        raise NoData(f"baostock has nothing of the exchange of {symbol}, only of Shanghai and Shenzhen")
    return f"{symbol[7:].lower()}.{symbol[:6]}"


def _symbol(code: str) -> str | None:
    try:
        return normalise(code)
    except SymbolError:
        return None
