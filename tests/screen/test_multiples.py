"""Multiples of groups against plain loops, the arithmetic of report 002, and the future cut off."""

from __future__ import annotations

import math
from statistics import median

import numpy as np
import pandas as pd
import pytest

from screener import universe
from screener.data import facts
from screener.data.sources import open_source
from screener.errors import DataError
from screener.screen.multiples import (
    EVERYONE,
    aggregate,
    group_multiples,
    median_multiple,
    multiples,
    percentile,
    premium,
)
from screener.screen.review import review

DAY = pd.Timestamp
NAMES = ["300308.SZ", "300502.SZ", "300394.SZ", "688256.SH", "000977.SZ", "601138.SH", "603019.SH"]
GROUPS = {"three": NAMES[:3], "two": NAMES[3:5], "nobody": ["600000.SH"]}
DAYS = pd.bdate_range("2021-01-04", periods=640)
LAST = DAYS[620]
RULES = {
    "pe": ("pe_ttm", False),
    "pe_with_losses": ("pe_ttm", True),
    "pb": ("pb", False),
    "ps": ("ps_ttm", False),
}


def invented(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return valuation with holes, losses and zeros, and capital; two shares come late."""
    rng = np.random.default_rng(seed)
    late = {NAMES[1]: 90, NAMES[4]: 300}
    rows = [
        {
            "date": day,
            "symbol": name,
            "pe_ttm": 0.0 if rng.random() < 0.02 else rng.normal(25, 30),
            "pb": rng.normal(3, 2),
            "ps_ttm": rng.uniform(1, 9),
        }
        for name in NAMES
        for day in DAYS[late.get(name, 0) :]
        if rng.random() > 0.05 or day == LAST
    ]
    caps = pd.DataFrame(rng.uniform(1e9, 9e10, (len(DAYS), len(NAMES))), index=DAYS, columns=NAMES)
    caps[NAMES[3]] = caps[NAMES[3]].mask(rng.random(len(DAYS)) < 0.3)
    caps.loc[LAST, NAMES[3]] = 5e9
    return facts.valuation(pd.DataFrame(rows)), caps


def by_hand(valuation, caps, members: list[str], column: str, losses: bool) -> dict:
    """Return the multiple of a group by day, from rows and sums alone."""
    sizes = caps.to_dict()
    rows = zip(valuation["date"], valuation["symbol"], valuation[column], strict=True)
    known = {(day, name): (ratio, sizes[name][day]) for day, name, ratio in rows if name in members}
    known = {at: pair for at, pair in known.items() if pair[0] != 0 and not math.isnan(sum(pair))}
    today = sum(day == LAST for day, _ in known)
    figures = {}
    for day in sorted({day for day, _ in known}):
        pairs = [known[day, name] for name in members if (day, name) in known]
        if day > LAST or not pairs or 2 * len(pairs) < today:
            continue
        counted = [(ratio, cap) for ratio, cap in pairs if losses or ratio > 0]
        earned = sum(cap / ratio for ratio, cap in counted)
        if earned > 0:
            figures[day] = sum(cap for _, cap in counted) / earned
    return figures


def ranked(figures: dict) -> float:
    if LAST not in figures or len(figures) < 500:
        return math.nan
    return sum(value <= figures[LAST] for value in figures.values()) / len(figures)


@pytest.mark.parametrize("seed", range(4))
def test_multiples_are_what_plain_loops_make_of_the_rows(seed: int) -> None:
    valuation, caps = invented(seed)
    found = multiples(valuation, caps, GROUPS, LAST).set_index(["theme", "multiple"])
    ranks = []
    for theme, members in {**GROUPS, EVERYONE: NAMES}.items():
        for name, rule in RULES.items():
            row = found.loc[(theme, name)]
            own, market = (by_hand(valuation, caps, who, *rule) for who in (members, NAMES))
            ratio = {day: own[day] / market[day] for day in own if day in market}
            assert row["value"] == pytest.approx(own.get(LAST, math.nan), nan_ok=True)
            assert row["percentile"] == pytest.approx(ranked(own), nan_ok=True)
            assert row["years"] == pytest.approx(len(own) / 244)
            assert row["shares"] == len(members)
            ranks.append(row["percentile"])
            if theme == EVERYONE:
                assert math.isnan(row["premium"])
                continue
            assert row["market"] == pytest.approx(market.get(LAST, math.nan), nan_ok=True)
            assert row["premium"] == pytest.approx(ratio.get(LAST, math.nan), nan_ok=True)
            assert row["premium_percentile"] == pytest.approx(ranked(ratio), nan_ok=True)
            assert row["premium_years"] == pytest.approx(len(ratio) / 244)
    assert np.isfinite(ranks).sum() > 5  # and the unknown ones are unknown on both sides
    assert np.isnan(ranks).sum() >= 4


def test_the_premium_of_report_002_is_a_ratio() -> None:
    """31.22 and 2.79 are printed; the market of a ratio is 11.19, that of a ratio less 1 would be 8.24."""
    assert round(31.22 / 2.79, 2) == 11.19
    assert round(31.22 / (2.79 + 1.0), 2) == 8.24
    assert round(premium(31.22, 11.19), 2) == 2.79
    assert round(premium(31.22, 8.24), 2) != 2.79


def test_a_group_is_valued_as_if_it_were_one_company() -> None:
    """100 at 10, 300 at 30 and 50 that lose 5: 400 over 20, and 450 over 15; the middle one is at 30."""
    ratios = pd.DataFrame({"a": [10.0], "b": [30.0], "c": [-10.0]}, index=[DAY("2024-08-16")])
    caps = pd.DataFrame({"a": [100.0], "b": [300.0], "c": [50.0]}, index=ratios.index)
    assert aggregate(ratios, caps).tolist() == pytest.approx([20.0])
    assert aggregate(ratios, caps, losses=True).tolist() == pytest.approx([30.0])
    assert median_multiple(ratios.iloc[0], caps.iloc[0]) == median([10.0, 30.0])
    assert median_multiple(ratios.iloc[0], caps.iloc[0], losses=True) == 30.0
    assert math.isnan(median_multiple(ratios.iloc[0, [0, 2]], caps.iloc[0, [0, 2]], losses=True))
    ruined = caps.assign(c=500.0)
    assert aggregate(ratios, ruined, losses=True).isna().all()
    assert aggregate(ratios, ruined).tolist() == pytest.approx([20.0])


def test_a_percentile_counts_ties_and_says_nothing_of_a_short_past() -> None:
    rising = pd.Series(range(1, 501), dtype=float)
    assert percentile(rising) == (1.0, 500 / 244)
    assert percentile(rising[::-1])[0] == 1 / 500
    assert percentile(pd.Series(7.0, index=range(500)))[0] == 1.0
    assert math.isnan(percentile(rising.iloc[1:])[0])
    assert math.isnan(percentile(pd.concat([rising, pd.Series([math.nan])]))[0])


def test_multiples_do_not_see_the_future() -> None:
    valuation, caps = invented(5)
    whole = multiples(valuation, caps, GROUPS, LAST)
    cut = multiples(valuation[valuation["date"] <= LAST], caps.loc[:LAST], GROUPS, LAST)
    later = valuation.assign(pb=valuation["pb"].where(valuation["date"] <= LAST, 99.0))
    pd.testing.assert_frame_equal(whole, cut)
    pd.testing.assert_frame_equal(whole, multiples(later, caps, GROUPS, LAST))


class Told:
    """The sample with a valuation and counts of shares of its own."""

    def __init__(
        self, valuation: pd.DataFrame, shares: pd.DataFrame | None = None, prices: bool = True
    ) -> None:
        self._sample = open_source("sample")
        self._valuation, self._shares, self._prices = valuation, shares, prices

    def __getattr__(self, name: str):
        return getattr(self._sample, name)

    def valuation(self, symbols) -> pd.DataFrame:
        return self._valuation[self._valuation["symbol"].isin(symbols)]

    def shares(self, symbols) -> pd.DataFrame:
        return self._sample.shares(symbols) if self._shares is None else self._shares

    def panel(self, symbols, start=None, end=None):
        if not self._prices:
            raise DataError("prices: broken")
        return self._sample.panel(symbols, start, end)


def test_capital_is_that_of_the_valuation_else_close_times_shares_counted() -> None:
    valuation, _ = invented(1)
    counts = pd.DataFrame(
        {"date": DAY("2020-01-02"), "symbol": NAMES, "shares": [float(k) * 1e8 for k in range(1, 8)]}
    ).assign(float_shares=1.0)
    told = (valuation["symbol"] == NAMES[0]) & (valuation["date"] >= DAYS[300])
    valuation["market_cap"] = np.where(told, 7e10, np.nan)
    found, notes = group_multiples(Told(valuation, counts), {"three": NAMES[:3]}, LAST)
    panel = open_source("sample").panel(NAMES, end=LAST)
    caps = panel.frame(panel.close).ffill().loc[LAST]
    for place, name in enumerate(NAMES):
        bonus = panel.actions[(panel.actions["symbol"] == name) & (panel.actions["date"] > DAY("2020-01-02"))]
        caps[name] *= (place + 1) * 1e8 * (1.0 + bonus["bonus"].fillna(0.0)).prod()
    caps[NAMES[0]] = 7e10
    today = valuation[valuation["date"] == LAST].set_index("symbol")["ps_ttm"][NAMES[:3]]
    wanted = caps[NAMES[:3]].sum() / (caps[NAMES[:3]] / today).sum()
    row = found.set_index(["theme", "multiple"]).loc[("three", "ps")]
    assert row["value"] == pytest.approx(wanted)
    assert row["counted"] == 2  # the third one is not listed yet in the sample
    assert any("market_cap is missing for 7 of 7 shares" in note for note in notes)


def test_what_is_missing_is_named_and_never_filled() -> None:
    valuation, _ = invented(2)
    groups = {"three": NAMES[:3]}
    nothing, notes = group_multiples(Told(valuation.iloc[:0]), groups, LAST)
    assert nothing["value"].isna().all()
    assert nothing["theme"].unique().tolist() == ["three"]
    assert "no valuation up to 2023-05-22 (pe_ttm, pb, ps_ttm)" in notes[0]
    empty = pd.DataFrame({"date": pd.to_datetime([]), "symbol": [], "shares": [], "float_shares": []})
    for source, said in (
        (Told(valuation, empty), "the source counts no shares of them"),
        (Told(valuation, prices=False), "their prices cannot be used: prices: broken"),
    ):
        found, notes = group_multiples(source, groups, LAST)
        assert found["value"].isna().all()
        assert found["counted"].sum() == 0
        assert any(said in note and "market_cap" in note for note in notes)
    part = valuation[valuation["date"] < LAST].drop(columns=["pb", "ps_ttm"]).assign(market_cap=1e9)
    found, notes = group_multiples(Told(part), groups, LAST)
    assert found["value"].isna().all()
    assert found["years"].max() > 2.0
    assert any("the valuation has no pb, ps_ttm" in note for note in notes)
    assert any("the valuation ends on 2023-05-19" in note for note in notes)


def test_a_review_values_the_members_of_its_last_day() -> None:
    valuation, _ = invented(3)
    valuation["market_cap"] = 1e10
    themes = universe.load_all(["optical", "servers"])
    found = review(Told(valuation), DAY("2023-05-04"), LAST, themes, reading="hindsight")
    table = found.multiples.set_index(["theme", "multiple"])
    for theme in themes:
        members = {symbol for symbol, label in found.table["theme"].items() if theme.id in label.split(", ")}
        today = valuation[(valuation["date"] == LAST) & valuation["symbol"].isin(members)]
        earned = today.loc[today["pb"] > 0, "pb"]
        assert len(earned) > 1
        assert table.loc[(theme.id, "pb"), "shares"] == len(members)
        assert table.loc[(theme.id, "pb"), "counted"] == len(earned)
        assert table.loc[(theme.id, "pb"), "value"] == pytest.approx(len(earned) / (1.0 / earned).sum())
    assert any("the 7 shares of the source" in note for note in found.notes)
