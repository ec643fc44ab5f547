"""Compiled kernels never outlive their sources, wherever they are kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from numba import config

import screener.arrays
from screener.errors import SourceError
from screener.kernels import _cache

PACKAGE = Path(screener.arrays.__file__).parent
HELPER = """
from numba import njit
@njit(cache=True)
def helper_nb(x):
    return 10 * x
"""
CALLER = """
from numba import njit
from screener.arrays import Side
from screener.kernels.helper import helper_nb
@njit(cache=True)
def caller_nb(x):
    return helper_nb(x) * Side.BUY
"""
CHILD = """
import numba
from screener.kernels.caller import caller_nb
print(caller_nb(1), sum(caller_nb.stats.cache_hits.values()), repr(numba.config.CACHE_DIR))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with a package of our machinery and two kernels, the second calling the first."""
    kernels = tmp_path / "copy" / "screener" / "kernels"
    kernels.mkdir(parents=True)
    for name in ["arrays.py", "caches.py", "errors.py", "kernels/__init__.py", "kernels/_cache.py"]:
        shutil.copy(PACKAGE / name, kernels.parent / name)
    (kernels.parent / "__init__.py").touch()
    (kernels / "helper.py").write_text(HELPER, encoding="utf-8")
    (kernels / "caller.py").write_text(CALLER, encoding="utf-8")
    return tmp_path / "copy"


def fresh_process(copy: Path, **variables: str) -> list[str]:
    """Return value, cache hits and numba's folder afterwards, as a new process sees them."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_") and k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=copy,
        env=kept | variables,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.split()


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_change_in_another_file_takes_effect_in_a_fresh_process(copy: Path, tmp_path: Path) -> None:
    folder = str(tmp_path / "chosen")
    assert fresh_process(copy, NUMBA_CACHE_DIR=folder) == ["10", "0", repr(folder)]
    assert fresh_process(copy, NUMBA_CACHE_DIR=folder) == ["10", "1", repr(folder)]  # the cache does serve
    replace(copy / "screener/kernels/helper.py", "10 *", "20 *")
    assert fresh_process(copy, NUMBA_CACHE_DIR=folder)[0] == "20"
    replace(copy / "screener/arrays.py", "BUY = 1", "BUY = 7")
    assert fresh_process(copy, NUMBA_CACHE_DIR=folder)[0] == "140"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG_CACHE_HOME is not theirs")
def test_without_a_choice_the_users_cache_is_used_and_numba_is_left_as_it_was(
    copy: Path, tmp_path: Path
) -> None:
    assert fresh_process(copy, XDG_CACHE_HOME=str(tmp_path / "xdg")) == ["10", "0", "''"]
    (folder,) = (tmp_path / "xdg" / "screener").glob("kernels-*")
    assert list(folder.rglob("caller.caller_nb*.nbc"))
    assert not list(copy.rglob("*.nbc"))


