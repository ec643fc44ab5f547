"""`screener runs`: what has been run and saved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from screener.cli import _io

SETTINGS = ("run_id", "strategy", "source", "membership", "start", "end")
FIGURES = {"a year": ("cagr", ".1%"), "drawdown": ("max_drawdown", ".1%"), "sharpe": ("sharpe", ".2f")}

app = typer.Typer(help="List the saved runs.", **_io.STYLE)


@app.callback()
def runs() -> None:
    """List the saved runs."""


@app.command("list")
def list_(
    folder: Annotated[
        Path | None, typer.Option("--results", metavar="DIR", help="Where runs lie; default ./results.")
    ] = None,
    as_json: _io.AsJson = False,
) -> None:
    """List the runs of a results folder."""
    from screener.report import save

    rows = save.runs(folder)
    if as_json:
        _io.emit_json(rows)
    elif rows:
        _io.table((*SETTINGS, *FIGURES), [_row(row) for row in rows], right=tuple(FIGURES))
    else:
        _io.line("No runs yet. `screener backtest capex-rotation` makes the first.")


def _row(run: dict[str, Any]) -> list[object]:
    """Return a run's cells; a figure that is not defined stays empty."""
    figures = [(run["figures"].get(name), form) for name, form in FIGURES.values()]
    return [run[name] for name in SETTINGS] + ["" if v is None else format(v, form) for v, form in figures]
