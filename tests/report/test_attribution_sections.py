"""What the page says about an attribution is what the curves say, to the cent, in both languages."""

import dataclasses
import json
import math
import re

import numpy as np
import pandas as pd
import pytest

from screener.backtest.result import Window
from screener.backtest.run import run as run_backtest
from screener.backtest.spec import RunSpec
from screener.market import calendar
from screener.report.attribution import tables
from screener.report.evidence import Evidence
from screener.report.files import csv_text
from screener.report.tearsheet import render
from screener.study.attribution import attribute
from tests.report.fake import Names, fake_run, with_result
from tests.report.pages import Page, in_english, rows, section

IDS = ["contribution", "brinson", "years", "falls", "phases"]
UNREADABLE = re.compile(r"\b(nan|NaN|NaT|inf|None)\b|00:00:00|\u2212?-0\.0\b|Timestamp")


@pytest.fixture(scope="module")
def run():
    return run_backtest(RunSpec("capex-rotation"))


@pytest.fixture(scope="module")
def found(run):
    return attribute(run, run.windows[0])


@pytest.fixture(scope="module")
def page(run, found):
    return render(run, Evidence(attribution=found))


def shown(run, found):
    return render(run, Evidence(attribution=found))


def fen(text):
    """Read CNY as the page writes it."""
    return round(float(text.replace("\N{MINUS SIGN}", "-").replace(",", "")) * 100)


def read(text):
    return float(text.replace("\N{MINUS SIGN}", "-").replace("%", "").replace(",", "").split()[0])


def said(page, id):
    """Return the English words of a section, one line."""
    return " ".join(Page(f"<p{in_english(section(page, id))}").text.split())


def curves(run):
    window = run.windows[0]
    accounts = run.result, run.controls["equal-weight"]
    return [account.nav.loc[window.base : window.end] for account in accounts]


def total(curve):
    return curve.iloc[-1] / curve.iloc[0] - 1.0


# -- what was earned -----------------------------------------------------------------------------------------


def test_a_page_without_an_attribution_has_none_of_its_sections(run):
    page = render(run)
    assert not [id for id in IDS if f'id="{id}"' in page]
    assert "chart-gains" not in page


def test_gains_on_the_page_add_up_to_the_change_of_the_curve_to_the_cent(run, page):
    nav = curves(run)[0]
    change = round(nav.iloc[-1] * 100) - round(nav.iloc[0] * 100)
    _, *themes, closing = rows(page, "contribution")
    assert sum(fen(row[3]) for row in themes) == fen(closing[3]) == change
    n = section(page, "contribution").count("<table")
    stocks = [row for k in range(1, n - 1) for row in rows(page, "contribution", k)[1:]]
    assert sum(fen(row[1]) for row in stocks) == change
    assert len({row[0] for row in stocks}) == len(stocks)
    _, *years, sums = rows(page, "contribution", n - 1)
    assert [sum(column) for column in zip(*([fen(c) for c in row[1:]] for row in years), strict=True)] == [
        fen(c) for c in sums[1:]
    ]
    assert fen(sums[-1]) == change


def test_points_add_up_to_the_return_and_shares_to_the_whole(run, page):
    _, *themes, closing = rows(page, "contribution")
    assert read(closing[5]) == pytest.approx(100 * total(curves(run)[0]), abs=0.051)
    assert closing[4] == "100.0 %"
    assert sum(read(row[5]) for row in themes) == pytest.approx(read(closing[5]), abs=0.3)


def test_the_account_is_said_to_balance_only_if_it_does(run, found, page):
    nav = curves(run)[0]
    line = f"{(round(nav.iloc[-1] * 100) - round(nav.iloc[0] * 100)) / 100:,.2f} CNY"
    assert f"to the cent: {line}".replace("-", "\N{MINUS SIGN}") in said(page, "contribution")
    stocks = found.contributions.stocks.copy()
    stocks.iloc[3, stocks.columns.get_loc("gain")] -= 0.01
    wrong = dataclasses.replace(found.contributions, stocks=stocks)
    text = said(shown(run, dataclasses.replace(found, contributions=wrong)), "contribution")
    assert "to the cent" not in text
    assert "no gain explains 0.01 CNY of its change" in text


