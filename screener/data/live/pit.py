"""When a figure of a company could be known: after its disclosure, never by a restated column."""

from __future__ import annotations

import pandas as pd

from screener.market.calendar import sessions

__all__ = ["deadline", "effective"]

LATE = 30  # days between disclosure and update after which a figure counts as restated
DEADLINES = {3: (0, 4, 30), 6: (0, 8, 31), 9: (0, 10, 31), 12: (1, 4, 30)}  # years later, month, day


def deadline(period: pd.Timestamp) -> pd.Timestamp:
    """Return the last lawful day of disclosure of a period.

    Examples
    --------
    >>> deadline(pd.Timestamp("2023-12-31"))
    Timestamp('2024-04-30 00:00:00')
    """
    years, month, day = DEADLINES[period.month]
    return pd.Timestamp(period.year + years, month, day)


def effective(symbol: str, figures: pd.DataFrame, disclosed: pd.DataFrame) -> pd.DataFrame:
    """Put beside the figures of a share from which session on they may be used.

    Parameters
    ----------
    symbol : str
    figures : DataFrame
        As `Provider.fundamentals` returns them.
    disclosed : DataFrame
        Rows of `Provider.disclosures`, of any periods and shares.

    Returns
    -------
    DataFrame
        `figures` with ``released`` (the actual day, else the lawful deadline), ``basis`` ("actual" or
        "deadline"), ``effective_date`` (the first session after ``released``) and ``restated`` (updated more
        than 30 days after it: the value may not be the one that was published then).

    Notes
    -----
    NaT: ``effective_date`` where the calendar does not reach.
    """
    own = disclosed[disclosed["symbol"] == symbol].drop_duplicates("period").set_index("period")["released"]
    actual = figures["period"].map(own)
    released = actual.fillna(figures["period"].map(deadline)).astype("datetime64[ns]")
    days = sessions()
    place = days.searchsorted(released, side="right")
    inside = (place < len(days)) & (released >= days[0]).to_numpy()
    following = pd.Series(days.take(place.clip(max=len(days) - 1)), index=figures.index)
    return figures.assign(
        released=released,
        basis=actual.notna().map({True: "actual", False: "deadline"}),
        effective_date=following.where(inside).astype("datetime64[ns]"),
        restated=(figures["update"] - released).dt.days > LATE,
    )
