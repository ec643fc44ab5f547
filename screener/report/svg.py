"""Inline SVG for time series: scales, ticks and paths. A unit of a drawing is a CSS pixel."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from screener.arrays import Vector
from screener.report.html import Markup, escape, tag
from screener.report.numbers import day

__all__ = ["Frame", "area", "day_ticks", "line", "log_ticks", "nice_ticks", "text", "thin"]

_LEADING_ZERO = re.compile(r"(?<!\d)0\.")


@dataclass(frozen=True)
class Frame:
    """A plot: days from left to right, values from bottom to top.

    Attributes
    ----------
    width, height : float
        Size of the whole drawing.
    n_days : int
    low, high : float
        Values at the bottom and at the top of the plot.
    log : bool
        Whether values stand on a log scale.
    """

    width: float
    height: float
    n_days: int
    low: float
    high: float
    log: bool = False
    left: float = 46.0
    right: float = 10.0
    top: float = 8.0
    bottom: float = 22.0

    @property
    def right_edge(self) -> float:
        """Abscissa of the last day."""
        return self.width - self.right

    @property
    def base(self) -> float:
        """Ordinate of the lowest value."""
        return self.height - self.bottom

    def x(self, i: Any) -> Any:
        """Place day `i`, or an array of days."""
        return self.left + (self.right_edge - self.left) * i / max(self.n_days - 1, 1)

    def y(self, values: Vector | float) -> Vector:
        """Place values; NaN stays NaN, and so does a value <= 0 on a log scale."""
        scale = _log if self.log else np.asarray
        low, high = float(scale(self.low)), float(scale(self.high))
        return self.base - (self.base - self.top) * (scale(values) - low) / (high - low)


def _log(values: Vector | float) -> Vector:
    values = np.asarray(values, dtype=np.float64)
    return np.log(np.where(values > 0, values, np.nan))


def thin(x: Vector, y: Vector, column: float) -> np.ndarray:
    """Choose the points of a line that can be seen.

    Of every `column` wide strip the first, lowest, highest and last point stay, which paints the same pixels
    (the M4 aggregation of Jugel et al., VLDB 2014).

    Parameters
    ----------
    x, y : ndarray (n,)
        Finite coordinates, `x` ascending.

    Returns
    -------
    ndarray of int
        Ascending positions.
    """
    if len(x) < 3:
        return np.arange(len(x))
    strip = np.floor(x / column).astype(np.int64)
    order = np.lexsort((y, strip))
    starts = np.flatnonzero(np.diff(strip, prepend=strip[0] - 1))
    ends = np.append(starts[1:], len(x)) - 1
    return np.unique(np.concatenate([starts, ends, order[starts], order[ends]]))


def _segments(y: Vector) -> list[np.ndarray]:
    """Split positions at NaN."""
    good = np.flatnonzero(np.isfinite(y))
    return [s for s in np.split(good, np.flatnonzero(np.diff(good) > 1) + 1) if len(s)]


def _trail(frame: Frame, segment: np.ndarray, y: Vector, column: float) -> tuple[float, float, str]:
    """Return where the line starts (x, y) and the steps between as the text of a relative path, in tenths."""
    x = frame.x(segment.astype(np.float64))
    kept = thin(x, y[segment], column)
    corners = np.rint(10.0 * np.column_stack([x[kept], y[segment][kept]])).astype(np.int64)
    corners = corners[_turns(corners[:, 1])]
    steps = " ".join([f"{dx / 10:g} {dy / 10:g}" for dx, dy in np.diff(corners, axis=0).tolist()])
    first, height = (corners[0] / 10.0).tolist()
    return first, height, _LEADING_ZERO.sub(".", steps).replace(" -", "-")


def _turns(y: np.ndarray) -> np.ndarray:
    """Choose the points without those inside a level run, which a straight line passes anyway."""
    same = np.diff(y) == 0
    inside = np.append(False, same) & np.append(same, False)
    return np.flatnonzero(~inside)


def line(frame: Frame, values: Vector, class_: str, column: float = 0.5) -> Markup:
    """Draw values as a line, interrupted where they are NaN; a lone point becomes a dot."""
    y = frame.y(np.asarray(values, dtype=np.float64))
    pieces = []
    for segment in _segments(y):
        x, height, steps = _trail(frame, segment, y, column)
        pieces.append(f"M{x:.1f} {height:.1f}" + (f"l{steps}" if steps else "h0.1"))
    return tag("path", d="".join(pieces), class_=f"line {class_}") if pieces else Markup()


def area(
    frame: Frame, values: Vector, class_: str, column: float = 1.0, floor: float | None = None
) -> Markup:
    """Fill between values and `floor`, by default the bottom of the plot."""
    y = frame.y(np.asarray(values, dtype=np.float64))
    ground = f"{frame.base if floor is None else float(frame.y(floor)):.1f}"
    pieces = []
    for segment in _segments(y):
        x, height, steps = _trail(frame, segment, y, column)
        pieces.append(f"M{x:.1f} {ground}V{height:.1f}" + (f"l{steps}" if steps else "") + f"V{ground}Z")
    return tag("path", d="".join(pieces), class_=f"area {class_}") if pieces else Markup()


def text(x: float, y: float, content: object, anchor: str = "start") -> Markup:
    """Write a label; `anchor` is start, middle or end."""
    return tag("text", escape(content), x=f"{x:.1f}", y=f"{y:.1f}", class_=anchor)


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most `most` round numbers in [low, high], evenly spaced.

    Examples
    --------
    >>> nice_ticks(0.7, 2.2, 4)
    [1.0, 1.5, 2.0]
    """
    if not high > low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for step in (m * power for m in (1, 2, 2.5, 5, 10, 20, 25, 50)):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            return [round(k * step, 10) for k in range(first, last + 1)]
    return [low]


def log_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most `most` round numbers in [low, high] for a log scale."""
    if high / low < 4.0:
        return nice_ticks(low, high, most)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 1.5, 2, 3, 4, 5, 7), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        ticks = [d * 10.0**k for k in decades for d in digits if low <= d * 10.0**k <= high]
        if len(ticks) <= most:
            return ticks
    return ticks[:: math.ceil(len(ticks) / most)]


def day_ticks(sessions: pd.DatetimeIndex, most: int) -> list[tuple[int, str]]:
    """Return positions and labels of the first sessions of years, quarters or months, at most `most`.

    A run that lies within one month is labelled by its first session.
    """
    month = np.asarray(sessions.year * 12 + sessions.month - 1)
    for months in (1, 3, 6, 12, 24, 60):
        starts = np.flatnonzero(np.diff(month // months, prepend=month[0] // months))
        if len(starts) <= most:
            break
    form = "%Y" if months >= 12 else "%Y-%m"
    return [(int(i), f"{sessions[i]:{form}}") for i in starts] or [(0, day(sessions[0]))]
