"""The index of a theme on the sample, its health, and closed forms of what health measures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from screener import universe
from screener.data.sources import open_source
from screener.errors import SpecError
from screener.screen.health import crowding, effective_bets
from screener.screen.theme_index import theme_index_of


def test_effective_bets_are_one_for_one_move_and_n_for_n_independent_ones() -> None:
    rng = np.random.default_rng(0)
    one = rng.normal(size=500)
    assert effective_bets(np.column_stack([one, one, one]), np.ones(3) / 3) == pytest.approx(1.0)
    free = np.linalg.qr(rng.normal(size=(500, 4)) - 0.0)[0]
    free = free - free.mean(axis=0)
    assert effective_bets(free, np.ones(4) / 4) == pytest.approx(4.0, rel=0.02)
    assert effective_bets(np.full((500, 2), np.nan), np.ones(2) / 2) is None


def test_crowding_ranks_today_among_the_days_so_far() -> None:
    days = pd.bdate_range("2022-01-03", periods=600)
    amount = pd.Series(np.linspace(1.0, 2.0, 600), days)
    found = crowding(amount, pd.Series(10.0, days), pd.Series(np.linspace(2, 1, 600), days), None)
    assert found["share_percentile"] == 1.0
    assert found["share"] == pytest.approx(amount.iloc[-20:].mean() / 10.0)
    assert found["turnover"] is None
    assert found["from_high"] == pytest.approx(1.0 / np.linspace(2, 1, 600)[-244] - 1.0)


def test_an_equal_index_of_the_sample_begins_with_publication_and_names_its_starts() -> None:
    found = theme_index_of(open_source("sample"), universe.load("optical"))
    assert found.level.dropna().index[0] == pd.Timestamp("2024-07-31")
    assert found.health["members"] == 3
    assert found.health["effective_names"] == pytest.approx(3.0, rel=0.2)
    assert set(found.health["starts"]) == {"300308.SZ", "300502.SZ", "300394.SZ"}
    assert any("SIMULATED" in note for note in found.notes)


def test_what_cannot_be_built_is_said() -> None:
    source, theme = open_source("sample"), universe.load("optical")
    with pytest.raises(SpecError, match="counts no shares"):
        theme_index_of(source, theme, "cap")
    with pytest.raises(SpecError, match="has no published member up to"):
        theme_index_of(source, theme, end=pd.Timestamp("2023-06-01"))
