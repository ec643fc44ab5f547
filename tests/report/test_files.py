"""The tables beside the page."""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest

from screener.report.files import asked_weights, csv_text, metrics_json, tables
from tests.report.fake import NAN, Names, fake_run, with_result


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@sum", "\tx", "\r=1", "=HYPERLINK(1)", "-2+3", "@a", "+86"],
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(name):
    table = pd.DataFrame({name: [name]}, index=pd.Index([name], name="key"))
    (key, column), (label, value) = read(csv_text(table))
    shown = f"'{name}".replace("\r", " ")
    assert (key, column, label, value) == ("key", shown, shown, shown)


def test_numbers_stay_numbers_and_missing_ones_are_empty():
    table = pd.DataFrame(
        {"x": [-1.5, NAN, 0.1], "n": [-3, 0, 7]}, index=pd.DatetimeIndex(["2024-01-02"] * 3, name="date")
    )
    assert read(csv_text(table))[1:] == [
        ["2024-01-02", "-1.5", "-3"],
        ["2024-01-02", "", "0"],
        ["2024-01-02", "0.1", "7"],
    ]


def test_numbers_come_back_as_they_were():
    run = fake_run(n_days=30)
    nav = pd.read_csv(io.StringIO(tables(run)["nav.csv"]), index_col="date")
    np.testing.assert_array_equal(nav["myrule"], run.result.nav)
    np.testing.assert_array_equal(nav["000300.SH"], run.benchmark.close)
    orders = pd.read_csv(io.StringIO(tables(run)["orders.csv"]))
    np.testing.assert_array_equal(orders["price"], run.result.orders["price"])


def test_a_stock_name_or_reason_that_is_a_formula_is_text():
    rows = read(tables(fake_run(n_days=12, names=Names(reason="=cmd()", theme_id="@t")))["orders.csv"])
    assert {row[-1] for row in rows[1:]} == {"filled", "'=cmd()"}


def test_public_tables_hold_no_price_size_or_value():
    run = fake_run(n_days=30)
    public = tables(run, public=True)
    assert set(public) == {"nav.csv", "orders.csv", "weights.csv", "themes.csv", "costs.csv"}
    assert read(public["orders.csv"])[0] == ["date", "symbol", "side", "weight", "reason"]
    nav = read(public["nav.csv"])
    assert "cash" not in nav[0]
    assert {float(cell) for cell in nav[1][1:-1]} == {1.0}
    assert (
        "turnover" not in public["costs.csv"]
        or str(run.result.orders["asked"].iloc[0]) not in public["costs.csv"]
    )


def test_what_was_asked_is_measured_at_the_close_before():
    run = fake_run(n_days=5, n_orders=2)
    days = run.result.nav.index
    orders = run.result.orders.assign(date=[days[2], days[0]], asked=[300, 100])
    close = run.result.close.copy()
    close.loc[:, :] = 7.0
    close.loc[days[1], orders["symbol"].iloc[0]] = 20.0
    nav = pd.Series([1e4, 2e4, 3e4, 4e4, 5e4], index=days)
    weights = asked_weights(with_result(run, orders=orders, close=close, nav=nav).result)
    assert weights.iloc[0] == 300 * 20.0 / 2e4
    assert np.isnan(weights.iloc[1])


def test_json_is_strict_and_complete():
    def refuse(word):
        raise AssertionError(word)

    run = fake_run(n_days=12)
    run.metrics["headline"]["myrule"]["beta"] = NAN
    content = json.loads(metrics_json(run), parse_constant=refuse)
    assert content["metrics"]["headline"]["myrule"]["beta"] is None
    assert content["verdicts"][0]["total"] == 0.123
    assert content["windows"]["headline"] == {"base": "2020-05-06", "end": "2020-05-21"}
    assert content["hashes"]["screener"] == "ef" * 32
