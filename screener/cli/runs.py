"""`screener runs`: what has been run and saved."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from screener.cli import _io, tearsheet
from screener.errors import SourceError

SETTINGS = ("run_id", "strategy", "source", "membership", "start", "end")
FIGURES = {"a year": ("cagr", ".1%"), "drawdown": ("max_drawdown", ".1%"), "sharpe": ("sharpe", ".2f")}

Folder = Annotated[
    Path | None, typer.Option("--results", metavar="DIR", help="Where runs lie; default ./results.")
]

app = typer.Typer(help="List the saved runs.", **_io.STYLE)


@app.callback()
def runs() -> None:
    """List the saved runs."""


@app.command("list")
def list_(
    folder: Folder = None,
    as_json: _io.AsJson = False,
) -> None:
    """List the runs of a results folder."""
    from screener.report import saved

    rows = [run.summary() for run in saved.listing(folder, _told)]
    if as_json:
        _io.emit_json(rows)
    elif rows:
        _io.table((*SETTINGS, *FIGURES), [_row(row) for row in rows], right=tuple(FIGURES))
    else:
        _io.line("No runs yet. `screener backtest capex-rotation` makes the first.")


@app.command("index")
def index(
    folder: Folder = None,
    lang: tearsheet.Lang = "en",
    as_json: _io.AsJson = False,
) -> None:
    """Write a page that lists the runs of a results folder and leads to each."""
    style = tearsheet.check_style(lang)
    from screener import workspace
    from screener.report import saved
    from screener.report.index import INDEX, render
    from screener.report.style import Style

    root = folder or workspace.results()
    runs = saved.listing(root, _told)
    page = root / INDEX
    workspace.write(page, render(runs, root, Style(**style)).encode("utf-8"), SourceError)
    if as_json:
        _io.emit_json({"page": page, "runs": [run.folder.name for run in runs]})
    else:
        _io.line(f"Index of {len(runs)} runs: {page}")


def _told(problem: str) -> None:
    _io.line(problem, to=sys.stderr)


def _row(run: dict[str, Any]) -> list[object]:
    """Return a run's cells; a figure that is not defined stays empty."""
    figures = [(run["figures"].get(name), form) for name, form in FIGURES.values()]
    return [run[name] for name in SETTINGS] + ["" if v is None else format(v, form) for v, form in figures]
