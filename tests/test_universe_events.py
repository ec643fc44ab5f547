"""Files of events: what ships is sourced and dated, and each mistake is told with its line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from screener import workspace
from screener.errors import UniverseError
from screener.universe.events import event_files, load_events

GOOD = """
[[events]]
id = "mine"
kind = "launch"
title = "A launch"
date = 2024-03-08
themes = ["optical"]
source = { report = "press", date = 2024-03-08 }
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a workspace's own events."""
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    folder = tmp_path / "universes" / "events"
    folder.mkdir(parents=True)
    return folder


def test_the_files_that_ship_are_whole_and_every_event_is_sourced() -> None:
    told = load_events()
    assert {event.kind for event in told} >= {
        *("tender-notice", "tender-award", "policy", "openai", "nim", "tsmc-results", "report")
    }
    assert all(event.source.report and (event.themes or event.symbols) for event in told)
    assert [event.last for event in told] == sorted(event.last for event in told)
    assert all(event.source.date >= event.last for event in told if event.precision in ("month", "unknown"))


@pytest.mark.parametrize(
    ("name", "written", "usable"),
    [
        ("openai-announced", "2024-06-25", "2024-06-26"),
        ("openai-effective", "2024-07-09", "2024-07-10"),
        ("nvidia-nim", "2024-07-30", "2024-07-31"),
        ("cmcc-notice-2024", "2024-04-22", "2024-04-23"),
        ("cmcc-award-2025", "2025-08-23", "2025-08-25"),  # a Saturday
        ("report-002", "2024-08-18", "2024-08-19"),  # a Sunday
        ("beijing-plan", "2024-04", None),
        ("beijing-2027", "2027", None),
        ("cmcc-trial-network", "unknown", None),
    ],
)
def test_the_days_are_those_of_the_reports(name: str, written: str, usable: str | None) -> None:
    (event,) = (event for event in load_events() if event.id == name)
    assert event.written == written
    assert event.usable_from == (None if usable is None else pd.Timestamp(usable))


def test_results_of_tsmc_come_four_times_a_year_on_a_thursday() -> None:
    days = [event.last for event in load_events() if event.kind == "tsmc-results"]
    assert len(days) == len(set(days)) == 24
    assert {day.weekday() for day in days} == {3}
    assert {(day.year, (day.month - 1) // 3) for day in days} == {
        (year, quarter) for year in range(2020, 2027) for quarter in range(4)
    } - {(2020, 0), *((2026, quarter) for quarter in (1, 2, 3))}


def test_own_files_add_to_those_that_ship_and_one_of_the_same_name_takes_its_place(own: Path) -> None:
    (own / "events.toml").write_text(GOOD, encoding="utf-8")
    assert {"mine", "nvidia-nim", "shanghai-plan"} <= {event.id for event in load_events()}
    (own / "policy.toml").write_text(GOOD.replace("mine", "other"), encoding="utf-8")
    assert "shanghai-plan" not in {event.id for event in load_events()}
    assert [path.stem for path in event_files()].count("policy") == 1


def test_an_id_that_ships_is_not_given_twice(own: Path) -> None:
    (own / "zz.toml").write_text(GOOD.replace("mine", "nvidia-nim"), encoding="utf-8")
    with pytest.raises(UniverseError, match=r"zz\.toml:3: id='nvidia-nim' stands twice"):
        load_events()


def test_a_folder_of_events_is_no_theme(own: Path) -> None:
    (own / "events.toml").write_text(GOOD, encoding="utf-8")
    assert not {"events", "tenders", "policy"} & set(workspace.listing("universes"))


@pytest.mark.parametrize(
    ("written", "last", "precision"),
    [
        ('"2024-02"', dt.date(2024, 2, 29), "month"),
        ('"2023"', dt.date(2023, 12, 31), "year"),
        ('"unknown"', dt.date(2024, 3, 8), "unknown"),
    ],
)
def test_what_is_known_in_part_takes_its_last_day(
    own: Path, written: str, last: dt.date, precision: str
) -> None:
    file = own / "events.toml"
    file.write_text(GOOD.replace("2024-03-08\nthemes", f"{written}\nthemes"), encoding="utf-8")
    (event,) = load_events(file)
    assert (event.last, event.precision) == (last, precision)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('id = "mine"', 'id = "my event"', 3, "id='my event' must be 1 to 64 letters"),
        ('id = "mine"', "", 2, "id=None must be"),
        ('kind = "launch"', "kind = 3", 4, "kind=3 must be"),
        ('title = "A launch"', 'titel = "A launch"', 5, "titel is not known; did you mean title"),
        ('title = "A launch"', 'titel = "A launch"', 2, "title is missing"),
        ("date = 2024-03-08\n", 'date = "8 March"\n', 6, "date='8 March'; write a date such as"),
        ("date = 2024-03-08\n", 'date = "2024-13"\n', 6, "date='2024-13'; write"),
        ("date = 2024-03-08\n", "date = []\n", 6, "empty list"),
        ("date = 2024-03-08\n", "date = [2024-03-08, 2024-03-08]\n", 6, "holds a day twice"),
        ("date = 2024-03-08\n", "date = 2031-03-08\n", 6, "not in the calendar"),
        ("date = 2024-03-08\n", "date = 2024-03-08T09:30:00\n", 6, "write a date such as"),
        ("date = 2024-03-08\n", "", 2, "date is missing; write"),
        ('["optical"]', '["optica"]', 7, "'optica' is no theme; did you mean optical"),
        ('["optical"]', '"optical"', 7, "must be a list of text in quotes"),
        ('["optical"]', "[]", 7, "say what the event concerns"),
        ("themes = [", 'symbols = ["AAPL"]\nthemes = [', 7, "AAPL"),
        ('report = "press", ', "", 8, "source: report is missing"),
        ("date = 2024-03-08 }", 'date = "March" }', 8, "source: date='March' must be a date"),
        ("[[events]]", "[events]", 1, "tables that begin with [[events]]"),
        ("[[events]]", "x = 1\n[[events]]", 2, "x is not known"),
        ('source = { report = "press", date = 2024-03-08 }', "", 2, "source: report is missing"),
        ('kind = "launch"', "kind = launch", 4, "text and symbols need quotes"),
    ],
)
def test_each_mistake_is_told_with_file_and_line(own: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    file = own / "bad.toml"
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(UniverseError) as stop:
        load_events(file)
    assert [p for p in stop.value.problems if f"bad.toml:{line}:" in p and says in p], stop.value.problems


def test_all_mistakes_of_all_files_are_told_at_once(own: Path) -> None:
    (own / "a.toml").write_text(GOOD.replace('"launch"', "3"), encoding="utf-8")
    (own / "b.toml").write_text(GOOD.replace("mine", "b").replace("optical", "none"), encoding="utf-8")
    with pytest.raises(UniverseError) as stop:
        load_events()
    assert [problem.partition(": ")[0][-8:] for problem in stop.value.problems] == ["a.toml:4", "b.toml:7"]
