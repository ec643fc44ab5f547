"""An update from the first request to the account: what is common first, then share by share, in batches."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from screener.data.live.base import Provider
from screener.data.live.transport import Guard, Policy, guarded
from screener.data.store import open_or_new, wanted
from screener.data.update import capex, clock, market
from screener.data.update.alone import alone
from screener.data.update.desk import Desk, Request
from screener.data.update.mend import mend
from screener.data.update.share import Facts, update_share
from screener.data.update.summary import Summary
from screener.errors import SpecError

__all__ = ["BATCH", "MOST", "Progress", "update"]

BATCH = 10  # shares of one commit: as much is lost at most by a crash
MOST = 200  # shares a run that may be asked without more space between the requests
SLOWER = 3.0  # times the usual spacing, with --slow
SILENT = 3  # families of hosts that fail one after the other before the network counts as dead

Progress = Callable[[int, int, str], None]
Job = tuple[str, Callable[[], None]]


def update(
    folder: Path,
    request: Request,
    source: Provider,
    slow: bool = False,
    now: Callable[[], dt.datetime] = clock.now,
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Bring a store up to date.

    Parameters
    ----------
    folder : Path
        Of the store; it is made when the first answers have come.
    request : Request
    source : Provider
    slow : bool
        Keep requests three times as far apart; needed for more than 200 shares.
    now : callable
        The clock, with its zone.
    policy : Policy, optional
        How to send.
    progress : callable, optional
        Told how many steps are done of how many, and what comes next.

    Returns
    -------
    Summary
        What failed at a source is in it; an interruption as well, with all that was complete committed.

    Raises
    ------
    SpecError
        Too many shares, a named share that no exchange lists, or another update of the store is running.
    DataError
        If the folder is no store, or one of another version.
    SourceError
        If the lists of shares cannot be had the first time, or the disk refuses.
    """
    if len(request.symbols) > MOST and not slow:
        raise SpecError(
            f"{len(request.symbols)} shares in one run risk a ban; give at most {MOST}, or --slow"
        )
    policy = policy or Policy()
    if slow:
        policy = dataclasses.replace(policy, stretch=SLOWER)
    store = open_or_new(folder, now)  # before the lock, which would leave its file in a foreign folder
    with alone(store.folder), guarded(policy) as guard:
        set_aside = mend(store, request)
        desk = Desk(store, source, request, now)
        desk.summary.set_aside += set_aside
        try:
            _fetch(desk, guard, progress or (lambda done, total, what: None))
        except KeyboardInterrupt:
            desk.summary.interrupted = True
            with contextlib.suppress(KeyboardInterrupt):  # a second one costs the last batch, not the account
                if desk.store.entries:
                    desk.flush()
            desk.summary.kept = bool(desk.store.entries)
        _account(desk, guard)
    return desk.summary


def _fetch(desk: Desk, guard: Guard, progress: Progress) -> None:
    """Ask for the list of shares, without which nothing is known, and then for everything else."""
    listed = market.instruments(desk)
    symbols = market.check_symbols(desk, listed)
    desk.summary.shares = len(symbols)
    desk.store.found()
    wanted.note(desk.store.folder, symbols)
    common, own = _common(desk), _own(desk, symbols, listed)
    total = len(common) + len(own)
    for done, (what, job) in enumerate((*common, *own)):
        progress(done, total, what)
        if done == len(common) or done % BATCH == 0:  # shares look into what is common, in the store
            desk.flush()
        job()
        desk.seal()
        if len(guard.breaker.silent()) >= SILENT:
            _give_up(desk, symbols, guard.breaker.silent())
            break
    desk.flush()
    progress(total, total, "done")


def _give_up(desk: Desk, symbols: tuple[str, ...], hosts: tuple[str, ...]) -> None:
    """Ask nobody any more: name the hosts, and the shares whose newest session is missing."""
    summary = desk.summary
    summary.silent = list(hosts)
    for symbol in symbols:
        if symbol in summary.updated or symbol in summary.stale or symbol in summary.skipped:
            continue
        entry = desk.entry("bars", symbol)
        if entry is not None and pd.Timestamp(entry.last) >= desk.last:
            summary.skipped.append(symbol)
        else:
            summary.stale[symbol] = "not asked for, as no host answered"


def _common(desk: Desk) -> list[Job]:
    """Return the steps for what all shares have in common."""
    moment = desk.now()
    return [
        ("sessions", functools.partial(market.update_calendar, desk)),
        ("names", functools.partial(market.update_names, desk)),
        *(
            (f"releases {period:%Y-%m}", functools.partial(market.update_disclosures, desk, period))
            for period in clock.periods(moment)
        ),
        *((name, functools.partial(market.update_index, desk, name)) for name in desk.request.indices),
    ]


def _own(desk: Desk, symbols: tuple[str, ...], listed: pd.DataFrame) -> list[Job]:
    """Return the steps for the shares one by one, and for the driver."""
    jobs = [(s, functools.partial(update_share, desk, s, _facts(listed, s))) for s in symbols]
    if desk.request.tickers:
        jobs.append(("capex", functools.partial(capex.update_capex, desk)))
    return jobs


def _facts(listed: pd.DataFrame, symbol: str) -> Facts:
    if symbol not in listed.index:
        return Facts(pd.NaT, pd.NaT)
    return Facts(listed.loc[symbol, "list_date"], listed.loc[symbol, "delist_date"])


def _account(desk: Desk, guard: Guard) -> None:
    summary = desk.summary
    if desk.lacking:
        summary.notes.insert(0, _not_offered(desk.source.name, sorted(desk.lacking)))
    summary.requests = len(guard.log)
    summary.waited = guard.waited()
    summary.asking = sum(sent.seconds for sent in guard.log)
    summary.notes = list(dict.fromkeys(summary.notes))


def _not_offered(name: str, kinds: list[str]) -> str:
    return (
        f"{name} does not offer {', '.join(kinds)}: what the store has of them stays as it is; another "
        "provider may bring them"
    )
