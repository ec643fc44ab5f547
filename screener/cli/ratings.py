"""`screener ratings`: what became of ratings, by band; `review` asks for a window, this for a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.cli import _io, _live, _prices

if TYPE_CHECKING:
    from screener.study.ratings import Scorecard

COLUMNS = ("date", "subject", "name", "rating", "months", "first", "last", "excess", "band", "result", "why")
RATES = ("rating", "months", "due", "hits", "above", "below", "rate", "mean_excess", "open", "unknown")


def ratings(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="CSV or TOML with date, symbol or theme, rating; default what the five reports rated.",
            show_default=False,
        ),
    ] = None,
    benchmark: Annotated[
        str | None, typer.Option(metavar="SYMBOL", help="Default CSI 300, by which the bands are stated.")
    ] = None,
    source: _prices.Prices = None,
    variant: _prices.Variant = "null",
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    as_json: _io.AsJson = False,
) -> None:
    """Hold ratings against the excess returns 6 and 12 months after their publication."""
    from screener.study.rating_file import REPORTS, read_ratings
    from screener.study.ratings import score

    rated = read_ratings(file or REPORTS)
    with _prices.market(source, variant, allow_suspect, offline) as market:
        found = score(market, rated, benchmark)
    if as_json:
        _io.emit_json(found)
        return
    _show(found)


def _show(found: Scorecard) -> None:
    rows = [
        [_signed(row[name]) if name == "excess" else row[name] for name in COLUMNS]
        for row in found.table.to_dict("records")
    ]
    _io.table(COLUMNS, rows, right=("months", "excess"))
    _io.line()
    cells = [
        [row[name] if name not in ("rate", "mean_excess") else _shown(name, row[name]) for name in RATES]
        for row in found.rates.to_dict("records")
    ]
    _io.table(RATES, cells, right=RATES[1:])
    _io.line()
    for note in found.notes:
        _io.line(f"- {note}")


def _shown(name: str, value: float) -> str:
    return _signed(value) if name == "mean_excess" else "" if value != value else f"{value:.0%}"


def _signed(value: float) -> str:
    return "" if value != value else f"{value:+.2%}"
