"""What a folder and a store have in common: long tables that are checked, aligned and kept as a panel."""

from __future__ import annotations

import hashlib
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from screener.data import facts
from screener.data.align import Instruments, build_panel, cut
from screener.data.cache import cached_panel, code_version
from screener.data.contract import SHOWN, check_coverage, find_lines
from screener.data.panel import Panel, Provenance
from screener.data.sources.base import Benchmark, SourceSpec, canonical
from screener.data.sources.files import Coverage
from screener.errors import DataError
from screener.market import calendar

__all__ = ["ADDITIVE", "LEFT_OUT", "PRICE_INDEX", "TITLES", "TableSource", "check_curve"]

TITLES = {
    "000001.SH": "SSE Composite",
    "000016.SH": "SSE 50",
    "000300.SH": "CSI 300",
    "000688.SH": "STAR 50",
    "000852.SH": "CSI 1000",
    "000905.SH": "CSI 500",
    "399001.SZ": "SZSE Component",
    "399006.SZ": "ChiNext Index",
    "801750.SI": "Shenwan Computer",
}
LEFT_OUT = "have no prices and are left out"  # a report names these shares beside its verdict
PRICE_INDEX = "price index: lacks dividends of about 2 % a year"
ADDITIVE = "forward-adjusted additively: comparison curve only"


