"""What baostock knows besides prices, and what is left when an update of it is stopped."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from screener.data.store import open_store
from tests.data.live import baostock_server
from tests.data.live.baostock_server import Fault, Rows
from tests.data.update.desk import market
from tests.data.update.test_baostock_end_to_end import FOUR, NAMED, UPDATE, Counter

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("baostock") is None, reason="baostock is not installed"),
]
MANY = tuple(f"600{number}.SH" for number in range(800, 812))


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with baostock_server.served(market(40)) as server:
        found = Counter(tmp_path, server)
        found.grow(40)
        yield found


def warned(rows: Rows) -> Rows:
    """Put the sessions ten to fourteen under a risk warning: the last field is isST."""
    return [[*row[:-1], str(int(10 <= k < 15))] for k, row in enumerate(rows)]


def test_days_of_risk_warning_and_of_rest_reach_the_store_and_cost_no_question(counter: Counter) -> None:
    victim, rests = FOUR[:2]
    counter.server.faults.append(Fault("query_history_k_data_plus", "rows", f"sz.{victim[:6]}", warned))
    done = counter.run(*NAMED)
    assert (done.code, done.told["failed"]) == (0, [])
    assert {asked[0] for asked in counter.server.asked(victim[:6])} == {
        "query_history_k_data_plus", "query_adjust_factor"
    }  # fmt: skip
    assert len(counter.server.asked(victim[:6])) == 2
    days = [pd.Timestamp(bar.date) for bar in counter.server.market.shares[victim].bars]
    store = open_store(counter.store)
    assert list(store.read("status", victim).itertuples(index=False, name=None)) == [
        (days[0], days[9], False), (days[10], days[14], True), (days[15], days[39], False)
    ]  # fmt: skip
    traded = {pd.Timestamp(bar.date) for bar in counter.server.market.shares[rests].bars}
    quiet = [day for day in days if day not in traded]
    (row,) = store.read("suspensions").to_dict("records")
    assert (row["symbol"], row["first_day"], row["last_day"]) == (rests, quiet[0], quiet[-1])
    assert not [note for note in done.told["notes"] if "sessions have no bar" in note]
    assert counter.run("data", "verify").code == 0
    assert counter.run("data", "export", "exported").code == 0
    other = str(counter.folder / "other-store")
    assert counter.run("data", "import", "exported", SCREENER_STORE=other).code == 0
    assert open_store(other).read("status", victim).equals(store.read("status", victim))


@pytest.mark.skipif(os.name == "nt", reason="this signal cannot be sent to one process there")
def test_an_update_that_is_stopped_in_an_answer_keeps_what_it_had_and_goes_on(tmp_path: Path) -> None:
    with baostock_server.served(market(40, symbols=MANY)) as server:
        counter = Counter(tmp_path, server)
        counter.grow(40, symbols=MANY)
        server.faults.append(Fault("query_history_k_data_plus", "silent", f"sh.{MANY[9][:6]}"))
        process = counter.start(*UPDATE, "--symbols", ",".join(MANY))
        while not server.asked(f"sh.{MANY[9][:6]}"):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert "Traceback" not in err
        assert (process.returncode, json.loads(out)["interrupted"]) == (130, True)
        assert set(counter.bars()) == set(MANY[:9])
        assert [finding for finding in open_store(counter.store).verify() if not finding.harmless] == []
        server.faults.clear()
        server.log.clear()
        again = counter.run(*UPDATE, "--symbols", ",".join(MANY))
        assert (again.code, set(again.told["skipped"])) == (0, set(MANY[:9]))
        assert [symbol for symbol in MANY[:9] if server.asked(f"sh.{symbol[:6]}")] == []
        assert set(counter.bars()) == set(MANY)


def test_a_client_on_the_black_list_logs_in_once(counter: Counter) -> None:
    assert counter.run(*NAMED).code == 0
    counter.grow(41)
    counter.server.log.clear()
    counter.server.faults.append(Fault("login", "refused"))
    done = counter.run(*NAMED)
    assert (done.code, set(done.told["stale"])) == (3, set(FOUR))
    assert [asked[0] for asked in counter.server.log].count("login") == 1
    assert any("10001011" in item["reason"] for item in done.told["failed"])
