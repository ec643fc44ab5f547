"""Event studies: planted effects are found, chance is what it says, and nothing reaches back from later."""

from __future__ import annotations

import datetime as dt
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from screener.backtest.run import prepare
from screener.backtest.spec import RunSpec
from screener.data.sources import open_source
from screener.market import calendar
from screener.study import events as study
from screener.universe import load
from screener.universe.events import Event, load_events
from screener.universe.theme import Citation

DAYS = calendar.sessions("2015-01-05", "2022-12-30")
CITED = Citation("a paper", dt.date(2016, 1, 4))


def noise(seed: int, names: tuple[str, ...] = ("a",)) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(0, 0.01, (len(DAYS), len(names))), index=DAYS, columns=list(names))


def occurred(*places: int, subject: str = "a", event: str = "e") -> pd.DataFrame:
    rows = [(f"{event}{k}", "kind", DAYS[place], subject) for k, place in enumerate(places)]
    return pd.DataFrame(rows, columns=["event", "kind", "day", "subject"])


def event(day: dt.date, **fields: object) -> Event:
    settled = {"kind": "news", "title": "News", "title_zh": "", "precision": "day", "symbols": ()}
    return Event(**{"id": "news", "last": day, "themes": ("optical",), "source": CITED, **settled, **fields})


def row(table: pd.DataFrame, window: str, subject: str = "a") -> pd.Series:
    (found,) = (
        part for _, part in table.iterrows() if (part["window"], part["subject"]) == (window, subject)
    )
    return found


def test_a_window_holds_the_sessions_that_its_name_says() -> None:
    values = np.arange(1.0, 31.0)
    for first, last in study.WINDOWS:
        sums = study.window_sums(values, (first, last))
        for day in range(30):
            inside = range(day + first, day + last + 1)
            whole = min(inside) >= 0 and max(inside) < 30
            expected = sum(values[k] for k in inside) if whole else math.nan
            np.testing.assert_equal(sums[day], expected)


def test_a_day_without_a_return_leaves_its_windows_empty_and_no_others() -> None:
    values = np.ones(40)
    values[20] = math.nan
    sums = study.window_sums(values, (1, 5))
    assert np.flatnonzero(np.isnan(sums)).tolist() == [*range(15, 20), *range(35, 40)]


def test_windows_longer_than_the_days_hold_nothing() -> None:
    assert np.isnan(study.window_sums(np.ones(6), (1, 20))).all()


@pytest.mark.parametrize(("window", "days"), [("-5..-1", (-5, -1)), ("0", (0, 0)), ("+1..+20", (1, 20))])
@pytest.mark.parametrize("size", [0.05, -0.05])
def test_a_planted_effect_is_found_in_its_window_with_its_sign_and_size(
    window: str, days: tuple[int, int], size: float
) -> None:
    daily, places = noise(4), tuple(range(100, 1700, 90))
    for place in places:
        daily.iloc[place + days[0] : place + days[1] + 1, 0] += size / (days[1] - days[0] + 1)
    found = study.means(daily, occurred(*places))
    planted = row(found, window)
    assert planted["low"] < size < planted["high"]
    assert planted["mean"] == pytest.approx(size, abs=0.03)
    assert not planted["chance_low"] < planted["mean"] < planted["chance_high"]
    assert planted["low"] * planted["high"] > 0
    others = {"-5..-1", "0", "+1..+5", "+1..+20"} - {window} - ({"+1..+5"} if window == "+1..+20" else set())
    for other in others:
        assert row(found, other)["low"] < 0 < row(found, other)["high"]


def test_without_an_effect_band_and_interval_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(12)
    inside, covered = [], []
    for seed in range(300):
        places = np.sort(rng.choice(np.arange(10, len(DAYS) - 30, 40), 8, replace=False))
        found = study.means(noise(seed), occurred(*places), seed, draws=400)
        inside += [a < m < b for m, a, b in found[["mean", "chance_low", "chance_high"]].to_numpy()]
        covered += [a < 0 < b for a, b in found[["low", "high"]].to_numpy()]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


def test_the_band_of_a_single_figure_holds_95_of_100_days() -> None:
    daily = noise(5)
    for _, part in study.figures(daily, occurred(700)).iterrows():
        a, b = next(w for w in study.WINDOWS if study.said(w) == part["window"])
        sums = [daily["a"].iloc[k + a : k + b + 1].sum() for k in range(5, len(DAYS) - 20)]
        inside = np.mean([part["chance_low"] <= value <= part["chance_high"] for value in sums])
        assert inside == pytest.approx(0.95, abs=0.003)


