"""From the command line to the store and back: the real source, against the stand-in on the loopback."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path

import pytest

from screener.data.store import open_store
from screener.data.update.alone import alone
from tests.data.live.standin import Fault
from tests.data.update.desk import INDICES, OPTICAL, SYMBOLS, Done, Shop, shop

pytestmark = pytest.mark.slow

UPDATE = ("data", "update", "--since", "2024-01-02", "--json", "--quiet")
NAMED = (*UPDATE, "--symbols", ",".join(SYMBOLS[:4]))


def questions(desk: Shop, code: str) -> list[str]:
    """Return the requests in the server's log that are about a share."""
    return [asked.url for asked in desk.server.asked(rf"(?<!\d){code}(?!\d)")]


def bars(desk: Shop) -> dict[str, int]:
    store = open_store(desk.store)
    return {key: store.entry("bars", key).rows for key in store.keys("bars")}


def test_a_first_update_brings_everything_and_a_second_asks_once_for_each_name(desk: Shop) -> None:
    first = desk.apart(*NAMED)
    assert (first.code, first.err) == (0, "")
    assert (first.told["stale"], first.told["failed"], first.told["skipped"]) == ({}, [], [])
    assert {row["source"] for row in first.told["tables"] if row["kind"] == "bars"} == {"akshare/eastmoney"}
    desk.grow(41)
    desk.server.log.clear()
    second = desk.run(*NAMED)
    assert second.code == 0
    assert second.told["new_rows"]["bars"] == 4
    plain = [
        symbol for symbol in SYMBOLS[:4] if symbol != "600998.SH"
    ]  # its rights are in no factor: a suspect
    assert {symbol: len(questions(desk, symbol[:6])) for symbol in plain} == dict.fromkeys(plain, 1)
    assert {symbol: len(questions(desk, symbol[:6])) for symbol in INDICES} == dict.fromkeys(INDICES, 1)
    assert all("push2his" in url for symbol in plain for url in questions(desk, symbol[:6]))
    third = desk.run(*NAMED)
    assert set(third.told["skipped"]) == set(plain)


@pytest.mark.skipif(os.name == "nt", reason="these signals cannot be sent to one process there")
@pytest.mark.parametrize("sent", [signal.SIGINT, getattr(signal, "SIGKILL", signal.SIGTERM)])
def test_an_update_that_is_stopped_goes_on_where_it_was(tmp_path: Path, sent: signal.Signals) -> None:
    many = tuple(f"600{number}.SH" for number in range(800, 811))
    with shop(tmp_path, symbols=many) as desk:
        desk.server.delay = 0.01
        process = desk.start(*UPDATE, "--symbols", ",".join(many))
        while not desk.server.asked(many[9][:6]):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        if sent == signal.SIGINT:
            assert process.returncode == 130
            assert json.loads(out)["interrupted"] is True
        kept = bars(desk)
        assert set(many[: 9 if sent == signal.SIGINT else 6]) <= set(kept)
        assert many[10] not in kept
        assert [finding for finding in open_store(desk.store).verify() if not finding.harmless] == []
        desk.server.delay = 0.0
        desk.server.log.clear()
        again = desk.run(*UPDATE, "--symbols", ",".join(many))
        assert again.code == 0
        assert set(again.told["skipped"]) == set(kept)
        assert [symbol for symbol in kept if questions(desk, symbol[:6])] == []
        assert set(bars(desk)) == set(many)


@pytest.mark.skipif(os.name == "nt", reason="this signal cannot be sent to one process there")
def test_ctrl_c_in_impatience_leaves_the_account_of_one_press(tmp_path: Path) -> None:
    many = tuple(f"600{number}.SH" for number in range(800, 803))
    with shop(tmp_path, symbols=many) as desk:
        desk.server.delay = 0.01
        process = desk.start(*UPDATE, "--symbols", ",".join(many))
        while not desk.server.asked(many[1][:6]):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.005)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, json.loads(out)["interrupted"]) == (130, True)
        assert "Traceback" not in err
        assert "nothing was saved" not in err
        assert set(bars(desk)) == set(json.loads(out)["updated"]) != set()


def test_a_second_update_of_a_store_is_refused_before_it_asks(tmp_path: Path) -> None:
    with shop(tmp_path) as desk, alone(desk.store):  # before there is a store
        second = desk.apart(*NAMED)
        assert (second.code, second.out, desk.server.log) == (2, "", [])
        assert second.err.startswith("store: an update of this store is running (it holds ")
        assert len(second.err.splitlines()) == 1
    assert not desk.store.exists()


def test_a_blocked_eastmoney_costs_nothing_but_its_name(desk: Shop) -> None:
    desk.server.faults.append(Fault("push2his", "status", status=403))
    done = desk.run(*NAMED, "--no-capex")
    assert done.code == 0
    assert {row["source"] for row in done.told["tables"] if row["kind"] == "bars"} == {"akshare/tencent"}
    assert len(desk.server.asked("push2his")) == 3  # then its circuit is open
    assert any("refuses requests (HTTP 403)" in note for note in done.told["notes"])
    honest = {s: len(desk.server.market.shares[s].bars) for s in SYMBOLS[:4]}
    assert bars(desk) == honest


