"""The command line: one file per noun, each parses, calls one function of the library and prints."""

from __future__ import annotations

from typing import Annotated

import typer

from screener import __version__
from screener.cli import (
    _io,
    backtest,
    claims,
    compare,
    cycle,
    data,
    davis,
    doctor,
    ratings,
    review,
    runs,
    screen,
    strategy,
    tearsheet,
    theme_index,
    today,
    universe,
    validate,
)

__all__ = ["app", "main"]

app = typer.Typer(name="screener", cls=_io.Guarded, **_io.STYLE)
app.command("backtest", short_help="Run a strategy and write its page.")(backtest.backtest)
app.command("davis", short_help="Split a return into earnings and multiple.")(davis.davis)
app.command("review", short_help="Say what the market did over a window.")(review.review)
app.command("ratings", short_help="Hold ratings against what came.")(ratings.ratings)
app.command("compare", short_help="Run rules side by side with their controls.")(compare.compare)
app.command("tearsheet", short_help="Restyle or print the page of a run.")(tearsheet.tearsheet)
app.command("validate", short_help="Put a saved run to every doubt.")(validate.validate)
app.command("screen", short_help="Choose shares by what was known on a day.")(screen.screen)
app.command("today", short_help="Say what a rule asks for now, as orders.")(today.today)
app.command("doctor", short_help="Say what works on this machine.")(doctor.doctor)
app.add_typer(data.app, name="data")
app.add_typer(universe.app, name="universe")
universe.app.command("index")(theme_index.index)
app.add_typer(strategy.app, name="strategy")
app.add_typer(cycle.app, name="cycle")
app.add_typer(claims.app, name="claims")
app.add_typer(runs.app, name="runs")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"screener {__version__}")
        raise typer.Exit


@app.callback()
def screener(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Screen and backtest themes of China A-shares."""


def main() -> None:
    """Run the command line on the arguments of the process."""
    _io.prepare_streams()
    app(prog_name="screener")
