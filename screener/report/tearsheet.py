"""The page: one HTML file that needs no network, from the verdict down to the definitions."""

from __future__ import annotations

import json
from importlib.resources import files

from screener.backtest.result import Run
from screener.report import activity, charts, origin, sections
from screener.report.backdrop import Backdrop
from screener.report.html import Markup, join, num, raw_hash, tag
from screener.report.labels import figure_of, label
from screener.report.numbers import day, money
from screener.report.verdict import sentence, undetectable, warnings

__all__ = ["render"]

KPIS = ("cagr", "excess", "volatility", "sharpe", "max_drawdown")


def render(run: Run) -> str:
    """Write the page of a run.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str
        HTML of one file. Its bytes depend on the run alone.

    Notes
    -----
    The page shows statistics, curves and order rows without prices, sizes or values, so that it may be
    published; the full order table is in ``orders.csv``. A figure that is not defined reads ``n/a`` and says
    why when pointed at.
    """
    backdrop = Backdrop.of(run)
    drawn = [
        charts.nav(run, backdrop),
        charts.drawdown(run, backdrop),
        charts.theme_weights(run),
        charts.score(run, backdrop),
    ]
    nav, drawdown, weights, score = (chart.figure() for chart in drawn)
    growth = "Growth of 1 CNY after costs, log scale. Point at a chart to read a day."
    body = [
        header(run),
        sections.verdicts(run),
        sections.figures(run),
        sections.section("Net value", "净值", nav, note=growth),
        sections.section("Underwater", "回撤", drawdown, note="Loss since the highest close so far."),
        sections.months(run),
        sections.section("Theme weights", "主题权重", weights, note="Share of equity at the close."),
        activity.trading(run),
        activity.cycle(run, score),
        activity.members(run),
        origin.provenance(run),
    ]
    return document(run.run_id, join(body), charts.readings(drawn))


def header(run: Run) -> Markup:
    """Open the page: what ran on what, warnings, and the verdict in one sentence."""
    return tag(
        "header",
        tag("p", "Tearsheet ", tag("span", "业绩报告", lang="zh"), class_="kicker"),
        tag("h1", run.result.name),
        *(tag("p", note, class_="banner") for note in warnings(run)),
        tag("p", sentence(run, run.verdicts[0]), class_="lead"),
        _kpis(run),
        _facts(run),
    )


def _kpis(run: Run) -> Markup:
    """Show the figures a reader looks for first, each beside that of equal weight."""
    accounts, verdict = run.metrics[run.windows[0].label], run.verdicts[0]
    own, equal = accounts[run.result.name], accounts.get("equal-weight", {})
    items = []
    for key in KPIS:
        beside = figure_of(key, "equal-weight", equal, coloured=False)
        under = join(["equal weight ", beside]) if equal else "no equal weight"
        if key == "excess":
            under = join(["detectable ", num(verdict.detectable, "bare", undetectable(verdict))])
        value = tag("dd", figure_of(key, run.result.name, own, coloured=False))
        items.append(tag("div", tag("dt", label(key)), value, tag("dd", under)))
    return tag("dl", *items, class_="kpis")


def _facts(run: Run) -> Markup:
    """Show what the figures belong to, in one line."""
    window = run.windows[0]
    facts = {
        "Window": f"{day(window.base)} to {day(window.end)}",
        "Members": f"{run.spec.membership} reading",
        "Benchmark": run.benchmark.title if run.benchmark else "none",
        "Opening capital": f"{money(run.spec.account.cash)} CNY",
        "Prices": run.provenance.title,
    }
    return tag("dl", *(tag("div", tag("dt", k), tag("dd", v)) for k, v in facts.items()), class_="facts")


def document(title: str, body: Markup, readings: dict[str, object]) -> str:
    """Wrap the body with style, script and a policy that allows nothing else."""
    style, script = _asset("style.css"), _asset("script.js")
    data = json.dumps(readings, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; style-src {raw_hash(style)}; script-src {raw_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name_="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    page = tag(
        "body",
        tag("input", type="checkbox", id="green-up"),
        tag("label", "Green is up ", tag("span", "绿涨红跌", lang="zh"), for_="green-up"),
        tag("main", body),
        tag("script", Markup(data), type="application/json", id="readings"),
        tag("script", Markup(script)),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, page, lang='en')}\n"


def _asset(name: str) -> str:
    return files("screener.report").joinpath(name).read_text(encoding="utf-8")
