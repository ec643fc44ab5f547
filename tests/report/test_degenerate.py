"""Runs in which nothing, or nearly nothing, happened."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from screener.report.files import metrics_json, tables
from screener.report.tearsheet import render
from screener.report.terminal import terminal_lines
from tests.report.fake import NAN, fake_run, verdict, with_result
from tests.report.pages import Page, points, rows

FORBIDDEN = re.compile(r"\b(nan|NaN|nat|NaT|inf|Infinity|None|undefined)\b|00:00:00|1970-01-01|Timestamp")


def no_orders(run):
    return with_result(run, orders=run.result.orders.head(0), actions=run.result.actions.head(0))


def one_order(run):
    return with_result(run, orders=run.result.orders.head(1))


def all_refused(run):
    return with_result(
        run, orders=run.result.orders.assign(filled=0, price=NAN, value=0.0, reason="suspended")
    )


def one_bar(run):
    return type(run)(**_cut(run, 1))


def two_bars(run):
    return type(run)(**_cut(run, 2))


def all_cash(run):
    weights = run.theme_weights.assign(**{c: 0.0 for c in run.theme_weights if c != "cash"}, cash=1.0)
    nav = pd.Series(1e7, index=run.result.nav.index)
    flat = with_result(run, nav=nav, holdings=run.result.holdings * 0, weights=run.result.weights * 0)
    return dataclasses.replace(no_orders(flat), theme_weights=weights)


def no_decision(run):
    return with_result(run, weights=run.result.weights.head(0))


def nothing_defined(run):
    figures = {
        w: {a: dict.fromkeys(f, NAN) for a, f in accounts.items()} for w, accounts in run.metrics.items()
    }
    names = ("total", "benchmark", "equal_weight", "static_mix", "selection", "tilt", "timing", "cost")
    empty = dict.fromkeys((*names, "tracking_error", "detectable"), NAN)
    return dataclasses.replace(run, metrics=figures, verdicts=tuple(verdict(w, **empty) for w in run.windows))


def infinite(run):
    figures = {
        w: {a: dict.fromkeys(f, np.inf) for a, f in accounts.items()} for w, accounts in run.metrics.items()
    }
    return dataclasses.replace(run, metrics=figures, verdicts=(verdict(run.windows[0], detectable=np.inf),))


def no_benchmark(run):
    figures = {
        w: {a: f for a, f in accounts.items() if a != "benchmark"} for w, accounts in run.metrics.items()
    }
    part = verdict(run.windows[0], benchmark=NAN, selection=NAN)
    return dataclasses.replace(run, benchmark=None, metrics=figures, verdicts=(part,))


def holes_in_the_benchmark(run):
    close = run.benchmark.close.where(np.arange(len(run.benchmark.close)) % 7 > 1)
    close.iloc[-1] = NAN
    return dataclasses.replace(run, benchmark=dataclasses.replace(run.benchmark, close=close))


def flat_benchmark(run):
    close = run.benchmark.close * 0 + 100.0
    return dataclasses.replace(run, benchmark=dataclasses.replace(run.benchmark, close=close))


def nearly_everything_lost(run):
    return with_result(
        run, nav=pd.Series(np.geomspace(1e7, 1e4, len(run.result.nav)), index=run.result.nav.index)
    )


def everything_lost(run):
    nav = run.result.nav.copy()
    nav.iloc[-5:] = 0.0
    return with_result(run, nav=nav)


def no_controls(run):
    figures = {w: {"myrule": accounts["myrule"]} for w, accounts in run.metrics.items()}
    part = verdict(run.windows[0], equal_weight=NAN, static_mix=NAN)
    return dataclasses.replace(run, controls={}, metrics=figures, verdicts=(part,))


def only_equal_weight(run):
    kept = ("myrule", "equal-weight")
    figures = {w: {a: accounts[a] for a in kept} for w, accounts in run.metrics.items()}
    part = verdict(run.windows[0], static_mix=NAN, tilt=NAN, timing=NAN)
    controls = {"equal-weight": run.controls["equal-weight"]}
    return dataclasses.replace(run, controls=controls, metrics=figures, verdicts=(part,))


def unlisted_only(run):
    orders = run.result.orders.assign(filled=0, price=NAN, value=0.0, reason="unlisted")
    empty = {"close": run.result.close * 0, "holdings": run.result.holdings * 0, "orders": orders}
    return with_result(all_cash(run), **empty)


def one_theme(run):
    spec = dataclasses.replace(run.spec, themes=("optical",))
    return dataclasses.replace(run, spec=spec, theme_weights=run.theme_weights.drop(columns="idc"))


def unknown_cycle(run):
    return dataclasses.replace(
        run,
        phases=run.phases.head(0),
        releases=run.releases.head(0),
        scores=run.scores * NAN,
        publications={},
        effective_reasons=(),
        notes=(),
    )


def _cut(run, n):
    """Keep `n` sessions of everything."""
    days = run.result.nav.index[:n]
    last = days[-1]

    def account(result):
        frames = {k: getattr(result, k).loc[days] for k in ("nav", "cash", "holdings", "close")}
        orders = result.orders[result.orders["date"] <= last]
        return dataclasses.replace(
            result, **frames, orders=orders, actions=result.actions.head(0), weights=result.weights.head(1)
        )

    windows = tuple(dataclasses.replace(w, base=days[0], end=last) for w in run.windows[:1])
    changes = {
        "result": account(run.result),
        "controls": {name: account(result) for name, result in run.controls.items()},
        "benchmark": dataclasses.replace(run.benchmark, close=run.benchmark.close.loc[days]),
        "windows": windows,
        "verdicts": tuple(verdict(w, detectable=NAN, tracking_error=NAN) for w in windows),
        "scores": run.scores.loc[days],
        "theme_weights": run.theme_weights.loc[days],
    }
    return {f.name: changes.get(f.name, getattr(run, f.name)) for f in dataclasses.fields(run)}


RUNS = (
    no_orders, one_order, all_refused, one_bar, two_bars, all_cash, no_decision, nothing_defined, infinite,
    no_benchmark, holes_in_the_benchmark, flat_benchmark, nearly_everything_lost, everything_lost,
    no_controls, only_equal_weight, unlisted_only, one_theme, unknown_cycle,
)  # fmt: skip


@pytest.mark.parametrize("change", RUNS, ids=lambda f: f.__name__)
def test_what_is_not_defined_is_said_in_words(change):
    run = change(fake_run(n_days=40))
    page = Page(render(run))
    drawn = [value for name in ("d", "x", "y", "width", "height") for value in page.attributes(name)]
    hints = page.attributes("title") + page.attributes("aria-label")
    found = [text for text in (*page.texts, *drawn, *hints) if FORBIDDEN.search(text)]
    assert not found
    assert not [line for line in terminal_lines(run) if FORBIDDEN.search(line)]


@pytest.mark.parametrize("change", RUNS, ids=lambda f: f.__name__)
def test_every_missing_figure_says_why(change):
    page = render(change(fake_run(n_days=40)))
    parts = page.split(">n/a<")
    for before in parts[:-1]:
        opening = before.rsplit("<", 1)[1]
        assert 'title="' in opening and 'title=""' not in opening


@pytest.mark.parametrize("change", RUNS, ids=lambda f: f.__name__)
def test_the_files_hold_no_word_for_a_missing_number(change):
    run = change(fake_run(n_days=40))
    assert not re.search(r"\bNaN\b|\bInfinity\b", metrics_json(run))
    for name, text in tables(run).items():
        assert not re.search(r"\b(nan|inf|NaT|None)\b", text), name


def test_nothing_decided_is_said():
    assert "The rule never decided anything." in render(no_decision(fake_run(n_days=12)))


def test_a_loss_of_nearly_everything_is_drawn_inside_the_chart():
    page = Page(render(nearly_everything_lost(fake_run(n_days=40))))
    lines = [a["d"] for name, a in page.elements if name == "path" and a.get("class") == "line rule"]
    ordinates = [y for d in lines for _, y in points(d)]
    assert ordinates and min(ordinates) >= 0.0 and max(ordinates) <= 330.0


def test_without_equal_weight_a_year_is_compared_with_nothing():
    year = dict(zip(*rows(render(no_controls(fake_run(n_days=40))), "months"), strict=True))
    assert year["Year"] != "n/a"
    assert (year["Equal weight"], year["Excess"]) == ("n/a", "n/a")
