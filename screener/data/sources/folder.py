"""A folder of files as a source: ``prices*.parquet`` and what goes with them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import pandas as pd

from screener.data.actions import read_events
from screener.data.align import Instruments, read_instruments
from screener.data.contract import COLUMNS, check_bars, check_columns
from screener.data.sources.base import SourceSpec
from screener.data.sources.files import (
    Coverage,
    column_names,
    content_hash,
    read_coverage,
    read_csv,
    read_rows,
)
from screener.data.sources.tables import TableSource, check_curve
from screener.data.store.kinds import KINDS
from screener.data.store.marker import exported_digest
from screener.data.vouched import VOUCHED, sentences
from screener.errors import DataError, SourceError

__all__ = ["REQUIRED", "FolderSource"]

REQUIRED = ("index.parquet", "instruments.csv", "corporate_actions.csv", "calendar.csv")
SNAPSHOTS = "shares_snapshots.csv"  # read where it is there
PATTERNS = (
    "prices*.parquet",
    "etf*.parquet",
    *REQUIRED,
    "valuation.parquet",
    "fundamentals.parquet",
    KINDS[VOUCHED].leaves_as,
    SNAPSHOTS,
)
CURVE = ("date", "symbol", "close")


class FolderSource(TableSource):
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

    kind = "folder"

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
        """Kind and hash over names and contents of the files; an untouched export has that of its store."""
        paths = {path for pattern in PATTERNS for path in self._files(pattern)}
        sha256 = exported_digest(self._folder, paths) or content_hash(paths)
        return SourceSpec(kind=self.kind, variant="", sha256=sha256)

    def _files(self, pattern: str) -> list[Path]:
        return sorted(path for path in self._folder.glob(pattern) if path.is_file())

    def _before(self, symbols: list[str]) -> tuple[str, ...]:
        """Name the bars that a store holds on the user's word, where the folder was exported from it."""
        path = self._folder / KINDS[VOUCHED].leaves_as
        if not path.is_file():
            return ()
        words = read_rows(path, column_names(path), symbols)
        if words.empty:
            return ()
        names = sorted(set(words["symbol"]))
        bars = pd.concat([read_rows(prices, COLUMNS, names) for prices in self._prices], ignore_index=True)
        told = [sentences(n, bars[bars["symbol"] == n], words[words["symbol"] == n]) for n in names]
        return tuple(said for part in told for said in part)

    @cached_property
    def _coverage(self) -> Coverage:
        return self._checked(read_coverage(self._prices))

    @cached_property
    def instruments(self) -> Instruments:
        """Names, days of listing, industries, as the source has them today."""
        return read_instruments(read_csv(self._folder / "instruments.csv", ("symbol",)))

    def _events(self, symbols: list[str]) -> pd.DataFrame:
        name = "corporate_actions.csv"
        return read_events(read_csv(self._folder / name, ("symbol", "ex_date")), name)

    def _calendar_days(self) -> pd.DatetimeIndex:
        text = read_csv(self._folder / "calendar.csv", ("date",))["date"]
        days = pd.DatetimeIndex(pd.to_datetime(text, errors="coerce", format="%Y-%m-%d"))
        if days.isna().any():
            raise DataError(f"calendar.csv: {text[days.isna()].iloc[0]} is not a date such as 2024-07-04")
        return days

    def _read_bars(self, symbols: list[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
        parts, notes, problems = [], [], []
        for path, held in zip(self._prices, self._coverage.held, strict=True):
            if held.isdisjoint(symbols):
                continue
            extra = [name for name in ("amount_est",) if name in column_names(path)]
            rows = read_rows(path, (*COLUMNS, *extra), symbols)
            rows["symbol"] = pd.Categorical(rows["symbol"], categories=symbols)
            try:
                notes += check_bars(rows, path.name)
            except DataError as error:
                problems += error.problems
            parts += [rows] if len(rows) else []
        if problems:
            raise DataError(*problems)
        bars = pd.concat(parts, ignore_index=True).sort_values(["symbol", "date"], ignore_index=True)
        return bars, tuple(notes)

    def _index(self, symbol: str) -> pd.Series | None:
        path = self._series_of("index.parquet").get(symbol)
        return None if path is None else check_curve(read_rows(path, CURVE, [symbol]), path.name)

    def _fund(self, symbol: str) -> tuple[pd.Series, str] | None:
        path = self._series_of("etf*.parquet").get(symbol)
        if path is None:
            return None
        curve = check_curve(read_rows(path, CURVE, [symbol]), path.name)
        if "name" not in column_names(path):
            return curve, symbol
        return curve, str(read_rows(path, ("date", "symbol", "name"), [symbol])["name"].iloc[-1])

    def _facts(self, kind: str, symbols: list[str]) -> pd.DataFrame | None:
        if kind == "shares":
            path = self._folder / SNAPSHOTS
            if not path.is_file():
                return None
            rows = read_csv(path, ("date", "symbol", "total_shares", "float_shares"))
            rows["date"] = pd.to_datetime(rows["date"], format="%Y-%m-%d")
            return rows[rows["symbol"].isin(symbols)]
        path = self._folder / f"{kind}.parquet"
        return read_rows(path, column_names(path), symbols) if path.is_file() else None

    def _indices(self) -> list[str]:
        return [*self._series_of("index.parquet"), *self._series_of("etf*.parquet")]

    def _series_of(self, pattern: str) -> dict[str, Path]:
        """Return the file of every series in tables of indices or funds."""
        found = {}
        for path in self._files(pattern):
            check_columns(column_names(path), path.name, CURVE)
            names = read_rows(path, ("date", "symbol"))["symbol"].dropna().unique()
            found |= dict.fromkeys((str(name) for name in names), path)
        return found
