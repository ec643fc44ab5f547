"""The contract of a price table: what a row, a series and a whole market must satisfy.

Everything is either refused, with one line for each finding, or counted in a note. Counted are only the
kinds that honest data are known to have: bars without volume (read as suspended) and an average price
outside the range of the day (estimated amounts).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from screener.arrays import Flags, IntVector
from screener.errors import CalendarError, DataError, SymbolError
from screener.market import calendar
from screener.market.symbols import normalise

__all__ = [
    "COLUMNS",
    "PRICES",
    "check_bars",
    "check_columns",
    "check_coverage",
    "check_series",
    "find_lines",
    "same_series",
    "symbol_codes",
]

PRICES = ("open", "high", "low", "close")
COLUMNS = ("date", "symbol", *PRICES, "pre_close", "volume", "amount", "adj_factor")

SHOWN = 5  # rows of one kind that are printed; the others are counted
FEN = 0.01
GRID = 1e-6  # distance from the cent grid that a float may have
STEP = 2e-5  # relative: a factor step and close / reference; less than a fen up to 500 CNY


def check_columns(found: Iterable[str], where: str, required: Iterable[str] = COLUMNS) -> None:
    """Refuse a table that lacks a column.

    Raises
    ------
    DataError
        One line for each missing column, with the columns that may be it.
    """
    present = list(found)
    spare = ", ".join(name for name in present if name not in (*COLUMNS, *required)) or "none"
    missing = [name for name in required if name not in present]
    if missing:
        text = "column {} is missing; rename or add it (unknown columns: {})"
        raise DataError(*(f"{where}: {text.format(name, spare)}" for name in missing))


def check_bars(bars: pd.DataFrame, where: str) -> tuple[str, ...]:
    """Check every row of a table of bars, in the order of its file.

    Parameters
    ----------
    bars : DataFrame
        The columns of ``COLUMNS``: naive dates, canonical symbols, CNY, shares.
    where : str
        Name of the file, for the messages.

    Returns
    -------
    tuple of str
        Counted findings, one sentence each; they name the table without the ending of its file.

    Raises
    ------
    DataError
        All findings at once, each naming file, symbol and date.

    Notes
    -----
    NaN: refused everywhere but in `pre_close`, which `check_series` looks at.
    """
    check_columns(bars.columns, where)
    _check_types(bars, where)
    problems = _symbol_problems(bars, where)
    for bad, text in (*_key_rules(bars), *_value_rules(bars)):
        problems += find_lines(bars, bad, where, text)
    problems += [] if problems else _unit_problems(bars, where)
    if problems:
        raise DataError(*problems)
    return _counted(bars, where.partition(".")[0])


def check_series(bars: pd.DataFrame, where: str) -> None:
    """Check what a bar says about the bar before it; `bars` sorted by symbol and date.

    The factor must step by close of the bar before / `pre_close`, and nowhere else.

    Raises
    ------
    DataError
        Two bars of one symbol and day, a missing reference price, or a factor that disagrees with it.
    """
    twin = bars.duplicated(["symbol", "date"]).to_numpy()
    if twin.any():
        raise DataError(*find_lines(bars, twin, where, "is in more than one file; keep one of the rows"))
    later = same_series(bars)
    before = bars[["close", "adj_factor"]].shift()
    problems = find_lines(
        bars,
        later & bars["pre_close"].isna().to_numpy(),
        where,
        "pre_close is empty; only the first bar of a symbol may lack it",
    )
    asked = before["close"].to_numpy() / bars["pre_close"].to_numpy()
    step = bars["adj_factor"].to_numpy() / before["adj_factor"].to_numpy()
    with np.errstate(invalid="ignore"):
        bad = later & (np.abs(step / asked - 1.0) > STEP)
    told = bars.assign(asked=asked, step=step)
    problems += find_lines(
        told,
        bad,
        where,
        "adj_factor steps by {step:.6f}, but close before / pre_close={pre_close:g} is {asked:.6f}; "
        "correct one of them",
    )
    if problems:
        raise DataError(*problems)


def check_coverage(days: pd.DatetimeIndex, counts: np.ndarray, where: str) -> None:
    """Refuse a market with bars on a day without trading, or with a session that most symbols lack.

    Parameters
    ----------
    days : DatetimeIndex
        Days with bars, ascending.
    counts : ndarray
        Number of bars of all symbols on each of `days`.
    where : str

    Raises
    ------
    DataError
        A gap is a session with fewer than half of the usual number of bars, the median over the sessions
        around it. Ten usual bars are needed to say so; with three to nine only an empty session is a gap,
        with fewer nothing can be told from a suspension.
    """
    try:
        sessions = calendar.sessions(days[0], days[-1])
    except CalendarError as error:
        raise DataError(f"{where}: bars from {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}: {error}") from error
    odd = days.difference(sessions)
    problems = [
        f"{where}: {day:%Y-%m-%d} has bars but is not a Shanghai session; remove them" for day in odd[:SHOWN]
    ]
    have = pd.Series(counts, index=days).reindex(sessions, fill_value=0).astype(float)
    usual = have.where(have > 0).rolling(121, center=True, min_periods=1).median()
    gap = ((usual >= 10) & (have < usual / 2)) | ((usual >= 3) & (have == 0))
    problems += [
        f"{where}: {day:%Y-%m-%d} has {have[day]:.0f} bars where {usual[day]:.0f} are usual: "
        "a gap in the data, not a suspension; fetch the day again"
        for day in sessions[gap.to_numpy()][:SHOWN]
    ]
    hidden = max(len(odd) - SHOWN, 0) + max(int(gap.sum()) - SHOWN, 0)
    problems += [f"{where}: and {hidden} more such days"] if hidden else []
    if problems:
        raise DataError(*problems)


def find_lines(rows: pd.DataFrame, bad: Flags, where: str, text: str) -> list[str]:
    """Write one line for each of the first bad rows, and one that counts the others."""
    number = int(np.count_nonzero(bad))
    if not number:
        return []
    lines = [
        f"{where}: {row['symbol']} {_day(row['date'])}: {text.format(**row)}"
        for row in rows[bad].head(SHOWN).to_dict("records")
    ]
    return [*lines, f"{where}: and {number - SHOWN} more such rows"] if number > SHOWN else lines


def same_series(bars: pd.DataFrame) -> Flags:
    """Whether the row before is a bar of the same symbol; `bars` sorted by symbol."""
    symbols = symbol_codes(bars)[0]
    later = np.zeros(len(bars), dtype=bool)
    later[1:] = symbols[1:] == symbols[:-1]
    return later


def symbol_codes(bars: pd.DataFrame) -> tuple[IntVector, list[str]]:
    """Return a number for the symbol of each row, and the symbols that the numbers stand for.

    Notes
    -----
    A categorical column has them already; text costs most of the time of a check.
    """
    symbols = bars["symbol"]
    if isinstance(symbols.dtype, pd.CategoricalDtype):
        codes, used = symbols.cat.codes.to_numpy(), symbols.cat.categories
        present = np.bincount(codes[codes >= 0], minlength=len(used)) > 0
        if present.all() and (codes >= 0).all():
            return codes.astype(np.int64), [str(name) for name in used]
    codes, names = pd.factorize(symbols.astype(str))
    return codes, [str(name) for name in names]


def _day(date: object) -> str:
    return "without a date" if pd.isna(date) else f"{date:%Y-%m-%d}"


def _check_types(bars: pd.DataFrame, where: str) -> None:
    kinds = bars.dtypes
    problems = []
    if not pd.api.types.is_datetime64_dtype(kinds["date"]):
        problems.append(f"{where}: date is of type {kinds['date']}; it must be a date without a time zone")
    if not (
        pd.api.types.is_string_dtype(kinds["symbol"]) or isinstance(kinds["symbol"], pd.CategoricalDtype)
    ):
        problems.append(f"{where}: symbol is of type {kinds['symbol']}; it must be text such as 300308.SZ")
    problems += [
        f"{where}: {name} is of type {kinds[name]}; it must be a number"
        for name in COLUMNS[2:]
        if pd.api.types.is_bool_dtype(kinds[name]) or not pd.api.types.is_numeric_dtype(kinds[name])
    ]
    if problems:
        raise DataError(*problems)


def _symbol_problems(bars: pd.DataFrame, where: str) -> list[str]:
    problems = []
    for symbol in symbol_codes(bars)[1]:
        try:
            right = normalise(symbol)
        except SymbolError as error:
            problems.append(f"{where}: {error}")
            continue
        if right != symbol:
            problems.append(f"{where}: symbol {symbol} must be spelt {right}")
    return problems


def _key_rules(bars: pd.DataFrame) -> Iterator[tuple[Flags, str]]:
    """Yield rules about (symbol, date) as bad rows and what to say of them."""
    dates = bars["date"]
    missing = dates.isna().to_numpy()
    yield missing, "date is empty"
    known = dates.isin(calendar.sessions()).to_numpy()
    yield ~known & ~missing, "is not a Shanghai session of 2015 to 2026; remove the row"
    yield bars.duplicated(["symbol", "date"]).to_numpy(), "is there twice; keep one of the rows"
    last = dates.groupby(symbol_codes(bars)[0]).shift()
    yield (dates < last).to_numpy(), "comes after a later date; sort the rows by symbol and date"


def _value_rules(bars: pd.DataFrame) -> Iterator[tuple[Flags, str]]:
    """Yield rules about single values as bad rows and what to say of them."""
    good = np.ones(len(bars), dtype=bool)
    for name in (*PRICES, "pre_close"):
        values = bars[name].to_numpy(dtype=float)
        empty = np.isnan(values) & (name == "pre_close")
        positive = empty | (np.isfinite(values) & (values >= FEN / 2))
        yield ~positive, f"{name}={{{name}}} must be a positive price"
        fen = np.where(positive & ~empty, values, 1.0) / FEN
        on_grid = np.abs(fen - np.rint(fen)) <= GRID * np.maximum(fen, 1.0)
        yield positive & ~on_grid, f"{name}={{{name}}} must be a whole number of fen; raw prices are needed"
        good &= positive
    top, bottom = bars[["open", "close"]].max(axis=1), bars[["open", "close"]].min(axis=1)
    inside = (bars["low"] <= bottom) & (bars["high"] >= top)
    shape = "open={open:g} high={high:g} low={low:g} close={close:g} must satisfy low <= open, close <= high"
    yield good & ~inside.to_numpy(), shape
    yield from _quantity_rules(bars)


def _quantity_rules(bars: pd.DataFrame) -> Iterator[tuple[Flags, str]]:
    volume, amount, factor = (bars[name].to_numpy(dtype=float) for name in ("volume", "amount", "adj_factor"))
    counted = np.isfinite(volume) & (volume >= 0.0)
    yield ~counted, "volume={volume} must be a number of shares, 0 or more"
    whole = np.where(counted, volume, 0.0)
    yield (whole >= 1.0) & (whole != np.rint(whole)), "volume={volume} must be whole shares"
    idle = counted & (whole < 1.0) & (bars["high"] > bars["low"]).to_numpy()
    yield idle, "high={high:g} and low={low:g} differ, but volume={volume}"
    yield ~(np.isfinite(amount) & (amount >= 0.0)), "amount={amount} must be CNY, 0 or more"
    positive = np.isfinite(factor) & (factor >= np.finfo(float).tiny)  # a denormal divides to infinity
    yield ~positive, "adj_factor={adj_factor} must be positive"


def _price_ratio(bars: pd.DataFrame) -> np.ndarray:
    """Return average price / middle of the day's range; NaN without volume."""
    volume = bars["volume"].to_numpy(dtype=float)
    middle = (bars["high"].to_numpy() + bars["low"].to_numpy()) / 2.0
    return bars["amount"].to_numpy() / np.where(volume >= 1.0, volume * middle, np.nan)


