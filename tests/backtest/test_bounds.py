"""A row under bounds: what it cannot meet, no other row could; a linear programme is the judge."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from screener.backtest.bounds import Bounds, frame_of, pour, settled


def least_shortfall(bounds, frame):
    """Return by how much all floors together must be missed, whatever the weights."""
    pairs, themes = len(frame.theme_of), len(frame.themes)
    lines, limits = [np.r_[np.ones(pairs), np.zeros(themes)]], [1.0]
    for s in range(len(frame.names)):
        own = np.r_[frame.name_of == s, np.zeros(themes)].astype(float)
        lines += [own, -own]
        limits += [bounds.upper[s], -bounds.lower[s]]
    for k in range(themes):
        lines.append(-np.r_[frame.theme_of == k, np.arange(themes) == k].astype(float))
        limits.append(-bounds.floor[k])
    return linprog(np.r_[np.zeros(pairs), np.ones(themes)], np.array(lines), limits).fun


def drawn(seed, locked):
    """Draw names in one or several of four themes, weights of two days, a cap, floors and locks."""
    rng = np.random.default_rng(seed)
    labels = [(f"t{k}", f"s{s}") for k in range(4) for s in range(10) if rng.random() < 0.4]
    frame = frame_of(pd.MultiIndex.from_tuples(labels, names=["theme", "symbol"]))
    wanted, last = rng.dirichlet(np.full(len(labels), 0.5), 2) * (rng.random((2, len(labels))) > 0.3)
    lower = frame.by_name(last) * (rng.random(len(frame.names)) > 0.6) * locked
    upper = np.maximum(rng.choice([0.1, 0.12, 0.15, 0.2]), lower)
    floor = rng.dirichlet(np.ones(len(frame.themes))) * rng.choice([0.6, 0.8, 0.95])
    return wanted, last, Bounds(lower, upper, floor * (rng.random(len(floor)) > 0.3)), frame


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_floors_are_missed_by_no_more_than_names_and_locks_make_inevitable(seed, locked):
    wanted, last, bounds, frame = drawn(seed, locked)
    before = wanted.copy()
    given = settled(wanted, np.ones(len(wanted)), last, bounds, frame)
    held = frame.by_name(given)
    assert given.min() >= 0.0 and given.sum() <= 1.0 + 1e-9
    assert (held <= bounds.upper + 1e-12).all() and (held >= bounds.lower - 1e-9).all()
    missed = np.maximum(bounds.floor - frame.by_theme(given), 0.0).sum()
    assert missed == pytest.approx(least_shortfall(bounds, frame), abs=1e-7)
    np.testing.assert_array_equal(wanted, before)


def test_some_of_the_drawn_floors_can_and_some_cannot_be_met():
    missed = [least_shortfall(*drawn(seed, locked)[2:]) > 1e-7 for seed in range(60) for locked in (0, 1)]
    assert 5 < sum(missed) < 100


def test_a_name_is_handed_on_along_a_chain_of_themes():
    labels = [("a", "x"), ("b", "x"), ("b", "y"), ("c", "y"), ("c", "z")]
    frame = frame_of(pd.MultiIndex.from_tuples(labels, names=["theme", "symbol"]))
    bounds = Bounds(np.zeros(3), np.full(3, 0.4), np.array([0.3, 0.3, 0.0]))
    given = settled(np.array([0.0, 0.4, 0.0, 0.4, 0.2]), np.ones(5), np.zeros(5), bounds, frame)
    np.testing.assert_allclose(frame.by_theme(given), [0.3, 0.3, 0.4], atol=1e-12)
    np.testing.assert_allclose(frame.by_name(given), [0.4, 0.4, 0.2], atol=1e-12)  # nothing was traded


def test_an_amount_is_poured_in_proportion_and_what_overflows_goes_to_those_with_room():
    given = pour(1.0, np.array([2.0, 1.0, 1.0, 0.0]), np.array([0.2, 0.3, 9.0, 9.0]))
    np.testing.assert_allclose(given, [0.2, 0.3, 0.5, 0.0], atol=1e-12)
    np.testing.assert_allclose(pour(1.0, np.ones(2), np.full(2, 0.2)), [0.2, 0.2])
