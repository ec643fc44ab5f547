"""Kernels equal their slow twins on random panels with holes, compiled and as plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from screener.kernels import cross, rolling
from tests import naive

SEEDS = range(20)
EXACT = {"rtol": 1e-11, "atol": 1e-13}


def panel(seed: int, n_days: int = 40, n_assets: int = 6) -> np.ndarray:
    """Return prices with holes, a late listing, an early end and a column without any price."""
    rng = np.random.default_rng(seed)
    prices = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.03, (n_days, n_assets)), axis=0))
    prices[rng.random(prices.shape) < 0.2] = np.nan
    prices[: rng.integers(1, n_days), 0] = np.nan
    prices[rng.integers(1, n_days) :, 1] = np.nan
    prices[:, 2] = np.nan
    return prices


def tied(seed: int) -> np.ndarray:
    """Return a panel of few distinct values, so that most days have ties."""
    return np.round(panel(seed) / 10.0)


def both(kernel) -> list:
    """Return the compiled kernel and the Python it was compiled from."""
    return [kernel, getattr(kernel, "py_func", kernel)]


def agree(kernel, arguments: tuple, expected: list) -> None:
    for function in both(kernel):
        np.testing.assert_allclose(function(*arguments), np.array(expected, dtype=float), **EXACT)


def shapes(seed: int) -> tuple[int, int]:
    rng = np.random.default_rng(1000 + seed)
    window = int(rng.integers(2, 50))  # some longer than the data
    return window, int(rng.integers(2, window + 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_rolling_mean_equals_its_twin(seed: int) -> None:
    window, min_count = shapes(seed)
    values = panel(seed)
    agree(
        rolling.rolling_mean_nb,
        (values, window, min_count),
        naive.rolling_mean(values.tolist(), window, min_count),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_rolling_std_equals_its_twin(seed: int) -> None:
    window, min_count = shapes(seed)
    values = panel(seed)
    agree(
        rolling.rolling_std_nb,
        (values, window, min_count),
        naive.rolling_std(values.tolist(), window, min_count),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_momentum_equals_its_twin(seed: int) -> None:
    window, skip = shapes(seed)[0], seed % 6
    values = panel(seed)
    agree(rolling.momentum_nb, (values, window, skip), naive.momentum(values.tolist(), window, skip))


@pytest.mark.parametrize("seed", SEEDS)
def test_drawdown_equals_its_twin(seed: int) -> None:
    agree(rolling.drawdown_nb, (panel(seed),), naive.drawdown(panel(seed).tolist()))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", [panel, tied])
def test_cross_rank_equals_its_twin(seed: int, make) -> None:
    agree(cross.cross_rank_nb, (make(seed),), naive.cross_rank(make(seed).tolist()))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", [panel, tied])
def test_cross_zscore_equals_its_twin(seed: int, make) -> None:
    agree(cross.cross_zscore_nb, (make(seed),), naive.cross_zscore(make(seed).tolist()))


@pytest.mark.parametrize("seed", SEEDS)
def test_theme_index_equals_its_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    returns = np.where(rng.random((40, 6)) < 0.1, np.nan, rng.normal(0.0, 0.03, (40, 6)))
    members = rng.random((40, 6)) < 0.3
    members[: rng.integers(0, 20)] = False
    members[25:27] = False
    agree(cross.theme_index_nb, (returns, members), naive.theme_index(returns.tolist(), members.tolist()))


def test_rolling_std_of_equal_values_is_zero_at_any_level() -> None:
    values = np.array([[0.1, 1e9 / 3.0]]).repeat(7, axis=0)
    for kernel in both(rolling.rolling_std_nb):
        assert (kernel(values, 3, 3)[2:] == 0.0).all()


def test_rolling_std_keeps_its_digits_at_a_high_level() -> None:
    """1e9 + {0, 1, 2} has standard deviation 1; the sum-of-squares formula returns 0 or noise."""
    values = 1e9 + np.arange(9.0).reshape(-1, 1) % 3
    np.testing.assert_allclose(rolling.rolling_std_nb(values, 3, 3)[2:], 1.0, rtol=1e-12)


def test_rolling_mean_forgets_a_large_value_that_left_the_window() -> None:
    values = np.array([1e17, 0.1, 0.2, 0.3, 0.4]).reshape(-1, 1)
    np.testing.assert_allclose(rolling.rolling_mean_nb(values, 2, 2)[2:, 0], [0.15, 0.25, 0.35], rtol=1e-12)


def test_momentum_holds_the_last_price_over_a_suspension() -> None:
    prices = np.array([np.nan, 10.0, 11.0, np.nan, np.nan, 12.0]).reshape(-1, 1)
    expected = [np.nan, np.nan, np.nan, 0.1, 0.0, 12.0 / 11.0 - 1.0]
    np.testing.assert_allclose(rolling.momentum_nb(prices, 2, 0)[:, 0], expected, rtol=1e-12)


def test_momentum_of_a_price_of_zero_is_not_defined() -> None:
    for kernel in both(rolling.momentum_nb):
        assert np.isnan(kernel(np.array([[0.0], [1.0]]), 1, 0)).all()


def test_kernels_leave_their_input_alone() -> None:
    values, flags = panel(0), np.ones((40, 6), dtype=bool)
    for kernel, rest in [
        (rolling.rolling_mean_nb, (5, 3)),
        (rolling.rolling_std_nb, (5, 3)),
        (rolling.momentum_nb, (5, 1)),
        (rolling.drawdown_nb, ()),
        (cross.cross_rank_nb, ()),
        (cross.cross_zscore_nb, ()),
        (cross.theme_index_nb, (flags,)),
    ]:
        kernel(values, *rest)
        np.testing.assert_array_equal(values, panel(0))
