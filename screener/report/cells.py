"""What the tables of the attribution share: exact money, bars in cells, colours of themes, closing rows."""

from __future__ import annotations

from collections.abc import Sequence

from screener.backtest.result import Run
from screener.report.html import Markup, cell, escape, join, num, tag
from screener.report.themes import theme_name
from screener.report.words import Words, two

__all__ = ["CASH", "closing", "exact", "heads", "meter", "stock_name", "theme_classes", "theme_key"]

CASH: Words = ("Cash", "现金")
METER = 100.0  # width of the largest bar, as the style has it
HUES = 8  # colours of themes on the page
NO_THEMES = ("cash", "leaving")  # what the weights of a run show beside its themes


def exact(value: float) -> Markup:
    """Write CNY to the cent, coloured by its sign."""
    return num(value, "ratio", signed=True)


def meter(value: float, low: float, high: float) -> Markup:
    """Build a cell with a bar from zero to a value, on a scale that holds all bars of the table.

    Parameters
    ----------
    value : float
    low, high : float
        The smallest and the largest value of the table, and 0.
    """
    scale = METER / (high - low) if high > low else 0.0
    zero, wide = abs(low) * scale, value * scale
    bar = tag("path", class_="up" if value > 0 else "down", d=f"M{zero:.1f} 0h{wide:.1f}v9h{-wide:.1f}z")
    return tag("td", tag("svg", bar), class_="meter")


def theme_classes(run: Run, themes: Sequence[str]) -> dict[str, str]:
    """Return the colour class of each theme: that of the chart of weights, and the next for one without."""
    known = [theme for theme in run.theme_weights.columns if theme not in NO_THEMES]
    return {theme: f"t{1 + k % HUES}" for k, theme in enumerate(dict.fromkeys((*known, *themes)))}


def theme_key(run: Run, theme: str, classes: dict[str, str]) -> Markup:
    """Write the name of a theme behind its colour."""
    return join([tag("i", class_=f"key {classes[theme]}"), theme_name(run, theme)])


def stock_name(run: Run, symbol: str) -> Markup:
    """Write the name of a stock with its symbol, which stands alone where the run has no name."""
    name = run.titles.get(symbol, symbol)
    return escape(symbol) if name == symbol else join([name, tag("small", symbol)])


def heads(*words: Words | Markup) -> list[object]:
    """Write the heads of a table; one that is built already stands as it is."""
    return [part if isinstance(part, Markup) else two(*part) for part in words]


def closing(name: object, *cells: object) -> Markup:
    """Build the row that closes a table: sums in strong type under a line."""
    ready = (part if isinstance(part, Markup) and part.startswith("<td") else cell(part) for part in cells)
    return tag("tr", tag("th", name, scope="row"), *ready, class_="closing")
