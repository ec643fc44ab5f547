"""Figures on drawn days against sums that are added up one by one, ties and flat accounts among them."""

import math

import numpy as np
import pytest

from screener.kernels.resample import N_FIGURES, resample_nb

CASH, YEARS, YEAR = 0.0001, 0.3, 243.0


def slow(returns, control, days, cash, years, year):
    """Return the figures of each account on some days, from lists."""
    root, rows = math.sqrt(year), []
    for name, account in enumerate(returns):
        mine, theirs = [account[d] for d in days], [returns[control][d] for d in days]
        level = peak = 1.0
        fall = 0.0
        for change in mine:
            level *= 1.0 + change
            peak = max(peak, level)
            fall = min(fall, level / peak - 1.0)
        rate = level ** (1.0 / years) - 1.0
        over, spread = [change - cash for change in mine], np.std(mine, ddof=1)
        downside = math.sqrt(np.mean([min(o, 0.0) ** 2 for o in over]))
        low = np.quantile(mine, 0.05)
        alone = [
            level - 1.0, rate, spread * root, np.mean(over) / spread * root, np.mean(over) / downside * root,
            fall, rate / -fall, low, np.mean([m for m in mine if m <= low]), np.mean([m > 0 for m in mine]),
        ]  # fmt: skip
        rows.append(alone + [np.nan] * 5)
        if name == control:
            continue
        gaps = [m - t for m, t in zip(mine, theirs, strict=True)]
        error = np.std(gaps, ddof=1)
        beta = np.cov(mine, theirs)[0, 1] / np.var(theirs, ddof=1)
        left = np.mean(over) - beta * (np.mean(theirs) - cash)
        rows[-1][11:] = [error * root, np.mean(gaps) / error * root, beta, left * year]
    out = np.array(rows)
    out[:, 10] = out[:, 1] - out[control, 1]
    out[control, 10] = np.nan
    return out


@pytest.mark.parametrize(
    ("n", "block", "ties"), [(45, 7, False), (61, 20, True), (41, 1, True), (40, 40, False)]
)
def test_they_are_those_of_lists_of_days(n, block, ties):
    rng = np.random.default_rng(n)
    returns = rng.normal(0.0004, 0.02, (3, n))
    if ties:
        returns = returns.round(2)  # many days of one return, some of none
    starts = rng.integers(0, n, size=(12, -(-n // block)))
    order = np.argsort(returns, axis=1, kind="stable")
    got = resample_nb(returns, order, 1, starts, block, CASH, YEARS, YEAR)
    assert got.shape == (3, N_FIGURES, 12)
    for d, row in enumerate(starts):
        days = [(start + k) % n for start in row for k in range(block)][:n]
        np.testing.assert_allclose(
            got[:, :, d], slow(returns, 1, days, CASH, YEARS, YEAR), rtol=1e-9, atol=1e-12
        )


def test_a_flat_account_has_no_ratio_and_nothing_is_relative_without_a_control():
    returns = np.vstack([np.full(50, 0.001), np.random.default_rng(0).normal(0, 0.01, 50)])
    order, starts = np.argsort(returns, axis=1, kind="stable"), np.zeros((1, 3), np.int64)
    alone = resample_nb(returns, order, -1, starts, 20, 0.0, YEARS, YEAR)[:, :, 0]
    assert alone[0, 2] == 0.0 and alone[0, 5] == 0.0
    assert np.isnan(alone[0, [3, 4, 6]]).all()
    assert np.isnan(alone[:, 10:]).all()
    beside = resample_nb(returns, order, 0, starts, 20, 0.0, YEARS, YEAR)[1, :, 0]
    assert np.isnan(beside[13:]).all()  # a control that never moves has no beta
    assert np.isfinite(beside[10:13]).all()
