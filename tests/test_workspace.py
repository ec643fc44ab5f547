"""A name means one file: the user's own first, and never one outside the folders."""

from __future__ import annotations

import os

import pytest

from screener import workspace
from screener.errors import SourceError, StrategyError, UniverseError


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Return an empty workspace that SCREENER_WORKSPACE names, with the current folder elsewhere."""
    folder = tmp_path / "mine"
    (folder / "universes").mkdir(parents=True)
    (folder / "strategies").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("SCREENER_WORKSPACE", str(folder))
    return folder


def put(path):
    path.write_text("", encoding="utf-8")
    return path.resolve()


@pytest.mark.skipif(os.name == "nt", reason="the home is another variable there")
def test_an_empty_home_is_no_home(monkeypatch):
    for name in ("SCREENER_STORE", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "")
    with pytest.raises(SourceError, match="no home folder; set SCREENER_STORE"):
        workspace.store()


def test_built_in_themes_are_found_from_any_folder(own):
    assert set(workspace.listing("universes")) > {"ai-apps", "ai-chips", "idc", "optical", "servers"}
    assert workspace.find("universes", "idc") == workspace.built_in("universes") / "idc.toml"


def test_an_own_file_shadows_the_built_in_one(own):
    mine = put(own / "universes" / "idc.toml")
    assert workspace.find("universes", "idc") == mine
    assert workspace.find("universes", "optical").parent == workspace.built_in("universes")
    paths = (mine, workspace.find("universes", "optical"), put(own / "loose.toml"))
    assert [workspace.origin("universes", path) for path in paths] == ["own", "built-in", "elsewhere"]


def test_the_current_folder_is_the_workspace_without_the_variable(own, monkeypatch):
    monkeypatch.delenv("SCREENER_WORKSPACE")
    monkeypatch.chdir(own)
    mine = put(own / "strategies" / "rotate.py")
    assert workspace.find("strategies", "rotate") == mine
    assert workspace.results() == own / "results"


def test_a_workspace_that_does_not_exist_is_refused(own, monkeypatch):
    monkeypatch.setenv("SCREENER_WORKSPACE", str(own / "typo"))
    with pytest.raises(SourceError, match="typo is not a folder"):
        workspace.listing("universes")


def test_the_checkout_itself_is_searched_once(monkeypatch):
    monkeypatch.delenv("SCREENER_WORKSPACE", raising=False)
    monkeypatch.chdir(workspace.built_in("universes").parent)
    assert workspace.folders("universes") == (workspace.built_in("universes"),)


def test_a_missing_name_brings_the_nearest_and_what_is_allowed(own):
    with pytest.raises(
        UniverseError, match=r"'optcal'; did you mean optical\? Allowed: ai-apps, .*\.toml file"
    ):
        workspace.find("universes", "optcal")


@pytest.mark.parametrize(
    "name", ["a b", "optical.json", "光 模块", "x" * 65, "", "..", "C:idc", "idc\n", "íd"]
)
def test_a_name_that_no_file_may_have_is_refused(own, name):
    with pytest.raises(UniverseError, match="must be 1 to 64 letters"):
        workspace.find("universes", name)


@pytest.mark.parametrize("name", ["../secret", "..\\secret", "/etc/passwd", "universes/../../secret", "a/b"])
def test_a_name_never_leaves_its_folder(own, name):
    put(own.parent / "secret")
    with pytest.raises(UniverseError, match=r"must end in \.toml"):
        workspace.find("universes", name)


def test_a_path_means_that_file_alone(own, tmp_path):
    other = put(tmp_path / "我的_主题.toml")
    assert workspace.find("universes", other) == other
    assert workspace.find("universes", "../我的_主题.toml") == other
    with pytest.raises(UniverseError, match="no such file"):
        workspace.find("universes", "idc.toml")  # a suffix makes it a path, and there is none here
    with pytest.raises(UniverseError, match="file name before"):
        workspace.find("universes", put(tmp_path / "two words.toml"))


def test_helpers_and_unlawful_names_are_not_offered(own):
    for name in ("_helper.py", "two words.py", "good.py", "notes.txt"):
        put(own / "strategies" / name)
    (own / "strategies" / "folder.py").mkdir()
    offered = set(workspace.listing("strategies")) - {
        path.stem for path in workspace.built_in("strategies").glob("*.py")
    }
    assert offered == {"good"}


def test_errors_are_of_the_kind_that_was_asked_for(own):
    with pytest.raises(StrategyError, match="no strategy is called"):
        workspace.find("strategies", "nothing")
    with pytest.raises(ValueError, match="kind='themes' must be one of universes, strategies"):
        workspace.find("themes", "idc")


def test_case_is_kept_even_where_the_disk_forgets_it(own):
    with pytest.raises(UniverseError, match="no theme is called 'IDc'"):
        workspace.find("universes", "IDc")
