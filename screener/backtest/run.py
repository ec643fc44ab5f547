"""A run: settings in, the rule with its controls, figures and verdict out."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import pandas as pd

from screener import strategy as strategies
from screener import universe
from screener.backtest import metrics
from screener.backtest.bindings import binding_notes
from screener.backtest.controls import (
    CONTROLS,
    EQUAL_WEIGHT,
    STATIC_MIX,
    control_path,
    control_weights,
    static_mix_weights,
)
from screener.backtest.engine import backtest
from screener.backtest.obey import obey
from screener.backtest.provenance import input_hashes, notes, run_id
from screener.backtest.result import Result, Run
from screener.backtest.spec import Mandate, RunSpec
from screener.backtest.verdict import publication_days, split_windows, verdict, window_figures
from screener.cycle import Cycle, load_cycle
from screener.data.sources import Benchmark, Source, open_source
from screener.errors import SpecError, StrategyError
from screener.market import calendar
from screener.strategy import MINIMUM, Context, Strategy, check_weights
from screener.universe import Theme

__all__ = ["prepare", "run"]

DEFAULT_DRIVER = "hyperscaler-capex"


def run(spec: RunSpec, source: Source | None = None, progress: Callable[[str], None] | None = None) -> Run:
    """Run a rule and its controls.

    Parameters
    ----------
    spec : RunSpec
    source : Source, optional
        Needed for every kind but the sample.
    progress : callable, optional
        Told in a few words what comes next.

    Returns
    -------
    Run

    Raises
    ------
    ScreenerError
        Whatever the user can act on: unknown names, dates without prices, weights that break the contract.
    """
    say = progress or (lambda text: None)
    source = source or own_source(spec)
    if spec.source.sha256 and spec.source.sha256 != source.spec.sha256:
        raise SpecError(
            f"source: the settings were made with data {spec.source.sha256[:12]}, this source holds "
            f"{source.spec.sha256[:12]}",
            "Give the original data, or accept other data with --accept-other-data",
        )
    rule = strategies.load(spec.strategy)
    check_name(rule)
    params = rule.params(spec.params)
    say("reading prices")
    context, effective, reasons = prepare(spec, source)
    spec = dataclasses.replace(
        spec,
        params={key: getattr(params, key) for key in rule.Params.__dataclass_fields__},
        themes=tuple(theme.id for theme in context.themes),
        source=source.spec,
        start=context.start.date(),
        end=context.panel.sessions[-1].date(),
        benchmark=spec.benchmark or source.default_benchmark,
        account=spec.account_under_mandate(),
    )
    check_releases(spec, context)
    opened = context.panel.sessions[context.panel.sessions >= context.start]
    benchmark = source.benchmark(spec.benchmark, opened)
    say(f"deciding: {rule.name}")
    weights, bindings = decisions(rule, params, context, spec.mandate)
    say("trading")
    results = {
        name: backtest(name, w, context.panel, spec.account, context.start) for name, w in weights.items()
    }
    free = {
        name: backtest(name, weights[name], context.panel, spec.account.without_costs(), context.start)
        for name in dict.fromkeys((rule.name, EQUAL_WEIGHT, STATIC_MIX))
    }
    say("measuring")
    made = assemble(spec, source, rule, context, results, free, benchmark, effective, reasons)
    said = binding_notes(bindings, spec.mandate, context, made.result)
    return dataclasses.replace(made, bindings=bindings, notes=(*said, *made.notes))


def decisions(
    rule: Strategy, params: Any, context: Context, mandate: Mandate
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Return the weights of a rule and of its controls under one mandate, and which lines bound the rule."""
    own = check_weights(rule.name, rule.weights(context, params), context.panel)
    own, bindings = obey(own, context, mandate)
    weights = {rule.name: own}
    for name in CONTROLS:
        if name not in weights:
            weights[name], _ = obey(control_weights(name, context, rule, params), context, mandate)
    weights[STATIC_MIX], _ = obey(static_mix_weights(own, context, params), context, mandate)
    return weights, bindings


