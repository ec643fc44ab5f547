"""Two claimed lags: planted leads are found where they are, and a holder knows nothing too early."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from screener.cycle.driver import load_driver
from screener.errors import SpecError
from screener.market import calendar
from screener.study import lags
from screener.study.small import correlation, detectable

DAYS = calendar.sessions("2015-01-05", "2024-12-31")
THEMES = ["ai-chips", "servers", "optical", "ai-apps"]


def noise(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(0, 0.01, (len(DAYS), len(THEMES))), index=DAYS, columns=THEMES)


def stated(found: lags.Lagged, leader: str, lag: str) -> pd.Series:
    (row,) = (part for _, part in found.stated.iterrows() if (part["leader"], part["lag"]) == (leader, lag))
    return row


def at(found: lags.Lagged, leader: str, lag: int) -> pd.Series:
    table = found.explored
    return table[(table["leader"] == leader) & (table["lag"] == lag)].iloc[0]


def spread_over(periods: pd.Series, daily: pd.Series) -> pd.Series:
    """Return daily returns that add up to given sums of periods."""
    own = daily.index.to_period(periods.index.freq)
    return pd.Series(periods.reindex(own).to_numpy() / own.map(own.value_counts()).to_numpy(), daily.index)


@pytest.mark.parametrize("lag", [1, 3, 6])
def test_applications_that_repeat_hardware_k_months_later_are_found_at_k(lag: int) -> None:
    daily = noise()
    months = daily["servers"].groupby(DAYS.to_period("M")).sum()
    later = months.set_axis(months.index + lag)
    daily["ai-apps"] = spread_over(later, daily["ai-apps"]).fillna(0.0)
    found = lags.hardware_to_apps(daily)
    assert at(found, "servers", lag)["correlation"] > 0.98
    others = [at(found, "servers", k)["correlation"] for k in range(-6, 7) if k != lag]
    assert np.abs(others).max() < 0.5


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_applications_that_follow_over_a_year_are_found_by_the_joint_lag(sign: float) -> None:
    daily = noise(1)
    quarters = daily["optical"].groupby(DAYS.to_period("Q")).sum()
    year = sum(quarters.set_axis(quarters.index + k) for k in range(1, 5)).reindex(quarters.index)
    daily["ai-apps"] += sign * spread_over(year, daily["ai-apps"]).fillna(0.0)
    row = stated(lags.hardware_to_apps(daily), "optical", "1 to 4 quarters")
    assert row["low"] * sign > 0 or row["high"] * sign > 0
    assert row["correlation"] * sign > 0.5
    assert not row["low"] < 0 < row["high"]
    assert row["pairs"] == 36  # of forty quarters, four have no year before them


def test_the_claim_is_the_joint_lag_of_all_hardware_and_the_sentence_holds_its_figures() -> None:
    found = lags.hardware_to_apps(noise(2))
    row = stated(found, "hardware", "1 to 4 quarters")
    assert (found.cases, found.detectable) == (row["worth"], row["detectable"])
    assert f"{row['correlation']:+.2f}" in found.sentence
    assert "not told from 0" in found.sentence
    mean = noise(2)[list(lags.HARDWARE)].mean(axis=1)
    quarters = mean.groupby(DAYS.to_period("Q")).sum()
    apps = noise(2)["ai-apps"].groupby(DAYS.to_period("Q")).sum()
    pairs = [(sum(quarters.iloc[k - 4 : k]), apps.iloc[k]) for k in range(4, len(apps))]
    assert row["correlation"] == pytest.approx(np.corrcoef(*zip(*pairs, strict=True))[0, 1])


def test_a_year_that_overlaps_leaves_the_interval_as_often_right_as_it_says() -> None:
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(1_500):
        leader, follower = rng.normal(size=(2, 29))
        year = np.convolve(leader, np.ones(4), "valid")[:-1]  # the four quarters before each
        covered.append(correlation(year, follower[4:]))
    assert np.mean([low < 0 < high for _, low, high, _ in covered]) == pytest.approx(0.95, abs=0.02)


def test_too_few_quarters_say_so_and_give_no_number() -> None:
    found = lags.hardware_to_apps(noise().loc["2023-06-01":])
    assert found.sentence.startswith("Too few: 2 pairs")
    assert math.isnan(found.detectable)


def test_a_theme_that_is_missing_is_a_users_error() -> None:
    with pytest.raises(SpecError, match="needs optical too"):
        lags.hardware_to_apps(noise().drop(columns="optical"))


def maker(growth: pd.Series, wait: int = 10) -> object:
    """Return a driver of one company whose revenue of three months grows as told, known `wait` days later."""
    value = pd.Series(100.0, index=pd.period_range(growth.index[0] - 15, growth.index[-1], freq="M"))
    for month, rate in growth.items():
        before = value[month - 14 : month - 12].sum()
        value[month] = before * (1.0 + rate) - value[month - 1] - value[month - 2]
    ends = value.index.to_timestamp(how="end").normalize()
    usable = [calendar.next_session(end + pd.Timedelta(days=wait)) for end in ends]
    rows = pd.DataFrame(
        {
            "entity": "X",
            "period_end": ends,
            "usable_from": usable,
            "value": value.to_numpy(),
            "definition": "revenue",
        }
    )
    return dataclasses.replace(load_driver("aspeed-revenue"), name="x-revenue", rows=rows)


def month_after(usable: pd.Series, k: int) -> np.ndarray:
    """Say which days come after one figure could be used, up to the day of the next."""
    return np.array([usable.iloc[k] < day <= usable.iloc[k + 1] for day in DAYS])


def told(seed: int = 3) -> pd.Series:
    rng = np.random.default_rng(seed)
    months = pd.period_range("2016-06", "2024-06", freq="M")
    return pd.Series(rng.normal(0.0, 0.03, len(months)), index=months)


def test_growth_is_of_three_months_on_the_same_three_a_year_before() -> None:
    driver = load_driver("aspeed-revenue")
    known = lags.known_growth(driver)
    value = driver.rows.set_index(driver.rows["period_end"].dt.to_period("M"))["value"]
    month = pd.Period("2024-06")
    now = value["2024-04"] + value["2024-05"] + value["2024-06"]
    assert known.loc[month, "growth"] == pytest.approx(
        now / (value["2023-04"] + value["2023-05"] + value["2023-06"]) - 1
    )
    assert known.loc[month, "usable_from"] == pd.Timestamp("2024-07-11")
    assert known["growth"].first_valid_index() == pd.Period("2019-03")


def test_servers_that_rise_once_the_figure_is_known_are_found_at_once() -> None:
    growth = told()
    driver = maker(growth)
    known = lags.known_growth(driver)
    daily = noise(7) * 0.02
    usable = known["usable_from"]
    for k, rate in enumerate(known["growth"][:-1]):
        if not math.isnan(rate):
            inside = month_after(usable, k)
            daily.loc[inside, "servers"] += rate / max(inside.sum(), 1)
    found = lags.server_lead(daily, driver)
    assert stated(found, "growth", "at once")["correlation"] > 0.98
    assert at(found, "growth", 0)["correlation"] > 0.98
    assert abs(at(found, "growth", 3)["correlation"]) < 0.4


def test_what_the_shares_do_on_the_day_of_the_figure_is_not_earned() -> None:
    growth = told()
    driver = maker(growth)
    known = lags.known_growth(driver).dropna()
    daily = noise(8) * 0.02
    days = known["usable_from"][known["usable_from"] <= DAYS[-1]]
    daily.loc[days, "servers"] += known["growth"][: len(days)].to_numpy()
    found = lags.server_lead(daily, driver)
    assert abs(stated(found, "growth", "at once")["correlation"]) < 0.4
    assert at(found, "growth", -1)["correlation"] > 0.95  # it closes the month before


def test_a_lead_of_four_months_is_found_by_the_joint_lag() -> None:
    growth = told(9)
    driver = maker(growth)
    known = lags.known_growth(driver)
    daily = noise(10) * 0.02
    usable = known["usable_from"]
    for k, rate in enumerate(known["growth"]):
        if k + 5 < len(usable) and not math.isnan(rate):
            inside = month_after(usable, k + 4)
            daily.loc[inside, "servers"] += rate / max(inside.sum(), 1)
    found = lags.server_lead(daily, driver)
    assert at(found, "growth", 4)["correlation"] > 0.98
    joint = stated(found, "growth", "3 to 6 months")
    assert joint["low"] > 0
    assert (found.cases, found.detectable) == (joint["worth"], joint["detectable"])


def test_an_earlier_end_changes_no_month_that_was_over() -> None:
    daily, driver = noise(11)["servers"], load_driver("aspeed-revenue")
    days = lags.known_growth(driver)["usable_from"]
    whole, early = lags._between(daily, days), lags._between(daily[:"2022-03-31"], days)
    over = early.dropna()
    assert len(over) > 40
    pd.testing.assert_series_equal(over, whole[over.index])
    assert whole.dropna().index[-1] > over.index[-1] == pd.Period("2022-01")


def test_the_smallest_correlation_is_found_eight_times_in_ten() -> None:
    rng = np.random.default_rng(2)
    true = detectable(40)
    found = 0
    for _ in range(1_500):
        x, y = rng.normal(size=(2, 40))
        _, low, high, _ = correlation(x, true * x + math.sqrt(1 - true**2) * y)
        found += not low < 0 < high
    assert found / 1_500 == pytest.approx(0.80, abs=0.04)
    assert math.isnan(detectable(4))


def test_one_to_two_quarters_are_the_four_months_from_the_third_on() -> None:
    driver, daily = load_driver("aspeed-revenue"), noise(12)
    known = lags.known_growth(driver)
    growth, usable = known["growth"].to_numpy(), known["usable_from"].to_numpy()
    pairs = []
    for k in range(6, len(growth) - 1):
        if DAYS[0] <= usable[k] and usable[k + 1] <= DAYS[-1] and not np.isnan(growth[k - 6]):
            month = daily["servers"][month_after(known["usable_from"], k)].sum()
            pairs.append(((growth[k - 3] + growth[k - 4] + growth[k - 5] + growth[k - 6]) / 4, month))
    row = stated(lags.server_lead(daily, driver), "growth", "3 to 6 months")
    assert row["pairs"] == len(pairs)
    assert row["correlation"] == pytest.approx(np.corrcoef(*zip(*pairs, strict=True))[0, 1])