def test_events_whose_windows_overlap_are_one_case() -> None:
    daily = noise(1) * 0.0
    daily.iloc[101:106, 0] = 0.01  # all of +1..+5 of the event at 100, three sessions of that at 102
    table = study.means(daily, occurred(100, 102, 400, 800))
    found = row(table, "+1..+5")
    assert (found["events"], found["cases"]) == (4, 3)
    first = (0.05 + 0.03) / 2  # by hand: the two together, then two cases of nothing
    assert found["mean"] == pytest.approx(first / 3)
    wide = 4.303 * np.std([first, 0, 0], ddof=1) / math.sqrt(3)
    assert [found["low"], found["high"]] == pytest.approx([first / 3 - wide, first / 3 + wide])
    assert row(table, "0")["cases"] == 4  # days of their own


def test_fewer_than_three_cases_have_no_interval_and_one_event_has_no_mean() -> None:
    found = study.means(noise(2), occurred(300, 900))
    assert found["low"].isna().all()
    assert found["high"].isna().all()
    assert found["chance_low"].notna().all()
    assert study.means(noise(2), occurred(300)).empty
    assert len(study.figures(noise(2), occurred(300))) == 4


def test_subjects_of_an_event_are_averaged_before_events_are() -> None:
    daily = noise(3, ("a", "b")) * 0.0
    daily.iloc[[300, 700, 1100], 0] = 0.06
    both = [occurred(300, 700, 1100), occurred(300, 700, subject="b")]
    found = study.means(daily, pd.concat(both, ignore_index=True))
    # by hand: (0.06 + 0) / 2 twice, and 0.06 where only `a` is concerned
    assert row(found, "0", "all")["mean"] == pytest.approx((0.03 + 0.03 + 0.06) / 3)
    assert row(found, "0", "all")["events"] == 3


def test_the_same_seed_gives_the_same_band_and_another_one_another() -> None:
    daily, told = noise(6), occurred(100, 500, 900)
    pd.testing.assert_frame_equal(study.means(daily, told, 1), study.means(daily, told, 1))
    assert not study.means(daily, told, 1).equals(study.means(daily, told, 2))


def test_the_abnormal_return_is_that_of_a_slow_twin() -> None:
    source = open_source("sample")
    spec = RunSpec("equal-weight", membership="hindsight")
    day = dt.date(2024, 7, 9)  # a Tuesday, so day 0 is the 10th
    found = study.around(spec, source, [event(day)]).figures.set_index("window")
    context = prepare(spec, source)[0]
    returns, sessions = context.panel.total_return, context.panel.sessions
    zero = int(sessions.get_loc(pd.Timestamp("2024-07-10")))

    def moved(theme: str, k: int) -> float:
        bars = context.panel.adjusted.notna().iloc[:k]  # up to the day before
        since = {m.symbol: pd.Timestamp(m.valid_from or "1990-01-01") for m in load(theme).counted}
        members = [
            symbol
            for symbol, first in since.items()
            if sessions[k - 1] >= first and bars.loc[bars.index >= first, symbol].sum() >= 60
        ]
        return math.log1p(sum(returns[symbol].iloc[k] for symbol in members) / len(members))

    themes = [theme.id for theme in context.themes]
    for a, b in study.WINDOWS:
        expected = sum(
            moved("optical", k) - sum(moved(theme, k) for theme in themes) / len(themes)
            for k in range(zero + a, zero + b + 1)
        )
        assert found.loc[study.said((a, b)), "figure"] == pytest.approx(expected, abs=1e-12)


def test_against_a_benchmark_the_return_is_less_that_of_the_benchmark() -> None:
    source, spec = open_source("sample"), RunSpec("equal-weight", membership="hindsight")
    told = [event(dt.date(2024, 7, 9))]
    plain, less = (study.around(spec, source, told, name) for name in ("", "SAMPLE.IX"))
    assert less.yardstick == "SAMPLE.IX"
    themes = study.log_returns(prepare(spec, source)[0]).mean(axis=1)
    index = np.log(source.benchmark("SAMPLE.IX", themes.index).close).diff()
    of_day = pd.Timestamp("2024-07-10")
    apart = (plain.figures.set_index("window")["figure"] - less.figures.set_index("window")["figure"])["0"]
    assert apart == pytest.approx(index[of_day] - themes[of_day], abs=1e-12)


