"""`screener review`: what the market did over a window, as the weekly reviews print it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.cli import _io, _live, _prices
from screener.errors import nearest

if TYPE_CHECKING:
    from screener.screen.review import Review

COLUMNS = ("name", "return", "year_to_date", "market_cap", "pe_ttm", "pe_percentile", "ps_ttm", "theme")

MULTIPLES = (
    "theme", "multiple", "counted", "value", "median", "percentile", "premium", "percentile of premium"
)  # fmt: skip


def review(
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="The close before the window.")],
    end: Annotated[str, typer.Option("--to", metavar="DATE", help="The last close.")],
    themes: Annotated[
        list[str] | None,
        typer.Option("--themes", metavar="A,B", help="Groups; default the five of the chain."),
    ] = None,
    symbols: Annotated[
        list[str] | None, typer.Option("--symbols", metavar="X,Y", help="These shares.")
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Every share of the source.")] = False,
    adjust: Annotated[
        str,
        typer.Option(metavar="NAME", help="total (dividends reinvested), report (as brokers print), raw."),
    ] = "total",
    membership: Annotated[str, typer.Option(metavar="NAME", help="published or hindsight.")] = "published",
    top: Annotated[int, typer.Option(min=1, help="So many leaders and laggards.")] = 5,
    source: _prices.Prices = None,
    variant: _prices.Variant = "null",
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    as_json: _io.AsJson = False,
) -> None:
    """Review a window: indices, breadth, leaders and laggards, groups, and a table of the shares."""
    checks = _io.Checks()
    first, last = checks.value(_io.date, "--from", start), checks.value(_io.date, "--to", end)
    if adjust not in ("total", "report", "raw"):
        checks.problems.append(f"--adjust={adjust}: {nearest(adjust, ('total', 'report', 'raw'))}")
    if membership not in ("published", "hindsight"):
        checks.problems.append(
            f"--membership={membership}: {nearest(membership, ('published', 'hindsight'))}"
        )
    if symbols and everyone:
        checks.problems.append("give one of --symbols and --all")
    checks.settle()
    import pandas as pd

    from screener import universe
    from screener.data.sources.base import canonical
    from screener.screen.review import review as run

    days = pd.Timestamp(first), pd.Timestamp(last)
    with _prices.market(source, variant, allow_suspect, offline) as market:
        loaded = universe.load_all(_io.split(themes) or universe.DEFAULT_THEMES)
        asked = market.symbols if everyone else canonical(_io.split(symbols)) if symbols else None
        found = run(market, *days, loaded, asked, adjust, membership)
    if as_json:
        parts = {name: getattr(found, name).reset_index(names="symbol").to_dict("records")
                 for name in ("indices", "groups", "table")}  # fmt: skip
        parts["multiples"] = found.multiples.to_dict("records")
        _io.emit_json({**vars(found), **parts, "adjust": adjust})
        return
    _show(found, top)


def _show(found: Review, top: int) -> None:
    _io.line(f"From the close of {found.first:%Y-%m-%d} to the close of {found.last:%Y-%m-%d}")
    _io.line()
    rows = [
        (s, r["title"], _percent(r["return"]), _percent(r["against"])) for s, r in found.indices.iterrows()
    ]
    _io.table(("index", "title", "return", "against the first"), rows, right=("return", "against the first"))
    _io.line()
    count = found.breadth
    _io.line(
        f"{count['up']} up, {count['down']} down, {count['flat']} flat of {count['counted']}, median "
        f"{_percent(count['median'])}; left out (ST, delisting, Beijing, no price): {count['left_out']}"
    )
    _io.line()
    groups = [(name, int(r["shares"]), _percent(r["mean"]), _percent(r["median"]), int(r["up"]))
              for name, r in found.groups.iterrows()]  # fmt: skip
    _io.table(("theme", "shares", "mean", "median", "up"), groups, right=("shares", "mean", "median", "up"))
    _show_multiples(found)
    known = found.table.dropna(subset=["return"])
    for title, part in (("Leaders", known.head(top)), ("Laggards", known.tail(top)[::-1])):
        _io.line()
        _io.line(title)
        cells = [[symbol, *(_words(name, row[name]) for name in COLUMNS)] for symbol, row in part.iterrows()]
        _io.table(("symbol", *COLUMNS), cells, right=COLUMNS[1:7])
    _io.line()
    for note in found.notes:
        _io.line(f"- {note}")


def _show_multiples(found: Review) -> None:
    """Print what the groups cost, unless nothing is known of any."""
    if found.multiples["value"].isna().all():
        return
    _io.line()
    rows = [
        (
            row.theme,
            row.multiple,
            f"{row.counted} of {row.shares}",
            *(_figure(value) for value in (row.value, row.median)),
            _ranked(row.percentile, row.years),
            _figure(row.premium, 2),
            _ranked(row.premium_percentile, row.premium_years),
        )
        for row in found.multiples.itertuples(index=False)
    ]
    _io.table(MULTIPLES, rows, right=MULTIPLES[2:])


def _figure(value: float, digits: int = 1) -> str:
    return "" if value != value else f"{value:,.{digits}f}"


def _ranked(rank: float, years: float) -> str:
    """Write a percentile with the years that it rests on; years alone say why there is none."""
    told = f"{years:.1f} y" if years else ""
    return told if rank != rank else f"{rank:.1%} of {told}"


def _percent(value: float) -> str:
    return "" if value != value else f"{value:+.2%}"


def _words(name: str, value: Any) -> object:
    if not isinstance(value, float) or value != value:
        return value
    if name in ("return", "year_to_date"):
        return _percent(value)
    if name == "market_cap":
        return f"{value / 1e8:,.0f} x 100m"
    return f"{value:.1%}" if name == "pe_percentile" else f"{value:,.1f}"
