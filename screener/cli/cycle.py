"""`screener cycle`: the driver, quarter by quarter, and what is known of it on a day."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from screener.cli import _io

NUMBERS = ("total", "trailing", "growth", "change", "score")
COLUMNS = ("quarter", "released", "usable_from", *NUMBERS[:4], "phase", "score")

app = typer.Typer(help="Show the capital-expenditure cycle that drives the themes.", **_io.STYLE)


@app.callback()
def cycle() -> None:
    """Show the capital-expenditure cycle that drives the themes."""


@app.command()
def show(
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="What was known on that day; default today.")
    ] = None,
    definition: Annotated[
        str, typer.Option(metavar="NAME", help="Which definition of the number: cash or headline.")
    ] = "cash",
    driver: Annotated[str, typer.Option(metavar="NAME", help="Which driver.")] = "hyperscaler-capex",
    allow_overdue: Annotated[
        bool, typer.Option("--allow-overdue", help="State the cycle even if the last release is overdue.")
    ] = False,
    as_json: _io.AsJson = False,
) -> None:
    """Show the capex table with growth and phase, and the cycle score, as they were known on a day."""
    day = _io.date("--as-of", as_of) or dt.date.today()
    import pandas as pd

    from screener.cycle import load_cycle

    known = load_cycle(driver, definition)
    state = known.state(day, allow_overdue=allow_overdue)
    quarters = known.table(day).reset_index()
    quarters["score"] = known.score(pd.DatetimeIndex(quarters["usable_from"])).to_numpy()
    rows = quarters.to_dict("records")
    if as_json:
        _io.emit_json({"state": state, "quarters": rows})
        return
    units = ", ".join(known.driver.select(definition)["unit"].unique())
    _io.line(f"{known.driver.name}: {', '.join(known.driver.entities)}; {definition}, {units}")
    _io.line()
    _io.table(COLUMNS, [[_words(name, row[name]) for name in COLUMNS] for row in rows], right=NUMBERS)
    _io.line()
    for text in _lines(state):
        _io.line(text)


def _words(column: str, value: Any) -> object:
    """Write growth as percent, the score with its sign; the rest stays."""
    if column in ("growth", "change"):
        return _percent(value)
    return f"{value:+.2f}" if column == "score" else value


def _percent(value: float) -> str:
    return "" if value != value else f"{value:+.1%}"


def _lines(state: Any) -> list[str]:
    """Say in words what was known, and what was not."""
    guidance = "unknown, counts as 0 (no revision in the last 100 days)"
    if state.guidance == state.guidance:
        guidance = f"{state.guidance:+.2f}"
    growth, change = (_percent(value) or "unknown" for value in (state.growth, state.change))
    lines = [
        f"Known on {_io.cell(state.day)}: quarter {state.quarter}, phase {state.phase}, growth {growth} "
        f"({change} on the quarter before)",
        f"Guidance score {guidance}; cycle score C {state.score:+.2f}",
    ]
    if state.overdue:
        lines.append(f"OVERDUE: the last release is of {_io.cell(state.released) or 'never'}")
    return lines
