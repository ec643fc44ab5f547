"""The same contract for factors and corporate actions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.data.contract import check_columns
from screener.data.live.base import ACTIONS
from screener.data.live.continuity import factor_on
from screener.errors import DataError
from screener.market import calendar

__all__ = ["accept_actions", "accept_factors", "action_notes"]

SAME = 1e-9  # relative; factors are kept as they were sent
LARGEST_STEP = 20.0
WITHIN = 0.02  # CNY between the exchange's formula and the factor's step, as in `screener.data.actions`


def accept_factors(symbol: str, factors: pd.DataFrame, stored: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the factors of a share if they may enter.

    Raises
    ------
    DataError
        Dates out of order or there twice, a factor that does not grow, or one that differs from what is
        stored: a multiplicative factor only ever gets further rows, so that another value is another basis.
    """
    where = f"factors of {symbol}"
    check_columns(factors.columns, where, ("date", "factor"))
    dates, values = factors["date"], factors["factor"].to_numpy(dtype=float)
    problems = []
    if dates.isna().any() or not dates.is_monotonic_increasing or dates.duplicated().any():
        problems.append(f"{where}: dates must ascend, each once")
    if not len(values) or not np.isfinite(values).all() or values[0] != 1.0:
        problems.append(f"{where}: factors must be numbers and begin with 1")
    else:
        steps = values[1:] / values[:-1]
        days = dates[1:][(steps <= 1.0 - SAME) | (steps > LARGEST_STEP)]
        problems += [
            f"{where}: {day:%Y-%m-%d}: the factor shrinks or leaps; fetch it again" for day in days[:5]
        ]
    if not problems and stored is not None:
        problems += _changed(where, factors, stored)
    if problems:
        raise DataError(*problems)
    return factors


def accept_actions(symbol: str, actions: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return accepted and rejected corporate actions, the latter with ``reason``."""
    check_columns(actions.columns, f"actions of {symbol}", ACTIONS)
    dates, early = actions["date"], actions["date"] < calendar.sessions()[0]
    amounts = actions[["cash", "bonus", "rights"]].to_numpy(dtype=float)
    reason = pd.Series("", index=actions.index)
    reason[dates.isna()] = "no ex-date"
    reason[~dates.isin(calendar.sessions()) & ~early & dates.notna()] = "the ex-date is not a session"
    reason[dates.duplicated(keep=False) & dates.notna()] = "two rows of one ex-date"
    reason[~(np.isfinite(amounts) & (amounts >= 0.0)).all(axis=1)] = "an amount is negative or no number"
    reason[(amounts == 0.0).all(axis=1)] = "nothing is paid or given"
    reason[(actions["rights"] > 0.0) & ~(actions["rights_price"] > 0.0)] = "rights without a price"
    bad = reason.ne("")
    return actions[~bad].reset_index(drop=True), actions[bad].assign(reason=reason[bad]).reset_index(
        drop=True
    )


def action_notes(
    symbol: str, bars: pd.DataFrame, factors: pd.DataFrame, actions: pd.DataFrame
) -> tuple[str, ...]:
    """Name the ex-dates on which the vendor's factor and the announced action disagree.

    Parameters
    ----------
    bars : DataFrame
        Accepted bars, ascending.

    Notes
    -----
    Two sources that know nothing of each other: the factor comes from one, the action from another.
    """
    factor = factor_on(bars["date"], factors)
    before, dates = bars["close"].shift().to_numpy(), bars["date"].to_numpy()
    by_factor = before * np.append(np.nan, factor[:-1] / factor[1:])
    stepped = set(dates[1:][np.abs(before - by_factor)[1:] > 0.005])
    notes = []
    for row in actions.to_dict("records"):
        i = int(np.searchsorted(dates, row["date"].to_datetime64()))
        if i == 0 or i >= len(dates):
            continue
        price = row["rights_price"] if row["rights"] else 0.0
        value = (before[i] - row["cash"] + price * row["rights"]) / (1.0 + row["bonus"] + row["rights"])
        if abs(value - by_factor[i]) > WITHIN:
            notes.append(
                f"{symbol} {row['date']:%Y-%m-%d}: reference {value:.2f} by the action, {by_factor[i]:.2f} "
                "by the factor"
            )
        stepped.discard(dates[i])
    notes += [
        f"{symbol} {pd.Timestamp(day):%Y-%m-%d}: a factor steps without an action" for day in sorted(stepped)
    ]
    return tuple(notes)


def _changed(where: str, factors: pd.DataFrame, stored: pd.DataFrame) -> list[str]:
    kept = stored[["date", "factor"]].rename(columns={"factor": "kept"})
    both = kept.merge(factors[["date", "factor"]], on="date", how="left")
    apart = ~((both["factor"] / both["kept"] - 1.0).abs() <= SAME)
    return [
        f"{where}: {row['date']:%Y-%m-%d}: {row['factor']:.8g}, but {row['kept']:.8g} is stored: other basis"
        for row in both[apart].head(5).to_dict("records")
    ]
