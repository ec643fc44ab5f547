"""Wrong input: exit 2, a line or two that say what to do, no traceback, nothing written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from screener.cli import cycle
from screener.data.sources import default_source
from screener.data.store import disk, open_store
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
    "driver": (("cycle", "show", "--driver", "capex"), "driver 'capex' is not known"),
    "index that is none": ((*BACKTEST, "--benchmark", "XYZ"), "it has SAMPLE.IX"),
    "closed days": (
        (*BACKTEST, "--start", "2024-10-05", "--end", "2024-10-06"),
        "start=2024-10-05, end=2024-10-06: no session lies between",
    ),
    "no file of settings": (("backtest", "--config", "none.toml"), "none.toml: there is no such file"),
    "folder of settings": (("backtest", "--config", ".."), "..: cannot be read: "),
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


VIEWS = ("show", "phase", "guidance", "leads", "flip")


@pytest.mark.parametrize("view", VIEWS)
def test_nobody_knows_the_cycle_of_a_day_to_come(
    view: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cycle, "_today", lambda: dt.date(2026, 8, 20))
    done = command("cycle", view, "--as-of", "2026-08-21")
    assert (done.code, done.out) == (2, "")
    assert done.err == "--as-of=2026-08-21 lies in the future; give a day up to 2026-08-20\n"
    assert command("cycle", view, "--as-of", "2026-08-20").code == 0


def test_an_overdue_cycle_is_stated_on_demand_only(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cycle, "_today", lambda: dt.date(2029, 1, 2))
    done = command("cycle", "show")
    assert (done.code, done.out) == (2, "")
    assert "--allow-overdue" in done.err
    assert command("cycle", "show", "--allow-overdue").code == 0


def no_manifest(path: Path) -> None:
    (path / "bars").mkdir(parents=True)
    (path / "bars" / "300308.SZ-1.parquet").write_bytes(b"")


def foreign(path: Path) -> None:
    path.mkdir()
    (path / "letter.txt").write_text("x", encoding="utf-8")


def damaged(path: Path) -> None:
    path.mkdir()
    (path / "manifest.json").write_text("{", encoding="utf-8")


NO_STORES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "without its manifest": (no_manifest, "there", "manifest.json: missing in "),
    "a damaged manifest": (damaged, "there", "manifest.json: damaged"),
    "another folder": (foreign, "there", "is not a store"),
    "a file": (lambda path: path.write_text("x", encoding="utf-8"), "there", "is not a folder"),
    "inside a file": (lambda path: path.write_text("x", encoding="utf-8"), "there/sub", "is not a folder"),
}


@pytest.mark.parametrize("by_variable", [True, False])
@pytest.mark.parametrize(("make", "place", "says"), NO_STORES.values(), ids=NO_STORES)
def test_what_is_no_store_never_becomes_a_run_on_simulated_prices(
    make: Callable[[Path], object],
    place: str,
    says: str,
    by_variable: bool,
    command: Command,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if by_variable:
        monkeypatch.setenv("SCREENER_STORE", str(folder / place))
    else:
        monkeypatch.setattr("screener.workspace.store", lambda: folder / place)
    make(folder / "there")
    before = sorted(folder.rglob("*"))
    told = [command("backtest", "equal-weight", "--quiet", *more) for more in ((), ("--source", "store"))]
    told += [command("screen", "momentum", *more) for more in ((), ("--source", "store"))]
    for done in told:
        assert (done.code, done.out) == (2, "")
        assert len(done.err.splitlines()) == 1
        assert says in done.err
        assert "`screener data status`" in done.err and "--source sample" in done.err
    assert sorted(folder.rglob("*")) == before


def test_where_nothing_is_yet_the_sample_is_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder / "deep" / "store"
    monkeypatch.setenv("SCREENER_STORE", str(place))
    assert default_source() == "sample"
    place.mkdir(parents=True)
    assert default_source() == "sample"
    (place / disk.LOCK).touch()  # of an update that was stopped at once
    assert default_source() == "sample"
    open_store(place, create=True)
    assert default_source() == "sample"


@pytest.mark.parametrize("rule", [("backtest", "equal-weight", "--quiet"), ("screen", "momentum")])
def test_a_variant_is_of_the_sample_alone(
    rule: tuple[str, ...], command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screener.data.sources.default_source", lambda: "store")
    done = command(*rule, "--source", "store", "--variant", "planted")
    assert (done.code, done.out) == (2, "")
    assert "variant='planted': is of the sample alone" in done.err


def test_a_wrong_benchmark_is_refused_before_anything_is_computed(command: Command) -> None:
    done = command("backtest", "equal-weight", "--source", "sample", "--benchmark", "XYZ")
    assert done.code == 2
    assert "- reading prices" in done.err
    assert "- deciding" not in done.err and "- trading" not in done.err


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
