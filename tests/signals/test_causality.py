"""The look-ahead test: cutting the future off changes nothing before the cut, for every signal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from screener import signals

SEEDS = range(20)
SINGLE: dict[str, Callable[[pd.DataFrame], pd.DataFrame | pd.Series]] = {
    "momentum": lambda prices: signals.momentum(prices, window=10, skip=2),
    "moving_average": lambda prices: signals.moving_average(prices, window=12, min_count=4),
    "volatility": lambda prices: signals.volatility(returns_of(prices), window=15, min_count=5),
    "drawdown": signals.drawdown,
    "cross_rank": signals.cross_rank,
    "cross_zscore": signals.cross_zscore,
    "theme_index": lambda prices: signals.theme_index(returns_of(prices), prices > 50.0),
}
PEEKS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "tomorrow's price": lambda prices: signals.momentum(prices.shift(-1), window=10),
    "a window around the day": lambda prices: prices.rolling(3, center=True, min_periods=1).mean(),
    "the mean of the whole sample": lambda prices: (prices - prices.mean()) / prices.std(),
    "holes filled from the future": lambda prices: signals.momentum(prices.bfill(), window=10),
}


def returns_of(prices: pd.DataFrame) -> pd.DataFrame:
    filled = prices.ffill()
    return filled / filled.shift() - 1.0


def panel(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    prices = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.03, (120, 8)), axis=0))
    prices[rng.random(prices.shape) < 0.15] = np.nan
    prices[: rng.integers(1, 60), 0] = np.nan
    return pd.DataFrame(prices, index=pd.bdate_range("2023-01-02", periods=120, name="date"))


def changes_with_the_future(signal: Callable, seed: int) -> bool:
    """Compare the signal of the known days with the same days of the signal of all days, at eight cuts."""
    prices = panel(seed)
    cuts = np.random.default_rng(10_000 + seed).integers(30, 119, 8)
    return any(not signal(prices).iloc[:cut].equals(signal(prices.iloc[:cut])) for cut in cuts)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SINGLE)
def test_signal_never_looks_ahead(name: str, seed: int) -> None:
    assert not changes_with_the_future(SINGLE[name], seed)


@pytest.mark.parametrize("name", PEEKS)
def test_planted_peeks_are_caught_in_every_seed(name: str) -> None:
    assert [seed for seed in SEEDS if not changes_with_the_future(PEEKS[name], seed)] == []


def test_every_public_signal_is_under_this_test() -> None:
    assert set(SINGLE) == set(signals.__all__)
