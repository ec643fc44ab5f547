"""What chance would have made of a rule: the same rule on a cycle, a time or labels that are wrong.

Each control keeps all of a rule but one thing, and breaks that one at random or by a stated step:

``shift``
    The cycle with all its dates (phases, growth, guidance, cash flow) turned round in a circle over the time
    of the run. Its values, their order and their persistence stay; only what happened when is wrong.
``lag``
    The cycle known k quarters earlier (k > 0, foreknowledge) or later (k < 0). No random draws: a curve.
``labels``
    The themes' names, stages and exposures are dealt out anew over the groups of shares: all arrangements
    but the true one, or a seeded sample of them. How often the rule turns stays as it is.
``time``
    The rule's own theme weights, cut where the rule itself turned most and put in another order: the same
    tilts, as often and as strong, at another time. Turnover inside the pieces is exactly the rule's; a turn
    at a seam takes the place of a turn that was cut, and by how much they differ is said
    (`Placebo.turnover`). The true weights are rebuilt in the same way, theme weights spread over the members
    of the day, so that like is ranked with like.

A rule that is no better than most of these found nothing by knowing the cycle when it did.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.backtest import metrics
from screener.backtest.result import Window
from screener.backtest.spec import Account
from screener.signals.weights import equal_themes, spread
from screener.strategy import Context, Strategy, check_weights
from screener.study.batch import batch_equity
from screener.study.elsewhen import in_a_circle, moved, relabelled, sooner

__all__ = ["KINDS", "QUARTERS", "Placebo", "placebos", "reordered", "turning_points"]

KINDS = ("shift", "lag", "labels", "time")
QUARTERS = (-4, -3, -2, -1, 1, 2, 3, 4)
BLOCK = 24  # decisions: at most one cut for each half-year at four a month, about as long as a phase
APART = 6  # decisions between two cuts at least, so that a turn spread over the tranches is cut once
TURN = 0.5  # of the largest change of theme weights: what counts as a turn worth a cut
FEWEST_BLOCKS = 4  # fewer have too few orders to speak of chance
FEWEST = 3  # draws that come out as the true rule before it is said that the control does not touch it


@dataclass(frozen=True)
class Placebo:
    """What one control by chance made of a rule.

    Attributes
    ----------
    kind : {"shift", "lag", "labels", "time"}
    draws : tuple of str
        What each draw was, in words; none where the control does not touch the rule.
    excess : ndarray (n_draws,)
        Excess a year over equal weight of each draw.
    true : float
        That of the rule itself, built as the draws are.
    turnover : float
        Mean turnover of theme weights of the draws over that of the rule; NaN for a rule that never turns.
    """

    kind: str
    draws: tuple[str, ...]
    excess: Vector
    true: float
    turnover: float

    @property
    def rank(self) -> float:
        """Share of draws that did worse than the rule, ties counted half; NaN without draws."""
        if not len(self.excess):
            return math.nan
        below = (self.excess < self.true).sum() + 0.5 * (self.excess == self.true).sum()
        return float(below / len(self.excess))


def unbound(weights: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return weights as they are: no mandate binds them."""
    return weights


def placebos(
    rule: Strategy,
    params: object,
    context: Context,
    account: Account,
    equal: pd.Series,
    window: Window,
    count: int,
    seed: int = 1,
    bound: Callable[[pd.DataFrame, Context], pd.DataFrame] = unbound,
) -> tuple[Placebo, ...]:
    """Run every control by chance of a rule.

    Parameters
    ----------
    rule : Strategy
    params : object
        Its parameters.
    context : Context
    account : Account
    equal : Series (n_days,)
        Equity of the equal-weight control.
    window : Window
        What returns are measured on.
    count : int
        Draws of each kind, at most; lags are always those of `QUARTERS`.
    seed : int
    bound : callable, optional
        Brings weights that no rule decides, those of ``time``, under the mandate of the run. The rule and
        `equal` keep it already.

    Returns
    -------
    tuple of Placebo
        One of each of `KINDS`.
    """
    true = check_weights(rule.name, rule.weights(context, params), context.panel)
    level = metrics.cagr(equal.loc[window.base : window.end])

    def measured(kind: str, draws: Iterator[tuple[str, pd.DataFrame]], own: pd.DataFrame) -> Placebo:
        words, sets = drawn(draws, own)
        equity = batch_equity([own, *sets], context.panel, account, context.start)
        excess = [metrics.cagr(equity[k].loc[window.base : window.end]) - level for k in equity]
        return Placebo(kind, words, np.array(excess[1:]), excess[0], relative_turnover(sets, own))

    def on(other: Context) -> pd.DataFrame:
        return check_weights(rule.name, rule.weights(other, params), context.panel)

    cap = getattr(params, "cap", 1.0)
    whole = bound(rebuilt(by_theme(true), context, cap), context) if has_themes(true) else true
    rng = [np.random.default_rng([seed, k]) for k in range(len(KINDS))]
    turned = rotations(true, context, cap, count, rng[3])
    return (
        measured("shift", ((w, on(c)) for w, c in shifts(context, window, count, rng[0])), true),
        measured("lag", ((f"{k:+d} quarters", on(moved(context, sooner(k)))) for k in QUARTERS), true),
        measured("labels", ((w, on(c)) for w, c in arrangements(context, count, rng[2])), true),
        measured("time", ((w, bound(mix, context)) for w, mix in turned), whole),
    )


