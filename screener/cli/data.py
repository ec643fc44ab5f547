"""`screener data`: fetch prices and facts into the store, look into it, check it, take it elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener import workspace
from screener.cli import _io, _live
from screener.errors import SpecError, nearest

if TYPE_CHECKING:
    from screener.data.store import Store
    from screener.data.update.desk import Request

COLUMNS = ("kind", "tables", "rows", "first", "last", "source", "fetched")
DRIVER, DEFINITION = "hyperscaler-capex", "cash"

app = typer.Typer(help="Fetch prices and facts into the store, look into it, check it.", **_io.STYLE)

Folder = Annotated[Path, typer.Argument(help="A folder.")]
Names = Annotated[
    list[str] | None, typer.Option("--symbols", metavar="X,Y", help="Shares, in any common spelling.")
]
ThemeNames = Annotated[
    list[str] | None,
    typer.Option("--themes", metavar="A,B", help="Members of themes; default the five of the compute chain."),
]
AllThemes = Annotated[bool, typer.Option("--all-themes", help="Members of every theme there is.")]
Since = Annotated[str, typer.Option(metavar="DATE", help="First day of the histories.")]
Source = Annotated[str, typer.Option(metavar="NAME", help="Where to ask: akshare or baostock.")]
Capex = Annotated[
    bool | None,
    typer.Option("--capex/--no-capex", help="Refresh the driver's companies; on unless --symbols is given."),
]
Slow = Annotated[bool, typer.Option("--slow", help="Ask at a third of the pace; needed beyond 200 shares.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]


@app.callback()
def data() -> None:
    """Fetch prices and facts into the store, look into it, check it."""


@app.command()
def update(
    symbols: Names = None,
    themes: ThemeNames = None,
    all_themes: AllThemes = False,
    since: Since = "2015-01-01",
    provider: Source = "akshare",
    capex: Capex = None,
    slow: Slow = False,
    offline: _live.Offline = False,
    quiet: Quiet = False,
    as_json: _io.AsJson = False,
) -> None:
    """Fetch what is new into the store; it may be stopped at any time and goes on where it was."""
    _live.refuse_offline(offline, "screener data update")
    chosen = [
        name
        for name, given in (("--symbols", symbols), ("--themes", themes), ("--all-themes", all_themes))
        if given
    ]
    if len(chosen) > 1:
        raise SpecError(f"{' and '.join(chosen)}: give one of them")
    folder = workspace.store()
    request = _request(symbols, themes, all_themes, since, provider, not symbols if capex is None else capex)
    from screener.data.live import base
    from screener.data.update import clock, run

    source = base.provider(provider, clock.now)
    with _live.bar(quiet) as progress:
        summary = run.update(folder, request, source, slow=slow, now=clock.now, progress=progress)
    summary.capex += _compared(folder, request)
    if as_json:
        _io.emit_json(summary.as_dict())
    else:
        for text in summary.lines():
            _io.line(text)
    if summary.exit_code:
        sys.stdout.flush()
        raise typer.Exit(summary.exit_code)


@app.command()
def status(as_json: _io.AsJson = False) -> None:
    """Say what the store holds, from when, from where, and what in it is old or suspect."""
    store = _store()
    from screener.data.store.report import summarise
    from screener.data.update.clock import sessions_behind

    found = summarise(store)
    found["behind"] = sessions_behind(found["newest"])
    if as_json:
        _io.emit_json(found)
        return
    _io.line(f"{found['folder']}: {found['bytes'] / 1e6:,.1f} MB, digest {found['digest'][:12]}")
    _io.line()
    _io.table(COLUMNS, [[row[name] for name in COLUMNS] for row in found["kinds"]], right=("tables", "rows"))
    _io.line()
    for text in _remarks(found):
        _io.line(text)


@app.command()
def verify(as_json: _io.AsJson = False) -> None:
    """Check every file, hash and contract of the store, and name where sources disagree.

    Exit code 2 if a file or a table is wrong; that two sources disagree is no such fault.
    """
    from screener.data.update.differences import differences

    store = _store()
    found = store.verify()
    wrong = [finding for finding in found if not finding.harmless]
    apart = [] if wrong else differences(store)
    if as_json:
        _io.emit_json({"findings": [finding._asdict() for finding in found], "differences": apart})
    else:
        for text in apart:
            _io.line(f"sources disagree: {text}")
        for finding in found:
            mark = "harmless: " if finding.harmless else ""
            _io.line(
                f"{mark}{finding.file or finding.kind}: {finding.problem.removeprefix(finding.file + ': ')}"
            )
        _io.line(f"{len(wrong)} findings" if wrong else "The store is sound")
    if wrong:
        sys.stdout.flush()
        raise typer.Exit(2)


@app.command()
def export(folder: Folder, symbols: Names = None) -> None:
    """Write the folder of files that --source reads, the same bytes for the same data."""
    store = _store()
    digest = store.export(folder, _split(symbols) or None)
    _io.line(f"{folder}: exported; as a source of prices it has the hash {digest[:12]}")


@app.command("import")
def import_(folder: Folder, as_json: _io.AsJson = False) -> None:
    """Read a folder of the form that `export` writes into the store, all of it or nothing."""
    from screener.data.store import import_folder, open_store

    if not folder.expanduser().is_dir():
        raise SpecError(f"{folder}: is not a folder; give one with prices*.parquet and what goes with it")
    if not list(folder.expanduser().glob("prices*.parquet")):
        raise SpecError(f"{folder}: holds no prices*.parquet; nothing was imported")
    done = import_folder(open_store(workspace.store(), create=True), folder)
    if as_json:
        _io.emit_json({"tables": done.tables, "notes": done.notes})
        return
    counted = ", ".join(f"{number} {kind}" for kind, number in done.tables.items()) or "nothing new"
    for text in (*done.notes, f"{folder}: imported {counted}"):
        _io.line(text)


@app.command()
def sql(
    query: Annotated[
        str, typer.Argument(help="One SELECT; the kinds of `screener data status` are its tables.")
    ],
    as_json: _io.AsJson = False,
) -> None:
    """Answer a question in SQL over the store."""
    found = _store().sql(query)
    rows = found.to_dict("records")
    if as_json:
        _io.emit_json(rows)
    elif rows:
        _io.table(list(found.columns), [list(row.values()) for row in rows])
    else:
        _io.line("No rows.")


def _request(
    symbols: list[str] | None,
    themes: list[str] | None,
    all_themes: bool,
    since: str,
    provider: str,
    capex: bool,
) -> Request:
    """Read the options; all that is wrong in them is said at once."""
    import pandas as pd

    from screener.data.live.base import PROVIDERS
    from screener.data.sources.base import canonical
    from screener.data.update import clock, market
    from screener.data.update.desk import Request
    from screener.market import calendar

    checks = _io.Checks()
    first = checks.value(_io.date, "--since", since)
    if first is not None and first > clock.now().date():
        checks.problems.append(f"--since={since} lies in the future; give a day of the past")
    elif first is not None:
        checks.value(calendar.on_or_after, first)
    if provider not in PROVIDERS:
        checks.problems.append(f"--provider={provider} is not known; {nearest(provider, PROVIDERS)}")
    names = _split(symbols)
    found = checks.value(canonical, names) if symbols else checks.value(_members, _split(themes), all_themes)
    checks.settle()
    return Request(
        symbols=tuple(found),
        since=pd.Timestamp(first),
        indices=tuple(market.INDICES),
        tickers=_tickers() if capex else (),
        named=bool(symbols),
    )


def _members(themes: list[str], all_themes: bool) -> list[str]:
    """Return the members of themes, those of weight 0 among them."""
    from screener import universe

    names = list(workspace.listing("universes")) if all_themes else themes or universe.DEFAULT_THEMES
    return sorted({member.symbol for theme in universe.load_all(names) for member in theme.members})


def _tickers() -> tuple[str, ...]:
    from screener.cycle.driver import load_driver

    return load_driver(DRIVER).entities


def _compared(folder: Path, request: Request) -> list[str]:
    """Say how the driver file stands to the statements that were fetched."""
    if not request.tickers:
        return []
    from screener.cycle.driver import load_driver
    from screener.data.sources import default_source
    from screener.data.store import open_store
    from screener.data.update.capex import compare

    if default_source() != "store":  # interrupted before anything was kept
        return []
    return compare(open_store(folder), load_driver(DRIVER).select(DEFINITION), DRIVER)


def _store() -> Store:
    """Open the user's store; one that is not there is a matter of the order of commands."""
    from screener.data.store import open_store

    folder = workspace.store()
    if not folder.exists():
        raise SpecError(_live.no_store())
    return open_store(folder)


def _remarks(found: dict[str, Any]) -> list[str]:
    """Say what is old, suspect or set aside."""
    lines = []
    if found["behind"]:
        lines.append(
            f"{found['behind']} sessions are over since {found['newest']}: run `screener data update`"
        )
    if found["stale"]:
        lines.append(f"Older than {found['newest']}: {', '.join(found['stale'])}")
    lines += [f"Suspect: {name}: {why}" for name, why in found["suspects"].items()]
    if found["quarantined"]:
        lines.append(f"Quarantine holds {found['quarantined']} refused tables")
    return lines or ["Nothing is old, suspect or in quarantine"]


def _split(texts: list[str] | None) -> list[str]:
    return [name for text in texts or () for part in text.split(",") if (name := part.strip())]
