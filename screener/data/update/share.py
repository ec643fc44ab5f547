"""One share: bars every session, everything else by its clock; judged together and laid out as one parcel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.data.live.accept import Known, Verdict, accept_bars
from screener.data.live.accept_events import accept_actions, accept_factors, action_notes
from screener.data.live.base import BARS
from screener.data.live.basis import continued
from screener.data.live.continuity import told_otherwise, with_reference
from screener.data.live.faults import NoData
from screener.data.update import clock, details, status
from screener.data.update.desk import Desk, source_of
from screener.data.vouched import VOUCHED, newest, same_bars
from screener.errors import DataError
from screener.market import calendar

__all__ = ["Facts", "update_share"]

OVERLAP = 5  # stored bars that are asked for again, so that another basis shows
WITHIN = 0.02  # CNY, as in `accept_events`


class Facts(NamedTuple):
    """What the exchanges say of a share; NaT = unknown, or not delisted."""

    listed: pd.Timestamp
    delisted: pd.Timestamp


class _Span(NamedTuple):
    """Days to ask for, and whether that is the whole history."""

    start: pd.Timestamp
    end: pd.Timestamp
    whole: bool


def update_share(desk: Desk, symbol: str, facts: Facts) -> None:
    """Ask for what is due of a share, and lay out what may enter and what may not.

    Raises
    ------
    SourceError
        If the disk refuses. Failures of sources go into the account.
    """
    span = _span(desk, symbol, facts)
    events = _Events(desk, symbol, span, facts.delisted)
    others = details.due(desk, symbol, facts.delisted)
    idle = not events.due and not others
    if span is None and (idle or desk.entry("bars", symbol) is None):
        desk.summary.skipped.append(symbol)
        return
    table = _bars(desk, symbol, facts, span, events)
    if table is not None:
        events.lay_out(table)
        details.update(desk, symbol, others, table)
    elif desk.entry("bars", symbol):
        details.update(desk, symbol, others, desk.held("bars", symbol))
    if symbol not in desk.summary.stale:
        desk.summary.updated.append(symbol)


def _span(desk: Desk, symbol: str, facts: Facts) -> _Span | None:
    """Return the days to ask for, None where the store has all that there can be."""
    days = calendar.sessions(max(desk.request.since, calendar.sessions()[0]), desk.last)
    if not pd.isna(facts.listed):
        days = days[days >= facts.listed]
    if not pd.isna(facts.delisted):
        days = days[days < facts.delisted]
    entry = desk.entry("bars", symbol)
    if days.empty:
        if entry is None:
            desk.summary.notes.append(f"{symbol}: did not trade in the days asked for; it has no bars")
        return None
    whole = _Span(days[0], days[-1], True)
    if entry is None or symbol in desk.suspects or pd.Timestamp(entry.first) > days[0]:
        return whole
    if pd.Timestamp(entry.last) >= days[-1] or desk.rested(symbol):
        return None
    held = desk.store.read("bars", symbol)["date"]
    return _Span(held.iloc[-OVERLAP:].iloc[0], days[-1], False)


def _bars(desk: Desk, symbol: str, facts: Facts, span: _Span | None, events: _Events) -> pd.DataFrame | None:
    """Lay out the bars, and return the table that the store then holds; None where nothing may enter."""
    held = desk.held("bars", symbol)
    if span is None:
        if not events.due or held is None:
            return held
        return _with_factors(desk, symbol, held, events, source="")
    try:
        sent = desk.ask("bars", symbol, desk.source.bars, symbol, span.start, span.end)
    except NoData as fault:
        desk.fail("bars", symbol, _told_nothing(desk, fault, symbol, facts))
        sent = None
    if sent is None:
        desk.summary.stale[symbol] = "no source delivered its bars"
        return None
    verdict = _judge(desk, symbol, facts, sent, held, events)
    if verdict is None:
        return None
    source = source_of(sent)
    if len(verdict.rejected):
        reason = _reason(verdict.rejected)
        desk.refuse("bars", symbol, verdict.rejected, reason, source)
    known = pd.DataFrame({"date": []}) if held is None else held
    fresh = verdict.accepted[~verdict.accepted["date"].isin(known["date"])]
    desk.summary.notes += _let_in(desk, symbol, fresh)
    raw = fresh[[*BARS]] if held is None else pd.concat([held[[*BARS]], fresh[[*BARS]]], ignore_index=True)
    if len(verdict.accepted):
        status.update(desk, symbol, span.start, span.end)
    _check_ends(desk, symbol, raw, span)
    if raw.empty or not len(verdict.accepted):
        return None
    return _with_factors(desk, symbol, raw.sort_values("date", ignore_index=True), events, source)


def _judge(
    desk: Desk, symbol: str, facts: Facts, sent: pd.DataFrame, held: pd.DataFrame | None, events: _Events
) -> Verdict | None:
    """Judge bars; what no stored factor explains is a reason to ask for the factors first.

    That is a level beyond the limits and, where the source states it, a reference price that is not the close
    before: the trace of a dividend too small for the limits to show. Without such a source it is found when
    the factors are due.
    """
    if (factors := events.factors()) is None:
        desk.summary.stale[symbol] = "its factors could not be had, without which bars say no return"
        return None

    quiet, words = status.rests(desk, symbol, sent), newest(desk.held(VOUCHED, symbol))

    def judged(factors: pd.DataFrame) -> Verdict:
        known = Known(factors, held, facts.listed, facts.delisted, quiet, words)
        return accept_bars(symbol, sent, desk.now(), known)

    try:
        verdict = judged(factors)
        if (verdict.suspect or len(_unlike(verdict, factors))) and events.ask():
            verdict = judged(events.known)
    except DataError as error:
        desk.refuse("bars", symbol, sent, "; ".join(error.problems), source_of(sent))
        desk.summary.stale[symbol] = "the answer was refused as a whole"
        return None
    desk.summary.notes += (*verdict.notes, *_unexplained(symbol, _unlike(verdict, events.known)))
    return verdict


def _unlike(verdict: Verdict, factors: pd.DataFrame | None) -> pd.DataFrame:
    return told_otherwise(verdict.accepted, factors, verdict.rejected["date"])


def _unexplained(symbol: str, unlike: pd.DataFrame) -> list[str]:
    """Name reference prices that no factor gives; while they are in the overlap it is asked for again."""
    if unlike.empty:
        return []
    row, more = unlike.iloc[-1], len(unlike) - 1
    return [
        f"{symbol} {row['date']:%Y-%m-%d}: the source states a reference price of {row['told']:.2f}, close "
        f"and factor give {row['ours']:.2f}" + (f"; and so on {more} earlier days" if more else "")
    ]


def _let_in(desk: Desk, symbol: str, fresh: pd.DataFrame) -> list[str]:
    """Name new bars for which the user vouched."""
    words = newest(desk.held(VOUCHED, symbol))
    if words is None:
        return []
    said = words.set_index("date")["reason"]
    return [
        f"{symbol} {day:%Y-%m-%d}: the bar was let in on the user's word: {said[day]}"
        for day in fresh.loc[same_bars(fresh, words), "date"]
    ]


def _with_factors(
    desk: Desk, symbol: str, raw: pd.DataFrame, events: _Events, source: str
) -> pd.DataFrame | None:
    factors = events.factors()
    if factors is None:
        return None
    table = with_reference(raw[[*BARS]], factors)
    entry = desk.entry("bars", symbol)
    desk.put("bars", symbol, table, source or (entry.source if entry else "unknown"))
    return table


def _check_ends(desk: Desk, symbol: str, raw: pd.DataFrame, span: _Span) -> None:
    """Name a share without a bar on the last session, unless the exchange says that it rests.

    A first bar that comes late is a note: the share may have rested, or the source may have cut its answer.
    """
    if span.whole and len(raw) and raw["date"].min() > span.start:
        desk.summary.notes.append(
            f"{symbol}: its first bar is of {raw['date'].min():%Y-%m-%d}, though it could trade from "
            f"{span.start:%Y-%m-%d}: it rested then, or history is missing"
        )
    if len(raw) and raw["date"].max() >= span.end:
        return
    if span.end == desk.last and desk.rests(symbol):
        return
    there = f"its last bar is of {raw['date'].max():%Y-%m-%d}" if len(raw) else "it has no bar"
    desk.summary.stale[symbol] = f"{there}, none of {span.end:%Y-%m-%d}, and no suspension says why"


def _reason(rejected: pd.DataFrame) -> str:
    """Say in one line what is wrong with how many rows, the commonest reason first."""
    counts = rejected["reason"].value_counts()
    first = rejected["date"].min()
    day = "" if pd.isna(first) else f" from {first:%Y-%m-%d}"
    more = f", and {len(counts) - 1} other reasons" if len(counts) > 1 else ""
    return f"{len(rejected)} rows{day}: {counts.index[0]}{more}"


def _told_nothing(desk: Desk, fault: NoData, symbol: str, facts: Facts) -> str:
    if not pd.isna(facts.delisted):
        return f"no source has bars of a share that was delisted on {facts.delisted:%Y-%m-%d}"
    listed = desk.held("instruments")
    known = listed is not None and symbol in set(listed["symbol"])
    where = "is listed" if known else "is in no list of shares that could be had"
    but = "though" if known else "and"
    return f"the sources say that there is nothing, {but} {symbol} {where} ({fault.problems[0]})"


class _Events:
    """Factors and actions of one share: the stored ones until something calls for new ones."""

    def __init__(self, desk: Desk, symbol: str, span: _Span | None, delisted: pd.Timestamp = pd.NaT) -> None:
        self.desk, self.symbol = desk, symbol
        self.known = desk.held("factors", symbol)
        self._asked = self._accepted = False
        entry = desk.entry("factors", symbol)
        over = entry is not None and clock.fetched_day(entry) >= delisted and symbol not in desk.suspects
        self.due = desk.is_due("factors", symbol) and not over
        self._announced = span is not None and self._is_announced(span)

    def factors(self) -> pd.DataFrame | None:
        """Return the factors to judge by; None where there are none that may be relied on."""
        if self.due or self._announced:
            self.ask()
        return None if self._announced and not self._accepted else self.known

    def ask(self) -> bool:
        """Ask for the factors, once; say whether new ones were accepted."""
        if self._asked:
            return False
        self._asked = True
        desk, symbol, stored = self.desk, self.symbol, self.known
        try:
            sent = desk.ask("factors", symbol, desk.source.factors, symbol)
        except NoData as fault:
            desk.fail("factors", symbol, fault)
            return False
        if sent is None:
            return False
        if entry := desk.entry("factors", symbol):
            sent = continued(sent, stored, entry.source)
        try:
            self.known = accept_factors(symbol, sent, stored)[["date", "factor"]]
        except DataError as error:
            desk.refuse("factors", symbol, sent, error.problems[0], source_of(sent))
            return False
        desk.put("factors", symbol, self.known, source_of(sent))
        self._accepted = True
        return True

    def lay_out(self, bars: pd.DataFrame) -> None:
        """Ask for the actions where the factors were asked, and lay out those that the factors confirm."""
        desk, symbol = self.desk, self.symbol
        if not self._asked:
            return
        try:
            sent = desk.ask("actions", symbol, desk.source.actions, symbol)
        except NoData:
            return
        if sent is None:
            return
        accepted, rejected = accept_actions(symbol, sent)
        lost = _unconfirmed(bars, accepted)
        if lost.any():
            text = "the factor shows no such ex-date; it may come with the next update"
            rejected = pd.concat([rejected, accepted[lost].assign(reason=text)], ignore_index=True)
            accepted = accepted[~lost]
        if len(rejected):
            desk.refuse("actions", symbol, rejected, _reason(rejected), source_of(sent))
        desk.summary.notes += action_notes(symbol, bars, self.known, accepted)
        table = _joined(desk.held("actions", symbol), _stored_form(accepted), desk.last)
        if len(table):
            desk.put("actions", symbol, table, source_of(sent))

    def _is_announced(self, span: _Span) -> bool:
        """Say whether a stored action goes ex on a day of which the stored factors know nothing yet."""
        actions, entry = self.desk.held("actions", self.symbol), self.desk.entry("bars", self.symbol)
        if actions is None or entry is None:
            return False
        return bool(actions["ex_date"].between(pd.Timestamp(entry.last), span.end, inclusive="right").any())


def _unconfirmed(bars: pd.DataFrame, actions: pd.DataFrame) -> pd.Series:
    """Mark actions that must have moved the reference price by more than 2 fen, where it did not move."""
    lost = pd.Series(False, index=actions.index)
    dates, before = bars["date"].to_numpy(), bars["close"].shift().to_numpy()
    place = np.searchsorted(dates, actions["date"].to_numpy())
    for row, i in zip(actions.index, place, strict=True):
        if i == 0 or i >= len(dates) or (place == i).sum() > 1:
            continue
        given = actions.loc[row]
        price = given["rights_price"] if given["rights"] else 0.0
        worth = (before[i] - given["cash"] + price * given["rights"]) / (1 + given["bonus"] + given["rights"])
        still = abs(before[i] - bars["pre_close"].iloc[i]) <= 0.005
        lost[row] = still and abs(worth - before[i]) > WITHIN
    return lost


def _stored_form(actions: pd.DataFrame) -> pd.DataFrame:
    """Return actions as the store keeps them; of rights only the factor is known, as nobody has to pay in."""
    plain = ~(actions["rights"] > 0.0)
    return pd.DataFrame(
        {
            "ex_date": actions["date"],
            "cash_per_share": actions["cash"].where(plain),
            "share_multiplier": (1.0 + actions["bonus"]).where(plain),
            "basis": plain.map({True: "announced", False: "rights"}),
            "record_date": actions["record"],
            "pay_date": actions["pay"],
        }
    )


def _joined(held: pd.DataFrame | None, sent: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """Keep stored actions of the past that are no longer sent; one of the future may have been called off."""
    if held is None:
        return sent
    gone = held[~held["ex_date"].isin(sent["ex_date"]) & (held["ex_date"] <= last)]
    return pd.concat([gone[[*sent.columns]], sent], ignore_index=True) if len(gone) else sent
