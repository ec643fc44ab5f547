"""`--mandate`: a file that is read whole or refused with every line that is wrong, and that commands obey."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Command

SHORT = ("--source", "sample", "--membership", "hindsight")
TODAY = ("today", "equal-weight", *SHORT, "--allow-overdue", "--cash", "1000000", "--mandate", "m.toml")
GOOD = 'name_cap = 0.06\nexcluded = ["sz300308"]\n\n[theme_floor]\noptical = 0.22\n'

BAD = [
    (b"nam_cap = 0.05\n", ["m.toml:1: nam_cap is no line of a mandate; did you mean name_cap?"]),
    (b'# mine\nname_cap = "5 %"\n', ["m.toml:2: name_cap='5 %' must be a number in [0.001, 1]"]),
    (b"name_cap = 5\n", ["m.toml:1: name_cap=5 must lie in [0.001, 1]; write a fraction, 0.05 for 5 %"]),
    (b"lock_sessions = 2.5\n", ["m.toml:1: lock_sessions=2.5 must be a whole number in [0, 250]"]),
    (b"volume_share = true\n", ["m.toml:1: volume_share=True must be a number"]),
    (b"tracking_error = nan\n", ["m.toml:1: tracking_error=nan must lie in [0.001, 2]"]),
    (b"name_cap = 0.1\nname_cap = 0.2\n", ["m.toml:2: Cannot overwrite a value"]),
    (b'\nexcluded = ["600519", "sh600519"]\n', ["m.toml:2: excluded: 600519.SH is named twice"]),
    (b'excluded = [\n  "600519",\n  "900901",\n]\n', ["m.toml:3: excluded: 900901 is an SSE B share"]),
    (b"excluded = [600519]\n", ["m.toml:1: excluded: ", "is not an A-share code"]),
    (b'excluded = "600519"\n', ["m.toml:1: excluded='600519' must be a list of codes"]),
    (
        b"name_cap = 0.1\n\n[theme_floor]\noptical = 0.7\nidc = 0.5\n",
        ["m.toml:3: theme_floor: the floors sum to 1.2"],
    ),
    (b"[theme_floor]\n\noptical = -0.2\n", ["m.toml:3: theme_floor.optical=-0.2 must lie in [0, 1]"]),
    (b"theme_floor = 0.2\n", ["m.toml:1: theme_floor=0.2 must be a table of themes"]),
    (b"name_cap 0.05\n", ["m.toml:1: ", "name_cap 0.05 (text and symbols need quotes)"]),
    ("name_cap = 0.05\n# 光模块\n".encode("gb18030"), ["m.toml:2: is not UTF-8; save the file as UTF-8"]),
    (b"", ["m.toml:1: sets no line; allowed: name_cap, "]),
    (b"# nothing yet\nlock_sessions = 0\n", ["m.toml:1: sets no line; allowed: name_cap, "]),
    (
        b'name_cap = 7\nlocks = 1\nexcluded = ["x"]\n',
        ["m.toml:1: name_cap=7", "m.toml:2: locks is no line", "m.toml:3: excluded: 'x'"],
    ),
    (
        b"[theme_floor]\noptcal = 0.2\n",
        ["mandate: theme_floor.optcal is no theme of this run; did you mean optical"],
    ),
    (
        b"name_cap = 0.05\n[theme_floor]\noptical = 0.7\n",
        ["mandate: name_cap = 0.05 with 6 names allows 30%, theme_floor.optical = 0.7 cannot be met"],
    ),
]


@pytest.mark.parametrize(("text", "told"), BAD)
def test_a_bad_file_gets_a_line_for_each_problem_and_code_2(
    text: bytes, told: list[str], command: Command, folder: Path
) -> None:
    (folder / "m.toml").write_bytes(text)
    shown = command(*TODAY)
    assert shown.code == 2
    assert shown.out == ""
    for part in told:
        assert part in shown.err
    lines = [line for line in shown.err.splitlines() if line.startswith(("m.toml", "mandate"))]
    assert len(lines) == sum(part.startswith(("m.toml", "mandate")) for part in told)


def test_a_file_that_is_not_there_gets_an_example_of_one(command: Command) -> None:
    for words in (TODAY, ("backtest", "equal-weight", *SHORT, "--mandate", "m.toml", "--quiet")):
        shown = command(*words)
        assert shown.code == 2
        assert (
            "--mandate=m.toml: there is no such file; a mandate is a TOML file of lines such as " in shown.err
        )
        assert "name_cap = 0.05" in shown.err


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_as_windows_editors_write_it_is_read(mark: bytes, command: Command, folder: Path) -> None:
    (folder / "m.toml").write_bytes(mark + "name_cap = 0.05 # 单只上限\r\n".encode())
    shown = command(*TODAY, "--json")
    assert shown.code == 0, shown.err
    assert max(row["weight"] for row in json.loads(shown.out)["orders"]) <= 0.05 + 1e-9


def test_today_obeys_and_names_what_binds(command: Command, folder: Path) -> None:
    (folder / "m.toml").write_text(GOOD, encoding="utf-8")
    told = json.loads(command(*TODAY, "--json").out)
    weights = {row["symbol"]: row["weight"] for row in told["orders"]}
    assert "300308.SZ" not in weights
    assert max(weights.values()) <= 0.06 + 1e-9
    assert any(
        note.startswith("mandate: excluded binds (wanted -> given): 300308.SZ") for note in told["notes"]
    )
    assert any(
        note.startswith("mandate: theme_floor binds (wanted -> given): optical") for note in told["notes"]
    )


def test_a_run_keeps_its_mandate_and_what_bound_and_its_settings_repeat_it(
    command: Command, folder: Path
) -> None:
    (folder / "m.toml").write_text(GOOD, encoding="utf-8")
    words = ("--no-page", "--quiet", "--source", "sample")
    first = command(
        "backtest",
        "equal-weight",
        *words,
        "--start",
        "2025-01-02",
        "--mandate",
        "m.toml",
        "--out",
        "one",
        "--json",
    )
    assert first.code == 0, first.err
    settings = tomllib.loads((folder / "one" / "run.toml").read_text(encoding="utf-8"))
    lines = {"name_cap": 0.06, "excluded": ["300308.SZ"], "theme_floor": {"optical": 0.22}}
    assert settings["mandate"] == lines
    assert any(note.startswith("mandate: name_cap bound on ") for note in json.loads(first.out)["notes"])
    with open(folder / "one" / "mandate.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["line"] for row in rows} == {"name_cap", "excluded", "theme_floor"}
    again = command("backtest", "--config", "one/run.toml", *words, "--out", "two")
    assert again.code == 0, again.err
    for name in ("run.toml", "mandate.csv", "weights.csv", "nav.csv"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()
    both = command("backtest", "--config", "one/run.toml", *words, "--mandate", "m.toml")
    assert both.code == 2
    assert "--mandate: set in one" in both.err


def test_a_run_without_a_mandate_has_no_trace_of_one(command: Command, folder: Path) -> None:
    done = command("backtest", "equal-weight", *SHORT[:2], "--no-page", "--quiet", "--out", "plain")
    assert done.code == 0
    assert not (folder / "plain" / "mandate.csv").exists()
    assert "mandate" not in (folder / "plain" / "run.toml").read_text(encoding="utf-8")


def test_rules_are_compared_under_one_mandate_but_not_with_chance(command: Command, folder: Path) -> None:
    (folder / "m.toml").write_text(GOOD, encoding="utf-8")
    words = (
        "compare",
        "equal-weight",
        *SHORT,
        "--start",
        "2024-01-02",
        "--end",
        "2025-06-30",
        "--quiet",
        "--json",
    )
    plain, under = command(*words), command(*words, "--mandate", "m.toml")
    assert under.code == 0, under.err
    assert json.loads(plain.out)["rules"][0]["cagr"] != json.loads(under.out)["rules"][0]["cagr"]
    assert any("Rules and controls obey it alike" in note for note in json.loads(under.out)["notes"])
    refused = command(*words, "--mandate", "m.toml", "--placebo", "2")
    assert refused.code == 2
    assert "draws by chance do not obey a mandate" in refused.err
