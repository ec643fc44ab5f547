"""Rules side by side: the same prices, days, account and costs, and each against its controls."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from screener import strategy as strategies
from screener.backtest import metrics
from screener.backtest.controls import (
    CONTROLS,
    EQUAL_WEIGHT,
    STATIC_MIX,
    control_params,
    static_mix_weights,
)
from screener.backtest.engine import backtest
from screener.backtest.obey import obey
from screener.backtest.provenance import HINDSIGHT
from screener.backtest.result import SAME, Result, Window
from screener.backtest.run import check_name, check_releases, prepare
from screener.backtest.spec import Account, Mandate, RunSpec
from screener.backtest.verdict import publication_days, split_windows
from screener.data.sources import Source
from screener.errors import SpecError
from screener.market import calendar
from screener.strategy import Context, Strategy, check_weights
from screener.study.bootstrap import excess_interval
from screener.study.placebo import Placebo, placebos

__all__ = ["AGAINST", "Comparison", "compare"]

AGAINST = (*CONTROLS, STATIC_MIX)


@dataclass(frozen=True)
class Comparison:
    """Rules on the same data.

    Attributes
    ----------
    window : Window
        What all figures are computed on.
    table : DataFrame
        Indexed by rule: ``cagr, volatility, sharpe, max_drawdown, turnover`` (one-sided, times equity a
        year), ``cost`` (a year, below 0) and, for each control in `AGAINST`, ``excess_X, low_X, high_X`` (a
        year, with its 95 % interval); ``detectable``, the smallest excess over equal weight that so many
        years can tell from luck. NaN where a rule is that control itself.
    placebos : dict of str to tuple of Placebo
        By rule; none for equal weight itself, and empty if none were asked for.
    simulated : bool
        Whether the prices are invented.
    notes : tuple of str
        What is labelled rather than refused.
    """

    window: Window
    table: pd.DataFrame
    placebos: dict[str, tuple[Placebo, ...]]
    simulated: bool
    notes: tuple[str, ...]


def compare(
    rules: Sequence[str],
    spec: RunSpec,
    source: Source,
    placebo: int = 0,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Run rules with their own defaults beside their controls.

    Parameters
    ----------
    rules : sequence of str
        Names or paths of strategies.
    spec : RunSpec
        Themes, reading, days, account and mandate; its strategy and parameters are not used.
    source : Source
    placebo : int
        Draws of each control by chance, 0 for none; they know no mandate.
    seed : int
    progress : callable, optional
        Told in a few words what comes next.

    Raises
    ------
    ScreenerError
        As `backtest.run`.
    """
    say = progress or (lambda text: None)
    if placebo and not spec.mandate.empty:
        raise SpecError("--placebo: draws by chance do not obey a mandate; leave out --placebo or --mandate")
    loaded = [strategies.load(name) for name in dict.fromkeys(rules)]
    for rule in loaded:
        check_name(rule)
    say("reading prices")
    context, effective, reasons = prepare(spec, source)
    check_releases(spec, context)
    window = split_windows(spec, context, effective, publication_days(context.themes))[0]
    desk = Desk(context, spec.account_under_mandate(), spec.mandate)
    rows, chance = {}, {}
    for rule in loaded:
        say(f"running {rule.name}")
        own, controls = desk.rule(rule)
        rows[rule.name] = figures(own, desk.free(own), controls, window, spec.risk_free, seed)
        if placebo and rows[rule.name]["detectable"] == rows[rule.name]["detectable"]:
            say(f"running {rule.name} on what is wrong by chance")
            equal = controls[EQUAL_WEIGHT].nav
            chance[rule.name] = placebos(
                rule, rule.params(), context, spec.account, equal, window, placebo, seed
            )
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")
    simulated = context.panel.provenance.simulated
    return Comparison(window, table, chance, simulated, (*labels(spec, context), *reasons))


