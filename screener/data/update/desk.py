"""The desk of one update: what is known, what was asked, and what waits to be committed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from screener.data.live.base import Provider
from screener.data.live.faults import LiveError, NoData, NotOffered
from screener.data.store import WHOLE, Change, Entry, Refused, Store
from screener.data.store.kinds import kind_of
from screener.data.store.table import declared
from screener.data.update import clock
from screener.data.update.summary import Failure, Refusal, Summary
from screener.errors import DataError

__all__ = ["Desk", "Request", "source_of"]

GROWING = ("bars", "index")  # kinds whose rows come from several answers, at times of several sources


@dataclass(frozen=True)
class Request:
    """What an update is to bring.

    Attributes
    ----------
    symbols : tuple of str
        Shares.
    since : Timestamp
        First day of the histories.
    indices : tuple of str
    tickers : tuple of str
        Companies whose capex is refreshed.
    named : bool
        Whether the user named the shares, so that an unknown one is a mistake and not a note.
    """

    symbols: tuple[str, ...]
    since: pd.Timestamp
    indices: tuple[str, ...] = ()
    tickers: tuple[str, ...] = ()
    named: bool = False


@dataclass
class _Parcel:
    """What is to be committed together; `came` says where the newest rows of a table came from."""

    changes: list[Change] = field(default_factory=list)
    snapshots: list[Change] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    came: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, other: _Parcel) -> None:
        later = {(change.kind, change.key) for change in other.changes}
        self.changes = [change for change in self.changes if (change.kind, change.key) not in later]
        self.changes += other.changes
        self.snapshots += other.snapshots
        self.refused += other.refused
        self.came |= other.came


class Desk:
    """Asks a source, keeps the account, and commits sealed parcels together.

    Parameters
    ----------
    store : Store
    source : Provider
    request : Request
    now : callable
        The clock, with its zone.
    """

    def __init__(
        self, store: Store, source: Provider, request: Request, now: Callable[[], dt.datetime]
    ) -> None:
        self.store, self.source, self.request, self.now = store, source, request, now
        self.summary = Summary(shares=len(request.symbols))
        self.last = clock.last_final(now())
        self.suspects = store.suspects()
        self.lacking: dict[str, None] = {}  # kinds that were wanted and that the source does not offer
        self.releases: pd.DataFrame | None = None  # days of disclosure of the shares, once they were read
        self._open, self._sealed = _Parcel(), _Parcel()
        self._resting: dict[pd.Timestamp, set[str] | None] = {}
        self._rests: pd.DataFrame | None = None  # suspensions, those that wait to be committed among them

    # -- what is known -------------------------------------------------------------------------------------

    def entry(self, kind: str, key: str = WHOLE) -> Entry | None:
        """Return the birth certificate of a stored table, or None."""
        return self.store.entry(kind, key)

    def held(self, kind: str, key: str = WHOLE) -> pd.DataFrame | None:
        """Return a stored table, or None."""
        return self.store.read(kind, key) if self.entry(kind, key) else None

    def is_due(self, kind: str, key: str = WHOLE) -> bool:
        """Say whether the clock of a table has run down, or its share is a suspect."""
        return key in self.suspects or clock.is_due(kind, self.entry(kind, key), self.now())

    def offers(self, kind: str) -> bool:
        """Say whether the source has a kind at all; that it has not is noted once for all shares."""
        if kind in getattr(self.source, "lacks", ()):
            self.lacking[kind] = None
        return kind not in self.lacking

    def rests(self, symbol: str) -> bool:
        """Say whether the exchange names a share among those that did not trade on the last session.

        A source that said so with the bars of the share is not asked again.
        """
        told = self._rests
        if told is not None and ((told["symbol"] == symbol) & (told["last_day"] >= self.last)).any():
            return True
        if self.last not in self._resting:
            self._resting[self.last] = self._ask_resting()
        resting = self._resting[self.last]
        return resting is not None and symbol in resting

    def rested(self, symbol: str) -> bool:
        """Say whether the store knows already that a share did not trade on the last session."""
        table = self.held("suspensions")
        if table is None:
            return False
        own = table[(table["symbol"] == symbol) & (table["first_day"] <= self.last)]
        entry = self.entry("suspensions")
        fresh = entry is not None and clock.last_final(clock.instant(entry)) >= self.last
        return bool((own["last_day"] >= self.last).any() or (fresh and own["last_day"].isna().any()))

    def _ask_resting(self) -> set[str] | None:
        try:
            table = self.source.suspensions(self.last)
        except NoData:
            return set()
        except LiveError as fault:
            self.fail("suspensions", f"{self.last:%Y-%m-%d}", fault)
            return None
        self.rest(table)
        return set(table["symbol"])

    def rest(self, table: pd.DataFrame) -> None:
        """Lay suspensions out beside all that are known; a row without a reason inside another one goes."""
        known = self.held("suspensions") if self._rests is None else self._rests
        rows = table[["symbol", "first_day", "last_day", "reason"]]
        if known is not None:
            rows = pd.concat([known[[*rows.columns]], rows], ignore_index=True)
        rows = rows.drop_duplicates(["symbol", "first_day"], keep="last")
        self._rests = rows[~_inside(rows)].reset_index(drop=True)
        self.put("suspensions", WHOLE, self._rests, source_of(table))

    # -- asking --------------------------------------------------------------------------------------------

    def ask(self, kind: str, key: str, get: Callable[..., pd.DataFrame], *arguments: Any) -> Any:
        """Return what a source says, or None once its failure, or that it offers none, is in the account.

        Raises
        ------
        NoData
            For the caller to judge: it may be the truth.
        """
        told = len(self.source.notes)
        try:
            return get(*arguments)
        except NotOffered:
            self.lacking[kind] = None
            return None
        except NoData:
            raise
        except LiveError as fault:
            self.fail(kind, key, fault)
            return None
        finally:
            self.summary.notes += self.source.notes[told:]

    def fail(self, kind: str, key: str, fault: Exception | str) -> None:
        """Note what could not be had."""
        problems = getattr(fault, "problems", (str(fault),))
        self.summary.failed.append(Failure(kind, key, "; ".join(problems)))

    # -- keeping -------------------------------------------------------------------------------------------

    def put(self, kind: str, key: str, frame: pd.DataFrame, source: str) -> None:
        """Lay a table out to take the place of the stored one; one that grows keeps all its sources."""
        entry = self.entry(kind, key) if kind in GROWING else None
        earlier = entry.source.split("+") if entry else []
        named = "+".join(sorted({*earlier, *source.split("+")}))
        self._open.changes.append(Change(kind, key, frame, named))
        self._open.came[kind, key] = source

    def add(self, kind: str, key: str, frame: pd.DataFrame, source: str) -> None:
        """Lay rows out to be added to an append-only table."""
        self._open.snapshots.append(Change(kind, key, frame, source))
        self._open.came[kind, key] = source

    def refuse(self, kind: str, key: str, frame: pd.DataFrame, reason: str, source: str) -> None:
        """Lay rows out for quarantine."""
        self.summary.refused.append(Refusal(kind, key, len(frame), reason))
        self._open.refused.append(Refused(kind, key, frame, reason, source))

    def seal(self) -> None:
        """Say that what was laid out belongs together and is complete; nothing else is ever committed."""
        self._sealed.take(self._open)
        self._open = _Parcel()

    def flush(self) -> None:
        """Commit all that is sealed; after an interruption it may be called again.

        Raises
        ------
        SourceError
            If the disk refuses.
        """
        parcel = self._sealed
        if not (parcel.changes or parcel.snapshots or parcel.refused):
            return
        before = {(e.kind, e.key): e.rows for e in self.store.entries}
        try:
            self.store.commit(parcel.changes, parcel.refused)
        except DataError:
            self.store.commit(self._sound(parcel.changes), parcel.refused)
        self._append(parcel.snapshots)
        self._sealed = _Parcel()
        self._count(parcel, before)

    def _sound(self, changes: list[Change]) -> list[Change]:
        """Leave out, and put in the account, tables that the store would refuse, so that others may enter."""
        sound = []
        for change in changes:
            try:
                declared(kind_of(change.kind), change.frame, f"{change.kind} {change.key}")
                sound.append(change)
            except DataError as error:
                self.fail(change.kind, change.key, error)
        return sound

    def _append(self, snapshots: list[Change]) -> None:
        """Add what is new; a table that says nothing new is dated anew, so that its clock starts again."""
        if not snapshots:
            return
        told = self.store.append_snapshot(snapshots)
        same = [c for c in snapshots if not (told[c.kind, c.key].added or told[c.kind, c.key].restated)]
        if same:
            self.store.commit([c._replace(frame=self.store.read(c.kind, c.key)) for c in same])

    def _count(self, parcel: _Parcel, before: dict[tuple[str, str], int]) -> None:
        for (kind, key), source in parcel.came.items():
            entry = self.store.entry(kind, key)
            if entry is not None:
                self.summary.rows[kind] += max(entry.rows - before.get((kind, key), 0), 0)
                self.summary.tables[kind, source] += 1


def _inside(rests: pd.DataFrame) -> pd.Series:
    """Mark suspensions that tell nothing beside a longer one of their share, which was told later."""
    pairs = rests.reset_index().merge(rests, on="symbol", suffixes=("", "_whole"))
    within = (pairs["first_day"] > pairs["first_day_whole"]) & (pairs["last_day"] <= pairs["last_day_whole"])
    lost = pairs.loc[within & pairs["reason"].eq(""), "index"]
    return pd.Series(rests.index.isin(lost), index=rests.index)


def source_of(frame: pd.DataFrame) -> str:
    """Return where the rows of a frame came from."""
    names = sorted(set(frame["source"])) if "source" in frame.columns else []
    return "+".join(names) or "unknown"
