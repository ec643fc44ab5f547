"""`screener validate`: a saved run under doubt, on the command line."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from screener.backtest.run import run as make
from screener.backtest.spec import RunSpec
from screener.cli.validate import _luck, _trials
from screener.data.sources import open_source
from screener.report.save import save
from screener.report.saved import Saved
from screener.study.validation import from_json
from tests.cli.conftest import Command

SHORT = ("--source", "sample", "--membership", "hindsight", "--start", "2024-07-01", "--end", "2025-06-30")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Make two settings of one rule; return their results folder and the name of the first."""
    root = tmp_path_factory.mktemp("made") / "results"
    names = []
    for params in ({}, {"window": 60}):
        days = {"start": dt.date(2024, 7, 1), "end": dt.date(2025, 6, 30)}
        run = make(RunSpec("theme-momentum", params, membership="hindsight", **days), open_source("sample"))
        names.append(save(run, root / run.run_id, page=False).name)
    return root, names[0]


@pytest.fixture
def saved(made: tuple[Path, str], folder: Path) -> Path:
    """Put both runs into the results of the test's own folder; return that of the first."""
    root, name = made
    shutil.copytree(root, folder / "results")
    return folder / "results" / name


def test_a_run_is_named_by_its_id_or_folder_and_the_record_lies_beside_it(
    command: Command, saved: Path
) -> None:
    done = command("validate", saved.name, "--placebo", "2", "--seed", "3")
    assert done.code == 0
    assert done.out.startswith(
        "SIMULATED prices. theme-momentum, 2024-07-01 to 2025-06-30, hindsight reading"
    )
    for part in ("the cycle at another time", "so many sessions later", "Probability of overfitting"):
        assert part in done.out
    assert "nan" not in done.out
    assert "of 2 recorded settings" in done.out
    assert f"Validation: {saved / 'validation.json'}" in done.out
    assert "- counting members later" in done.err
    file = saved / "validation.json"
    first = file.read_bytes()
    record = from_json(first.decode("utf-8"))
    assert (record.run_id, record.placebo, record.seed, record.luck.trials) == (saved.name, 2, 3, 2)
    file.unlink()
    again = command("validate", str(saved), "--placebo", "2", "--seed", "3", "--quiet", "--json")
    assert again.err == ""
    assert file.read_bytes() == first
    told = json.loads(again.out)
    assert told.pop("file") == str(file)
    assert told == json.loads(first)


def test_the_same_settings_elsewhere_and_a_damaged_run_are_no_trials(
    command: Command, saved: Path, folder: Path
) -> None:
    same = command("backtest", "--config", str(saved / "run.toml"), "--out", "results/again", "--no-page")
    assert same.code == 0
    shorter = folder / "results" / "again" / "run.toml"
    text = shorter.read_text(encoding="utf-8")
    assert "end = 2025-06-30" in text  # fewer prices are the same setting
    shorter.write_text(text.replace("end = 2025-06-30", "end = 2025-05-30"), encoding="utf-8")
    other = command("backtest", "equal-weight", *SHORT, "--no-page")
    assert other.code == 0
    (folder / "results" / "broken").mkdir()
    (folder / "results" / "broken" / "run.toml").write_text("strategy = 1", encoding="utf-8")
    told = json.loads(command("validate", saved.name, "--placebo", "0", "--json", "--quiet").out)
    assert told["luck"]["trials"] == 2
    assert "1 saved runs could not be read and are not counted as trials." in told["notes"]
    assert told["chance"] == []


def test_other_prices_and_no_run_are_refused_in_words(command: Command, saved: Path, folder: Path) -> None:
    done = command("validate", "theme-momentun")
    assert done.code == 2
    assert "there is no such run" in done.err
    path = saved / "run.toml"
    text = path.read_text(encoding="utf-8")
    (own,) = (line for line in text.splitlines() if line.startswith("sha256"))
    path.write_text(text.replace(own, f'sha256 = "{"0" * 64}"'), encoding="utf-8")
    done = command("validate", saved.name)
    assert done.code == 2
    assert "was made with data 000000000000" in done.err
    assert "--accept-other-data" in done.err
    path.write_text(text.replace('kind = "sample"', 'kind = "folder"'), encoding="utf-8")
    done = command("validate", saved.name)
    assert done.code == 2
    assert "name it with --source FOLDER" in done.err
    assert not (saved / "validation.json").exists()


def test_an_interrupt_leaves_the_folder_as_it_was(
    command: Command, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(path.name for path in saved.iterdir())

    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    done = command("validate", saved.name, "--placebo", "0")
    assert done.code == 130
    assert sorted(path.name for path in saved.iterdir()) == before


def test_changed_code_is_said(command: Command, saved: Path) -> None:
    path = saved / "metrics.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"run_id": "theme-momentum-of-old"}), encoding="utf-8")
    done = command("validate", saved.name, "--placebo", "0", "--quiet")
    assert "it was theme-momentum-of-old" in done.out


@pytest.mark.slow
def test_what_was_found_is_on_the_page_and_stays_when_the_run_is_made_again(
    command: Command, folder: Path
) -> None:
    made = command(
        "backtest", "theme-momentum", *SHORT, "--out", "run", "--public", "--lang", "zh", "--quiet"
    )
    assert made.code == 0, made.err
    page = folder / "run" / "tearsheet.html"
    before = page.read_text("utf-8")
    assert "screener validate" in before  # an invitation
    assert command("validate", "run", "--placebo", "2", "--quiet").code == 0
    after, found = page.read_text("utf-8"), (folder / "run" / "validation.json").read_bytes()
    assert len(after) > len(before)
    assert after.startswith('<!DOCTYPE html>\n<html lang="zh"')
    assert not (folder / "run" / "holdings.csv").exists()  # what may be published stays so
    again = command(
        "backtest", "--config", "run/run.toml", "--out", "run", "--public", "--lang", "zh", "--quiet"
    )
    assert again.code == 0, again.err
    assert (folder / "run" / "validation.json").read_bytes() == found
    assert page.read_text("utf-8") == after


def test_trials_are_of_the_same_market_and_a_week_sets_no_bar(saved: Path, folder: Path) -> None:
    run = Saved.read(saved)
    other = next(path for path in (folder / "results").iterdir() if path.name != saved.name)
    file = other / "metrics.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    assert _trials(run)[0][0].sharpe == content["metrics"]["headline"]["theme-momentum"]["sharpe"]
    content["windows"]["headline"]["base"] = "2025-06-20"
    file.write_text(json.dumps(content), encoding="utf-8")
    trials, unread = _trials(run)
    assert (len(trials), unread) == (1, 0) and math.isnan(trials[0].sharpe)
    content["simulated"] = False
    file.write_text(json.dumps(content), encoding="utf-8")
    assert _trials(run) == ([], 0)


def test_a_probability_has_the_decimal_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    luck = SimpleNamespace(
        sharpe=1.95, minimum_years=0.7, trials=3, deflated=0.976, probabilistic=0.9962, reason=""
    )
    _luck("Return", luck)
    assert "above 0 with 99.6 %, beyond the best by chance of 3 recorded settings with 97.6 %" in (
        capsys.readouterr().out
    )
