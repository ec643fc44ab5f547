"""What comes next: what is held beside the target, the next decision, and the releases that it waits for."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from screener.backtest.result import Run
from screener.backtest.today import next_decision
from screener.errors import CalendarError
from screener.market import calendar
from screener.report.cells import theme_classes, theme_key
from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.layout import Section, section
from screener.report.marks import column, sentence
from screener.report.numbers import day
from screener.report.words import Words, two

__all__ = ["Expected", "decision_after", "expected", "outlook"]

MONTHS = 12  # of decisions that a schedule must fit before it is trusted
NO_THEMES = ("cash", "leaving")
ABOUT: Words = ("about", "预计")
OVERDUE: Words = ("overdue", "逾期未披露")


class Expected(NamedTuple):
    """The next release of a company, guessed from the same quarter a year before.

    Attributes
    ----------
    entity : str
    quarter : str
    about : Timestamp
        As many days after the end of the quarter as a year before.
    """

    entity: str
    quarter: str
    about: pd.Timestamp


def outlook(run: Run) -> Section | None:
    """Show holdings beside the target by theme, and when the signal can change next; None without both."""
    held, dates = _drift(run), _dates(run)
    if not held and not dates:
        return None
    end = day(run.result.nav.index[-1])
    note = two(
        f"As of the close of {end}. Releases are expected as many days after the end of the quarter as a "
        "year before; the companies fix their dates later.",
        f"截至 {end} 收盘。预计披露日按上年同一季度的披露间隔推算，各公司最终日期以公告为准。",
    )
    parts = [tag("div", part) for part in (held, dates) if part]
    return section(
        "outlook",
        ("What comes next", "后续关注"),
        tag("div", *parts, class_="halves top"),
        note=note,
        short=("Next", "后续"),
    )


def _drift(run: Run) -> Markup:
    """List what each theme weighs at the last close beside the target of the last decision."""
    weights = run.theme_weights
    if weights.empty or run.result.weights.empty:
        return Markup()
    last, target = weights.iloc[-1], run.result.weights.iloc[-1].groupby(level="theme").sum()
    themes = [name for name in (*weights.columns, *target.index) if name not in NO_THEMES]
    themes = list(dict.fromkeys(map(str, themes)))
    classes = theme_classes(run, themes)
    rows = [
        _line(theme_key(run, name, classes), float(last.get(name, 0.0)), float(target.get(name, 0.0)))
        for name in themes
    ]
    names = {"leaving": ("Leaving", "待卖出"), "cash": ("Cash", "现金")}
    for name, words in names.items():
        if name in last.index and (name == "cash" or last[name]):
            wanted = 1.0 - float(target.sum()) if name == "cash" else 0.0
            rows.append(_line(join([tag("i", class_=f"key {name}"), two(*words)]), float(last[name]), wanted))
    heads = (
        two("Theme", "主题"),
        column("Held", "当前持有"),
        column("Target", "目标"),
        column("Held less target, points", "偏离（百分点）"),
    )
    return join([tag("h3", two("Held beside the target", "持仓与目标")), table(heads, rows)])


def _line(name: object, held: float, wanted: float) -> list[object]:
    why = ("no weight at the close", "收盘时没有权重")
    return [
        name,
        num(held, "percent", why),
        num(wanted, "percent", why),
        cell(num(held - wanted, "points", why)),
    ]


def _dates(run: Run) -> Markup:
    """List the next decision and the next releases in the order of their days."""
    end = run.result.nav.index[-1]
    decision, releases = decision_after(run), expected(run)
    events: list[tuple[pd.Timestamp, Words | None, Markup]] = [
        (one.about, ABOUT if one.about > end else OVERDUE, join([one.entity, " ", one.quarter]))
        for one in releases
    ]
    if decision is not None:
        events.append((decision, None, two("The rule decides on this close", "规则按当日收盘作出决策")))
        if run.spec.account.fill != "same-close" and (trade := _session_after(decision)) is not None:
            events.append((trade, None, two("Its orders are traded", "按决策下单成交")))
    if not events:
        return Markup()
    rows = [
        [tag("th", day(when), tag("small", two(*mark)) if mark else "", scope="row"), tag("td", what)]
        for when, mark, what in sorted(events, key=lambda event: event[0])
    ]
    heads = two("Day", "日期"), tag("th", two("Event", "事项"), scope="col")
    shown = table(heads, rows, class_="ladder", text_columns=2)
    return join([tag("h3", two("Next dates", "后续日期")), shown, _said(decision, releases)])


def _said(decision: pd.Timestamp | None, releases: list[Expected]) -> Markup:
    """Say when weights, and when the cycle, can change at the earliest."""
    english, chinese = [], []
    if decision is not None:
        english.append(f"Weights can change after the close of {day(decision)} at the earliest.")
        chinese.append(f"权重最早于 {day(decision)} 收盘后变动。")
    if releases:
        last = day(releases[-1].about)
        english.append(f"The cycle moves on when the last company has reported, about {last}.")
        chinese.append(f"周期须待最后一家公司披露后更新，预计 {last} 前后。")
    return sentence(" ".join(english), "".join(chinese))


def decision_after(run: Run) -> pd.Timestamp | None:
    """Return the next session on which the rule decides; None where its decisions fit no known schedule.

    Notes
    -----
    The number of decisions a month is read from the run. A schedule counts as known when it names every
    decision of the last twelve months but the first of the run, and no other day.
    """
    decided, end = run.result.weights.index, run.result.nav.index[-1]
    if not len(decided):
        return None
    recent = decided[(decided > end - pd.DateOffset(months=MONTHS)) & (decided > decided[0])]
    if not len(recent):
        return None
    a_month = int(pd.Series(1, recent).groupby(recent.to_period("M")).sum().max())
    found, when = [], next_decision(a_month, recent[0] - pd.Timedelta(days=1))
    while when is not None and when <= end:
        found.append(when)
        when = next_decision(a_month, when)
    return when if found == list(recent) else None


def expected(run: Run) -> list[Expected]:
    """Return the next release of each company of the driver, as could be guessed at the end of the run."""
    if run.context is None:
        return []
    cycle, end = run.context.cycle, run.result.nav.index[-1]
    known = cycle.driver.as_of(end, cycle.definition)
    found = [_next_release(str(entity), rows) for entity, rows in known.groupby("entity")]
    return sorted((one for one in found if one is not None), key=lambda one: (one.about, one.entity))


def _next_release(entity: str, rows: pd.DataFrame) -> Expected | None:
    """Guess the next release from that of the same quarter a year before; None without one."""
    quarter = pd.Period(rows["period_end"].max(), freq="Q") + 1
    before = rows[rows["period_end"].dt.to_period("Q") == quarter - 4]
    if before.empty:
        return None
    delay = before["released"].iloc[0] - before["period_end"].iloc[0]
    return Expected(entity, str(quarter), quarter.end_time.normalize() + delay)


def _session_after(when: pd.Timestamp) -> pd.Timestamp | None:
    try:
        return calendar.next_session(when)
    except CalendarError:
        return None
