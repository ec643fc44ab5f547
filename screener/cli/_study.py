"""`screener cycle study`: what themes did around the cycle, with the doubt that so few cases leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.cli import _about, _io, _live, _prices, backtest

if TYPE_CHECKING:
    from screener.backtest.spec import RunSpec
    from screener.data.sources import Source

LAG_COLUMNS = ("theme", "lag", "correlation", "low", "high", "worth", "periods")
NEWS_COLUMNS = ("kind", "theme", "mean", "low", "high", "independent", "events")
PHASE_COLUMNS = ("phase", "theme", "mean", "low", "high", "episodes", "sessions")
RATES = ("mean", "low", "high")


def study(
    driver: Annotated[
        str | None, typer.Option("--driver", metavar="NAME", help="Which driver; default that of the themes.")
    ] = None,
    source: _prices.Prices = None,
    variant: _prices.Variant = "null",
    membership: backtest.Membership = "hindsight",
    themes: backtest.Themes = None,
    start: backtest.Start = None,
    end: backtest.End = None,
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    as_json: _io.AsJson = False,
    quiet: backtest.Quiet = False,
) -> None:
    """Show what themes did before and after a driver's quarters, after its news and in its phases.

    Every figure is a theme less the mean of the themes, with a 95 % interval for as many cases as there are.
    """
    with _live.closed(offline), _io.progress(quiet) as step:
        step("loading")
        spec = _about.spec(themes, membership, start, end)
        market = _prices.opened(source, variant, allow_suspect, step)
        step("reading prices")
        about, tables = _studied(spec, market, driver)
    if as_json:
        _io.emit_json(about | tables)
    else:
        _show(about, tables)


def _studied(spec: RunSpec, market: Source, driver: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what was studied, and the three tables."""
    from screener.backtest.run import prepare
    from screener.cycle import load_cycle
    from screener.study import cycle as of

    context = prepare(spec, market)[0]
    known = load_cycle(driver) if driver else context.cycle
    active = of.active_returns(context)
    about = {"driver": known.driver.name, **_about.about(context, active, spec.membership)}
    return about, {
        "lead_lag": of.lead_lag(active, known),
        "after_news": of.after_news(active, of.news(known)),
        "by_phase": of.by_phase(active, known),
    }


def _show(about: dict[str, Any], tables: dict[str, Any]) -> None:
    """Print the three tables, each under the sentence that says how to read it."""
    driver, *rest = about.values()
    _io.line(_about.heading(f"{driver},", *rest))
    for name, columns, words in (
        ("lead_lag", LAG_COLUMNS, "Return of a quarter and the change of growth `lag` quarters later"),
        ("after_news", NEWS_COLUMNS, "Return of the 20 sessions from a day of news on"),
        ("by_phase", PHASE_COLUMNS, "Return a year in each phase; an episode is one case"),
    ):
        _io.line()
        _io.line(words)
        rows = tables[name].to_dict("records")
        _io.table(columns, [[_words(name, c, row[c]) for c in columns] for row in rows], columns[2:])
    _io.line()
    _io.line("- A theme less the mean of the themes, without costs; no figure knows how many were looked at.")


def _words(table: str, column: str, value: Any) -> object:
    """Write a correlation with two places, a return in per cent, a count as it is."""
    if value != value:
        return ""
    if table == "lead_lag" and column in ("correlation", "low", "high"):
        return f"{value:+.2f}"
    if column in RATES:
        return f"{100 * value:+.1f} %"
    return f"{value:.0f}" if column == "worth" else value
