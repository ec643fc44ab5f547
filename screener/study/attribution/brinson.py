"""Allocation and selection against equally weighted themes (Brinson and Fachler 1985), day by day and linked.

Both accounts are taken without costs, so that a fee is never mistaken for a bad choice; what costs took from
the excess is a line of its own, and with it the parts add up to the excess after costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.arrays import Matrix, Vector
from screener.backtest.result import Result, Window
from screener.study.attribution.gains import Gains
from screener.study.attribution.linking import compounded, link

__all__ = ["CASH", "EFFECTS", "Brinson", "Sides", "brinson", "effects", "sides"]

CASH = "cash"
EFFECTS = ("allocation", "selection", "interaction", "trading")


@dataclass(frozen=True)
class Sides:
    """Both accounts without costs by session after the base and group: the themes, and cash last.

    Weights are those at the close before and sum to 1. Returns are those of what was held at the close
    before, over the day. Contributions are all that a group added to the return of the account. Where one
    side holds nothing of a group it is given the return of the other, and 0 where neither does.
    """

    sessions: pd.DatetimeIndex
    groups: tuple[str, ...]
    weight: Matrix
    other_weight: Matrix
    returns: Matrix
    other_returns: Matrix
    contribution: Matrix
    other_contribution: Matrix

    @property
    def total(self) -> Vector:
        """Return of the rule by day, without costs."""
        return self.contribution.sum(axis=1)

    @property
    def other_total(self) -> Vector:
        """Return of equal weight by day, without costs."""
        return self.other_contribution.sum(axis=1)


@dataclass(frozen=True)
class Brinson:
    """Where the excess over equal weight came from; fractions of the base capital over the window.

    Attributes
    ----------
    allocation : float
        Holding more of the themes that did better than equal weight as a whole, cash included.
    selection : float
        Holding other stocks, or the same in another mix, within a theme.
    interaction : float
        Both at once.
    trading : float
        What the trades of a day made from its fill price to its close, and what came into a theme of which
        nothing was held the evening before.
    cost : float
        What costs took from the excess: `rule_cost` less `other_cost`, each the total return of an account
        less that of the same account without costs.
    excess : float
        Total return of the rule less that of equal weight, both after costs: the sum of the five.
    themes : DataFrame, indexed by ``theme``, ``cash`` last
        ``weight, other_weight`` (mean at the close before), ``contribution, other_contribution`` (arithmetic
        sum of daily contributions, without costs), and the four effects with their sum ``total``, linked over
        the window.
    years : DataFrame, indexed by ``year``
        The four effects linked over the year, ``cost`` and their sum ``excess``.
    growth : DataFrame (n_days of the window after the base)
        The four effects, linked over the whole window, added up since the base.
    """

    allocation: float
    selection: float
    interaction: float
    trading: float
    cost: float
    excess: float
    rule_cost: float
    other_cost: float
    themes: pd.DataFrame
    years: pd.DataFrame
    growth: pd.DataFrame


def sides(rule: Gains, other: Gains, window: Window) -> Sides:
    """Put two accounts beside each other, theme by theme."""
    groups = (*dict.fromkeys((*rule.themes, *other.themes)), CASH)
    weight, returns, contribution = _side(rule, window, groups)
    other_weight, other_returns, other_contribution = _side(other, window, groups)
    return Sides(
        rule.sessions[rule.rows(window.base, window.end)],
        groups,
        weight,
        other_weight,
        np.nan_to_num(np.where(np.isnan(returns), other_returns, returns)),
        np.nan_to_num(np.where(np.isnan(other_returns), returns, other_returns)),
        contribution,
        other_contribution,
    )


def _side(gains: Gains, window: Window, groups: tuple[str, ...]) -> tuple[Matrix, Matrix, Matrix]:
    """Return weights at the close before, returns of what was held then (NaN if nothing), contributions."""
    rows = gains.rows(window.base, window.end)
    before = slice(rows.start - 1, max(rows.stop - 1, rows.start - 1))
    nav = gains.nav[before].astype(np.float64)
    place = [groups.index(theme) for theme in gains.themes]

    def grouped(amounts: Matrix, shares: Matrix) -> Matrix:
        out = np.zeros((len(nav), len(groups)))
        out[:, place] = np.einsum("tj,tjk->tk", amounts.astype(np.float64), shares)
        return out

    value = grouped(gains.value[before], gains.standing[before])
    kept = gains.parts["price"] - gains.traded + gains.parts["dividends"]
    held = grouped(kept[rows], gains.shares[rows])
    gain = grouped(gains.total[rows], gains.shares[rows])
    gain[:, -1] = gains.residual[rows]
    value[:, -1] = nav - value[:, :-1].sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        returns = np.where(value != 0.0, held / value, np.nan)
        returns[:, -1] = 0.0
        return value / nav[:, None], returns, gain / nav[:, None]


def effects(both: Sides) -> dict[str, Matrix]:
    """Return the four effects by day and group; on each day they add up to the difference of the returns.

    Notes
    -----
    allocation = (w - v)(s - S), selection = v (r - s), interaction = (w - v)(r - s), trading = (c - w r) -
    (d - v s) with w, v the weights, r, s the returns of what was held, c, d the contributions of rule and
    equal weight, and S = sum of v s, what the holdings of equal weight returned.

    References
    ----------
    G. Brinson, N. Fachler, Measuring non-US equity portfolio performance, Journal of Portfolio Management 11
    (3), 1985.
    """
    w, v, r, s = both.weight, both.other_weight, both.returns, both.other_returns
    market = (v * s).sum(axis=1, keepdims=True)
    return {
        "allocation": (w - v) * (s - market),
        "selection": v * (r - s),
        "interaction": (w - v) * (r - s),
        "trading": (both.contribution - w * r) - (both.other_contribution - v * s),
    }


def brinson(both: Sides, accounts: tuple[Result, Result], window: Window) -> Brinson:
    """Split the excess of a rule over equal weight.

    Parameters
    ----------
    both : Sides
        The two accounts without costs.
    accounts : pair of Result
        Rule and equal weight after costs.
    window : Window
    """
    daily = effects(both)
    factor = link(both.total, both.other_total)
    linked = {name: factor[:, None] * effect for name, effect in daily.items()}
    sums = {name: float(effect.sum()) for name, effect in linked.items()}
    fen = [_fen_in(account, window) for account in accounts]
    after = [_growth_of(nav) for nav in fen]
    paid = [net - compounded(gross) for net, gross in zip(after, (both.total, both.other_total), strict=True)]
    table = pd.DataFrame(
        {
            "weight": _mean(both.weight),
            "other_weight": _mean(both.other_weight),
            "contribution": both.contribution.sum(axis=0),
            "other_contribution": both.other_contribution.sum(axis=0),
            **{name: effect.sum(axis=0) for name, effect in linked.items()},
        },
        index=pd.Index(both.groups, name="theme", dtype=object),
    )
    growth = {name: effect.sum(axis=1).cumsum() for name, effect in linked.items()}
    return Brinson(
        **sums,
        cost=paid[0] - paid[1],
        excess=after[0] - after[1],
        rule_cost=paid[0],
        other_cost=paid[1],
        themes=table.assign(total=table[list(EFFECTS)].sum(axis=1)),
        years=_years(both, daily, fen),
        growth=pd.DataFrame(growth, index=both.sessions.rename("date")),
    )


def _years(both: Sides, daily: dict[str, Matrix], fen: list[Vector]) -> pd.DataFrame:
    """Link the effects within each calendar year."""
    years = both.sessions.year.to_numpy()
    rows = {}
    for year in np.unique(years):
        inside = years == year
        factor = link(both.total[inside], both.other_total[inside])
        row = {name: float(factor @ effect[inside].sum(axis=1)) for name, effect in daily.items()}
        days = np.flatnonzero(inside)
        after = [_growth_of(nav[days[0] : days[-1] + 2]) for nav in fen]
        gross = compounded(both.total[inside]) - compounded(both.other_total[inside])
        excess = after[0] - after[1]
        rows[int(year)] = row | {"cost": excess - gross, "excess": excess}
    columns = [*EFFECTS, "cost", "excess"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("year")


def _fen_in(account: Result, window: Window) -> Vector:
    return account.nav.loc[window.base : window.end].to_numpy(dtype=np.float64)


def _growth_of(nav: Vector) -> float:
    return float(nav[-1] / nav[0] - 1.0) if len(nav) and nav[0] > 0.0 else float("nan")


def _mean(weights: Matrix) -> Vector:
    return weights.mean(axis=0) if len(weights) else np.full(weights.shape[1], np.nan)
