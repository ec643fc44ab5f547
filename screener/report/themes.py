"""What themes and phases are called: in both languages where the run knows both."""

from __future__ import annotations

from screener.backtest.result import Run
from screener.report.html import Markup, escape
from screener.report.words import Words, two

__all__ = ["PHASES", "benchmark_name", "phase_name", "theme_name"]

INDICES = {
    "SSE Composite": "上证指数",
    "SSE 50": "上证50",
    "CSI 300": "沪深300",
    "STAR 50": "科创50",
    "CSI 1000": "中证1000",
    "CSI 500": "中证500",
    "SZSE Component": "深证成指",
    "ChiNext Index": "创业板指",
    "Shenwan Computer": "申万计算机",
    "SIMULATED index": "模拟指数",
}

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


def benchmark_name(title: str) -> Markup:
    """Write the name of an index; one that is not known in Chinese is a name and stands as it is."""
    return two(title, INDICES[title]) if title in INDICES else escape(title)


def phase_name(phase: str) -> Markup:
    """Write the name of a phase."""
    return two(*PHASES[phase]) if phase in PHASES else escape(phase)