def test_the_fingerprint_sees_every_source_and_the_bounds_check(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels = copy / "screener" / "kernels"
    seen = {_cache.fingerprint(kernels)}
    for path in [*kernels.glob("*.py"), kernels.parent / "arrays.py"]:
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        seen.add(_cache.fingerprint(kernels))
    (kernels / "new.py").touch()
    seen.add(_cache.fingerprint(kernels))
    monkeypatch.setattr(config, "BOUNDSCHECK", 0 if config.BOUNDSCHECK else 1)
    seen.add(_cache.fingerprint(kernels))
    assert len(seen) == 1 + 5 + 1 + 1


@pytest.fixture
def compiling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Pretend that kernels are compiled, that nobody chose a folder, and that temporary means `tmp_path`."""
    monkeypatch.setattr(config, "DISABLE_JIT", 0)
    monkeypatch.setattr(config, "CACHE_DIR", "")
    monkeypatch.setattr(_cache.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(_cache, "user_cache", lambda: tmp_path / "cache")
    return monkeypatch


def no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_without_a_home_kernels_are_kept_in_a_temporary_folder(tmp_path: Path, compiling) -> None:
    compiling.setattr(_cache, "user_cache", no_home)
    with _cache.kernel_cache():
        assert Path(config.CACHE_DIR).is_relative_to(tmp_path)
        assert Path(config.CACHE_DIR).is_dir()
    assert config.CACHE_DIR == ""


def test_with_a_cache_that_cannot_be_written_kernels_are_kept_in_a_temporary_folder(
    tmp_path: Path, compiling
) -> None:
    (tmp_path / "cache").write_text("a file in the way", encoding="utf-8")
    with _cache.kernel_cache():
        assert Path(config.CACHE_DIR).is_dir()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="on Windows the temporary folder is the user's")
def test_a_temporary_folder_that_others_can_write_is_not_trusted(tmp_path: Path, compiling) -> None:
    compiling.setattr(_cache, "user_cache", no_home)
    shared = tmp_path / f"screener-{os.getuid()}"
    shared.mkdir()
    shared.chmod(0o777)
    with _cache.kernel_cache():
        assert not Path(config.CACHE_DIR).is_relative_to(shared)
    shared.chmod(0o700)
    with _cache.kernel_cache():
        assert Path(config.CACHE_DIR).is_relative_to(shared)


def test_a_chosen_folder_that_cannot_be_written_is_an_error_that_says_so(tmp_path: Path, compiling) -> None:
    (tmp_path / "file").touch()
    compiling.setattr(config, "CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(SourceError, match=r"NUMBA_CACHE_DIR=.*file cannot be written"), _cache.kernel_cache():
        pass
    assert str(tmp_path / "file") == config.CACHE_DIR


def test_the_folder_is_restored_when_an_import_fails(compiling) -> None:
    with pytest.raises(ImportError), _cache.kernel_cache():
        raise ImportError
    assert config.CACHE_DIR == ""


def test_nothing_is_written_when_nothing_is_compiled(tmp_path: Path, compiling) -> None:
    compiling.setattr(config, "DISABLE_JIT", 1)
    with _cache.kernel_cache():
        assert list(tmp_path.iterdir()) == []


def test_only_old_folders_of_kernels_are_removed(tmp_path: Path, compiling) -> None:
    home = tmp_path / "cache" / "screener"
    long_ago = time.time() - 86_400 * (_cache.UNUSED_DAYS + 1)
    for name, used in [("kernels-old", long_ago), ("kernels-recent", time.time()), ("store", long_ago)]:
        (home / name).mkdir(parents=True)
        os.utime(home / name, (used, used))
    with _cache.kernel_cache():
        current = Path(config.CACHE_DIR).name
    assert {path.name for path in home.iterdir()} == {"kernels-recent", "store", current}


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "~/.cache"),
        ("linux", {"XDG_CACHE_HOME": "/var/x"}, "/var/x"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "~/.cache"),
        ("darwin", {"XDG_CACHE_HOME": "/var/x"}, "~/Library/Caches"),
        ("win32", {"LOCALAPPDATA": "/Users/li/AppData/Local"}, "/Users/li/AppData/Local"),
        ("win32", {}, "~/AppData/Local"),
    ],
)
def test_each_system_has_its_cache(
    platform: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr("sys.platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _cache.user_cache() == Path(expected.replace("~", str(Path.home())))


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # any byte of a file is refused, as by a full disk
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of this kind there")
def test_a_full_cache_costs_the_time_of_compiling_and_is_said_once(copy: Path, tmp_path: Path) -> None:
    (copy / "screener/__init__.py").write_text(LIMITED, encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_") and k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-B", "-c", CHILD],
        cwd=copy,
        env=kept | {"NUMBA_CACHE_DIR": str(tmp_path / "full")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[0] == "10"
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"kernel cache: {tmp_path / 'full'}")
    assert said.endswith("going on without it")
