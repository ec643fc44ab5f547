"""Corporate actions and ends of listings as the events of an account."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.arrays import Actions, IntVector
from screener.backtest.spec import Account, successor
from screener.data.panel import Panel
from screener.market.symbols import exchange_of

__all__ = ["action_arrays", "action_table"]

COLUMNS = ("day", "asset", "cash", "taxable", "bonus", "price", "pay", "listing", "into", "ends", "basis")


def action_table(panel: Panel, first: int, names: list[str], account: Account) -> pd.DataFrame:
    """Return the events after the opening of an account, by day.

    Returns
    -------
    DataFrame
        ``day, asset`` (positions), ``cash, taxable`` (CNY a share), ``bonus`` (new shares a share),
        ``price`` (CNY for a new share), ``pay, listing`` (days), ``into`` (asset of the new shares), ``ends,
        basis``.

    Notes
    -----
    Basis ``factor``: the cash is unknown; the holder gets the shares that keep the total return, and the
    fraction of a share in cash. Cash without a known pay date is paid on the ex-date. New shares without a
    known listing date can be sold from the ex-date on, in Shanghai a session later (R33).
    """
    table = panel.actions[panel.actions["symbol"].isin(names)]
    parts = [
        shares_and_cash(panel, table, first, names, account),
        ends_of_listing(panel, first, names, account),
    ]
    events = pd.concat([part for part in parts if len(part)] or [parts[0]], ignore_index=True)
    inside = (events["day"] > 0) & (events["day"] < len(panel.sessions) - first)
    return events[inside].sort_values(["day", "asset"], kind="stable", ignore_index=True)


def shares_and_cash(
    panel: Panel, table: pd.DataFrame, first: int, names: list[str], account: Account
) -> pd.DataFrame:
    """Return dividends, new shares and rights."""
    day = panel.sessions.searchsorted(pd.DatetimeIndex(table["date"])) - first
    asset = np.searchsorted(names, table["symbol"].to_numpy().astype(str))
    rights = (table["basis"] == "rights").to_numpy()
    by_factor = ((table["basis"] == "factor").to_numpy() | (account.actions == "factor")) & ~rights
    lapsed = rights & (account.rights == "lapsed")
    cash = np.where(by_factor | rights, 0.0, table["cash"].to_numpy(dtype=np.float64))
    bonus = np.where(by_factor, table["factor"].to_numpy() - 1.0, table["bonus"].to_numpy(dtype=np.float64))
    later = np.array([exchange_of(symbol) == "SH" for symbol in table["symbol"]], dtype=np.int64)
    return pd.DataFrame(
        {
            "day": day,
            "asset": asset,
            "cash": cash,
            "taxable": cash,
            "bonus": np.where(lapsed, 0.0, bonus),
            "price": np.where(rights & ~lapsed, _column(table, "price", 0.0), 0.0),
            "pay": _days(panel, table, "pay_date", day, first),
            "listing": _days(panel, table, "list_date", np.where(by_factor, day, day + later), first),
            "into": asset,
            "ends": False,
            "basis": np.where(by_factor, "factor", np.where(rights, f"rights {account.rights}", "official")),
        }
    )


def _column(table: pd.DataFrame, name: str, missing: float) -> np.ndarray:
    return table[name].fillna(missing).to_numpy() if name in table.columns else np.full(len(table), missing)


def _days(panel: Panel, table: pd.DataFrame, name: str, unknown: IntVector, first: int) -> IntVector:
    """Return the first session on or after the date in a column, the default where it is not known."""
    if name not in table.columns:
        return unknown
    dates = pd.to_datetime(table[name])
    return np.where(dates.isna(), unknown, panel.sessions.searchsorted(pd.DatetimeIndex(dates)) - first)


def ends_of_listing(panel: Panel, first: int, names: list[str], account: Account) -> pd.DataFrame:
    """Return what happens to holdings on the first session after their last."""
    successors = {s[0]: s[1:] for text in account.successors if (s := successor(text))}
    rows = []
    for symbol in [s for s in names if s in panel.delisted]:
        k, j = panel.symbols.index(symbol), names.index(symbol)
        last = int(np.flatnonzero(panel.listed[:, k])[-1])
        closes = panel.close[: last + 1, k]
        worth = float(closes[~np.isnan(closes)][-1]) if account.delisting == "last" else 0.0
        day = last + 1 - first
        into, ratio = successors.get(symbol, ("", 0.0))
        if into in names:
            rows.append((day, j, 0.0, 0.0, ratio, 0.0, day, day, names.index(into), True, "successor"))
        else:
            basis = f"delisted at {'the last close' if account.delisting == 'last' else 'zero'}"
            rows.append((day, j, worth, 0.0, 0.0, 0.0, day, day, j, True, basis))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def action_arrays(events: pd.DataFrame, n_days: int) -> Actions:
    """Return events sorted by day in the units of the kernel."""

    def whole(name: str, unit: float) -> IntVector:
        return np.rint(events[name].to_numpy(dtype=np.float64) * unit).astype(np.int64)

    return Actions(
        start=np.searchsorted(events["day"].to_numpy(dtype=np.int64), np.arange(n_days + 1)).astype(np.int64),
        asset=whole("asset", 1),
        cash=whole("cash", 1e6),
        taxable=whole("taxable", 1e6),
        bonus=whole("bonus", 1e8),
        price=whole("price", 100),
        fraction_paid=(events["basis"] == "factor").to_numpy(dtype=np.bool_),
        pay=whole("pay", 1),
        listing=whole("listing", 1),
        into=whole("into", 1),
        ends=events["ends"].to_numpy(dtype=np.bool_),
    )
