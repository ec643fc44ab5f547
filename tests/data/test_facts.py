"""Valuation and statements: one name and unit for a column, and no later fact on an earlier day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from screener.data import facts
from screener.data.sources import open_source
from tests.make import make_panel, write_folder

DAY = pd.Timestamp


def state(period: str, usable: str, fetched: str, revenue: float) -> dict[str, object]:
    return {
        "symbol": "300308.SZ",
        "period": DAY(period),
        "effective_date": DAY(usable),
        "fetched": fetched,
        "restated": False,
        "revenue": revenue,
    }


@pytest.fixture
def figures() -> pd.DataFrame:
    rows = [
        state("2023-12-31", "2024-04-22", "2024-05-01T10:00:00Z", 100.0),
        state("2023-12-31", "2024-04-22", "2024-09-01T10:00:00Z", 110.0),  # restated, seen in September
        state("2024-03-31", "2024-04-29", "2024-05-01T10:00:00Z", 30.0),
    ]
    return facts.statements(pd.DataFrame(rows[::-1]))


def told(figures: pd.DataFrame, day: str) -> dict[str, float]:
    rows = facts.known(figures, DAY(day))
    return {
        f"{period:%Y-%m-%d}": value for period, value in zip(rows["period"], rows["revenue"], strict=True)
    }


def test_a_figure_is_unknown_before_its_first_usable_session(figures: pd.DataFrame) -> None:
    assert told(figures, "2024-04-21") == {}
    assert told(figures, "2024-04-26") == {"2023-12-31": 100.0}


def test_a_restatement_counts_only_once_it_was_fetched(figures: pd.DataFrame) -> None:
    assert told(figures, "2024-08-30") == {"2023-12-31": 100.0, "2024-03-31": 30.0}
    assert told(figures, "2024-09-02") == {"2023-12-31": 110.0, "2024-03-31": 30.0}


@pytest.mark.parametrize("names", [("pb_mrq", "ps", "turnover_pct"), ("pb", "ps_ttm", "turnover_pct")])
def test_sources_that_name_a_column_differently_give_the_same_table(names: tuple[str, str, str]) -> None:
    values = dict(zip(names, (2.0, 3.0, 1.5), strict=True))
    table = pd.DataFrame([{"date": DAY("2024-01-02"), "symbol": "300308.SZ", **values, "note": "x"}])
    assert facts.valuation(table).to_dict("records") == [
        {"date": DAY("2024-01-02"), "symbol": "300308.SZ", "pb": 2.0, "ps_ttm": 3.0, "turnover": 0.015}
    ]


def test_the_sample_says_that_it_knows_no_company(figures: pd.DataFrame) -> None:
    source = open_source("sample")
    assert source.valuation(["300308.SZ"]).empty
    assert source.statements(["300308.SZ"]).empty
    assert source.shares(["300308.SZ"]).empty


NAMES = ["300308.SZ", "601138.SH", "688256.SH"]


def slowly_grown(actions: pd.DataFrame, symbol: str, counted: pd.Timestamp, day: pd.Timestamp) -> float:
    """Apply every action to one share, one after the other."""
    share = 1.0
    for row in actions.to_dict("records"):
        if row["symbol"] == symbol and row["basis"] == "official" and counted < row["date"] <= day:
            share *= 1.0 + row["bonus"]
    return share


@pytest.mark.parametrize("seed", range(5))
def test_a_share_grows_by_the_official_bonus_shares_after_its_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=60)
    actions = pd.DataFrame(
        {
            "date": days[rng.integers(0, 60, 40)],
            "symbol": rng.choice([*NAMES, "000001.SZ"], 40),
            "bonus": rng.choice([0.0, 0.3, 1.0], 40),
            "basis": rng.choice(["official", "factor"], 40),
        }
    ).drop_duplicates(["date", "symbol"])
    sessions = days[::2]  # a count or an ex-date may lie between two of them
    counted = pd.DataFrame(pd.NaT, sessions, [*NAMES, "600000.SH"], dtype="datetime64[ns]")
    for i in range(len(sessions)):
        for j in range(3):
            if rng.random() < 0.8:
                counted.iloc[i, j] = days[rng.integers(0, 2 * i + 1)]
    found = facts.grown(actions, counted)
    wanted = [[slowly_grown(actions, s, counted.loc[day, s], day) for s in counted] for day in sessions]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert (found > 1.0).any(axis=None) and (found["600000.SH"] == 1.0).all()


def test_a_count_of_the_ex_date_has_the_new_shares_in_it() -> None:
    days = pd.DatetimeIndex(["2024-05-09", "2024-05-10", "2024-05-13"], name="date")
    actions = pd.DataFrame({"date": days[1:2], "symbol": NAMES[:1], "bonus": [0.4], "basis": ["official"]})
    before, on = (pd.DataFrame(day, days[1:], NAMES[:1]) for day in (days[0], days[1]))
    assert facts.grown(actions, before)[NAMES[0]].tolist() == [1.4, 1.4]
    assert facts.grown(actions, on)[NAMES[0]].tolist() == [1.0, 1.0]
    assert facts.grown(actions.iloc[:0], before)[NAMES[0]].tolist() == [1.0, 1.0]


def test_shares_that_only_the_valuation_counts_are_read_once_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = make_panel(n_days=80, seed=5)
    folder = write_folder(panel, tmp_path)
    rows = pd.DataFrame({"date": panel.sessions[:3], "symbol": panel.symbols[0], "shares": [1e8, 1e8, 2e8]})
    rows.assign(float_shares=5e7).to_parquet(folder / "valuation.parquet")
    source, read = open_source(str(folder)), []
    real = source._facts
    monkeypatch.setattr(source, "_facts", lambda kind, asked: read.append(kind) or real(kind, asked))
    told = source.valuation(panel.symbols)
    assert source.shares(panel.symbols)["shares"].tolist() == told["shares"].tolist() == [1e8, 1e8, 2e8]
    assert read.count("valuation") == 1
    assert source.shares(panel.symbols[1:]).empty  # another question is another reading
    del told
    assert source.shares(panel.symbols)["shares"].tolist() == [1e8, 1e8, 2e8]
    assert read.count("valuation") == 3
