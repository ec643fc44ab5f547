"""A line is shown before it is written, checked as the whole file is, and goes into the user's own copy."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from screener import workspace
from screener.cycle import load_cycle
from screener.cycle.driver import read_driver
from screener.cycle.extend import Addition, propose, write
from screener.errors import CycleError

NAME = "hyperscaler-capex"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    return tmp_path / "universes" / "drivers" / f"{NAME}.csv"


def quarter(**changes: object) -> Addition:
    fields = {
        "entity": "AMZN",
        "period_end": dt.date(2026, 9, 30),
        "released": dt.date(2026, 10, 29),
        "value": 60_000.0,
        "definition": "cash",
        "source": "release, read by me",
    }
    return propose(NAME, "released", fields | changes, read_driver)


def test_a_proposal_writes_nothing_and_knows_the_first_usable_session(own: Path) -> None:
    assert quarter().line == (
        'AMZN,2026-09-30,2026-10-29,2026-10-30,60000,USD million,cash,"release, read by me"'
    )
    assert not own.exists()


def test_the_own_copy_is_the_built_in_file_and_the_line(own: Path) -> None:
    built_in = (workspace.built_in("universes") / "drivers" / f"{NAME}.csv").read_bytes()
    addition = quarter()
    write(addition)
    assert own.read_bytes() == built_in + addition.line.encode() + b"\n"
    assert load_cycle().driver.path == own
    assert list(own.parent.iterdir()) == [own]


def test_the_next_quarter_counts_once_all_have_reported(own: Path) -> None:
    for entity in ("AMZN", "GOOGL", "META", "MSFT"):
        assert load_cycle().table().index[-1] == "2026Q2"
        write(quarter(entity=entity))
    table = load_cycle().table()
    assert (table.index[-1], table["total"].iloc[-1]) == ("2026Q3", 240_000.0)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"period_end": dt.date(2026, 6, 30)}, "stand twice"),
        ({"released": dt.date(2026, 9, 30)}, "released before the period ended"),
        ({"value": -1.0}, "must be a positive number"),
        ({"entity": "ORCL", "definition": None}, "is new in it; say --unit and --definition"),
        ({"colour": "red"}, "has no column colour"),
    ],
)
def test_a_line_that_breaks_the_contract_is_refused(
    own: Path, changes: dict[str, object], problem: str
) -> None:
    with pytest.raises(CycleError, match=problem):
        quarter(**changes)
    assert not own.exists()