def test_the_stocks_at_both_ends_are_open_and_those_between_folded(run, found):
    one = found.contributions.stocks
    many = pd.concat(
        [one.assign(gain=one["gain"] - k).set_axis([f"{s}{k}" for s in one.index]) for k in range(9)]
    )
    many = many.sort_values("gain", ascending=False).iloc[:37]
    money = dataclasses.replace(found.contributions, stocks=many)
    text = section(shown(run, dataclasses.replace(found, contributions=money)), "contribution")
    start, stop = text.index("<details"), text.index("</details>")
    places = [text.index(f">{symbol}<") for symbol in many.index]
    assert all(place < start for place in places[:10])
    assert all(start < place < stop for place in places[10:27])
    assert all(place > stop for place in places[27:])
    assert "The 17 stocks between" in text


def test_bars_start_at_zero_and_are_as_long_as_their_gains(page, found):
    table = section(page, "contribution").split("</table>")[0]
    bars = re.findall(r'<path class="(up|down)" d="M([\d.]+) 0h(-?[\d.]+)v9', table)
    gains = found.contributions.themes["gain"]
    low, high = min(gains.min(), 0), max(gains.max(), 0)
    assert len(bars) == len(gains)
    for (side, start, wide), gain in zip(bars, gains, strict=True):
        assert float(start) == pytest.approx(-100 * low / (high - low), abs=0.051)
        assert float(wide) == pytest.approx(100 * gain / (high - low), abs=0.051)
        assert (side == "up") == (gain > 0)


def test_the_chart_reads_the_gain_of_every_day_and_nothing_outside_the_window(run):
    index = run.result.nav.index
    window = Window(index[9], index[-9], "inner")
    found = attribute(run, window)
    page = Page(shown(run, found))
    data = next(json.loads(text) for _, at, text in page.raw if at.get("id") == "readings")
    days, curves = data["days"].split(), [c.split() for c in data["charts"]["chart-gains"]]
    nav = run.result.nav
    assert len(curves) == found.contributions.growth.shape[1]
    for k, day in enumerate(days):
        values = [curve[k] for curve in curves]
        if not window.base <= pd.Timestamp(day) <= window.end:
            assert set(values) == {"n/a"}
        else:
            gain = 100 * (nav[day] / nav[window.base] - 1)
            assert sum(map(float, values)) == pytest.approx(gain, abs=0.051 * len(curves))


# -- against equal weight ------------------------------------------------------------------------------------


def test_effects_and_costs_add_up_to_the_excess_between_the_curves(run, page):
    own, equal = curves(run)
    excess = 100 * (total(own) - total(equal))
    _, *themes, sums, costs, closing = rows(page, "brinson")
    assert read(closing[-1]) == pytest.approx(excess, abs=0.051)
    assert read(sums[-1]) + read(costs[-1]) == pytest.approx(excess, abs=0.11)
    assert sum(read(row[-1]) for row in themes) == pytest.approx(read(sums[-1]), abs=0.06 * len(themes))
    assert sum(map(read, sums[6:10])) == pytest.approx(read(sums[-1]), abs=0.21)
    assert [row[0] for row in themes][-1] == "Cash"
    side = "more" if excess >= 0 else "less"
    assert f"{abs(excess):.1f} points {side} than equal weight" in said(page, "brinson")


def test_tilt_and_timing_stand_beside_those_of_the_verdict(run, page):
    *_, sums = rows(page, "brinson", 1)
    assert read(sums[3]) + read(sums[4]) == pytest.approx(read(sums[5]), abs=0.11)
    verdict = run.verdicts[0]
    tilt, timing = (f"{100 * v:+.1f}".replace("-", "\N{MINUS SIGN}") for v in (verdict.tilt, verdict.timing))
    assert f"The verdict finds {tilt} and {timing}" in said(page, "brinson")


def test_a_run_without_accounts_free_of_costs_has_no_split_and_says_so(run):
    bare = dataclasses.replace(run, free={})
    page = shown(bare, attribute(bare, bare.windows[0]))
    assert 'id="brinson"' not in page
    assert "lacks its accounts without costs" in said(page, "years")
    assert len(rows(page, "years")[0]) == 6


def test_the_parts_of_each_year_add_up_to_its_excess(run, page):
    own, equal = curves(run)
    for row in rows(page, "years")[1:]:
        returns = []
        for nav in (own, equal):
            inside = nav[nav.index.year == int(row[0])]
            before = nav[nav.index < inside.index[0]]
            returns.append(100 * (inside.iloc[-1] / (before.iloc[-1] if len(before) else inside.iloc[0]) - 1))
        assert read(row[1]) == pytest.approx(returns[0], abs=0.051)
        assert read(row[5]) == pytest.approx(returns[0] - returns[1], abs=0.051)
        assert sum(map(read, row[6:])) == pytest.approx(read(row[5]), abs=0.31)


