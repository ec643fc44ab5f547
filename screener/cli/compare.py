"""`screener compare`: rules side by side over the same data."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.cli import _io, _lineup, _live, _mandate, _prices, backtest, tearsheet
from screener.errors import SpecError

if TYPE_CHECKING:
    from screener.study.compare import Comparison

SHOWN = ("cagr", "volatility", "sharpe", "max_drawdown", "turnover", "cost")
HEADS = ("a year", "volatility", "Sharpe", "drawdown", "turnover", "cost")
CHANCE = {"shift": "another time", "labels": "other themes", "time": "another order"}

Rules = Annotated[
    list[str] | None,
    typer.Argument(help="Strategies by name or file, default all; or saved runs by folder or name."),
]
Out = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Of saved runs: the page; default in results.")
]
Chance = Annotated[
    int,
    typer.Option("--placebo", metavar="N", min=0, max=5000, help="Draws of each control by chance."),
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Of all draws.")]


def compare(
    ctx: typer.Context,
    rules: Rules = None,
    source: _prices.Prices = None,
    variant: _prices.Variant = "null",
    membership: backtest.Membership = "published",
    themes: backtest.Themes = None,
    start: backtest.Start = None,
    end: backtest.End = None,
    placebo: Chance = 0,
    seed: Seed = 1,
    mandate: _mandate.File = None,
    allow_overdue: backtest.AllowOverdue = False,
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    out: Out = None,
    lang: tearsheet.Lang = "en",
    as_json: _io.AsJson = False,
    quiet: backtest.Quiet = False,
) -> None:
    """Run rules with their defaults beside their controls, in one table; or put saved runs on one page.

    \b
    screener compare
    screener compare phase-rotation guidance-revision --source FOLDER --membership hindsight --placebo 200
    screener compare results/RUN results/OTHER
    """  # noqa: D301 - \b keeps the lines of the example apart
    if _lineup.are_runs(rules or []):
        _lineup.check_options(ctx)
        _lineup.show(rules or [], out, tearsheet.check_style(lang), as_json)
        return
    if out is not None:
        raise SpecError("--out is the page of saved runs; rules are compared in the terminal, or with --json")
    options = {"themes": themes, "membership": membership, "allow_overdue": allow_overdue}
    with _live.closed(offline), _io.progress(quiet) as step:
        step("loading")
        from screener.study.compare import compare as run

        names, spec = _settings(rules or [], start, end, options, mandate)
        market = _prices.opened(source, variant, allow_suspect, step)
        found = run(names, dataclasses.replace(spec, source=market.spec), market, placebo, seed, step)
    if as_json:
        _io.emit_json(_plain(found, spec, placebo, seed))
    else:
        _show(found)


def _settings(
    rules: list[str], start: str | None, end: str | None, options: dict[str, Any], mandate: Path | None
) -> Any:
    """Read names and options; all that is wrong in them is said at once."""
    from screener.backtest.spec import Mandate, RunSpec
    from screener.strategy import listing, load

    checks = _io.Checks()
    names = rules or list(listing())
    for name in names:
        checks.value(load, name)
    spec = checks.value(
        RunSpec,
        strategy=names[0],
        start=checks.value(_io.date, "--start", start),
        end=checks.value(_io.date, "--end", end),
        mandate=checks.value(_mandate.read, mandate) or Mandate(),
        **options | {"themes": backtest._names(options["themes"] or [])},
    )
    checks.settle()
    return names, spec


def _show(found: Comparison) -> None:
    """Print the table, what chance made of the rules, and what a reader must know."""
    from screener.study.compare import AGAINST

    window, table = found.window, found.table
    simulated = "SIMULATED prices. " if found.simulated else ""
    _io.line(f"{simulated}{_io.cell(window.base)} to {_io.cell(window.end)}, after costs, a year")
    _io.line()
    rows = table.reset_index().to_dict("records")
    shown = [[row["rule"], *(_figure(name, row[name]) for name in SHOWN)] for row in rows]
    _io.table(["rule", *HEADS], shown, HEADS)
    _io.line()
    heads = [f"over {name}" for name in AGAINST] + ["detectable"]
    gaps = [
        [row["rule"], *(_gap(row, name) for name in AGAINST), _io.points(row["detectable"])] for row in rows
    ]
    _io.table(["rule", *heads], gaps, heads)
    if found.placebos:
        _io.line()
        _chance(found)
    _io.line()
    for note in found.notes:
        _io.line(f"- {note}")


def _chance(found: Comparison) -> None:
    """Print where each rule ranks among its controls by chance, and the curve of leads and lags."""
    kinds = {kind: [] for kind in CHANCE}
    rows, lags, quarters = [], [], []
    for rule, parts in found.placebos.items():
        by_kind = {part.kind: part for part in parts}
        rows.append([rule, *(_rank(by_kind[kind]) for kind in kinds)])
        lag = by_kind["lag"]
        if len(lag.excess):
            quarters = [word.removesuffix(" quarters") for word in lag.draws]
            lags.append([rule, *(_io.points(value) for value in lag.excess), _io.points(lag.true)])
    heads = [f"on {words}" for words in CHANCE.values()]
    _io.line("Better than so much of chance (draws; their mean excess over equal weight)")
    _io.table(["rule", *heads], rows, heads)
    if lags:
        heads = [*(f"{quarter} q" for quarter in quarters), "as it was"]
        _io.line()
        _io.line("Excess over equal weight had the cycle been known so many quarters sooner (+) or later (-)")
        _io.table(["rule", *heads], lags, heads)


def _rank(part: Any) -> str:
    if not len(part.excess):
        return "too few turns" if part.kind == "time" else "not touched"
    return f"{100 * part.rank:.1f} % ({len(part.excess)}; {_io.points(part.excess.mean())})"


def _gap(row: dict[str, Any], name: str) -> str:
    """Write an excess with its interval, in percentage points."""
    low, high = _io.points(row[f"low_{name}"]), _io.points(row[f"high_{name}"])
    excess = _io.points(row[f"excess_{name}"])
    return f"{excess} [{low}, {high}]" if excess else "itself"


def _figure(name: str, value: float) -> str:
    if value != value:
        return ""
    return f"{value:.2f}" if name in ("sharpe", "turnover") else f"{100 * value:.1f} %"


def _plain(found: Comparison, spec: Any, placebo: int, seed: int) -> dict[str, Any]:
    """Return everything as JSON can hold it."""
    chance = {
        rule: [{**vars(part), "excess": part.excess.tolist(), "rank": part.rank} for part in parts]
        for rule, parts in found.placebos.items()
    }
    return {
        "window": found.window,
        "simulated": found.simulated,
        "settings": {"themes": spec.themes, "membership": spec.membership, "placebo": placebo, "seed": seed},
        "rules": found.table.reset_index().to_dict("records"),
        "placebos": chance,
        "notes": found.notes,
    }
