"""What the rule did in each phase of the cycle, and how few phases there have been."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from screener.backtest.result import Run
from screener.market import calendar
from screener.report.cells import heads
from screener.report.falls import phase_key
from screener.report.html import Markup, cell, join, num, table, tag
from screener.report.layout import Section, section
from screener.report.numbers import day
from screener.report.sections import NO_CONTROL, between
from screener.report.themes import PHASES
from screener.report.words import Words, hint, two

if TYPE_CHECKING:
    from screener.study.attribution import Attribution

__all__ = ["phases"]

SHORT: Words = ("less than a year of sessions: not made a yearly rate", "不足一年，不年化")
ONCE: Words = ("one episode only: no interval", "仅出现一次，无法给出区间")


def phases(run: Run, found: Attribution) -> Section | None:
    """Show returns by phase, with a warning for what was seen once; None without any day."""
    seen = found.phases.table
    if seen.empty:
        return None
    note = two(
        "After costs. A day belongs to the phase known at the close before. Episodes: unbroken stretches, "
        "each one independent observation however long it lasted. Excess: over equal weight, mean of the "
        "days times the sessions of a year, points, not compounded as the two returns beside it are; by "
        "episode: mean of the episodes with its 95 % interval (Student). Days won: ahead of equal "
        "weight.",
        "费后。每个交易日归入前一日收盘时已知的阶段。次数：连续阶段的个数，无论长短各为一个独立样本。"
        "超额为相对等权的日均差乘以全年交易日数（百分点），不复利，"
        "故与左侧两项复合年化收益之差不同；按次：各次超额的均值及其 95% 区间（t 分布）。"
        "胜率：跑赢等权的交易日占比。",
    )
    parts = _warning(seen), _table(run, found), _episodes(run, found)
    return section(
        "phases", ("By phase of the cycle", "分周期阶段表现"), *parts, note=note, short=("Phases", "周期阶段")
    )


def _warning(seen: pd.DataFrame) -> Markup:
    """Warn of phases that were seen once; nothing where all came back."""
    once = [str(phase) for phase, n in seen["episodes"].items() if n == 1]
    if not once:
        return Markup()
    names = [[PHASES.get(phase, (phase, phase))[k] for phase in once] for k in (0, 1)]
    english, chinese = ", ".join(names[0]), "、".join(names[1])
    return tag(
        "p",
        two(
            f"Seen once in this window: {english}. One episode is one observation, however many days it "
            "lasted; what the rule did in it says nothing about the next.",
            f"本区间内仅出现一次的阶段：{chinese}。一次即一个样本，与持续天数无关；其间表现不能推断下一次。",
        ),
        class_="said warned",
    )


def _table(run: Run, found: Attribution) -> Markup:
    window = found.window
    a_year = calendar.sessions_a_year(window.base, window.end)
    rows = [
        [
            phase_key(run, str(phase)),
            *(num(row[part], "count") for part in ("sessions", "episodes")),
            num(row["rule"], "percent"),
            *_pair(row, a_year),
            cell(num(row["excess"], "points", NO_CONTROL, signed=True)),
            _by_episode(row),
            num(row["hit_rate"], "percent", NO_CONTROL),
        ]
        for phase, row in found.phases.table.iterrows()
    ]
    head = heads(
        ("Phase", "阶段"), ("Sessions", "交易日"), ("Episodes", "次数"), ("Return", "收益率"),
        ("Return a year", "年化收益率"), ("Equal weight a year", "等权年化"),
        ("Excess, mean of days", "超额（日均年化）"), ("by episode, 95 %", "按次均值及 95% 区间"),
        ("Days won", "胜率"),
    )  # fmt: skip
    return table(head, rows, class_="phases")


def _pair(row: pd.Series, a_year: float) -> list[Markup]:
    """Write the yearly rates of rule and equal weight; days of less than a year are not extrapolated."""
    long = row["sessions"] >= a_year
    why = {"rule": SHORT, "equal_weight": NO_CONTROL if long or math.isnan(row["equal_weight"]) else SHORT}
    return [num(_yearly(row[part], row["sessions"], a_year), "percent", why[part]) for part in why]


def _yearly(made: float, sessions: float, a_year: float) -> float:
    """Turn a return over some sessions into a yearly rate; NaN for less than a year."""
    if not sessions >= a_year or not made >= -1.0:
        return math.nan
    return (1.0 + made) ** (a_year / sessions) - 1.0


def _by_episode(row: pd.Series) -> Markup:
    if row["episodes"] < 2:
        return cell(num(math.nan, "points", ONCE))
    interval = between((row["low"], row["high"]), "points")
    return cell(join([num(row["mean"], "points", NO_CONTROL, signed=True), interval]))


def _episodes(run: Run, found: Attribution) -> Markup:
    """Fold the list of all episodes; the first and the last are cut by the window."""
    every = found.phases.episodes
    rows = [
        [
            day(row.first),
            day(row.last),
            phase_key(run, row.phase),
            num(row.sessions, "count"),
            num(row.rule, "percent"),
            num(row.equal_weight, "percent", NO_CONTROL),
            num(row.excess, "points", NO_CONTROL, signed=True),
        ]
        for row in every.itertuples()
    ]
    head = heads(
        ("From", "起"), ("To", "止"), ("Phase", "阶段"), ("Sessions", "交易日"), ("Return", "收益率"),
        ("Equal weight", "等权"), ("Excess, mean of days", "超额（日均年化）"),
    )  # fmt: skip
    cut = hint("The first and the last are cut by the window.", "首末两次被区间截断。")
    summary = tag("summary", two(f"All episodes: {len(every)}", f"全部 {len(every)} 次"), **cut)
    return tag("details", summary, table(head, rows, text_columns=3))
