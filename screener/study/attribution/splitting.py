"""What a holding was held for: the share of each theme in a stock, and whole fen split by it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.arrays import IntMatrix, IntVector, Matrix

__all__ = ["NO_THEME", "apportion", "split", "theme_shares"]

NO_THEME = ""  # of what no target ever asked for, such as the shares of a successor


def theme_shares(
    weights: pd.DataFrame, sessions: pd.DatetimeIndex, symbols: list[str], delay: int = 1
) -> tuple[tuple[str, ...], Matrix]:
    """Return the themes, and the share of each in every stock at every close.

    Parameters
    ----------
    weights : DataFrame (n_decisions, n_pairs)
        Target weights, columns ``(theme, symbol)``.
    sessions : DatetimeIndex (n_days,)
    symbols : list of str (n_assets,)
    delay : int
        Sessions from a decision to its trades.

    Returns
    -------
    themes : tuple of str (n_themes,)
        In the order of the columns; `NO_THEME` last where a stock is never asked for.
    shares : ndarray (n_days, n_assets, n_themes)
        Sums to 1 over themes. The proportions are those of the last target above 0 that was traded by then: a
        stock on its way out still belongs to the theme that it was bought for. Before the first target they
        are those of the first.
    """
    names, target = _targets(weights, symbols)
    total = target.sum(axis=2)
    asked = (total > 0.0).any(axis=0) if len(total) else np.zeros(len(symbols), dtype=np.bool_)
    if not asked.all() and NO_THEME not in names:
        names, target = (*names, NO_THEME), np.pad(target, ((0, 0), (0, 0), (0, 1)))
    shares = np.zeros((len(sessions), len(symbols), len(names)))
    if not asked.all():
        shares[:, ~asked, names.index(NO_THEME)] = 1.0
    if asked.any():
        row = _row_in_force(total[:, asked], weights.index, sessions, delay)
        proportion = target / np.where(total > 0.0, total, 1.0)[:, :, None]
        shares[:, asked] = np.take_along_axis(proportion[:, asked], row[:, :, None], axis=0)
    return names, shares


def _targets(weights: pd.DataFrame, symbols: list[str]) -> tuple[tuple[str, ...], Matrix]:
    """Return the themes, and target weights (n_decisions, n_assets, n_themes)."""
    theme, symbol = (weights.columns.get_level_values(level) for level in ("theme", "symbol"))
    names = tuple(dict.fromkeys(str(name) for name in theme))
    asset, group = pd.Index(symbols).get_indexer(symbol), pd.Index(names).get_indexer(theme)
    kept = asset >= 0
    values = np.nan_to_num(weights.to_numpy(dtype=np.float64)[:, kept])
    target = np.zeros((len(weights), len(symbols), len(names)))
    np.add.at(target, (slice(None), asset[kept], group[kept]), values)
    return names, target


def _row_in_force(total: Matrix, days: pd.Index, sessions: pd.DatetimeIndex, delay: int) -> IntMatrix:
    """Return the row of the last target above 0 by session and asset, of the first before there is one."""
    rows = np.where(total > 0.0, np.arange(len(total))[:, None], -1)
    last = np.maximum.accumulate(rows, axis=0)
    first = (total > 0.0).argmax(axis=0)
    known = days.searchsorted(sessions, side="right") - 1
    traded = np.concatenate([np.full(min(delay, len(known)), -1), known[: max(len(known) - delay, 0)]])
    row = np.where((traded >= 0)[:, None], last[traded], -1)
    return np.where(row >= 0, row, first)


def apportion(totals: IntVector, shares: Matrix) -> IntMatrix:
    """Split whole amounts in proportion, by largest remainder, so that the parts add up to each exactly.

    Parameters
    ----------
    totals : ndarray of int64 (n,)
        Below 1e15 in size.
    shares : ndarray (n, n_parts)
        Each row sums to 1.

    Returns
    -------
    ndarray of int64 (n, n_parts)
        Each less than one unit from its exact part; ties go to the part that comes first.

    Examples
    --------
    >>> apportion(np.array([100, -100]), np.full((2, 3), 1 / 3)).tolist()
    [[34, 33, 33], [-33, -33, -34]]
    """
    exact = totals[:, None] * shares
    whole = np.floor(exact).astype(np.int64)
    left = totals - whole.sum(axis=1)
    order = np.argsort(whole - exact, axis=1, kind="stable")  # the largest remainder first
    rank = np.argsort(order, axis=1, kind="stable")
    return whole + (rank < left[:, None])


def split(amounts: IntMatrix, shares: Matrix) -> IntMatrix:
    """Add up whole fen by theme.

    Parameters
    ----------
    amounts : ndarray of int64 (n_days, n_assets)
    shares : ndarray (n_days, n_assets, n_themes)

    Returns
    -------
    ndarray of int64 (n_days, n_themes)
        The sum over themes is the sum over assets, to the fen.
    """
    out = np.zeros((shares.shape[0], shares.shape[2]), dtype=np.int64)
    day, asset = np.nonzero(amounts)
    share, amount = shares[day, asset], amounts[day, asset]
    theme = share.argmax(axis=1)
    single = share[np.arange(len(day)), theme] == 1.0
    np.add.at(out, (day[single], theme[single]), amount[single])
    np.add.at(out, day[~single], apportion(amount[~single], share[~single]))
    return out