def test_moving_the_end_back_hides_later_events_and_changes_no_earlier_figure() -> None:
    source, told = open_source("sample"), load_events()
    whole = study.around(RunSpec("equal-weight", membership="hindsight"), source, told)
    end = dt.date(2024, 7, 9)
    early = study.around(RunSpec("equal-weight", membership="hindsight", end=end), source, told)
    assert early.figures["day"].max() <= pd.Timestamp(end)
    known = {event.id for event in told if event.last <= end}
    assert set(early.left_out["event"]) <= known
    assert "report-003" in set(whole.left_out["event"]) - set(early.left_out["event"])
    key = ["event", "day", "subject", "window"]
    both = early.figures.merge(whole.figures, on=key, suffixes=("", "_later"))
    same = both.dropna(subset=["figure"])
    assert len(both) == len(early.figures)
    assert len(same) > 20
    np.testing.assert_allclose(same["figure"], same["figure_later"], atol=1e-12)


def test_an_event_is_used_from_the_session_after_its_day_even_over_a_weekend() -> None:
    assert event(dt.date(2024, 8, 16)).usable_from == pd.Timestamp("2024-08-19")  # a Friday
    assert event(dt.date(2024, 8, 18)).usable_from == pd.Timestamp("2024-08-19")
    assert event(dt.date(2024, 8, 19)).usable_from == pd.Timestamp("2024-08-20")


def test_shares_of_an_event_count_from_their_source_on_in_the_published_reading() -> None:
    source = open_source("sample")
    day, late = dt.date(2025, 3, 11), Citation("a paper", dt.date(2025, 3, 20))
    told = [event(day, themes=(), symbols=("300308.SZ",), source=late)]
    for reading, expected in (("hindsight", 0), ("published", 1)):
        found = study.around(RunSpec("equal-weight", membership=reading), source, told)
        assert len(found.left_out) == expected
        assert found.figures["figure"].isna().sum() == 4 * expected


def test_a_theme_that_is_not_yet_published_is_left_out_and_said() -> None:
    source = open_source("sample")
    spec = RunSpec("equal-weight", themes=("optical", "servers"), membership="published")
    told = [event(dt.date(2024, 8, 1), themes=("ai-chips",)), event(dt.date(2024, 10, 8), id="later")]
    found = study.around(spec, source, told)
    (left,) = found.left_out.to_dict("records")
    assert (left["event"], left["subject"]) == ("news", "ai-chips")
    assert left["reason"] == "too few members with prices on those days"


def test_what_has_no_day_is_kept_and_left_out_with_the_reason() -> None:
    found = study.around(
        RunSpec("equal-weight", membership="hindsight"), open_source("sample"), load_events()
    )
    reasons = dict(found.left_out[["event", "reason"]].to_numpy())
    assert reasons["beijing-plan"] == reasons["targets-2025"] == "no day is known"
    assert reasons["cmcc-trial-network"] == "no date is known"


@pytest.mark.parametrize(("apart", "cases"), [(4, 1), (5, 2)])
def test_windows_that_share_one_session_overlap_and_neighbours_do_not(apart: int, cases: int) -> None:
    assert row(study.means(noise(9), occurred(500, 500 + apart)), "+1..+5")["cases"] == cases


def test_who_becomes_a_member_on_a_day_earns_from_the_next() -> None:
    zero = dt.date(2025, 3, 12)
    told = [event(dt.date(2025, 3, 11), themes=(), symbols=("300308.SZ",), source=Citation("a paper", zero))]
    found = study.around(RunSpec("equal-weight", membership="published"), open_source("sample"), told)
    known = found.figures.set_index("window")["figure"].notna()
    assert known.to_dict() == {"-5..-1": False, "0": False, "+1..+5": True, "+1..+20": True}


def test_the_return_of_a_day_counts_if_there_were_enough_members_on_the_day_before() -> None:
    days = DAYS[:6]
    members = pd.DataFrame(True, index=days, columns=["x", "y", "z"])
    members.loc[days[:3], "z"] = False  # two until the third day, three from the fourth
    returns = pd.DataFrame(0.01, index=days, columns=["x", "y", "z"])
    theme = SimpleNamespace(seasoned={"own": members}, panel=SimpleNamespace(total_return=returns))
    found = study._returns(theme, 3)
    assert found.isna().tolist() == [True, True, True, True, False, False]
    assert found.iloc[-1] == pytest.approx(math.log(1.01))
