"""`screener compare RUN RUN`: saved runs on one page, and their figures in the terminal."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from screener.cli import _io
from screener.errors import SourceError, SpecError

if TYPE_CHECKING:
    from screener.report.side_by_side import SideBySide

WITH_RUNS = ("rules", "out", "lang", "as_json", "quiet")
SHOWN = {
    "in all": ("total_return", "percent"),
    "a year": ("cagr", "percent"),
    "volatility": ("volatility", "percent"),
    "Sharpe": ("sharpe", "ratio"),
    "drawdown": ("max_drawdown", "percent"),
    "over equal weight, points": ("excess", "points"),
}


def are_runs(names: Sequence[str]) -> bool:
    """Say whether saved runs are meant: a folder among the names, or a run of that name and no strategy."""
    from screener import workspace
    from screener.strategy import listing

    results, rules = workspace.results(), listing()
    return any(
        Path(name).is_dir() or (name not in rules and (results / name / "run.toml").is_file())
        for name in names
    )


def check_options(ctx: typer.Context) -> None:
    """Refuse options that say how a rule is run: a saved run has been.

    Raises
    ------
    SpecError
        Naming each.
    """
    given = [name for name in ctx.params if ctx.get_parameter_source(name).name == "COMMANDLINE"]
    foreign = [f"--{name.replace('_', '-')}" for name in given if name not in WITH_RUNS]
    if foreign:
        raise SpecError(f"{', '.join(foreign)}: of rules, not of saved runs; allowed: --out, --lang, --json")


def show(names: Sequence[str], out: Path | None, style: dict[str, str], as_json: bool) -> None:
    """Write the page of several runs and print what it says."""
    from screener import workspace
    from screener.report import saved
    from screener.report.lineup import render
    from screener.report.side_by_side import side_by_side
    from screener.report.style import Style

    checks = _io.Checks()
    runs = [checks.value(saved.find, name) for name in names]
    checks.settle()
    found = side_by_side(runs)
    page = out or workspace.results() / f"compare-{_mark(found)}.html"
    workspace.write(page, render(found, Style(**style)).encode("utf-8"), SourceError)
    if as_json:
        tables = {"figures": found.figures.rename_axis("run"), "settings": found.settings.rename_axis("name")}
        _io.emit_json({"page": page, "runs": found.names, **tables, "notes": found.notes})
    else:
        _print(found, page)


def _mark(found: SideBySide) -> str:
    """Mark a comparison by its runs, so that the same one has the same name."""
    return hashlib.sha256("\n".join(found.names).encode()).hexdigest()[:8]


def _print(found: SideBySide, page: Path) -> None:
    days = found.curves.index
    _io.line(f"{_io.cell(days[0])} to {_io.cell(days[-1])}, after costs")
    _io.line()
    rows = [[name, *_figures(found, name)] for name in found.names]
    _io.table(["run", *SHOWN], rows, tuple(SHOWN))
    if len(found.settings):
        _io.line()
        _io.table(["setting", *found.names], found.settings.reset_index().to_numpy().tolist())
    _io.line()
    for note in found.notes:
        _io.line(f"- {note}")
    _io.line(f"Comparison: {page}")


def _figures(found: SideBySide, name: str) -> list[str]:
    from screener.report.numbers import WRITERS

    row = found.figures.loc[name]
    return [WRITERS[kind](row[key]) if row[key] == row[key] else "" for key, kind in SHOWN.values()]
