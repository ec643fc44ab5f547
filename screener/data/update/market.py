"""What all shares have in common: lists, names, sessions, days of disclosure, indices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from screener.data.live import pit
from screener.data.live.base import INDEX
from screener.data.live.faults import LiveError, NoData
from screener.data.store import WHOLE
from screener.data.update import clock
from screener.data.update.desk import Desk, source_of
from screener.errors import SourceError, SpecError
from screener.market import calendar
from screener.market.symbols import exchange_of

__all__ = [
    "INDICES",
    "check_symbols",
    "instruments",
    "update_calendar",
    "update_disclosures",
    "update_index",
    "update_names",
]

INDICES: Mapping[str, str] = {  # and the first day of their history
    "000300.SH": "2005-01-04",
    "000905.SH": "2005-01-04",
    "000688.SH": "2019-12-31",
    "399006.SZ": "2010-06-01",
}
OVERLAP = 5
GRACE = pd.Timedelta(days=92)  # by which a stored history of an index may begin later than it is asked for
APART = 1e-3  # relative difference of two closes of an index on one day
LEAP = 0.25  # of an index in one session; none of them ever moved by half of it
OURS = "screener"  # the source of a calendar that is the one that ships
LATE = pd.Timedelta(days=5)  # after its deadline a period is asked once more


def instruments(desk: Desk) -> pd.DataFrame:
    """Return the list of shares, by symbol, from the store or, where that is due, from the exchanges.

    Raises
    ------
    SourceError
        If there is no list at all: nobody could tell an unknown symbol from a missing answer.
    """
    held = desk.held("instruments")
    unknown = held is not None and not set(desk.request.symbols) <= set(held["symbol"])
    if held is not None and not desk.is_due("instruments") and not unknown:
        return held.set_index("symbol")
    told = len(desk.source.notes)
    try:
        sent = desk.source.instruments()
    except LiveError as fault:
        if held is None:
            raise _no_list(fault) from fault
        desk.fail("instruments", WHOLE, fault)
        return held.set_index("symbol")
    desk.summary.notes += desk.source.notes[told:]
    table = _listed(sent, held)
    desk.put("instruments", WHOLE, table, source_of(sent))
    return table.set_index("symbol")


def check_symbols(desk: Desk, listed: pd.DataFrame) -> tuple[str, ...]:
    """Return the shares that can be updated.

    Raises
    ------
    SpecError
        One line for each share that the user named and no exchange lists, that left before the days asked, or
        whose exchange the source does not serve.
    """
    problems = {}
    missing = _missing_lists(desk)
    served = getattr(desk.source, "exchanges", None)
    for symbol in desk.request.symbols:
        if served and exchange_of(symbol) not in served:
            problems[symbol] = f"{desk.source.name} does not serve its exchange; ask another provider"
            continue
        if symbol not in listed.index:
            if not missing:
                problems[symbol] = "no exchange lists it, now or formerly; check the code"
            else:
                said = f"{symbol}: is in no list of shares that could be had; {', '.join(missing)} is missing"
                desk.summary.notes.append(said)
            continue
        left = listed.loc[symbol, "delist_date"]
        if left <= desk.request.since:
            problems[symbol] = (
                f"delisted on {left:%Y-%m-%d}, before the days asked for; give an earlier --since"
            )
    lines = [f"{symbol}: {text}" for symbol, text in problems.items()]
    if lines and desk.request.named:
        raise SpecError(*lines)
    desk.summary.notes += lines
    return tuple(symbol for symbol in desk.request.symbols if symbol not in problems)


def _missing_lists(desk: Desk) -> list[str]:
    """Name the lists without which nobody can say that a share does not exist."""
    found = [note.partition(" is missing: ") for note in desk.summary.notes]
    partly = [name for name, gap, _ in found if gap and name.startswith("the list of ")]
    whole = any(failure.kind == "instruments" for failure in desk.summary.failed)
    return [*partly, *(["the newest list of all shares"] if whole else [])]


def update_index(desk: Desk, symbol: str) -> None:
    """Ask for the bars of an index, and lay them out once they agree with what is stored."""
    held, entry = desk.held("index", symbol), desk.entry("index", symbol)
    first = max(desk.request.since, calendar.sessions()[0], pd.Timestamp(INDICES.get(symbol, "1990-12-19")))
    whole = held is None or held["date"].iloc[0] > first + GRACE
    if first > desk.last or (entry and pd.Timestamp(entry.last) >= desk.last and not whole):
        return
    start = first if whole else held["date"].iloc[-OVERLAP:].iloc[0]
    try:
        sent = desk.ask("index", symbol, desk.source.index_bars, symbol, start, desk.last)
    except NoData as fault:
        desk.fail("index", symbol, fault)
        return
    if sent is None:
        return
    reason = _index_reason(sent, held)
    if reason:
        desk.refuse("index", symbol, sent, reason, source_of(sent))
        return
    new = sent[[*INDEX]]
    if held is not None:
        new = pd.concat([held, new[~new["date"].isin(held["date"])]], ignore_index=True)
    if new["date"].max() < desk.last:
        desk.summary.notes.append(f"{symbol}: its newest level is of {new['date'].max():%Y-%m-%d}")
    desk.put("index", symbol, new.sort_values("date", ignore_index=True), source_of(sent))


def _index_reason(sent: pd.DataFrame, held: pd.DataFrame | None) -> str:
    """Say why bars of an index may not enter, or nothing."""
    odd = sent["date"][~sent["date"].isin(calendar.sessions())]
    if len(odd):
        return f"{odd.iloc[0]:%Y-%m-%d} is not a session of the calendar"
    close = sent["close"].to_numpy()
    if (np.abs(close[1:] / close[:-1] - 1.0) > LEAP).any():
        return f"it moves by more than {LEAP:.0%} in one session"
    if held is None:
        return ""
    both = sent[["date", "close"]].merge(held[["date", "close"]], on="date", suffixes=("", "_held"))
    if both.empty:
        return "no row is also stored, so that nothing ties it to what is stored"
    apart = both[(both["close"] / both["close_held"] - 1.0).abs() > APART]
    return f"{apart['date'].iloc[0]:%Y-%m-%d}: another level than what is stored" if len(apart) else ""


def _listed(sent: pd.DataFrame, held: pd.DataFrame | None) -> pd.DataFrame:
    """Return the list in the form of the store; shares of a list that failed are kept as they were."""
    from screener.data.live.akshare_listing import risk_warning

    status = pd.Series("", index=sent.index)
    status[risk_warning(sent)] = "risk warning"
    status[sent["delisted"].notna()] = "delisted"
    table = pd.DataFrame(
        {
            "symbol": sent["symbol"],
            "name": sent["name"],
            "board": sent["board"],
            "industry": "",
            "list_date": sent["listed"],
            "delist_date": sent["delisted"],
            "status": status,
        }
    )
    if held is None:
        return table
    gone = held[~held["symbol"].isin(table["symbol"])]
    return pd.concat([table, gone[[*table.columns]]], ignore_index=True) if len(gone) else table


def _no_list(fault: LiveError) -> SourceError:
    reasons = [problem for problem in fault.problems if "no source delivered" not in problem]
    return SourceError(
        "The lists of shares could not be had, and the store has none to go by; nothing was fetched",
        f"First reason: {(reasons or fault.problems)[0]}",
    )


def update_calendar(desk: Desk) -> None:
    """Store the source's sessions where they agree with ours, else ours; a difference is said.

    Ours never take the place of sessions that were fetched and reach as far.
    """
    if not desk.is_due("calendar"):
        return
    ours = calendar.sessions()
    try:
        sent = desk.ask("calendar", WHOLE, desk.source.calendar)
    except NoData:
        sent = None
    if sent is not None:
        theirs = pd.DatetimeIndex(sent["date"])
        apart = _days_apart(ours, theirs[(theirs >= ours[0]) & (theirs <= ours[-1])])
        if len(apart):
            reason = f"{len(apart)} days differ from the calendar that ships, first {apart[0]:%Y-%m-%d}"
            desk.refuse("calendar", WHOLE, sent, reason, source_of(sent))
            sent = None
    entry = desk.entry("calendar")
    if sent is None and entry and entry.source != OURS and pd.Timestamp(entry.last) >= ours[-1]:
        return
    days = pd.DatetimeIndex([] if sent is None else sent["date"]).union(ours)
    desk.put("calendar", WHOLE, pd.DataFrame({"date": days}), OURS if sent is None else source_of(sent))


def _days_apart(ours: pd.DatetimeIndex, theirs: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the days between the first and last of `theirs` that only one of the two has."""
    if theirs.empty:
        return ours
    return theirs.symmetric_difference(ours[(ours >= theirs[0]) & (ours <= theirs[-1])])


def update_names(desk: Desk) -> None:
    """Ask for the dated changes of names, and lay them out."""
    if not desk.is_due("names"):
        return
    try:
        sent = desk.ask("names", WHOLE, desk.source.name_changes)
    except NoData:
        return
    if sent is None or sent.empty:
        return
    table = pd.DataFrame({"symbol": sent["symbol"], "from_date": sent["date"], "name": sent["after"]})
    table = table[table["name"].ne("")].drop_duplicates(["symbol", "from_date"], keep="last")
    if len(table):
        desk.put("names", WHOLE, table, source_of(sent))


def update_disclosures(desk: Desk, period: pd.Timestamp) -> None:
    """Ask who has published a period, while it is open and once after, and lay it out to be added."""
    key = f"{period:%Y-%m-%d}"
    entry = desk.entry("disclosures", key)
    closed = entry is not None and clock.fetched_day(entry) > pit.deadline(period) + LATE
    if closed or not desk.is_due("disclosures", key):
        return
    try:
        sent = desk.ask("disclosures", key, desk.source.disclosures, period)
    except NoData:
        return
    if sent is not None:
        desk.add("disclosures", key, sent[["symbol", "planned", "released"]], source_of(sent))
