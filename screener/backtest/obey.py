"""What a mandate makes of the weights of a rule, decision by decision, and which of its lines bound.

The lines in the order in which they go before each other:

1. *excluded*: the target is 0.
2. *lock*: a purchase is held for so many sessions. The purchases are those of the targets on paper: what a
   target has above the drifted target before it was bought on that day, lot by lot, the oldest sold first.
   Costs, refused orders and the whole shares of a real account are not part of it, and neither is what an
   account did before the run.
3. *name cap*: what a name has above it goes to the names that the rule holds in the theme, then to those of
   the other themes, else to cash. A locked name that has outgrown the cap keeps its locked part.
4. *theme floor*: a theme that falls short is paid by the others in proportion to what they have above their
   own floors, then by cash; it takes the names that the rule holds, then its other members of the day. The
   floors are met in the order of the themes.
5. *tracking error*: the target moves towards the equal weight of the run's themes, brought under the lines
   above, until its active risk is the budget. The risk is that of the last 120 sessions up to the decision,
   with today's weights, so that it is known on the day; on the line between two portfolios it has a closed
   form, and two portfolios under the lines above have only such between them.

The share of the day's volume is a setting of the account, see `Mandate.participation`.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from screener.arrays import Matrix, Vector
from screener.backtest.bindings import ROUNDING, Binding, check_possible, table
from screener.backtest.bounds import Bounds, Frame, frame_of, settled
from screener.backtest.mandate import Mandate
from screener.signals.weights import equal_themes, spread
from screener.strategy import MINIMUM, Context

__all__ = ["SESSIONS", "WINDOW", "obey", "towards"]

WINDOW = 120  # sessions of returns that the active risk is measured on
FEWEST = 20  # with fewer the risk is unknown, and its line does not bind
SESSIONS = 242  # a year of the exchanges


def obey(weights: pd.DataFrame, context: Context, mandate: Mandate) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bring the weights of a rule under a mandate.

    Parameters
    ----------
    weights : DataFrame (n_decisions, n_pairs)
        Checked target weights, columns ``(theme, symbol)``.
    context : Context
        Members, prices and themes; of prices a row uses only what was known on its day.
    mandate : Mandate

    Returns
    -------
    weights : DataFrame (n_decisions, n_pairs)
        The nearest weights that keep every line in its order; columns that a floor or the tracking error
        needed are added behind. The frame itself where the mandate is empty.
    bindings : DataFrame
        One row for each line that bound on a decision, see `bindings.table`.

    Raises
    ------
    SpecError
        If a line can never be met by these themes, or names a theme that is not among them.
    """
    if mandate.empty:
        return weights, table([])
    check_possible(mandate, context)
    wanted, inner, equal = _aligned(weights, context, mandate)
    desk = _Desk(wanted, context, mandate)
    rows, bound = [], []
    for i, day in enumerate(wanted.index):
        row, said = desk.decide(i, day, wanted.to_numpy()[i], inner[i], equal[i])
        rows.append(row)
        bound += said
    given = pd.DataFrame(np.array(rows), index=wanted.index, columns=wanted.columns)
    used = (given != 0).any().to_numpy() | (np.arange(given.shape[1]) < weights.shape[1])
    return given.loc[:, used], table(bound)


def _aligned(
    weights: pd.DataFrame, context: Context, mandate: Mandate
) -> tuple[pd.DataFrame, Matrix, Matrix]:
    """Return weights, members and equal weights on the same columns: those of the rule, then members."""
    days, columns = weights.index, weights.columns
    members = context.members(days)
    equal = spread(equal_themes(members, MINIMUM), members)
    if mandate.theme_floor or mandate.tracking_error is not None:
        columns = columns.append(equal.columns.difference(columns, sort=False))
    inner = pd.concat(members, axis=1, names=["theme", "symbol"])
    asked = weights.clip(lower=0.0)  # the contract lets rounding pass below 0
    on = [frame.reindex(columns=columns, fill_value=0.0).astype("float64") for frame in (asked, inner, equal)]
    return on[0], on[1].to_numpy(), on[2].to_numpy()


