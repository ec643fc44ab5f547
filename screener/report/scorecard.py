"""The scorecard: what a manager asks of a backtest first, each with its figure, threshold and proof.

Every check passes, fails, or is unknown where the run does not say; none is weighed against another.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from screener.backtest.controls import EQUAL_WEIGHT
from screener.backtest.result import Run
from screener.data.sources.tables import LEFT_OUT
from screener.market import calendar
from screener.report.driver import release_age
from screener.report.evidence import Evidence
from screener.report.files import asked_weights
from screener.report.html import Markup, num, tag
from screener.report.numbers import WRITERS
from screener.report.verdict import brief
from screener.report.words import Words, hint, two

__all__ = ["Check", "checks", "scorecard"]

COST = 0.02  # a year; a fifth of what a long-only equity fund may hope to earn
FILLED = 0.95
YEARS = 5.0  # below, even a good rule can hardly be told from luck
NAMES = 10.0
TURNOVER = 6.0  # a year, one way
OVERDUE = 120.0

UNHELD: Words = ("nothing was held", "没有持仓")
PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"
SIGNS: dict[str, tuple[str, Words]] = {
    PASS: ("\N{CHECK MARK}", ("pass", "通过")),
    FAIL: ("\N{MULTIPLICATION X}", ("fail", "未过")),
    UNKNOWN: ("?", ("unknown", "未知")),
}


class Check(NamedTuple):
    """One question: its state, name, figure, what it had to be, and the section that proves it."""

    state: str
    name: Words
    figure: object
    threshold: Words
    proof: str


def scorecard(run: Run, evidence: Evidence) -> Markup:
    """List the checks with their states; each leads to where it is proven."""
    found = checks(run, evidence)
    count = {state: sum(check.state == state for check in found) for state in SIGNS}
    summary = two(
        f"Scorecard: {count[PASS]} of {len(found)} pass, {count[FAIL]} fail, {count[UNKNOWN]} unknown.",
        f"检查清单：{len(found)} 项中 {count[PASS]} 项通过，{count[FAIL]} 项未过，{count[UNKNOWN]} 项未知。",
    )
    return tag("div", tag("p", summary, class_="tally"), tag("ol", *map(_item, found)), class_="checks")


def _item(check: Check) -> Markup:
    sign, word = SIGNS[check.state]
    return tag(
        "li",
        tag("b", sign, tag("span", two(*word), class_="unseen"), class_=check.state, **hint(*word)),
        tag("a", two(*check.name), href=f"#{check.proof}"),
        tag("span", check.figure, class_="n"),
        tag("small", two(*check.threshold)),
    )


def checks(run: Run, evidence: Evidence) -> list[Check]:
    """Return all checks, those of the return first."""
    v = run.verdicts[0]
    return [
        _a_year(run, _beyond_luck(run, evidence)),
        _a_year(run, _ahead(v.total - v.benchmark, ("Beats the benchmark", "跑赢基准"))),
        _a_year(
            run,
            _ahead(v.total - v.static_mix, ("Beats its static mix: timing paid", "跑赢静态组合：择时有效")),
        ),
        _no_deeper(run),
        _a_year(run, _cheap(v.cost)),
        _filled(run),
        _a_year(run, _calm(run)),
        _spread(run),
        _long_enough(run),
        _published(run),
        _real(run),
        _without_caveats(run),
        _current(run),
    ]


def _a_year(run: Run, check: Check) -> Check:
    """Withhold a rate a year where the window is less than a year."""
    if not brief(run.verdicts[0].window):
        return check
    short = ("less than a year", "不足一年")
    return Check(UNKNOWN, check.name, num(math.nan, "points", short), short, check.proof)


def judged(value: float, good: bool) -> str:
    """Name the state of a figure; one that is not defined is unknown."""
    return UNKNOWN if not math.isfinite(value) else PASS if good else FAIL


def _beyond_luck(run: Run, evidence: Evidence) -> Check:
    """Judge the excess by its interval where there is one, else by what the window can detect."""
    verdict = run.verdicts[0]
    gap = verdict.total - verdict.equal_weight
    interval = evidence.interval(verdict.window.label, run.result.name, "excess")
    name = ("Beats equal weight beyond luck", "跑赢等权且超出运气")
    if interval is not None:
        low = WRITERS["points"](interval[0]).replace("-", "\N{MINUS SIGN}")
        limit = (f"low end of interval {low}", f"区间下限 {low}")
        return Check(judged(gap, interval[0] > 0), name, _points(gap), limit, "attribution")
    if not math.isfinite(verdict.detectable):
        return Check(UNKNOWN, name, _points(gap), ("nothing is detectable", "无从检出"), "attribution")
    least = WRITERS["bare"](verdict.detectable)
    limit = (f"≥ {least}, detectable", f"≥ {least}（可检出）")
    return Check(judged(gap, gap >= verdict.detectable), name, _points(gap), limit, "attribution")


def _ahead(gap: float, name: Words) -> Check:
    limit = ("> 0 points a year", "> 0 个百分点/年")
    return Check(judged(gap, gap > 0), name, _points(gap), limit, "attribution")


def _no_deeper(run: Run) -> Check:
    accounts = run.metrics[run.verdicts[0].window.label]
    depths = [
        accounts.get(name, {}).get("max_drawdown", math.nan) for name in (run.result.name, EQUAL_WEIGHT)
    ]
    gap = depths[0] - depths[1]
    name = ("Drawdown no deeper than equal weight", "回撤不深于等权")
    return Check(judged(gap, gap >= 0), name, _points(gap), ("≥ 0 points", "≥ 0 个百分点"), "drawdown")


def _cheap(cost: float) -> Check:
    limit = (f"≥ −{100 * COST:.1f} points a year", f"≥ −{100 * COST:.1f} 个百分点/年")
    name = ("Cost of trading", "交易成本")
    return Check(judged(cost, cost >= -COST), name, _points(cost), limit, "trading")


def _filled(run: Run) -> Check:
    share = filled_share(run)
    name, limit = ("Asked value that was filled", "委托金额成交比例"), f"≥ {100 * FILLED:g} %"
    figure = num(share, "percent", ("nothing was asked", "没有委托"))
    return Check(judged(share, share >= FILLED), name, figure, (limit, limit), "trading")


def _calm(run: Run) -> Check:
    times = turnover(run)
    name = ("Turnover a year, one way", "年换手率（单边）")
    limit = (f"≤ {TURNOVER:g} times", f"≤ {TURNOVER:g} 倍")
    return Check(judged(times, times <= TURNOVER), name, num(times, "ratio", UNHELD), limit, "trading")


def _spread(run: Run) -> Check:
    names = effective_names(run)
    name, limit = ("Effective number of names", "有效持股数"), f"≥ {NAMES:g}"
    return Check(judged(names, names >= NAMES), name, num(names, "one", UNHELD), (limit, limit), "holdings")


def _long_enough(run: Run) -> Check:
    window = run.verdicts[0].window
    years = calendar.years(window.base, window.end) if window.end > window.base else math.nan
    name, limit = ("Length of the sample", "样本长度"), (f"≥ {YEARS:g} years", f"≥ {YEARS:g} 年")
    if not math.isfinite(years):
        return Check(
            UNKNOWN, name, num(years, "ratio", ("one day is no window", "仅有一日")), limit, "figures"
        )
    return Check(
        judged(years, years >= YEARS), name, two(f"{years:.1f} years", f"{years:.1f} 年"), limit, "figures"
    )


def _published(run: Run) -> Check:
    good = run.spec.membership == "published"
    shown = two("yes", "是") if good else two("hindsight", "后见口径")
    name = ("Members as published", "成分股按发布日计入")
    return Check(PASS if good else FAIL, name, shown, ("published reading", "发布口径"), "universe")


def _real(run: Run) -> Check:
    invented = run.provenance.simulated
    shown = two("invented", "虚构") if invented else two("yes", "是")
    name = ("Prices of a real market", "真实行情")
    return Check(FAIL if invented else PASS, name, shown, ("not simulated", "非模拟"), "provenance")


def _without_caveats(run: Run) -> Check:
    n = caveat_count(run)
    return Check(FAIL if n else PASS, ("Caveats of the data", "数据局限"), str(n), ("none", "无"), "notes")


def _current(run: Run) -> Check:
    """Judge the age of the last release; a note of the run that it is overdue decides without one."""
    age = release_age(run)
    overdue = any(note.startswith("OVERDUE:") for note in run.notes)
    name, limit = (
        ("Age of the last capex release", "最近一次资本开支披露距今"),
        (f"≤ {OVERDUE:g} days", f"≤ {OVERDUE:g} 天"),
    )
    if math.isnan(age):
        figure = num(age, "count", ("the run keeps no driver", "本次运行未保留驱动数据"))
        return Check(FAIL if overdue else UNKNOWN, name, figure, limit, "cycle")
    late = overdue or age > OVERDUE
    return Check(FAIL if late else PASS, name, two(f"{age:.0f} days", f"{age:.0f} 天"), limit, "cycle")


def _points(value: float) -> Markup:
    return num(value, "points", ("nothing to compare with", "没有可比较的对象"))


def filled_share(run: Run) -> float:
    """Return the filled share of the value asked for; an order that is tried again counts each time."""
    orders = run.result.orders
    weight = asked_weights(run.result)
    known = weight.notna() & (orders["asked"] > 0)
    asked = float(weight[known].sum())
    got = float((weight[known] * orders["filled"][known] / orders["asked"][known]).sum())
    return got / asked if asked > 0 else math.nan


def turnover(run: Run) -> float:
    """Return half of what was bought and sold over the mean equity, a year."""
    days = run.result.nav.index
    if len(days) < 2:
        return math.nan
    equity = float(run.result.nav.mean())
    years = calendar.years(days[0], days[-1])
    return float(run.result.orders["value"].sum()) / 2 / equity / years if equity > 0 else math.nan


def effective_names(run: Run) -> float:
    """Return the mean over days of one over the sum of squared shares of what is invested."""
    value = (run.result.holdings * run.result.close).to_numpy(dtype=np.float64)
    total = value.sum(axis=1)
    held = total > 0
    if not held.any():
        return math.nan
    share = value[held] / total[held, None]
    return float((1.0 / (share**2).sum(axis=1)).mean())


def caveat_count(run: Run) -> int:
    """Count what a reader must know about the data: their caveats, and shares left out."""
    return len({*run.provenance.caveats, *(note for note in run.notes if LEFT_OUT in note)})
