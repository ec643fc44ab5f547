"""Ratings against closed forms: bands and edges, the days, the excess, hits, and what is not yet due."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from screener import universe
from screener.data.sources import open_source
from screener.data.sources.base import Benchmark
from screener.errors import DataError, SpecError
from screener.study.rating_file import INDUSTRY, REPORTS, SHARE, Rating, read_ratings
from screener.study.ratings import band_of, hit_rates, score

DAY = pd.Timestamp
SHARE_OF_SAMPLE = "300308.SZ"


class Market:
    """The sample with a benchmark and an index that are drawn by hand, and with an end of its own."""

    default_benchmark = "FLAT.IX"

    def __init__(self, end: str = "2026-06-30", **levels: dict[str, float]) -> None:
        self._sample = open_source("sample")
        self._end, self._levels = DAY(end), levels

    def __getattr__(self, name: str):
        return getattr(self._sample, name)

    def span(self):
        return self._sample.span()[0], self._end

    def panel(self, symbols):
        return self._sample.panel(symbols, end=self._end)

    def benchmark(self, symbol, sessions):
        if symbol not in ("FLAT.IX", *self._levels):
            raise DataError(f"benchmark {symbol}: no such series")
        close = pd.Series(1.0, index=sessions)
        for day, level in self._levels.get(symbol, {}).items():
            close[sessions == DAY(day)] = level
        return Benchmark(symbol, "Flat", close, "price index")


def owned(symbols, first: str, last: str, end: str = "2026-06-30") -> list[float]:
    """Return what an owner of shares earned between two closes, day by day."""
    panel = open_source("sample").panel(symbols, end=DAY(end))
    found = []
    for name in symbols:
        value = 1.0
        for day, step in panel.total_return[name].items():
            if DAY(first) < day <= DAY(last) and not math.isnan(step):
                value *= 1.0 + step
        found.append(value - 1.0)
    return found


@pytest.mark.parametrize(
    ("excess", "share", "industry"),
    [
        (0.1501, "buy", "leading"),
        (0.15, "accumulate", "leading"),
        (0.0501, "accumulate", "leading"),
        (0.05, "accumulate", "in-line"),
        (0.0499, "hold", "in-line"),
        (0.0, "hold", "in-line"),
        (-0.05, "hold", "in-line"),
        (-0.0501, "hold", "lagging"),
        (-0.10, "hold", "lagging"),
        (-0.1001, "sell", "lagging"),
        (math.nan, "", ""),
    ],
)
def test_each_edge_belongs_to_the_band_that_is_said(excess: float, share: str, industry: str) -> None:
    assert band_of(excess, SHARE) == share
    assert band_of(excess, INDUSTRY) == industry


def test_every_excess_lies_in_exactly_one_band_of_each_kind() -> None:
    for excess in [*np.random.default_rng(0).normal(0.0, 0.2, 300), 0.15, 0.05, -0.05, -0.1]:
        for names in (SHARE, INDUSTRY):
            assert sum(band_of(excess, [name]) == name for name in names) == 1


@pytest.mark.parametrize(
    ("published", "first", "six", "twelve"),
    [
        ("2024-08-18", "2024-08-19", "2025-02-18", "2025-08-18"),  # a Sunday
        ("2024-08-19", "2024-08-20", "2025-02-19", "2025-08-19"),  # a session: only the next one can act
        ("2024-04-01", "2024-04-02", "2024-10-08", "2025-04-01"),  # six months later is a holiday
        ("2023-08-31", "2023-09-01", "2024-02-29", "2024-09-02"),  # there is no 31st, and a weekend
    ],
)
def test_ratings_run_from_the_session_after_publication(published, first, six, twelve) -> None:
    rating = Rating(dt.date.fromisoformat(published), "buy", SHARE_OF_SAMPLE)
    table = score(Market(), [rating]).table
    assert table["first"].tolist() == [DAY(first), DAY(first)]
    assert table["last"].tolist() == [DAY(six), DAY(twelve)]
    assert table["months"].tolist() == [6, 12]


@pytest.mark.parametrize("wanted", [0.2, 0.15, 0.149, 0.05, 0.049, -0.10, -0.101])
def test_the_excess_is_the_difference_of_the_returns(wanted: float) -> None:
    """The benchmark is bent so that the share beats it by exactly what is wanted."""
    (own,) = owned([SHARE_OF_SAMPLE], "2024-08-19", "2025-02-18")
    market = Market(BENT={"2025-02-18": 1.0 + own - wanted})
    table = score(market, [Rating(dt.date(2024, 8, 18), "hold", SHARE_OF_SAMPLE)], "BENT").table
    row = table.iloc[0]
    assert row["own"] == pytest.approx(own)
    assert row["excess"] == pytest.approx(wanted, abs=1e-9)
    assert row["band"] == band_of(wanted, SHARE)
    assert row["result"] == ("hit" if -0.10 <= wanted < 0.05 else "miss")


def test_dividends_of_a_share_are_reinvested() -> None:
    panel = open_source("sample").panel([SHARE_OF_SAMPLE])
    paid = panel.actions[panel.actions["cash"] > 0]["date"].iloc[-1]
    published = (paid - pd.Timedelta(days=40)).date()
    row = score(Market(), [Rating(published, "hold", SHARE_OF_SAMPLE)]).table.iloc[0]
    closes = panel.frame(panel.close)[SHARE_OF_SAMPLE].ffill()
    (own,) = owned([SHARE_OF_SAMPLE], str(row["first"]), str(row["last"]))
    assert row["own"] == pytest.approx(own, rel=1e-9)
    assert own > closes[row["last"]] / closes[row["first"]] - 1.0


def test_a_theme_is_the_mean_of_the_members_published_by_then() -> None:
    theme = universe.load("optical")
    rating = Rating(dt.date(2024, 8, 18), "leading", theme="optical")
    row = score(Market(), [rating]).table.iloc[0]
    published = [
        member.symbol
        for member in theme.counted
        if universe.membership(theme, pd.DatetimeIndex(["2024-08-19"]), "published")[member.symbol].iloc[0]
    ]
    assert 0 < len(published) < len(theme.counted)
    assert row["own"] == pytest.approx(np.mean(owned(published, "2024-08-19", "2025-02-18")))
    early = score(Market(), [Rating(dt.date(2020, 1, 2), "leading", theme="optical")]).table
    assert early["result"].tolist() == ["unknown", "unknown"]
    assert early["why"].str.contains("no member of optical was published").all()


def test_an_index_is_measured_by_its_closes() -> None:
    market = Market(LINE={"2024-08-19": 2.0, "2025-02-18": 2.1, "2025-08-18": 2.2})
    table = score(market, [Rating(dt.date(2024, 8, 18), "in-line", "LINE")]).table
    assert table["excess"].tolist() == pytest.approx([0.05, 0.10])
    assert table["result"].tolist() == ["hit", "miss"]


@pytest.mark.parametrize(
    ("end", "results"),
    [
        ("2024-09-30", ["open", "open"]),  # due on the holiday of 2024-10-01
        ("2024-10-08", ["miss", "open"]),
        ("2025-03-31", ["miss", "open"]),
        ("2025-04-01", ["miss", "miss"]),
    ],
)
def test_what_is_not_due_is_open_and_later_data_change_nothing(end: str, results: list[str]) -> None:
    levels = {"2024-10-08": 99.0, "2025-04-01": 99.0}  # so high that no share keeps up
    rating = [Rating(dt.date(2024, 4, 1), "buy", SHARE_OF_SAMPLE)]
    cut = score(Market(end, HIGH=levels), rating, "HIGH").table
    whole = score(Market(HIGH=levels), rating, "HIGH").table
    assert cut["result"].tolist() == results
    due = cut["result"] != "open"
    columns = ["first", "last", "own", "market", "excess", "band", "result"]
    pd.testing.assert_frame_equal(cut.loc[due, columns], whole.loc[due, columns])
    assert cut.loc[~due, "why"].str.contains(f"the source ends on {end}").all()


def test_a_share_without_prices_is_unknown_and_said_so() -> None:
    rows = [
        Rating(dt.date(2024, 4, 1), "buy", "600000.SH"),
        Rating(dt.date(2024, 4, 1), "in-line", "NONE.IX"),
    ]
    table = score(Market(), rows).table
    assert table["result"].tolist() == ["unknown"] * 4
    assert table["why"].tolist()[0] == "the source has no price of 600000.SH on 2024-04-02"
    assert table["why"].tolist()[2] == "benchmark NONE.IX: no such series"


def test_hit_rates_are_counted_by_rating_and_horizon() -> None:
    told = [
        ("buy", 6, 0.2, "hit"),
        ("buy", 6, 0.1, "miss"),
        ("buy", 6, -0.3, "miss"),
        ("buy", 6, math.nan, "open"),
        ("buy", 12, math.nan, "unknown"),
        ("lagging", 6, 0.4, "miss"),
        ("in-line", 6, 0.0, "hit"),
        ("accumulate", 6, 0.15, "hit"),
        ("accumulate", 6, 0.3, "miss"),
    ]
    found = hit_rates(pd.DataFrame(told, columns=["rating", "months", "excess", "result"]))
    assert found[["rating", "months"]].to_numpy().tolist() == [
        ["buy", 6], ["buy", 12], ["accumulate", 6], ["in-line", 6], ["lagging", 6]
    ]  # fmt: skip
    counts = found[["due", "hits", "above", "below", "open", "unknown"]].to_numpy().tolist()
    assert counts == [
        [3, 1, 0, 2, 1, 0], [0, 0, 0, 0, 0, 1], [2, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0]
    ]  # fmt: skip
    assert found["rate"].tolist() == pytest.approx([1 / 3, math.nan, 0.5, 1.0, 0.0], nan_ok=True)
    assert found["mean_excess"].tolist() == pytest.approx([0.0, math.nan, 0.225, 0.0, 0.4], nan_ok=True)


def test_the_reports_rated_one_industry_and_one_share() -> None:
    found = {rating.subject: (rating.date, rating.rating) for rating in read_ratings(REPORTS)}
    assert found == {
        "801750.SI": (dt.date(2024, 8, 18), "in-line"),
        "688041.SH": (dt.date(2024, 8, 18), "accumulate"),
    }


def test_csv_and_toml_say_the_same_in_either_language(tmp_path: Path) -> None:
    table, tables = tmp_path / "own.csv", tmp_path / "own.toml"
    table.write_text(
        "date,symbol,theme,rating\n2024-08-18,688041,,增持\n2024-05-01,,optical,Leading\n",
        encoding="utf-8-sig",
    )
    tables.write_text(
        '[[ratings]]\ndate = 2024-08-18\nsymbol = "688041.SH"\nrating = "accumulate"\n'
        '[[ratings]]\ndate = "2024-05-01"\ntheme = "optical"\nrating = "领先大市"\n',
        encoding="utf-8",
    )
    wanted = (
        Rating(dt.date(2024, 5, 1), "leading", theme="optical"),
        Rating(dt.date(2024, 8, 18), "accumulate", "688041.SH"),
    )
    assert read_ratings(table) == read_ratings(tables) == wanted


def test_all_that_is_wrong_with_a_file_is_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(
        "date,symbol,theme,rating,price\n"
        "2024-08-18,688041.SH,,leading,\n"
        "2024-13-01,688041.SH,,buy,\n"
        "2013-01-04,688041.SH,,buy,\n"
        "2024-08-18,,optical,buy,\n"
        "2024-08-18,688041.SH,optical,buy,\n"
        "2024-08-18,?,,buy,\n"
        "2024-08-18,688041.SH,,buy,9\n"
        "2024-08-18,688041.SH,,buy,\n"
        "2024-08-18,688041.SH,,sell,\n",
        encoding="utf-8",
    )
    with pytest.raises(SpecError) as caught:
        read_ratings(file)
    found = [problem.split(": ", 1) for problem in caught.value.problems]
    assert [place for place, _ in found] == [f"own.csv:{line}" for line in (2, 3, 4, 5, 6, 7, 8, 10)]
    for (_, told), part in zip(
        found,
        (
            "a share is rated buy, accumulate, hold, sell",
            "date=2024-13-01 must be a date",
            "is not in the calendar",
            "an index or a theme is rated leading, in-line, lagging",
            "give one of symbol and theme",
            "symbol=? must be a share or an index",
            "price is not known",
            "688041.SH is rated twice on 2024-08-18",
        ),
        strict=True,
    ):
        assert part in told


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.csv", b"date,symbol,rating\n", "holds no rating"),
        (
            "a.csv",
            b"date,symbol,rating\n2024-08-18,688041.SH,\xff\xff\n",
            "text in neither UTF-8",
        ),
        ("a.toml", b"ratings = 3\n", "must hold tables that begin with [[ratings]]"),
        ("a.toml", b"[[ratings]\n", "a.toml:1: Expected"),
        ("a.csv", None, "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str, text: bytes | None, problem: str) -> None:
    if text is not None:
        (tmp_path / name).write_bytes(text)
    with pytest.raises(SpecError) as caught:
        read_ratings(tmp_path / name)
    assert problem in caught.value.problems[0]