def check_name(rule: Strategy) -> None:
    """Refuse a strategy that goes by the name of a control and would take its place."""
    taken = (*CONTROLS, STATIC_MIX)
    if rule.name in taken and rule.path != control_path(rule.name):
        raise StrategyError(
            f"{rule.path.name}: {rule.name} is the name of a control of every run; rename the file"
        )


def own_source(spec: RunSpec) -> Source:
    """Open the source that needs no folder."""
    if spec.source.kind != "sample":
        raise SpecError(
            f"source: these settings need the folder of a {spec.source.kind} source; give it with --source"
        )
    return open_source("sample", spec.source.variant)


def prepare(spec: RunSpec, source: Source) -> tuple[Context, pd.Timestamp, tuple[str, ...]]:
    """Read what the rule may see, and find the first day on which every input exists.

    Returns
    -------
    context : Context
    effective : Timestamp
        The effective start.
    reasons : tuple of str
        From when each input exists.
    """
    check_days(spec)
    themes = universe.load_all(spec.themes or universe.DEFAULT_THEMES)
    cycle = load_cycle(one_driver(themes))
    symbols = sorted({member.symbol for theme in themes for member in theme.counted})
    panel = source.panel(symbols, end=None if spec.end is None else pd.Timestamp(spec.end))
    membership = {}
    for theme in themes:
        rows = universe.membership(theme, panel.sessions, spec.membership)
        membership[theme.id] = rows[[symbol for symbol in rows.columns if symbol in set(panel.symbols)]]
    valued = functools.cache(lambda: source.valuation(panel.symbols))  # read once, and only if a rule asks
    context = Context(panel, themes, membership, cycle, panel.sessions[0], valued)
    effective, reasons = effective_start(context, spec.membership)
    start = effective
    if spec.start is not None:
        start = calendar.on_or_after(spec.start)
        if not panel.sessions[0] <= start < panel.sessions[-1]:
            raise SpecError(
                f"start={spec.start} lies outside the prices; allowed: "
                f"{panel.sessions[0]:%Y-%m-%d} to {panel.sessions[-2]:%Y-%m-%d}"
            )
    return dataclasses.replace(context, start=start), effective, reasons


def check_days(spec: RunSpec) -> None:
    """Refuse a start and an end with nothing but closed days between them."""
    if spec.start and spec.end and calendar.on_or_after(spec.start) > pd.Timestamp(spec.end):
        raise SpecError(f"start={spec.start}, end={spec.end}: no session lies between; choose other days")


def one_driver(themes: tuple[Theme, ...]) -> str:
    """Return the driver that the themes name; themes that follow none go with any."""
    drivers = sorted({theme.driver for theme in themes if theme.driver})
    if len(drivers) > 1:
        raise SpecError(f"themes: their drivers differ ({', '.join(drivers)}); choose themes of one driver")
    return drivers[0] if drivers else DEFAULT_DRIVER


def effective_start(context: Context, reading: str) -> tuple[pd.Timestamp, tuple[str, ...]]:
    """Return the first session on which the cycle is known and every theme is eligible, and the reasons."""
    known = calendar.on_or_after(context.cycle.known_from())
    reasons = [f"cycle known from {known:%Y-%m-%d}"]
    first = {"cycle": known}
    for theme in context.themes:
        eligible = context.seasoned[theme.id].sum(axis=1) >= MINIMUM
        if not eligible.any():
            other = (
                ", other --themes, or --membership hindsight"
                if reading == "published"
                else " or other --themes"
            )
            raise SpecError(
                f"theme {theme.id}: never has {MINIMUM} members with {strategies.SEASONING} bars "
                f"in the {reading} reading up to {context.panel.sessions[-1]:%Y-%m-%d}",
                f"Give longer prices, a later --end{other}",
            )
        first[theme.id] = eligible.idxmax()
        reasons.append(f"{theme.id} has {MINIMUM} {reading} members from {first[theme.id]:%Y-%m-%d}")
    effective = max(first.values())
    if effective >= context.panel.sessions[-1]:
        raise SpecError(
            f"end: no session is left after the effective start {effective:%Y-%m-%d} ({'; '.join(reasons)})"
        )
    return effective, tuple(reasons)


