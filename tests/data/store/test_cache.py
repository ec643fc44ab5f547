"""A cached panel is the built panel, or it is not used."""

import dataclasses
import os
import random

import numpy as np
import pandas as pd
import pytest

from screener.data import cache
from screener.data.cache import cached_panel
from screener.data.sources.folder import FolderSource
from tests.make import FIELDS, SYMBOLS, make_panel, write_folder

ARRAYS = (*FIELDS, "factor", "limit_up", "limit_down", "listed")
KEY = "a" * 64


@pytest.fixture(scope="module")
def panel():
    panel = make_panel(n_days=70, seed=2)
    said = dataclasses.replace(panel.provenance, caveats=("估计 — an estimate",))
    return dataclasses.replace(panel, provenance=said, notes=("one", "two"), delisted=("000977.SZ",))


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "user_cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(cache, "SMALL", 1)


def never():
    raise AssertionError("the panel was built although it is in the cache")


def counting(panel, built):
    return lambda: built.append(1) or panel


def equal(one, two):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    pd.testing.assert_frame_equal(one.actions, two.actions, check_exact=True)
    pd.testing.assert_index_equal(one.sessions, two.sessions, exact=True)
    for name in ("symbols", "names", "provenance", "notes", "delisted"):
        assert getattr(one, name) == getattr(two, name), name


def test_a_panel_is_built_once_and_comes_back_equal(panel):
    equal(cached_panel(KEY, lambda: panel), panel)
    again = cached_panel(KEY, never)
    equal(again, panel)
    assert isinstance(again.close.base.base, np.memmap) or isinstance(again.close.base, np.memmap)
    assert not again.close.flags.writeable
    equal(again.until(panel.sessions[40]), panel.until(panel.sessions[40]))


def test_a_small_panel_is_not_worth_a_file(panel, monkeypatch):
    monkeypatch.setattr(cache, "SMALL", panel.close.size + 1)
    cached_panel(KEY, lambda: panel)
    assert not cache.panel_cache().exists()


def test_any_changed_byte_makes_it_be_built_again(panel):
    rng = random.Random(5)
    for k in range(120):
        cached_panel(KEY, lambda: panel)
        path = rng.choice(sorted((cache.panel_cache() / KEY).iterdir()))
        data = bytearray(path.read_bytes())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data if k % 3 else data[: len(data) // 2])
        built = []
        equal(cached_panel(KEY, counting(panel, built)), panel)
        assert built == [1], path.name
    equal(cached_panel(KEY, never), panel)


@pytest.mark.parametrize("name", [cache.HEAD, cache.ARRAYS, cache.FLAGS, cache.ACTIONS])
def test_a_missing_part_makes_it_be_built_again(panel, name):
    cached_panel(KEY, lambda: panel)
    (cache.panel_cache() / KEY / name).unlink()
    built = []
    equal(cached_panel(KEY, counting(panel, built)), panel)
    assert built == [1]


def test_a_panel_under_the_name_of_another_is_not_used(panel):
    cached_panel(KEY, lambda: panel)
    os.rename(cache.panel_cache() / KEY, cache.panel_cache() / ("b" * 64))
    built = []
    cached_panel("b" * 64, counting(panel, built))
    assert built == [1]


def no_home():
    raise RuntimeError("Could not determine home directory.")


def test_without_a_home_or_with_a_file_in_the_way_it_is_built(panel, monkeypatch, tmp_path):  # A5
    built = []
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for place in (no_home, lambda: tmp_path / "file"):
        monkeypatch.setattr(cache, "user_cache", place)
        equal(cached_panel(KEY, counting(panel, built)), panel)
    assert built == [1, 1]


def test_on_a_read_only_disk_it_is_built_and_nothing_is_said(panel, monkeypatch):  # A5
    def refuse(*words, **named):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(cache.Path, "mkdir", refuse)
    equal(cached_panel(KEY, lambda: panel), panel)


def test_the_panels_unused_for_longest_go_first(panel, monkeypatch):
    keys = [letter * 64 for letter in "abcd"]
    for age, key in zip((40, 30, 20), keys, strict=False):
        cached_panel(key, lambda: panel)
        os.utime(cache.panel_cache() / key, (1e9 - age, 1e9 - age))
    one = sum(path.stat().st_size for path in (cache.panel_cache() / KEY).iterdir())
    cached_panel(keys[0], never)  # used just now
    monkeypatch.setattr(cache, "LIMIT", 2 * one + 100)
    cached_panel(keys[3], lambda: panel)
    assert sorted(path.name for path in cache.panel_cache().iterdir()) == [keys[0], keys[2], keys[3]]


def test_an_unfinished_panel_is_removed_once_it_is_old(panel):
    left = cache.panel_cache() / ".tmp-left"
    left.mkdir(parents=True)
    cached_panel(KEY, lambda: panel)
    assert left.exists()
    os.utime(left, (1e9, 1e9))
    cached_panel("b" * 64, lambda: panel)
    assert not left.exists()


def test_a_folder_is_opened_from_the_cache_until_a_file_changes(panel, tmp_path, monkeypatch):
    folder = write_folder(panel, tmp_path / "folder")
    first = FolderSource(folder).panel(SYMBOLS)
    with monkeypatch.context() as blocked:
        blocked.setattr(FolderSource, "_whole", lambda *rest: never())
        equal(FolderSource(folder).panel(reversed(SYMBOLS)), first)
        part = FolderSource(folder).panel(SYMBOLS, end=panel.sessions[30])
        np.testing.assert_array_equal(part.close, panel.close[:31])
        with pytest.raises(AssertionError):
            FolderSource(folder).panel(SYMBOLS[:2])
    table = pd.read_parquet(folder / "prices.parquet")
    table[table["symbol"] != SYMBOLS[0]].to_parquet(folder / "prices.parquet")
    assert FolderSource(folder).panel(SYMBOLS).symbols == SYMBOLS[1:]


def test_another_state_of_the_code_opens_nothing_of_this_one(panel, tmp_path, monkeypatch):
    from screener.data.sources import tables

    folder = write_folder(panel, tmp_path / "folder")
    FolderSource(folder).panel(SYMBOLS)
    monkeypatch.setattr(tables, "code_version", lambda: "changed")
    monkeypatch.setattr(FolderSource, "_whole", lambda *rest: never())
    with pytest.raises(AssertionError):
        FolderSource(folder).panel(SYMBOLS)
