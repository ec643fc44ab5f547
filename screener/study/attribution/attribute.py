"""One call for all of it: where the return of a run came from, in one window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.backtest.controls import EQUAL_WEIGHT
from screener.backtest.result import Run, Window
from screener.study.attribution.brinson import Brinson, brinson, sides
from screener.study.attribution.contributions import Contributions, contributions
from screener.study.attribution.falls import Falls, falls
from screener.study.attribution.gains import gains
from screener.study.attribution.mixing import Mixing, mixing
from screener.study.attribution.phases import Phases, by_phase
from screener.study.attribution.splitting import NO_THEME
from screener.study.attribution.years import Years, by_year

__all__ = ["Attribution", "attribute"]


@dataclass(frozen=True)
class Attribution:
    """Where the return of a rule came from.

    Attributes
    ----------
    window : Window
    contributions : Contributions
        Exact gains of themes and stocks, after costs.
    brinson : Brinson or None
        None without the accounts that it needs, as are the ones below.
    mixing : Mixing or None
    falls : Falls
    phases : Phases
    years : Years
    notes : tuple of str
        What is missing and why, and what does not add up.
    """

    window: Window
    contributions: Contributions
    brinson: Brinson | None
    mixing: Mixing | None
    falls: Falls
    phases: Phases
    years: Years
    notes: tuple[str, ...]


def attribute(run: Run, window: Window) -> Attribution:
    """Attribute the return of a rule in a window.

    Parameters
    ----------
    run : Run
    window : Window
        Its base and its end are sessions of the run.

    Notes
    -----
    Gains are those of the account after costs. Brinson compares the rule with equal weight, both without
    costs, and shows costs apart. The stocks of a rule without themes are counted for the themes that equal
    weight holds them for.
    """
    delay = 0 if run.spec.account.fill == "same-close" else 1
    named_by = _named_by(run)
    own = gains(run.result, delay, named_by)
    nav, equal, level = curves(run, window)
    money = contributions(own, window)
    notes = []
    if money.worst_residual:
        notes.append(
            f"The account does not balance: no gain explains {money.residual:,.2f} CNY of its change, "
            f"and up to {money.worst_residual:,.2f} CNY on a day."
        )
    if level is None:
        notes.append("No benchmark covers the window.")
    split = mix = None
    net = run.account(EQUAL_WEIGHT)
    if net is None or not {run.result.name, EQUAL_WEIGHT} <= set(run.free):
        notes.append("No attribution against equal weight: the run lacks its accounts without costs.")
    else:
        rule, other = (gains(run.free[name], delay, named_by) for name in (run.result.name, EQUAL_WEIGHT))
        both = sides(rule, other, window)
        split, mix = brinson(both, (run.result, net), window), mixing(both)
    return Attribution(
        window=window,
        contributions=money,
        brinson=split,
        mixing=mix,
        falls=falls(own, nav, equal, level, run.phases),
        phases=by_phase(run.phases, nav, equal),
        years=by_year(nav, equal, level),
        notes=tuple(notes),
    )


def curves(run: Run, window: Window) -> tuple[pd.Series, pd.Series | None, pd.Series | None]:
    """Return rule, equal weight and benchmark in a window; None where one is missing or has a gap."""
    equal = run.account(EQUAL_WEIGHT)
    given = (
        run.result.nav,
        None if equal is None else equal.nav,
        None if run.benchmark is None else run.benchmark.close,
    )
    nav, other, level = (
        None if curve is None else curve.loc[window.base : window.end].astype(np.float64) for curve in given
    )
    if level is not None and not (level.index.equals(nav.index) and (level > 0.0).all()):
        level = None
    return nav, other, level


def _named_by(run: Run) -> pd.DataFrame | None:
    """Return the targets that name the themes of a rule without themes."""
    other = run.account(EQUAL_WEIGHT)
    themes = set(run.result.weights.columns.get_level_values("theme"))
    return other.weights if other is not None and themes <= {NO_THEME} else None
