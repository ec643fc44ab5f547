"""Wrong input: exit 2, a line or two that say what to do, no traceback, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

BACKTEST = ("backtest", "capex-rotation", "--source", "sample", "--quiet")
CASES = {
    "strategy": (("backtest", "capex-rotaton"), "did you mean capex-rotation"),
    "no strategy": (("backtest",), "screener strategy list"),
    "strategy path": (("backtest", "rules/mine.py"), "no such file"),
    "theme": ((*BACKTEST, "--themes", "optcal,idc"), "did you mean optical"),
    "start": ((*BACKTEST, "--start", "2024-02-30"), "--start=2024-02-30 must be a date"),
    "end": ((*BACKTEST, "--end", "yesterday"), "--end=yesterday must be a date"),
    "order of dates": ((*BACKTEST, "--start", "2025-01-02", "--end", "2024-01-02"), "must lie before"),
    "day without prices": ((*BACKTEST, "--start", "1999-01-04"), "1999-01-04"),
    "symbol": ((*BACKTEST, "--benchmark", "30030"), "30030"),
    "parameter": ((*BACKTEST, "--set", "momentm_tilt=0.5"), "did you mean momentum_tilt"),
    "value": ((*BACKTEST, "--set", "window=1"), "must lie in [5, 500]"),
    "type": ((*BACKTEST, "--set", "window=abc"), "must be a whole number"),
    "no value": ((*BACKTEST, "--set", "window"), "must be name=value"),
    "folder": ((*BACKTEST[:2], "--source", "nowhere"), "nowhere"),
    "variant": ((*BACKTEST, "--variant", "plant"), "planted"),
    "membership": ((*BACKTEST, "--membership", "hindsite"), "did you mean hindsight"),
    "cash": ((*BACKTEST, "--cash", "1"), "cash=1.0 must lie in"),
    "config": (("backtest", "--config", "none.toml"), "none.toml"),
    "show theme": (("universe", "show", "optcal"), "did you mean optical"),
    "show strategy": (("strategy", "show", "equal-wait"), "did you mean equal-weight"),
    "as of": (("cycle", "show", "--as-of", "2024-13-01"), "--as-of=2024-13-01 must be a date"),
    "definition": (("cycle", "show", "--definition", "csh"), "did you mean cash"),
    "driver": (("cycle", "show", "--driver", "capex"), "Allowed: hyperscaler-capex"),
    "overdue": (("cycle", "show", "--as-of", "2029-01-02"), "--allow-overdue"),
}


@pytest.mark.parametrize(("arguments", "says"), CASES.values(), ids=CASES)
def test_bad_input_gets_exit_2_and_a_line_that_helps(
    arguments: tuple[str, ...], says: str, command: Command, folder: Path
) -> None:
    done = command(*arguments)
    lines = [line for line in done.err.splitlines() if not line.startswith("- ")]
    assert done.code == 2, done.err
    assert says in done.err
    assert 1 <= len(lines) <= 2
    assert done.out == ""
    assert list(folder.iterdir()) == []


def test_all_problems_of_a_command_are_said_at_once(command: Command) -> None:
    done = command(
        *BACKTEST,
        "--start",
        "soon",
        "--cash",
        "-1",
        "--membership",
        "x",
        "--set",
        "window=0",
        "--set",
        "cop=1",
    )
    assert done.code == 2
    assert [word for word in ("soon", "cash", "membership", "window", "cop") if word not in done.err] == []
    assert len(done.err.splitlines()) == 5


def test_settings_of_a_repeated_run_come_from_its_file_alone(command: Command, folder: Path) -> None:
    config = folder / "run.toml"
    config.write_text('strategy = "equal-weight"\n', encoding="utf-8")
    done = command("backtest", "--config", "run.toml", "--start", "2024-08-19", "--cash", "5")
    assert done.code == 2
    assert "--start, --cash: set in run.toml" in done.err
    assert list(folder.iterdir()) == [config]


def test_every_wrong_key_of_a_settings_file_is_said(command: Command, folder: Path) -> None:
    (folder / "run.toml").write_text(
        'strategy = "equal-weight"\nthems = []\n[account]\ncash = "much"\n', encoding="utf-8"
    )
    done = command("backtest", "--config", "run.toml", "--quiet")
    assert done.code == 2
    assert [word for word in ("thems", "did you mean themes", "cash='much'") if word not in done.err] == []


def test_settings_made_on_a_folder_need_a_folder(command: Command, folder: Path) -> None:
    (folder / "run.toml").write_text(
        'strategy = "equal-weight"\n[source]\nkind = "folder"\nvariant = ""\nsha256 = "0"\n', encoding="utf-8"
    )
    done = command("backtest", "--config", "run.toml", "--quiet")
    assert (done.code, done.err) == (
        2,
        "run.toml: was run on a folder of prices; name it with --source FOLDER\n",
    )


def test_a_folder_without_prices_is_told_all_that_it_lacks(command: Command, folder: Path) -> None:
    done = command("backtest", "capex-rotation", "--source", ".", "--quiet")
    assert (done.code, done.out) == (2, "")
    assert [
        name for name in ("prices*.parquet", "instruments.csv", "calendar.csv") if name not in done.err
    ] == []
    assert list(folder.iterdir()) == []


def test_unknown_options_get_exit_2(command: Command) -> None:
    done = command("backtest", "capex-rotation", "--sorce", "sample")
    assert done.code == 2
    assert "No such option: --sorce" in done.err
