"""Drawing: what is left out of a path cannot be seen, and scales put values where they belong."""

import dataclasses
import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from screener.market import calendar
from screener.report import svg
from screener.report.backdrop import Backdrop
from screener.report.bridge import waterfall
from screener.report.html import Markup
from tests.report.fake import NAN, fake_run, verdict
from tests.report.pages import points


@pytest.mark.parametrize("seed", range(10))
def test_thinning_keeps_the_ends_and_extremes_of_every_strip(seed):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 40, 300))
    y = rng.normal(0, 50, 300)
    kept = set(svg.thin(x, y, 1.0).tolist())
    for strip in range(40):
        inside = [k for k in range(300) if strip <= x[k] < strip + 1]
        if inside:
            by_height = sorted(inside, key=lambda k: y[k])
            assert {inside[0], inside[-1]} <= kept
            assert y[by_height[0]] == min(y[k] for k in kept if k in inside)
            assert y[by_height[-1]] == max(y[k] for k in kept if k in inside)
            assert len(kept & set(inside)) <= 4


def test_a_line_breaks_at_missing_values_and_a_lone_value_is_a_dot():
    frame = svg.Frame(100, 100, 6, 0.0, 10.0)
    path = svg.line(frame, np.array([1.0, 2.0, NAN, 5.0, NAN, 7.0]), "rule", 0.01)
    assert path == '<path d="M46.0 71.0l8.8-7M72.4 43.0h0.1M90.0 29.0h0.1" class="line rule"></path>'
    assert svg.line(frame, np.full(6, NAN), "rule") == ""


def test_a_linear_scale_puts_the_ends_on_the_edges():
    frame = svg.Frame(200, 100, 11, -5.0, 5.0, left=20, right=10, top=8, bottom=22)
    assert (frame.x(0), frame.x(10), frame.x(5)) == (20, 190, 105)
    assert [float(frame.y(v)) for v in (-5.0, 0.0, 5.0)] == [78.0, 43.0, 8.0]


def test_equal_ratios_are_equal_distances_on_a_log_scale():
    frame = svg.Frame(200, 100, 11, 0.5, 8.0, log=True)
    heights = [float(frame.y(v)) for v in (0.5, 1.0, 2.0, 4.0, 8.0)]
    assert np.diff(heights) == pytest.approx([(frame.top - frame.base) / 4] * 4)
    assert np.isnan(frame.y(0.0)) and np.isnan(frame.y(-1.0)) and np.isnan(frame.y(NAN))


def test_an_area_starts_and_ends_on_its_floor():
    frame = svg.Frame(100, 100, 3, -1.0, 0.0, top=0, bottom=0, left=0, right=0)
    path = svg.area(frame, np.array([-0.2, -1.0, -0.5]), "loss", 0.01, floor=0.0)
    assert points(re.search(r'd="([^"]+)"', path)[1]) == [(0, 0), (0, 20), (50, 100), (100, 50), (100, 0)]


@pytest.mark.parametrize("seed", range(5))
def test_steps_add_up_to_the_values_without_drift(seed):
    values = np.cumsum(np.random.default_rng(seed).choice([-1.7, 0.0, 0.0, 1.3], 1000))
    frame = svg.Frame(5000, 300, 1000, values.min(), values.max())
    drawn = points(re.search(r'd="([^"]+)"', svg.line(frame, values, "rule", 0.01))[1])
    x, y = np.array(drawn).T
    assert 500 < len(drawn) < 1000  # the insides of level runs are left out
    for i in range(1000):
        assert np.interp(frame.x(i), x, y) == pytest.approx(float(frame.y(values[i])), abs=0.3)


@pytest.mark.parametrize("seed", range(20))
def test_ticks_are_round_inside_the_range_and_few(seed):
    rng = np.random.default_rng(seed)
    low = float(rng.normal(0, 10))
    high = low + float(10 ** rng.uniform(-3, 3))
    ticks = svg.nice_ticks(low, high, 5)
    assert 1 <= len(ticks) <= 5
    assert all(low - 1e-6 * (high - low) <= t <= high + 1e-6 * (high - low) for t in ticks)
    assert len({round(b - a, 9) for a, b in pairwise(ticks)}) <= 1


@pytest.mark.parametrize(("low", "high"), [(0.98, 1.02), (0.5, 4.5), (0.001, 1.05), (0.9, 900.0)])
def test_log_ticks_are_inside_the_range_and_few(low, high):
    ticks = svg.log_ticks(low, high, 7)
    assert 2 <= len(ticks) <= 7
    assert all(low <= t <= high for t in ticks)
    assert ticks == sorted(ticks)


def test_days_are_labelled_where_a_period_begins():
    assert svg.day_ticks(calendar.sessions("2024-12-30", "2025-01-10"), 6) == [(2, "2025-01")]
    years = svg.day_ticks(calendar.sessions("2019-01-02", "2024-12-31"), 6)
    assert [label for _, label in years] == ["2020", "2021", "2022", "2023", "2024"]
    assert svg.day_ticks(calendar.sessions("2024-03-04", "2024-03-08"), 6) == [(0, "2024-03-04")]


def test_every_drawn_coordinate_has_one_decimal_and_lies_on_the_paper():
    from screener.report.tearsheet import render

    page = render(fake_run(n_days=200))
    paths = re.findall(r'<path d="([^"]+)" class="(?:line|area)', page)
    assert len(paths) > 20
    for path in paths:
        assert not re.search(r"\.\d\d|e", path)
        assert all(0 <= x <= 1080 and 0 <= y <= 330 for x, y in points(path))


def test_phases_follow_each_other_without_a_gap():
    run = fake_run(n_days=40)
    days = run.result.nav.index
    phases = pd.DataFrame(
        {
            "usable_from": [days[0] - pd.Timedelta(days=30), days[10], days[25]],
            "phase": ["peak", "contraction", "new"],
        }
    )

    backdrop = Backdrop.of(dataclasses.replace(run, phases=phases))
    assert [(a, b, name) for a, b, _, name in backdrop.bands] == [
        (0, 10, "peak"),
        (10, 25, "contraction"),
        (25, 39, "new"),
    ]
    assert backdrop.hidden == [(0, 20)]
    assert backdrop.ticks == [(20, f"{days[20]:%Y-%m-%d}: MSFT 2020Q2")]


def test_the_bridge_ends_where_the_total_does():
    run = fake_run(n_days=12)
    drawn = waterfall(verdict(run.windows[0]))
    boxes = [
        (float(x), float(width))
        for x, width in re.findall(r'<rect class="bar \w+" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)
    ]
    *parts, total = boxes
    assert len(parts) == 5
    last = parts[-1][0]  # the last part is a cost: it ends at its left edge
    assert total[0] + total[1] == pytest.approx(last, abs=0.11)
    assert [m for m in re.findall(r">([+−][\d.]+)<", drawn)] == [
        "+4.0",
        "+10.0",
        "+1.2",
        "−2.0",
        "−0.9",
        "+12.3",
    ]
    assert waterfall(verdict(run.windows[0], timing=NAN)) == Markup()