def _unit_problems(bars: pd.DataFrame, where: str) -> list[str]:
    """Find volumes in lots, amounts in thousands and the like: amount / volume must be a price of the day."""
    ratio = _price_ratio(bars)
    told = bars.assign(ratio=ratio)
    text = "amount / volume is {ratio:.4g} times the price; volume must be in shares, amount in CNY"
    with np.errstate(invalid="ignore"):
        problems = find_lines(told, (ratio < 0.1) | (ratio > 10.0), where, text)
    if problems:
        return problems
    codes, names = symbol_codes(bars)
    usual = pd.Series(ratio).groupby(codes).median().rename(index=dict(enumerate(names)))
    return [
        f"{where}: {symbol}: amount / volume is {value:.4g} times the price on most days; it must be 1"
        for symbol, value in usual[(usual < 0.9) | (usual > 1.1)].items()
    ]


def _counted(bars: pd.DataFrame, where: str) -> tuple[str, ...]:
    notes = []
    volume = bars["volume"].to_numpy(dtype=float)
    idle = int(np.count_nonzero(volume < 1.0))
    if idle:
        notes.append(f"{where}: {idle} bars without volume are read as suspended days.")
    average = bars["amount"].to_numpy() / np.where(volume >= 1.0, volume, np.nan)
    with np.errstate(invalid="ignore"):
        outside = (average > bars["high"] + FEN / 2) | (average < bars["low"] - FEN / 2)
    if outside.any():
        notes.append(
            f"{where}: {int(outside.sum())} bars have an average price outside the range of the day."
        )
    return tuple(notes)
