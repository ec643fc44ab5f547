"""The page: one HTML file that needs no network, from the verdict down to the definitions."""

from __future__ import annotations

import math

from screener.backtest.controls import EQUAL_WEIGHT
from screener.backtest.result import Run
from screener.report import activity, charts, curves, driver, origin, sections
from screener.report.attribution import attributed, gains_chart
from screener.report.backdrop import Backdrop
from screener.report.chart import Chart, readings
from screener.report.doubts import below_figures, doubted
from screener.report.evidence import Evidence
from screener.report.html import Markup, join, num, tag
from screener.report.labels import KINDS, figure_of, label
from screener.report.layout import PLAIN, Section, bar, document
from screener.report.notes import said
from screener.report.numbers import points
from screener.report.outlook import outlook
from screener.report.scorecard import scorecard
from screener.report.sections import between
from screener.report.style import Style
from screener.report.universe import universe
from screener.report.verdict import brief, undetectable, verdict_words, warnings
from screener.report.words import spoken, tied, two

__all__ = ["render"]

KPIS = ("cagr", "excess", "volatility", "sharpe", "max_drawdown")
BRIEF = ("total_return", "max_drawdown", "volatility", "hit_rate")  # without rates a year
NOTHING = Evidence()


def render(run: Run, evidence: Evidence | None = None, style: Style = PLAIN) -> str:
    """Write the page of a run.

    Parameters
    ----------
    run : Run
    evidence : Evidence, optional
        What studies found about it; sections without their evidence are left out.
    style : Style
        What the page shows when it is opened; every reader can change it.

    Returns
    -------
    str
        HTML of one file. Its bytes depend on the arguments alone.

    Notes
    -----
    The page shows statistics, curves and order rows without prices, sizes or values, so that it may be
    published; the full order table is in ``orders.csv``. A figure that is not defined reads ``n/a`` and says
    why when pointed at.
    """
    evidence = evidence or NOTHING
    drawn = draw(run, evidence)
    parts = body(run, evidence, {name: chart.figure() for name, chart in drawn.items()})
    page = join([header(run, evidence), *(part.body for part in parts)])
    return document(run.run_id, page, readings(list(drawn.values())), style, top=bar(parts))


def draw(run: Run, evidence: Evidence = NOTHING) -> dict[str, Chart]:
    """Draw the charts of a page, by name; one that cannot be drawn is missing."""
    backdrop = Backdrop.of(run)
    found = {
        "nav": charts.nav(run, backdrop),
        "over-ew": charts.excess(run, backdrop, "ew"),
        "over-bm": charts.excess(run, backdrop, "bm"),
        "drawdown": charts.drawdown(run, backdrop),
        "weights": charts.theme_weights(run),
        "score": charts.score(run, backdrop),
        "gains": gains_chart(run, evidence, backdrop),
    }
    return {name: chart for name, chart in found.items() if chart is not None}


def body(run: Run, evidence: Evidence, figures: dict[str, Markup]) -> list[Section]:
    """Build the sections in the order of the page."""
    parts = [
        sections.figures(run, evidence),
        below_figures(run, evidence),
        curves.net_value(run, figures["nav"]),
        curves.excess([figures[name] for name in ("over-ew", "over-bm") if name in figures]),
        curves.underwater(figures["drawdown"]),
        sections.months(run),
        sections.verdicts(run, evidence),
        *attributed(run, evidence, figures),
        *doubted(run, evidence),
        curves.weights(figures["weights"]),
        driver.cycle(run, figures["score"]),
        activity.trading(run),
        activity.holdings(run),
        outlook(run),
        universe(run),
        activity.orders(run),
        origin.notes(run),
        origin.provenance(run),
    ]
    return [part for part in parts if part is not None]


def header(run: Run, evidence: Evidence) -> Markup:
    """Open the page: what ran on what, warnings, the verdict in one sentence, and what it rests on."""
    return tag(
        "header",
        tag("p", two("Tearsheet", "策略报告"), class_="kicker"),
        tag("h1", run.result.name),
        *(tag("p", said(note), class_="banner") for note in warnings(run)),
        lead(run, evidence),
        tag("p", standing, class_="standing") if (standing := driver.standing(run)) else "",
        _kpis(run, evidence),
        scorecard(run, evidence),
        origin.strip(run),
        **spoken("Verdict", "结论"),
    )


def lead(run: Run, evidence: Evidence) -> Markup:
    """Say the verdict in a sentence, with the interval of the excess where there is one."""
    verdict = run.verdicts[0]
    pieces = [two(*map(tied, verdict_words(run, verdict)))]
    interval = evidence.interval(verdict.window.label, run.result.name, "excess")
    if interval is not None and all(map(math.isfinite, interval)) and not brief(verdict.window):
        low, high = (points(value).replace("-", "\N{MINUS SIGN}") for value in interval)
        level = f"{100 * evidence.level:g}"
        pieces.append(
            two(
                f" With {level} % confidence the excess lies between {low} and {high} points a year.",
                f"{level}% 置信区间：年化超额 {low} 至 {high} 个百分点。",
            )
        )
    return tag("p", *pieces, class_="lead")


def _kpis(run: Run, evidence: Evidence) -> Markup:
    """Show the figures a reader looks for first, each beside that of equal weight."""
    window = run.windows[0].label
    accounts, verdict = run.metrics[window], run.verdicts[0]
    own, equal = accounts[run.result.name], accounts.get(EQUAL_WEIGHT, {})
    items = []
    for key in BRIEF if brief(verdict.window) else KPIS:
        beside = figure_of(key, EQUAL_WEIGHT, equal, coloured=False)
        under = (
            join([two("equal weight ", "等权 "), beside]) if equal else two("no equal weight", "没有等权组合")
        )
        if key == "excess":
            detectable = num(verdict.detectable, "bare", undetectable(verdict))
            under = join([two("detectable ", "可检出 "), detectable])
        value = tag("dd", figure_of(key, run.result.name, own, coloured=False))
        interval = between(evidence.interval(window, run.result.name, key), KINDS.get(key, "ratio"))
        items.append(tag("div", tag("dt", label(key)), value, tag("dd", interval, under)))
    return tag("dl", *items, class_="kpis")
