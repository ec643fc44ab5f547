"""The tables themselves: every row is dated, sourced and graded, and no two rows speak of the same day."""

import datetime as dt
import itertools
from pathlib import Path

import numpy as np
import pytest

from screener.market import tables

TABLES = ("boards", "limits", "lots", "fees", "dividend_tax", "closures")
# The fields that say of whom a row speaks.
SUBJECT = ("board", "boards", "prefixes", "class", "symbols", "exchanges", "event", "name", "old")


def dated():
    for table in TABLES:
        for name, found in tables.read(table).items():
            for row in found if isinstance(found, list) else [found]:
                yield table, name, row


def test_every_table_of_the_folder_is_checked():
    folder = Path(tables.__file__).parent
    assert {path.stem for path in folder.glob("*.toml")} == set(TABLES)


def test_every_row_has_a_source_a_grade_and_ordered_dates():
    for table, name, row in dated():
        where = f"{table}.toml [[{name}]] {row}"
        assert row["source"], where
        assert row["grade"] in ("P", "S", "M", "D"), where
        if (table, name) != ("boards", "other"):  # what is no A-share never was one
            assert type(row["from"]) is dt.date, where
            assert row["from"] <= row.get("to", dt.date.max), where


def subjects(row):
    lists = [row[key] if isinstance(row[key], list) else [row[key]] for key in SUBJECT if key in row]
    return set(itertools.product(*lists))


def test_no_two_rows_speak_of_the_same_thing_on_the_same_day():
    everything = [entry for entry in dated() if entry[2].get("from")]
    for (table, name, one), (other_table, other_name, two) in itertools.combinations(everything, 2):
        if (table, name) != (other_table, other_name) or not subjects(one) & subjects(two):
            continue
        apart = one.get("to", dt.date.max) < two["from"] or two.get("to", dt.date.max) < one["from"]
        assert apart, f"{table}.toml [[{name}]]: {one} and {two}"


@pytest.mark.parametrize("table", ["fees", "limits", "lots", "dividend_tax"])
def test_a_row_that_ended_is_followed_by_the_next_day(table):
    """A gap between two rows of one subject would be a day without a rule."""
    for name, rows in tables.read(table).items():
        for row in rows:
            if "to" not in row or name == "first_day":  # that band ended for good
                continue
            tomorrow = [other for other in rows if other["from"] == row["to"] + dt.timedelta(1)]
            followed = set().union(*(subjects(other) for other in tomorrow))
            assert subjects(row) <= followed, (table, name, row)


def test_rows_are_spread_over_days_up_to_their_last_one():
    rows = [
        {"from": dt.date(2020, 1, 2), "to": dt.date(2020, 1, 3), "bp": 5},
        {"from": dt.date(2020, 1, 5), "bp": 7},
    ]
    days = tables.as_days([f"2020-01-0{day}" for day in range(1, 7)])
    np.testing.assert_array_equal(tables.by_day(rows, "bp", days, missing=-1), [-1, 5, 5, -1, 7, 7])
