"""`screener universe new`, `add`, `remove` and `import`: theme files of the user's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.cli import _io, _prices
from screener.errors import SpecError

if TYPE_CHECKING:
    from screener.universe.editing import Draft
    from screener.universe.exports import Export
    from screener.universe.theme import Theme

Theme_ = Annotated[str, typer.Argument(metavar="THEME", help="Name of a theme, or path of a theme file.")]
Report = Annotated[str | None, typer.Option("--report", metavar="TEXT", help="The report that names it.")]
Dated = Annotated[
    str | None, typer.Option("--date", metavar="DATE", help="Day on which the report came out.")
]


def new(
    name: Annotated[str, typer.Argument(help="Of the theme, and of its file.")],
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Default: the name.")] = None,
    title_zh: Annotated[str, typer.Option("--title-zh", metavar="TEXT", help="Title in Chinese.")] = "",
    stage: Annotated[
        str, typer.Option("--stage", metavar="WORD", help="upstream, midstream or downstream.")
    ] = "midstream",
    driver: Annotated[str | None, typer.Option("--driver", metavar="NAME", help="What drives it.")] = None,
    exposure: Annotated[
        float | None,
        typer.Option("--exposure", metavar="VALUE", help="-1 (against the driver) to 1 (with it)."),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why you believe in the exposure.")
    ] = None,
    members: Annotated[
        str, typer.Option("--members", metavar="X,Y", help="Shares, as X or X=NAME; they come in as peers.")
    ] = "",
    source: _prices.Shares = None,
) -> None:
    """Write a commented theme file into your workspace; a file that is there stays."""
    from screener.universe import editing, template

    today, checks = dt.date.today(), _io.Checks()
    fields = {"title": title or name, "title_zh": title_zh, "stage": stage}
    fields |= {"driver": driver, "exposure": exposure, "reason": reason}
    peers = _peers(checks, members, source, today)
    checks.problems += template.problems(name, fields, today)
    checks.value(_known_driver, driver)
    checks.value(_free, name, peers)
    checks.settle()
    draft = editing.new_draft(name, template.theme_text(fields, peers, today))
    if peers:
        editing.settle(draft)
    editing.write(draft)
    _io.line(f"Written: {draft.path}")
    if draft.copied_from:
        _io.line(f"It takes the place of the built-in theme {name}.")
    for member in peers:
        if member["name"] == member["symbol"]:
            _io.line(f"{member['symbol']}: its name is not known here; write it into the file.")
    if not peers:
        _io.line("It does not load yet: a member is missing. Add one in the file, or with")
        _io.line(f'  screener universe add {name} SYMBOL --name NAME --note "why it belongs"')


def add(
    theme: Theme_,
    symbol: Annotated[str, typer.Argument(help="Code of the share, in any common spelling.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Short name of the share.")],
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="First day; default that of the report.")
    ] = None,
    report: Report = None,
    date: Dated = None,
    quote: Annotated[str, typer.Option("--quote", metavar="TEXT", help="A line of the report.")] = "",
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="Remark; alone it makes a peer, and says why.")
    ] = "",
) -> None:
    """Add a member that a report named, or a peer that you chose."""
    from screener.market.symbols import normalise
    from screener.universe import editing

    checks = _io.Checks()
    begin, day = checks.value(_io.date, "--since", since), checks.value(_io.past, "--date", date)
    code = checks.value(normalise, symbol)
    given = {"--since": since, "--date": date, "--quote": quote}
    if report is None:
        checks.problems += [f"{option}: not without --report" for option, value in given.items() if value]
        if not note:
            checks.problems.append("give --report and --date, or --note for a peer that no report names")
    elif date is None:
        checks.problems.append("--report: give its --date too")
    checks.settle()
    member: dict[str, Any] = {"symbol": code, "name": name, "note": note}
    if report is None:
        member["confidence"] = "peer"
    else:
        cited = {"report": report, "date": day, "quote": quote}
        member |= {"since": begin or day, "confidence": "sure", "source": cited}
    draft = editing.open_draft(theme)
    if code in _symbols(draft):
        raise SpecError(
            f"{code} is a member of {theme} already; `universe remove` it first, or edit its file"
        )
    _keep(editing.add_members(draft, [member]), f"Added {code} {name}")


def remove(
    theme: Theme_,
    symbol: Annotated[str, typer.Argument(help="Code of the member, in any common spelling.")],
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="Keep it as a member before that day."),
    ] = None,
) -> None:
    """Take a member out of a theme, or let its membership end on a day."""
    from screener.market.symbols import normalise
    from screener.universe import editing

    checks = _io.Checks()
    day, code = checks.value(_io.date, "--until", until), checks.value(normalise, symbol)
    checks.settle()
    draft = editing.open_draft(theme)
    if day:
        _keep(editing.end_member(draft, code, day), f"{code} is no member from {day} on")
        return
    _keep(editing.remove_member(draft, code), f"Removed {code}")
    _io.line("It is gone from past days too; --until DATE would keep them.")


def import_(
    file: Annotated[Path, typer.Argument(help="CSV or Excel file with codes and names.")],
    theme: Annotated[
        str, typer.Option("--theme", metavar="NAME", help="Theme to add to; a new one is begun.")
    ],
    report: Report = None,
    date: Dated = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would come in; write nothing.")
    ] = False,
) -> None:
    """Add the shares of a list that a terminal or a spreadsheet exported."""
    from screener.universe import editing
    from screener.universe.exports import read_export

    checks = _io.Checks()
    day, export = checks.value(_io.past, "--date", date), checks.value(read_export, file)
    if (report is None) != (date is None):
        checks.problems.append("--report and --date belong together: give both or neither")
    draft = checks.value(_begun, theme)
    checks.settle()
    held = _symbols(draft)
    members = [_imported(line, file.name, report, day) for line in export.lines if line.symbol not in held]
    _tell(export, members, held)
    if not members:
        _io.line("Nothing to add.")
        return
    draft = editing.add_members(draft, members)
    if dry_run:
        editing.settle(draft)
        _io.line(f"Not written (--dry-run): {draft.path}")
        return
    _keep(draft, f"Added {len(members)} members")


def _keep(draft: Draft, done: str) -> Theme:
    """Check a draft, write it, and say what became of it."""
    from screener.universe import editing

    theme = editing.settle(draft)
    editing.write(draft)
    if draft.copied_from:
        _io.line(f"The built-in theme {theme.id} was copied first; your copy takes its place.")
    _io.line(f"{done}: {draft.path} ({len(theme.counted)} counted members)")
    return theme


def _begun(theme: str) -> Draft:
    """Return the draft of a theme, or of a new one if none is called so."""
    from screener import workspace
    from screener.universe import editing, template

    if workspace.is_path(theme, ".toml") or theme in workspace.listing("universes"):
        return editing.open_draft(theme)
    today = dt.date.today()
    return editing.new_draft(theme, template.theme_text({"title": theme, "stage": "midstream"}, [], today))


def _symbols(draft: Draft) -> set[str]:
    """Return the members that a draft has already."""
    import tomllib

    from screener.universe.rules import canonical

    members = tomllib.loads(draft.text).get("members", [])
    return {symbol for member in members if (symbol := canonical(member.get("symbol")))}


def _imported(line: Any, file: str, report: str | None, day: dt.date | None) -> dict[str, Any]:
    """Return the member that a line of an export makes."""
    from screener.universe import template

    note = f"Imported from {file} on {dt.date.today()}."
    if report is None:
        return template.peer(line.symbol, line.name, note, line.weight)
    member = {"symbol": line.symbol, "name": line.name, "since": day, "weight": line.weight, "note": note}
    return {**member, "confidence": "sure", "source": {"report": report, "date": day}}


def _tell(export: Export, members: list[dict[str, Any]], held: set[str]) -> None:
    """Show what comes in, what is there already, and what was mended on the way."""
    keys = ("symbol", "name", "weight", "confidence")
    if members:
        _io.table(keys, [[member.get(key) for key in keys] for member in members], right=("weight",))
        _io.line()
    for note in export.notes:
        _io.line(f"- {note}")
    if any(member.get("weight") is not None for member in members):
        _io.line("- weights were taken as they stand; a member without one counts as 1")
    for line in export.lines:
        if line.symbol in held:
            _io.line(f"- row {line.row}: {line.symbol} is a member already; it was left as it is")


def _peers(checks: _io.Checks, text: str, source: str | None, today: dt.date) -> list[dict[str, Any]]:
    """Return the members that `--members` names, each once, all problems noted."""
    from screener.market.symbols import normalise
    from screener.universe import template

    given: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        code, _, name = entry.partition("=")
        symbol = checks.value(normalise, code)
        if symbol in given:
            checks.problems.append(f"--members: {symbol} stands twice")
        elif symbol:
            given[symbol] = name.strip()
    names = checks.value(_names, source) or {} if not all(given.values()) else {}
    note = f"Chosen by hand on {today}; say here why it belongs."
    return [template.peer(s, name or names.get(s) or s, note) for s, name in given.items()]


def _names(source: str | None) -> Mapping[str, str]:
    """Return short names by symbol: those of the source, else those that the themes have."""
    from screener import universe, workspace
    from screener.errors import UniverseError

    names: dict[str, str] = {}
    for theme in workspace.listing("universes"):
        try:
            names |= {member.symbol: member.name for member in universe.load(theme).members}
        except UniverseError:
            continue
    from screener.screen.listing import listing_of

    return names | listing_of(_prices.listing(source))["name"].dropna().to_dict()


def _free(name: str, peers: list[dict[str, Any]]) -> None:
    """Refuse an empty theme in the place of a built-in one: every run of that theme would stop."""
    from screener import workspace

    if not peers and (workspace.built_in("universes") / f"{name}.toml").is_file():
        raise SpecError(
            f"{name} is a built-in theme; change it with `screener universe add {name}`, give --members, "
            "or choose another name"
        )


def _known_driver(name: str | None) -> None:
    """Refuse a driver that there is no file of."""
    if name:
        from screener.cycle.driver import find_driver
        from screener.workspace import is_name

        if is_name(name):  # the rules speak of others
            find_driver(name)
