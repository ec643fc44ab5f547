"""The cycle's commands: what they print, as JSON too, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command, Outcome

VIEWS = ("show", "phase", "guidance", "leads", "flip", "project")
ADD = ("cycle", "add", "hyperscaler-capex", "--entity", "AMZN", "--source", "release")
GUIDED = ("--released", "2026-10-29", "--guided-year", "FY2026")
QUARTER = ("--period-end", "2026-09-30", "--released", "2026-10-29", "--value", "60000")


def told(shown: Outcome) -> Any:
    return json.loads(shown.out)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_prints_words_and_json(view: str, command: Command) -> None:
    day = () if view == "project" else ("--as-of", "2026-08-20")
    assert command("cycle", view, *day).out.strip()
    assert told(command("cycle", view, *day, "--json"))


def test_the_flip_says_the_number_that_turns_the_cycle(command: Command) -> None:
    shown = command("cycle", "flip", "--as-of", "2026-08-20")
    assert "2026Q3 below 156,354: growth turns down, phase peak" in shown.out


def test_the_projection_prints_the_report_and_the_users_own_rates(command: Command) -> None:
    assert "-89.36" in command("cycle", "project").out
    own = told(command("cycle", "project", "--capex-growth", "10%,0.1", "--ocf-growth", "0.2", "--json"))
    assert [year["year"] for year in own["years"]] == ["2024E", "2025E"]


def test_a_view_of_an_earlier_day_knows_nothing_later(command: Command) -> None:
    rows = told(command("cycle", "leads", "--as-of", "2021-03-01", "--json"))
    assert all(row["released"] < "2021-03-01" for row in rows)
    events = told(command("cycle", "guidance", "--as-of", "2021-03-01", "--json"))["events"]
    assert max(event["usable_from"] for event in events)[:10] <= "2021-03-01"


def test_an_addition_is_shown_first_and_written_on_a_yes(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    shown = command(*ADD, *QUARTER)
    assert "Not written" in shown.out
    assert list(tmp_path.iterdir()) == []
    done = command(*ADD, *QUARTER, "--yes")
    assert done.out.startswith("AMZN,2026-09-30,2026-10-29,2026-10-30,60000,USD million,cash,release")
    assert command(*ADD, *QUARTER, "--yes").code == 2


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("cycle", "project", "--ocf-growth", "a lot"), "must be rates such as 15%"),
        (("cycle", "project", "--ocf-growth", "1%,2%"), "must be one rate"),
        (("cycle", "project", "--capex-growth", "5000%"), "must lie between"),
        (("cycle", "flip", "--as-of", "yesterday"), "must be a date"),
        (("cycle", "phase", "--driver", "hyperscaler-capx"), "is not known"),
        ((*ADD, "--released", "2026-10-29"), "give --period-end and --value"),
        ((*ADD, *QUARTER, "--low", "3"), "--low: not without --guided-year"),
        ((*ADD, *QUARTER[:-1], "-4"), "must be a positive number"),
        ((*ADD, *QUARTER, "--released", "2999-01-02"), "--released=2999-01-02 lies in the future"),
        ((*ADD, *GUIDED, "--low", "210", "--high", "200"), "low=210 must not be above high=200"),
        ((*ADD, *GUIDED, "--low", "-2"), "must be positive numbers"),
        ((*ADD, *GUIDED[:-1], "26", "--low", "200"), "target_year='26' must be a year like FY2026"),
        (("cycle", "show", "--driver", "hyperscaler-guidance"), "`screener cycle guidance` shows it"),
        (("cycle", "guidance", "--driver", "tsmc-revenue"), "tsmc-revenue has no guidance log"),
    ],
)
def test_wrong_input_gets_a_line_and_code_2(words: tuple[str, ...], problem: str, command: Command) -> None:
    shown = command(*words)
    assert shown.code == 2
    assert problem in shown.err
    assert shown.out == ""


def test_guidance_in_another_unit_is_asked_about(command: Command) -> None:
    """Amazon guided about 200 billion; 205,000 is the same in millions."""
    shown = command(*ADD, *GUIDED, "--low", "200000", "--high", "210000")
    assert "Look again: the number before is 200, this one 205,000" in shown.out
    assert "Look again" not in command(*ADD, *GUIDED, "--low", "200", "--high", "210").out


def test_guidance_of_one_day_and_year_stands_once(command: Command) -> None:
    words = (*ADD, *GUIDED, "--low", "200", "--high", "210", "--yes")
    assert command(*words).code == 0
    assert "this entity, day, year and definition stand twice" in command(*words).err


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "mine.csv: is empty"),
        (b"entity,period_end,released,usable_from,value,unit,definition,source\n", "has no row below"),
        ("entity,source\n甲,自有\n".encode("gb18030"), "mine.csv: is not text in UTF-8"),
        (b"entity,source\na,b\na,b,c,d\n", "mine.csv: is no table of commas"),
    ],
)
def test_a_driver_file_that_is_no_table_gets_a_line(
    data: bytes, problem: str, command: Command, folder: Path
) -> None:
    place = folder / "universes" / "drivers"
    place.mkdir(parents=True)
    (place / "mine.csv").write_bytes(data)
    shown = command("cycle", "show", "--driver", "mine")
    assert (shown.code, shown.out) == (2, "")
    assert problem in shown.err
