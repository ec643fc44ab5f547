"""How sure the result is beyond intervals: what `screener validate` found, or an invitation to run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screener.backtest.result import Run
from screener.report.chance import chances, foreknowledge, publication
from screener.report.html import Markup, tag
from screener.report.layout import Section, section
from screener.report.notes import said as translated
from screener.report.numbers import count, day
from screener.report.reasons import reason
from screener.report.trials import chance_of_luck, overfitted, walked
from screener.report.words import Words, two

if TYPE_CHECKING:
    from screener.study.validation import Validation

__all__ = ["validation"]

TITLE: Words = ("Put to every doubt", "稳健性检验")
SHORT: Words = ("Validation", "稳健性")
FEW = 100  # draws; below, the outer ranks rest on a handful of draws


def validation(run: Run, found: Validation | None) -> Section:
    """Show every part of the validation of a run; how to get one where there is none.

    Parameters
    ----------
    run : Run
    found : Validation, optional
    """
    return _invitation(run) if found is None else _validated(run, found)


def _invitation(run: Run) -> Section:
    """Say what the validation would show, and the command."""
    text = two(
        "Not run yet. It sets the rule against chance, a cycle known sooner or later, members counted later, "
        "settings around its own and the number of trials. It takes a minute or two:",
        "尚未运行。检验将规则与随机对照、周期提前或滞后、成分股延后计入、邻近参数及试验次数逐一比较，"
        "约需一至两分钟：",
    )
    command = tag("p", tag("code", _command(run)), class_="command")
    return section("validation", TITLE, tag("p", text, class_="said"), command, short=SHORT)


def _command(run: Run) -> str:
    """Write the command; prices of a folder have to be named again, for a page tells nobody's folders."""
    source = " --source FOLDER" if run.spec.source.kind == "folder" else ""
    return f"screener validate {run.run_id}{source}"


def _validated(run: Run, found: Validation) -> Section:
    base, end = day(found.window.base), day(found.window.end)
    draws = count(found.placebo)
    note = two(
        f"From {base} to {end}; at most {draws} draws of each control by chance, seed {found.seed}. Points a "
        "year over equal weight unless said otherwise. No part of it can prove a rule; each can refute it.",
        f"{base} 至 {end}；每种随机对照至多 {draws} 次，种子 {found.seed}。"
        "除另有说明外，单位为相对等权的年化百分点。"
        "任何一项都不能证明规则有效，但每一项都可能推翻它。",
    )
    halves = [part for part in (foreknowledge(found.cycle), publication(found.publication)) if part]
    choice = walked(found.walk_forward, len(found.settings)), overfitted(found.overfit)
    return section(
        "validation",
        TITLE,
        *_warnings(run, found),
        chances(found.chance),
        tag("div", *(tag("div", half) for half in halves), class_="halves top") if halves else "",
        *choice,
        chance_of_luck(found.luck, found.luck_of_excess),
        _notes(found.notes),
        note=note,
        short=SHORT,
        class_="flow",
    )


def _warnings(run: Run, found: Validation) -> list[Markup]:
    """Warn of a validation of another run, of invented prices and of few draws."""
    warnings: list[Words] = []
    if found.run_id != run.run_id:
        warnings.append((
            f"This is the validation of {found.run_id}, not of this run.",
            f"此为 {found.run_id} 的检验结果，并非本次运行。",
        ))  # fmt: skip
    if found.simulated:
        warnings.append(("The prices are invented.", "行情为虚构。"))
    most = max((len(part.excess) for part in found.chance), default=0)
    if 0 < most < FEW:
        warnings.append((
            f"Only {most} draws and one seed: ranks are coarse, and a second seed will differ; "
            f"--placebo {FEW} or more tells the tails.",
            f"仅 {most} 次抽样、单一种子：名次较粗，换种子结果会有出入；建议 --placebo {FEW} 以上。",
        ))  # fmt: skip
    return [tag("p", two(*words), class_="said warned") for words in warnings]


def _notes(notes: tuple[str, ...]) -> Markup:
    """List the notes; those of ours are in both languages."""
    items = []
    for note in notes:
        english, chinese = reason(note)
        items.append(tag("li", two(english, chinese) if english != chinese else translated(note)))
    return tag("ul", *items) if items else Markup()
