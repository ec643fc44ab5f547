"""Tables in their declared form, their hash, and their bytes in a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from screener.data.store.kinds import FETCHED, Column, Kind
from screener.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["content_of", "declared", "from_bytes", "joined", "span_of", "to_bytes", "to_frame"]

DAY, INSTANT = "datetime64[ns]", "datetime64[ns]"  # a day has no hours, an instant is UTC
SHOWN = 5


def declared(kind: Kind, frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """Bring a table into the form of its kind.

    Parameters
    ----------
    frame : DataFrame
        Any order of columns and rows. Further columns are kept where the kind is open, in order of name.
    where : str
        Kind and key, for the messages.

    Returns
    -------
    DataFrame
        Sorted, days and instants as naive nanoseconds, numbers as float64, text as text.

    Raises
    ------
    DataError
        One line for each finding: a column that is missing or unknown, a value of the wrong type, an empty
        cell where none may be, two rows of one key.

    Notes
    -----
    NaN: kept in columns that may be empty; empty text is the empty string.
    """
    columns = _columns(kind, frame, where)
    problems, made = [], {}
    for column in columns:
        try:
            made[column.name] = _typed(column, frame, where)
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(*problems)
    table = pd.DataFrame(made).sort_values(list(kind.sort), kind="stable", ignore_index=True)
    problems = [*_empty_cells(columns, table, where), *_twins(kind, table, where)]
    if problems:
        raise DataError(*problems)
    return table


def content_of(kind: Kind, table: pd.DataFrame) -> str:
    """Hash the values of a declared table; `fetched` is left out, so that times do not count."""
    digest = hashlib.sha256(f"{len(table)}".encode())
    for name in table.columns:
        if name != FETCHED:
            digest.update(f"\n{name} ".encode())
            digest.update(_canonical(table[name]))
    return digest.hexdigest()


def to_bytes(table: pd.DataFrame) -> bytes:
    """Write a declared table as parquet, the same bytes for the same values and library."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    arrow = pa.Table.from_pandas(table, preserve_index=False, nthreads=1).replace_schema_metadata(None)
    for place, field in enumerate(arrow.schema):
        if pa.types.is_timestamp(field.type) and field.name != FETCHED:
            day = arrow.column(place).cast(pa.timestamp("s")).cast(pa.date32())
            arrow = arrow.set_column(place, field.name, day)
        elif pa.types.is_large_string(field.type):
            arrow = arrow.set_column(place, field.name, arrow.column(place).cast(pa.string()))
    buffer = pa.BufferOutputStream()
    text = [field.name for field in arrow.schema if pa.types.is_string(field.type)]
    parquet.write_table(arrow, buffer, compression="zstd", use_dictionary=text or False)
    return buffer.getvalue().to_pybytes()


