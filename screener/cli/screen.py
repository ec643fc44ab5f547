"""`screener screen`: shares that pass an expression or a preset on a day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.cli import _io, _live, _prices
from screener.errors import SpecError, nearest

if TYPE_CHECKING:
    from screener.data.sources import Source
    from screener.screen import Preset, Screen

PERCENT = (
    "return",
    "strength",
    "volatility",
    "drawdown",
    "turnover",
    "growth",
    "build",
    "percentile",
    "momentum",
)
TEXTS = ("name", "theme", "industry", "board")
FLAGS = ("tradable", "suspended", "revenue_inflection", "profit_inflection")
LARGE = ("market_cap", "float_cap", "amount_20")


def screen(
    what: Annotated[
        str | None, typer.Argument(help="Name of a preset, or an expression over columns.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="After the close of that day; default the last."),
    ] = None,
    source: _prices.Prices = None,
    variant: _prices.Variant = "null",
    themes: Annotated[
        list[str] | None,
        typer.Option("--themes", metavar="A,B", help="Members of themes, as published that day."),
    ] = None,
    symbols: Annotated[
        list[str] | None, typer.Option("--symbols", metavar="X,Y", help="These shares.")
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Every share of the source.")] = False,
    sort: Annotated[str | None, typer.Option(metavar="EXPR", help="Rank by it, the largest first.")] = None,
    ascending: Annotated[bool, typer.Option("--ascending", help="Rank the smallest first.")] = False,
    show: Annotated[
        list[str] | None, typer.Option("--show", metavar="A,B", help="Columns to show too.")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="So many at most.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write them as CSV.")] = None,
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    columns: Annotated[
        bool, typer.Option("--columns", help="List the columns, functions and presets.")
    ] = False,
    as_json: _io.AsJson = False,
) -> None:
    """Choose and rank shares by what was known after the close of a day."""
    if columns:
        _explain(as_json)
        return
    if sum(map(bool, (themes, symbols, everyone))) > 1:
        raise SpecError("give one of --themes, --symbols and --all")
    checks = _io.Checks()
    day = checks.value(_io.date, "--as-of", as_of)
    preset = checks.value(_preset, what, sort, ascending, _io.split(show))
    checks.settle()
    with _prices.market(source, variant, allow_suspect, offline) as market:
        found = _found(market, preset, day, _io.split(themes), _io.split(symbols), everyone, top)
    if csv is not None:
        _io.write_csv(csv, found.table)
    if as_json:
        _io.emit_json(
            {**vars(found), "table": found.table.reset_index().to_dict("records"), "screen": preset}
        )
        return
    _show(preset.title, found)


def _show(title: str, found: Screen) -> None:
    _io.line(f"{title}, after the close of {_io.cell(found.day)}")
    _io.line()
    if len(found.table):
        names = list(found.table.columns)
        right = [name for name in names if name not in TEXTS]
        cells = found.table.reset_index().to_dict("records")
        _io.table(
            ["symbol", *names], [[row["symbol"], *(_words(n, row[n]) for n in names)] for row in cells], right
        )
        _io.line()
    _io.line(
        f"{found.passed} of {found.listed} listed shares pass ({found.asked} asked); "
        f"{found.unknown} cannot be judged for want of data"
    )
    for note in found.notes:
        _io.line(f"- {note}")


def _found(
    market: Source,
    preset: Preset,
    day: dt.date | None,
    themes: list[str],
    symbols: list[str],
    everyone: bool,
    top: int | None,
) -> Screen:
    import pandas as pd

    from screener import universe
    from screener.data.sources.base import canonical
    from screener.screen import screen as run

    loaded = universe.load_all(themes or universe.DEFAULT_THEMES)
    asked = market.symbols if everyone else canonical(symbols) if symbols else None
    return run(market, preset, None if day is None else pd.Timestamp(day), asked, loaded, top)


def _preset(what: str | None, sort: str | None, ascending: bool, show: list[str]) -> Preset:
    """Return the preset of a name, or one made of an expression, with what was asked on top."""
    import dataclasses

    from screener import workspace
    from screener.screen import COLUMNS, Preset, load_presets, parse

    presets = load_presets()
    if wrong := [name for name in show if name not in COLUMNS]:
        raise SpecError(*(f"--show: {name} is no column; {nearest(name, COLUMNS)}" for name in wrong))
    if sort:
        parse(sort, COLUMNS)
    if what in presets:
        base = presets[what]
    elif what and workspace.is_name(what) and what not in COLUMNS:
        raise SpecError(
            f"{what} is no preset; {nearest(what, presets)}, or give an expression such as 'pe_ttm < 40'"
        )
    else:
        base = Preset(title=what or "All shares", where=what or "")
        if what:
            parse(what, COLUMNS)
    return dataclasses.replace(
        base,
        sort=sort or base.sort,
        ascending=ascending or (base.ascending and not sort),
        show=(*base.show, *show),
    )


def _explain(as_json: bool) -> None:
    from screener.screen import COLUMNS, load_presets
    from screener.screen.expression import FUNCTIONS

    presets = load_presets()
    if as_json:
        _io.emit_json(
            {
                "columns": {name: column.says for name, column in COLUMNS.items()},
                "functions": {name: function.says for name, function in FUNCTIONS.items()},
                "presets": presets,
            }
        )
        return
    _io.table(("column", "meaning"), [(name, column.says) for name, column in COLUMNS.items()])
    _io.line()
    _io.table(("function", "meaning"), [(name, function.says) for name, function in FUNCTIONS.items()])
    _io.line()
    _io.table(("preset", "title", "where"), [(name, p.title, p.where) for name, p in presets.items()])


def _words(name: str, value: Any) -> object:
    """Write fractions as percent and large sums with separators."""
    if not isinstance(value, float) or value != value:
        return value
    if name in FLAGS:
        return "yes" if value else "no"
    if name in LARGE:
        return f"{value / 1e8:,.1f} x 100m"
    if name == "sessions_listed":
        return f"{value:,.0f}"
    return f"{value:.1%}" if any(part in name for part in PERCENT) else f"{value:,.2f}"
