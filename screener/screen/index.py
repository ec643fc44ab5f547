"""A theme as an index that could be held: weights set at reviews, drifting between, capped, total return."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.arrays import Vector

__all__ = ["capped", "drifting_index", "review_days", "review_weights"]

REVIEWS = {"monthly": 1, "quarterly": 3, "yearly": 12}


def review_days(sessions: pd.DatetimeIndex, every: str = "quarterly") -> pd.DatetimeIndex:
    """Return the first session and then the last one of every month, quarter or year.

    Raises
    ------
    ValueError
        If `every` is none of "monthly", "quarterly", "yearly".
    """
    if every not in REVIEWS:
        raise ValueError(f"every={every!r} must be one of {', '.join(REVIEWS)}")
    months = sessions.year * 12 + sessions.month - 1
    period = months // REVIEWS[every]
    last = np.append(period[1:] != period[:-1], False)
    last[0] = True
    return sessions[last]


def capped(weights: Vector, cap: float) -> Vector:
    """Cut weights to a cap and give what exceeds it to the others in proportion.

    Parameters
    ----------
    weights : ndarray (n_assets,)
        Not negative; scaled to sum to 1.
    cap : float in (0, 1]
        Raised to equal weight where there are too few names for it.

    Examples
    --------
    >>> [round(float(w), 3) for w in capped(np.array([6.0, 3.0, 1.0]), 0.5)]
    [0.5, 0.375, 0.125]
    """
    total = weights.sum()
    if total <= 0:
        return np.zeros_like(weights)
    out = weights / total
    cap = max(cap, 1.0 / np.count_nonzero(out))
    full = np.zeros(len(out), dtype=bool)
    while (over := ~full & (out > cap * (1.0 + 1e-12))).any():
        full |= over
        rest = np.where(full, 0.0, weights)
        left = 1.0 - cap * full.sum()
        out = np.where(full, cap, rest * (left / rest.sum()) if rest.sum() > 0 else 0.0)
    return out


def review_weights(
    members: pd.DataFrame, sizes: pd.DataFrame | None, days: pd.DatetimeIndex, cap: float = 1.0
) -> pd.DataFrame:
    """Return the weights at every review.

    Parameters
    ----------
    members : DataFrame of bool or float (n_days, n_members)
        Who is a member at the close of the day; a number is a relative weight.
    sizes : DataFrame (n_days, n_members), optional
        Capital in CNY; None = equal weight. A member whose size is unknown at a review waits for the next.
    days : DatetimeIndex
        The reviews.
    cap : float in (0, 1]
        Largest weight of a name at a review.

    Returns
    -------
    DataFrame (n_reviews, n_members)
        Rows sum to 1, or to 0 without a member.
    """
    rows = members.loc[days].astype("float64")
    if sizes is not None:
        rows = rows * sizes.reindex(index=days, columns=rows.columns).fillna(0.0)
    values = [capped(row, cap) for row in rows.to_numpy()]
    return pd.DataFrame(values, index=days, columns=members.columns)


def drifting_index(total_return: pd.DataFrame, targets: pd.DataFrame, buffer: float = 0.0) -> pd.Series:
    """Compound a basket whose weights are set at the close of review days and drift between.

    Parameters
    ----------
    total_return : DataFrame (n_days, n_assets)
        Daily total returns, fractions; NaN counts as 0 (suspended, or ended at its last value).
    targets : DataFrame (n_reviews, n_members)
        Weights at the close of each review, as `review_weights` returns them.
    buffer : float in [0, 1)
        A member whose weight is within this fraction of its target keeps it; the others make up the rest.

    Returns
    -------
    Series (n_days,)
        1 at the close of the first review with a member, NaN before.

    Notes
    -----
    No costs. The weights of a review earn from the next session on.
    """
    returns = np.nan_to_num(total_return[targets.columns].to_numpy(dtype=np.float64))
    level = np.full(len(returns), np.nan)
    held, value = np.zeros(len(targets.columns)), 1.0
    places = list(total_return.index.get_indexer(targets.index))
    for k, start in enumerate(places):
        target = targets.iloc[k].to_numpy()
        if target.sum() <= 0:
            continue
        held = _buffered(held / held.sum(), target, buffer) if held.sum() > 0 else target
        end = places[k + 1] if k + 1 < len(places) else len(returns) - 1
        growth = np.cumprod(1.0 + returns[start + 1 : end + 1], axis=0)
        level[start] = value
        level[start + 1 : end + 1] = value * (growth @ held)
        if end > start:
            held = held * growth[-1]
            value = float(level[end])
    return pd.Series(level, index=total_return.index).ffill()


def _buffered(held: Vector, target: Vector, buffer: float) -> Vector:
    """Leave alone what is near its target; scale the others to what remains."""
    near = (held > 0) & (target > 0) & (np.abs(held - target) <= buffer * target)
    others = np.where(near, 0.0, target)
    left = 1.0 - held[near].sum()
    if not near.any() or others.sum() <= 0 or left <= 0:
        return target
    return np.where(near, held, others * (left / others.sum()))
