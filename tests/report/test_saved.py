"""Runs that lie on disk: listed, found by folder or name, and refused when they are none."""

from __future__ import annotations

import pytest

from screener.errors import SpecError
from screener.report import save, saved
from tests.report.fake import fake_run


@pytest.fixture(scope="module")
def run():
    return fake_run()


def test_the_list_shows_what_was_saved(tmp_path, run):
    assert saved.listing(tmp_path) == []
    save.save(run, tmp_path / "b")
    save.save(run, tmp_path / "a")
    (tmp_path / "something else").mkdir()
    first, second = (found.summary() for found in saved.listing(tmp_path))
    assert (first["run_id"], second["run_id"]) == ("a", "b")
    assert first["strategy"] == "myrule"
    assert first["membership"] == "hindsight"
    assert first["figures"] == run.metrics["headline"]["myrule"]


def test_a_run_is_found_by_its_folder_and_by_its_name(tmp_path, run, monkeypatch):
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    folder = save.save(run, tmp_path / "results" / "mine")
    assert saved.find("mine").folder.resolve() == folder.resolve()
    assert saved.find(folder).run_id == run.run_id


def test_curves_are_those_of_the_accounts(tmp_path, run):
    read = saved.find(save.save(run, tmp_path / "a")).curves
    assert list(read.columns[:2]) == ["myrule", "equal-weight"]
    assert read["myrule"].to_list() == run.result.nav.to_list()
    assert list(read.index) == list(run.result.nav.index)
    assert "cash" not in read.columns


def test_a_name_that_is_no_run_is_refused_with_the_nearest(tmp_path, run, monkeypatch):
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    with pytest.raises(SpecError, match="make one with"):
        saved.find("anything")
    save.save(run, tmp_path / "results" / "capex-one")
    with pytest.raises(SpecError, match="did you mean capex-one"):
        saved.find("capex-on")


@pytest.mark.parametrize("damage", ["run.toml", "metrics.json", "nav.csv"])
def test_a_damaged_run_says_which_folder_and_what_to_do(tmp_path, run, damage):
    folder = save.save(run, tmp_path / "a")
    (folder / damage).write_bytes(b"\xff{")
    with pytest.raises(SpecError, match="a"):
        _ = saved.find(folder).curves


def test_a_run_is_found_by_the_id_that_its_page_names(tmp_path, run, monkeypatch):
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    save.save(run, tmp_path / "results" / "mine")
    assert saved.find(run.run_id).folder == tmp_path / "results" / "mine"
    save.save(run, tmp_path / "results" / "again")
    with pytest.raises(SpecError, match="the id of several folders; give one of again, mine"):
        saved.find(run.run_id)


@pytest.mark.parametrize(
    ("text", "lacks"),
    [("{}", "run_id"), ('{"run_id": "a"}', "metrics"), ("[1]", "list indices")],
)
def test_figures_that_lack_a_part_are_damage(tmp_path, run, text, lacks):
    folder = save.save(run, tmp_path / "a")
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=rf"metrics\.json: lacks .*{lacks}.*; make the run again"):
        saved.find(folder)


def test_curves_without_the_rule_are_damage(tmp_path, run):
    folder = save.save(run, tmp_path / "a")
    (folder / "nav.csv").write_text("date,other\n2024-08-19,1\n", encoding="utf-8")
    with pytest.raises(SpecError, match="has no curve of"):
        _ = saved.find(folder).curves


def test_a_page_that_is_cut_off_is_not_handed_on(tmp_path, run):
    folder = save.save(run, tmp_path / "a")
    page = folder / "tearsheet.html"
    page.write_bytes(page.read_bytes()[:20_000])
    with pytest.raises(SpecError, match="the page is cut off; make the run again"):
        saved.find(folder).page()
