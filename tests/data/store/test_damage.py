"""Damage of any kind is told in one line that names the file, or cured; nothing damaged is ever used."""

import errno
import json
import os
import random
import shutil
from pathlib import Path

import pandas as pd
import pytest

from screener.data.store import Change, disk, open_store
from screener.data.store.manifest import MANIFEST
from screener.errors import DataError, ScreenerError, SourceError
from tests.data.store.shelf import SOURCE, bars, changes, fill
from tests.make import make_panel

SHARE = ("bars", "300308.SZ")


@pytest.fixture(scope="module")
def panel():
    return make_panel(n_days=50, seed=3)


@pytest.fixture
def store(panel, tmp_path):
    return fill(tmp_path / "store", panel)


def read_all(folder):
    store = open_store(folder)
    return {(e.kind, e.key): store.read(e.kind, e.key) for e in store.entries}


def one_line(act):
    """Return the single line with which something fails."""
    with pytest.raises(ScreenerError) as error:
        act()
    assert len(error.value.problems) == 1
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("which", [SHARE, None])
def test_a_file_cut_at_any_of_100_points_is_never_used(store, which):  # A8
    path = store.folder / (store.entry(*which).file if which else MANIFEST)
    data, name = path.read_bytes(), path.name
    for k in range(100):
        path.write_bytes(data[: len(data) * k // 100])
        text = one_line(lambda: open_store(store.folder).read(*SHARE))
        assert name in text
        assert "screener data update" in text
    print(f"A8: 100 of 100 cuts of {name} told")


@pytest.mark.slow
def test_none_of_400_flipped_bits_changes_a_table_silently(store):  # A9
    rng, told = random.Random(7), 0
    good = read_all(store.folder)
    entries = sorted({entry.file for entry in store.entries})
    for k in range(400):
        path = store.folder / (MANIFEST if k % 4 == 0 else rng.choice(entries))
        data = path.read_bytes()
        bad, at = bytearray(data), rng.randrange(len(data))
        bad[at] ^= 1 << rng.randrange(8)
        path.write_bytes(bad)
        try:
            found = read_all(store.folder)
        except ScreenerError:
            told += 1
            found = good
        for name, table in good.items():
            pd.testing.assert_frame_equal(found[name], table, check_exact=True)
        path.write_bytes(data)
    assert told >= 398  # a space or a line end of the manifest may become another one
    print(f"A9: {told} of 400 flips told, 0 silently different")


def no_file(store, path):
    path.unlink()


def zero_bytes(store, path):
    path.write_bytes(b"")


def a_folder(store, path):
    path.unlink()
    path.mkdir()


def another_share(store, path):
    shutil.copy(store.folder / store.entry("bars", "300502.SZ").file, path)


def a_loop(store, path):
    path.unlink()
    path.symlink_to(path)


def manifest_with(**changed):
    def edit(store, path):
        text = (store.folder / MANIFEST).read_text(encoding="utf-8")
        (store.folder / MANIFEST).write_text(json.dumps({**json.loads(text), **changed}), encoding="utf-8")

    return edit


def manifest_of(data):
    def edit(store, path):
        (store.folder / MANIFEST).write_bytes(data)

    return edit


def manifest_is_a_folder(store, path):
    (store.folder / MANIFEST).unlink()
    (store.folder / MANIFEST).mkdir()


def manifest_gone(store, path):
    (store.folder / MANIFEST).unlink()


MISMATCHES = {
    "manifest without file": (no_file, DataError, "the file is missing"),
    "zero-byte file": (zero_bytes, DataError, "holds 0 bytes where"),
    "folder instead of file": (a_folder, SourceError, "cannot be read: Is a directory"),
    "another table under the name": (another_share, DataError, "bars/300308.SZ-"),
    "a link to itself": (a_loop, SourceError, "Too many levels of symbolic links"),
    "manifest of another version": (
        manifest_with(version=2),
        DataError,
        "has version 2, this program reads 1",
    ),
    "manifest of another program": (manifest_with(format="pony"), DataError, "not the manifest of a store"),
    "manifest edited by hand": (manifest_with(digest="0"), DataError, "its seal does not fit"),
    "manifest that is no object": (manifest_of(b"[1, 2]"), DataError, "not the manifest of a store"),
    "manifest in another code": (manifest_of(b"\xff\xfe{\x00"), DataError, "it is no JSON in UTF-8"),
    "manifest is a folder": (manifest_is_a_folder, SourceError, "manifest.json cannot be read"),
    "files without manifest": (manifest_gone, DataError, "manifest.json: missing"),
}


@pytest.mark.parametrize("fault", MISMATCHES)
def test_a_store_whose_parts_do_not_fit_is_told(store, fault):  # A10
    make, error, expected = MISMATCHES[fault]
    make(store, store.folder / store.entry(*SHARE).file)
    text = one_line(lambda: open_store(store.folder).read(*SHARE))
    assert expected in text
    with pytest.raises(error):
        open_store(store.folder).read(*SHARE)


def test_a_manifest_that_nests_without_end_is_refused(store):
    (store.folder / MANIFEST).write_bytes(b"[" * 100_000)
    assert "it is no JSON" in one_line(lambda: open_store(store.folder))


@pytest.mark.parametrize("fault", ["manifest without file", "zero-byte file", "another table under the name"])
def test_fetching_again_cures_a_damaged_table(store, panel, fault):
    good = store.read(*SHARE)
    MISMATCHES[fault][0](store, store.folder / store.entry(*SHARE).file)
    store.commit([Change(*SHARE, bars(panel)["300308.SZ"], SOURCE)])
    pd.testing.assert_frame_equal(open_store(store.folder).read(*SHARE), good)


def test_what_is_damaged_is_never_extended(store):
    figures = pd.DataFrame({"period": pd.to_datetime(["2024-03-31"]), "eps": [1.0]})
    change = Change("fundamentals", "300308.SZ", figures, SOURCE)
    store.append_snapshot([change])
    path = store.folder / store.entry("fundamentals", "300308.SZ").file
    path.write_bytes(path.read_bytes()[:-3])
    before = open_store(store.folder).entries
    assert path.name in one_line(
        lambda: store.append_snapshot([change._replace(frame=figures.assign(eps=2.0))])
    )
    assert open_store(store.folder).entries == before


def refuse_writing(monkeypatch):
    """Make the disk read-only for this process; rights would not stop the superuser."""
    real = os.open

    def refusing(path, flags, *rest, **named):
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", refusing)


def test_a_read_only_store_is_read_and_not_written(store, panel, monkeypatch):  # A5
    refuse_writing(monkeypatch)
    reader = open_store(store.folder)
    assert len(reader.read(*SHARE)) == len(bars(panel)["300308.SZ"])
    assert "Read-only file system" in one_line(lambda: reader.commit(changes(panel)))
    assert "Read-only file system" in one_line(
        lambda: reader.quarantine(*SHARE, bars(panel)["300308.SZ"], "x")
    )


def test_a_store_that_is_a_file_or_a_loop_is_told(tmp_path):  # A5
    file, loop = tmp_path / "file", tmp_path / "loop"
    file.write_text("x", encoding="utf-8")
    loop.symlink_to(loop)
    for path in (file, loop):
        assert "store: " in one_line(lambda path=path: open_store(path))
        assert "store: " in one_line(lambda path=path: open_store(path, create=True))


def test_a_file_that_vanishes_between_manifest_and_reading_is_looked_up_again(store, panel, monkeypatch):
    real, moved = disk.read_bytes, []

    def slow(path: Path):
        if path.parent.name == "bars" and not moved:
            moved.append(path)
            writer = open_store(store.folder)
            for rows in (bars(panel)["300308.SZ"].iloc[:-1], bars(panel)["300308.SZ"].iloc[:-2]):
                writer.commit([Change(*SHARE, rows, SOURCE)])
        return real(path)

    monkeypatch.setattr(disk, "read_bytes", slow)
    assert len(store.read(*SHARE)) == len(bars(panel)["300308.SZ"]) - 2
    assert not moved[0].exists()
