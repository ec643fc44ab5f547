"""`screener universe index`: a theme as an index, and how healthy and how crowded it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.cli import _io, _live, _prices
from screener.errors import nearest

if TYPE_CHECKING:
    from screener.screen.theme_index import ThemeIndex
    from screener.universe import Theme

PERCENT = ("above_mean", "rising", "largest", "top_three", "share", "share_percentile", "turnover",
           "turnover_percentile", "from_high")  # fmt: skip


def index(
    theme: Annotated[str, typer.Argument(help="Name of a theme, or path of a theme file.")],
    weights: Annotated[str, typer.Option(metavar="NAME", help="equal, cap (all shares) or float.")] = "equal",
    cap: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="Largest weight of a name at a review.")
    ] = 1.0,
    review: Annotated[str, typer.Option(metavar="NAME", help="monthly, quarterly or yearly.")] = "quarterly",
    buffer: Annotated[
        float,
        typer.Option(min=0.0, max=0.9, help="Names within this fraction of their target are left alone."),
    ] = 0.0,
    membership: Annotated[str, typer.Option(metavar="NAME", help="published or hindsight.")] = "published",
    end: Annotated[
        str | None, typer.Option("--end", metavar="DATE", help="Last session; default of the source.")
    ] = None,
    source: _prices.Prices = None,
    variant: _prices.Variant = "null",
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the index by day as CSV.")
    ] = None,
    as_json: _io.AsJson = False,
) -> None:
    """Show a theme's total-return index, and its breadth, concentration, liquidity and crowding."""
    checks = _io.Checks()
    day = checks.value(_io.date, "--end", end)
    for name, value, allowed in (
        ("--weights", weights, ("equal", "cap", "float")),
        ("--review", review, ("monthly", "quarterly", "yearly")),
        ("--membership", membership, ("published", "hindsight")),
    ):
        if value not in allowed:
            checks.problems.append(f"{name}={value}: {nearest(value, allowed)}")
    checks.settle()
    import pandas as pd

    from screener import universe
    from screener.screen.theme_index import theme_index_of

    loaded = universe.load(theme)
    last = None if day is None else pd.Timestamp(day)
    with _prices.market(source, variant, allow_suspect, offline) as market:
        found = theme_index_of(market, loaded, weights, membership, cap, review, buffer, last)
    if csv is not None:
        _io.write_csv(csv, found.level.dropna().to_frame())
    level = found.level.dropna()
    if as_json:
        _io.emit_json(
            {
                "theme": loaded.id,
                "membership": membership,
                "level": {f"{day:%Y-%m-%d}": value for day, value in level.items()},
                "weights": found.weights.iloc[-1].to_dict(),
                "health": found.health,
                "crowding": found.crowding,
                "published": found.published,
                "notes": found.notes,
                "sha256": found.sha256,
            }
        )
        return
    _show(loaded, found, f"{weights} weight, {review} review", membership)


def _show(loaded: Theme, found: ThemeIndex, how: str, membership: str) -> None:
    level = found.level.dropna()
    label = "" if membership == "published" else "; in HINDSIGHT: nobody had named these names then"
    years = (level.index[-1] - level.index[0]).days / 365.25
    rate = f", {level.iloc[-1] ** (1.0 / years) - 1.0:+.1%} a year" if years >= 1.0 else ""
    span = f"{level.index[0]:%Y-%m-%d} to {level.index[-1]:%Y-%m-%d}"
    _io.line(f"{_io.titles(loaded)}, total return without costs{label}")
    _io.line(f"{how}, {span}: {level.iloc[-1] - 1.0:+.1%}{rate}")
    _io.line(f"Three members published: {_io.cell(found.published) or 'never'}")
    _io.line()
    rows = [*found.health.items(), *(("crowding: " + name, value) for name, value in found.crowding.items())]
    shown = [(name, _words(name, value)) for name, value in rows if name != "starts"]
    _io.table(("measure", "value"), shown, right=("value",))
    _io.line()
    starts = found.health.get("starts", {})
    _io.line("First bars: " + ", ".join(f"{name} {day:%Y-%m-%d}" for name, day in starts.items()))
    for note in found.notes:
        _io.line(f"- {note}")


def _words(name: str, value: Any) -> object:
    """Write fractions as percent, money in 100 million."""
    if value is None:
        return "unknown"
    key = name.removeprefix("crowding: ")
    if key in PERCENT:
        return f"{value:.1%}"
    if key in ("amount", "thinnest"):
        return f"{value / 1e8:,.2f} x 100m"
    return f"{value:.2f}" if isinstance(value, float) and not value.is_integer() else value
