"""`screener cycle`: the driver, quarter by quarter, and what is known of it on a day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.cli import _cycle_add, _events, _io, _project, _study, _trial
from screener.errors import SpecError

if TYPE_CHECKING:
    from screener.cycle import Cycle

CASH_FLOW = "-ocf"  # `x-ocf` is the operating cash flow of the companies of `x-capex`
LEADS = ("hyperscaler-capex", "china-hyperscaler-capex", "aspeed-revenue", "tsmc-revenue")
NUMBERS = ("total", "trailing", "growth", "change", "score")
COLUMNS = ("quarter", "released", "usable_from", *NUMBERS[:4], "phase", "score")

app = typer.Typer(help="Show the capital-expenditure cycle that drives the themes.", **_io.STYLE)


@app.callback()
def cycle() -> None:
    """Show the capital-expenditure cycle that drives the themes."""


AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="What was known on that day; default today.")
]
Definition = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Which definition of the number; cash or headline for the four companies."
    ),
]
DriverName = Annotated[str, typer.Option("--driver", metavar="NAME", help="Which driver.")]

app.command("project")(_project.project)
app.command("add")(_cycle_add.add)
app.command("study")(_study.study)
app.command("events")(_events.events)
app.command("test")(_trial.trial)


@app.command()
def show(
    as_of: AsOf = None,
    definition: Definition = None,
    driver: DriverName = "hyperscaler-capex",
    allow_overdue: Annotated[
        bool, typer.Option("--allow-overdue", help="State the cycle even if the last release is overdue.")
    ] = False,
    as_json: _io.AsJson = False,
) -> None:
    """Show the capex table with growth and phase, and the cycle score, as they were known on a day."""
    day = _day(as_of)
    import pandas as pd

    from screener.cycle import load_cycle

    known = load_cycle(driver, definition)
    state = known.state(day, allow_overdue=allow_overdue)
    quarters = known.table(day).reset_index()
    quarters["score"] = known.score(pd.DatetimeIndex(quarters["usable_from"])).to_numpy()
    rows = quarters.to_dict("records")
    if as_json:
        _io.emit_json({"state": state, "quarters": rows})
        return
    _io.line(_title(known))
    _io.line()
    _io.table(COLUMNS, [[_words(name, row[name]) for name in COLUMNS] for row in rows], right=NUMBERS)
    _io.line()
    for text in _lines(state):
        _io.line(text)


@app.command()
def phase(
    as_of: AsOf = None,
    definition: Definition = None,
    driver: DriverName = "hyperscaler-capex",
    as_json: _io.AsJson = False,
) -> None:
    """Name the phase of every quarter in several ways side by side, with how often each changes its mind."""
    day = _day(as_of)
    import pandas as pd

    from screener.cycle import classifiers, load_cycle

    known = load_cycle(driver, definition)
    table = classifiers.classifiers(known, _cash_flow(driver))
    table = table[table["usable_from"] <= pd.Timestamp(day)]
    names = [str(name) for name in table.columns[1:]]
    turns = {name: classifiers.switches(table[name]) for name in names}
    if as_json:
        rows = table.reset_index().to_dict("records")
        _io.emit_json({"definition": known.definition, "quarters": rows, "switches": turns})
        return
    _io.line(_title(known))
    _io.line()
    _io.table(("quarter", "usable_from", *names), [list(row) for row in table.reset_index().to_numpy()])
    _io.line()
    _io.line("Changes: " + ", ".join(f"{name} {n} in {of}" for name, (n, of) in turns.items()) + " quarters")


@app.command()
def guidance(
    as_of: AsOf = None,
    definition: Definition = None,
    driver: DriverName = "hyperscaler-capex",
    as_json: _io.AsJson = False,
) -> None:
    """List what the companies said they would spend, their revisions, and the run rate against it."""
    day = _day(as_of)
    import pandas as pd

    from screener.cycle import load_cycle, runrate

    known = load_cycle(driver, definition)
    if known.guidance.path is None:
        raise SpecError(f"{driver} has no guidance log; one of NAME-capex stands in NAME-guidance.csv")
    events = known.guidance.events
    rows = events[events["usable_from"] <= pd.Timestamp(day)].to_dict("records")
    rates = runrate.run_rates(known, pd.Timestamp(day)).to_dict("records")
    score = float(known.guidance.score(pd.DatetimeIndex([day])).iloc[0])
    if as_json:
        _io.emit_json({"score": score, "events": rows, "run_rates": rates})
        return
    _io.line(f"{known.guidance.name}, USD billion; a revision of 5 % and beyond scores 1")
    _io.line()
    columns = (
        "event_date",
        "usable_from",
        "entity",
        "target_year",
        "low",
        "high",
        "mid",
        "action",
        "revision",
        "score",
    )
    shown = [{**row, "revision": _percent(row["revision"]), "score": _signed(row["score"])} for row in rows]
    right = (*columns[4:7], *columns[8:])
    _io.table(columns, [[row[name] for name in columns] for row in shown], right=right)
    _io.line()
    _io.line(
        f"Run rate against guidance ({known.definition} capex, USD million; definitions differ, see --json)"
    )
    columns = ("entity", "year", "quarters", "spent", "last", "run_rate", "floor", "guided", "gap", "likely")
    _io.table(columns, [[_whole(row[name]) for name in columns] for row in rates], right=columns[2:9])
    _io.line()
    _io.line(f"Score on {day}: {_signed(score) or 'unknown'}")


@app.command()
def leads(as_of: AsOf = None, as_json: _io.AsJson = False) -> None:
    """Put the dated series that may lead side by side: growth and phase of each as known on a day."""
    day = _day(as_of)
    from screener.cycle import load_cycle

    rows = []
    for name in LEADS:
        known = load_cycle(name)
        state = known.state(day, allow_overdue=True)
        rows.append(
            {
                "driver": name,
                "period": state.quarter,
                "released": state.released,
                "day of release": "by rule" if known.driver.by_rule else "actual",
                "growth": state.growth,
                "change": state.change,
                "phase": state.phase,
                "overdue": "OVERDUE" if state.overdue else "",
            }
        )
    if as_json:
        _io.emit_json(rows)
        return
    _io.line(f"Known on {day}; growth of the trailing year, change on the period before")
    _io.line()
    _io.table(list(rows[0]), [[_words(name, row[name]) for name in row] for row in rows])


@app.command()
def flip(
    as_of: AsOf = None,
    definition: Definition = None,
    driver: DriverName = "hyperscaler-capex",
    as_json: _io.AsJson = False,
) -> None:
    """Say which number in the next release would turn the state of the cycle."""
    day = _day(as_of)
    import pandas as pd

    from screener.cycle import load_cycle
    from screener.cycle.flip import flips

    known = load_cycle(driver, definition)
    state, found = (
        known.state(day, allow_overdue=True),
        flips(known.table(pd.Timestamp(day)), known.dead_band),
    )
    if as_json:
        _io.emit_json({"state": state, "flips": [item._asdict() for item in found]})
        return
    _io.line(_title(known))
    _io.line(_lines(state)[0])
    for item in found:
        _io.line(
            f"{item.quarter} {item.side} {item.total:,.0f}: {item.what}, phase {item.phase} "
            f"({_percent(item.on_quarter)} on the quarter before, {_percent(item.on_year)} on a year before)"
        )
    if not found:
        _io.line("Nothing can turn it: too little is known")


def _today() -> dt.date:
    return dt.date.today()


def _day(as_of: str | None) -> dt.date:
    """Return the day of a view: today, or one before it, as nobody knows what will be released."""
    day, today = _io.date("--as-of", as_of) or _today(), _today()
    if day > today:
        raise SpecError(f"--as-of={day} lies in the future; give a day up to {today}")
    return day


def _cash_flow(driver: str) -> Cycle | None:
    """Return the operating cash flow that goes with a driver of capital expenditure, if there is one."""
    from screener.cycle import load_cycle
    from screener.cycle.driver import has_driver

    name = driver.removesuffix("-capex") + CASH_FLOW
    return load_cycle(name) if has_driver(name) else None


def _title(known: Cycle) -> str:
    units = ", ".join(known.driver.select(known.definition)["unit"].unique())
    rule = "; days of release by rule" if known.driver.by_rule else ""
    return f"{known.driver.name}: {', '.join(known.driver.entities)}; {known.definition}, {units}{rule}"


def _signed(value: float) -> str:
    return "" if value != value else f"{value:+.2f}"


def _whole(value: Any) -> object:
    return f"{value:,.0f}" if isinstance(value, float) else value


def _words(column: str, value: Any) -> object:
    """Write growth as percent, the score with its sign; the rest stays."""
    if column in ("growth", "change"):
        return _percent(value)
    return f"{value:+.2f}" if column == "score" else value


def _percent(value: float) -> str:
    return "" if value != value else f"{value:+.1%}"


def _lines(state: Any) -> list[str]:
    """Say in words what was known, and what was not."""
    guidance = "unknown, counts as 0 (no revision in the last 100 days)"
    if state.guidance == state.guidance:
        guidance = f"{state.guidance:+.2f}"
    growth, change = (_percent(value) or "unknown" for value in (state.growth, state.change))
    lines = [
        f"Known on {_io.cell(state.day)}: quarter {state.quarter}, phase {state.phase}, growth {growth} "
        f"({change} on the quarter before)",
        f"Guidance score {guidance}; cycle score C {state.score:+.2f}",
    ]
    if state.overdue:
        lines.append(f"OVERDUE: the last release is of {_io.cell(state.released) or 'never'}")
    return lines
