"""Screens: what is known of each share on a day, and a small language to choose by it."""

from screener.screen.columns import COLUMNS, Day, evaluate_columns
from screener.screen.expression import Expression, parse
from screener.screen.preset import Preset, load_presets
from screener.screen.screen import Screen, screen

__all__ = [
    "COLUMNS",
    "Day",
    "Expression",
    "Preset",
    "Screen",
    "evaluate_columns",
    "load_presets",
    "parse",
    "screen",
]