class TableSource(ABC):
    """Prices from long tables; how they are read is told by `FolderSource` and `StoreSource`.

    Notes
    -----
    A panel that was built once is opened from the user's cache, under the hash of the content, the symbols
    and the code, so that it is what would be built again.
    """

    default_benchmark = "000300.SH"
    kind: str
    _told: tuple[list[str], weakref.ref[pd.DataFrame]] | None = None  # the last valuation and its shares

    @property
    @abstractmethod
    def spec(self) -> SourceSpec:
        """Kind and hash of the content."""

    @property
    @abstractmethod
    def _coverage(self) -> Coverage:
        """Which bars there are, of all shares."""

    @property
    @abstractmethod
    def instruments(self) -> Instruments:
        """What the source knows of its shares beside prices."""

    @abstractmethod
    def _events(self, symbols: list[str]) -> pd.DataFrame:
        """Return the corporate actions of some shares at least, as `actions.read_events` has them."""

    @abstractmethod
    def _calendar_days(self) -> pd.DatetimeIndex:
        """Sessions as the source states them."""

    @abstractmethod
    def _read_bars(self, symbols: list[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """Return checked whole series sorted by symbol and date, and what was counted."""

    @abstractmethod
    def _index(self, symbol: str) -> pd.Series | None:
        """Return the closes of an index, or None."""

    @abstractmethod
    def _indices(self) -> list[str]:
        """List the indices and funds."""

    @abstractmethod
    def _facts(self, kind: str, symbols: list[str]) -> pd.DataFrame | None:
        """Return the source's rows of ``valuation``, ``fundamentals`` or ``shares``; None if it has none."""

    def _fund(self, symbol: str) -> tuple[pd.Series, str] | None:
        """Return closes and name of a fund, or None; a store keeps none."""
        return None

    def _before(self, symbols: list[str]) -> tuple[str, ...]:
        """Refuse symbols or return what must be said of them, before anything is read."""
        return ()

    def span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return the first and the last session that any share has a bar on."""
        return self._coverage.days[0], self._coverage.days[-1]

    @property
    def symbols(self) -> tuple[str, ...]:
        """All shares with bars, sorted."""
        return self._coverage.symbols

    def panel(
        self, symbols: Iterable[str], start: pd.Timestamp | None = None, end: pd.Timestamp | None = None
    ) -> Panel:
        """Return the prices of some shares.

        Parameters
        ----------
        symbols : iterable of str
            In any common spelling. Shares without any bar are left out and named in the notes.
        start, end : Timestamp, optional
            The part that is returned, both included; what it says rests on the whole series.

        Raises
        ------
        DataError
            If the tables break the contract, no share has bars, or the part holds no session.
        """
        asked = canonical(symbols)
        said = self._before(asked)
        key = hashlib.sha256(
            "\n".join([code_version(), self.kind, self.spec.sha256, *said, *asked]).encode("utf-8")
        ).hexdigest()
        panel = cached_panel(key, lambda: self._whole(asked, said))
        _check_part((panel.sessions[0], panel.sessions[-1]), start, end)
        return cut(panel, start, end)

    def _whole(self, asked: list[str], said: tuple[str, ...]) -> Panel:
        """Build the panel of all sessions from the tables."""
        absent = sorted(set(asked) - set(self.symbols))
        present = sorted(set(asked) - set(absent))
        if not present:
            raise DataError(*(f"{name}: no bars; {self._hint(name)}" for name in asked))
        self._check_days()
        bars, notes = self._read_bars(present)
        left_out = f"{len(absent)} of {len(asked)} shares {LEFT_OUT}: {', '.join(absent)}."
        found = (*said, *((left_out,) if absent else ()), *notes)
        return build_panel(
            bars, self._events(present), self.instruments, self.span(), self._provenance(_weak(bars)), found
        )

    def benchmark(self, symbol: str, sessions: pd.DatetimeIndex) -> Benchmark:
        """Return a comparison curve: an index, a share (total return), or a fund.

        Raises
        ------
        DataError
            If there is no such series, or none of its closes falls on `sessions`.
        """
        symbol = symbol.strip().upper()
        level = self._index(symbol)
        if level is not None:
            return _on_sessions(symbol, level, TITLES.get(symbol, symbol), PRICE_INDEX, sessions)
        if symbol in self.symbols:
            panel = self.panel([symbol])
            curve = panel.adjusted[symbol].dropna()
            return _on_sessions(symbol, curve, panel.names[symbol], "", sessions)
        fund = self._fund(symbol)
        if fund is not None:
            return _on_sessions(symbol, *fund, ADDITIVE, sessions)
        there = ", ".join(sorted(self._indices())) or "no index"
        raise DataError(f"benchmark {symbol}: the source has no such series; it has {there}, and its shares")

    @property
    def industries(self) -> Mapping[str, str]:
        """Industry by share as the source has it today; empty where it has none."""
        return {symbol: name for symbol, name in self.instruments.industry.items() if name}

    def valuation(self, symbols: Iterable[str]) -> pd.DataFrame:
        """Return valuation by day, see `facts.valuation`; no rows where the source knows none."""
        asked = canonical(symbols)
        rows = self._facts("valuation", asked)
        told = facts.valuation(facts.EMPTY if rows is None else rows)
        self._told = asked, weakref.ref(told)
        return told

    def _valued(self, asked: list[str]) -> pd.DataFrame:
        """Return the valuation that was read last, while somebody holds it, else read it."""
        told = self._told[1]() if self._told and self._told[0] == asked else None
        return self.valuation(asked) if told is None else told

    def statements(self, symbols: Iterable[str]) -> pd.DataFrame:
        """Return figures of statements by first usable day, see `facts.statements`; no rows without any."""
        rows = self._facts("fundamentals", canonical(symbols))
        return facts.statements(facts.EMPTY if rows is None else rows)

    def shares(self, symbols: Iterable[str]) -> pd.DataFrame:
        """Return ``date, symbol, shares, float_shares`` on the days on which they were counted."""
        asked = canonical(symbols)
        rows = self._facts("shares", asked)
        counted = facts.valuation(facts.EMPTY if rows is None else rows)
        if counted.empty:
            counted = self._valued(asked)
        return counted.reindex(columns=["date", "symbol", *facts.SHARES]).dropna(subset=["shares"])

    def _checked(self, coverage: Coverage) -> Coverage:
        check_coverage(coverage.days, coverage.counts, "prices")
        return coverage

    def _check_days(self) -> None:
        """Refuse tables with gaps, or whose calendar is not ours between the first and last bar."""
        first, last = self._coverage.days[0], self._coverage.days[-1]
        ours, theirs = calendar.sessions(first, last), self._calendar_days()
        theirs = theirs[(theirs >= first) & (theirs <= last)]
        problems = [
            f"calendar.csv: {day:%Y-%m-%d} is not a Shanghai session" for day in theirs.difference(ours)
        ]
        problems += [
            f"calendar.csv: the session {day:%Y-%m-%d} is missing" for day in ours.difference(theirs)
        ]
        if problems:
            more = len(problems) - SHOWN
            raise DataError(*problems[:SHOWN], *([f"calendar.csv: and {more} more days"] if more > 0 else []))

    def _provenance(self, caveats: tuple[str, ...]) -> Provenance:
        first, last = self.span()
        title = f"{self.kind} of {len(self.symbols)} shares, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
        return Provenance(self.kind, title, self.spec.sha256, simulated=False, caveats=caveats)

    def _hint(self, symbol: str) -> str:
        same = [name for name in self.symbols if name[:3] == symbol[:3]]
        return f"the source holds {len(self.symbols)} shares, such as {', '.join((same or self.symbols)[:3])}"


def check_curve(rows: pd.DataFrame, where: str) -> pd.Series:
    """Return the closes of one index or fund by day.

    Parameters
    ----------
    rows : DataFrame
        Columns ``date, symbol, close``.
    where : str
        Name of the table, for the messages.

    Raises
    ------
    DataError
        A close that is not positive, a day without trading, or two rows of one day.
    """
    values = pd.to_numeric(rows["close"], errors="coerce").to_numpy(dtype=float)
    known = rows["date"].isin(calendar.sessions()) | (rows["date"] < calendar.sessions()[0])
    problems = find_lines(
        rows, ~(np.isfinite(values) & (values > 0)), where, "close={close} must be positive"
    )
    problems += find_lines(rows, ~known.to_numpy(), where, "is not a Shanghai session; remove the row")
    problems += find_lines(rows, rows.duplicated("date").to_numpy(), where, "is there twice")
    if problems:
        raise DataError(*problems)
    return pd.Series(values, index=pd.DatetimeIndex(rows["date"]))


def _check_part(
    span: tuple[pd.Timestamp, pd.Timestamp], start: pd.Timestamp | None, end: pd.Timestamp | None
) -> None:
    first, last = span
    low = first if start is None else max(pd.Timestamp(start), first)
    high = last if end is None else min(pd.Timestamp(end), last)
    if low > high or not len(calendar.sessions(low, high)):
        raise DataError(
            f"no session from {pd.Timestamp(start or first):%Y-%m-%d} to "
            f"{pd.Timestamp(end or last):%Y-%m-%d}; the source holds {first:%Y-%m-%d} to {last:%Y-%m-%d}"
        )


def _weak(bars: pd.DataFrame) -> tuple[str, ...]:
    """Say what a reader of these bars must know."""
    if "amount_est" not in bars.columns:
        return ()
    share = float(bars["amount_est"].fillna(value=False).astype(bool).mean())
    return (f"The traded amount is an estimate for {share:.0%} of these bars.",) if share else ()


def _on_sessions(
    symbol: str, close: pd.Series, title: str, caveat: str, sessions: pd.DatetimeIndex
) -> Benchmark:
    """Put a curve on the sessions of a run and say how many it lacks."""
    found = close.reindex(sessions).rename(symbol)
    lacking = int(found.isna().sum())
    if lacking == len(found):
        raise DataError(
            f"benchmark {symbol}: no close between {sessions[0]:%Y-%m-%d} and {sessions[-1]:%Y-%m-%d}; "
            f"it has {close.index[0]:%Y-%m-%d} to {close.index[-1]:%Y-%m-%d}"
        )
    parts = [caveat] if caveat else []
    parts += [f"{lacking} sessions are missing"] if lacking else []
    return Benchmark(symbol, title, found, "; ".join(parts))
