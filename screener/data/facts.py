"""What is known of companies beside prices: valuation by day, statements by first usable day, shares.

Sources name the same thing differently; from here on every column has one name and one unit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["EMPTY", "SHARES", "STATEMENTS", "VALUATION", "grown", "known", "statements", "valuation"]

# Ratios are plain numbers, capital is in CNY, shares are pieces, turnover is a fraction of the float.
VALUATION = (
    "pe_ttm", "pb", "ps_ttm", "pcf_ocf_ttm", "pcf_ncf_ttm", "market_cap", "float_cap", "shares",
    "float_shares", "turnover",
)  # fmt: skip
# CNY, year to date; the last three are CNY a share.
STATEMENTS = (
    "revenue", "net_profit", "operating_cash_flow", "capex", "inventory", "prepayments",
    "contract_liabilities", "total_assets", "equity", "eps_ttm", "sps_ttm", "bps",
)  # fmt: skip
SHARES = ("shares", "float_shares")
ALIASES = {
    "ps": "ps_ttm",
    "pb_mrq": "pb",
    "pcf": "pcf_ocf_ttm",
    "bps_mrq": "bps",
    "total_shares": "shares",
}
END_OF_DAY = pd.Timedelta(hours=16)  # midnight of Shanghai in UTC, as `fetched` is
PERCENT = {"turnover_pct": "turnover"}
EMPTY = pd.DataFrame(
    {
        "date": pd.Series(dtype="datetime64[ns]"),
        "symbol": pd.Series(dtype="str"),
        "effective_date": pd.Series(dtype="datetime64[ns]"),
    }
)


def valuation(table: pd.DataFrame) -> pd.DataFrame:
    """Return valuation in our names, as far as the source has it.

    Parameters
    ----------
    table : DataFrame
        One row a share and day: ``date``, ``symbol`` and the source's own columns.

    Returns
    -------
    DataFrame
        ``date, symbol`` and those of `VALUATION` that are there, sorted by symbol and date.

    Notes
    -----
    NaN: the source has no value. Nothing is carried from one day to another.
    """
    named = _named(table)
    found = [name for name in VALUATION if name in named.columns]
    rows = named[["date", "symbol", *found]].sort_values(["symbol", "date"], ignore_index=True)
    return rows.astype(dict.fromkeys(found, "float64"))


def statements(table: pd.DataFrame) -> pd.DataFrame:
    """Return figures of statements in our names, as far as the source has them.

    Parameters
    ----------
    table : DataFrame
        ``symbol``, ``effective_date`` (the first session that may use the row) and the source's columns; with
        ``fetched`` where states of one period were kept apart.

    Returns
    -------
    DataFrame
        ``symbol, period, effective_date, fetched, restated`` and those of `STATEMENTS` that are there, sorted
        by symbol, first usable day, period and time of fetching. NaT / False where the source does not say.
    """
    named = _named(table)
    for name in ("period", "fetched"):
        if name not in named.columns:
            named[name] = pd.NaT
    named["fetched"] = pd.to_datetime(named["fetched"], utc=True, format="ISO8601").dt.tz_localize(None)
    named["restated"] = named["restated"].fillna(value=False).astype(bool) if "restated" in named else False
    found = [name for name in STATEMENTS if name in named.columns]
    head = ["symbol", "period", "effective_date", "fetched", "restated"]
    rows = named[[*head, *found]].dropna(subset=["effective_date"])
    rows = rows.astype({**dict.fromkeys(found, "float64"), **dict.fromkeys(head[1:4], "datetime64[ns]")})
    return rows.sort_values(["symbol", "effective_date", "period", "fetched"], ignore_index=True)


def known(figures: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the state of every period as it could be known on `day`.

    Parameters
    ----------
    figures : DataFrame
        As `statements` returns them.

    Returns
    -------
    DataFrame
        One row a share and period (a share and effective date where periods are unknown): the newest state
        that was fetched by `day`, else the oldest there is, for then nobody had asked yet. ``restated`` says
        that even this one may not be what was published first.
    """
    usable = figures[figures["effective_date"] <= day]
    asked = usable["fetched"].isna() | (usable["fetched"] <= day + END_OF_DAY)
    key = ["symbol", "period", "effective_date"] if usable["period"].isna().all() else ["symbol", "period"]
    early = usable[asked].drop_duplicates(key, keep="last")
    late = usable[~asked].drop_duplicates(key, keep="first")
    both = pd.concat([early, late]).drop_duplicates(key, keep="first")
    return both.sort_values(["symbol", "effective_date", "period"], ignore_index=True)


def grown(actions: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """Return what one share has become by bonus shares since it was counted.

    Parameters
    ----------
    actions : DataFrame
        ``date`` (the ex-date), ``symbol, bonus, basis``, as `Panel.actions`; only official ones count.
    counted : DataFrame (n_days, n_symbols) of datetime64
        The day of the count that holds on a day, not after it; NaT = never counted.

    Returns
    -------
    DataFrame (n_days, n_symbols)
        1 where there was no count. A count on an ex-date has the new shares in it already.
    """
    own = actions[(actions["basis"] == "official") & (actions["bonus"] != 0.0)]
    steps = (1.0 + own["bonus"]).groupby([own["date"], own["symbol"]]).prod().unstack()
    steps = steps.reindex(columns=counted.columns).fillna(1.0)
    path = np.vstack([np.ones(counted.shape[1]), steps.cumprod().to_numpy()])
    then, columns = counted.to_numpy("datetime64[ns]"), np.arange(counted.shape[1])
    days = steps.index.to_numpy("datetime64[ns]")
    now = path[np.searchsorted(days, counted.index.to_numpy("datetime64[ns]"), side="right")]
    since = now / path[np.searchsorted(days, then, side="right"), columns]
    return pd.DataFrame(np.where(np.isnat(then), 1.0, since), counted.index, counted.columns)


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with our names; percent becomes a fraction."""
    named = table.rename(columns={old: new for old, new in ALIASES.items() if new not in table.columns})
    for old, new in PERCENT.items():
        if old in named.columns and new not in named.columns:
            named[new] = named[old] / 100.0
    return named
