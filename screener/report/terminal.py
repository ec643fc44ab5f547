"""What a run says in the terminal: a sentence, a small table, and two curves a line high."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.backtest.controls import EQUAL_WEIGHT
from screener.backtest.result import Run
from screener.report.numbers import NA, figure, percent, points
from screener.report.verdict import brief, sentence, warnings

__all__ = ["spark", "terminal_lines"]

BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 60  # signs of a curve
PARTS = ("benchmark", "selection", "tilt", "timing", "cost", "total")
ACCOUNTS = {EQUAL_WEIGHT: "equal weight", "static-mix": "static mix", "benchmark": ""}
HEADS = ("a year", "volatility", "Sharpe", "drawdown")


def terminal_lines(run: Run) -> list[str]:
    """Return the verdict as lines of plain text: warnings, sentence, table, parts and curves."""
    parts = [] if brief(run.windows[0]) else [_parts(run)]  # they are rates a year
    found = [*warnings(run), sentence(run, run.verdicts[0]), "", *_table(run), "", *parts, *_curves(run)]
    later = [f"  {sentence(run, verdict)}" for verdict in run.verdicts[1:]]
    return [*found, *(["", *later] if later else [])]


def _table(run: Run) -> list[str]:
    """Put the rule beside equal weight, its static mix and the benchmark."""
    accounts = run.metrics[run.windows[0].label]
    titles = {run.result.name: run.result.name, **ACCOUNTS}
    titles["benchmark"] = run.benchmark.title if run.benchmark else ""
    rows = [(title, accounts[name]) for name, title in titles.items() if title and name in accounts]
    wide = max(len(title) for title, _ in rows)
    earned, heads = ("total_return", ("in all", *HEADS[1:])) if brief(run.windows[0]) else ("cagr", HEADS)
    lines = [f"  {'':<{wide}}" + "".join(f"{head:>12}" for head in heads)]
    for title, own in rows:
        cells = (
            percent(own[earned]),
            percent(own["volatility"]),
            figure(own["sharpe"], 2),
            percent(own["max_drawdown"]),
        )
        lines.append(f"  {title:<{wide}}" + "".join(f"{cell:>12}" for cell in cells))
    return lines


def _parts(run: Run) -> str:
    """Say where the return came from, in points a year that add up."""
    verdict = run.verdicts[0]
    names = [f"{name} {points(getattr(verdict, name))}" for name in PARTS[:-1]]
    return f"  {', '.join(names)} = {points(verdict.total)} points a year"


def _curves(run: Run) -> list[str]:
    """Draw net value, and the rule over equal weight where there is one."""
    window = run.windows[0]
    nav = run.result.nav.loc[window.base : window.end]
    curves = {"net value": nav}
    if EQUAL_WEIGHT in run.controls:
        curves["over equal weight"] = nav / run.controls[EQUAL_WEIGHT].nav.loc[window.base : window.end]
    wide = max(map(len, curves))
    drawn = {name: _drawn(level) for name, level in curves.items()}
    return [f"  {name:<{wide}}  {text}" for name, text in drawn.items() if text]


def _drawn(level: pd.Series) -> str:
    """Draw a curve with what it became of 1; nothing of nothing."""
    values = level.to_numpy(dtype=np.float64)
    good = values[np.isfinite(values) & (values > 0)]
    if len(good) < 2:
        return ""
    return f"{spark(good)}  {figure(good[-1] / good[0], 3) if values[-1] > 0 else NA}"


def spark(values: Vector, width: int = WIDTH) -> str:
    """Draw positive values as one line of blocks on a log scale, from the lowest to the highest.

    Parameters
    ----------
    values : ndarray (n,)
        Finite and above 0, at least one.
    width : int
        Most signs; each stands for the last value of its stretch.

    Examples
    --------
    >>> spark(np.array([1.0, 2.0, 4.0, 2.0]))
    '▁▅█▅'
    """
    ends = np.unique(np.linspace(0, len(values) - 1, min(width, len(values))).round().astype(int))
    height = np.log(values[ends])
    span = height.max() - height.min()
    steps = (height - height.min()) / span * (len(BLOCKS) - 1) if span > 0 else np.zeros(len(height))
    return "".join(BLOCKS[int(step + 0.5)] for step in steps)
