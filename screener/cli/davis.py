"""`screener davis`: how much of a theme's return came from earnings, how much from the multiple."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from screener.cli import _io, _live, _prices
from screener.errors import SpecError

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("total", "earnings", "multiple")


def davis(
    theme: Annotated[str, typer.Argument(help="Name of a theme, or path of a theme file.")],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="The close before the window.")],
    end: Annotated[str, typer.Option("--to", metavar="DATE", help="The last close.")],
    source: _prices.Prices = None,
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    as_json: _io.AsJson = False,
) -> None:
    """Split the return of a theme's shares into the change of earnings and that of the multiple."""
    checks = _io.Checks()
    begin, stop = checks.value(_io.date, "--from", start), checks.value(_io.date, "--to", end)
    checks.settle()
    import pandas as pd

    from screener import universe
    from screener.market import calendar
    from screener.screen.davis import davis as run

    loaded = universe.load(theme)
    first, last = (calendar.on_or_before(pd.Timestamp(day)) for day in (begin, stop))
    with _prices.market(source, allow_suspect=allow_suspect, offline=offline) as market:
        low, high = market.span()
        if not low <= first < last <= high:
            raise SpecError(
                f"--from and --to must be two sessions in order from {low:%Y-%m-%d} to {high:%Y-%m-%d}"
            )
        panel = market.panel([member.symbol for member in loaded.counted], end=last)
        valuation = market.valuation(panel.symbols)
        found = run(panel, valuation, first, last)
    if as_json:
        rows = found.table.reset_index(names="symbol").to_dict("records")
        _io.emit_json({"table": rows, "mean": found.mean.to_dict(), "left_out": found.left_out})
        return
    if found.table.empty:
        raise SpecError(
            f"{loaded.id}: no member has a PE above 0 on both {first:%Y-%m-%d} and {last:%Y-%m-%d}",
            _span(valuation),
            *(f"{symbol}: {why}" for symbol, why in found.left_out.items()),
        )
    _io.line(f"{_io.titles(loaded)}, {first:%Y-%m-%d} to {last:%Y-%m-%d}; changes in logarithms")
    _io.line()
    rows = [
        [s, r["name"], *(f"{r[part]:+.3f}" for part in PARTS), r["quadrant"]]
        for s, r in found.table.iterrows()
    ]
    rows.append(["mean", "", *(f"{found.mean[part]:+.3f}" for part in PARTS), ""])
    _io.table(("symbol", "name", *PARTS, "quadrant"), rows, right=PARTS)
    _io.line()
    double = int((found.table["quadrant"] == "double up").sum())
    _io.line(f"{double} of {len(found.table)} with both parts up; members of today's list, so in HINDSIGHT")
    for symbol, why in found.left_out.items():
        _io.line(f"- {symbol} is left out: {why}")


def _span(valuation: pd.DataFrame) -> str:
    """Say from when to when the source values the shares."""
    known = valuation.dropna(subset=["pe_ttm"]) if "pe_ttm" in valuation else valuation[:0]
    if known.empty:
        return "The source has no PE of them"
    return f"The source has PE from {known['date'].min():%Y-%m-%d} to {known['date'].max():%Y-%m-%d}"
