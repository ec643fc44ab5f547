"""`screener validate`: put a saved run to every doubt, and keep what is left beside it."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.cli import _io, _live, _prices, backtest
from screener.errors import SpecError

if TYPE_CHECKING:
    from screener.backtest.result import Run
    from screener.backtest.spec import RunSpec
    from screener.data.sources import Source
    from screener.report.saved import Saved
    from screener.study.luck import Luck, Trial
    from screener.study.validation import Validation

CHANCE = {
    "shift": "the cycle at another time",
    "labels": "other themes",
    "time": "its tilts in another order",
}

Named = Annotated[str, typer.Argument(metavar="RUN", help="Folder of a run, or its name in results.")]
Chance = Annotated[
    int, typer.Option("--placebo", metavar="N", min=0, max=5000, help="Draws of each control by chance.")
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of all draws.")]


def validate(
    run: Named,
    placebo: Chance = 100,
    seed: Seed = 1,
    source: _prices.Prices = None,
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    as_json: _io.AsJson = False,
    quiet: backtest.Quiet = False,
) -> None:
    """Run a saved run again and put it to every doubt; writes validation.json beside it, and onto its page.

    \b
    screener validate RUN
    screener validate results/RUN --source FOLDER --placebo 200
    """  # noqa: D301 - \b keeps the lines of the example apart
    with _live.closed(offline), _io.progress(quiet) as step:
        step("loading")
        from screener.backtest.run import run as make
        from screener.report import saved
        from screener.study import validation
        from screener.study.validate import validate as doubt

        found = saved.find(run)
        market = _market(found, source, allow_suspect)
        others, unread = _trials(found)
        made = make(found.spec, market, step)
        result = doubt(made, placebo, seed, others, step)
        said = _said(found, result.run_id, unread)
        result = dataclasses.replace(result, notes=(*said, *result.notes))
        step("writing")
        file = validation.write(result, found.folder)
        _onto_page(found, made, result)
    if as_json:
        _io.emit_json({"file": file, **vars(result)})
    else:
        _show(result, file)


def _market(found: Saved, source: str | None, allow_suspect: bool) -> Source:
    """Open the prices of a run; others than those of then are refused."""
    own = found.spec.source
    market = _prices.again(own, source, found.folder, allow_suspect)
    if own.sha256 and own.sha256 != market.spec.sha256:
        again = f"screener backtest --config {found.folder / 'run.toml'} --accept-other-data"
        raise SpecError(
            f"{found.folder}: was made with data {own.sha256[:12]}, {source or market.spec.kind} holds "
            f"{market.spec.sha256[:12]}",
            f"Give the prices of then with --source, or make the run again (`{again}`) and validate that",
        )
    return market


def _trials(found: Saved) -> tuple[list[Trial], int]:
    """Return the other settings of the rule that lie beside a run or in results, and what cannot be read.

    Notes
    -----
    A run on invented prices is no trial of one on real prices, nor the other way round. The ratios of less
    than a year count as a trial but not for the spread: a week's Sharpe ratio of 16 would set the bar for all
    others.
    """
    from screener import workspace
    from screener.report.saved import Saved
    from screener.study.luck import Trial

    roots = {found.folder.resolve().parent, workspace.results().resolve()}
    folders = sorted({path.parent for root in roots for path in root.glob("*/run.toml")})
    seen, trials, unread = {_setting(found.spec)}, [], 0
    for folder in folders:
        if folder.name.startswith("."):
            continue
        try:
            other = Saved.read(folder)
            ratios = Trial(*(_ratio(other, name) for name in Trial._fields))
        except (SpecError, LookupError, TypeError, AttributeError):
            unread += 1
            continue
        alike = other.rule == found.rule and other.simulated == found.simulated
        if alike and (setting := _setting(other.spec)) not in seen:
            seen.add(setting)
            trials.append(ratios)
    return trials, unread


def _ratio(run: Saved, name: str) -> float:
    """Return a ratio a year of a saved run; NaN where it has none, or less than a year to say it from."""
    from screener.report.verdict import brief

    value = run.figures.get(name)
    return math.nan if value is None or brief(run.window) else float(value)


def _setting(spec: RunSpec) -> str:
    """Return settings as text, without the hash of the data and their end: more prices are no other trial."""
    source = dataclasses.replace(spec.source, sha256="")
    return dataclasses.replace(spec, strategy=Path(spec.strategy).stem, source=source, end=None).to_toml()


def _onto_page(found: Saved, made: Run, result: Validation) -> None:
    """Make the page again with what was found, unless there is none or it shows another state of the code."""
    from screener.report.save import save
    from screener.report.saved import PAGE
    from screener.report.style import style_of

    if made.run_id != found.run_id or not (found.folder / PAGE).is_file():
        return
    style = style_of(found.page())
    save(made, found.folder, found.stamp(), style=style, validation=result, public=found.public)


def _said(found: Saved, run_id: str, unread: int) -> list[str]:
    """Say what belongs to this folder: changed code, and runs that were not counted."""
    said = []
    if run_id != found.run_id:
        said.append(f"Code or inputs have changed since the run was made: it was {found.run_id}.")
    if unread:
        said.append(f"{unread} saved runs could not be read and are not counted as trials.")
    return said


def _show(result: Validation, file: Path) -> None:
    """Print every part under a sentence that says how to read it."""
    window = result.window
    simulated = "SIMULATED prices. " if result.simulated else ""
    _io.line(
        f"{simulated}{result.rule}, {_io.cell(window.base)} to {_io.cell(window.end)}, "
        f"{result.membership} reading: {_rate(result.cagr)} a year, equal weight {_rate(result.equal_weight)}"
    )
    _chance(result)
    _io.line()
    _io.line("Excess over equal weight had every member been counted so many sessions later")
    later = [
        (d.sessions, *map(_io.points, (d.cagr, d.excess)), f"{d.members:.1f}") for d in result.publication
    ]
    heads = ("sessions later", "a year", "excess", "members")
    _io.table(heads, later, heads)
    _choice(result)
    _io.line()
    _luck("Return", result.luck)
    if result.luck_of_excess is not None:
        _luck("Excess over equal weight", result.luck_of_excess)
    _io.line()
    for note in result.notes:
        _io.line(f"- {note}")
    _io.line(f"Validation: {file}")


def _chance(result: Validation) -> None:
    """Print where the rule ranks among its controls by chance, and the curve of leads and lags."""
    if result.chance:
        _io.line()
        _io.line("Excess over equal weight, of the rule and of what chance made of it")
        heads = ("the rule", "mean of draws", "5 %", "95 %", "better than", "draws")
        rows = []
        for part in result.chance:
            figures = [_io.points(value) for value in (part.true, part.mean, part.low, part.high)]
            rank = _rate(part.rank) if part.draws else part.reason
            rows.append((CHANCE[part.kind], *figures, rank, len(part.draws)))
        _io.table(("on", *heads), rows, heads)
    if result.cycle:
        _io.line()
        _io.line("Excess over equal weight had the cycle been known so many quarters sooner (+) or later (-)")
        heads = [f"{point.quarters:+d}" if point.quarters else "as it was" for point in result.cycle]
        _io.table(heads, [[_io.points(point.excess) for point in result.cycle]], heads)


def _choice(result: Validation) -> None:
    """Print what choosing among settings by the past would have brought."""
    walk, odds = result.walk_forward, result.overfit
    _io.line()
    if walk.reason:
        _io.line(f"Walk forward: {walk.reason}")
    else:
        _io.line(f"Each year the best of {len(result.settings)} settings until then")
        heads = ("chosen", "the best", "as run", "equal weight")
        rows = [(y.year, y.chosen, *map(_io.points, (y.walk, y.own, y.equal_weight))) for y in walk.years]
        total = ("a year", "", *map(_io.points, (walk.walk, walk.own, walk.equal_weight)))
        _io.table(("year", *heads), [*rows, total], heads[1:])
    if odds.reason:
        _io.line(f"Probability of overfitting: {odds.reason}")
    else:
        _io.line(
            f"Probability of overfitting: {_rate(odds.probability)} of {odds.splits:,} splits of "
            f"{odds.blocks} blocks; {_rate(odds.loss)} of the choices lost money on the other half"
        )


def _luck(what: str, luck: Luck) -> None:
    """Print a ratio with the probability that it is more than luck."""
    if luck.sharpe != luck.sharpe:
        _io.line(f"{what}: {luck.reason}")
        return
    enough = f"{luck.minimum_years:.1f} years" if luck.minimum_years == luck.minimum_years else "no length"
    tried = f", beyond the best by chance of {luck.trials} recorded settings with {_rate(luck.deflated)}"
    tried = f" ({luck.reason})" if luck.reason else tried
    _io.line(
        f"{what}: ratio {luck.sharpe:.2f} a year, above 0 with {_rate(luck.probabilistic)}{tried}; "
        f"{enough} would do for 95 %"
    )


def _rate(value: float) -> str:
    """Write per cent with the decimal of the page: 99.6 % is not certainty."""
    return "n/a" if value != value else f"{100 * value:.1f} %"
