"""Curves for tests of figures: 1,456 sessions in the six whole years 2019 to 2024."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from screener.market import calendar

BASE = "2018-12-28"  # the last session before
SESSIONS, YEARS = 1_456, 6
A_YEAR = SESSIONS / YEARS


def curve(returns: list[float] | np.ndarray, base: str = BASE, capital: float = 1e7) -> pd.Series:
    """Return the levels that these returns lead to, from the day after the base on."""
    days = calendar.sessions(base)[: len(returns) + 1]
    return pd.Series(capital * np.cumprod([1.0, *(1.0 + np.asarray(returns))]), index=days)


def pair(seed: int) -> tuple[pd.Series, pd.Series]:
    rng = np.random.default_rng(seed)
    theirs = rng.standard_t(4, SESSIONS) * 0.01 + 0.0002
    mine = 0.8 * theirs + rng.normal(0.0002, 0.008, SESSIONS)
    mine[rng.random(SESSIONS) < 0.05] = 0.0
    return curve(mine), curve(theirs, capital=3_000.0)


def lists(seed: int) -> tuple[list[float], list[float]]:
    return tuple([now / before - 1 for before, now in pairwise(levels.tolist())] for levels in pair(seed))


def near(expected: float) -> object:
    return pytest.approx(expected, rel=1e-9, abs=1e-12)


def same(found: float, expected: float) -> bool:
    return found == near(expected)
