"""`screener doctor`: what works on this machine, and which hosts answer when it is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from screener.cli import doctor
from screener.data.live.probe import PROBES
from screener.data.store import open_store
from tests.cli.conftest import Command
from tests.data.live.standin import Fault, rewriting, served


def told(command: Command, *words: str) -> dict[str, dict[str, object]]:
    done = command("doctor", *words, "--json")
    return {row["what"]: row for row in json.loads(done.out)}


def test_every_look_has_its_line(command: Command) -> None:
    found = told(command)
    assert set(found) == {"screener", "python", "packages", *doctor.LOOKS}
    assert "akshare 1." in str(found["packages"]["found"])
    assert "2026-12-31" in str(found["calendar"]["found"])
    assert "`screener data update`" in str(found["store"]["found"])
    shown = command("doctor").out
    assert [what for what in found if what not in shown] == []


def test_a_damaged_store_is_a_finding_and_no_failure(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCREENER_STORE", str(folder / "store"))
    open_store(folder / "store", create=True)
    assert told(command)["store"]["good"] is True
    (folder / "store" / "manifest.json").write_text("{", encoding="utf-8")
    row = told(command)["store"]
    assert row["good"] is False
    assert "damaged" in str(row["found"])


def damage(folder: Path, harm: str) -> None:
    """Make a store in a folder, and harm it."""
    open_store(folder, create=True)
    (folder / "bars").mkdir()
    (folder / "bars" / "x.parquet").write_bytes(b"x")
    manifest = folder / "manifest.json"
    if harm in ("missing", "foreign"):
        manifest.unlink()
    if harm == "foreign":
        (folder / "bars" / "x.parquet").rename(folder / "letter.txt")
    if harm == "version":
        manifest.write_text('{"format": "screener-store", "version": 99}', encoding="utf-8")
    if harm == "damaged":
        manifest.write_text("{", encoding="utf-8")


@pytest.mark.parametrize("harm", ["missing", "foreign", "version", "damaged"])
def test_a_store_that_cannot_be_read_exits_with_2(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    monkeypatch.setenv("SCREENER_STORE", str(folder / "store"))
    damage(folder / "store", harm)
    done = command("doctor")
    assert done.code == 2
    assert next(line for line in done.out.splitlines() if line.startswith("store")).split()[1] == "LOOK"


def test_a_read_only_store_is_to_be_looked_at(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCREENER_STORE", str(folder / "store"))
    open_store(folder / "store", create=True)
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: mode != doctor.os.W_OK)
    row = told(command)["store"]
    assert (row["good"], "read-only" in str(row["found"])) == (False, True)
    assert command("doctor").code == 0


def test_without_a_home_the_other_looks_go_on(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("SCREENER_STORE", "XDG_DATA_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    found = told(command)
    assert found["store"]["good"] is False
    assert found["calendar"]["found"]


def test_live_asks_each_host_once_and_names_the_one_that_is_cut(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served() as server, rewriting(server.url):
        server.faults.append(Fault("push2his", "status", status=403))
        found = told(command, "--live")
        assert len(server.log) == len(PROBES)
    hosts = {what: row["good"] for what, row in found.items() if what.startswith("host ")}
    assert hosts == {f"host {host}": host != "push2his.eastmoney.com" for host in PROBES}


def test_live_without_any_answer_exits_with_3(command: Command) -> None:
    with served() as server, rewriting(server.url):
        server.faults.append(Fault(".", "status", status=403))
        assert command("doctor", "--live").code == 3


def test_offline_refuses_live_alone(command: Command) -> None:
    assert command("doctor", "--offline").code == 0
    done = command("doctor", "--live", "--offline")
    assert (done.code, done.out) == (2, "")
    assert "--offline" in done.err


@pytest.fixture
def wanted(request: pytest.FixtureRequest) -> None:
    """Let a test that asks live hosts run with ``-m network`` alone."""
    if request.config.option.markexpr.strip() != "network":
        pytest.skip("asks live hosts; run it with -m network")


@pytest.mark.network
@pytest.mark.usefixtures("wanted")
def test_the_live_hosts_answer(command: Command) -> None:
    assert command("doctor", "--live").code == 0


@pytest.mark.network
@pytest.mark.usefixtures("wanted")
def test_a_live_share_is_fetched_and_sound(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCREENER_STORE", str(folder / "store"))
    done = command("data", "update", "--symbols", "600519", "--since", "2024-01-02", "--json", "--quiet")
    account = json.loads(done.out)
    assert (done.code, account["stale"], account["refused"]) == (0, {}, [])
    assert command("data", "verify").code == 0
