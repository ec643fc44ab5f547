"""What goes to people, to machines, and to consoles that can print little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.cells import cell_len

from screener.cli import _io
from screener.errors import SourceError
from screener.plain import plain
from tests.cli.conftest import Command

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a process of its own."""
    known = {
        key: value
        for key, value in os.environ.items()
        if key == "SCREENER_STORE" or not key.startswith("SCREENER_")
    }
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.run(
        [sys.executable, "-m", "screener", *arguments],
        cwd=cwd,
        env=known | {"PYTHONPATH": path} | environment,
        capture_output=True,
        check=False,
    )


def pairs(value: Any) -> Any:
    """Refuse the words that are no JSON."""
    raise AssertionError(f"{value} is not JSON")


@pytest.mark.parametrize(
    "words",
    [
        ("universe", "list"),
        ("universe", "show", "optical"),
        ("strategy", "list"),
        ("strategy", "show", "capex-rotation"),
        ("cycle", "show", "--as-of", "2020-05-06"),
        ("runs", "list"),
    ],
    ids=" ".join,
)
def test_json_is_json_and_nothing_else(words: tuple[str, ...], command: Command) -> None:
    done = command(*words, "--json")
    assert (done.code, done.err) == (0, "")
    assert isinstance(json.loads(done.out, parse_constant=pairs), list | dict)


def test_missing_numbers_become_null() -> None:
    day = pd.Timestamp("2024-08-19")
    frame = pd.Series({"a": float("nan"), "b": 1.5})
    value = {
        "nan": frame["a"],
        "number": frame["b"],
        "inf": float("inf"),
        "day": day,
        "nat": pd.NaT,
        "n": frame.size,
    }
    expected = {"nan": None, "number": 1.5, "inf": None, "day": "2024-08-19", "nat": None, "n": 2}
    assert json.loads(json.dumps(plain(value), allow_nan=False)) == expected


def test_universe_list_names_every_theme_on_one_line_and_where_it_comes_from(command: Command) -> None:
    shipped = sorted(path.stem for path in (ROOT / "universes").glob("*.toml"))
    lines = command("universe", "list").out.splitlines()
    assert [line.split()[0] for line in lines if "built-in" in line] == shipped
    assert len(lines) == len(shipped) + 2  # a heading and a rule
    assert max(cell_len(line.rstrip()) for line in lines) <= 140


def test_universe_show_tells_earlier_names(command: Command) -> None:
    shown = command("universe", "show", "optical").out
    assert shown.rstrip().endswith("300308.SZ 中际旭创 was called 中际装备 until 2017-12-31.")
    members = json.loads(command("universe", "show", "optical", "--json").out)["members"]
    assert members[0]["former"] == [{"name": "中际装备", "until": "2017-12-31"}]
    assert members[1]["former"] == []


def test_own_files_are_marked_as_own(command: Command, folder: Path) -> None:
    source = (ROOT / "strategies" / "equal-weight.py").read_text(encoding="utf-8")
    (folder / "strategies").mkdir()
    (folder / "strategies" / "mine.py").write_text(source, encoding="utf-8")
    rows = {row["strategy"]: row["from"] for row in json.loads(command("strategy", "list", "--json").out)}
    assert rows["mine"] == "own"
    assert rows["capex-rotation"] == "built-in"


def test_a_strategy_shows_default_range_unit_and_reason(command: Command) -> None:
    shown = json.loads(command("strategy", "show", "capex-rotation", "--json").out)
    window = next(row for row in shown["parameters"] if row["name"] == "window")
    assert (window["default"], window["low"], window["high"], window["unit"]) == (120, 5, 500, "sessions")
    assert all(row["reason"] for row in shown["parameters"])


def test_cycle_shows_no_quarter_before_its_first_usable_session(command: Command) -> None:
    before = json.loads(command("cycle", "show", "--as-of", "2020-05-05", "--json").out)
    after = json.loads(command("cycle", "show", "--as-of", "2020-05-06", "--json").out)
    assert (before["state"]["quarter"], after["state"]["quarter"]) == ("2019Q4", "2020Q1")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk"])
