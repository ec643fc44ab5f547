"""The index of a basket against a ledger that holds shares, and its weights against their definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from screener.screen.index import capped, drifting_index, review_days, review_weights

SESSIONS = pd.bdate_range("2023-01-02", "2024-06-28")


def market(seed: int, n: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return returns with suspensions, and members who come and go."""
    rng = np.random.default_rng(seed)
    returns = pd.DataFrame(rng.normal(0.0, 0.03, (len(SESSIONS), n)), SESSIONS, list("abcde")[:n])
    returns = returns.mask(rng.random(returns.shape) < 0.05)
    since = rng.integers(0, 200, n)
    members = pd.DataFrame(np.arange(len(SESSIONS))[:, None] >= since, SESSIONS, returns.columns)
    return returns, members


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("every", ["monthly", "quarterly"])
def test_the_index_is_what_an_account_of_shares_is_worth(seed: int, every: str) -> None:
    returns, members = market(seed)
    first = int(members.any(axis=1).to_numpy().argmax())
    targets = review_weights(members, None, review_days(SESSIONS[first:], every), cap=0.4)
    level = drifting_index(returns, targets)
    value, held = 1.0, dict.fromkeys(returns.columns, 0.0)
    for day in SESSIONS:
        if day > targets.index[0]:
            for name in held:
                r = returns.loc[day, name]
                held[name] *= 1.0 + (0.0 if np.isnan(r) else r)
            value = sum(held.values())
        if day in targets.index and targets.loc[day].sum() > 0:
            held = {name: value * targets.loc[day, name] for name in held}
        expected = np.nan if day < targets.index[0] else value
        assert level[day] == pytest.approx(expected, nan_ok=True, rel=1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_a_cap_holds_keeps_order_and_gives_the_rest_in_proportion(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights, cap = rng.pareto(1.0, rng.integers(1, 12)), rng.uniform(0.05, 1.0)
    out = capped(weights, cap)
    bound = max(cap, 1.0 / len(weights))
    assert out.sum() == pytest.approx(1.0)
    assert (out <= bound + 1e-12).all()
    free = out < bound - 1e-9
    if free.sum() > 1:
        assert np.ptp(out[free] / weights[free]) == pytest.approx(0.0, abs=1e-9)


def test_weights_by_size_leave_out_who_has_none() -> None:
    members = pd.DataFrame(True, SESSIONS[:1], ["a", "b", "c"])
    sizes = pd.DataFrame([[3.0, 1.0, np.nan]], SESSIONS[:1], ["a", "b", "c"])
    assert review_weights(members, sizes, SESSIONS[:1]).iloc[0].tolist() == [0.75, 0.25, 0.0]


def test_a_buffer_leaves_alone_what_is_near_its_target() -> None:
    days = pd.bdate_range("2024-01-01", periods=4)
    returns = pd.DataFrame(
        [[0, 0, 0], [0.02, 0.5, 0.0], [0, 0, 0], [1.0, 0, 0]], days, list("abc"), dtype=float
    )
    targets = pd.DataFrame(1 / 3, days[:2], list("abc"))
    plain, buffered = drifting_index(returns, targets), drifting_index(returns, targets, buffer=0.14)
    a, c = 1.02 / 3.52, 1.0 / 3.52  # drifted: a is within 14 % of a third, c is not, b far above
    assert plain.iloc[-1] / plain.iloc[-2] == pytest.approx(1.0 + 1 / 3)
    assert buffered.iloc[-1] / buffered.iloc[-2] == pytest.approx(1.0 + a)
    assert abs(c - 1 / 3) > 0.14 / 3


def test_reviews_are_the_first_session_and_the_last_of_each_period_that_is_over() -> None:
    days = review_days(SESSIONS, "quarterly")
    assert [f"{day:%Y-%m-%d}" for day in days] == [
        "2023-01-02", "2023-03-31", "2023-06-30", "2023-09-29", "2023-12-29", "2024-03-29",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="every='weekly'"):
        review_days(SESSIONS, "weekly")


def test_a_cut_future_changes_nothing_before() -> None:
    returns, members = market(1)
    for n in (100, 250, 300):
        early = drifting_index(
            returns[:n], review_weights(members[:n], None, review_days(SESSIONS[:n], "monthly"))
        )
        whole = drifting_index(returns, review_weights(members, None, review_days(SESSIONS, "monthly")))
        pd.testing.assert_series_equal(early, whole[:n])
