"""What themes and phases are called: in both languages where the run knows both."""

from __future__ import annotations

from screener.backtest.result import Run
from screener.report.html import Markup, escape
from screener.report.words import Words, two

__all__ = ["PHASES", "phase_name", "theme_name"]

PHASES: dict[str, Words] = {
    "accelerating": ("accelerating", "加速"),
    "peak": ("peak", "见顶"),
    "decelerating": ("decelerating", "减速"),
    "contraction": ("contraction", "收缩"),
    "unknown": ("unknown", "未知"),
}


def theme_name(run: Run, theme: str) -> Markup:
    """Write the title of a theme; by its id where the run has no title."""
    if run.context is not None:
        for one in run.context.themes:
            if one.id == theme:
                return two(one.title, one.title_zh)
    return escape(run.titles.get(theme, theme)) if theme else two("No theme", "无主题")


def phase_name(phase: str) -> Markup:
    """Write the name of a phase."""
    return two(*PHASES[phase]) if phase in PHASES else escape(phase)
