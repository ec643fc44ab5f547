"""The verdict in words: one sentence and a few figures, the same on the page and in the terminal."""

from __future__ import annotations

import math

from screener.backtest.result import SAME, Run, Verdict
from screener.data.sources.tables import LEFT_OUT
from screener.report.numbers import day, figure, percent
from screener.report.words import Words

__all__ = ["WARNINGS", "sentence", "undetectable", "verdict_words", "warnings"]

WARNINGS = ("SIMULATED:", "HINDSIGHT:", "OVERDUE:")  # how notes begin that stand above everything else

SPAN: Words = ("From {base} to {end}", "{base} 至 {end}，")
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
        found.append("HINDSIGHT: members count before the report that named them came out.")
    return found


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
    gap = verdict.total - verdict.equal_weight
    start = EARNED[tongue].format(
        span=span, rule=rule, did=DID[verdict.total < 0][tongue], total=percent(abs(verdict.total))
    )
    beside = BESIDE[tongue].format(gap=figure(abs(gap) * 100, 1), side=SIDE[gap >= 0][tongue])
    limit = LIMIT[tongue].format(detectable=figure(verdict.detectable * 100, 1))
    return start + ENDINGS[ending][tongue].format(beside=beside, limit=limit)


def finding(verdict: Verdict) -> str:
    """Name what the figures say: nothing, alone, same, short, below or beyond what can be detected."""
    gap = verdict.total - verdict.equal_weight
    if not math.isfinite(verdict.total):
        return "nothing"
    if not math.isfinite(gap):
        return "alone"
    if is_equal_weight(verdict):
        return "same"
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