def drawn(
    draws: Iterator[tuple[str, pd.DataFrame]], own: pd.DataFrame
) -> tuple[tuple[str, ...], list[pd.DataFrame]]:
    """Collect draws; none if the first few all come out as the rule itself, for then nothing was broken."""
    words, sets = [], []
    for word, weights in draws:
        words.append(word)
        sets.append(weights)
        if len(sets) == FEWEST and all(same(weights, own) for weights in sets):
            return (), []
    return tuple(words), sets


def same(weights: pd.DataFrame, own: pd.DataFrame) -> bool:
    """Whether two sets of weights hold the same names on every day."""
    first, second = (w.T.groupby(level="symbol").sum().T for w in (weights, own))
    first, second = first.align(second, fill_value=0.0)
    return bool(np.allclose(first, second, rtol=0.0, atol=1e-9))


def shifts(
    context: Context, window: Window, count: int, rng: np.random.Generator
) -> Iterator[tuple[str, Context]]:
    """Yield the context with its cycle turned round in a circle, by at least a quarter either way."""
    days = (window.end - window.base).days
    for shift in sorted(rng.integers(91, max(days - 91, 92), size=count)):
        yield f"{shift} days", moved(context, in_a_circle(window.base, window.end, int(shift)))


def arrangements(context: Context, count: int, rng: np.random.Generator) -> Iterator[tuple[str, Context]]:
    """Yield the context with the labels of its themes dealt out anew, each arrangement once."""
    n = len(context.themes)
    if math.factorial(n) - 1 <= count:
        orders = list(itertools.permutations(range(n)))[1:]
    else:
        orders = list(dict.fromkeys(tuple(map(int, rng.permutation(n))) for _ in range(3 * count)))
        orders = [order for order in orders if order != tuple(range(n))][:count]
    rng.shuffle(orders)  # so that the first few are not all near the true one
    for order in orders:
        order = tuple(map(int, order))
        yield " ".join(context.themes[k].id for k in order), relabelled(context, order)


def rotations(
    weights: pd.DataFrame, context: Context, cap: float, count: int, rng: np.random.Generator
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rule's theme weights in another order of time; nothing for one that hardly turns."""
    themes = by_theme(weights)
    cuts = turning_points(themes)
    if len(cuts) + 1 < FEWEST_BLOCKS or not has_themes(weights):
        return
    for k in range(count):
        yield f"order {k + 1}", rebuilt(reordered(themes, cuts, rng), context, cap)


def turning_points(themes: pd.DataFrame) -> list[int]:
    """Return the rows at which theme weights changed most, `APART` or more from each other and the ends."""
    change = themes.diff().abs().sum(axis=1).to_numpy()
    least, most = TURN * change.max(initial=0.0), len(themes) // BLOCK - 1
    cuts: list[int] = []
    for row in map(int, np.argsort(-change, kind="stable")):
        if len(cuts) >= most or change[row] <= 0.0 or change[row] < least:
            break
        if all(abs(row - other) >= APART for other in (0, len(themes), *cuts)):
            cuts.append(row)
    return sorted(cuts)


def reordered(themes: pd.DataFrame, cuts: list[int], rng: np.random.Generator) -> pd.DataFrame:
    """Put the pieces between cuts in another order; days stay where they are."""
    pieces = np.array_split(np.arange(len(themes)), cuts)
    order = np.concatenate([pieces[k] for k in rng.permutation(len(pieces))])
    return pd.DataFrame(themes.to_numpy()[order], index=themes.index, columns=themes.columns)


def rebuilt(themes: pd.DataFrame, context: Context, cap: float) -> pd.DataFrame:
    """Spread theme weights over the members of each day; one without any leaves to the others."""
    members = {theme: rows for theme, rows in context.members(themes.index).items() if theme in themes}
    kept = themes.where(equal_themes(members, 1) > 0, 0.0)
    total = kept.sum(axis=1)
    return spread(kept.mul(themes.sum(axis=1) / total.where(total > 0, 1.0), axis=0), members, cap)


def has_themes(weights: pd.DataFrame) -> bool:
    """Whether weights are by theme, and not by symbol alone."""
    return set(weights.columns.get_level_values("theme")) != {""}


def by_theme(weights: pd.DataFrame) -> pd.DataFrame:
    """Add up weights by theme."""
    return weights.T.groupby(level="theme", sort=False).sum().T


def relative_turnover(sets: list[pd.DataFrame], own: pd.DataFrame) -> float:
    """Return the mean turnover of theme weights of many sets over that of one; NaN if it never turns."""
    mine = _turnover(own)
    return float(np.mean([_turnover(weights) for weights in sets]) / mine) if sets and mine > 0 else math.nan


def _turnover(weights: pd.DataFrame) -> float:
    return float(by_theme(weights).diff().abs().to_numpy()[1:].sum() / 2.0)