# -- falls ---------------------------------------------------------------------------------------------------


def test_the_deepest_fall_is_that_of_the_curve_and_each_is_split_to_the_cent(run, page):
    own, equal = curves(run)
    _, *falls = rows(page, "falls")
    assert len(falls) == 5
    assert read(falls[0][1]) == pytest.approx(100 * (own / own.cummax() - 1).min(), abs=0.051)
    for k, fall in enumerate(falls, start=1):
        peak, trough = fall[2:4]
        loss = round(own[trough] * 100) - round(own[peak] * 100)
        assert read(fall[7]) == pytest.approx(100 * (equal[trough] / equal[peak] - 1), abs=0.051)
        card = rows(page, "falls", k)
        names = [row[0] for row in card]
        closing = card[names.index("Sum")]
        assert sum(fen(row[1]) for row in card[1 : names.index("Sum")]) == fen(closing[1]) == loss
        assert read(closing[2]) == read(fall[1])
        losers = [fen(row[1]) for row in card[names.index("Lost most") + 1 :]]
        assert len(losers) == 3
        assert losers == sorted(losers)


def test_the_three_that_hurt_most_are_the_least_of_all_stocks(page, found):
    lost = found.falls.stocks.query("fall == 1")
    least = sorted(round(100 * x) for x in lost["gain"])[:3]
    card = rows(page, "falls", 1)
    assert [fen(row[1]) for row in card[-3:]] == least


def test_a_fall_that_has_not_recovered_is_still_under_water(run):
    nav = run.result.nav.copy()
    nav.iloc[-1] = nav.min() / 2
    low = with_result(run, nav=nav)
    page = shown(low, attribute(low, low.windows[0]))
    fall = rows(page, "falls")[1]
    assert fall[3] == f"{nav.index[-1]:%Y-%m-%d}"
    assert fall[4] == "still under water"
    assert "NaT" not in page


def test_a_curve_that_never_falls_has_no_section_of_falls(run):
    up = with_result(run, nav=pd.Series(np.arange(len(run.result.nav)) + 1e6, index=run.result.nav.index))
    assert 'id="falls"' not in shown(up, attribute(up, up.windows[0]))


# -- phases --------------------------------------------------------------------------------------------------


