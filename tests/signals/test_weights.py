"""From themes to names: eligibility, tilts, the cap that never leaks into cash, tranches."""

import numpy as np
import pandas as pd
import pytest

from screener.signals.weights import equal_themes, spread, stagger, theme_momentum, tilt

DAYS = pd.date_range("2024-01-01", periods=3, name="date")


def frame(rows, columns):
    return pd.DataFrame(rows, index=DAYS[: len(rows)], columns=columns)


def members(**themes):
    """Members that never change: members(a=["x", "y"])."""
    return {name: frame([[True] * len(symbols)] * 3, symbols) for name, symbols in themes.items()}


def test_only_themes_with_enough_members_are_weighed_and_equally():
    some = members(a=["x", "y", "z"], b=["u", "v", "w"], c=["p", "q"])
    some["b"].iloc[0, 0] = False
    weights = equal_themes(some, 3)
    assert weights.to_numpy().tolist() == [[1, 0, 0], [0.5, 0.5, 0], [0.5, 0.5, 0]]


def test_no_eligible_theme_means_no_weights():
    assert equal_themes(members(a=["x"]), 3).to_numpy().sum() == 0


def test_a_tilt_keeps_the_sum_and_is_cut_off_at_its_strength():
    themes = frame([[0.25, 0.25, 0.5]] * 3, list("abc"))
    score = frame([[9.0, -9.0, np.nan], [0, 0, 0], [1, 1, 1]], list("abc"))
    tilted = tilt(themes, score, 0.5)
    np.testing.assert_allclose(tilted.sum(axis=1), 1.0)
    np.testing.assert_allclose(tilted.iloc[0], np.array([0.375, 0.125, 0.5]))
    np.testing.assert_allclose(tilted.iloc[1:], themes.iloc[1:])


def test_a_name_over_the_cap_gives_its_excess_to_its_own_theme_first():
    themes = frame([[0.5, 0.5]] * 1, ["a", "b"])
    some = members(a=["s", "x", "y"], b=["s", "u", "v", "w"])
    weights = spread(themes, {k: v.iloc[:1] for k, v in some.items()}, 0.2).iloc[0]
    held = weights.groupby("symbol").sum()
    assert held["s"] == pytest.approx(0.2)
    assert weights["a"].sum() == pytest.approx(0.5) or held[["x", "y"]].max() == pytest.approx(0.2)
    assert weights.sum() == pytest.approx(1.0)
    assert held.max() <= 0.2 + 1e-12


def test_a_full_theme_gives_its_excess_to_the_other_themes_and_never_to_cash():
    themes = frame([[0.8, 0.2]], ["a", "b"])
    some = {k: v.iloc[:1] for k, v in members(a=["x", "y", "z"], b=list("klmnopqrst")).items()}
    weights = spread(themes, some, 0.10).iloc[0]
    assert weights["a"].to_numpy() == pytest.approx([0.1] * 3)
    assert weights["b"].to_numpy() == pytest.approx([0.07] * 10)


def test_too_few_names_for_the_cap_raise_it_to_equal_weight():
    some = {"a": frame([[True] * 4], list("wxyz"))}
    assert spread(frame([[1.0]], ["a"]), some, 0.1).to_numpy() == pytest.approx(np.full((1, 4), 0.25))


def test_members_share_a_theme_by_their_relative_weights_and_the_excess_too():
    some = {"a": frame([[2.0, 1.0, 1.0]], list("xyz")), "b": frame([[1.0, 3.0]], list("uv"))}
    weights = spread(frame([[0.6, 0.4]], ["a", "b"]), some, 0.26)
    # x: 0.30 -> 0.26, v: 0.30 -> 0.26; y and z share 0.04 equally, u takes 0.04
    np.testing.assert_allclose(weights.iloc[0], [0.26, 0.17, 0.17, 0.14, 0.26])


