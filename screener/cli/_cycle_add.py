"""`screener cycle add`: a quarter or a guidance event, shown with what it changes, written only on a yes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from screener.cli import _io
from screener.errors import SpecError

QUARTER = ("period_end", "value")
EVENT = ("target_year",)
BILLION = 1000.0


def add(
    driver: Annotated[str, typer.Argument(help="Name of a driver.")],
    entity: Annotated[str, typer.Option("--entity", metavar="NAME", help="Who reported, for example AMZN.")],
    released: Annotated[str, typer.Option("--released", metavar="DATE", help="Day on which it came out.")],
    source: Annotated[str, typer.Option("--source", metavar="TEXT", help="Where it was read.")],
    period_end: Annotated[
        str | None, typer.Option("--period-end", metavar="DATE", help="Last day of the quarter or month.")
    ] = None,
    value: Annotated[float | None, typer.Option("--value", help="The number, in the driver's unit.")] = None,
    definition: Annotated[
        str | None, typer.Option("--definition", metavar="NAME", help="Of the number; default as before.")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="TEXT", help="Default as before.")] = None,
    guided_year: Annotated[
        str | None,
        typer.Option("--guided-year", metavar="FY2026", help="Add guidance for that year instead."),
    ] = None,
    low: Annotated[float | None, typer.Option("--low", help="Lower end of the guidance.")] = None,
    high: Annotated[float | None, typer.Option("--high", help="Upper end of the guidance.")] = None,
    action: Annotated[
        str | None, typer.Option("--action", metavar="WORD", help="initial, raised, kept, cut or narrowed.")
    ] = None,
    statement: Annotated[str | None, typer.Option("--statement", metavar="TEXT", help="In short.")] = None,
    accounting_only: Annotated[
        bool, typer.Option("--accounting-only", help="The guidance moved for accounting alone.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write the line; without it, it is only shown.")] = False,
    as_json: _io.AsJson = False,
) -> None:
    """Add a quarter or a guidance event to your own copy of a driver, once you have seen what it changes."""
    checks = _io.Checks()
    day = checks.value(_io.past, "--released", released)
    end = checks.value(_io.date, "--period-end", period_end)
    guided = guided_year is not None
    wrong = {"--period-end": period_end, "--value": value} if guided else {"--low": low, "--high": high}
    checks.problems += [
        f"{name}: not with{'' if guided else 'out'} --guided-year"
        for name, v in wrong.items()
        if v is not None
    ]
    if not guided and (period_end is None or value is None):
        checks.problems.append("give --period-end and --value, or --guided-year with --low and --high")
    checks.settle()
    fields: dict[str, Any] = {"entity": entity, "source": source, "definition": definition, "unit": unit}
    if guided:
        middle = low if high is None else None if low is None else (low + high) / 2.0
        fields |= {"event_date": day, "target_year": guided_year, "low": low, "high": high, "mid": middle}
        fields |= {"action": action or "words", "statement": statement, "verification": "own reading"}
        fields |= {"accounting_only": str(accounting_only).lower()}
    else:
        fields |= {"released": day, "period_end": end, "value": value}
    _add(driver, fields, guided, yes, as_json)


def _add(driver: str, fields: dict[str, Any], guided: bool, yes: bool, as_json: bool) -> None:
    from screener.cycle import extend, load_cycle
    from screener.cycle.driver import read_driver
    from screener.cycle.guidance import read_guidance

    before = load_cycle(driver, fields["definition"] if not guided else None)
    if guided and not len(before.guidance.events):
        raise SpecError(f"{driver} has no guidance log; there is none to add to")
    if not guided:
        fields["definition"] = before.definition
    name, known = (before.guidance.name, "event_date") if guided else (driver, "released")
    addition = extend.propose(name, known, fields, read_guidance if guided else read_driver)
    warning = _far(*(_guided if guided else _reported)(before, fields))
    if yes:
        extend.write(addition)
    if as_json:
        _io.emit_json({"file": addition.path, "line": addition.line, "written": yes, "warning": warning})
        return
    _io.line(addition.line)
    if warning:
        _io.line(warning)
    if not yes:
        _io.line(f"Not written; give --yes to add it to {addition.path}")
        return
    _io.line(f"Added to {addition.path}")
    after = load_cycle(driver, before.definition).table().iloc[-1]
    _io.line(
        f"The last complete quarter is {after.name}: phase {after['phase']}, growth {after['growth']:+.1%}"
    )


def _reported(cycle: Any, fields: dict[str, Any]) -> tuple[list[float], float]:
    """Return the numbers of the entity so far, and the new one."""
    rows = cycle.driver.select(cycle.definition)
    return rows[rows["entity"] == fields["entity"]].sort_values("period_end")["value"].tolist(), fields[
        "value"
    ]


def _guided(cycle: Any, fields: dict[str, Any]) -> tuple[list[float], float | None]:
    """Return the middles that the entity has guided so far, and the new one."""
    rows = cycle.guidance.events
    return rows[rows["entity"] == fields["entity"]]["mid"].dropna().tolist(), fields["mid"]


def _far(before: list[float], now: float | None) -> str:
    """Say so if a number is far from the one before: a unit is easily mistaken."""
    if now is None or not before or 0.2 < abs(now / before[-1]) < 5.0:
        return ""
    return f"Look again: the number before is {before[-1]:,.0f}, this one {now:,.0f}"
