"""The driver's companies: their statements beside the driver file, which only a person may extend."""

from __future__ import annotations

import pandas as pd

from screener.data.live.faults import NoData
from screener.data.store import KINDS, WHOLE, Store
from screener.data.store.snapshots import latest
from screener.data.update.desk import Desk, source_of

__all__ = ["compare", "update_capex"]

MILLION = 1e6
APART = 0.005  # relative; statements round to millions
SHOWN = 3


def update_capex(desk: Desk) -> None:
    """Ask for the quarters of every company and lay them out to be added; never a day of release."""
    parts, sources = [], set()
    for ticker in desk.request.tickers:
        try:
            sent = desk.ask("us_capex", ticker, desk.source.us_capex, ticker)
        except NoData as fault:
            desk.fail("us_capex", ticker, fault)
            continue
        if sent is not None:
            sources.add(source_of(sent))
            parts.append(sent.drop(columns="source").assign(entity=ticker, released=pd.NaT))
    if parts:
        desk.add("us_capex", WHOLE, pd.concat(parts, ignore_index=True), "+".join(sorted(sources)))


def compare(store: Store, driver: pd.DataFrame, name: str) -> list[str]:
    """Say where the stored statements differ from the driver file, and which quarters it lacks.

    Parameters
    ----------
    store : Store
    driver : DataFrame
        ``entity, period_end, value, unit, definition`` of one definition, value in USD million.
    name : str
        Of the driver's file, without its ending.

    Returns
    -------
    list of str
        One sentence each; a new quarter comes with the line to add, its days of release left to the user.
    """
    if store.entry("us_capex") is None:
        return []
    told = latest(KINDS["us_capex"], store.read("us_capex"))
    told = told.assign(value=told["value"] / MILLION)
    both = told.merge(driver, on=["entity", "period_end"], suffixes=("", "_file"))
    apart = both[(both["value"] / both["value_file"] - 1.0).abs() > APART]
    lines = [
        f"{name}: {row['entity']} {row['period_end']:%Y-%m-%d} is {row['value_file']:,.0f} in the file, "
        f"{row['value']:,.0f} in the statements (USD million)"
        for row in apart.sort_values("period_end").tail(SHOWN).to_dict("records")
    ]
    more = len(apart) - SHOWN
    lines += [f"{name}: and {more} earlier quarters that differ"] if more > 0 else []
    return lines + _new_quarters(told, driver, name)


def _new_quarters(told: pd.DataFrame, driver: pd.DataFrame, name: str) -> list[str]:
    """Return the line to add for every quarter after the last one of a company in the file."""
    newest = driver.groupby("entity")["period_end"].max()
    rows = told[told["entity"].isin(newest.index)].sort_values(["period_end", "entity"])
    return [
        f"{name}: new quarter; look up its release, then add: {row['entity']},{row['period_end']:%Y-%m-%d},"
        f"RELEASED,USABLE_FROM,{row['value']:.0f},USD million,cash,SOURCE"
        for row in rows.to_dict("records")
        if row["period_end"] > newest[row["entity"]]
    ]