class _Desk:
    """The paper portfolio of a rule under a mandate, decision after decision."""

    def __init__(self, wanted: pd.DataFrame, context: Context, mandate: Mandate) -> None:
        self._frame, self._mandate = frame_of(wanted.columns), mandate
        names, sessions = list(self._frame.names), context.panel.sessions
        self._returns = _known(context.panel.total_return[names])
        self._at = sessions.get_indexer(wanted.index)
        self._level = _levels(context.panel.adjusted[names], wanted.index)
        self._bought = np.zeros_like(self._level)  # units, by decision
        self._last, self._value = np.zeros(len(wanted.columns)), 1.0
        barred = np.isin(names, mandate.excluded)
        self._cap = np.where(barred, 0.0, 1.0 if mandate.name_cap is None else mandate.name_cap)
        self._floor = np.array([mandate.theme_floor.get(theme, 0.0) for theme in self._frame.themes])

    def decide(
        self, i: int, day: pd.Timestamp, wanted: Vector, inner: Vector, equal: Vector
    ) -> tuple[Vector, list[Binding]]:
        """Return the row that is given on a decision, and the lines that bound."""
        drifted = self._drift(i)
        lower = self._locked(i, drifted)
        bounds = Bounds(lower, np.maximum(self._cap, lower), self._floor)
        shaped = settled(wanted, inner, self._last, bounds, self._frame)
        given, risks = self._within_budget(i, shaped, inner, equal, bounds)
        self._book(i, given, drifted)
        said = Binding.of(day, self._mandate, self._frame, wanted, shaped, given, lower, risks)
        _check(given, bounds, self._frame)
        return given, said

    def _drift(self, i: int) -> Vector:
        """Return the weights of names to which the last target has drifted; the portfolio's value follows."""
        held = self._frame.by_name(self._last)
        if i == 0:
            return held
        grown = held * self._level[i] / self._level[i - 1]
        total = grown.sum() + 1.0 - held.sum()
        self._value *= total
        return grown / total

    def _locked(self, i: int, drifted: Vector) -> Vector:
        """Return, by name, the weight of the purchases that may not be sold yet."""
        young = self._at[i] - self._at[:i] < self._mandate.lock_sessions
        units = self._bought[:i][young].sum(axis=0)
        return np.minimum(units * self._level[i] / self._value, drifted)

    def _book(self, i: int, given: Vector, drifted: Vector) -> None:
        bought = self._frame.by_name(given) - drifted
        self._bought[i] = np.where(bought > ROUNDING, bought, 0.0) * self._value / self._level[i]
        self._last = given

    def _within_budget(
        self, i: int, shaped: Vector, inner: Vector, equal: Vector, bounds: Bounds
    ) -> tuple[Vector, tuple[float, float] | None]:
        """Return the row within the tracking error, and that error before and after, if there is a budget."""
        budget, frame = self._mandate.tracking_error, self._frame
        if budget is None:
            return shaped, None
        returns = self._returns[: self._at[i] + 1][-WINDOW:]
        returns = returns[~np.isnan(returns).any(axis=1)]
        if len(returns) < FEWEST:
            return shaped, (math.nan, math.nan)
        unlocked = Bounds(np.zeros_like(bounds.lower), self._cap, bounds.floor)
        aim = settled(equal, inner, self._last, unlocked, frame)
        anchor = settled(equal, inner, self._last, bounds, frame)
        far, near = (returns @ frame.by_name(row - aim) for row in (shaped, anchor))
        mix, before, after = towards(far, near, budget)
        return mix * shaped + (1.0 - mix) * anchor, (before, after)


def towards(far: Vector, near: Vector, budget: float) -> tuple[float, float, float]:
    """Return how much of a portfolio may stay in a mix with another, so that active risk keeps a budget.

    Parameters
    ----------
    far, near : ndarray (n_days,)
        Active daily returns of the portfolio, and of the other one.
    budget : float
        A year.

    Returns
    -------
    mix : float in [0, 1]
        Share of the portfolio: the largest within the budget or, where none is, that of the least risk.
    before, after : float
        Active risk a year of the portfolio and of the mix.

    Notes
    -----
    The variance of ``mix * far + (1 - mix) * near`` is a parabola in the mix, so that the answer is the root
    of a quadratic; where the other one is the aim itself (`near` is 0), the risk is linear in the mix.
    """
    gap = far - near
    square, cross, least = (float(np.cov(x, y)[0, 1]) for x, y in ((gap, gap), (gap, near), (near, near)))

    def risk(mix: float) -> float:
        return math.sqrt(max(square * mix**2 + 2.0 * cross * mix + least, 0.0) * SESSIONS)

    if risk(1.0) <= budget or square <= 0.0:
        return 1.0, risk(1.0), risk(1.0)
    inside = cross**2 - square * (least - budget**2 / SESSIONS)
    mix = (-cross + math.sqrt(max(inside, 0.0))) / square
    mix = min(max(mix, 0.0), 1.0)
    return mix, risk(1.0), risk(mix)


def _known(returns: pd.DataFrame) -> Matrix:
    """Return the returns as an array; a name without one moves as the others do on average on the day."""
    values = returns.to_numpy(dtype=np.float64)
    return np.where(np.isnan(values), returns.mean(axis=1).to_numpy()[:, None], values)


def _levels(adjusted: pd.DataFrame, days: pd.DatetimeIndex) -> Matrix:
    """Return a level of each name on the decision days, 1 on the first; it stands where no price is known."""
    prices = adjusted.ffill().loc[days]
    return (prices / prices.shift()).fillna(1.0).cumprod().to_numpy(dtype=np.float64)


def _check(given: Vector, bounds: Bounds, frame: Frame) -> None:
    """Prove that a row keeps what it must; a breach is a defect of this file, never of the user's."""
    held = frame.by_name(given)
    kept = (given >= 0.0).all() and given.sum() <= 1.0 + 2.0 * ROUNDING
    if not (kept and (held <= bounds.upper + 1e-12).all() and (held >= bounds.lower - ROUNDING).all()):
        raise RuntimeError("the mandate was not kept; please report this with the mandate and the settings")
