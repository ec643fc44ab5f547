"""`screener data accept` as a user meets it: what was refused is shown, and the user's word is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from screener.data.store import open_store
from screener.data.update import clock
from tests.cli.conftest import Command
from tests.data.update.fake import A, B, C, Stand
from tests.data.update.test_vouch import WHY, leap


@pytest.fixture
def stand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """A store with a refused bar of share A."""
    found = Stand(folder, 30)
    monkeypatch.setenv("SCREENER_STORE", str(found.folder))
    found.update()
    found.grow(31)
    leap(found)
    found.update()
    monkeypatch.setattr(clock, "now", lambda: found.moment)
    return found


def day(stand: Stand) -> str:
    return f"{stand.true(A).index[-1]:%Y-%m-%d}"


def test_what_was_refused_is_shown_and_nothing_is_written(stand: Stand, command: Command) -> None:
    held = stand.store.digest
    for words in ((A,), (A[:6],), (A, "--day", day(stand))):
        done = command("data", "accept", *words)
        assert (done.code, done.err, len(done.out.splitlines())) == (0, "", 1)
        assert done.out.startswith(f"{A} bars {day(stand)} open ")
        assert "beyond the limits" in done.out
        assert done.out.endswith("[may be vouched for]\n")
    (row,) = json.loads(command("data", "accept", A, "--json").out)
    assert row["bar"]["close"] == stand.true(A).iloc[-1]
    assert command("data", "accept", B).out == f"{B}: nothing of it lies in quarantine\n"
    assert json.loads(command("data", "accept", B, "--json").out) == []
    assert open_store(stand.folder).digest == held


def test_the_word_is_kept_and_listed_and_the_next_update_goes_by_it(stand: Stand, command: Command) -> None:
    done = command("data", "accept", A, "--day", day(stand), "--reason", WHY)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("[vouched for, enters with the next update]\n")
    close = stand.true(A).iloc[-1]
    line = f"Vouched for: {A} {day(stand)}, close {close:.2f}: {WHY} ({stand.moment:%Y-%m-%d})"
    shown = command("data", "status").out.splitlines()
    assert line in shown
    assert any(text.startswith(f"Suspect: {A}") for text in shown)
    stand.update()
    shown = command("data", "status").out.splitlines()
    assert line in shown
    assert not any(text.startswith("Suspect") for text in shown)
    (told,) = json.loads(command("data", "status", "--json").out)["vouched"]
    assert (told["symbol"], told["close"], told["reason"]) == (A, close, WHY)


BAD = {
    "no share": (("30030",), "30030"),
    "an index": (("000300.SH",), "not an A-share"),
    "an unknown share": (("688001.SH",), "688001.SH: neither the store nor its quarantine knows this share"),
    "no date": ((A, "--day", "2024-02-30"), "--day=2024-02-30 must be a date"),
    "a day that was not refused": ((A, "--day", "2024-03-05"), "no bar of 2024-03-05 lies in quarantine"),
    "a word on it": ((A, "--day", "2024-03-05", "--reason", WHY), "no bar of 2024-03-05 lies in quarantine"),
    "an empty reason": ((A, "--reason", ""), "--reason must say"),
    "a blank reason": ((A, "--reason", "  "), "--reason must say"),
    "nothing refused": ((C, "--reason", WHY), "no refused bar of it waits for a word"),
}


@pytest.mark.parametrize(("words", "says"), BAD.values(), ids=BAD)
def test_bad_input_gets_a_line_and_writes_nothing(
    words: tuple[str, ...], says: str, stand: Stand, command: Command
) -> None:
    held = {path: path.read_bytes() for path in stand.folder.rglob("*") if path.is_file()}
    done = command("data", "accept", *words)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert says in done.err
    assert {path: path.read_bytes() for path in stand.folder.rglob("*") if path.is_file()} == held


def test_without_a_store_the_way_to_one_is_said(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCREENER_STORE", str(folder / "store"))
    done = command("data", "accept", A)
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "`screener data update`" in done.err