def test_a_console_that_cannot_print_a_sign_does_not_stop_the_command(encoding: str, tmp_path: Path) -> None:
    for words in (("universe", "list"), ("universe", "show", "optical")):
        done = run(*words, cwd=tmp_path, PYTHONIOENCODING=encoding)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"optical" in done.stdout


def test_json_loses_no_sign_on_any_console(tmp_path: Path) -> None:
    done = run("universe", "show", "optical", "--json", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)["title_zh"] == "光模块"


def interrupt() -> None:
    raise KeyboardInterrupt


def test_ctrl_c_is_one_line_and_exit_130(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screener.strategy.listing", interrupt)
    done = command("strategy", "list")
    assert (done.code, done.err) == (130, "Interrupted; nothing was saved\n")
    assert list(folder.iterdir()) == []


def test_the_outside_world_gets_exit_3(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path | None, told: object) -> None:
        raise SourceError("results: the disk is full")

    monkeypatch.setattr("screener.report.saved.listing", full)
    done = command("runs", "list")
    assert (done.code, done.err) == (3, "results: the disk is full\n")


def test_a_bug_keeps_its_traceback(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screener.strategy.listing", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        command("strategy", "list")


@pytest.mark.skipif(os.name == "nt", reason="a closed pipe is another error there")
def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-m", "screener", "strategy", "show", "equal-weight", "--json"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": ""},  # a full buffer meets the pipe last
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


def test_steps_go_to_stderr_and_quiet_hides_them(capsys: pytest.CaptureFixture[str]) -> None:
    with _io.progress(quiet=False) as step:
        step("reading prices")
    assert capsys.readouterr() == ("", "- reading prices\n")
    with _io.progress(quiet=True) as step:
        step("reading prices")
    assert capsys.readouterr() == ("", "")


def test_the_account_is_set_by_name_and_the_page_left_out(command, folder):
    done = command(
        "backtest", "equal-weight", "--source", "sample", "--no-page", "--quiet",
        "--account", "fill=next-close", "--account", "band=0", "--account", "off=lots,stamp",
    )  # fmt: skip
    assert done.code == 0, done.err
    run = next((folder / "results").iterdir())
    assert "Tables: " in done.out and not (run / "tearsheet.html").exists()
    account = tomllib.loads((run / "run.toml").read_text(encoding="utf-8"))["account"]
    assert (account["fill"], account["band"], account["off"]) == ("next-close", 0.0, ["lots", "stamp"])
    again = command("backtest", "--config", str(run / "run.toml"), "--out", "again", "--quiet")
    assert again.code == 0 and (folder / "again" / "tearsheet.html").is_file()
    assert (folder / "again" / "orders.csv").read_bytes() == (run / "orders.csv").read_bytes()
    full, bare = (json.loads((at / "metrics.json").read_text("utf-8")) for at in (folder / "again", run))
    assert {name: full[name] for name in bare} == bare


def test_what_is_wrong_with_the_account_is_said_at_once(command):
    wrong = ("--account", "fil=x", "--account", "retry_days=two")
    done = command("backtest", "equal-weight", *wrong, "--quiet")
    assert done.code == 2 and len(done.err.splitlines()) == 2
    assert "--account fil is not a setting; did you mean fill?" in done.err
    assert "--account retry_days='two' must be int" in done.err


def test_a_rule_may_not_take_the_name_of_a_control(command, folder):
    (folder / "strategies").mkdir()
    mine = (ROOT / "strategies" / "equal-weight.py").read_text(encoding="utf-8")
    (folder / "strategies" / "buy-and-hold.py").write_text(mine, encoding="utf-8")
    done = command("backtest", "buy-and-hold", "--source", "sample", "--quiet")
    assert done.code == 2
    assert (
        done.err == "buy-and-hold.py: buy-and-hold is the name of a control of every run; rename the file\n"
    )