def check_releases(spec: RunSpec, context: Context) -> None:
    """Refuse decisions that would rest on an overdue release, unless they are allowed."""
    last = context.panel.sessions[-1]
    if not spec.allow_overdue and context.start <= last:
        context.cycle.check_current(last)


def assemble(
    spec: RunSpec,
    source: Source,
    rule: Strategy,
    context: Context,
    results: dict[str, Result],
    free: dict[str, Result],
    benchmark: Benchmark | None,
    effective: pd.Timestamp,
    reasons: tuple[str, ...],
) -> Run:
    """Put figures, verdicts and provenance together."""
    result = results[rule.name]
    publications = publication_days(context.themes)
    windows = split_windows(spec, context, effective, publications)
    level = None if benchmark is None else metrics.align(result.nav, benchmark.close)
    figures = {window.label: window_figures(window, results, level, spec.risk_free) for window in windows}
    sessions = result.nav.index
    return Run(
        spec=spec,
        run_id=run_id(spec, hashes := input_hashes(rule, context.themes, context.cycle)),
        result=result,
        controls={name: r for name, r in results.items() if name != rule.name},
        benchmark=benchmark if benchmark is None else dataclasses.replace(benchmark, close=level),
        windows=windows,
        effective_start=effective,
        effective_reasons=reasons,
        verdicts=tuple(verdict(window, rule.name, results, free, level) for window in windows),
        metrics=figures,
        phases=phase_changes(context.cycle, sessions),
        releases=releases(context.cycle, sessions),
        scores=context.cycle.score(sessions),
        publications=publications,
        theme_weights=theme_weights(result),
        provenance=context.panel.provenance,
        hashes=hashes,
        notes=notes(spec, context, result, benchmark, effective),
        titles={t.id: t.title for t in context.themes} | dict(context.panel.names),
        free=free,
        context=context,
    )


def phase_changes(cycle: Cycle, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the quarters at which the phase known in the run changed, the one known at its start first."""
    table = cycle.table(sessions[-1]).reset_index()
    before = table["usable_from"] <= sessions[0]
    table = table[~before | (before[::-1].cumsum() == 1)]
    changed = table["phase"] != table["phase"].shift()
    return table.loc[changed, ["usable_from", "quarter", "growth", "change", "phase"]].reset_index(drop=True)


def releases(cycle: Cycle, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the driver's releases that became usable inside the run."""
    rows = cycle.driver.as_of(sessions[-1], cycle.definition)
    rows = rows[rows["usable_from"] >= sessions[0]]
    quarter = rows["period_end"].dt.year.astype(str) + "Q" + rows["period_end"].dt.quarter.astype(str)
    return rows[["usable_from", "released", "entity"]].assign(quarter=quarter).reset_index(drop=True)


def theme_weights(result: Result) -> pd.DataFrame:
    """Return the weight of each theme at each close, plus ``cash``.

    A stock held for several themes counts for each in the proportion of the last target.
    """
    value = (result.holdings * result.close).div(result.nav, axis=0)
    target = result.weights.reindex(result.nav.index, method="ffill").shift(fill_value=0.0).fillna(0.0)
    pairs = target.columns
    of_symbol = target.T.groupby(level="symbol").transform("sum").T
    share = (target / of_symbol.where(of_symbol > 0)).to_numpy()
    held = value.reindex(columns=pairs.get_level_values("symbol")).to_numpy()
    split = pd.DataFrame(share * held, index=value.index, columns=pairs)
    themes = split.T.groupby(level="theme", sort=False).sum().T
    leaving = value.sum(axis=1) - themes.sum(axis=1)  # sold by target, but the market has not let it go yet
    out = themes.assign(cash=result.cash / result.nav)
    return out.assign(leaving=leaving) if (leaving.abs() > 1e-9).any() else out
