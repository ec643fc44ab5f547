"""`screener claims`: what it prints, as JSON too, what it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

DAY = ("--as-of", "2026-08-20")
ADD = (
    "claims", "add", "--id", "mine", "--report", "my own", "--date", "2026-08-20",
    "--driver", "hyperscaler-capex", "--period", "FY2027",
)  # fmt: skip


@pytest.fixture
def own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCREENER_WORKSPACE", str(folder))
    return folder / "universes" / "claims" / "own.toml"


def test_the_table_has_a_row_for_every_claim_and_counts_the_verdicts(command: Command) -> None:
    shown = command("claims", *DAY)
    row = next(line for line in shown.out.splitlines() if line.startswith("capex-2025 "))
    for part in ("S22", "2024-08-18", "2,857.69", "3,785.7", "+32.5 %", "missed, above"):
        assert part in row
    assert "6 held, " in shown.out.splitlines()[-1]
    assert command("claims", "show", *DAY).out == shown.out


def test_one_claim_is_shown_with_its_source_and_its_arithmetic(command: Command) -> None:
    lines = command("claims", "meta-2024-growth", *DAY).out.splitlines()
    assert "report: 000" in lines
    assert "quote: 在取中位数375亿资本支出的情况下,我们预计2024年资本支出将同比增长35%" in lines
    assert "(375 / 281.0 - 1) x 100 = 33.4520, not 35" in lines
    assert "(375 / 272.66 - 1) x 100 = 37.5339, not 35" in lines
    assert lines[-1] == "known on 2026-08-20: not reproducible, error -1.5 points"


def test_an_open_claim_says_what_is_known_so_far(command: Command) -> None:
    lines = command("claims", "capex-2026", "--as-of", "2026-06-01").out.splitlines()
    assert "happened: 1,305.93 so far (2026Q1) USD 100 million, usable from 2026-04-30" in lines
    assert lines[-2:] == ["known on 2026-06-01: open", "because: FY2026 is not known in full"]


def test_json_holds_numbers_and_the_outcome(command: Command) -> None:
    rows = json.loads(command("claims", *DAY, "--json").out)
    one = json.loads(command("claims", "capex-2025", *DAY, "--json").out)
    assert one in rows
    assert one["value"] == [2857.69]
    assert one["outcome"]["verdict"] == "missed"
    assert one["outcome"]["usable_from"] == "2026-02-06"


def test_a_claim_of_later_does_not_show(command: Command) -> None:
    rows = json.loads(command("claims", "--as-of", "2024-08-01", "--json").out)
    assert {row["report"] for row in rows} == {"000", "001", "003"}
    assert command("claims", "--as-of", "2024-01-01").out.endswith("No claim was made by then\n")


def test_an_own_claim_is_shown_first_and_written_on_a_yes(command: Command, own: Path) -> None:
    given = (
        *ADD,
        "--value",
        "9000.0",
        "--unit",
        "USD 100 million",
        "--title",
        "Nine hundred",
        "--quote",
        "九千亿",
    )
    shown = command(*given)
    assert "Not written" in shown.out
    assert not own.exists()
    done = command(*given, "--yes")
    assert done.out.splitlines()[:3] == ["[[claims]]", 'id = "mine"', 'title = "Nine hundred"']
    assert done.out.splitlines()[-1].startswith("Known on ")
    assert "value = 9000.0\n" in own.read_text(encoding="utf-8")
    mine = json.loads(command("claims", "mine", "--json").out)
    assert (mine["quote"], mine["outcome"]["verdict"]) == ("九千亿", "open")
    again = command(*given, "--yes")
    assert (again.code, again.out) == (2, "")
    assert "stands in" in again.err


def test_json_of_an_addition_says_whether_it_was_written(command: Command, own: Path) -> None:
    told = json.loads(command(*ADD, "--low", "5", "--against", "FY2026", "--json").out)
    assert told["written"] is False
    assert told["file"] == str(own)
    assert 'kind = "growth"' in told["block"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("claims", "capex-2O25"), "no claim is called 'capex-2O25'; did you mean capex-2025?"),
        (("claims", "capex-2025", "--as-of", "2024-01-01"), "nobody knew of it"),
        (("claims", "--as-of", "2999-01-01"), "lies in the future"),
        (("claims", "--as-of", "soon"), "must be a date"),
        ((*ADD,), "give value, or low and high"),
        ((*ADD, "--value", "5", "--date", "2999-01-02"), "--date=2999-01-02 lies in the future"),
        ((*ADD, "--value", "nan"), "--value=nan must be a number"),
        ((*ADD, "--value", "1e99"), "--value=1e99 must be a number"),
        ((*ADD, "--value", "5", "--entity", "ORCL"), "entity='ORCL'"),
        ((*ADD, "--value", "5", "--definition", "net"), "net"),
        ((*ADD, "--value", "5", "--over", "nothing"), "over='nothing': there is no such driver"),
    ],
)
def test_wrong_input_gets_a_line_and_code_2(
    words: tuple[str, ...], problem: str, command: Command, own: Path
) -> None:
    shown = command(*words)
    assert shown.code == 2
    assert problem in shown.err
    assert shown.out == ""
    assert not own.exists()


def test_all_problems_of_an_own_file_are_told_with_their_lines(command: Command, own: Path) -> None:
    own.parent.mkdir(parents=True)
    own.write_text(
        '[[claims]]\nid = "x"\ntitle = "x"\nreport = 3\ndate = 2024\nkind = "words"\n', encoding="utf-8"
    )
    shown = command("claims")
    assert shown.code == 2
    assert shown.err.splitlines() == [
        "universes/claims/own.toml:1: reason is missing",
        "universes/claims/own.toml:4: report=3 must be text in quotes",
        "universes/claims/own.toml:5: date=2024 must be a date without quotes or time, like 2024-08-18",
    ]
