"""The state of the driver in words: where the cycle stands, what would turn it, and when it is heard next."""

from __future__ import annotations

import math

import pandas as pd

from screener.backtest.result import Run
from screener.cycle.flip import Flip, flips
from screener.report.backdrop import tints
from screener.report.html import Markup, join, num, table, tag
from screener.report.layout import Section, section
from screener.report.numbers import day, figure, percent, points
from screener.report.themes import PHASES, phase_name
from screener.report.words import Words, tied, two

__all__ = ["cycle", "release_age", "standing", "turns"]

TURNS: dict[str, str] = {
    "growth turns negative": "同比转负",
    "growth turns positive": "同比转正",
    "growth turns down": "增速转头向下",
    "growth turns up": "增速转头向上",
}
SIDES: dict[str, Words] = {"below": ("below", "低于"), "above": ("above", "高于")}
UNITS: dict[str, tuple[float, str, float, str]] = {  # scale and name in English, and in Chinese
    "USD million": (1e-3, "bn USD", 1e-2, "亿美元"),
    "CNY million": (1e-3, "bn CNY", 1e-2, "亿元"),
}


def turns(run: Run) -> list[Flip]:
    """Return what the next release would have to say for the cycle to turn, as known at the end."""
    if run.context is None:
        return []
    cycle = run.context.cycle
    return flips(cycle.table(run.result.nav.index[-1]), cycle.dead_band)


def total_words(run: Run, total: float) -> Words:
    """Write a total of the driver in its unit, as English and as Chinese readers scale it."""
    unit = str(run.context.cycle.driver.rows["unit"].iloc[0]) if run.context else ""
    if unit not in UNITS:
        return f"{figure(total, 0)} {unit}", f"{figure(total, 0)} {unit}"
    scale, english, other, chinese = UNITS[unit]
    return tied(f"{figure(total * scale, 1)} {english}"), tied(f"{figure(total * other, 0)} {chinese}")


def standing(run: Run) -> Markup:
    """Say where the driver stands at the end of the run and what would flip it; nothing if it is unknown."""
    if run.phases.empty:
        return Markup()
    last = _last_known(run)
    phase = str(last["phase"])
    english, chinese = PHASES.get(phase, (phase, phase))
    when, quarter = day(run.result.nav.index[-1]), str(last["quarter"])
    growth, change = float(last["growth"]), float(last["change"])
    if not (math.isfinite(growth) and math.isfinite(change)):
        known = two(f"On {when} the driver is {english}.", f"截至 {when}，周期处于“{chinese}”。")
    else:
        moved = f"{'grew' if growth >= 0 else 'shrank'} by {tied(percent(abs(growth)))}"
        known = two(
            f"On {when} the driver is {english}: the trailing year to {quarter} {moved}, "
            f"a change of {signed(change)} points.",
            f"截至 {when}，周期处于“{chinese}”：截至 {quarter} 的滚动四季合计同比 {signed(growth)}%，"
            f"较上季变化 {signed(change)} 个百分点。",
        )
    return join([known, *(_flip_sentence(run, flip) for flip in turns(run))])


def signed(value: float) -> str:
    """Write a fraction as per cent or points, with its sign."""
    return points(value).replace("-", "\N{MINUS SIGN}")


def _last_known(run: Run) -> pd.Series:
    """Return the newest quarter that the run knew, or the last change of phase where no more is kept."""
    if run.context is not None:
        known = run.context.cycle.table(run.result.nav.index[-1])
        if len(known):
            return known.reset_index().iloc[-1]
    return run.phases.iloc[-1]


def _flip_sentence(run: Run, flip: Flip) -> Markup:
    english, chinese = total_words(run, flip.total)
    phase, side = PHASES.get(flip.phase, (flip.phase, flip.phase)), SIDES[flip.side]
    on_quarter, on_year = signed(flip.on_quarter), signed(flip.on_year)
    return two(
        f" It flips to {phase[0]} if {flip.quarter} comes in {side[0]} {english} "
        f"({on_quarter} % on the quarter, {on_year} % on the year).",
        f"若 {flip.quarter} 合计{side[1]} {chinese}（环比 {on_quarter}%，同比 {on_year}%），"
        f"将转为“{phase[1]}”。",
    )


def cycle(run: Run, score: Markup) -> Section:
    """Show the phases that the run knew, what would turn them, and the score."""
    note = two(
        "Growth of the trailing four quarters of the companies' capital expenditure against the four before, "
        "and its change since the quarter before, by the day on which it was first usable: a row for each "
        "change of phase, and the newest quarter. Score, −1 to 1: mean of the sign of that growth and of the "
        "revisions of guidance.",
        "四家公司滚动四个季度的资本开支与之前四个季度相比的增速，及其较上一季度的变化，按首个可用交易日列示："
        "每次阶段变化一行，另加最新季度。"
        "周期评分（−1 至 1）：该增速的方向与指引修正得分的均值。",
    )
    content = [score, tag("div", _phases(run), _turning(run), class_="halves top")]
    return section("cycle", ("Cycle", "资本开支周期"), *content, note=note, short=("Cycle", "周期"))


def _phases(run: Run) -> Markup:
    if run.phases.empty:
        return tag("p", two("No phase is known.", "尚无已知阶段。"), class_="note")
    classes = tints(run.phases)
    rows = [
        [
            day(p.usable_from),
            p.quarter,
            tag("td", tag("i", class_=f"key {classes[str(p.phase)]}"), phase_name(str(p.phase))),
            num(p.growth, "percent", ("needs eight quarters", "需要八个季度")),
            num(p.change, "points", ("needs nine quarters", "需要九个季度")),
        ]
        for p in _changes(run).itertuples()
    ]
    head = [
        two("Known from", "自何日可知"),
        two("Quarter", "季度"),
        two("Phase", "阶段"),
        two("Growth", "增速"),
        two("Change, points", "变化（百分点）"),
    ]
    return table(head, rows, text_columns=3)


def _changes(run: Run) -> pd.DataFrame:
    """Return the first quarter of each phase that the run knew, and the newest one of all."""
    last = _last_known(run)
    shown = run.phases.iloc[-1]
    if str(last["quarter"]) == str(shown["quarter"]) or str(last["phase"]) != str(shown["phase"]):
        return run.phases
    newest = pd.DataFrame([{name: last[name] for name in run.phases.columns}])
    return pd.concat([run.phases, newest], ignore_index=True)


def _turning(run: Run) -> Markup:
    """List the thresholds of the next release."""
    rows = []
    for flip in turns(run):
        rows.append(
            [
                tag("th", two(flip.what, TURNS.get(flip.what, flip.what)), scope="row"),
                tag("td", two(*(f"{SIDES[flip.side][k]} {total_words(run, flip.total)[k]}" for k in (0, 1)))),
                num(flip.on_quarter, "percent"),
                num(flip.on_year, "percent"),
                tag("td", phase_name(flip.phase)),
            ]
        )
    if not rows:
        return Markup()
    quarter = turns(run)[0].quarter
    head = [
        two(f"If in {quarter}", f"若 {quarter}"),
        two("The total is", "合计"),
        two("On the quarter", "环比"),
        two("On the year", "同比"),
        tag("th", two("Then", "则为"), scope="col"),
    ]
    return table(head, rows, text_columns=2)


def release_age(run: Run) -> float:
    """Return the days since the last release that could be used at the end; NaN where it is not kept."""
    last = run.result.nav.index[-1]
    if run.context is None:
        return math.nan
    released = run.context.cycle.last_release(last)
    return float((last - released).days) if released == released else math.nan
