"""The verdict in words: one sentence and a few figures, the same on the page and in the terminal."""

from __future__ import annotations

import math

from screener.backtest.result import SAME, Run, Verdict
from screener.data.sources.tables import LEFT_OUT
from screener.report.numbers import day, figure, percent, points

__all__ = ["WARNINGS", "sentence", "undetectable", "verdict_lines", "warnings"]

WARNINGS = ("SIMULATED:", "HINDSIGHT:", "OVERDUE:")  # how notes begin that stand above everything else


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
    span = f"From {day(verdict.window.base)} to {day(verdict.window.end)}"
    gap = verdict.total - verdict.equal_weight
    if not math.isfinite(verdict.total):
        return f"{span} nothing can be said of {run.result.name}."
    did = "lost" if verdict.total < 0 else "earned"
    earned = f"{span} {run.result.name} {did} {percent(abs(verdict.total))} a year"
    if not math.isfinite(gap):
        return f"{earned}; there is no equal weight to compare it with."
    if is_equal_weight(verdict):
        return f"{earned}, the same as the equal weight of its themes; there is nothing to tell apart."
    side = "more" if gap >= 0 else "less"
    earned += f", {figure(abs(gap) * 100, 1)} points {side} than the equal weight of its themes"
    if not math.isfinite(verdict.detectable):
        return f"{earned}; the window is too short to say more."
    limit = f"{figure(verdict.detectable * 100, 1)} points, the least that this window can tell from luck"
    if abs(gap) < verdict.detectable:
        return f"{earned}: below {limit}, so it is no evidence either way."
    return f"{earned}: beyond {limit}, by a rule whose defaults were chosen with these years in view."


def is_equal_weight(verdict: Verdict) -> bool:
    """Say whether the rule is its own control, up to rounding."""
    return verdict.tracking_error < SAME


def undetectable(verdict: Verdict) -> str:
    """Say why no excess is detectable, where it is not defined."""
    return "there is nothing to tell apart" if is_equal_weight(verdict) else "the window is too short"


def verdict_lines(run: Run) -> list[str]:
    """Return the verdict as lines of plain text for a terminal."""
    verdict = run.verdicts[0]
    lines = [*warnings(run), sentence(run, verdict)]
    lines += [
        f"  {title:<14}{points(getattr(verdict, name)):>7} points a year"
        for name, title in (
            ("benchmark", "benchmark"),
            ("selection", "selection"),
            ("tilt", "tilt"),
            ("timing", "timing"),
            ("cost", "cost"),
            ("total", "= the rule"),
        )
    ]
    own = run.metrics[verdict.window.label][run.result.name]
    lines.append(
        f"  against the static mix {points(verdict.total - verdict.static_mix)}, "
        f"the benchmark {points(verdict.total - verdict.benchmark)} points a year; "
        f"drawdown {percent(own['max_drawdown'])}, Sharpe {figure(own['sharpe'], 2)}"
    )
    lines += [f"  {sentence(run, other)}" for other in run.verdicts[1:]]
    return lines
