"""Leads, news and phases: planted effects are found where they are, and few cases stay few."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from screener.backtest.run import prepare
from screener.backtest.spec import RunSpec
from screener.cycle import load_cycle
from screener.data.sources import open_source
from screener.market import calendar
from screener.study import cycle as study
from screener.study.small import correlation, mean_interval, student

DAYS = calendar.sessions("2015-01-05", "2024-12-31")


@dataclasses.dataclass(frozen=True)
class Told:
    """A cycle of given changes of growth by quarter and phases by day."""

    changes: pd.Series
    phases: pd.Series | None = None

    def table(self):
        return pd.DataFrame({"change": self.changes.to_numpy()}, index=self.changes.index)

    def phase(self, days):
        return self.phases.reindex(days)


def active(seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(0, 0.01, (len(DAYS), 2)), index=DAYS, columns=["up", "noise"])


def test_a_lead_of_three_quarters_is_found_at_three_quarters():
    daily = active()
    quarters = daily["up"].groupby(DAYS.to_period("Q")).sum()
    later = quarters.set_axis([str(p + 3) for p in quarters.index])  # the driver repeats the shares
    found = study.lead_lag(daily, Told(later))
    planted = found[(found["theme"] == "up") & (found["lag"] == 3)].iloc[0]
    assert planted["correlation"] > 0.999
    others = found[(found["lag"] != 3) | (found["theme"] == "noise")]
    assert others["correlation"].abs().max() < 0.6
    assert (others["low"] < 0).mean() > 0.8
    assert planted["periods"] == 40  # ten years of whole quarters


def test_a_quarter_of_which_days_are_missing_is_left_out():
    daily = active().loc["2015-02-02":"2016-05-10"]
    assert [str(p) for p in study.whole_periods(daily, "Q").index] == ["2015Q2", "2015Q3", "2015Q4", "2016Q1"]


def test_days_of_news_that_overlap_are_one_case():
    daily = active() * 0.0
    starts = [100, 105, 110, 400, 800]
    daily.iloc[100:120, 0] = 0.01  # 20 % after the first
    events = pd.DataFrame({"day": DAYS[starts], "kind": "release"})
    row = study.after_news(daily, events, 20).iloc[0]
    # by hand: 0.20, 0.15 and 0.10 are one case of 0.15; with two cases of 0 the mean is 0.05
    assert (row["events"], row["independent"]) == (5, 3)
    assert row["mean"] == pytest.approx(0.05)
    wide = 4.303 * np.std([0.15, 0, 0], ddof=1) / math.sqrt(3)
    assert [row["low"], row["high"]] == pytest.approx([0.05 - wide, 0.05 + wide])


def test_news_without_enough_days_after_it_is_left_out():
    events = pd.DataFrame({"day": [DAYS[-5], pd.Timestamp("2014-06-03")], "kind": "release"})
    row = study.after_news(active(), events, 20).iloc[0]
    assert (row["events"], row["independent"]) == (0, 0)


def test_an_episode_of_a_phase_is_one_case_however_long():
    daily = active() * 0.0 + 0.001
    names = pd.Series("a", index=DAYS)
    names.iloc[500:600] = "b"
    names.iloc[1500:] = "b"
    daily.iloc[501:601] = 0.003  # a phase counts from the day after it is known
    found = study.by_phase(daily, Told(pd.Series(dtype=float), names)).set_index(["phase", "theme"])
    assert found.loc[("b", "up"), "episodes"] == 2
    assert found.loc[("b", "up"), "mean"] == pytest.approx(0.002 * 243)
    assert found.loc[("a", "up"), "mean"] == pytest.approx(0.001 * 243)
    assert found.loc[("b", "up"), "sessions"] == 100 + len(DAYS) - 1501


def test_news_are_the_drivers_releases_and_the_guidance_by_its_sign():
    cycle = load_cycle()
    found = study.news(cycle)
    events = cycle.guidance.events
    raised = set(events.groupby("usable_from")["score"].mean().loc[lambda s: s > 0].index)
    assert set(found[found["kind"] == "raised"]["day"]) == raised
    rows = cycle.driver.select("cash")
    assert set(found[found["kind"] == "release"]["day"]) == set(rows["usable_from"])


def test_active_returns_of_a_day_add_up_to_nothing_and_begin_after_the_start():
    context = prepare(RunSpec("equal-weight", membership="hindsight"), open_source("sample"))[0]
    daily = study.active_returns(context)
    np.testing.assert_allclose(daily.sum(axis=1), 0.0, atol=1e-12)
    assert daily.index[0] == context.panel.sessions[context.panel.sessions > context.start][0]
    day = daily.index[50]
    before = context.panel.sessions[context.panel.sessions < day][-1]
    of_day = {
        theme: math.log1p(context.panel.total_return.loc[day, rows.columns[rows.loc[before]]].mean())
        for theme, rows in context.seasoned.items()
    }
    expected = of_day["optical"] - np.mean(list(of_day.values()))
    assert daily.loc[day, "optical"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("freedom", [1, 2, 7, 30, 31, 60, 500])
def test_the_quantiles_are_those_of_student(freedom):
    stats = pytest.importorskip("scipy.stats")
    assert student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=2e-3)


def test_the_interval_of_a_mean_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(3)
    draws = rng.normal(0.3, 1.0, (4_000, 6))
    covered = [low < 0.3 < high for _, low, high, _ in map(mean_interval, draws)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)
    assert math.isnan(mean_interval([1.0])[1])
    assert mean_interval([np.nan, 2.0, 4.0])[0] == 3.0


def test_slow_series_are_worth_fewer_pairs_and_the_interval_covers_as_it_says():
    rng = np.random.default_rng(8)
    quick, slow = [], []
    for _ in range(600):
        noise = rng.normal(size=(2, 60))
        quick.append(correlation(*noise))
        walks = np.zeros((2, 60))
        for k in range(1, 60):
            walks[:, k] = 0.7 * walks[:, k - 1] + noise[:, k]
        slow.append(correlation(*walks))
    for found, least in ((quick, 0.93), (slow, 0.90)):
        assert np.mean([low < 0 < high for _, low, high, _ in found]) > least
    assert np.mean([row[3] for row in slow]) < 0.55 * 60
    naive = np.mean([abs(row[0]) < 1.96 / math.sqrt(57) for row in slow])
    assert naive < 0.85  # what the correction is for


def test_too_few_pairs_give_no_correlation():
    assert math.isnan(correlation(np.arange(4.0), np.arange(4.0))[0])
    assert math.isnan(correlation(np.ones(9), np.arange(9.0))[0])
