"""A store that is killed, starved or raced is wholly old or wholly new, and says what failed."""

import errno
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from screener.data.store import disk, writer
from screener.errors import SourceError
from tests.data.store import child

resource = pytest.importorskip("resource", reason="signals and resource limits of POSIX")

ROOT = Path(__file__).resolve().parents[3]
CHILD = [sys.executable, "-B", str(Path(child.__file__))]
STRACE = shutil.which("strace")
CALLS = ("write", "fsync", "rename", "unlink", "mkdir")


def start(folder, *words, before=(), **options):
    return subprocess.Popen(
        [*before, *CHILD, str(folder), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


def run(folder, *words, **options):
    process = start(folder, *words, **options)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.fixture
def folder(tmp_path):
    """Return an empty store."""
    writer.found(tmp_path)
    return tmp_path


def temporaries(folder):
    return list(folder.rglob(f"{disk.TEMPORARY}*"))


def loud(code, err):
    """Say whether a failed command ended as promised: an exit code and one line, no traceback."""
    lines = err.strip().splitlines()
    return code in (2, 3) and len(lines) == 1 and lines[0].startswith("store: ")


@pytest.mark.slow
def test_a_store_killed_at_40_moments_is_always_whole(folder):  # A1
    rng, left, states = random.Random(1), 0, set()
    for _ in range(40):
        process = start(folder, "loop")
        process.stdout.readline()
        time.sleep(rng.random() * 0.12)
        process.kill()
        process.communicate()
        left += len(temporaries(folder))
        states.add(child.generation(folder))
    assert len(states) > 3  # it was killed while it wrote
    assert left > 0
    child.commit(folder, "after")
    assert child.generation(folder) == "after"
    assert temporaries(folder) == []
    child.commit(folder, "after")  # what the last commit replaced goes with the next one
    assert len(list(folder.rglob("*.parquet"))) == len(child.NAMES)
    print(f"A1: 0 of 40 kills left a bad store; {left} temporary files were left and removed")


def points(folder):
    """Return (call, how many-th) for every step of one update, from a trace of it."""
    log = folder.parent / "trace.txt"
    before = [STRACE, "-f", "-o", str(log), "-e", f"trace={','.join(CALLS)},openat"]
    code, _, err = run(folder, "commit", "traced", before=before)
    assert code == 0, err
    calls = re.findall(r"^\d+ +(\w+)\((.*)$", log.read_text(encoding="utf-8"), re.MULTILINE)
    assert any(name == "rename" for name, _ in calls)
    found, count = [], dict.fromkeys((*CALLS, "openat"), 0)
    for name, rest in calls:
        count[name] += 1
        if name != "openat" or "O_CREAT" in rest:
            found.append((name, count[name]))
    return found


def prepared(parent, name):
    """Return a store of generation "old" with a file to be swept."""
    folder = parent / name
    folder.mkdir(exist_ok=True)
    writer.found(folder)
    child.commit(folder, "older")
    child.commit(folder, "old")
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not STRACE, reason="strace is not installed")
@pytest.mark.parametrize("fault", ["signal=SIGKILL", "error=EIO", "error=ENOSPC"])
def test_an_update_that_fails_at_any_system_call_is_whole_and_loud(tmp_path, fault):  # A2, A3
    steps = points(prepared(tmp_path, "traced"))
    assert len(steps) >= 15
    states, passed = [], set()
    for name, k in steps:
        folder = prepared(tmp_path, f"{name} {k}")
        before = [
            STRACE,
            "-f",
            "-o",
            os.devnull,
            "-e",
            f"trace={name}",
            "-e",
            f"inject={name}:{fault}:when={k}",
        ]
        code, _, err = run(folder, "commit", "new", before=before)
        states.append(child.generation(folder))
        passed |= {name} if code == 0 else set()
        if fault == "signal=SIGKILL":
            assert code != 0, (name, k)
        else:
            assert loud(code, err) or (code == 0 and states[-1] == "new"), (name, k, code, err)
        child.commit(folder, "after")
        assert child.generation(folder) == "after"
        assert temporaries(folder) == []
    assert set(states) == {"old", "new"}
    assert passed <= {"mkdir"}  # the folder was there already, and that is all that was wanted
    print(f"{fault}: 0 of {len(steps)} points left a bad store")


@pytest.mark.parametrize("room", [1, 4_096, 40_000])
def test_a_full_disk_is_told_and_the_old_state_stays(tmp_path, room):  # A4
    folder = prepared(tmp_path, "store")

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then the write itself fails, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    code, _, err = run(folder, "commit", "new", preexec_fn=limit)
    assert loud(code, err), err
    assert child.generation(folder) == "old"
    assert run(folder, "commit", "new")[0] == 0
    assert child.generation(folder) == "new"


def test_no_space_on_the_device_is_told_in_its_words(folder, monkeypatch):  # A4
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    child.commit(folder, "old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match="No space left on device; free or repair the disk") as error:
        child.commit(folder, "new")
    assert len(error.value.problems) == 1
    assert child.generation(folder) == "old"
    assert temporaries(folder) == []


def test_every_file_and_name_is_on_the_disk_before_the_manifest_names_it(folder, monkeypatch):
    child.commit(folder, "old")
    events, sync, replace = [], os.fsync, os.replace

    def synced(handle):
        events.append(("sync", os.fstat(handle).st_ino))
        sync(handle)

    def replaced(source, target):
        events.append(("name", os.stat(source).st_ino, Path(target)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    child.commit(folder, "new")
    names = [event for event in events if event[0] == "name"]
    assert len(names) == len(child.NAMES) + 1
    assert names[-1][2] == folder / "manifest.json"
    for event in names:
        assert ("sync", event[1]) in events[: events.index(event)]
    last = events.index(names[-1])
    for event in names[:-1]:
        place = ("sync", os.stat(event[2].parent).st_ino)
        assert place in events[events.index(event) : last]
    assert events[last + 1 :] == [("sync", os.stat(folder).st_ino)]


@pytest.mark.slow
def test_two_writers_lose_no_update(folder):  # A6
    both = [start(folder, "bump", name, "50") for name in ("one", "two")]
    ends = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], ends
    entries = writer.read_manifest(folder)
    held = {key: int(disk.read_bytes(folder / entry.file)) for (_, key), entry in entries.items()}
    assert held == {"common": 100, "one": 50, "two": 50}
    print("A6: 100 of 100 updates kept")


@pytest.mark.slow
def test_readers_beside_a_writer_never_see_a_torn_state(folder):  # A6
    child.commit(folder, "0")
    readers = [start(folder, "watch") for _ in range(3)]
    for number in range(100):
        child.commit(folder, str(number))
    child.commit(folder, "last")
    ends = [process.communicate(timeout=60) for process in readers]
    assert [process.returncode for process in readers] == [0, 0, 0], ends
    print(f"A6: 0 torn reads of {sum(int(out) for out, _ in ends)}")


def test_the_lock_of_a_killed_holder_is_free_at_once(folder):  # A7
    for _ in range(10):
        holder = start(folder, "hold")
        assert holder.stdout.readline() == "ready\n"
        with pytest.raises(SourceError, match="another command has been writing"):
            disk.Lock(folder, lambda text: None, patience=0.01)._acquire()
        holder.kill()
        holder.communicate()
        with disk.Lock(folder, lambda text: None, patience=5.0)():
            pass


def test_who_waits_for_another_writer_is_told_so(folder):
    holder = start(folder, "hold")
    holder.stdout.readline()
    said = []

    def say(text):
        said.append(text)
        holder.communicate("")

    with disk.Lock(folder, say, patience=20.0)():
        pass
    assert said == ["another command is writing to this store; waiting for it to end"]
