"""Columns and screens against slow obvious twins, and with the future cut off."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from screener import universe
from screener.data import facts
from screener.data.sources import open_source
from screener.errors import SpecError
from screener.screen import COLUMNS, Day, Preset, evaluate_columns, load_presets, screen
from screener.screen.statements import quarters

DAY = pd.Timestamp
NAMES = ["300308.SZ", "688256.SH", "000977.SZ", "601138.SH", "300502.SZ"]


@pytest.fixture(scope="module")
def source():
    return open_source("sample")


def invented(seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return valuation by day, statements and counts of shares, with holes."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", "2024-12-31")
    rows = [
        {"date": day, "symbol": name, "pe_ttm": rng.normal(30, 30), "pb": rng.uniform(1, 9)}
        for name in NAMES
        for day in days
        if rng.random() > 0.05
    ]
    periods = pd.date_range("2021-03-31", "2024-09-30", freq="QE")
    told = []
    for name in NAMES:
        for period in periods:
            if rng.random() < 0.08:
                continue
            told.append(
                {
                    "symbol": name,
                    "period": period,
                    "effective_date": period + pd.Timedelta(days=int(rng.integers(20, 120))),
                    "revenue": rng.uniform(50, 100) * period.quarter,
                    "net_profit": rng.normal(5, 5) * period.quarter,
                    "operating_cash_flow": rng.normal(4, 9) * period.quarter,
                    "inventory": rng.uniform(10, 90),
                    "prepayments": rng.uniform(1, 9),
                }
            )
    shares = pd.DataFrame(
        [{"date": DAY("2020-01-02"), "symbol": name, "shares": 1e9, "float_shares": 5e8} for name in NAMES]
    )
    return facts.valuation(pd.DataFrame(rows)), facts.statements(pd.DataFrame(told)), shares


def day_of(source, day: str) -> Day:
    return Day(
        DAY(day), source.panel(NAMES), *invented(), themes={"300308.SZ": "optical"}, purity={"300308.SZ": 0.9}
    )


@pytest.mark.parametrize("day", ["2021-06-30", "2023-03-10", "2024-07-01"])
def test_prices_are_measured_as_a_plain_loop_measures_them(source, day: str) -> None:
    table, _ = evaluate_columns(day_of(source, day), COLUMNS)
    panel = source.panel(NAMES, end=DAY(day))
    for name in table.index:
        j = panel.symbols.index(name)
        path, last = [], math.nan
        for i in range(len(panel.sessions)):
            value = panel.close[i, j] * panel.factor[i, j]
            last = last if math.isnan(value) else value
            path.append(last)
        for window in (5, 20, 60, 120, 250):
            expected = path[-1] / path[-1 - window] - 1.0
            assert table.loc[name, f"return_{window}"] == pytest.approx(expected, nan_ok=True)
        assert table.loc[name, "momentum"] == pytest.approx(path[-21] / path[-251] - 1.0, nan_ok=True)
        assert table.loc[name, "drawdown"] == pytest.approx(path[-1] / np.nanmax(path[-244:]) - 1.0)
        steps = [path[k] / path[k - 1] - 1.0 for k in range(-60, 0)]
        assert table.loc[name, "volatility_60"] == pytest.approx(
            np.std(steps, ddof=1) * math.sqrt(244), nan_ok=True
        )
        amounts = [0.0 if math.isnan(x) else x for x in panel.amount[-20:, j]]
        assert table.loc[name, "amount_20"] == pytest.approx(sum(amounts) / 20, nan_ok=True)
        bonus = panel.actions[
            (panel.actions["symbol"] == name) & (panel.actions["date"] > DAY("2020-01-02"))
        ]["bonus"]
        assert table.loc[name, "market_cap"] == pytest.approx(
            panel.close[-1, j] * 1e9 * np.prod(1 + bonus), nan_ok=True
        )


@pytest.mark.parametrize("day", ["2023-03-10", "2024-07-01"])
def test_percentiles_count_the_days_up_to_today(source, day: str) -> None:
    table, _ = evaluate_columns(day_of(source, day), ["pe_percentile", "pe_ttm"])
    rows = invented()[0]
    for name in table.index:
        past = [
            r.pe_ttm for r in rows.itertuples() if r.symbol == name and r.date <= DAY(day) and r.pe_ttm > 0
        ]
        today = [r.pe_ttm for r in rows.itertuples() if r.symbol == name and r.date == DAY(day)]
        assert table.loc[name, "pe_ttm"] == pytest.approx(today[0] if today else math.nan, nan_ok=True)
        known = len(past) >= 500 and today and today[0] > 0
        expected = sum(value <= today[0] for value in past) / len(past) if known else math.nan
        assert table.loc[name, "pe_percentile"] == pytest.approx(expected, nan_ok=True)


def slow_quarters(rows: list[dict], name: str, day: pd.Timestamp) -> dict[str, float]:
    """Work out one share by hand from the statements that were usable on a day."""
    own = {row["period"]: row for row in rows if row["symbol"] == name and row["effective_date"] <= day}
    if not own or (day - max(own)).days > 250:
        return {}

    def sums(period: pd.Timestamp, item: str) -> float:
        return own[period][item] if period in own else math.nan

    def single(period: pd.Timestamp, item: str) -> float:
        if period.quarter == 1:
            return sums(period, item)
        return sums(period, item) - sums(period - pd.offsets.QuarterEnd(1), item)

    def growth(period: pd.Timestamp, item: str) -> float:
        then = single(period - pd.offsets.QuarterEnd(4), item)
        return (single(period, item) - then) / abs(then) if then else math.nan

    def year(period: pd.Timestamp, item: str) -> float:
        return sum(single(period - pd.offsets.QuarterEnd(k), item) for k in range(4))

    last = max(own)
    before = last - pd.offsets.QuarterEnd(4)
    cash = [year(p, "operating_cash_flow") / year(p, "revenue") for p in (last, before)]
    now, then = growth(last, "net_profit"), growth(last - pd.offsets.QuarterEnd(1), "net_profit")
    return {
        "revenue_growth": growth(last, "revenue"),
        "profit_growth": now,
        "profit_inflection": math.nan if math.isnan(now) or math.isnan(then) else float(now > 0 >= then),
        "inventory_build": (sums(last, "inventory") - sums(before, "inventory")) / year(last, "revenue"),
        "prepayment_build": (sums(last, "prepayments") - sums(before, "prepayments")) / year(last, "revenue"),
        "cash_improvement": cash[0] - cash[1],
    }


@pytest.mark.parametrize("day", ["2022-08-01", "2023-05-20", "2024-03-15", "2024-11-30"])
def test_single_quarters_are_what_one_works_out_by_hand(day: str) -> None:
    table = invented()[1]
    known = facts.known(table, DAY(day))
    found = quarters(known, DAY(day), pd.Index(NAMES), lambda since: pd.Series(1.0, index=since.index))
    rows = table.to_dict("records")
    told = 0
    for name in NAMES:
        expected = slow_quarters(rows, name, DAY(day))
        for column in (
            "revenue_growth",
            "profit_growth",
            "profit_inflection",
            "inventory_build",
            "cash_improvement",
        ):
            value = expected.get(column, math.nan)
            told += not math.isnan(value)
            assert found.loc[name, column] == pytest.approx(value, nan_ok=True), (name, column)
    assert told > 3


@pytest.mark.parametrize("day", ["2021-06-30", "2022-11-11", "2024-07-01"])
def test_a_day_sees_nothing_later(source, day: str) -> None:
    whole, _ = evaluate_columns(day_of(source, day), COLUMNS)
    valuation, statements, shares = invented()
    cut = Day(
        DAY(day), source.panel(NAMES, end=DAY(day)), valuation[valuation["date"] <= day],
        statements[statements["effective_date"] <= day], shares, themes={"300308.SZ": "optical"},
        purity={"300308.SZ": 0.9},
    )  # fmt: skip
    pd.testing.assert_frame_equal(evaluate_columns(cut, COLUMNS)[0], whole)


def test_a_column_without_data_says_so_and_is_not_filled(source) -> None:
    found = screen(source, Preset("x", where="pe_ttm < 40"), DAY("2023-03-10"), NAMES)
    assert (found.passed, found.unknown) == (0, found.listed)
    assert "pe_ttm: no data on 2023-03-10" in found.notes
    assert any("SIMULATED" in note for note in found.notes)


def test_a_screen_is_a_filter_and_a_sort(source) -> None:
    preset = Preset("x", where="return_60 > 0", sort="amount_20", ascending=True, show=("close",))
    found = screen(source, preset, DAY("2023-03-12"), NAMES)  # a Sunday: Friday counts
    table, _ = evaluate_columns(day_of(source, "2023-03-10"), ["close", "return_60", "amount_20"])
    expected = sorted(table.index[table["return_60"] > 0], key=lambda name: table.loc[name, "amount_20"])
    assert found.day == DAY("2023-03-10")
    assert found.table.index.tolist() == expected
    assert found.table["close"].tolist() == table.loc[expected, "close"].tolist()
    assert screen(source, preset, DAY("2023-03-10"), NAMES, top=1).table.index.tolist() == expected[:1]


def test_members_count_from_their_publication(source) -> None:
    themes = universe.load_all(["optical", "servers"])
    early = screen(source, Preset("x", show=("theme",)), DAY("2024-06-03"), themes=themes)
    late = screen(source, Preset("x", show=("theme",)), DAY("2024-08-20"), themes=themes)
    assert set(early.table["theme"]) == {"servers"}
    assert {"servers", "optical"} <= set(late.table["theme"])
    with pytest.raises(SpecError, match="no member of the themes was published yet"):
        screen(source, Preset("x"), DAY("2023-06-05"), themes=themes)
    with pytest.raises(SpecError, match="the source holds"):
        screen(source, Preset("x"), DAY("2010-06-07"), NAMES)


def test_every_preset_that_ships_runs(source) -> None:
    for name, preset in load_presets().items():
        assert screen(source, preset, DAY("2024-07-01"), NAMES).listed == 5, name


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[x]\nwhere = 'a'", "must be a table with a title"),
        ("[x]\ntitle = 't'\nwhere = 'nope > 1'", "nope is no column"),
        ("[x]\ntitle = 't'\nshow = ['nope']", "nope is no column"),
        ("[x]\ntitle = 't'\nwher = 'close > 1'", "wher is not known; did you mean where"),
        ("[x]\ntitle = 't'\nascending = 'yes'", "must be true or false"),
        ("[x\ntitle = 't'", "not TOML"),
    ],
)
def test_a_users_screens_are_checked_at_once(tmp_path, monkeypatch, text: str, problem: str) -> None:
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    (tmp_path / "screens.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=problem):
        load_presets()


def test_a_users_screen_takes_the_place_of_one_that_ships(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    (tmp_path / "screens.toml").write_text("[momentum]\ntitle = 'mine'\n", encoding="utf-8")
    assert load_presets()["momentum"].title == "mine"
    assert "value" in load_presets()
