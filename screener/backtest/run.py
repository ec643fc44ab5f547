"""A run: settings in, the rule with its controls, figures and verdict out."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from screener import strategy as strategies
from screener import universe
from screener.backtest import metrics
from screener.backtest.controls import CONTROLS, control_weights, static_mix_weights
from screener.backtest.engine import backtest
from screener.backtest.result import Result, Run, Verdict, Window
from screener.backtest.spec import RunSpec
from screener.cycle import Cycle, load_cycle
from screener.data.sources import Benchmark, Source, open_source
from screener.errors import SpecError
from screener.market import calendar
from screener.strategy import Context, Strategy, check_weights
from screener.universe import Theme

__all__ = ["prepare", "run"]

MINIMUM = 3  # members of an eligible theme
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
    )
    check_releases(spec, context)
    say(f"deciding: {rule.name}")
    weights = {rule.name: check_weights(rule.name, rule.weights(context, params), context.panel)}
    for name in CONTROLS:
        weights.setdefault(name, control_weights(name, context, rule, params))
    weights["static-mix"] = static_mix_weights(weights[rule.name], context, params)
    say("trading")
    results = {
        name: backtest(name, w, context.panel, spec.account, context.start) for name, w in weights.items()
    }
    free = {
        name: backtest(name, weights[name], context.panel, spec.account.without_costs(), context.start)
        for name in dict.fromkeys((rule.name, "equal-weight", "static-mix"))
    }
    say("measuring")
    benchmark = source.benchmark(
        spec.benchmark, context.panel.sessions[context.panel.sessions >= context.start]
    )
    return assemble(spec, source, rule, context, results, free, benchmark, effective, reasons)


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
    themes = universe.load_all(spec.themes or universe.DEFAULT_THEMES)
    cycle = load_cycle(one_driver(themes))
    symbols = sorted({member.symbol for theme in themes for member in theme.counted})
    panel = source.panel(symbols, end=None if spec.end is None else pd.Timestamp(spec.end))
    membership = {}
    for theme in themes:
        rows = universe.membership(theme, panel.sessions, spec.membership)
        membership[theme.id] = rows[[symbol for symbol in rows.columns if symbol in set(panel.symbols)]]
    context = Context(panel, themes, membership, cycle, panel.sessions[0])
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
            raise SpecError(
                f"theme {theme.id}: never has {MINIMUM} members with {strategies.SEASONING} bars "
                f"in the {reading} reading up to {context.panel.sessions[-1]:%Y-%m-%d}",
                "Give a later --end, other --themes, or --membership hindsight",
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
    )


def cut(series: pd.Series, window: Window) -> pd.Series:
    """Return the part of a series in a window, the base day first."""
    return series.loc[window.base : window.end]


def split_windows(
    spec: RunSpec, context: Context, effective: pd.Timestamp, publications: dict[str, pd.Timestamp]
) -> tuple[Window, ...]:
    """Return the headline and, in the hindsight reading, the time before and after publication."""
    end = context.panel.sessions[-1]
    base = max(context.start, effective)
    if base >= end:
        raise SpecError(f"end={end:%Y-%m-%d} must lie after the effective start {effective:%Y-%m-%d}")
    windows = [Window(base, end, "headline")]
    if spec.membership == "hindsight" and publications:
        published = max(publications.values())
        if base < published < end:
            windows += [
                Window(base, published, "before publication"),
                Window(published, end, "after publication"),
            ]
    return tuple(windows)


def publication_days(themes: tuple[Theme, ...]) -> dict[str, pd.Timestamp]:
    """Return, by theme, the first session with three published members."""
    days = {theme.id: universe.publication(theme, MINIMUM) for theme in themes}
    return {theme: day for theme, day in days.items() if day is not None}


def window_figures(
    window: Window, results: dict[str, Result], level: pd.Series | None, risk_free: float
) -> dict[str, dict[str, float]]:
    """Return the figures of every account in a window; excess figures are against equal weight."""
    equal = cut(results["equal-weight"].nav, window)
    figures = {
        name: metrics.summary(cut(r.nav, window), None if name == "equal-weight" else equal, risk_free)
        for name, r in results.items()
    }
    if level is not None:
        figures["benchmark"] = metrics.summary(cut(level, window), equal, risk_free)
    return figures


def verdict(
    window: Window, rule: str, results: dict[str, Result], free: dict[str, Result], level: pd.Series | None
) -> Verdict:
    """Split what the rule earned a year into benchmark, selection, tilt, timing and cost.

    Notes
    -----
    Selection: the equal-weighted themes without costs against the benchmark. Tilt: the rule's mean mix
    without costs against equal weight. Timing: the rule without costs against its mean mix. Cost: the rule
    against itself without costs. All are differences of annual rates, so that they add up exactly.
    """

    def rate(nav: pd.Series) -> float:
        return metrics.cagr(cut(nav, window))

    total, gross = rate(results[rule].nav), rate(free[rule].nav)
    equal, mix = rate(free["equal-weight"].nav), rate(free["static-mix"].nav)
    market = float("nan") if level is None else rate(level)
    nav, control = cut(results[rule].nav, window), cut(results["equal-weight"].nav, window)
    error = metrics.tracking_error(nav, control)
    return Verdict(
        window=window,
        total=total,
        benchmark=market,
        equal_weight=rate(results["equal-weight"].nav),
        static_mix=rate(results["static-mix"].nav),
        selection=equal - market,
        tilt=mix - equal,
        timing=gross - mix,
        cost=total - gross,
        tracking_error=error,
        detectable=metrics.detectable_excess(error, calendar.years(window.base, window.end)),
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


def notes(
    spec: RunSpec, context: Context, result: Result, benchmark: Benchmark | None, effective: pd.Timestamp
) -> tuple[str, ...]:
    """Say what is labelled rather than refused."""
    found: list[str] = []
    if context.panel.provenance.simulated:
        found.append("SIMULATED: prices are invented; nothing here says anything about the market.")
    if spec.membership == "hindsight":
        found.append(
            "HINDSIGHT: members count before the report that named them came out, "
            "and so do peers that no report names."
        )
    if context.start < effective:
        found.append(f"The account opens before the effective start; figures begin on {effective:%Y-%m-%d}.")
    last = context.panel.sessions[-1]
    if context.cycle.overdue(last):
        found.append(f"OVERDUE: the last capex release before {last:%Y-%m-%d} is more than 120 days old.")
    if (unknown := float((context.cycle.guidance.score(result.nav.index).isna()).mean())) > 0:
        found.append(f"The guidance score is unknown, and counts as 0, on {unknown:.0%} of the sessions.")
    if spec.account.participation > 0:
        found.append("The volume cap uses the day's volume, which is not known at the open.")
    found.append("The static mix is in-sample: its weights are the rule's own means over the whole run.")
    found.append("Dividends are paid on the ex-date, before dividend tax.")
    if benchmark is not None and benchmark.caveat:
        found.append(f"{benchmark.title}: {benchmark.caveat}")
    return (*found, *context.panel.notes, *context.panel.provenance.caveats)


def input_hashes(rule: Strategy, themes: tuple[Theme, ...], cycle: Cycle) -> dict[str, str]:
    """Return the SHA-256 of every file that the run rests on, the package's code as one."""
    files = {f"universes/{theme.path.name}": theme.path for theme in themes}
    files |= {f"universes/drivers/{part.path.name}": part.path for part in (cycle.driver, cycle.guidance)}
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in sorted(files.items())}
    return hashes | {f"strategies/{rule.path.name}": rule.sha256, "screener": package_hash()}


def package_hash() -> str:
    """Hash the package's own code and tables."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    kept = {".py", ".toml", ".css", ".js"}
    for path in sorted(p for p in root.rglob("*") if p.suffix in kept and "_builtin" not in p.parts):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run_id(spec: RunSpec, hashes: dict[str, str]) -> str:
    """Name a run after its rule, market and reading, and a hash of all that it rests on."""
    text = spec.to_toml() + "".join(f"{name}={value}\n" for name, value in sorted(hashes.items()))
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{Path(spec.strategy).stem}-{spec.source.kind}-{spec.membership}-{digest}"
