"""Which price limit applies: by board, date, class of the share, and age since its listing."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from screener.errors import CalendarError
from screener.market.calendar import Day, as_date, on_or_before, session_number, sessions
from screener.market.tables import Row, in_force, rows

__all__ = ["FREE", "Band", "first_day_rows", "free_rows", "kept_rows", "limit_pct", "percent_rows"]


class Band(NamedTuple):
    """Distance of the limits in basis points; None = no limit.

    Attributes
    ----------
    base : {"reference", "issue_price"}
        The price that the distances are measured from.
    """

    up_bp: int | None
    down_bp: int | None
    base: str = "reference"


FREE = Band(None, None)


def limit_pct(
    board: str,
    day: Day,
    status: str = "ordinary",
    *,
    listing_date: Day | None = None,
    listing_day: int | None = None,
    delisting_day: int | None = None,
    relisting_day: int | None = None,
    symbol: str | None = None,
) -> Band:
    """Return the price limit of a share on a day.

    Parameters
    ----------
    board : str
    day : date
    status : {"ordinary", "risk_warning", "delisting"}
        Risk warning is ST and *ST; delisting is the delisting period (R09), whatever the name carries.
    listing_date : date, optional
        First day of listing; without it the share counts as an old one, unless `listing_day` says otherwise.
    listing_day, delisting_day, relisting_day : int >= 1, optional
        Sessions since the listing, the start of the delisting period, the relisting, which count as 1.
        `listing_day` is counted from `listing_date` where it is left out.
    symbol : str, optional
        Needed only for the three shares that kept an old limit (R06).

    Raises
    ------
    CalendarError
        If the board had not opened on `day`, or `day` lies before the listing.

    Examples
    --------
    >>> limit_pct("SSE_MAIN", "2026-07-03", "risk_warning")
    Band(up_bp=500, down_bp=500, base='reference')
    >>> limit_pct("STAR", "2019-07-26", listing_date="2019-07-22")
    Band(up_bp=None, down_bp=None, base='reference')
    """
    date = as_date(day)
    if delisting_day is not None:
        status = "delisting"
    for event, age in (("delisting", delisting_day), ("relisting", relisting_day)):
        if age is not None and age <= _free_sessions(board, event, _started(date, age)):
            return FREE
    new = None if delisting_day or relisting_day else _new_share(board, date, listing_date, listing_day)
    return new or _ordinary(board, date, status, symbol)


def percent_rows(board: str, status: str) -> list[Row]:
    """Return the dated percentages of a board for one class of shares."""
    found = [row for row in rows("limits", "percent", boards=board) if row["class"] in (status, "any")]
    if not found:
        raise ValueError(f"no price limit is known for board={board!r} status={status!r}")
    return found


def free_rows(board: str, event: str) -> list[Row]:
    """Return the dated rows that free the first sessions after an event."""
    return rows("limits", "free", boards=board, event=event)


def first_day_rows(board: str) -> list[Row]:
    """Return the dated rows that bind a first session to the issue price."""
    return rows("limits", "first_day", boards=board)


def kept_rows(symbol: str) -> list[Row]:
    """Return the rows of a share that kept an old limit."""
    return rows("limits", "kept", symbols=symbol)


def _ordinary(board: str, date: dt.date, status: str, symbol: str | None) -> Band:
    row = in_force(percent_rows(board, status), date)
    if row is None:
        raise CalendarError(f"no price limit is known for board={board} on {date}: it had not opened")
    kept = in_force(kept_rows(symbol), date) if symbol else None
    bp = (kept or row)["bp"]
    return Band(bp, bp)


def _new_share(board: str, date: dt.date, listing_date: Day | None, listing_day: int | None) -> Band | None:
    """Return the limit of a first session, or None for a share that is not new any more."""
    age = _age(date, listing_date, listing_day)
    if age is None:
        return None
    if age < 1:
        raise CalendarError(f"{date} lies before the listing")
    listed = as_date(listing_date) if listing_date is not None else _started(date, age)
    if age <= _free_sessions(board, "listing", listed):
        return FREE
    first = in_force(first_day_rows(board), listed)
    if age == 1 and first:
        return Band(first["up_bp"], first["down_bp"], "issue_price")
    return None


def _age(date: dt.date, listing_date: Day | None, listing_day: int | None) -> int | None:
    if listing_day is not None:
        return listing_day
    if listing_date is None or as_date(listing_date) < as_date(sessions()[0]):
        return None
    return session_number(listing_date, date)


def _free_sessions(board: str, event: str, started: dt.date) -> int:
    row = in_force(free_rows(board, event), started)
    return row["sessions"] if row else 0


def _started(date: dt.date, age: int) -> dt.date:
    """Return the session that counts as 1 when `date` counts as `age`; an old one is cut at the calendar."""
    every = sessions()
    position = every.get_loc(on_or_before(date)) - age + 1
    return as_date(every[max(position, 0)])
