"""`screener cycle events`: dated events, and what the themes that they concern did around them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.cli import _about, _io, _live, _prices, backtest
from screener.errors import SpecError, nearest

if TYPE_CHECKING:
    import pandas as pd

    from screener.study.events import Around
    from screener.universe.events import Event

MEANS = ("kind", "subject", "window", "mean", "low", "high", "cases", "events", "chance_low", "chance_high")
LEFT_OUT = ("event", "date", "subject", "reason")
FEWEST = 3  # events of a kind and subject; fewer are shown one by one
ONE_BY_ONE = "One by one, where there are fewer than three; * lies outside 95 % of all days of the subject"
TOGETHER = "Means, their 95 % interval from three cases on, and 95 % of the means of days picked at random"


def events(
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", metavar="A,B", help="Kinds of events; default all.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="TOML", help="Study the events of this file alone.")
    ] = None,
    source: _prices.Prices = None,
    variant: _prices.Variant = "null",
    membership: backtest.Membership = "hindsight",
    themes: backtest.Themes = None,
    benchmark: Annotated[
        str, typer.Option("--benchmark", metavar="SYMBOL", help="Yardstick; default the mean of the themes.")
    ] = "",
    start: backtest.Start = None,
    end: backtest.End = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the days of chance.")] = 1,
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    as_json: _io.AsJson = False,
    quiet: backtest.Quiet = False,
) -> None:
    """Show what themes did around tenders, results, releases and other dated events, beside chance.

    The events are those of universes/events, and of that folder of your workspace. Day 0 is the first session
    after the event's day; every return is less that of the yardstick.
    """
    with _live.closed(offline), _io.progress(quiet) as step:
        step("loading")
        checks = _io.Checks()
        spec = checks.value(_about.spec, themes, membership, start, end)
        told = checks.value(_events, kinds, file)
        checks.settle()
        market = _prices.opened(source, variant, allow_suspect, step)
        step("reading prices")
        from screener.study.events import around

        found = around(spec, market, told, benchmark, seed)
    if as_json:
        _io.emit_json(vars(found) | {"membership": membership, "seed": seed})
    else:
        _show(found, membership)


def _events(kinds: list[str] | None, file: Path | None) -> list[Event]:
    """Read the events of the kinds that are wanted; all of them if none is named."""
    from screener.universe.events import load_events

    told, wanted = load_events(file), _io.split(kinds)
    known = {event.kind for event in told}
    wrong = [f"--kind={kind}: {nearest(kind, known)}" for kind in wanted if kind not in known]
    if wrong:
        raise SpecError(*wrong)
    return [event for event in told if not wanted or event.kind in wanted]


def _show(found: Around, membership: str) -> None:
    """Print single figures, means beside chance, what is left out, and what a reader must know."""
    few = _few(found.figures)
    windows = list(dict.fromkeys(few["window"]))
    means = [[_words(name, row[name]) for name in MEANS] for row in found.means.to_dict("records")]
    words = f"Returns less {found.yardstick};"
    _io.line(_about.heading(words, found.first, found.last, found.simulated, membership))
    for words, columns, rows, right in (
        (ONE_BY_ONE, ("event", "day 0", "subject", *windows), _single(few, windows), windows),
        (TOGETHER, MEANS, means, MEANS[3:]),
        ("Not studied", LEFT_OUT, _grouped(found.left_out), ()),
    ):
        if rows:
            _io.line()
            _io.line(words)
            _io.table(columns, rows, right)
    _io.line()
    for note in _notes(few, found.means):
        _io.line(f"- {note}")


def _few(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of subjects that have too few events of a kind for an interval."""
    known = figures.dropna(subset=["figure"])
    return known[known.groupby(["kind", "subject"])["day"].transform("nunique") < FEWEST]


def _single(few: pd.DataFrame, windows: list[str]) -> list[list[object]]:
    """Return a row an event and subject."""
    star = _outside(few).map({True: "*", False: ""})
    text = few["figure"].map(lambda value: f"{100 * value:+.1f} %") + star
    rows: list[list[object]] = []
    for (day, event, subject), part in few.groupby(["day", "event", "subject"]):
        by_window = dict(zip(part["window"], text[part.index], strict=True))
        rows.append([event, day, subject, *(by_window.get(window, "") for window in windows)])
    return rows


def _outside(table: pd.DataFrame, column: str = "figure") -> pd.Series:
    """Say which figures lie outside the band of chance."""
    return (table[column] < table["chance_low"]) | (table[column] > table["chance_high"])


def _grouped(left_out: pd.DataFrame) -> list[list[object]]:
    """Put the days and subjects of an event that have one reason into one line."""
    rows: list[list[object]] = []
    for (event, reason), part in left_out.groupby(["event", "reason"], sort=False):
        days = list(dict.fromkeys(part["date"]))
        date = days[0] if len(days) == 1 else f"{days[0]} and {len(days) - 1} more"
        rows.append([event, date, ", ".join(dict.fromkeys(part["subject"])), reason])
    return rows


def _notes(few: pd.DataFrame, means: pd.DataFrame) -> list[str]:
    """Say how many figures there are, how many leave the band of chance, and what no figure knows."""
    looked = len(few) + len(means)
    outside = int(_outside(few).sum() + _outside(means, "mean").sum())
    return [
        f"{len(few)} figures and {len(means)} means were looked at; by luck alone about {looked / 20:.0f} of "
        f"them would leave the band of chance, and {outside} do.",
        "Events whose windows overlap are one case, their mean; so `cases` may be fewer than `events`.",
        "The hour of an event is taken as unknown: what the market did on its own day stands in -5..-1.",
        "Logarithms, without costs; nothing here says that an event was the cause.",
    ]


def _words(column: str, value: Any) -> object:
    """Write a return in per cent, a count as it is."""
    if value != value:
        return ""
    return f"{100 * value:+.1f} %" if isinstance(value, float) else value
