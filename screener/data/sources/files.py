"""Reading the files of a folder: each failure becomes one line that names the file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.arrays import IntVector
from screener.data.contract import check_columns
from screener.errors import DataError, SourceError

__all__ = ["Coverage", "column_names", "content_hash", "read_coverage", "read_csv", "read_rows", "read_table"]

CHUNK = 1 << 20
CANONICAL = re.compile(r"[0-9]{6}\.(SH|SZ|BJ)")


class Coverage(NamedTuple):
    """Which bars a folder holds, of all symbols and files."""

    days: pd.DatetimeIndex  # days with bars, ascending
    counts: IntVector  # number of bars on each
    symbols: tuple[str, ...]
    held: tuple[frozenset[str], ...]  # symbols by file


def content_hash(paths: Iterable[Path]) -> str:
    """Return the SHA-256 over names and contents, whatever the order of `paths`."""
    ordered = sorted(paths, key=lambda path: path.name)
    with ThreadPoolExecutor() as pool:  # hashing releases the lock
        digests = list(pool.map(_digest, ordered))
    lines = [f"{digest}  {path.name}\n" for digest, path in zip(digests, ordered, strict=True)]
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


def read_csv(path: Path, required: Sequence[str]) -> pd.DataFrame:
    """Read a UTF-8 table, every column as text so that no code loses its zeros; empty cells are NaN.

    Raises
    ------
    DataError
        If it cannot be read, lacks a column, or its `symbol` column holds anything but canonical symbols.
    """
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path.name}: not a table in UTF-8: {error}") from error
    except OSError as error:
        raise SourceError(f"{path.name}: {error.strerror or error}") from error
    check_columns(table.columns, path.name, required)
    if "symbol" in required:
        odd = [text for text in table["symbol"].unique() if not CANONICAL.fullmatch(str(text))]
        if odd:
            raise DataError(*(f"{path.name}: symbol {text} must be spelt like 300308.SZ" for text in odd[:5]))
    return table


def column_names(path: Path) -> list[str]:
    """Return the columns of a parquet file."""
    return _parquet(path, lambda parquet: parquet.read_schema(path).names)


def read_rows(path: Path, columns: Sequence[str], symbols: Sequence[str] | None = None) -> pd.DataFrame:
    """Read rows of some symbols, in the order of the file; dates as nanoseconds, symbols as text."""
    chosen = None if symbols is None else [("symbol", "in", list(symbols))]
    return read_table(path, columns, chosen)


def read_table(path: Path, columns: Sequence[str], chosen: Sequence[tuple] | None = None) -> pd.DataFrame:
    """Read some columns of a parquet file; dates as nanoseconds, categories as text.

    Parameters
    ----------
    chosen : sequence of tuple, optional
        Filter of rows as pyarrow has it.
    """
    import pyarrow as pa

    table = _parquet(path, lambda parquet: parquet.read_table(path, columns=list(columns), filters=chosen))
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.string()))
    rows = table.to_pandas(date_as_object=False)
    for name in rows.columns:
        if pd.api.types.is_datetime64_dtype(rows[name].dtype):
            rows[name] = rows[name].astype("datetime64[ns]")
    return rows


def read_coverage(paths: Sequence[Path]) -> Coverage:
    """Count the bars of every day over all symbols and files, from two columns only.

    Raises
    ------
    DataError
        If a file lacks a column, its dates are no dates or are empty, or there is no bar at all.
    """
    days, held = [], []
    for path in paths:
        check_columns(column_names(path), path.name)
        table = _parquet(
            path, lambda parquet, path=path: parquet.read_table(path, columns=["date", "symbol"])
        )
        days.append(_day_numbers(table.column("date"), path.name))
        names = table.column("symbol").unique().to_pylist()
        held.append(frozenset(str(name) for name in names if name is not None))
    numbers = np.concatenate(days)
    if not len(numbers):
        raise DataError(f"{', '.join(path.name for path in paths)}: no bars")
    first = int(numbers.min())
    counts = np.bincount(numbers - first)
    present = np.flatnonzero(counts)
    index = pd.DatetimeIndex((present + first).astype("datetime64[D]").astype("datetime64[ns]"))
    symbols = tuple(sorted(frozenset().union(*held)))
    return Coverage(index, counts[present].astype(np.int64), symbols, tuple(held))


def _day_numbers(dates: object, where: str) -> IntVector:
    """Return days since 1970 of an Arrow column of dates."""
    import pyarrow as pa

    if not (pa.types.is_date(dates.type) or pa.types.is_timestamp(dates.type)):
        raise DataError(f"{where}: date is of type {dates.type}; it must be a date")
    if dates.null_count:
        raise DataError(f"{where}: {dates.null_count} rows have no date; remove them")
    whole = dates.cast(pa.timestamp("us")).cast(pa.date32(), safe=False)
    numbers = whole.cast(pa.int32()).to_numpy().astype(np.int64)
    if len(numbers) and not -36_525 < numbers.min() <= numbers.max() < 73_050:  # 1870 to 2170
        raise DataError(f"{where}: dates lie centuries away; they must be Shanghai sessions")
    return numbers


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise SourceError(f"{path.name}: {error.strerror or error}") from error
    return digest.hexdigest()


def _parquet(path: Path, read: object) -> object:
    """Call `read` with pyarrow's parquet module; a broken file is the user's error, not ours."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        return read(parquet)
    except pa.ArrowException as error:
        problem = str(error).splitlines()[0]
        raise DataError(f"{path.name}: not a readable parquet file ({problem}); write it again") from error
    except OSError as error:
        if error.errno is None:  # what pyarrow says of pages that cannot be decoded; the disk gives a number
            problem = str(error).splitlines()[0]
            raise DataError(
                f"{path.name}: not a readable parquet file ({problem}); write it again"
            ) from error
        raise SourceError(f"{path.name}: {error.strerror or error}") from error