@pytest.mark.parametrize("seed", range(50))
def test_spread_is_fully_invested_under_the_cap_and_equal_where_it_does_not_bind(seed):
    rng = np.random.default_rng(seed)
    pool = [f"s{k:02}" for k in range(25)]
    some = {
        t: frame(rng.random((3, 12)) < 0.8, sorted(rng.choice(pool, 12, replace=False)))
        for t in ("a", "b", "c", "d")
    }
    raw = rng.random((3, 4)) * (rng.random((3, 4)) < 0.8)
    for i, t in enumerate(some):
        raw[~some[t].any(axis=1).to_numpy(), i] = 0
    raw[:, 0] += 0.1
    themes = frame(0.9 * raw / raw.sum(axis=1, keepdims=True), list(some))
    cap = float(rng.uniform(0.03, 0.2))
    weights = spread(themes, some, cap)
    for day in DAYS:
        row, live = weights.loc[day], {t for t in some if themes.loc[day, t] > 0}
        names = {s for t in live for s in some[t].columns[some[t].loc[day]]}
        held = row.groupby("symbol").sum()
        assert row.sum() == pytest.approx(0.9, abs=1e-9)
        assert held.max() <= max(cap, 0.9 / len(names)) * (1 + 1e-9)
        assert (row >= 0).all()
        for t in some:
            assert (row[t][~some[t].loc[day].to_numpy()] == 0).all()
            free = [s for s in some[t].columns[some[t].loc[day]] if held[s] < cap * (1 - 1e-6)]
            if t in live and len(free) > 1:
                assert row[t][free].max() - row[t][free].min() < 1e-9


@pytest.mark.parametrize("tranches", [1, 2, 4])
@pytest.mark.parametrize("seed", range(5))
def test_tranches_are_portfolios_that_drift_with_prices(seed, tranches):
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=30, name="date")
    prices = pd.DataFrame(np.cumprod(1 + rng.normal(0, 0.03, (30, 4)), 0), index=days, columns=list("wxyz"))
    prices.iloc[5:8, 1] = np.nan
    decisions = days[::4]
    pairs = pd.MultiIndex.from_tuples(
        [("a", "w"), ("a", "x"), ("b", "y"), ("b", "z")], names=["theme", "symbol"]
    )
    targets = pd.DataFrame(rng.dirichlet(np.ones(5), len(decisions))[:, :4], index=decisions, columns=pairs)
    books = [
        {"cash": 1 - targets.iloc[0].sum(), "w": dict(zip("wxyz", targets.iloc[0], strict=True))}
        for _ in range(tranches)
    ]
    filled = prices.ffill()
    for i, day in enumerate(decisions):
        if i:
            for book in books:
                book["w"] = {
                    s: v * filled.loc[day, s] / filled.loc[decisions[i - 1], s] for s, v in book["w"].items()
                }
        book = books[i % tranches]
        value = book["cash"] + sum(book["w"].values())
        book["w"] = {s: value * w for s, w in zip("wxyz", targets.loc[day], strict=True)}
        book["cash"] = value * (1 - targets.loc[day].sum())
        total = sum(b["cash"] + sum(b["w"].values()) for b in books)
        expected = [sum(b["w"][s] for b in books) / total for s in "wxyz"]
        np.testing.assert_allclose(stagger(targets, prices, tranches).loc[day], expected, atol=1e-12)


def test_one_tranche_is_the_target_itself():
    days = pd.date_range("2024-01-01", periods=4)
    pairs = pd.MultiIndex.from_tuples([("a", "w"), ("a", "x")], names=["theme", "symbol"])
    targets = pd.DataFrame([[0.5, 0.5], [0.2, 0.8], [0, 0], [1, 0]], index=days, columns=pairs)
    prices = pd.DataFrame({"w": [1.0, 2, 3, 4], "x": [4.0, 3, 2, 1]}, index=days)
    np.testing.assert_allclose(stagger(targets, prices, 1), targets)
    with pytest.raises(ValueError, match="tranches=0"):
        stagger(targets, prices, 0)


def test_theme_momentum_averages_the_members_of_the_day():
    days = pd.date_range("2024-01-01", periods=5, name="date")
    prices = pd.DataFrame({"x": [1.0, 1, 2, 2, 2], "y": [1.0, 1, 1, 3, 3]}, index=days)
    some = {"a": pd.DataFrame({"x": [True, True], "y": [False, True]}, index=days[[3, 4]])}
    np.testing.assert_allclose(theme_momentum(prices, some, 2, 0)["a"], [1.0, (0.0 + 2.0) / 2])
