"""`screener universe check`, `overlap` and `suggest`: what there is to say about themes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.cli import _io, _prices

if TYPE_CHECKING:
    import pandas as pd

    from screener.screen.check import Told
    from screener.universe.theme import Theme

MILLION = 1e6


def check(
    themes: Annotated[
        list[str] | None, typer.Argument(metavar="[THEME|FILE]...", help="Default: your own, else all.")
    ] = None,
    source: _prices.Shares = None,
    as_json: _io.AsJson = False,
) -> None:
    """Say all that is wrong with themes, and what is worth a second look; only errors give exit code 2."""
    from screener.screen.check import check_theme
    from screener.screen.listing import listing_of

    paths = _paths(themes or [])
    market = _prices.listing(source)
    listing = listing_of(market)
    told = [one for path in paths for one in check_theme(path, listing if len(listing) else None)]
    if as_json:
        known = {"source": market.spec.kind if len(listing) else None, "shares": len(listing)}
        _io.emit_json({"checked": [path.stem for path in paths], **known, "findings": list(map(_row, told))})
    else:
        _print(paths, told, listing)
    if any(one.level == "error" for one in told):
        raise typer.Exit(2)


def overlap(
    themes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[THEME]...", help="Against each other; one, or none: also your own and the five."
        ),
    ] = None,
    as_json: _io.AsJson = False,
) -> None:
    """Count the shares that themes have in common, and list those in several."""
    from screener import universe

    names = themes or []
    if len(names) < 2:  # one alone is held against the others
        names = list(dict.fromkeys([*names, *_whole(_own()), *universe.DEFAULT_THEMES]))
    loaded = universe.load_all(names)
    counts, shared = universe.overlap(loaded), _shared(loaded)
    if as_json:
        _io.emit_json({"overlap": counts.to_dict("index"), "shared": shared})
        return
    rows = [[name, *row] for name, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)]
    _io.table(["theme", *counts.columns], rows, right=list(counts.columns))
    _io.line()
    if not shared:
        _io.line("No share stands in several of them.")
        return
    cells = [[one["symbol"], one["name"], ", ".join(one["themes"])] for one in shared]
    _io.table(["symbol", "name", "themes"], cells)


def suggest(
    theme: Annotated[str, typer.Argument(help="Name of a theme, or path of a theme file.")],
    source: _prices.Shares = None,
    top: Annotated[int, typer.Option("--top", min=1, help="So many at most, the most traded first.")] = 30,
    as_json: _io.AsJson = False,
) -> None:
    """List shares of the members' industries as peers to review: today's list, never for history."""
    from screener import universe
    from screener.screen.suggest import industries_of
    from screener.screen.suggest import suggest as find

    loaded = universe.load(theme)
    market = _prices.listing(source)
    industries = industries_of(loaded, market.industries)
    found = find(loaded, market)
    label = "today's list: never for history"
    day = _io.cell(market.span()[1])
    shown = found.head(top).reset_index()
    if as_json:
        rows = [{**row, "confidence": "peer"} for row in shown.to_dict("records")]
        _io.emit_json({"label": label, "data_until": day, "industries": industries, "peers": rows})
        return
    _io.line(f"Peers to review for {loaded.id} ({label}; data until {day}): {', '.join(industries)}")
    _io.line()
    cells = [[r.symbol, r.name, r.industry, "" if r.amount != r.amount else f"{r.amount / MILLION:,.0f}"]
             for r in shown.itertuples(index=False)]  # fmt: skip
    _io.table(["symbol", "name", "industry", "CNY million a day"], cells, right=("CNY million a day",))
    _io.line()
    if shown["amount"].isna().all():
        _io.line("They are not ranked: the source has no bars of them that may be used.")
    _io.line(f"{len(shown)} of {len(found)} shown; nothing is written. Take one over with")
    _io.line(f'  screener universe add {theme} SYMBOL --name NAME --note "why it belongs"')


def _own() -> list[str]:
    from screener import workspace

    found = workspace.listing("universes").items()
    return [name for name, path in found if workspace.origin("universes", path) == "own"]


def _whole(names: Sequence[str]) -> list[str]:
    """Return the themes that load; the others, which nobody asked for by name, are told on stderr."""
    from screener import universe
    from screener.errors import UniverseError

    found = []
    for name in names:
        try:
            found.append(universe.load(name).id)
        except UniverseError:
            _io.line(f"{name} is left out: it does not load; see `screener universe check`", to=sys.stderr)
    return found


def _paths(themes: Sequence[str]) -> list[Path]:
    """Return the files that are meant; all names that mean nothing are told at once."""
    from screener import workspace

    checks = _io.Checks()
    names = themes or _own() or list(workspace.listing("universes"))
    found = [checks.value(workspace.find, "universes", name) for name in names]
    checks.settle()
    return list(dict.fromkeys(found))


def _row(told: Told) -> dict[str, Any]:
    return {"file": told.file, "line": told.line, "level": told.level, "text": told.text}


def _print(paths: Sequence[Path], told: Sequence[Told], listing: pd.DataFrame) -> None:
    for one in told:
        _io.line(f"{one.file}:{one.line}: {one.level}: {one.text}")
    errors = sum(one.level == "error" for one in told)
    counts = (_number(len(paths), "theme"), _number(errors, "error"), _number(len(told) - errors, "warning"))
    _io.line(f"{counts[0]} checked: {counts[1]}, {counts[2]}.")
    if len(listing):
        _io.line(f"Codes, names and dates were compared with a listing of {len(listing)} shares.")
    else:
        _io.line("Codes and names were compared with no listing; give --source store or a folder.")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _shared(themes: Sequence[Theme]) -> list[dict[str, Any]]:
    """Return the counted shares of more than one theme, those of most themes first."""
    found: dict[str, dict[str, Any]] = {}
    for theme in themes:
        for member in theme.counted:
            entry = {"symbol": member.symbol, "name": member.name, "themes": []}
            found.setdefault(member.symbol, entry)["themes"].append(theme.id)
    several = [entry for entry in found.values() if len(entry["themes"]) > 1]
    return sorted(several, key=lambda entry: (-len(entry["themes"]), entry["symbol"]))
