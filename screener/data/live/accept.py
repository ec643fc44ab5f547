"""The contract between a source and the store: which rows may enter, and why the others may not.

Rules are judged row by row, so that one wrong row does not cost a series, and every refused row keeps its
reasons. A frame that is not a table of bars at all raises. The rules have the form of those in
`screener.data.contract`, a mask and a sentence, and share its tolerances; a schema library was not taken,
because most rules look at the row before, the calendar, the factor or what is stored, which schemas of
single columns do not say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.arrays import Flags
from screener.data.contract import FEN, GRID, PRICES, check_columns
from screener.data.live.base import BARS
from screener.data.live.continuity import BEYOND, FOLLOWS, break_rows
from screener.data.live.frames import SHANGHAI, final_only
from screener.data.vouched import same_bars
from screener.errors import DataError
from screener.market import calendar

__all__ = ["Known", "Verdict", "accept_bars", "may_be_vouched_for"]

OVERLAP = 5  # rows that must be there in both, where the store has so many
DEAREST = 100_000.0  # CNY a share; the dearest so far cost less than 3,000
LOT, TEN_YUAN = 100.0, 10.0  # to which sources round volumes and amounts
AVERAGE = "amount / volume is not a price of the day"
JUDGED = (AVERAGE, BEYOND, FOLLOWS)  # unlikely, not impossible: a user may know better


class Known(NamedTuple):
    """What is known of a share beside the frame that is judged; everything may be left out.

    Attributes
    ----------
    factors : DataFrame, optional
        ``date, factor``, as `accept_factors` let them pass; without them an ex-date is a break.
    stored : DataFrame, optional
        ``date, close`` of the bars that are in the store.
    listed, delisted : Timestamp, optional
    suspended : collection of Timestamp
        Sessions without a bar that are explained.
    vouched : DataFrame, optional
        `BARS` that the user vouches for, each day once: a bar of just these values is not judged by what is
        only unlikely (`may_be_vouched_for`).
    """

    factors: pd.DataFrame | None = None
    stored: pd.DataFrame | None = None
    listed: pd.Timestamp | None = None
    delisted: pd.Timestamp | None = None
    suspended: Collection[pd.Timestamp] = ()
    vouched: pd.DataFrame | None = None


class Verdict(NamedTuple):
    """What may enter and what may not.

    Attributes
    ----------
    accepted : DataFrame
        `BARS` and ``source``, ascending by date.
    rejected : DataFrame
        The same columns and ``reason``.
    notes : tuple of str
        What was repaired or is worth a look, counted.
    suspect : bool
        Whether a row was refused, so that a run must not go on as if nothing had happened.
    """

    accepted: pd.DataFrame
    rejected: pd.DataFrame
    notes: tuple[str, ...]
    suspect: bool


def accept_bars(symbol: str, bars: pd.DataFrame, now: dt.datetime, known: Known | None = None) -> Verdict:
    """Judge the bars of a share.

    Parameters
    ----------
    symbol : str
    bars : DataFrame
        As `Provider.bars` returns them.
    now : datetime
        With its time zone.
    known : Known, optional

    Raises
    ------
    DataError
        A column that is missing or of another type: the whole answer is of no use.
    """
    where, known = f"bars of {symbol}", known or Known()
    check_columns(bars.columns, where, (*BARS, "source"))
    _check_types(bars, where)
    notes = []
    ordered = bars.sort_values("date", kind="stable", ignore_index=True)
    if not ordered["date"].equals(bars["date"].reset_index(drop=True)):
        notes.append(f"{where}: rows were out of order and have been sorted.")
    same = ordered.duplicated(list(BARS)).to_numpy() & ordered["date"].notna().to_numpy()
    if same.any():
        notes.append(f"{where}: {int(same.sum())} rows were there twice, alike, and have been left out.")
    ordered = ordered[~same].reset_index(drop=True)
    reasons = _reasons(symbol, ordered, now, known)
    bad = reasons.ne("").to_numpy()
    rejected = ordered[bad].assign(reason=reasons[bad]).reset_index(drop=True)
    accepted = ordered[~bad].reset_index(drop=True)
    notes += _gap_notes(where, accepted, known)
    return Verdict(accepted, rejected, tuple(notes), bool(bad.any()))


def may_be_vouched_for(reason: str) -> bool:
    """Say whether a user may vouch for a row that was refused for this reason.

    Only for what is unlikely: beyond the limits, after a break that no factor explains, or of an average
    price outside of the day. Not for a row that cannot be (no price, no session, high below low), for one of
    two rows of a day, or for what speaks against the whole answer (another basis, too small an overlap).
    """
    return bool(reason) and all(any(mark in part for mark in JUDGED) for part in reason.split("; "))


def _check_types(bars: pd.DataFrame, where: str) -> None:
    kinds = bars.dtypes
    problems = [
        f"{where}: {name} is of type {kinds[name]}; it must be float64"
        for name in BARS[1:]
        if kinds[name] != np.float64
    ]
    if kinds["date"] != np.dtype("datetime64[ns]"):
        problems.insert(0, f"{where}: date is of type {kinds['date']}; it must be datetime64[ns]")
    if problems:
        raise DataError(*problems)


def _reasons(symbol: str, bars: pd.DataFrame, now: dt.datetime, known: Known) -> pd.Series:
    """Return the reasons against each row, empty for a good one."""
    found, sworn = pd.Series("", index=bars.index), same_bars(bars, known.vouched)
    for bad, text in (*_date_rules(bars, now, known), *_price_rules(bars), *_quantity_rules(bars)):
        _add(found, bad & ~sworn if text in JUDGED else bad, text)
    good = found.eq("").to_numpy()
    if good.any():
        _add(found, good & _in_fen(bars[good]), "every price is whole yuan: most likely in fen")
        _add(found, good & _apart(bars[good], known), "another basis or another share than what is stored")
        text = _too_few(bars[good], known)
        _add(found, good & bool(text), text)
    _continuity(symbol, bars, found, known, sworn)
    return found


def _add(found: pd.Series, bad: Flags, text: str) -> None:
    joined = found[bad].where(found[bad].eq(""), found[bad] + "; ") + text
    found.loc[joined.index] = joined


def _date_rules(bars: pd.DataFrame, now: dt.datetime, known: Known) -> Iterator[tuple[Flags, str]]:
    dates = bars["date"]
    missing = dates.isna().to_numpy()
    yield missing, "no date"
    yield ~missing & ~dates.isin(calendar.sessions()).to_numpy(), "not a session of the calendar"
    today = pd.Timestamp(now.astimezone(SHANGHAI).date())
    yield (dates > today).to_numpy(), "lies in the future"
    over = dates.isin(final_only(bars[["date"]], now)["date"]).to_numpy()
    yield ~missing & ~over, "the session is not over"
    yield bars["date"].duplicated(keep=False).to_numpy() & ~missing, "two different rows of one day"
    if known.listed is not None and not pd.isna(known.listed):
        yield (dates < known.listed).to_numpy(), f"before the listing on {known.listed:%Y-%m-%d}"
    if known.delisted is not None and not pd.isna(known.delisted):
        yield (dates >= known.delisted).to_numpy(), f"after the delisting on {known.delisted:%Y-%m-%d}"


def _price_rules(bars: pd.DataFrame) -> Iterator[tuple[Flags, str]]:
    sound = np.ones(len(bars), dtype=bool)
    for name in PRICES:
        values = bars[name].to_numpy()
        positive = (values >= FEN - GRID) & (values <= DEAREST)
        yield ~positive, f"{name} is no price of 0.01 to {DEAREST:,.0f} CNY"
        fen = np.where(positive, values, 1.0) / FEN
        off = np.abs(fen - np.rint(fen)) > GRID * np.maximum(fen, 1.0)
        yield positive & off, f"{name} is not a whole number of fen: an adjusted price"
        sound &= positive
    ends = bars[["open", "close"]]
    inside = (bars["low"] <= ends.min(axis=1)) & (bars["high"] >= ends.max(axis=1))
    yield sound & ~inside.to_numpy(), "open or close lies outside low to high"


def _quantity_rules(bars: pd.DataFrame) -> Iterator[tuple[Flags, str]]:
    volume, amount = bars["volume"].to_numpy(), bars["amount"].to_numpy()
    counted = np.isfinite(volume) & (volume >= 0.0)
    yield ~counted, "volume is no number of shares, or in no unit that fits the amount"
    yield counted & (volume != np.rint(np.where(counted, volume, 0.0))), "volume is not whole shares"
    valued = np.isfinite(amount) & (amount >= 0.0)
    yield ~valued, "amount is not CNY, 0 or more"
    yield counted & (volume == 0.0) & (bars["high"] > bars["low"]).to_numpy(), "prices moved without volume"
    yield counted & (volume == 0.0) & valued & (amount > 0.0), "an amount without volume"
    traded = counted & valued & (volume >= 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        least = (amount - TEN_YUAN) / (volume + LOT)
        most = np.where(volume > LOT, (amount + TEN_YUAN) / (volume - LOT), np.inf)
        outside = (least > bars["high"].to_numpy() + FEN / 2) | (most < bars["low"].to_numpy() - FEN / 2)
    yield traded & outside, AVERAGE


def _in_fen(good: pd.DataFrame) -> bool:
    """Whether no price has cents: in fen, and a volume in lots, amount / volume would still be a price."""
    prices = good[list(PRICES)].to_numpy()
    return len(good) >= OVERLAP and bool((prices == np.rint(prices)).all())


def _apart(good: pd.DataFrame, known: Known) -> bool:
    """Whether a close differs from the stored one of its day."""
    if known.stored is None or known.stored.empty:
        return False
    both = good[["date", "close"]].merge(known.stored[["date", "close"]], on="date", suffixes=("", "_kept"))
    return bool(((both["close"] - both["close_kept"]).abs() > FEN + 1e-9).any())


def _too_few(good: pd.DataFrame, known: Known) -> str:
    """Say that too few rows tie the frame to what is stored, or nothing."""
    if known.stored is None or known.stored.empty:
        return ""
    shared = int(good["date"].isin(known.stored["date"]).sum())
    needed = min(OVERLAP, len(known.stored))
    return f"only {shared} rows are also stored, {needed} are needed" if shared < needed else ""


def _continuity(symbol: str, bars: pd.DataFrame, found: pd.Series, known: Known, sworn: Flags) -> None:
    good, days = found.eq(""), bars.loc[sworn, "date"]
    for row, text in break_rows(
        symbol, bars[good], known.factors, known.stored, known.listed, days, found[~good].index
    ).items():
        found.loc[row] = text


def _gap_notes(where: str, accepted: pd.DataFrame, known: Known) -> list[str]:
    """Count sessions between the first and the last bar that nothing explains."""
    have = accepted["date"]
    if known.stored is not None:
        have = pd.concat([have, known.stored["date"]])
    if have.empty or accepted.empty:
        return []
    inside = calendar.sessions(accepted["date"].iloc[0], accepted["date"].iloc[-1])
    bare = inside.difference(pd.DatetimeIndex(have)).difference(pd.DatetimeIndex(list(known.suspended)))
    if not len(bare):
        return []
    some = ", ".join(f"{day:%Y-%m-%d}" for day in bare[:3])
    return [f"{where}: {len(bare)} sessions have no bar, by suspension or by a gap in the data ({some})."]
