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
Drivers = Annotated[
    list[str] | None,
    typer.Option("--driver", metavar="NAME", help=f"A driver to refresh, again for more; default {DRIVER}."),
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
    driver: Drivers = None,
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
    folder = _live.place()
    drivers = _drivers(driver, capex, bool(symbols))
    request = _request(symbols, themes, all_themes, since, provider, drivers)
    from screener.data.live import base
    from screener.data.update import clock, run

    source = base.provider(provider, clock.now)
    with _live.bar(quiet) as progress:
        summary = run.update(folder, request, source, slow=slow, now=clock.now, progress=progress)
    summary.capex += _compared(folder, drivers)
    if as_json:
        _io.emit_json(summary.as_dict())
    else:
        for text in summary.lines():
            _io.line(text)
    if summary.exit_code:
        sys.stdout.flush()
        raise typer.Exit(summary.exit_code)


@app.command()
def accept(
    symbol: Annotated[str, typer.Argument(help="A share, in any common spelling.")],
    day: Annotated[
        str | None, typer.Option("--day", metavar="DATE", help="The bar of this day only.")
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="TEXT", help="Vouch for the bars; say why they are right."),
    ] = None,
    as_json: _io.AsJson = False,
) -> None:
    """Show what of a share was refused or, with --reason, vouch for it: the next update lets it in."""
    store, name, when = _store(), *_named(symbol, day)
    from screener.data.update.vouch import listed, vouch

    rows = listed(store, name, when) if reason is None else vouch(store, name, when, reason)
    if as_json:
        _io.emit_json([row._asdict() for row in rows])
        return
    for row in rows:
        _io.line(f"{name} {row.line()}")
    if not rows:
        _io.line(f"{name}: nothing of it lies in quarantine")


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
        _io.line(_verdict(store, len(wrong)))
    if wrong:
        sys.stdout.flush()
        raise typer.Exit(2)


@app.command()
def export(folder: Folder, symbols: Names = None) -> None:
    """Write the folder of files that --source reads, the same bytes for the same data."""
    store = _store()
    digest = store.export(folder, _io.split(symbols) or None)
    _io.line(f"{folder}: exported; as a source of prices it has the hash {digest[:12]}")


@app.command("import")
def import_(folder: Folder, as_json: _io.AsJson = False) -> None:
    """Read a folder of the form that `export` writes into the store, all of it or nothing."""
    from screener.data.store import import_folder, open_or_new

    place = _live.place()
    if not folder.expanduser().is_dir():
        raise SpecError(f"{folder}: is not a folder; give one with prices*.parquet and what goes with it")
    if not list(folder.expanduser().glob("prices*.parquet")):
        raise SpecError(f"{folder}: holds no prices*.parquet; nothing was imported")
    done = import_folder(open_or_new(place), folder)
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
    drivers: tuple[str, ...],
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
    names = _io.split(symbols)
    found = checks.value(canonical, names) if symbols else checks.value(_members, themes, all_themes)
    entities = [checks.value(_entities, name) for name in drivers]
    checks.settle()
    return Request(
        symbols=tuple(found),
        since=pd.Timestamp(first),
        indices=tuple(market.INDICES),
        tickers=tuple(sorted({entity for own in entities for entity in own})),
        named=bool(symbols),
    )


def _members(themes: list[str] | None, all_themes: bool) -> list[str]:
    """Return the members of themes, those of weight 0 among them."""
    from screener import universe

    chosen = _io.split(themes)
    if themes and not chosen:
        raise SpecError("no themes were asked for; name at least one, for example optical, or leave it out")
    names = list(workspace.listing("universes")) if all_themes else chosen or universe.DEFAULT_THEMES
    return sorted({member.symbol for theme in universe.load_all(names) for member in theme.members})


def _drivers(names: list[str] | None, capex: bool | None, named: bool) -> tuple[str, ...]:
    """Return the drivers to refresh: those that are named, else the default one unless shares are named."""
    if names and capex is False:
        raise SpecError("--driver and --no-capex: give one of them")
    wanted = bool(names) or (not named if capex is None else capex)
    return tuple(dict.fromkeys(_io.split(names) or [DRIVER])) if wanted else ()


def _entities(driver: str) -> list[str]:
    """Return the companies of a driver that tells what statements tell, cash."""
    from screener.cycle.driver import SIGNED, load_driver

    rows = load_driver(driver).select(DEFINITION)
    if driver.endswith(SIGNED):  # its cash is earned, not spent
        raise SpecError(f"--driver={driver} holds operating cash flow; give one of capital expenditure")
    return sorted(rows["entity"].unique())


def _compared(folder: Path, drivers: tuple[str, ...]) -> list[str]:
    """Say how the driver files stand to the statements that were fetched."""
    if not drivers:
        return []
    from screener.cycle.driver import load_driver
    from screener.data.sources import default_source
    from screener.data.store import open_store
    from screener.data.update.capex import compare

    if default_source() != "store":  # interrupted before anything was kept
        return []
    store = open_store(folder)
    return [line for name in drivers for line in compare(store, load_driver(name).select(DEFINITION), name)]


def _store() -> Store:
    """Open the user's store; one that is not there is a matter of the order of commands."""
    from screener.data.store import open_store
    from screener.data.update import clock

    folder = _live.place()
    if _live.is_vacant(folder):
        raise SpecError(_live.no_store())
    return open_store(folder, now=clock.now)


def _verdict(store: Store, wrong: int) -> str:
    """Say in a line what a check of the whole store found."""
    if wrong:
        return f"{wrong} finding" if wrong == 1 else f"{wrong} findings"
    return "The store is sound" if store.entries else f"{store.folder}: the store holds nothing yet"


def _remarks(found: dict[str, Any]) -> list[str]:
    """Say what is old, suspect, vouched for or set aside."""
    lines = []
    if found["behind"]:
        lines.append(
            f"{found['behind']} sessions are over since {found['newest']}: run `screener data update`"
        )
    if found["stale"]:
        lines.append(f"Older than {found['newest']}: {', '.join(found['stale'])}")
    if found["never"]:
        lines.append(f"Asked for by the last update, but never arrived: {', '.join(found['never'])}")
    lines += [f"Suspect: {name}: {why}" for name, why in found["suspects"].items()]
    lines += [f"Vouched for: {_word(word)}" for word in found["vouched"]]
    if found["quarantined"]:
        lines.append(f"Quarantine holds {found['quarantined']} refused tables")
    return lines or ["Nothing is old, suspect or in quarantine"]


def _word(word: dict[str, Any]) -> str:
    return f"{word['symbol']} {word['day']}, close {word['close']:.2f}: {word['reason']} ({word['when']})"


def _named(symbol: str, day: str | None) -> tuple[str, Any]:
    """Read a share and a day; all that is wrong in them is said at once."""
    import pandas as pd

    from screener.market.symbols import normalise

    checks = _io.Checks()
    name, when = checks.value(normalise, symbol), checks.value(_io.date, "--day", day)
    checks.settle()
    return name, None if when is None else pd.Timestamp(when)
