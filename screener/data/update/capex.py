"""The drivers' companies: their statements beside the driver file, which only a person may extend."""

from __future__ import annotations

import re

import pandas as pd

from screener.data.live.faults import NoData
from screener.data.store import KINDS, WHOLE, Store
from screener.data.store.snapshots import latest
from screener.data.store.table import declared
from screener.data.update.desk import Desk, source_of

__all__ = ["compare", "update_capex"]

US = re.compile(r"[A-Z]{1,5}([.-][A-Z])?")
HONG_KONG = re.compile(r"[0-9]{5}")
UNIT = re.compile(r"([A-Z]{3})(?: (thousand|million|billion))?")
SCALES = {None: 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
APART = 0.005  # relative; statements round to millions
SHOWN = 3


def update_capex(desk: Desk) -> None:
    """Ask for the quarters of every company and lay them out to be added; never a day of release."""
    others = [name for name in desk.request.tickers if not _listed(name)]
    if others:
        desk.summary.notes.append(
            f"capex of {', '.join(others)} is not asked for: neither a US ticker nor five digits of Hong Kong"
        )
    parts, sources = [], set()
    for ticker in _due(desk):
        sent = _statements(desk, ticker)
        if sent is not None:
            sources.add(source_of(sent))
            parts.append(sent.drop(columns="source").assign(entity=ticker, released=pd.NaT))
    if parts:
        desk.add("us_capex", WHOLE, pd.concat(parts, ignore_index=True), "+".join(sorted(sources)))


def _due(desk: Desk) -> list[str]:
    """Return the companies to ask: new ones, and all once the clock of the table has run down.

    Notes
    -----
    One table has one clock. Companies of a driver that is not named this time are therefore asked with the
    others, or the clock that those wind up would keep them from being asked ever again.
    """
    held = desk.held("us_capex")
    stored = set() if held is None else set(held["entity"])
    wanted = {name for name in desk.request.tickers if _listed(name)}
    return sorted(wanted | stored if desk.is_due("us_capex") else wanted - stored)


def _listed(entity: str) -> bool:
    return bool(US.fullmatch(entity) or HONG_KONG.fullmatch(entity))


def _statements(desk: Desk, ticker: str) -> pd.DataFrame | None:
    """Return the quarters of a company with their currency, None once a failure is in the account."""
    try:
        if HONG_KONG.fullmatch(ticker):
            return desk.ask("us_capex", ticker, desk.source.hk_capex, ticker)
        sent = desk.ask("us_capex", ticker, desk.source.us_capex, ticker)
    except NoData as fault:
        desk.fail("us_capex", ticker, fault)
        return None
    return None if sent is None else sent.assign(currency="USD")


def compare(store: Store, driver: pd.DataFrame, name: str) -> list[str]:
    """Say where the stored statements differ from the driver file, and which quarters it lacks.

    Parameters
    ----------
    store : Store
    driver : DataFrame
        ``entity, period_end, value, unit, definition`` of one definition; ``unit`` is a currency with or
        without thousand, million or billion, such as ``CNY million``.
    name : str
        Of the driver's file, without its ending.

    Returns
    -------
    list of str
        One sentence each; a new quarter comes with the line to add, its days of release left to the user. A
        company whose statements are in another currency than its rows is named and not compared.
    """
    if store.entry("us_capex") is None:
        return []
    kind = KINDS["us_capex"]
    told = latest(kind, declared(kind, store.read("us_capex"), "us_capex"))
    newest = driver.sort_values("period_end").drop_duplicates("entity", keep="last")
    both = told.merge(driver, on=["entity", "period_end"], suffixes=("", "_file"))
    beside = told.merge(newest, on="entity", suffixes=("", "_file"))
    fresh = beside[beside["period_end"] > beside["period_end_file"]]
    lines = _foreign(pd.concat([both, fresh], ignore_index=True), name)
    return lines + _differences(_in_unit(both), name) + _new_quarters(_in_unit(fresh), name)


def _measure(unit: str) -> tuple[str, float]:
    """Return the currency of a unit and how much of it is one; no currency if the unit cannot be read."""
    found = UNIT.fullmatch(unit)
    return (found[1], SCALES[found[2]]) if found else ("", 1.0)


def _in_unit(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose unit is in the currency of the statements, their value in that unit."""
    measures = [_measure(unit) for unit in rows["unit"]]
    same = [currency == told for (currency, _), told in zip(measures, rows["currency"], strict=True)]
    scaled = rows.assign(value=rows["value"] / [scale for _, scale in measures])
    return scaled[pd.Series(same, index=rows.index, dtype=bool)]


def _foreign(rows: pd.DataFrame, name: str) -> list[str]:
    """Name the companies whose statements cannot be set beside the file."""
    pairs = rows[["entity", "currency", "unit"]].drop_duplicates().sort_values(["entity", "unit"])
    return [
        f"{name}: {entity} is in {currency} in the statements, in {unit} in the file; not compared"
        for entity, currency, unit in pairs.itertuples(index=False, name=None)
        if _measure(unit)[0] != currency
    ]


def _differences(both: pd.DataFrame, name: str) -> list[str]:
    """Say which quarters the statements tell otherwise than the file."""
    apart = both[(both["value"] / both["value_file"] - 1.0).abs() > APART]
    lines = [
        f"{name}: {row['entity']} {row['period_end']:%Y-%m-%d} is {_amount(row['value_file'])} in the file, "
        f"{_amount(row['value'])} in the statements ({row['unit']})"
        for row in apart.sort_values("period_end").tail(SHOWN).to_dict("records")
    ]
    more = len(apart) - SHOWN
    return lines + ([f"{name}: and {more} earlier quarters that differ"] if more > 0 else [])


def _new_quarters(fresh: pd.DataFrame, name: str) -> list[str]:
    """Return the line to add for every quarter after the last one of a company in the file."""
    return [
        f"{name}: new quarter; look up its release, then add: {row['entity']},{row['period_end']:%Y-%m-%d},"
        f"RELEASED,USABLE_FROM,{_amount(row['value']).replace(',', '')},{row['unit']},cash,SOURCE"
        for row in fresh.sort_values(["period_end", "entity"]).to_dict("records")
    ]


def _amount(value: float) -> str:
    """Return an amount with as many decimals as its unit needs: none from a hundred on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:,.4g}"
