"""The scorecard: every check against a figure that was worked out here."""

import dataclasses
import re

import numpy as np
import pytest

from screener.report.evidence import Evidence
from screener.report.scorecard import FAIL, PASS, UNKNOWN, checks, effective_names, filled_share, turnover
from screener.report.tearsheet import render
from tests.report.fake import NAN, fake_run, verdict, with_result
from tests.report.pages import Page
from tests.report.worlds import world

RUN = fake_run()
NOTHING = Evidence()


def state(run, name, evidence=NOTHING):
    return next(check.state for check in checks(run, evidence) if check.name[0] == name)


def judge(name, **changes):
    return state(dataclasses.replace(RUN, verdicts=(verdict(RUN.windows[0], **changes),)), name)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"total": 0.203}, PASS),  # 5.9 points over 14.4 %, detectable 5.8
        ({"total": 0.200}, FAIL),
        ({"total": NAN}, UNKNOWN),
        ({"total": 0.203, "detectable": NAN}, UNKNOWN),
    ],
)
def test_luck_is_judged_by_what_the_window_can_detect(changes, expected):
    assert judge("Beats equal weight beyond luck", **changes) == expected


@pytest.mark.parametrize(("low", "expected"), [(0.001, PASS), (-0.001, FAIL), (NAN, FAIL)])
def test_an_interval_decides_where_there_is_one(low, expected):
    evidence = Evidence(intervals={"headline": {"myrule": {"excess": (low, 0.2)}}})
    assert state(RUN, "Beats equal weight beyond luck", evidence) == expected


@pytest.mark.parametrize(
    ("name", "good", "bad", "unknown"),
    [
        ("Beats the benchmark", {"benchmark": 0.12}, {"benchmark": 0.13}, {"benchmark": NAN}),
        (
            "Beats its static mix: timing paid",
            {"static_mix": 0.12},
            {"static_mix": 0.123},
            {"static_mix": NAN},
        ),
        ("Cost of trading", {"cost": -0.02}, {"cost": -0.0201}, {"cost": NAN}),
    ],
)
def test_checks_of_the_return(name, good, bad, unknown):
    assert [judge(name, **changes) for changes in (good, bad, unknown)] == [PASS, FAIL, UNKNOWN]


def test_the_drawdown_is_compared_with_that_of_equal_weight():
    def run(own, equal):
        accounts = {"myrule": {"max_drawdown": own}, "equal-weight": {"max_drawdown": equal}}
        return dataclasses.replace(RUN, metrics={w.label: accounts for w in RUN.windows})

    name = "Drawdown no deeper than equal weight"
    found = [state(run(*pair), name) for pair in ((-0.5, -0.5), (-0.51, -0.5), (-0.1, NAN))]
    assert found == [PASS, FAIL, UNKNOWN]


def test_the_filled_share_is_weighted_by_what_was_asked():
    orders = RUN.result.orders.head(3).assign(asked=[100, 300, 100], filled=[100, 150, 0])
    close = RUN.result.close * 0 + 10.0
    nav = RUN.result.nav * 0 + 1e6
    run = with_result(RUN, orders=orders, close=close, nav=nav)
    assert filled_share(run) == pytest.approx((100 + 150) / 500)
    assert state(run, "Asked value that was filled") == FAIL
    assert np.isnan(filled_share(with_result(RUN, orders=RUN.result.orders.head(0))))


def test_turnover_is_one_way_and_a_year():
    orders = RUN.result.orders.head(2).assign(value=[400.0, 600.0])
    days = len(RUN.result.nav) - 1
    got = turnover(with_result(RUN, orders=orders, nav=RUN.result.nav * 0 + 1000.0))
    assert got == pytest.approx(0.5 / (days / 243), rel=0.01)  # 2020 had 243 sessions


def test_effective_names_of_equal_holdings_are_their_number():
    close = RUN.result.close * 0 + 5.0
    equal = RUN.result.holdings * 0 + 100
    assert effective_names(with_result(RUN, close=close, holdings=equal)) == pytest.approx(6.0)
    one = equal * [1, 0, 0, 0, 0, 0]
    assert effective_names(with_result(RUN, close=close, holdings=one)) == pytest.approx(1.0)
    halves = equal * [2, 1, 1, 0, 0, 0]
    assert effective_names(with_result(RUN, close=close, holdings=halves)) == pytest.approx(
        1 / (1 / 4 + 2 / 16)
    )


def test_the_sample_and_the_data_are_judged():
    assert state(RUN, "Length of the sample") == FAIL
    assert state(RUN, "Members as published") == FAIL
    published = dataclasses.replace(RUN, spec=dataclasses.replace(RUN.spec, membership="published"))
    assert state(published, "Members as published") == PASS
    assert state(RUN, "Prices of a real market") == PASS
    invented = dataclasses.replace(RUN.provenance, simulated=True, caveats=("one", "two"))
    assert state(dataclasses.replace(RUN, provenance=invented), "Prices of a real market") == FAIL
    assert state(RUN, "Caveats of the data") == PASS
    assert state(dataclasses.replace(RUN, provenance=invented), "Caveats of the data") == FAIL


def test_the_age_of_the_last_release_is_counted_in_days():
    name = "Age of the last capex release"
    run = world(60)  # the last release is of 2020-04-29, the run ends on 2020-07-30
    assert state(run, name) == PASS
    found = next(check for check in checks(run, NOTHING) if check.name[0] == name)
    assert "92 days" in str(found.figure)
    assert state(RUN, name) == UNKNOWN
    assert state(dataclasses.replace(RUN, notes=("OVERDUE: late.",)), name) == FAIL
    assert state(dataclasses.replace(run, notes=("OVERDUE: late.",)), name) == FAIL


def test_the_page_counts_the_checks_and_says_each_state_in_a_sign_and_a_word():
    page = render(RUN)
    found = checks(RUN, NOTHING)
    states = [check.state for check in found]
    n = {state: states.count(state) for state in (PASS, FAIL, UNKNOWN)}
    assert f"{n[PASS]} of {len(found)} pass, {n[FAIL]} fail, {n[UNKNOWN]} unknown." in page
    items = page.split('class="checks"', 1)[1].split("</ol>", 1)[0].split("<li>")[1:]
    signs = {PASS: "✓", FAIL: "✕", UNKNOWN: "?"}
    assert len(items) == len(found)
    for item, check in zip(items, found, strict=True):
        assert Page(item).texts[:2] == [signs[check.state], check.state]


def test_every_check_leads_to_a_section_that_is_there():
    page = render(RUN)
    ids = re.findall(r'<section id="(\w+)"', page)
    assert {check.proof for check in checks(RUN, NOTHING)} <= set(ids)
