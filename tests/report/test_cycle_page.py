"""The cycle on the page: what is known at the end, what would turn it, and nothing that is known later."""

import dataclasses
import json
import math

import pandas as pd
import pytest

from screener.data.sources.tables import TITLES
from screener.report import driver
from screener.report.backdrop import Backdrop, _hatch
from screener.report.charts import _luck
from screener.report.svg import Frame
from screener.report.tearsheet import render
from screener.report.themes import INDICES, benchmark_name
from screener.report.words import two
from tests.report.fake import fake_run
from tests.report.pages import Page, in_english, points, rows, section
from tests.report.worlds import told, world


def english(markup: str) -> str:
    return Page(in_english(str(markup))).text.replace("\n", "").replace("\N{NO-BREAK SPACE}", " ")


def test_the_standing_is_that_of_the_last_known_quarter():
    # quarters of 100, 110 and 121 by year, and a last one of 300
    trailing, before = 3 * 121.0 + 300.0, 3 * 110.0 + 121.0
    growth = trailing / before - 1.0
    said = english(driver.standing(world(60)))
    assert f"the trailing year to 2020Q1 grew by {100 * growth:.1f} %" in said
    assert f"a change of +{100 * (growth - 0.1):.1f} points" in said


def test_what_would_flip_it_is_said_with_its_growth():
    # growth turns down 2.5 points below its extreme, which is the present one
    growth = (3 * 121.0 + 300.0) / (3 * 110.0 + 121.0) - 1.0 - 0.025
    total = (2 * 110.0 + 2 * 121.0) * (1 + growth) - (2 * 121.0 + 300.0)
    run = world(60, told() | {"unit": "USD billion"})
    said = english(driver.standing(run))
    assert f"It flips to peak if 2020Q2 comes in below {total:.0f} USD billion" in said
    on_quarter = f"{100 * (total / 300 - 1):+.1f} % on the quarter".replace("-", "−")
    assert f"({on_quarter}, {100 * (total / 121 - 1):+.1f} % on the year)" in said
    table = rows(render(run), "cycle", 1)
    assert table[1][0] == "growth turns down" and table[1][-1] == "peak"


@pytest.mark.parametrize(
    ("unit", "total", "expected"),
    [
        ("USD million", 140_962.7, ("141.0 bn USD", "1,410 亿美元")),
        ("CNY million", 12_300.0, ("12.3 bn CNY", "123 亿元")),
        ("shares", 12.0, ("12 shares", "12 shares")),
    ],
)
def test_totals_are_scaled_as_each_language_counts(unit, total, expected):
    words = driver.total_words(world(60, told() | {"unit": unit}), total)
    assert tuple(word.replace("\N{NO-BREAK SPACE}", " ") for word in words) == expected


def test_guidance_is_marked_on_its_day_by_its_direction_and_never_after_the_end():
    run = world(60)
    days = run.result.nav.index
    marks = {days[i]: (direction, title) for i, direction, title in Backdrop.of(run).marks}
    assert marks == {
        pd.Timestamp("2020-05-11"): (1, "2020-05-11: MSFT FY2020 +4.0 %"),
        pd.Timestamp("2020-06-01"): (0, "2020-06-01: MSFT FY2020 0.0 %"),
    }
    assert "2021-07-01" not in render(run)


def test_a_run_without_a_driver_says_what_its_phases_say():
    run = fake_run(60)
    assert driver.turns(run) == []
    assert Backdrop.of(run).marks == []
    said = english(driver.standing(run))
    assert "the driver is contraction: the trailing year to 2020Q2 shrank by 3.0 %" in said
    assert "a change of −18.3 points" in said
    assert driver.standing(dataclasses.replace(run, phases=run.phases.head(0))) == ""


def test_days_in_hindsight_are_hatched_inside_their_edges():
    frame = Frame(300, 120, 101, 0.0, 1.0, left=40, right=20, top=10, bottom=30)
    drawn = _hatch(frame, 20, 60)
    strokes = drawn.split('d="')[1].split('"')[0].replace("L", "M")
    found = points(strokes)
    assert len(found) > 10
    assert all(88 - 1 <= x <= 184 + 1 and 10 - 1 <= y <= 90 + 1 for x, y in found)
    for (x0, y0), (x1, y1) in zip(found[::2], found[1::2], strict=True):
        assert x1 - x0 == pytest.approx(y0 - y1, abs=1.01)


def test_the_excess_is_the_ratio_of_the_two_curves():
    run = fake_run(60)
    data = json.loads(next(t for _, a, t in Page(render(run)).raw if a.get("id") == "readings"))
    own, equal = run.result.nav, run.controls["equal-weight"].nav
    ratio = (own / own.iloc[0]) / (equal / equal.iloc[0])
    shown = [float(v) for v in data["charts"]["chart-over-ew"][0].split()]
    assert shown == pytest.approx(ratio.to_list(), abs=6e-4)
    level = run.benchmark.close
    ratio = (own / own.iloc[0]) / (level / level.iloc[0])
    shown = [float(v) for v in data["charts"]["chart-over-bm"][0].split()]
    assert shown == pytest.approx(ratio.to_list(), abs=6e-4)


def test_the_bounds_of_luck_widen_with_the_root_of_time():
    run = fake_run(60)
    low, high = _luck(run)
    years = 59 / 243
    assert high.level[0] == low.level[0] == 1.0
    assert math.log(high.level[-1]) == pytest.approx(1.96 * 0.051 * math.sqrt(years), rel=0.01)
    assert high.level[17] * low.level[17] == pytest.approx(1.0)


def test_without_anything_to_compare_with_there_is_no_section_of_excess():
    run = fake_run(40)
    figures = {w: {"myrule": accounts["myrule"]} for w, accounts in run.metrics.items()}
    alone = dataclasses.replace(run, controls={}, metrics=figures, benchmark=None)
    page = render(alone)
    assert '<section id="excess"' not in page and 'href="#excess"' not in page
    assert '<section id="excess"' in render(run)
    assert section(page, "nav")


def test_an_index_has_its_chinese_name_and_a_name_of_somebody_stays():
    assert benchmark_name("CSI 300") == two("CSI 300", "沪深300")
    assert benchmark_name("<b>半导体ETF") == "&lt;b&gt;半导体ETF"
    known = {*TITLES.values(), "SIMULATED index"}
    assert known == set(INDICES)


def test_the_newest_quarter_stands_below_the_changes_of_phase():
    run = world(60)
    newest = run.context.cycle.table(run.result.nav.index[-1]).reset_index().iloc[-1]
    first = run.phases.head(1).assign(quarter="2019Q1", phase=newest["phase"])
    lines = rows(render(dataclasses.replace(run, phases=first)), "cycle")
    assert [line[1] for line in lines[1:]] == ["2019Q1", str(newest["quarter"])]
    same = first.assign(quarter=newest["quarter"])
    assert len(rows(render(dataclasses.replace(run, phases=same)), "cycle")) == 2
