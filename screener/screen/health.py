"""The health of a theme on a day: breadth, concentration, liquidity, ragged starts, crowding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from screener.arrays import Matrix, Vector
from screener.data.panel import Panel

__all__ = ["crowding", "health"]

YEAR, MONTH = 244, 20
BREADTH = 60


def health(panel: Panel, members: pd.DataFrame, weights: pd.Series) -> dict[str, Any]:
    """Describe a basket at the close of the last session of a panel.

    Parameters
    ----------
    panel : Panel
        Up to the day.
    members : DataFrame of bool (n_days, n_members)
    weights : Series (n_members,)
        Weights on the day, by symbol.

    Returns
    -------
    dict
        ``members``; ``above_mean`` (share above their mean of 60 sessions), ``rising`` (share with a return
        of 20 sessions above 0); ``largest``, ``top_three``, ``effective_names`` (inverse Herfindahl);
        ``effective_bets`` (participation ratio of the weighted covariance of a year: the square of the sum of
        its eigenvalues by the sum of their squares); ``amount`` (traded a session, mean of 20, CNY) and
        ``thinnest`` (the least of a member); ``starts`` (first bar by symbol) and ``youngest``. None where
        unknown.
    """
    now = members.iloc[-1]
    names = [symbol for symbol in members.columns if bool(now[symbol])]
    if not names:
        return {"members": 0}
    closes = panel.adjusted[names].ffill()
    mean = closes.rolling(BREADTH).mean().iloc[-1]
    last = closes.iloc[-1]
    rising = last / closes.shift(MONTH).iloc[-1] - 1.0
    own = weights.reindex(names).fillna(0.0)
    own = own / own.sum() if own.sum() > 0 else own
    amount = panel.frame(panel.amount)[names].iloc[-MONTH:].fillna(0.0).mean()
    starts = {
        name: panel.sessions[int(np.argmax(panel.listed[:, panel.symbols.index(name)]))] for name in names
    }
    ordered = np.sort(own.to_numpy())[::-1]
    return {
        "members": len(names),
        "above_mean": _share(last > mean, mean.notna()),
        "rising": _share(rising > 0, rising.notna()),
        "largest": float(ordered[0]),
        "top_three": float(ordered[:3].sum()),
        "effective_names": float(1.0 / (ordered**2).sum()) if ordered.sum() > 0 else None,
        "effective_bets": effective_bets(panel.total_return[names].iloc[-YEAR:].to_numpy(), own.to_numpy()),
        "amount": float(amount.sum()),
        "thinnest": float(amount.min()),
        "starts": starts,
        "youngest": max(starts.values()),
    }


def effective_bets(returns: Matrix, weights: Vector) -> float | None:
    """Return how many independent positions of equal risk a basket amounts to.

    Notes
    -----
    The participation ratio of the eigenvalues of the covariance of ``weights * returns``, over the days on
    which all members have a return: n for n equal and independent members, 1 where all move as one.
    """
    whole = (returns * weights)[~np.isnan(returns).any(axis=1)]
    if len(whole) < MONTH:
        return None
    values = np.linalg.eigvalsh(np.atleast_2d(np.cov(whole, rowvar=False)))
    square = float((values**2).sum())
    return float(values.sum()) ** 2 / square if square > 0 else None


def crowding(
    amount: pd.Series, market: pd.Series, index: pd.Series, float_cap: pd.Series | None
) -> dict[str, Any]:
    """Say how crowded a theme is on the last day of its series.

    Parameters
    ----------
    amount, market : Series (n_days,)
        Traded amount of the members and of the market, CNY.
    index : Series (n_days,)
        The theme's index.
    float_cap : Series (n_days,), optional
        Floating capital of the members, CNY.

    Returns
    -------
    dict
        ``share`` (of the market's traded amount in 20 sessions), ``share_percentile`` (share of the days
        so far on which it was at most today's), ``turnover`` and ``turnover_percentile`` likewise, ``years``
        that they rest on, and ``from_high`` (distance from the highest index of a year). None where unknown.
    """
    share = (amount.rolling(MONTH).sum() / market.rolling(MONTH).sum()).dropna()
    daily = pd.Series(dtype="float64") if float_cap is None else amount / float_cap
    turnover = daily.rolling(MONTH).mean().dropna()
    known = index.dropna()
    return {
        "share": _last(share),
        "share_percentile": _percentile(share),
        "turnover": _last(turnover),
        "turnover_percentile": _percentile(turnover),
        "years": round(len(share) / YEAR, 1),
        "from_high": float(known.iloc[-1] / known.iloc[-YEAR:].max() - 1.0) if len(known) else None,
    }


def _share(flags: pd.Series, known: pd.Series) -> float | None:
    return float(flags[known].mean()) if known.any() else None


def _last(values: pd.Series) -> float | None:
    return float(values.iloc[-1]) if len(values) else None


def _percentile(values: pd.Series) -> float | None:
    return float((values <= values.iloc[-1]).mean()) if len(values) >= YEAR else None
