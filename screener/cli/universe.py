"""`screener universe`: the themes and their members; making and checking them stands beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from screener.cli import _io, _universe_check, _universe_edit

NUMBERS = ("exposure", "members", "for the record")
COLUMNS = ("symbol", "name", "since", "until", "valid_from", "weight", "confidence", "report")

app = typer.Typer(help="Make, keep, check and show themes.", **_io.STYLE)


@app.command("list")
def list_(as_json: _io.AsJson = False) -> None:
    """List the themes: own ones and built-in ones."""
    from screener import workspace

    rows = [_listed(name, path) for name, path in workspace.listing("universes").items()]
    if as_json:
        _io.emit_json(rows)
    else:
        _io.table(list(rows[0]), [row.values() for row in rows], right=NUMBERS)


@app.command()
def show(
    theme: Annotated[str, typer.Argument(help="Name of a theme, or path of a theme file.")],
    as_json: _io.AsJson = False,
) -> None:
    """Show a theme: its exposure, its members, and where each comes from."""
    from screener import universe

    loaded = universe.load(theme)
    if as_json:
        _io.emit_json(loaded)
        return
    _io.line(f"{_io.titles(loaded)} ({loaded.id}), {loaded.stage}")
    if loaded.note.strip():
        _io.line(loaded.note.strip())
    if loaded.exposure:
        belief = loaded.exposure
        _io.line(f"Exposure to {loaded.driver}: {belief.value:+g} (stated {belief.date}). {belief.reason}")
    _io.line()
    _io.table(COLUMNS, [_row(member) for member in loaded.members], right=("weight",))
    for member in loaded.members:
        for former in member.former:
            _io.line(f"{member.symbol} {member.name} was called {former.name} until {former.until}.")


def _listed(name: str, path: Path) -> dict[str, Any]:
    """Return the line of a theme; one that does not load is named all the same, and hides no other."""
    from screener import universe, workspace
    from screener.errors import UniverseError

    try:
        theme = universe.load(name)
    except UniverseError:
        title = "does not load; see `universe check`"
        row = dict.fromkeys(("stage", *NUMBERS, "published"))
        origin = workspace.origin("universes", path)
        return {"theme": name, "title": title, "title_zh": "", **row, "from": origin}
    return {
        "theme": theme.id,
        "title": theme.title,
        "title_zh": theme.title_zh,
        "stage": theme.stage,
        "exposure": theme.exposure.value if theme.exposure else None,
        "members": len(theme.counted),
        "for the record": len(theme.members) - len(theme.counted),
        "published": universe.publication(theme),
        "from": workspace.origin("universes", path),
    }


def _row(member: Any) -> list[object]:
    """Return a member's cells; the report is named by its number."""
    report = member.source.report if member.source else None
    return [report if name == "report" else getattr(member, name) for name in COLUMNS]


app.command()(_universe_edit.new)
app.command()(_universe_edit.add)
app.command()(_universe_edit.remove)
app.command("import")(_universe_edit.import_)
app.command()(_universe_check.check)
app.command()(_universe_check.overlap)
app.command()(_universe_check.suggest)
