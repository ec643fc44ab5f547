"""The verdict in words: one sentence and a few figures, the same on the page and in the terminal."""

from __future__ import annotations

import math

from screener.backtest.controls import EQUAL_WEIGHT
from screener.backtest.provenance import HINDSIGHT
from screener.backtest.result import SAME, Run, Verdict, Window
from screener.data.sources.tables import LEFT_OUT
from screener.market import calendar
from screener.report.numbers import day, figure, percent
from screener.report.words import Words

__all__ = ["WARNINGS", "brief", "sentence", "undetectable", "verdict_words", "warnings"]

WARNINGS = ("SIMULATED:", "HINDSIGHT:", "OVERDUE:")  # how notes begin that stand above everything else

SPAN: Words = ("From {base} to {end}", "{base} 至 {end}，")
IN_ALL: Words = ("{span} {rule} {did} {total} in all", "{span}{rule} 累计{did} {total}")
EARNED: Words = ("{span} {rule} {did} {total} a year", "{span}{rule} 年化{did} {total}")
BESIDE: Words = (
    ", {gap} points {side} than the equal weight of its themes",
    "，比主题等权{side} {gap} 个百分点",
)
LIMIT: Words = (
    "{detectable} points, the least that this window can tell from luck",
    "本区间可与运气区分的最小差距 {detectable} 个百分点",
)
ENDINGS: dict[str, Words] = {
    "alone": ("; there is no equal weight to compare it with.", "；没有等权组合可供比较。"),
    "same": (
        ", the same as the equal weight of its themes; there is nothing to tell apart.",
        "，与主题等权相同，无从区分。",
    ),
    "short": ("{beside}; the window is too short to say more.", "{beside}；区间太短，不足以下结论。"),
    "brief": (
        "{beside}: less than a year, too short to judge a rule by.",
        "{beside}：区间不足一年，不足以评价规则。",
    ),
    "below": (
        "{beside}: below {limit}, so it is no evidence either way.",
        "{beside}：小于{limit}，因此正反两面都不构成证据。",
    ),
    "beyond": (
        "{beside}: beyond {limit}, by a rule whose defaults were chosen with these years in view.",
        "{beside}：大于{limit}；但规则的默认参数是在已知这些年份的情况下选定的。",
    ),
}
NOTHING: Words = ("{span} nothing can be said of {rule}.", "{span}无法评价 {rule}。")
DID: dict[bool, Words] = {True: ("lost", "亏损"), False: ("earned", "收益")}
SIDE: dict[bool, Words] = {True: ("more", "高"), False: ("less", "低")}


def warnings(run: Run) -> list[str]:
    """Return what stands above everything else; whether there is such a thing is read from the run itself."""
    found = [note for note in run.notes if note.startswith(WARNINGS) or LEFT_OUT in note]
    if run.provenance.simulated and not any(note.startswith("SIMULATED:") for note in found):
        found.insert(0, "SIMULATED: prices are invented; nothing here says anything about the market.")
    if run.spec.membership == "hindsight" and not any(note.startswith("HINDSIGHT:") for note in found):
        found.append(f"{HINDSIGHT}.")
    if brief(run.windows[0]):
        n = len(run.result.nav.loc[run.windows[0].base : run.windows[0].end]) - 1
        found.append(f"SHORT: {n} sessions are less than a year; figures a year are multiplied up from them.")
    return found


def brief(window: Window) -> bool:
    """Say whether a window is too short for a rate a year: less than a year, to a tenth.

    Notes
    -----
    A week's gain compounded over a year is thousands of per cent: performance standards (GIPS) forbid rates a
    year of anything shorter, and no excess of it is told from luck.
    """
    return window.end <= window.base or round(calendar.years(window.base, window.end), 1) < 1.0


def sentence(run: Run, verdict: Verdict) -> str:
    """Say what the rule earned against equal weight, and whether that can be told from luck."""
    return verdict_words(run, verdict)[0]


def verdict_words(run: Run, verdict: Verdict) -> Words:
    """Say the same in English and in Chinese."""
    return _said(run, verdict, 0), _said(run, verdict, 1)


def _said(run: Run, verdict: Verdict, tongue: int) -> str:
    """Fill the sentence of a finding; values are never read as patterns."""
    window, rule = verdict.window, run.result.name
    span = SPAN[tongue].format(base=day(window.base), end=day(window.end))
    if (ending := finding(verdict)) == "nothing":
        return NOTHING[tongue].format(span=span, rule=rule)
    total, equal = earned(run, verdict)
    gap = total - equal
    pattern = IN_ALL if brief(window) else EARNED
    did = DID[total < 0][tongue]
    start = pattern[tongue].format(span=span, rule=rule, did=did, total=_tight(percent(abs(total)), tongue))
    beside = BESIDE[tongue].format(gap=figure(abs(gap) * 100, 1), side=SIDE[gap >= 0][tongue])
    limit = LIMIT[tongue].format(detectable=figure(verdict.detectable * 100, 1))
    return start + ENDINGS[ending][tongue].format(beside=beside, limit=limit)


def earned(run: Run, verdict: Verdict) -> tuple[float, float]:
    """Return what the rule and equal weight earned: a year, or in all on a window of less than a year."""
    if not brief(verdict.window):
        return verdict.total, verdict.equal_weight
    accounts = run.metrics[verdict.window.label]
    own, equal = (accounts.get(name, {}) for name in (run.result.name, EQUAL_WEIGHT))
    return own.get("total_return", math.nan), equal.get("total_return", math.nan)


def _tight(text: str, tongue: int) -> str:
    """Write per cent as the language does: Chinese leaves no space before the sign."""
    return text.replace(" %", "%") if tongue else text


def finding(verdict: Verdict) -> str:
    """Name what the figures say: nothing, alone, same, brief, short, below or beyond what can be detected."""
    gap = verdict.total - verdict.equal_weight
    if not math.isfinite(verdict.total):
        return "nothing"
    if not math.isfinite(gap):
        return "alone"
    if is_equal_weight(verdict):
        return "same"
    if brief(verdict.window):
        return "brief"
    if not math.isfinite(verdict.detectable):
        return "short"
    return "below" if abs(gap) < verdict.detectable else "beyond"


def is_equal_weight(verdict: Verdict) -> bool:
    """Say whether the rule is its own control, up to rounding."""
    return verdict.tracking_error < SAME


def undetectable(verdict: Verdict) -> Words:
    """Say why no excess is detectable, where it is not defined."""
    if is_equal_weight(verdict):
        return "there is nothing to tell apart", "两者相同，无从区分"
    return "the window is too short", "区间太短"
