"""Signals as their callers see them: labels, holes, ranges, and answers worked by hand."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from screener.signals import (
    cross_rank,
    cross_zscore,
    drawdown,
    momentum,
    moving_average,
    theme_index,
    volatility,
)

DAYS = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"], name="date")
A, B, C = "300308.SZ", "688256.SH", "000977.SZ"
nan = np.nan


def frame(**columns: list[float]) -> pd.DataFrame:
    names = {"a": A, "b": B, "c": C}
    return pd.DataFrame({names[key]: values for key, values in columns.items()}, index=DAYS, dtype=float)


PRICES = frame(a=[10, 11, nan, 12, 9], b=[nan, nan, 20, 22, 24], c=[nan] * 5)
EVERY: list[Callable[[pd.DataFrame], pd.DataFrame]] = [
    lambda f: momentum(f, 2),
    lambda f: moving_average(f, 2),
    lambda f: volatility(f, 2),
    drawdown,
    cross_rank,
    cross_zscore,
]


def assert_is(found: pd.DataFrame, **columns: list[float]) -> None:
    pd.testing.assert_frame_equal(found, frame(**columns), rtol=1e-12)


def test_momentum_compares_the_last_prices_at_or_before_both_days() -> None:
    assert_is(
        momentum(PRICES, window=2),
        a=[nan, nan, 11 / 10 - 1, 12 / 11 - 1, 9 / 11 - 1],
        b=[nan, nan, nan, nan, 24 / 20 - 1],
        c=[nan] * 5,
    )


def test_momentum_skips_the_last_days() -> None:
    assert_is(momentum(PRICES[[A]], window=1, skip=2), a=[nan, nan, nan, 11 / 10 - 1, 0.0])


def test_moving_average_leaves_holes_out_and_wants_enough_prices() -> None:
    assert_is(moving_average(PRICES[[A]], window=2), a=[nan, 10.5, nan, nan, 10.5])
    assert_is(moving_average(PRICES[[A]], window=2, min_count=1), a=[10, 10.5, 11, 12, 10.5])


def test_volatility_is_a_daily_standard_deviation_with_ddof_1() -> None:
    returns = frame(a=[0.01, 0.03, nan, 0.05, 0.01])
    expected = [nan, np.sqrt(0.0002), np.sqrt(0.0002), np.sqrt(0.0002), np.sqrt(0.0008)]
    assert_is(volatility(returns, window=3, min_count=2), a=expected)


def test_drawdown_remembers_the_peak_over_a_suspension() -> None:
    assert_is(drawdown(PRICES[[A]]), a=[0.0, 0.0, nan, 0.0, 9 / 12 - 1])


def test_cross_rank_shares_the_average_place_of_a_tie() -> None:
    ranks = cross_rank(pd.DataFrame([[5.0, 1.0, 5.0, nan, 9.0]], index=DAYS[:1]))
    np.testing.assert_array_equal(ranks, [[0.0, -1.0, 0.0, nan, 1.0]])


def test_cross_rank_of_one_value_or_equal_values_is_0() -> None:
    rows = pd.DataFrame([[nan, 3.0, nan], [2.0, 2.0, 2.0], [nan] * 3], index=DAYS[:3])
    np.testing.assert_array_equal(cross_rank(rows), [[nan, 0.0, nan], [0.0] * 3, [nan] * 3])


def test_cross_rank_reverses_with_the_sign_exactly() -> None:
    values = pd.DataFrame(np.random.default_rng(0).integers(0, 9, (50, 13)).astype(float))
    pd.testing.assert_frame_equal(cross_rank(values), -cross_rank(-values), check_exact=True)


def test_cross_zscore_has_mean_0_and_population_deviation_1() -> None:
    np.testing.assert_allclose(
        cross_zscore(pd.DataFrame([[2.0, 4.0, nan, 6.0]])), [[-np.sqrt(1.5), 0.0, nan, np.sqrt(1.5)]]
    )


def test_cross_zscore_of_one_value_or_equal_values_is_0() -> None:
    rows = pd.DataFrame([[nan, 3.0, nan], [0.1, 0.1, 0.1], [nan] * 3])
    np.testing.assert_array_equal(cross_zscore(rows), [[nan, 0.0, nan], [0.0] * 3, [nan] * 3])


def test_theme_index_earns_the_mean_of_yesterdays_members() -> None:
    returns = frame(a=[0.5, 0.10, 0.20, nan, 0.30], b=[0.5, 0.5, 0.40, 0.10, 0.10], c=[0.9] * 5)
    members = frame(a=[0, 1, 1, 1, 0], b=[0, 0, 1, 0, 0]).astype(bool)
    expected = [nan, 1.0, 1.2, 1.2 * 1.1, 1.2 * 1.1 * 1.3]
    np.testing.assert_allclose(theme_index(returns, members), expected, rtol=1e-12)


def test_theme_index_stands_still_without_members_and_never_starts_without_any() -> None:
    returns = frame(a=[0.1] * 5)
    left = frame(a=[1, 0, 0, 1, 1]).astype(bool)
    np.testing.assert_allclose(theme_index(returns, left), [1.0, 1.1, 1.1, 1.1, 1.21], rtol=1e-12)
    assert theme_index(returns, left & False).isna().all()


def test_theme_index_does_not_earn_the_return_of_the_day_a_member_joins() -> None:
    """A stock that doubles on the day of its report must not have been held."""
    returns = frame(a=[0, 0, 0, 0, 0], b=[0, 0, 1.0, 0, 0])
    members = frame(a=[1, 1, 1, 1, 1], b=[0, 0, 1, 1, 1]).astype(bool)
    assert (theme_index(returns, members) == 1.0).all()


@pytest.mark.parametrize("signal", EVERY)
def test_labels_stay_and_the_input_is_left_alone(signal: Callable) -> None:
    prices = PRICES.rename_axis(columns="symbol")
    before = prices.copy()
    found = signal(prices)
    pd.testing.assert_frame_equal(prices, before)
    pd.testing.assert_index_equal(found.index, prices.index)
    pd.testing.assert_index_equal(found.columns, prices.columns)


@pytest.mark.parametrize("signal", EVERY)
@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (1, 1)])
def test_frames_without_days_or_assets_pass(signal: Callable, shape: tuple[int, int]) -> None:
    empty = pd.DataFrame(np.ones(shape), index=DAYS[: shape[0]])
    assert signal(empty).shape == shape


@pytest.mark.parametrize("signal", [lambda f: momentum(f, 9), lambda f: moving_average(f, 9)])
def test_windows_longer_than_the_data_give_nan(signal: Callable) -> None:
    assert signal(PRICES).isna().all(axis=None)


@pytest.mark.parametrize("signal", EVERY)
def test_days_out_of_order_or_repeated_are_refused(signal: Callable) -> None:
    for wrong in [PRICES.iloc[::-1], PRICES.iloc[[0, 1, 1]]]:
        with pytest.raises(ValueError, match="index must hold every day once, earliest first"):
            signal(wrong)
    with pytest.raises(TypeError, match="must be a DataFrame"):
        signal(PRICES[A])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: momentum(PRICES, 0), "window=0 must be a whole number at least 1"),
        (lambda: momentum(PRICES, 2.0), "window=2.0 must be a whole number at least 1"),
        (lambda: momentum(PRICES, True), "window=True must be a whole number at least 1"),
        (lambda: momentum(PRICES, 2, skip=-1), "skip=-1 must be a whole number at least 0"),
        (lambda: moving_average(PRICES, 3, 4), "min_count=4 must be a whole number in [1, 3]"),
        (lambda: moving_average(PRICES, 3, 0), "min_count=0 must be a whole number in [1, 3]"),
        (lambda: volatility(PRICES, 1), "window=1 must be a whole number at least 2"),
        (lambda: volatility(PRICES, 3, 1), "min_count=1 must be a whole number in [2, 3]"),
        (lambda: theme_index(PRICES, PRICES), "members must be bool in every column"),
        (lambda: theme_index(PRICES, PRICES.iloc[1:] > 0), "members.index must equal total_return.index"),
        (lambda: theme_index(PRICES[[A]], PRICES > 0), f"members={sorted([B, C])} must be columns of"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(call: Callable, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        call()