def with_phases(found, **rows):
    """Type a table of phases: sessions, episodes, rule, equal weight, excess, mean, low, high, hit rate."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=found.phases.table.columns)
    return dataclasses.replace(
        found, phases=dataclasses.replace(found.phases, table=table.rename_axis("phase"))
    )


def test_yearly_rates_are_for_phases_of_a_year_at_least(run, found):
    nan = math.nan
    a_year = calendar.sessions_a_year(found.window.base, found.window.end)
    typed = with_phases(
        found,
        peak=[2 * a_year, 3, 0.21, 0.44, 0.05, 0.04, -0.01, 0.09, 0.5],
        contraction=[100, 1, -0.2, -0.1, -0.3, -0.3, nan, nan, 0.4],
    )
    peak, contraction = rows(shown(run, typed), "phases")[1:]
    assert peak[3:7] == ["21.0 %", "10.0 %", "20.0 %", "+5.0"]
    assert peak[7].split() == ["+4.0", "−1.0", "…", "+9.0"]
    assert contraction[3:] == ["−20.0 %", "n/a", "n/a", "−30.0", "n/a", "40.0 %"]


def test_a_phase_seen_once_is_warned_of_and_one_seen_twice_is_not(run, found):
    once = [300, 1, 0.1, 0.1, 0.0, 0.0, math.nan, math.nan, 0.5]
    twice = [300, 2, 0.1, 0.1, 0.0, 0.0, -0.1, 0.1, 0.5]
    text = said(shown(run, with_phases(found, peak=once, contraction=twice)), "phases")
    assert "Seen once in this window: peak." in text
    text = said(shown(run, with_phases(found, peak=twice, contraction=twice)), "phases")
    assert "Seen once" not in text


# -- words, names and what is missing ------------------------------------------------------------------------


def test_every_section_says_as_much_in_chinese_as_in_english(page):
    for id in IDS:
        text = section(page, id)
        assert text.count('lang="zh"') == text.count('lang="en"') > 5
        for words in re.findall(r'<span lang="zh">([^<]+)</span>', text):
            assert re.search("[\u4e00-\u9fff]|Brinson", words), words


def test_what_is_not_known_is_na_with_a_reason(run):
    alone = dataclasses.replace(run, controls={}, benchmark=None, free={})
    page = shown(alone, attribute(alone, alone.windows[0]))
    for id in set(IDS) - {"brinson"}:
        text = section(page, id)
        assert not UNREADABLE.search(text)
        assert text.count(">n/a<") == len(re.findall(r'class="na" title="[^"]+" data-zh="[^"]+">n/a<', text))
    assert rows(page, "falls")[1][7:9] == ["n/a", "n/a"]


@pytest.mark.parametrize("n", [0, 1, 2, 30])
def test_a_window_of_hardly_any_days_makes_a_page_all_the_same(run, n):
    days = run.result.nav.index
    start = int(days.searchsorted(run.windows[0].base))
    page = shown(run, attribute(run, Window(days[start], days[start + n], "short")))
    assert 'id="contribution"' in page
    assert ('id="phases"' in page) == (n > 0)
    for id in IDS:
        if f'id="{id}"' in page:
            assert not UNREADABLE.search(section(page, id))


def test_an_account_that_never_trades_has_nothing_to_share(run):
    def idle(result):
        flat = result.nav * 0 + 1e7
        nothing = result.holdings * 0, result.orders.iloc[:0], result.actions.iloc[:0], result.weights * 0.0
        names = ("holdings", "orders", "actions", "weights")
        return dataclasses.replace(result, nav=flat, cash=flat, **dict(zip(names, nothing, strict=True)))

    name = run.result.name
    still = dataclasses.replace(run, result=idle(run.result), free=run.free | {name: idle(run.free[name])})
    page = shown(still, attribute(still, still.windows[0]))
    *_, closing = rows(page, "contribution")
    assert closing[3:6] == ["0.00", "n/a", "0.0"]
    assert 'id="falls"' not in page
    assert not UNREADABLE.search(section(page, "contribution"))


@pytest.mark.parametrize("field", ["theme", "stock", "phase"])
def test_a_hostile_name_stays_text(field):
    bad = "<script>alert(1)</script>\"'><b>"
    plain, hostile = (fake_run(names=names) for names in (Names(), Names(**{field: bad})))
    pages = [shown(one, attribute(one, one.windows[0])) for one in (plain, hostile)]
    one, other = map(Page, pages)
    assert one.shape == other.shape
    assert one.raw == other.raw
    assert any(bad in Page(f"<p{section(pages[1], id)}").text for id in IDS if f'id="{id}"' in pages[1])
    assert " style=" not in pages[1]


def test_an_account_that_does_not_balance_says_by_how_much():
    run = fake_run()
    found = attribute(run, run.windows[0])
    text = said(shown(run, found), "contribution")
    gap = f"{found.contributions.residual:,.2f}".replace("-", "\N{MINUS SIGN}")
    assert f"no gain explains {gap} CNY" in text
    assert "Unexplained" in said(shown(run, found), "falls")


# -- tables for a sheet --------------------------------------------------------------------------------------


def test_the_tables_for_a_sheet_add_up_by_column(run, found):
    own, equal = curves(run)
    change = round(own.iloc[-1] * 100) - round(own.iloc[0] * 100)
    made = tables(found)
    assert sorted(made) == [
        "brinson.csv", "contribution_stock.csv", "contribution_theme.csv", "drawdowns.csv", "phases.csv",
        "years.csv",
    ]  # fmt: skip
    for name in ("contribution_theme.csv", "contribution_stock.csv"):
        assert round(made[name]["gain"].sum() * 100) == change
    assert made["brinson.csv"]["total"].sum() == pytest.approx(total(own) - total(equal), abs=1e-12)
    falls = made["drawdowns.csv"]
    losses = falls.filter(like="loss of ").sum(axis=1)
    assert losses.tolist() == pytest.approx(falls["loss"].tolist(), abs=1e-6)
    years = made["years.csv"]
    parts = years[["allocation", "selection", "interaction", "trading", "cost"]].sum(axis=1)
    assert parts.tolist() == pytest.approx(years["excess"].tolist(), abs=1e-12)


def test_every_table_can_be_written_and_says_nothing_for_what_is_missing(run, found):
    for name, table in tables(found).items():
        lines = csv_text(table).splitlines()
        assert len(lines) == len(table) + 1, name
        assert not re.search(r"\bnan\b|NaT", "\n".join(lines)), name
    bare = dataclasses.replace(run, free={})
    assert "brinson.csv" not in tables(attribute(bare, bare.windows[0]))
