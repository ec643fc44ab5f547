"""What is asked of a share beside its prices: valuation, and statements with the day they were known."""

from __future__ import annotations

import pandas as pd

from screener.data.live import pit
from screener.data.live.faults import NoData
from screener.data.live.frames import SHANGHAI
from screener.data.store import KINDS, Entry
from screener.data.store.snapshots import latest
from screener.data.update import clock
from screener.data.update.desk import Desk, source_of

__all__ = ["due", "update"]

FEN = 0.011  # CNY; two closes of one day that differ by more are not of one share
APART = 0.01  # share of days on which they may


def due(desk: Desk, symbol: str, delisted: pd.Timestamp) -> tuple[str, ...]:
    """Return the kinds that are due; a share that was delisted is not asked, its source knows it not."""
    if not pd.isna(delisted):
        return ()
    found = ["valuation"] if desk.is_due("valuation", symbol) else []
    entry = desk.entry("fundamentals", symbol)
    if clock.is_due("fundamentals", entry, desk.now()) or (entry and _released_since(desk, symbol, entry)):
        found.append("fundamentals")
    return tuple(kind for kind in found if desk.offers(kind))


def update(desk: Desk, symbol: str, kinds: tuple[str, ...], bars: pd.DataFrame) -> None:
    """Ask for the kinds that are due and lay them out; a failure goes into the account."""
    for kind, lay_out in (("valuation", _valuation), ("fundamentals", _fundamentals)):
        if kind not in kinds:
            continue
        try:
            sent = desk.ask(kind, symbol, getattr(desk.source, kind), symbol)
        except NoData:
            desk.summary.notes.append(f"{symbol}: no {kind} at the source")
            continue
        if sent is not None:
            lay_out(desk, symbol, sent, bars)


def _valuation(desk: Desk, symbol: str, sent: pd.DataFrame, bars: pd.DataFrame) -> None:
    both = sent[["date", "close"]].merge(bars[["date", "close"]], on="date", suffixes=("", "_bar"))
    apart = float(((both["close"] - both["close_bar"]).abs() > FEN).mean()) if len(both) else 0.0
    if apart > APART:
        reason = f"its close differs from that of the bars on {apart:.0%} of the days: another share"
        desk.refuse("valuation", symbol, sent, reason, source_of(sent))
        return
    new = sent.drop(columns="source")
    held = desk.held("valuation", symbol)
    if held is not None:
        gone = held[~held["date"].isin(new["date"])]
        new = pd.concat([gone, new], ignore_index=True) if len(gone) else new
    desk.put("valuation", symbol, new, source_of(sent))


def _fundamentals(desk: Desk, symbol: str, sent: pd.DataFrame, _: pd.DataFrame) -> None:
    figures = sent.drop(columns="source")
    told = pit.effective(symbol, figures, disclosed(desk, [symbol]))
    desk.add("fundamentals", symbol, told, source_of(sent))


def disclosed(desk: Desk, symbols: list[str]) -> pd.DataFrame:
    """Return the newest stored state of the calendar of disclosures for some shares."""
    if desk.releases is None:
        desk.releases = _read_disclosed(desk)
    return desk.releases[desk.releases["symbol"].isin(symbols)]


def _read_disclosed(desk: Desk) -> pd.DataFrame:
    wanted = set(desk.request.symbols)
    parts = [pd.DataFrame({"symbol": [], "released": [], "period": []})]
    for period in desk.store.keys("disclosures"):
        table = latest(KINDS["disclosures"], desk.store.read("disclosures", period))
        own = table[table["symbol"].isin(wanted)]
        parts.append(own[["symbol", "released"]].assign(period=pd.Timestamp(period).as_unit("ns")))
    parts = [part for part in parts if len(part)] or parts
    return pd.concat(parts, ignore_index=True)


def _released_since(desk: Desk, symbol: str, entry: Entry) -> bool:
    """Say whether the share published since its statements were fetched; asked once a day at most."""
    fetched, today = clock.fetched_day(entry), pd.Timestamp(desk.now().astimezone(SHANGHAI).date())
    released = disclosed(desk, [symbol])["released"]
    return bool(released.between(fetched, today).any() and today > fetched)
