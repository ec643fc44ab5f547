"""The page says what the run says, and depends on nothing else."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from screener.report.tearsheet import render
from tests.report.fake import CONTROLS, fake_run, with_result
from tests.report.pages import Page, rows

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run():
    return fake_run(n_days=60)


@pytest.fixture(scope="module")
def page(run):
    return render(run)


def test_the_parts_of_the_return_stand_in_their_columns(page):
    head, *windows = rows(page, "attribution")
    assert head == [
        "Window", "Benchmark", "Selection", "Tilt", "Timing", "Cost", "Total", "Equal weight", "Static mix",
        "Excess", "Tracking error", "Detectable",
    ]  # fmt: skip
    numbers = ["+4.0", "+10.0", "+1.2", "−2.0", "−0.9", "+12.3", "+14.4", "+13.1", "−2.1", "5.1 %", "5.8"]
    assert [w[1:] for w in windows] == [numbers] * 3
    assert [w[0].split()[0] for w in windows] == ["Headline", "Before", "After"]


def test_key_figures_are_those_of_the_account_above_them(run):
    figures = {
        name: {"cagr": k / 100, "sharpe": k / 10, "excess": float("nan")}
        for k, name in enumerate(("myrule", *CONTROLS, "benchmark"), start=1)
    }
    page = render(dataclasses.replace(run, metrics=dict.fromkeys(run.metrics, figures)))
    head, cagr, sharpe, excess = rows(page, "figures")
    accounts = ["myrule", "Equal weight", "Static mix", "沪深300", "Theme momentum", "Buy and hold"]
    assert head[1:] == [*accounts, "Difference"]
    assert cagr == ["Return a year (CAGR)", "1.0 %", "2.0 %", "3.0 %", "6.0 %", "4.0 %", "5.0 %", "−1.0"]
    assert sharpe == ["Sharpe ratio", "0.10", "0.20", "0.30", "0.60", "0.40", "0.50", "−0.10"]
    assert excess[1:] == ["n/a"] * 6 + [""]


def test_months_and_years_come_from_the_curve(run):
    nav = run.result.nav.copy()
    nav[:] = 100.0
    nav["2020-06-01":] = 110.0
    nav["2020-07-01":] = 99.0
    equal = nav * 0 + 100.0
    equal["2020-06-15":] = 105.0
    control = dataclasses.replace(run.controls["equal-weight"], nav=equal)
    changed = dataclasses.replace(run, controls=run.controls | {"equal-weight": control})
    page = render(with_result(changed, nav=nav))
    year = dict(zip(*rows(page, "months"), strict=True))
    assert (year["Apr"], year["May"], year["Jun"], year["Jul"]) == ("", "0.0", "10.0", "−10.0")
    assert (year["Year"], year["Equal weight"], year["Excess"]) == ("−1.0 %", "5.0 %", "−6.0")


def test_orders_are_counted_by_outcome_and_side(run):
    orders = run.result.orders.head(5).assign(
        side=["buy", "sell", "buy", "buy", "sell"],
        reason=["filled", "filled", "limit_up", "cash", "filled"],
        filled=[9, 9, 0, 4, 9],
    )
    head, *lines = rows(render(with_result(run, orders=orders)), "trading")
    assert head == ["Outcome of orders", "Buy", "Sell", "Partly filled"]
    assert lines == [
        ["filled", "1", "2", ""],
        ["short of cash", "1", "0", "1"],
        ["limit up", "1", "0", "0"],
    ]


def test_costs_are_added_up_by_year_and_kind(run):
    orders = run.result.orders.head(3).assign(commission=[1000.4, 2000.0, 0.0], stamp=[500.0, 0.0, 0.0])
    page = render(with_result(run, orders=orders))
    assert rows(page, "trading", 1)[1][:3] == ["2020", "3,000", "500"]


def test_the_page_shows_no_price_and_no_size(run, page):
    text = Page(page).text
    orders = run.result.orders
    shown = [*orders["price"].dropna(), *orders["asked"], *orders["value"][orders["value"] > 0]]
    forms = [
        form for value in shown for form in (f"{value:.2f}", f"{value:,.2f}", f"{value:,.0f}", f"{value:.0f}")
    ]
    assert not [form for form in forms if len(form) > 3 and form in text]


def test_a_simulated_market_and_hindsight_are_said_even_if_no_note_says_so(run):
    invented = dataclasses.replace(run.provenance, simulated=True)
    page = Page(render(dataclasses.replace(run, provenance=invented, notes=())))
    banners = [a for _, a in page.elements if a.get("class") == "banner"]
    assert len(banners) == 3  # and that it is short
    assert "SIMULATED: prices are invented" in page.text
    assert "HINDSIGHT: members count" in page.text
    assert "模拟行情" in page.text
    assert "后见之明" in page.text


def test_chinese_names_are_whole(page):
    text = Page(page).text
    for name in ("盛科通信-U", "Optical modules 光模块", "沪深300", "净值"):
        assert name in text


def test_the_readings_are_the_values_of_the_day(run, page):
    data = next(text for _, attributes, text in Page(page).raw if attributes.get("id") == "readings")
    readings = json.loads(data)
    days = readings["days"].split(" ")
    assert days[0] == "2020-05-06" and len(days) == 60
    first = readings["charts"]["chart-nav"][0].split(" ")
    assert len(first) == 60
    for k in (0, 17, 59):
        assert float(first[k]) == pytest.approx(run.result.nav.iloc[k] / run.result.nav.iloc[0], abs=5e-4)

    weights = [curve.split(" ") for curve in readings["charts"]["chart-weights"]]
    assert {len(curve) for curve in weights} == {60}
    for k in (0, 17, 59):
        shown = [float(curve[k]) for curve in weights]  # in per cent; the script adds the sign
        assert shown == pytest.approx(100 * run.theme_weights.iloc[k].to_numpy(), abs=0.051)
    units = [a.get("data-unit") for name, a in Page(page).elements if name == "output"]
    assert units == [None] * 5 + [" %"] * 6 + [None]


def test_six_years_of_sixty_names_stay_well_under_a_megabyte():
    page = render(fake_run(n_days=1500, n_assets=60, n_orders=1500))
    assert len(page.encode("utf-8")) < 1_000_000


def test_every_setting_stands_on_the_page(run, page):
    text = Page(page).text
    for name in ("commission_min", "participation", "risk_free", "allow_overdue", "lookback"):
        assert name in text
    assert "10,000,000" in text


def test_the_path_of_a_strategy_is_not_published(run):
    spec = dataclasses.replace(run.spec, strategy="/home/somebody/secret/myrule.py")
    assert "somebody" not in render(dataclasses.replace(run, spec=spec))


SCRIPT = """
import hashlib, sys
from screener.report.files import metrics_json, tables
from screener.report.tearsheet import render
from tests.report.fake import fake_run
run = fake_run(n_days=40)
text = render(run) + metrics_json(run) + "".join(tables(run).values())
print(hashlib.sha256(text.encode()).hexdigest())
"""


@pytest.mark.parametrize(("zone", "seed"), [("America/New_York", "1"), ("Asia/Shanghai", "2")])
def test_bytes_depend_on_nothing_but_the_run(tmp_path, zone, seed):
    from screener.report.files import metrics_json, tables

    run = fake_run(n_days=40)
    text = render(run) + metrics_json(run) + "".join(tables(run).values())
    # not the plain C language: in it Python 3.11 cannot read the path of an editable checkout in Chinese
    env = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C.UTF-8"}
    made = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env=env | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.strip() == hashlib.sha256(text.encode()).hexdigest()