class Desk:
    """Accounts of one context, each run once however many rules it is a control of."""

    def __init__(self, context: Context, account: Account, mandate: Mandate) -> None:
        self._context, self._account, self._mandate = context, account, mandate
        self._known: dict[tuple[object, ...], Result] = {}

    def rule(self, rule: Strategy) -> tuple[Result, dict[str, Result]]:
        """Return the account of a rule with its defaults, and those of its controls."""
        params = rule.params()
        own = self._account_of(rule, params)
        controls = {name: self._account_of(*control_params(name, rule, params)) for name in CONTROLS}
        mix = self._obeyed(static_mix_weights(own.weights, self._context, params))
        return own, controls | {STATIC_MIX: self._run(STATIC_MIX, mix, self._account)}

    def free(self, result: Result) -> Result:
        """Return the account that the same weights give without costs."""
        return self._run(result.name, result.weights, self._account.without_costs())

    def _account_of(self, rule: Strategy, params: Any) -> Result:
        key = (rule.path, *sorted(dataclasses.asdict(params).items()))
        if key not in self._known:
            weights = check_weights(rule.name, rule.weights(self._context, params), self._context.panel)
            self._known[key] = self._run(rule.name, self._obeyed(weights), self._account)
        return self._known[key]

    def _obeyed(self, weights: pd.DataFrame) -> pd.DataFrame:
        return obey(weights, self._context, self._mandate)[0]

    def _run(self, name: str, weights: pd.DataFrame, account: Account) -> Result:
        return backtest(name, weights, self._context.panel, account, self._context.start)


def figures(
    own: Result, free: Result, controls: dict[str, Result], window: Window, risk_free: float, seed: int
) -> dict[str, float]:
    """Return a row of the table; see `Comparison`."""
    nav = own.nav.loc[window.base : window.end]
    rate, years = metrics.cagr(nav), calendar.years(window.base, window.end)
    row = {
        "cagr": rate,
        "volatility": metrics.volatility(nav),
        "sharpe": metrics.sharpe(nav, risk_free),
        "max_drawdown": metrics.max_drawdown(nav),
        "turnover": turnover(own, window, years),
        "cost": rate - metrics.cagr(free.nav.loc[window.base : window.end]),
    }
    for name in AGAINST:
        row |= against(name, nav, controls[name].nav.loc[window.base : window.end], seed)
    error = metrics.tracking_error(nav, controls[EQUAL_WEIGHT].nav.loc[window.base : window.end])
    return row | {"detectable": metrics.detectable_excess(error if error >= SAME else float("nan"), years)}


def against(name: str, nav: pd.Series, control: pd.Series, seed: int) -> dict[str, float]:
    """Return the excess a year over a control with its interval; NaN where both are one account."""
    keys = [f"{part}_{name}" for part in ("excess", "low", "high")]
    if not metrics.tracking_error(nav, control) >= SAME:
        return dict.fromkeys(keys, float("nan"))
    interval = excess_interval(nav, control, seed)
    return dict(zip(keys, (metrics.excess(nav, control), *interval), strict=True))


def turnover(result: Result, window: Window, years: float) -> float:
    """Return half of what was traded after the base day, as times of mean equity a year.

    The purchase of the first portfolio counts where it falls inside the window.
    """
    inside = (result.orders["date"] > window.base) & (result.orders["date"] <= window.end)
    traded = float(result.orders.loc[inside, "value"].sum())
    return traded / 2.0 / float(result.nav.loc[window.base : window.end].mean()) / years


def labels(spec: RunSpec, context: Context) -> list[str]:
    """Say what a reader of the table must know."""
    said = ["All rules run with their own defaults; the static mix is in-sample, it knows the rule's means."]
    said.append("Intervals take no account of how many rules were tried.")
    if not spec.mandate.empty:
        said.append(f"MANDATE: {spec.mandate}. Rules and controls obey it alike.")
    if spec.membership == "hindsight":
        said.append(f"{HINDSIGHT}.")
    if (valued := context.valuation_known()) is not None:
        said.append(f"Valuation is known on {valued:.0%} of the days of listed shares.")
    return said
