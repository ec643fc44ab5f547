"""A run under doubt: chance, foreknowledge, publication, the settings not taken, and luck."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from screener import strategy as strategies
from screener.backtest import metrics
from screener.backtest.controls import EQUAL_WEIGHT, control_weights
from screener.backtest.engine import backtest
from screener.backtest.obey import obey
from screener.backtest.provenance import HINDSIGHT
from screener.backtest.result import SAME, Run
from screener.backtest.spec import Mandate
from screener.strategy import Context, Strategy, check_weights
from screener.study.grid import grid
from screener.study.luck import Trial, luck, luck_of_excess
from screener.study.overfit import overfit
from screener.study.placebo import Placebo, placebos
from screener.study.validation import Chance, Delayed, Led, Validation
from screener.study.walk import walk_forward

__all__ = ["DELAYS", "delayed", "validate"]

DELAYS = (0, 5, 20, 60)  # sessions
TAILS = (0.05, 0.95)
UNTOUCHED = {
    "shift": "the rule does not read the cycle",
    "labels": "the rule does not read the labels of themes",
    "time": "the rule turns too seldom",
}


@dataclass(frozen=True)
class Obedient:
    """A rule under the mandate of its run."""

    rule: Strategy
    mandate: Mandate

    @property
    def name(self) -> str:
        """Name of the rule."""
        return self.rule.name

    def params(self, overrides: dict[str, Any] | None = None) -> Any:
        """Return parameters, see `Strategy.params`."""
        return self.rule.params(overrides)

    def weights(self, context: Context, params: Any) -> pd.DataFrame:
        """Return the weights of the rule as the mandate lets them be."""
        given = check_weights(self.name, self.rule.weights(context, params), context.panel)
        return self.bound(given, context)

    def bound(self, weights: pd.DataFrame, context: Context) -> pd.DataFrame:
        """Return other weights as the mandate lets them be."""
        return obey(weights, context, self.mandate)[0]


def validate(
    run: Run,
    placebo: int = 100,
    seed: int = 1,
    others: Sequence[Trial] = (),
    progress: Callable[[str], None] | None = None,
) -> Validation:
    """Put a run to every doubt.

    Parameters
    ----------
    run : Run
        With the context of its making.
    placebo : int
        Draws of each control by chance, 0 for none.
    seed : int
    others : sequence of Trial
        Other settings of the rule that were recorded, see `luck`.
    progress : callable, optional
        Told in a few words what comes next.

    Raises
    ------
    ValueError
        If the run holds no context.
    """
    if run.context is None:
        raise ValueError("a run without its context cannot be validated; make it with backtest.run")
    say = progress or (lambda text: None)
    window, account, context = run.windows[0], run.spec.account, run.context
    loaded = strategies.load(run.spec.strategy)
    rule, params = Obedient(loaded, run.spec.mandate), loaded.params(run.spec.params)
    level = run.account(EQUAL_WEIGHT).nav
    own, equal = (nav.loc[window.base : window.end] for nav in (run.result.nav, level))
    apart = metrics.tracking_error(own, equal) >= SAME
    chance: tuple[Placebo, ...] = ()
    if placebo and apart:
        say("running the rule on what is wrong by chance")
        chance = placebos(rule, params, context, account, level, window, placebo, seed, rule.bound)
    say("counting members later")
    publication = tuple(delay(run, rule, params, sessions) for sessions in DELAYS)
    settings = grid(rule, params, context, account, say)
    say("choosing year by year")
    walk = walk_forward(settings, level, context, account, window, run.spec.risk_free)
    total, active = [trial.sharpe for trial in others], [trial.information_ratio for trial in others]
    return Validation(
        run_id=run.run_id,
        rule=rule.name,
        simulated=run.provenance.simulated,
        membership=run.spec.membership,
        themes=tuple(run.spec.themes),
        window=window,
        placebo=placebo,
        seed=seed,
        cagr=metrics.cagr(own),
        equal_weight=metrics.cagr(equal),
        chance=tuple(by_chance(part) for part in chance if part.kind != "lag"),
        cycle=led(next((part for part in chance if part.kind == "lag"), None)),
        publication=publication,
        walk_forward=walk,
        overfit=overfit(settings.equity.loc[window.base : window.end]),
        luck=luck(own, total, run.spec.risk_free),
        luck_of_excess=luck_of_excess(own, equal, active) if apart else None,
        settings=tuple(settings.weights),
        notes=(*notes(run, placebo, bool(chance), publication), *settings.notes),
    )


def by_chance(part: Placebo) -> Chance:
    """Return a control by chance with what a reader asks of its draws."""
    values = part.excess
    mean, low, high = math.nan, math.nan, math.nan
    if len(values):
        mean, (low, high) = float(values.mean()), map(float, np.quantile(values, TAILS))
    why = "" if len(values) else UNTOUCHED[part.kind]
    excess = tuple(map(float, values))
    return Chance(part.kind, part.draws, excess, part.true, mean, low, high, part.rank, part.turnover, why)


def led(part: Placebo | None) -> tuple[Led, ...]:
    """Return the curve of leads and lags by quarters, the run in its place."""
    if part is None or not len(part.excess):
        return ()
    quarters = [int(words.split()[0]) for words in part.draws]
    points = [Led(k, float(v)) for k, v in zip(quarters, part.excess, strict=True)]
    return tuple(sorted([*points, Led(0, float(part.true))], key=lambda point: point.quarters))


def delay(run: Run, rule: Obedient, params: Any, sessions: int) -> Delayed:
    """Return the rule and equal weight with every member counted so many sessions later."""
    window, context = run.windows[0], delayed(run.context, sessions)
    weights = {rule.name: rule.weights(context, params)}
    if EQUAL_WEIGHT not in weights:
        equal = control_weights(EQUAL_WEIGHT, context, rule.rule, params)
        weights[EQUAL_WEIGHT] = rule.bound(equal, context)
    rates = {}
    for name, given in weights.items():
        account = backtest(name, given, context.panel, run.spec.account, context.start)
        rates[name] = metrics.cagr(account.nav.loc[window.base : window.end])
    days = context.panel.sessions
    inside = (days > window.base) & (days <= window.end)
    held = pd.concat([rows.loc[inside] for rows in context.seasoned.values()], axis=1)
    members = float(held.T.groupby(level=0).any().sum().mean())
    gap = rates[rule.name] - rates[EQUAL_WEIGHT] if rule.name != EQUAL_WEIGHT else math.nan
    return Delayed(sessions, rates[rule.name], rates[EQUAL_WEIGHT], gap, members)


def delayed(context: Context, sessions: int) -> Context:
    """Return a context in which a share is a member so many sessions after it became one.

    Notes
    -----
    One that leaves, leaves on its day. Whoever is a member from the first session of the prices on, as all
    are whose business is old in the hindsight reading, is so from that many sessions later on: long before
    a run opens.
    """
    later = {
        theme: rows & rows.shift(sessions, fill_value=False) for theme, rows in context.membership.items()
    }
    return dataclasses.replace(context, membership=later)


def notes(run: Run, placebo: int, tested: bool, publication: Sequence[Delayed]) -> list[str]:
    """Say what a reader of a validation must know."""
    said = []
    if not placebo:
        said.append("No controls by chance were drawn.")
    elif not tested:
        said.append("The rule is equal weight itself: there is nothing that chance could explain.")
    if run.spec.membership == "hindsight":
        said.append(f"{HINDSIGHT}.")
    if len({part.members for part in publication}) == 1:
        said.append("No share joined a theme inside the run: counting members later changes nothing.")
    if tested:
        said.append(
            "A cycle known sooner than it was cannot be traded; it shows what foreknowledge is worth."
        )
    said.append("Trials are the saved settings of this rule; what was tried and removed is not known.")
    return said
