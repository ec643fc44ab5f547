"""Whether choosing the best of several settings pays: the probability that the best is overfitted.

Bailey, Borwein, Lopez de Prado and Zhu (2017), The probability of backtest overfitting, Journal of
Computational Finance 20(4): the days are cut into blocks, every half of the blocks once chooses the best
setting, and the other half says where it ends among all settings.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.arrays import Matrix, Vector
from screener.backtest import metrics

__all__ = ["BLOCKS", "Overfit", "overfit"]

BLOCKS = 16
SHORTEST = 20  # sessions of a block
FEWEST_BLOCKS = 4


@dataclass(frozen=True)
class Overfit:
    """What choosing by the past would have brought on other days.

    Attributes
    ----------
    probability : float
        Share of the splits in which the best setting of one half is below the median in the other; about 1/2
        where settings differ by luck alone.
    slope : float
        Of the Sharpe ratio in the other half on that in the choosing half, over the splits: below 0, a better
        past promises a worse future.
    loss : float
        Share of the splits in which the chosen setting has a Sharpe ratio below 0 in the other half.
    settings, blocks, splits : int
    reason : str
        In words why there is none, else empty.
    """

    probability: float
    slope: float
    loss: float
    settings: int
    blocks: int
    splits: int
    reason: str


def overfit(equity: pd.DataFrame, blocks: int = BLOCKS) -> Overfit:
    """Return the probability that the best of several settings is overfitted.

    Parameters
    ----------
    equity : DataFrame (n_days, n_settings)
        Levels, the base first.
    blocks : int
        An even number; fewer where they would be shorter than 20 sessions.

    Notes
    -----
    Combinatorially symmetric cross-validation, ranked by the Sharpe ratio. Days beyond the last whole block
    are left out. Ties take the mean of their ranks.
    """
    returns = equity.pct_change().iloc[1:].to_numpy(np.float64)
    n = returns.shape[1]
    blocks = min(blocks, len(returns) // SHORTEST // 2 * 2)
    if n < 2:
        return _no_overfit(n, blocks, "the rule has one setting: there is nothing to choose")
    if blocks < FEWEST_BLOCKS:
        return _no_overfit(n, blocks, f"fewer than {FEWEST_BLOCKS} blocks of {SHORTEST} sessions")
    if not np.isfinite(returns).all():
        return _no_overfit(n, blocks, "a setting lost everything")
    chosen, others = halves(blocks)
    total, squares = sums(returns, blocks)
    length = len(returns) // blocks * (blocks // 2)
    past, future = (ratio(half @ total, half @ squares, length) for half in (chosen, others))
    best = past.argmax(axis=1)
    row = np.arange(len(best))
    at = future[row, best]
    below, ties = (future < at[:, None]).sum(axis=1), (future == at[:, None]).sum(axis=1)
    place = (below + (ties + 1) / 2.0) / (n + 1)
    return Overfit(
        probability=float((place <= 0.5).mean()),
        slope=_slope(past[row, best], at),
        loss=float((at < 0.0).mean()),
        settings=n,
        blocks=blocks,
        splits=len(best),
        reason="",
    )


def halves(blocks: int) -> tuple[Matrix, Matrix]:
    """Return every choice of half of the blocks as 0 and 1, (n_splits, blocks), and the other halves."""
    picks = np.array(list(itertools.combinations(range(blocks), blocks // 2)))
    chosen = np.zeros((len(picks), blocks))
    chosen[np.arange(len(picks))[:, None], picks] = 1.0
    return chosen, 1.0 - chosen


def sums(returns: Matrix, blocks: int) -> tuple[Matrix, Matrix]:
    """Return the sums of returns and of their squares in each block, (blocks, n_settings)."""
    length = len(returns) // blocks
    cut = returns[: length * blocks].reshape(blocks, length, -1)
    return cut.sum(axis=1), (cut**2).sum(axis=1)


def ratio(total: Matrix, squares: Matrix, n: int) -> Matrix:
    """Return Sharpe ratios of a day from sums over n days; 0 for returns that never differ."""
    mean = total / n
    spread = np.sqrt(np.maximum(squares - n * mean**2, 0.0) / (n - 1))
    return np.where(spread > metrics.ROUNDING, mean / np.maximum(spread, metrics.ROUNDING), 0.0)


def _slope(past: Vector, future: Vector) -> float:
    away = past - past.mean()
    spread = float((away**2).sum())
    return float((away * future).sum() / spread) if spread > metrics.ROUNDING else math.nan


def _no_overfit(n: int, blocks: int, why: str) -> Overfit:
    return Overfit(math.nan, math.nan, math.nan, n, blocks, 0, why)
