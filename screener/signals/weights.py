"""From themes to names: who is eligible, how a tilt is applied, how a cap is kept, how tranches add up.

A target is a row of weights by decision day. Theme weights are (n_decisions, n_themes); name weights have
columns ``(theme, symbol)``, so that a stock in two themes is held once and still accounted to both.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.arrays import IntVector, Vector
from screener.signals.trend import momentum

__all__ = ["cut", "equal_themes", "spread", "stagger", "theme_momentum", "tilt"]


def equal_themes(members: dict[str, pd.DataFrame], minimum: int = 3) -> pd.DataFrame:
    """Weigh the eligible themes equally.

    Parameters
    ----------
    members : dict of str to DataFrame (n_decisions, n_symbols)
        Relative weight of each member inside its theme; 0 or False = no member on the day.
    minimum : int
        Fewest members of an eligible theme.

    Returns
    -------
    DataFrame (n_decisions, n_themes)
        Rows sum to 1, or to 0 where no theme is eligible.
    """
    eligible = pd.DataFrame({theme: (rows > 0).sum(axis=1) >= minimum for theme, rows in members.items()})
    count = eligible.sum(axis=1)
    return eligible.astype("float64").div(count.where(count > 0, 1), axis=0)


def theme_momentum(
    adjusted: pd.DataFrame, members: dict[str, pd.DataFrame], window: int, skip: int
) -> pd.DataFrame:
    """Average the momentum of the members that each theme has on the day.

    Parameters
    ----------
    adjusted : DataFrame (n_days, n_symbols)
        Total-return close.
    members : dict of str to DataFrame (n_decisions, n_symbols)
        Relative weights; 0 or False = no member on the day.
    window, skip : int
        Sessions, see `momentum`.

    Returns
    -------
    DataFrame (n_decisions, n_themes)
        NaN where no member has the history. Today's members are used with their own past, so that a theme
        that was published yesterday has a momentum today and no later member reaches back.
    """
    days = next(iter(members.values())).index
    names = momentum(adjusted, window, skip).loc[days]
    return pd.DataFrame(
        {theme: names[list(rows.columns)].where(rows > 0).mean(axis=1) for theme, rows in members.items()}
    )


def tilt(themes: pd.DataFrame, score: pd.DataFrame, strength: float) -> pd.DataFrame:
    """Multiply each theme's weight by ``1 + strength * score`` and keep the sum of the row.

    Parameters
    ----------
    themes, score : DataFrame (n_decisions, n_themes)
        Scores beyond [-1, 1] are cut off; NaN = unknown = no tilt.
    strength : float in [0, 1)
        Largest tilt, as a fraction of the theme's weight.
    """
    tilted = themes * (1.0 + strength * score.reindex_like(themes).clip(-1.0, 1.0).fillna(0.0))
    total = tilted.sum(axis=1)
    return tilted.mul((themes.sum(axis=1) / total.where(total > 0, 1.0)), axis=0)


def spread(themes: pd.DataFrame, members: dict[str, pd.DataFrame], cap: float = 1.0) -> pd.DataFrame:
    """Divide each theme's weight among its members and keep every name under a cap.

    Parameters
    ----------
    themes : DataFrame (n_decisions, n_themes)
    members : dict of str to DataFrame (n_decisions, n_symbols)
        Relative weight of each member inside its theme; 0 or False = no member on the day.
    cap : float in (0, 1]
        Largest weight of a name over all its themes. What exceeds it goes to the other members of the same
        theme, then to the other themes in proportion, never to cash. Where there are too few names for the
        cap, it is raised to the equal weight of the names.

    Returns
    -------
    DataFrame (n_decisions, n_pairs)
        Columns ``(theme, symbol)``, rows sum to what the row of `themes` sums to.
    """
    pairs = pd.MultiIndex.from_tuples(
        [(theme, symbol) for theme in themes.columns for symbol in members[theme].columns],
        names=["theme", "symbol"],
    )
    theme_of = np.repeat(np.arange(themes.shape[1]), [members[theme].shape[1] for theme in themes.columns])
    name_of = pd.factorize(pairs.get_level_values("symbol"))[0]
    inner = np.hstack([members[theme].to_numpy(dtype=np.float64) for theme in themes.columns])
    rows = [
        _spread_row(weights, inner[i], theme_of, name_of, cap)
        for i, weights in enumerate(themes.to_numpy(dtype=np.float64))
    ]
    return pd.DataFrame(np.array(rows).reshape(len(themes), len(pairs)), index=themes.index, columns=pairs)


def _spread_row(
    weights: Vector, inner: Vector, theme_of: IntVector, name_of: IntVector, cap: float
) -> Vector:
    """Spread one row inside its themes, then cut names to the cap and pass on what exceeds it."""
    pair = _share_out(weights, inner, theme_of)
    cap = max(cap, pair.sum() / max(len(np.unique(name_of[pair > 0.0])), 1))
    return cut(pair, inner, theme_of, name_of, cap)


def cut(pair: Vector, inner: Vector, theme_of: IntVector, name_of: IntVector, cap: float | Vector) -> Vector:
    """Cut names to a cap and pass on what exceeds it: to their themes, then to the others, else to cash.

    Parameters
    ----------
    pair : ndarray (n_pairs,)
        Weights of a day.
    inner : ndarray (n_pairs,)
        In which proportion the pairs of a theme that are held take up what is passed on.
    theme_of, name_of : ndarray of int (n_pairs,)
        Number of the theme and of the name of each pair.
    cap : float or ndarray (n_names,)
        One for all names, or one for each; 0 bars a name.
    """
    inner, themes = np.where(pair > 0.0, inner, 0.0), int(theme_of.max(initial=-1)) + 1
    while True:
        held = np.bincount(name_of, weights=pair)
        over = held > cap * (1.0 + 1e-12)
        if not over.any():
            return pair
        scale = np.where(over, cap / np.where(over, held, 1.0), 1.0)[name_of]
        excess = np.bincount(theme_of, weights=pair * (1.0 - scale), minlength=themes)
        pair = pair * scale
        inner = np.where(over[name_of], 0.0, inner)
        pair = pair + _share_out(_passed_on(excess, pair, inner, theme_of), inner, theme_of)


def _share_out(amounts: Vector, inner: Vector, theme_of: IntVector) -> Vector:
    """Divide an amount for each theme among its pairs, in proportion to their inner weights."""
    total = np.bincount(theme_of, weights=inner, minlength=len(amounts))
    return inner * (amounts / np.where(total > 0.0, total, 1.0))[theme_of]


def _passed_on(excess: Vector, pair: Vector, inner: Vector, theme_of: IntVector) -> Vector:
    """Return what each theme can take: its own excess, and its proportion of that of themes that are full."""
    has_room = np.bincount(theme_of, weights=inner, minlength=len(excess)) > 0.0
    weight = np.where(has_room, np.bincount(theme_of, weights=pair, minlength=len(excess)), 0.0)
    return np.where(has_room, excess + excess[~has_room].sum() * weight / max(weight.sum(), 1e-300), 0.0)


def stagger(targets: pd.DataFrame, adjusted: pd.DataFrame, tranches: int) -> pd.DataFrame:
    """Hold each target for `tranches` decisions: as many portfolios in one account, renewed in turn.

    Parameters
    ----------
    targets : DataFrame (n_decisions, n_pairs)
        What a portfolio that is renewed on the day would hold; the first row opens all tranches.
    adjusted : DataFrame (n_days, n_symbols)
        Total-return close; suspended days are carried.
    tranches : int >= 1

    Returns
    -------
    DataFrame (n_decisions, n_pairs)
        Combined weights on each decision day. Between its renewals a tranche drifts with prices, so the
        combined target asks for trades in the renewed tranche only. Costs and refused orders are not part
        of this bookkeeping; they are the engine's.
    """
    if tranches < 1:
        raise ValueError(f"tranches={tranches} must be an int >= 1")
    symbols = targets.columns.get_level_values("symbol")
    price = adjusted.ffill().reindex(targets.index)[list(symbols)].to_numpy(dtype=np.float64)
    weights = targets.to_numpy(dtype=np.float64)
    out = np.empty_like(weights)
    held = np.tile(weights[0], (tranches, 1)) if len(weights) else np.empty((0, 0))
    idle = 1.0 - held.sum(axis=1)
    for i, row in enumerate(weights):
        if i > 0:
            with np.errstate(invalid="ignore", divide="ignore"):
                growth = price[i] / price[i - 1]
            held *= np.where(np.isfinite(growth), growth, 1.0)
        k = i % tranches
        value = held[k].sum() + idle[k]
        held[k], idle[k] = value * row, value * (1.0 - row.sum())
        out[i] = held.sum(axis=0) / (held.sum() + idle.sum())
    return pd.DataFrame(out, index=targets.index, columns=targets.columns)
