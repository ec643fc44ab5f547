"""The tables of members, orders and months."""

import dataclasses
import hashlib
import types

import pandas as pd

from screener.report.evidence import Evidence
from screener.report.tearsheet import render
from tests.report.fake import fake_run, with_result
from tests.report.pages import Page, in_english, rows, section
from tests.report.worlds import world


def test_members_stand_with_their_dates_sources_and_warnings():
    head, group, *members = rows(render(world(60)), "universe")
    assert head == ["Name", "Symbol", "Counts from", "Published", "Report", "Standing", "First bar", "Beware"]
    assert group[0].startswith("Optical") and "2 of 4 count" in group[0] and "+0.50" in group[0]
    by_symbol = {row[1]: row for row in members}
    assert by_symbol["300308.SZ"] == [
        "新易盛",
        "300308.SZ",
        "2020-06-01",
        "2020-06-01",
        "003",
        "named",
        "",
        "",
    ]
    assert by_symbol["300502.SZ"][2] == "2020-06-10"  # published before, but another business until then
    beware = by_symbol["300502.SZ"][7]
    assert "another business before 2020-06-10" in beware and "旧名" in beware
    late = world(60).context.panel.sessions[15]
    assert by_symbol["688256.SH"][2] == "never" and by_symbol["688256.SH"][6] == f"{late:%Y-%m-%d}"
    assert by_symbol["603660.SH"][5:] == ["uncertain name", "", "for the record only"]


def test_without_its_context_a_run_shows_publications_alone():
    text = Page(in_english(section(render(fake_run(12)), "universe"))).text
    assert "First session with three published members" in text
    assert "2020-05-14" in text
    assert "<table" not in section(render(fake_run(12)), "universe")


def orders_of(run, n):
    some = run.result.orders.head(1)
    days = run.result.nav.index
    return with_result(
        run,
        orders=type(some)(
            {
                **{name: [some[name].iloc[0]] * n for name in some.columns},
                "date": [days[1 + k % (len(days) - 1)] for k in range(n)],
                "reason": ["cash"] * n,
            }
        ).sort_values("date", ignore_index=True),
    )


def test_few_orders_are_listed_and_many_are_folded_by_year():
    few = section(render(orders_of(fake_run(40), 60)), "orders")
    assert few.count("<tr>") == 61 and "<details" not in few
    assert rows(render(orders_of(fake_run(40), 60)), "orders")[1][0].endswith("short of cash   60 orders")
    run = fake_run(n_days=400)  # 2020-05-06 to the end of 2021
    many = section(render(orders_of(run, 900)), "orders")
    assert many.count("<details") == 2
    in_2020 = sum(day.year == 2020 for day in orders_of(run, 900).result.orders["date"])
    folds = [" ".join(Page(f).text.split()) for f in in_english(many).split("<summary>")[1:]]
    assert folds[0].startswith(f"2021: {900 - in_2020} orders")
    assert folds[1].startswith(f"2020: {in_2020} orders")
    assert many.index("2021: ") < many.index("2020: ")
    assert many.count("<tr>") == 900 + 2


def test_orders_stand_under_their_side_and_reason_the_rarest_first():
    run = fake_run(40)
    orders = run.result.orders.head(6).assign(
        side=["buy", "buy", "sell", "buy", "buy", "sell"],
        reason=["cash", "filled", "limit_down", "cash", "limit_up", "limit_down"],
        asked=100,
        filled=[50, 100, 0, 0, 0, 0],
    )
    lines = rows(render(with_result(run, orders=orders)), "orders")[1:]
    heads = [" ".join(line[0].split()) for line in lines if len(line) == 1]
    assert heads == ["buy , limit up 1 order", "buy , short of cash 2 orders", "sell , limit down 2 orders"]
    assert [line[4] for line in lines if len(line) > 1] == ["0.0 %", "0.0 %", "50.0 %", "0.0 %", "0.0 %"]
    latest, earlier = (line[0] for line in lines[3:5])
    assert latest >= earlier


def test_of_too_many_orders_the_latest_are_shown_and_the_page_says_so():
    text = section(render(orders_of(fake_run(40), 1700)), "orders")
    assert "1,700 orders; the latest 1,500 are here." in text
    assert text.count("<tr>") == 1501


def test_the_largest_lawful_page_stays_below_a_megabyte():
    run = fake_run(n_days=1500, n_assets=60, n_orders=1500)
    refused = with_result(run, orders=run.result.orders.assign(reason="limit_up", filled=0))
    assert len(render(refused).encode("utf-8")) < 1_000_000


def test_months_over_equal_weight_are_differences_of_returns():
    run = fake_run(60)
    nav = run.result.nav * 0 + 100.0
    nav["2020-06-01":] = 110.0
    equal = nav * 0 + 100.0
    equal["2020-06-15":] = 105.0
    control = dataclasses.replace(run.controls["equal-weight"], nav=equal)
    page = render(
        with_result(dataclasses.replace(run, controls=run.controls | {"equal-weight": control}), nav=nav)
    )
    year = dict(zip(*rows(page, "months", 1), strict=True))
    assert (year["May"], year["Jun"], year["Jul"]) == ("0.0", "5.0", "0.0")
    assert (year["Year"], year["Months won"], year["Share"]) == ("+5.0", "1/3", "33.3 %")


def test_the_strip_names_settings_data_and_code():
    run = fake_run(12)
    strip = render(run).split('<dl class="facts">')[1].split("</dl>")[0]
    text = Page(strip).text
    assert hashlib.sha256(run.spec.to_toml().encode()).hexdigest()[:12] in text
    assert ("ab" * 6) in text and ("ef" * 6) in text and run.run_id in text
    assert "10.0 m CNY" in text and "1,000 万元" in text


def test_intervals_stand_under_their_figures_and_nowhere_else():
    evidence = Evidence(
        intervals={"headline": {"myrule": {"cagr": (-0.05, 0.31)}, "equal-weight": {"sharpe": (0.1, 0.9)}}},
        parts={"headline": {"timing": (-0.08, 0.02)}},
        level=0.9,
    )
    run = fake_run(12)
    page = render(run, evidence)
    shown = {line[0]: line[1:] for line in rows(page, "figures")}
    assert shown["Return a year (CAGR)"][0].endswith("−5.0 … 31.0")
    assert shown["Sharpe ratio"][1].endswith("0.10 … 0.90")
    assert "…" not in "".join(shown["Beta"])
    assert rows(page, "attribution")[1][4].endswith("−8.0 … +2.0")
    assert "90 % intervals" in page
    assert "…" not in section(render(run), "figures") and "intervals" not in section(render(run), "figures")


def test_evidence_is_collected_from_the_tables_of_a_study():
    index = pd.MultiIndex.from_tuples([("myrule", "cagr"), ("myrule", "beta"), ("benchmark", "cagr")])
    figures = pd.DataFrame({"low": [0.1, float("nan"), 0.2], "high": [0.3, 0.4, 0.5]}, index=index)
    parts = pd.DataFrame({"low": [-0.1], "high": [0.1]}, index=["timing"])
    window = types.SimpleNamespace(label="headline")
    found = Evidence.of(types.SimpleNamespace(window=window, figures=figures, parts=parts), ladders="x")
    assert found.interval("headline", "myrule", "cagr") == (0.1, 0.3)
    assert found.interval("headline", "myrule", "beta") is None
    assert found.interval("before publication", "myrule", "cagr") is None
    assert found.part("headline", "timing") == (-0.1, 0.1)
    assert found.ladders == "x" and Evidence.of().intervals is None
