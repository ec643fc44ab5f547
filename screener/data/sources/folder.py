"""A folder of files as a source: ``prices*.parquet`` and what goes with them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from screener.data.actions import read_events
from screener.data.align import Instruments, build_panel, read_instruments
from screener.data.contract import COLUMNS, SHOWN, check_bars, check_columns, check_coverage, find_lines
from screener.data.panel import Panel, Provenance
from screener.data.sources.base import Benchmark, SourceSpec, canonical
from screener.data.sources.files import (
    Coverage,
    column_names,
    content_hash,
    read_coverage,
    read_csv,
    read_rows,
)
from screener.errors import DataError, SourceError, nearest
from screener.market import calendar

__all__ = ["FolderSource"]

REQUIRED = ("index.parquet", "instruments.csv", "corporate_actions.csv", "calendar.csv")
PATTERNS = ("prices*.parquet", "etf*.parquet", *REQUIRED, "valuation.parquet", "fundamentals.parquet")
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
PRICE_INDEX = "price index: lacks dividends of about 2 % a year"
ADDITIVE = "forward-adjusted additively: comparison curve only"
INDEX_COLUMNS = ("date", "symbol", "close")


class FolderSource:
    """Prices from files on disk, of any folder with the files of the contract.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    SourceError
        If there is no such folder.
    DataError
        If it lacks a file; all missing ones are named.

    Notes
    -----
    Every answer reads the files again; nothing is kept but their hash, their days and the small tables.
    """

    default_benchmark = "000300.SH"

    def __init__(self, path: str | Path) -> None:
        self._folder = Path(path).expanduser()
        if not self._folder.is_dir():
            raise SourceError(
                f"source: {path} is not a folder; give `sample`, or a folder with prices*.parquet, "
                f"{', '.join(REQUIRED)}"
            )
        self._prices = self._files("prices*.parquet")
        missing = [] if self._prices else ["prices*.parquet"]
        missing += [name for name in REQUIRED if not (self._folder / name).is_file()]
        if missing:
            raise DataError(*(f"source: {name} is missing in {path}" for name in missing))

    @cached_property
    def spec(self) -> SourceSpec:
        """Kind and hash over names and contents of the files of the contract."""
        paths = {path for pattern in PATTERNS for path in self._files(pattern)}
        return SourceSpec(kind="folder", variant="", sha256=content_hash(paths))

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
            If the files break the contract, no share has bars, or the part holds no session.
        """
        asked = canonical(symbols)
        absent = sorted(set(asked) - set(self.symbols))
        present = sorted(set(asked) - set(absent))
        if not present:
            raise DataError(*(f"{name}: no bars; {self._hint(name)}" for name in asked))
        self._check_part(start, end)
        self._check_calendar()
        bars, notes, caveats = self._read_bars(present)
        left_out = f"{len(absent)} of {len(asked)} shares have no bars and are left out: {', '.join(absent)}."
        return build_panel(
            bars,
            self._events,
            self._instruments,
            self.span(),
            self._provenance(caveats),
            (*((left_out,) if absent else ()), *notes),
            start,
            end,
        )

    def benchmark(self, symbol: str, sessions: pd.DatetimeIndex) -> Benchmark:
        """Return a comparison curve: an index, a share (total return), or a fund.

        Raises
        ------
        DataError
            If the folder has no such series, or none of its closes falls on `sessions`.
        """
        symbol = symbol.strip().upper()
        indices, funds = (
            self._series_of(self._files("index.parquet")),
            self._series_of(self._files("etf*.parquet")),
        )
        if symbol in indices:
            found = self._curve(indices[symbol], symbol), TITLES.get(symbol, symbol), PRICE_INDEX
        elif symbol in self.symbols:
            panel = self.panel([symbol])
            found = panel.adjusted[symbol].dropna(), panel.names[symbol], ""
        elif symbol in funds:
            found = self._curve(funds[symbol], symbol), self._fund_name(funds[symbol], symbol), ADDITIVE
        else:
            raise DataError(
                f"benchmark {symbol}: {nearest(symbol, [*indices, *funds])}, or any share of the source"
            )
        return _on_sessions(symbol, *found, sessions)

    def _files(self, pattern: str) -> list[Path]:
        return sorted(path for path in self._folder.glob(pattern) if path.is_file())

    @cached_property
    def _coverage(self) -> Coverage:
        coverage = read_coverage(self._prices)
        check_coverage(coverage.days, coverage.counts, "prices")
        return coverage

    @cached_property
    def _instruments(self) -> Instruments:
        return read_instruments(read_csv(self._folder / "instruments.csv", ("symbol",)))

    @cached_property
    def _events(self) -> pd.DataFrame:
        name = "corporate_actions.csv"
        return read_events(read_csv(self._folder / name, ("symbol", "ex_date")), name)

    def _check_calendar(self) -> None:
        """Refuse a folder whose calendar is not ours between its first and last bar."""
        first, last = self.span()
        ours = calendar.sessions(first, last)
        text = read_csv(self._folder / "calendar.csv", ("date",))["date"]
        theirs = pd.DatetimeIndex(pd.to_datetime(text, errors="coerce", format="%Y-%m-%d"))
        if theirs.isna().any():
            raise DataError(f"calendar.csv: {text[theirs.isna()].iloc[0]} is not a date such as 2024-07-04")
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

    def _check_part(self, start: pd.Timestamp | None, end: pd.Timestamp | None) -> None:
        first, last = self.span()
        low = first if start is None else max(pd.Timestamp(start), first)
        high = last if end is None else min(pd.Timestamp(end), last)
        if low > high or not len(calendar.sessions(low, high)):
            raise DataError(
                f"no session from {start or first} to {end or last}; the source holds {first:%Y-%m-%d} to "
                f"{last:%Y-%m-%d}"
            )

    def _read_bars(self, symbols: list[str]) -> tuple[pd.DataFrame, tuple[str, ...], tuple[str, ...]]:
        """Return checked whole series sorted by symbol and date, what was counted, and what is weak."""
        parts, notes, problems = [], [], []
        for path, held in zip(self._prices, self._coverage.held, strict=True):
            if held.isdisjoint(symbols):
                continue
            extra = [name for name in ("amount_est",) if name in column_names(path)]
            rows = read_rows(path, (*COLUMNS, *extra), symbols)
            try:
                notes += check_bars(rows, path.name)
            except DataError as error:
                problems += error.problems
            parts += [rows] if len(rows) else []
        if problems:
            raise DataError(*problems)
        bars = pd.concat(parts, ignore_index=True).sort_values(["symbol", "date"], ignore_index=True)
        return bars, tuple(notes), _weak(bars)

    def _provenance(self, caveats: tuple[str, ...]) -> Provenance:
        first, last = self.span()
        title = f"folder of {len(self.symbols)} shares, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
        return Provenance("folder", title, self.spec.sha256, simulated=False, caveats=caveats)

    def _hint(self, symbol: str) -> str:
        same = [name for name in self.symbols if name[:3] == symbol[:3]]
        return f"the source holds {len(self.symbols)} shares, such as {', '.join((same or self.symbols)[:3])}"

    def _series_of(self, paths: list[Path]) -> dict[str, Path]:
        """Return the file of every series in tables of indices or funds."""
        found = {}
        for path in paths:
            check_columns(column_names(path), path.name, INDEX_COLUMNS)
            names = read_rows(path, ("date", "symbol"))["symbol"].dropna().unique()
            found |= dict.fromkeys((str(name) for name in names), path)
        return found

    def _curve(self, path: Path, symbol: str) -> pd.Series:
        rows = read_rows(path, INDEX_COLUMNS, [symbol])
        values = pd.to_numeric(rows["close"], errors="coerce").to_numpy(dtype=float)
        known = rows["date"].isin(calendar.sessions()) | (rows["date"] < calendar.sessions()[0])
        problems = find_lines(
            rows, ~(np.isfinite(values) & (values > 0)), path.name, "close={close} must be positive"
        )
        problems += find_lines(
            rows, ~known.to_numpy(), path.name, "is not a Shanghai session; remove the row"
        )
        problems += find_lines(rows, rows.duplicated("date").to_numpy(), path.name, "is there twice")
        if problems:
            raise DataError(*problems)
        return pd.Series(values, index=pd.DatetimeIndex(rows["date"]))

    def _fund_name(self, path: Path, symbol: str) -> str:
        if "name" not in column_names(path):
            return symbol
        return str(read_rows(path, ("date", "symbol", "name"), [symbol])["name"].iloc[-1])


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