def from_bytes(data: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """Read what `to_bytes` wrote, all columns or some.

    Raises
    ------
    pyarrow.ArrowException
        If it is no parquet.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    wanted = None if columns is None else list(columns)
    return parquet.ParquetFile(pa.BufferReader(data)).read(wanted, use_threads=False)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as pandas has it in here: days and instants in nanoseconds."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_date(field.type):
            days = table.column(place).cast(pa.timestamp("s")).cast(pa.timestamp("ns"))
            table = table.set_column(place, field.name, days)
    return table.to_pandas()


def joined(tables: Mapping[str, pa.Table], key_column: str) -> pd.DataFrame:
    """Put the tables of some keys one below the other, the key as a categorical first column.

    Notes
    -----
    Joined before they become a frame: that is four times as fast as joining frames.
    """
    import pyarrow as pa

    frame = to_frame(pa.concat_tables(tables.values(), promote_options="default"))
    codes = np.repeat(np.arange(len(tables), dtype=np.int32), [len(table) for table in tables.values()])
    frame.insert(0, key_column, pd.Categorical.from_codes(codes, categories=list(tables)))
    return frame


def span_of(kind: Kind, table: pd.DataFrame) -> tuple[str, str]:
    """Return the first and last day of a declared table, empty where it has none."""
    days = table[kind.day].dropna() if kind.day else ()
    return (f"{days.min():%Y-%m-%d}", f"{days.max():%Y-%m-%d}") if len(days) else ("", "")


def _columns(kind: Kind, frame: pd.DataFrame, where: str) -> list[Column]:
    """Return declared and further columns in the order of the file."""
    given = [str(name) for name in frame.columns]
    known = [column.name for column in kind.columns]
    spare = sorted(set(given) - set(known))
    missing = [c.name for c in kind.columns if c.default is None and c.name not in given]
    problems = [
        f"{where}: column {name} is missing (unknown: {', '.join(spare) or 'none'})" for name in missing
    ]
    problems += [
        f"{where}: there are two columns {name}" for name in sorted({n for n in given if given.count(n) > 1})
    ]
    if not kind.open:
        problems += [f"{where}: column {name} is unknown; allowed: {', '.join(known)}" for name in spare]
    if problems:
        raise DataError(*problems)
    return [*kind.columns, *(Column(name, _type_of(frame[name])) for name in spare)]


def _type_of(values: pd.Series) -> str:
    """Name the type of a further column."""
    if pd.api.types.is_bool_dtype(values):
        return "flag"
    if pd.api.types.is_numeric_dtype(values):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(values) else "text"


def _typed(column: Column, frame: pd.DataFrame, where: str) -> pd.Series:
    """Return one column in its declared type."""
    if column.name not in frame.columns:
        values = pd.Series([column.default] * len(frame))
    else:
        values = frame[column.name].reset_index(drop=True)
    make = {"date": _days, "stamp": _instants, "number": _numbers, "flag": _flags, "text": _texts}
    return make[column.type](values, f"{where}: {column.name}")


def _days(values: pd.Series, where: str) -> pd.Series:
    days = _instants(values, where)
    if (days != days.dt.normalize()).to_numpy()[days.notna()].any():
        raise DataError(f"{where} holds hours; it must hold days without a time")
    return days


def _instants(values: pd.Series, where: str) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values) and values.notna().any():
        raise DataError(f"{where} is of type {values.dtype}; it must be a date such as 2024-07-04")
    try:
        found = pd.to_datetime(values, errors="raise", format="ISO8601")
    except (ValueError, TypeError) as error:
        raise DataError(f"{where} must hold dates such as 2024-07-04: {error}") from error
    if getattr(found.dt, "tz", None) is not None:
        raise DataError(f"{where} has a time zone; it must have none")
    return found.astype(INSTANT)


def _numbers(values: pd.Series, where: str) -> pd.Series:
    plain = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not plain and values.notna().any():
        raise DataError(f"{where} is of type {values.dtype}; it must be a number")
    numbers = values.astype("float64")
    if np.isinf(numbers).any():
        raise DataError(f"{where} holds an infinite number")
    return numbers


def _flags(values: pd.Series, where: str) -> pd.Series:
    if not pd.api.types.is_bool_dtype(values) and len(values):
        raise DataError(f"{where} is of type {values.dtype}; it must be true or false")
    return values.astype(bool)


def _texts(values: pd.Series, where: str) -> pd.Series:
    filled = values.astype(object).where(values.notna(), "")
    odd = [value for value in filled if not isinstance(value, str)]
    if odd:
        raise DataError(f"{where} holds {odd[0]!r}; it must be text")
    return filled.astype("str")


def _empty_cells(columns: list[Column], table: pd.DataFrame, where: str) -> list[str]:
    problems = []
    for column in columns:
        values = table[column.name]
        empty = int(((values == "") if column.type == "text" else values.isna()).sum())
        if column.needed and empty:
            problems.append(f"{where}: {column.name} is empty in {empty} rows")
    return problems


def _twins(kind: Kind, table: pd.DataFrame, where: str) -> list[str]:
    twin = table.duplicated(list(kind.sort))
    return [
        f"{where}: two rows of {', '.join(f'{name} {_shown(row[name])}' for name in kind.sort)}"
        for row in table[twin].head(SHOWN).to_dict("records")
    ]


def _shown(value: object) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def _canonical(values: pd.Series) -> bytes:
    """Return the bytes of a column that say its type and nothing about the library that holds it."""
    if pd.api.types.is_bool_dtype(values):
        return b"flag" + values.to_numpy(dtype=bool).tobytes()
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy(dtype="<f8")
        return b"number" + np.where(np.isnan(numbers), np.nan, numbers).tobytes()
    if pd.api.types.is_datetime64_dtype(values):
        return b"date" + values.to_numpy().astype("datetime64[ns]").astype("<i8").tobytes()
    return b"text" + b"".join(_lengths(values))


def _lengths(values: pd.Series) -> Iterator[bytes]:
    yield json.dumps([str(value) for value in values], ensure_ascii=False).encode("utf-8", "surrogatepass")