def test_when_no_host_answers_the_shares_are_named_and_the_store_is_what_it_was(desk: Shop) -> None:
    desk.run(*NAMED)
    before = bars(desk)
    desk.grow(41)
    desk.server.faults.append(Fault(".", "reset"))
    desk.server.log.clear()
    done = desk.run(*NAMED)
    assert (done.code, set(done.told["stale"])) == (3, set(SYMBOLS[:4]))
    assert 3 <= len(done.told["silent"]) <= 4  # the last question may have been put to two
    assert len(desk.server.log) == 3 * len(done.told["silent"])  # three times each, then nobody any more
    said = desk.run(*(word for word in NAMED if word != "--json"))
    assert (said.code, len(said.out.splitlines())) == (3, 2)
    assert said.out.startswith(f"No host answers ({', '.join(done.told['silent'])}), nobody else was asked: ")
    assert "0 of 4 shares updated, 4 stale" in said.out
    assert bars(desk) == before
    desk.server.faults.clear()
    assert desk.run(*NAMED).told["stale"] == {}


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A store of fifteen months, enough for a run on the theme of optical modules."""
    with shop(tmp_path_factory.mktemp("long"), 300, whole=302, symbols=SYMBOLS[:4]) as desk:
        done = desk.run(*UPDATE, "--themes", "optical")
        assert done.code in (0, 3), done.err  # the market holds three of its members
        yield desk


BACKTEST = ("backtest", "equal-weight", "--themes", "optical", "--json", "--quiet")


def files(folder: Path) -> dict[str, bytes]:
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "stamp.json"}
    return found


def test_a_run_on_the_store_repeats_on_an_export_and_on_an_import_to_the_byte(long: Shop) -> None:
    done = long.apart(*BACKTEST, "--source", "store", "--offline", "--out", "one")
    assert done.code == 0, done.err
    settings = (long.folder / "one" / "run.toml").read_text(encoding="utf-8")
    assert 'kind = "store"' in settings
    assert str(long.store) not in settings
    assert long.run("data", "export", "exported").code == 0
    other = str(long.folder / "other-store")
    assert long.run("data", "import", "exported", SCREENER_STORE=other).code == 0
    again = long.run(*BACKTEST, "--out", "two", SCREENER_STORE=other)  # the default once there is a store
    assert again.code == 0, again.err
    assert files(long.folder / "one") == files(long.folder / "two")
    repeated = long.run("backtest", "--config", "one/run.toml", "--out", "three", "--quiet")
    assert repeated.code == 0, repeated.err
    assert files(long.folder / "one") == files(long.folder / "three")
    folder = long.run(*BACKTEST, "--source", "exported", "--out", "four")
    assert folder.code == 0, folder.err
    assert sha256_of(long, "four") == sha256_of(long, "one")


def sha256_of(desk: Shop, run: str) -> str:
    text = (desk.folder / run / "run.toml").read_text(encoding="utf-8")
    return re.findall(r'sha256 = "(\w+)"', text)[0]


def poisoned(body: bytes) -> bytes:
    """Lift the high of the last line, and all that hangs on it, by two tenths."""
    data = json.loads(body)
    *lines, last = data["data"]["klines"]
    day, first, close, _, low, *rest = last.split(",")
    far = f"{float(close) * 1.35:.2f}"
    data["data"]["klines"] = [*lines, ",".join((day, first, far, far, low, *rest))]
    return json.dumps(data, ensure_ascii=False).encode()


def test_a_poisoned_answer_is_refused_and_a_run_on_it_stops_until_it_is_allowed(long: Shop) -> None:
    victim = OPTICAL[0]
    long.grow(301, whole=302, symbols=SYMBOLS[:4])
    long.server.faults.append(Fault(f"secid=0.{victim[:6]}", "body", change=poisoned))
    update = long.run(*UPDATE, "--symbols", ",".join(OPTICAL))
    long.server.faults.clear()
    assert [(item["kind"], item["key"]) for item in update.told["refused"]] == [("bars", victim)]
    refused = long.run(*BACKTEST, "--source", "store")
    assert refused.code == 2
    assert victim in refused.err
    assert "--allow-suspect" in refused.err
    allowed: Done = long.run(*BACKTEST, "--source", "store", "--allow-suspect", "--out", "suspect")
    assert allowed.code == 0, allowed.err
    page = (long.folder / "suspect" / "tearsheet.html").read_text(encoding="utf-8")
    assert f"{victim} is used although its newest data were refused" in page
    assert long.run(*UPDATE, "--symbols", ",".join(OPTICAL)).code == 0
    assert long.run(*BACKTEST, "--source", "store", "--out", "cured").code == 0


def test_a_refused_bar_that_the_user_vouches_for_enters_and_the_page_names_it(long: Shop) -> None:
    victim, why = OPTICAL[1], "first day after <the merger>, no limit"
    long.grow(302, whole=302, symbols=SYMBOLS[:4])
    long.server.faults.append(Fault(f"secid=0.{victim[:6]}", "body", change=poisoned))
    update = (*UPDATE, "--symbols", ",".join(OPTICAL))
    assert [item["key"] for item in long.run(*update).told["refused"]] == [victim]
    (row,) = long.run("data", "accept", victim, "--json").told
    assert long.run("data", "accept", victim, "--day", row["day"], "--reason", why).code == 0
    told = long.run(*update).told
    long.server.faults.clear()
    assert [item for item in told["refused"] if item["kind"] == "bars"] == []
    assert f"{victim} {row['day']}: the bar was let in on the user's word: {why}" in told["notes"]
    done = long.run(*BACKTEST, "--source", "store", "--allow-suspect", "--out", "vouched")
    assert done.code == 0, done.err
    said = (
        f"{victim}: the bar of {row['day']}, close {row['bar']['close']:.2f}, had been refused and is used on"
    )
    page = (long.folder / "vouched" / "tearsheet.html").read_text(encoding="utf-8")
    assert said in page
    assert "first day after &lt;the merger&gt;, no limit" in page
    metrics = json.loads((long.folder / "vouched" / "metrics.json").read_text(encoding="utf-8"))
    assert any(note.startswith(said) for note in metrics["notes"])
