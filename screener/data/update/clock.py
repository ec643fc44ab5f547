"""How often each kind of data is asked, and up to which session there is anything to ask for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from screener.data.live.frames import FINAL, SHANGHAI
from screener.data.store.manifest import Entry
from screener.errors import CalendarError
from screener.market import calendar

__all__ = [
    "CLOCKS",
    "Clock",
    "fetched_day",
    "instant",
    "is_due",
    "last_final",
    "now",
    "periods",
    "sessions_behind",
]


class Clock(NamedTuple):
    """Days after which a kind is asked again, what that costs, and why."""

    days: float
    requests: str
    reason: str


# A daily update costs one request a share; what is dearer comes by the week, or when something calls for it.
CLOCKS: Mapping[str, Clock] = {
    "bars": Clock(1, "1 a share", "every session; from the fifth-last stored bar, so that both overlap"),
    "factors": Clock(
        7, "1 a share", "also on an announced ex-date, and for a bar off its limits or reference"
    ),
    "actions": Clock(7, "2 a share", "with the factors; ex-dates are announced days before, and kept"),
    "valuation": Clock(7, "1 a share", "the answer is always the whole history; no rule reads it by the day"),
    "fundamentals": Clock(90, "6 a share", "also as soon as the calendar of disclosures names a release"),
    "disclosures": Clock(1, "13 a period", "only while a period is open: until its lawful deadline"),
    "index": Clock(1, "1 an index", "every session"),
    "instruments": Clock(7, "7", "listings, delistings and names; also for a symbol that is not in it"),
    "names": Clock(30, "1", "dated changes of names; nothing else rests on them"),
    "calendar": Clock(30, "1", "sessions ship with the program; the source is asked to disagree"),
    "us_capex": Clock(
        7, "12 a company, 6 in Hong Kong", "four releases a year, within two weeks of each other"
    ),
}
SLACK = 0.5  # days: an update that runs an hour earlier than the last one still counts as the next
KEPT_PERIODS = (
    8  # newest periods whose actual days of disclosure are asked; older ones count from the deadline
)


def now() -> dt.datetime:
    """Return the time, with its zone: the one clock of an update."""
    return dt.datetime.now(dt.UTC)


def last_final(moment: dt.datetime) -> pd.Timestamp:
    """Return the last session whose bar does not change any more.

    Raises
    ------
    CalendarError
        If the calendar does not reach so far.
    """
    there = moment.astimezone(SHANGHAI)
    over = there.date() if there.time() >= FINAL else there.date() - dt.timedelta(days=1)
    try:
        return calendar.on_or_before(over)
    except CalendarError as error:
        raise CalendarError(f"{error}; a newer version of this program knows further sessions") from error


def is_due(kind: str, entry: Entry | None, moment: dt.datetime) -> bool:
    """Say whether a table is missing or older than its clock allows."""
    if entry is None:
        return True
    age = (moment - instant(entry)) / dt.timedelta(days=1)
    return age >= CLOCKS[kind].days - SLACK


def sessions_behind(newest: str) -> int:
    """Count the sessions that are over since a day; 0 where there is no day, or the calendar ends."""
    try:
        days = calendar.sessions(newest, last_final(now())) if newest else ()
    except CalendarError:
        return 0
    return max(len(days) - 1, 0)


def instant(entry: Entry) -> dt.datetime:
    """Return when a table was fetched, with its zone."""
    return dt.datetime.fromisoformat(entry.fetched)


def fetched_day(entry: Entry) -> pd.Timestamp:
    """Return the day in Shanghai on which a table was fetched."""
    return pd.Timestamp(instant(entry).astimezone(SHANGHAI).date())


def periods(moment: dt.datetime) -> list[pd.Timestamp]:
    """Return the ends of the newest quarters that are over, ascending."""
    today = pd.Timestamp(moment.astimezone(SHANGHAI).date())
    ends = pd.date_range(end=today - pd.Timedelta(days=1), periods=KEPT_PERIODS, freq="QE")
    return [end.as_unit("ns") for end in ends]
