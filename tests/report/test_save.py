"""Keeping runs: a folder each, whole or not at all."""

import dataclasses
import json

import pytest

from screener.errors import SourceError, SpecError
from screener.report import files, save
from screener.report.gather import tearsheet
from screener.report.markdown import markdown
from tests.report.fake import fake_run

SECRET = {"actions.csv", "holdings.csv"}
TABLES = {"run.toml", "metrics.json", "nav.csv", "orders.csv", "weights.csv", "themes.csv", "costs.csv",
          "stamp.json", *SECRET}  # fmt: skip
FILES = TABLES | {
    "tearsheet.html", "report.md", "contribution_theme.csv", "contribution_stock.csv", "drawdowns.csv",
    "phases.csv", "years.csv", "adjusted.csv",
}  # fmt: skip


@pytest.fixture(scope="module")
def run():
    return fake_run(n_days=12)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_is_written_whole(tmp_path, run):
    folder = save.save(run, tmp_path / "results" / "one", {"made": "today"})
    written = contents(folder)
    assert set(written) == FILES
    assert written["tearsheet.html"].decode("utf-8") == tearsheet(run)
    assert written["report.md"].decode("utf-8") == markdown(tearsheet(run))
    assert written["nav.csv"].decode("utf-8") == files.tables(run)["nav.csv"]
    assert json.loads(written["stamp.json"]) == {"made": "today"}
    assert [path.name for path in folder.parent.iterdir()] == ["one"]


def test_a_run_without_a_page_has_its_tables_alone(tmp_path, run):
    assert set(contents(save.save(run, tmp_path / "one", page=False))) == TABLES


def test_what_may_be_published_holds_no_price_size_or_holding(tmp_path, run):
    written = contents(save.save(run, tmp_path / "one", public=True))
    assert set(written) == FILES - SECRET
    orders = written["orders.csv"].decode("utf-8").splitlines()
    assert orders[0] == "date,symbol,side,weight,reason"
    assert written["nav.csv"].decode("utf-8").splitlines()[1].split(",")[1] == "1.0"


def test_a_second_making_differs_in_its_stamp_only(tmp_path, run):
    first = contents(save.save(run, tmp_path / "a", {"made": "today"}))
    second = contents(save.save(run, tmp_path / "b", {"made": "tomorrow"}))
    assert {name for name in first if first[name] != second[name]} == {"stamp.json"}


def test_an_earlier_run_is_replaced(tmp_path, run):
    folder = save.save(run, tmp_path / "one")
    (folder / "left over").write_text("x", encoding="utf-8")
    save.save(dataclasses.replace(run, notes=("another",)), folder)
    assert set(contents(folder)) == FILES
    assert json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["notes"] == ["another"]
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize("damage", [False, True])
def test_another_run_is_refused_and_stays(tmp_path, run, damage):
    folder = save.save(run, tmp_path / "one")
    if damage:
        (folder / "run.toml").write_text("[", encoding="utf-8")
    kept = contents(folder)
    other = dataclasses.replace(run, spec=dataclasses.replace(run.spec, risk_free=0.02))
    with pytest.raises(SpecError, match=r"one: holds another run \(.+\); give another"):
        save.save(other, folder)
    assert contents(folder) == kept


def test_the_same_settings_on_newer_data_replace_a_run(tmp_path, run):
    folder = save.save(run, tmp_path / "one")
    newer = dataclasses.replace(run.spec, source=dataclasses.replace(run.spec.source, sha256="1" * 64))
    save.save(dataclasses.replace(run, spec=newer, run_id="newer"), folder)
    assert json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["run_id"] == "newer"


def test_an_empty_folder_is_filled(tmp_path, run):
    (tmp_path / "one").mkdir()
    assert set(contents(save.save(run, tmp_path / "one"))) == FILES


def test_what_is_no_run_is_refused_and_stays(tmp_path, run):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x", encoding="utf-8")
    (tmp_path / "file").write_text("y", encoding="utf-8")
    for name in ("mine", "file"):
        with pytest.raises(SpecError, match="holds no run"):
            save.save(run, tmp_path / name)
    assert set(contents(tmp_path / "mine")) == {"thesis.txt"}
    assert (tmp_path / "file").read_text(encoding="utf-8") == "y"


@pytest.mark.parametrize("earlier", [False, True])
def test_a_full_disk_leaves_nothing_behind(tmp_path, run, monkeypatch, earlier):
    kept = contents(save.save(run, tmp_path / "one")) if earlier else None
    calls = []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == 4:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("screener.report.save.os.fsync", full)
    with pytest.raises(SourceError, match="No space left on device"):
        save.save(dataclasses.replace(run, notes=("another",)), tmp_path / "one")
    assert [path.name for path in tmp_path.iterdir()] == (["one"] if earlier else [])
    assert not earlier or contents(tmp_path / "one") == kept


@pytest.mark.parametrize("refused", [1, 2])
def test_a_swap_that_fails_keeps_the_earlier_run(tmp_path, run, monkeypatch, refused):
    folder = save.save(run, tmp_path / "one")
    kept, rename, calls = contents(folder), type(folder).rename, []

    def stuck(path, target):
        calls.append(path)
        if len(calls) == refused:
            raise OSError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(type(folder), "rename", stuck)
    with pytest.raises(SourceError, match="Permission denied"):
        save.save(dataclasses.replace(run, notes=("another",)), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert contents(folder) == kept
