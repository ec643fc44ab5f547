"""What of a share lies in quarantine, and the user's word for it, which the next update goes by."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from screener.data.live.accept import may_be_vouched_for
from screener.data.live.base import BARS
from screener.data.store import Change, Store
from screener.data.store.quarantine import Quarantined, read_frame
from screener.data.vouched import VOUCHED, newest, same_bars
from screener.errors import DataError

__all__ = ["Refused", "listed", "refused", "vouch"]

WAITS = "may be vouched for"
SWORN = "vouched for, enters with the next update"
HELD = "is in the store"
OTHER = "the store holds other values of that day"
LATER = "other values of that day were refused later"
NEVER = "cannot be vouched for"
SOURCE = "user"


class Refused(NamedTuple):
    """One refused row.

    Attributes
    ----------
    kind : str
    day : str
        Empty where the row has none.
    bar : dict
        Its prices, volume and amount by name; empty where it is none.
    reason : str
    state : str
        What may become of it.
    """

    kind: str
    day: str
    bar: dict[str, Any]
    reason: str
    state: str

    def line(self) -> str:
        """Return the row for a reader."""
        values = ", ".join(f"{name} {value:.15g}" for name, value in self.bar.items())
        head = " ".join(text for text in (self.kind, self.day, values) if text)
        return f"{head}: {self.reason} [{self.state}]"


def refused(store: Store, symbol: str) -> list[Refused]:
    """Return every row of a share that was refused, each once, by day, the newest refusal of a day last.

    Raises
    ------
    DataError
        If neither the store nor the quarantine knows the share, or a file of either is damaged.
    """
    items = [item for item in store.quarantined() if item.key == symbol]
    if not items and not any(entry.key == symbol for entry in store.entries):
        raise DataError(f"{symbol}: neither the store nor its quarantine knows this share; see `data status`")
    bars = _bars(store, [item for item in items if item.kind == "bars"])
    states = _states(store, symbol, bars)
    rows = [_told(row, state) for row, state in zip(bars.to_dict("records"), states, strict=True)]
    seen = dict.fromkeys((item.kind, item.reason) for item in items if item.kind != "bars")
    return rows + [Refused(kind, "", {}, reason, NEVER) for kind, reason in seen]


def listed(store: Store, symbol: str, day: pd.Timestamp | None) -> list[Refused]:
    """Return what of a share was refused, or the bars of one day.

    Raises
    ------
    DataError
        As `refused`, or if no bar of that day was refused.
    """
    rows = refused(store, symbol)
    if day is None:
        return rows
    found = [row for row in rows if row.day == f"{day:%Y-%m-%d}"]
    if not found:
        raise DataError(_nothing_of(symbol, rows, day))
    return found


def vouch(store: Store, symbol: str, day: pd.Timestamp | None, reason: str) -> list[Refused]:
    """Keep the user's word for refused bars, all that wait or that of one day; nothing else changes.

    Parameters
    ----------
    day : Timestamp, optional
        Without it every bar that waits is meant.
    reason : str
        Why they are right; a page will say it.

    Returns
    -------
    list of Refused
        What the word is about. The next update lets bars of these values in, and no others.

    Raises
    ------
    DataError
        If the reason is empty, nothing of that day waits, or a row is one that nobody can vouch for. Nothing
        is written then.
    """
    said = " ".join(reason.split()).rstrip(".")
    if not said or not said.isprintable():
        raise DataError("--reason must say in plain words why the bars are right; a page will print it")
    with store.locked():
        chosen = _chosen(symbol, refused(store, symbol), day)
        rows = [{"date": pd.Timestamp(row.day), **row.bar, "reason": said} for row in chosen]
        store.append_snapshot([Change(VOUCHED, symbol, pd.DataFrame(rows), SOURCE)])
    return [row._replace(state=SWORN) for row in chosen]


def _chosen(symbol: str, rows: list[Refused], day: pd.Timestamp | None) -> list[Refused]:
    """Return the rows that a word is about, or say why it can be about none."""
    last = {row.day or place: row for place, row in enumerate(rows) if row.kind == "bars"}
    if day is None:
        found = [row for row in last.values() if row.state == WAITS]
        found = found or [row for row in last.values() if row.state == NEVER][:1]
        if not found:
            raise DataError(f"{symbol}: no refused bar of it waits for a word; nothing was written")
    else:
        text = f"{day:%Y-%m-%d}"
        if text not in last:
            raise DataError(_nothing_of(symbol, rows, day))
        found = [last[text]]
    for row in found:
        if row.state != WAITS:
            raise DataError(f"{symbol} {row.day or 'without a day'}: {row.state} ({row.reason})")
    return found


def _nothing_of(symbol: str, rows: list[Refused], day: pd.Timestamp) -> str:
    days = ", ".join(row.day for row in rows if row.state == WAITS) or "none"
    return f"{symbol}: no bar of {day:%Y-%m-%d} lies in quarantine; days that wait for a word: {days}"


def _bars(store: Store, items: list[Quarantined]) -> pd.DataFrame:
    """Return refused bars in the order in which they were last refused, then by day; each once."""
    parts = []
    for item in items:
        sent = read_frame(store.folder, item)
        if len(sent):
            given = sent.reindex(columns=[*BARS, "reason"])
            parts.append(given.assign(reason=given["reason"].astype(object).fillna(item.reason)))
    if not parts:
        return pd.DataFrame(columns=[*BARS, "reason"])
    whole = pd.concat(parts, ignore_index=True)
    whole["date"] = pd.to_datetime(whole["date"], errors="coerce", format="ISO8601").astype("datetime64[ns]")
    for name in BARS[1:]:
        whole[name] = whole[name].map(_number).astype(float)
    once = whole.drop_duplicates([*BARS], keep="last")
    return once.sort_values("date", kind="stable", ignore_index=True)


def _number(text: object) -> float:
    """Read a number to the last bit, which the readers of pandas do not promise."""
    try:
        return float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def _states(store: Store, symbol: str, bars: pd.DataFrame) -> list[str]:
    """Say of every refused bar what may become of it."""
    held = store.read("bars", symbol) if store.entry("bars", symbol) else None
    words = newest(store.read(VOUCHED, symbol)) if store.entry(VOUCHED, symbol) else None
    inside, sworn = same_bars(bars, held), same_bars(bars, words)
    known = bars["date"].isin([] if held is None else held["date"]).to_numpy()
    early = bars["date"].duplicated(keep="last").to_numpy() & bars["date"].notna().to_numpy()
    found = []
    for i, reason in enumerate(bars["reason"]):
        state = NEVER if pd.isna(bars["date"].iloc[i]) or not may_be_vouched_for(str(reason)) else WAITS
        for applies, text in ((early[i], LATER), (sworn[i], SWORN), (known[i], OTHER), (inside[i], HELD)):
            state = text if applies else state
        found.append(state)
    return found


def _told(row: dict[str, Any], state: str) -> Refused:
    day = "" if pd.isna(row["date"]) else f"{row['date']:%Y-%m-%d}"
    return Refused("bars", day, {name: row[name] for name in BARS[1:]}, str(row["reason"]), state)
