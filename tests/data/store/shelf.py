"""Tables of a small market as a source would send them, for the tests of the store."""

import datetime as dt

import pandas as pd

from screener.data.store import Change, open_store
from tests.make import bars_of, events_of, instruments_of

SOURCE = "test"


def bars(panel):
    """Return the bars of every share by symbol."""
    table = bars_of(panel)
    return {symbol: rows.drop(columns="symbol") for symbol, rows in table.groupby("symbol")}


def changes(panel):
    """Return all that a store needs to be a source."""
    days = pd.DataFrame({"date": panel.sessions})
    level = days.assign(close=3000.0 + 10.0 * days.index)
    events = events_of(panel)
    return [
        *(Change("bars", symbol, rows, SOURCE) for symbol, rows in bars(panel).items()),
        *(
            Change("actions", symbol, rows.drop(columns="symbol"), SOURCE)
            for symbol, rows in events.groupby("symbol")
        ),
        Change("index", "000300.SH", level, SOURCE),
        Change("instruments", "all", instruments_of(panel), SOURCE),
        Change("calendar", "all", days, SOURCE),
    ]


def clock(start="2026-01-05T08:00:00"):
    """Return a clock that advances one second with every look at it."""
    now = [dt.datetime.fromisoformat(start).replace(tzinfo=dt.UTC)]

    def tick():
        now[0] += dt.timedelta(seconds=1)
        return now[0]

    return tick


def fill(folder, panel):
    """Return a new store with a market in it."""
    store = open_store(folder, create=True, now=clock())
    store.commit(changes(panel))
    return store
