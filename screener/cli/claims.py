"""`screener claims`: what reports foretold, beside what happened."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from screener.cli import _io
from screener.errors import CycleError, SpecError, nearest

if TYPE_CHECKING:
    from screener.cycle.claims import Claim, Outcome

COLUMNS = ("id", "method", "date", "claim", "said", "happened", "error", "verdict")
FACTS = ("title", "title_zh", "report", "date", "quote", "note")


class Shown(TyperGroup):
    """A group whose first word need not be a command: `claims ID` means `claims show ID`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `show` first where no command is named."""
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["show", *args])


app = typer.Typer(cls=Shown, help="Hold what reports foretold to account.", **_io.STYLE)


@app.callback()
def claims() -> None:
    """Hold what reports foretold to account: each claim beside what happened."""


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(metavar="[ID]", help="One claim, in full.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="What was known on that day; default today.")
    ] = None,
    as_json: _io.AsJson = False,
) -> None:
    """List the claims with what happened, or show one with its source and its arithmetic line by line."""
    day = _day(as_of)
    import pandas as pd

    from screener.cycle.claims import judge, load_claims

    known = load_claims()
    if name is not None and name not in known:
        raise CycleError(f"no claim is called {name!r}; {nearest(name, known)}")
    chosen = [known[name]] if name else [claim for claim in known.values() if claim.date <= day]
    found = [(claim, judge(claim, pd.Timestamp(day))) for claim in chosen]
    if as_json:
        rows = [_record(claim, outcome) for claim, outcome in found]
        _io.emit_json(rows[0] if name else rows)
    elif name:
        _in_full(*found[0], day)
    else:
        _listed(found, day)


@app.command()
def add(
    name: Annotated[str, typer.Option("--id", metavar="ID", help="What to call the claim.")],
    report: Annotated[str, typer.Option("--report", metavar="TEXT", help="Who said it, and where.")],
    date: Annotated[str, typer.Option("--date", metavar="DATE", help="When it was said.")],
    driver: Annotated[str, typer.Option("--driver", metavar="NAME", help="The series that measures it.")],
    period: Annotated[
        str, typer.Option("--period", metavar="FY2026", help="FY2026, 2026H1, 2026Q3 or 2026-09.")
    ],
    value: Annotated[str | None, typer.Option("--value", metavar="NUMBER", help="What was said.")] = None,
    low: Annotated[
        str | None, typer.Option("--low", metavar="NUMBER", help="Lower end; alone: at least.")
    ] = None,
    high: Annotated[
        str | None, typer.Option("--high", metavar="NUMBER", help="Upper end; alone: at most.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="TEXT", help="Like USD billion; default the driver's.")
    ] = None,
    definition: Annotated[
        str | None, typer.Option("--definition", metavar="NAME", help="Of the driver's number.")
    ] = None,
    entity: Annotated[
        str | None, typer.Option("--entity", metavar="NAME", help="One company; default all together.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="FY2025", help="Growth against that period, per cent.")
    ] = None,
    over: Annotated[
        str | None, typer.Option("--over", metavar="NAME", help="Share of that driver, per cent.")
    ] = None,
    rate: Annotated[
        str | None,
        typer.Option("--rate", metavar="NUMBER", help="The driver's currency for one of the unit's."),
    ] = None,
    within: Annotated[
        str | None, typer.Option("--within", metavar="NUMBER", help="How far off still holds; default 5.")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="In short.")] = None,
    title_zh: Annotated[str | None, typer.Option("--title-zh", metavar="TEXT", help="In Chinese.")] = None,
    quote: Annotated[str | None, typer.Option("--quote", metavar="TEXT", help="At most a line.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write it; without it, it is only shown.")] = False,
    as_json: _io.AsJson = False,
) -> None:
    """Add a claim to your own, once you have seen what would be written and what becomes of it."""
    checks = _io.Checks()
    numbers = {"value": value, "low": low, "high": high, "rate": rate, "within": within}
    read = {key: checks.value(_number, f"--{key}", text) for key, text in numbers.items()}
    day = checks.value(_io.past, "--date", date)
    checks.settle()
    texts = {"report": report, "date": day, "quote": quote, "driver": driver, "over": over}
    texts |= {"definition": definition, "entity": entity, "period": period, "against": against, "unit": unit}
    _add({"id": name, "title": title, "title_zh": title_zh, **texts, **read}, yes, as_json)


def _add(fields: dict[str, Any], yes: bool, as_json: bool) -> None:
    import pandas as pd

    from screener.cycle import claim_add, extend
    from screener.cycle.claims import judge, load_claims

    addition = claim_add.propose(fields)
    if yes:
        extend.write(addition)
    if as_json:
        _io.emit_json({"file": addition.path, "block": addition.line, "written": yes})
        return
    _io.line(addition.line)
    _io.line()
    if not yes:
        _io.line(f"Not written; give --yes to add it to {addition.path}")
        return
    _io.line(f"Added to {addition.path}")
    claim, today = load_claims()[fields["id"]], dt.date.today()
    if claim.date <= today:
        _io.line(f"Known on {today}: {_verdict(judge(claim, pd.Timestamp(today)))}")


def _listed(found: list[tuple[Claim, Outcome]], day: dt.date) -> None:
    _io.line(f"Known on {day}; a single number holds within 5 % of it, a growth or share within 5 points")
    _io.line()
    rows = [_row(claim, outcome) for claim, outcome in found]
    _io.table(COLUMNS, rows, right=("error",))
    _io.line()
    counts: dict[str, int] = {}
    for _, outcome in found:
        counts[outcome.verdict] = counts.get(outcome.verdict, 0) + 1
    _io.line(
        ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "No claim was made by then"
    )


def _row(claim: Claim, outcome: Outcome) -> list[object]:
    from screener.cycle.claims import said

    words = (f"{claim.report}: {claim.title}", said(claim), _happened(outcome), _error(outcome))
    return [claim.id, claim.method, claim.date, *words, _verdict(outcome)]


def _in_full(claim: Claim, outcome: Outcome, day: dt.date) -> None:
    """Print one claim: what was said and where, what happened, and how that was worked out."""
    from screener.cycle.claims import said

    for key in FACTS:
        if text := getattr(claim, key):
            _io.line(f"{key}: {text}")
    if words := said(claim):
        _io.line(f"said: {words}")
    _io.line()
    for line in outcome.lines:
        _io.line(line)
    if outcome.lines:
        _io.line()
    usable = outcome.usable_from
    known = "" if usable != usable else f", usable from {_io.cell(usable)}"
    if happened := _happened(outcome):
        _io.line(f"happened: {happened} {outcome.unit}{known}")
    error = _error(outcome)
    _io.line(f"known on {day}: {_verdict(outcome)}" + (f", error {error}" if error else ""))
    if outcome.reason:
        _io.line(f"because: {outcome.reason}")


def _happened(outcome: Outcome) -> str:
    figures = ", ".join(f"{value:,.2f}".rstrip("0").rstrip(".") for value in outcome.happened)
    if not figures:
        return ""
    known = f" ({outcome.known})" if outcome.known else ""
    return f"{figures}{' so far' if outcome.verdict == 'open' else ''}{known}"


def _error(outcome: Outcome) -> str:
    if math.isnan(outcome.error):
        return ""
    return f"{outcome.error:+.1f} {outcome.error_unit}"


def _verdict(outcome: Outcome) -> str:
    return f"{outcome.verdict}, {outcome.side}" if outcome.side else outcome.verdict


def _record(claim: Claim, outcome: Outcome) -> dict[str, Any]:
    """Return claim and outcome for JSON: decimals as numbers, the inputs of a sum in its lines."""
    plain = {key: _plain(value) for key, value in vars(claim).items() if key != "cases"}
    return {**plain, "outcome": vars(outcome)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def _number(option: str, text: str | None) -> Decimal | None:
    """Read a number with the digits that it was written with."""
    if text is None:
        return None
    try:
        value = Decimal(text)
        if value.is_finite() and abs(value.adjusted()) < 16:
            return value
    except ArithmeticError:
        pass
    raise SpecError(f"{option}={text} must be a number, for example 3715 or 59.9")


def _day(as_of: str | None) -> dt.date:
    return _io.past("--as-of", as_of) or dt.date.today()
