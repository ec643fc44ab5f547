"""`screener data`: what it prints, what it refuses, and that nothing but an update touches the network."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter

from screener.data.live.transport import Policy
from screener.data.store import disk, open_store
from screener.data.store.manifest import MANIFEST
from screener.data.update import clock, run
from tests.cli.conftest import Command
from tests.data.live.standin import Server, rewriting, served
from tests.data.update.desk import SYMBOLS, evening, market

A, B = SYMBOLS[:2]
UPDATE = ("data", "update", "--quiet", "--since", "2024-01-02", "--symbols")


class Wheel:
    """A clock that only sleeping turns."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served(market(30, symbols=(A, B))) as server:
        yield server


@pytest.fixture
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a folder for the store, and stand in the evening of the last session, with no wait real."""
    path = folder / "store"
    monkeypatch.setenv("SCREENER_STORE", str(path))
    began, evening_ = dt.datetime.now(dt.UTC), evening(market(30, symbols=(A, B)))
    monkeypatch.setattr(clock, "now", lambda: evening_ + (dt.datetime.now(dt.UTC) - began))
    wheel = Wheel()
    monkeypatch.setattr(run, "Policy", lambda **more: Policy(**{
        **more, "clock": lambda: wheel.now, "sleep": wheel.sleep, "chance": lambda: 0.0
    }))  # fmt: skip
    return path


@pytest.fixture
def filled(store: Path, server: Server, command: Command) -> Path:
    """Make a store of two shares."""
    server.faults.clear()
    with rewriting(server.url):
        done = command(*UPDATE, f"{A},{B}")
    assert done.code == 0, done.err
    return store


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail as soon as anything asks the network."""

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", asked)
    monkeypatch.setattr(socket.socket, "connect_ex", asked)
    monkeypatch.setattr(socket, "getaddrinfo", asked)
    monkeypatch.setattr(HTTPAdapter, "send", asked)


@pytest.mark.slow
def test_no_other_command_touches_the_network(filled: Path, command: Command, silent: None) -> None:
    commands = (
        ("data", "status"),
        ("data", "verify"),
        ("data", "sql", "select count(*) n from bars"),
        ("data", "export", "out"),
        ("data", "import", "out"),
        ("doctor",),
        ("universe", "list"),
        ("universe", "show", "optical"),
        ("strategy", "list"),
        ("strategy", "show", "equal-weight"),
        ("cycle", "show", "--as-of", "2026-08-03"),
        ("runs", "list"),
        ("backtest", "equal-weight", "--source", "sample", "--start", "2025-01-02", "--end", "2025-03-31"),
    )
    for words in commands:
        done = command(*words)
        assert done.code == 0, (words, done.err)


def test_an_update_tells_what_came_from_where(store: Path, server: Server, command: Command) -> None:
    with rewriting(server.url):
        done = command(*UPDATE, f"{A},{B}")
        again = command(*UPDATE, f"{A},{B}")
    assert done.code == 0
    assert "2 shares: 2 updated, 0 up to date already and skipped" in done.out
    bars = sum(len(share.bars) for share in server.market.shares.values())
    assert f"bars: 2 from akshare/eastmoney; {bars} new rows" in done.out
    assert "2 up to date already and skipped" in again.out
    assert done.err == ""


def test_progress_is_plain_where_there_is_no_terminal(store: Path, server: Server, command: Command) -> None:
    with rewriting(server.url):
        done = command(*(word for word in UPDATE if word != "--quiet"), A)
    assert done.err.splitlines()[0].startswith("- 0 of ")
    assert "left" in done.err
    assert "\x1b" not in done.err


def test_the_capex_of_the_statements_stands_beside_the_file(
    store: Path, server: Server, command: Command
) -> None:
    with rewriting(server.url):
        done = command(*UPDATE, A, "--capex", "--json")
    told = json.loads(done.out)["capex"]
    assert any("META 2024-12-31 is 14,425 in the file, 19,000 in the statements" in line for line in told)
    assert open_store(store).read("us_capex")["released"].isna().all()


DRIVER = """entity,period_end,released,usable_from,value,unit,definition,source
00700,2023-12-31,2024-03-20,2024-03-21,15000,CNY million,cash,invented
09988,2024-03-31,2024-05-14,2024-05-15,10500,CNY million,cash,invented
TSMC,2024-03-31,2024-04-18,2024-04-19,5000,USD million,cash,invented
"""


def own_driver(folder: Path, text: str = DRIVER) -> None:
    (folder / "universes" / "drivers").mkdir(parents=True)
    (folder / "universes" / "drivers" / "asia.csv").write_text(text, encoding="utf-8")


def test_a_driver_of_ones_own_names_companies_of_hong_kong(
    folder: Path, store: Path, server: Server, command: Command
) -> None:
    own_driver(folder, DRIVER.replace("TSMC", "2330.TW"))
    with rewriting(server.url):
        done = command(*UPDATE, A, "--driver", "asia", "--json")
    told = json.loads(done.out)
    assert done.code == 0, done.err
    assert told["capex"] == [
        "asia: 00700 2023-12-31 is 15,000 in the file, 14,000 in the statements (CNY million)",
        "asia: new quarter; look up its release, then add: 00700,2024-03-31,RELEASED,USABLE_FROM,16000,"
        "CNY million,cash,SOURCE",
    ]
    assert any("capex of 2330.TW is not asked for" in note for note in told["notes"])
    assert any("00700: 2 statements cannot be split" in note for note in told["notes"])
    assert set(open_store(store).read("us_capex")["entity"]) == {"00700", "09988"}


def test_drivers_are_refreshed_together(folder: Path, store: Path, server: Server, command: Command) -> None:
    own_driver(folder)
    with rewriting(server.url):
        done = command(*UPDATE, A, "--driver", "asia,hyperscaler-capex", "--driver", "asia", "--json")
    names = {line.split(":")[0] for line in json.loads(done.out)["capex"]}
    assert names == {"asia", "hyperscaler-capex"}


def test_a_driver_without_cash_is_refused_before_any_request(
    folder: Path, store: Path, command: Command, silent: None
) -> None:
    own_driver(folder, DRIVER.replace(",cash,", ",headline,"))
    done = command(*UPDATE, A, "--driver", "asia")
    assert (done.code, len(lines_of(done.err))) == (2, 1)
    assert "asia.csv: definition='cash'" in done.err


def test_status_counts_what_the_store_holds(filled: Path, command: Command) -> None:
    told = json.loads(command("data", "status", "--json").out)
    kinds = {row["kind"]: row for row in told["kinds"]}
    assert (kinds["bars"]["tables"], kinds["bars"]["rows"]) == (2, 57)  # one of them rests for three days
    assert kinds["bars"]["last"] == told["newest"] == f"{evening(market(30)):%Y-%m-%d}"
    assert (told["stale"], told["suspects"], told["behind"]) == ({}, {}, 0)
    shown = command("data", "status").out
    assert "akshare/eastmoney" in shown
    assert told["digest"][:12] in shown


def test_status_says_how_many_sessions_are_missing(
    filled: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: evening(market(33)))
    assert "3 sessions are over since" in command("data", "status").out


def test_verify_finds_a_flipped_bit(filled: Path, command: Command) -> None:
    assert command("data", "verify").code == 0
    path = next((filled / "bars").glob(f"{A}-*.parquet"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = command("data", "verify")
    assert done.code == 2
    assert f"bars/{path.name}: damaged" in done.out
    assert "1 finding\n" in done.out
    assert json.loads(command("data", "verify", "--json").out)["findings"][0]["key"] == A


def test_the_command_that_a_damaged_store_names_mends_it(
    filled: Path, server: Server, command: Command
) -> None:
    next((filled / "bars").glob(f"{A}-*.parquet")).unlink()
    done = command("backtest", "equal-weight", "--source", "store", "--quiet", "--benchmark", "none")
    assert (done.code, done.out) == (2, "")
    found = command("data", "verify").out
    assert f"`screener data update --symbols {A}`" in found
    with rewriting(server.url):
        mended = command(*UPDATE, A)
    assert "1 share: 1 updated" in mended.out
    assert f"bars {A}: its file was damaged or missing" in mended.out
    assert command("data", "verify").code == 0


def test_sql_answers_over_the_kinds(filled: Path, command: Command) -> None:
    query = "select symbol, count(*) as n from bars group by symbol order by symbol"
    rows = json.loads(command("data", "sql", query, "--json").out)
    assert rows == [{"symbol": A, "n": 30}, {"symbol": B, "n": 27}]
    assert A in command("data", "sql", query).out
    assert command("data", "sql", "drop table bars").code == 2


def test_export_and_import_go_there_and_back(
    filled: Path, command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("data", "export", "out").code == 0
    monkeypatch.setenv("SCREENER_STORE", str(folder / "second"))
    done = command("data", "import", "out")
    assert done.code == 0, done.err
    assert "imported 2 bars" in done.out
    assert open_store(folder / "second").digest == open_store(filled).digest


# -- bad input ----------------------------------------------------------------------------------------------


def lines_of(text: str) -> list[str]:
    return text.splitlines()


BEFORE_ANY_REQUEST = {
    "malformed": ((*UPDATE, "30030"), "30030"),
    "wrong suffix": ((*UPDATE, "300308.SH"), "300308.SZ"),
    "index": ((*UPDATE, "000300.SH"), "not an A-share"),
    "future": ((*UPDATE[:3], "--since", "2099-01-01"), "--since=2099-01-01 lies in the future"),
    "no date": ((*UPDATE[:3], "--since", "2024-02-30"), "--since=2024-02-30 must be a date"),
    "before the calendar": ((*UPDATE[:3], "--since", "1999-01-04"), "2015-01-01"),
    "theme": (("data", "update", "--themes", "optcal"), "did you mean optical"),
    "no theme": (("data", "update", "--themes", ""), "no themes were asked for"),
    "both": ((*UPDATE, A, "--themes", "idc"), "--symbols and --themes: give one of them"),
    "provider": ((*UPDATE, A, "--provider", "akshre"), "did you mean akshare"),
    "driver": ((*UPDATE, A, "--driver", "hyperscaler-capx"), "did you mean hyperscaler-capex"),
    "driver of cash flow": ((*UPDATE, A, "--driver", "hyperscaler-ocf"), "holds operating cash flow"),
    "driver and none": ((*UPDATE, A, "--driver", "x", "--no-capex"), "--driver and --no-capex: give one"),
    "offline": ((*UPDATE, A, "--offline"), "--offline: `screener data update` asks the network"),
    "status without a store": (("data", "status"), "there is no store in"),
    "verify without a store": (("data", "verify"), "`screener data update`"),
    "sql without a store": (("data", "sql", "select 1"), "`screener data update`"),
    "export without a store": (("data", "export", "out"), "`screener data update`"),
    "import of nothing": (("data", "import", "nowhere"), "nowhere: is not a folder"),
    "import of another folder": (("data", "import", "."), "holds no prices*.parquet"),
    "run without a store": (
        ("backtest", "equal-weight", "--source", "store", "--quiet"),
        "there is no store in",
    ),
}


@pytest.mark.parametrize(("words", "says"), BEFORE_ANY_REQUEST.values(), ids=BEFORE_ANY_REQUEST)
def test_bad_input_gets_a_line_or_two_and_leaves_nothing(
    words: tuple[str, ...], says: str, store: Path, folder: Path, command: Command, silent: None
) -> None:
    done = command(*words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert 1 <= len(lines_of(done.err)) <= 2
    assert list(folder.iterdir()) == []


def test_offline_by_the_environment(store: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCREENER_OFFLINE", "1")
    done = command(*UPDATE, A)
    assert (done.code, len(lines_of(done.err))) == (2, 1)
    assert "SCREENER_OFFLINE=1" in done.err
    assert command("doctor", "--live").code == 2


@pytest.mark.parametrize(
    ("symbol", "says"),
    [("603999.SH", "603999.SH: no exchange lists it"), ("000991.SZ", "000991.SZ: delisted on 2023-07-03")],
)
def test_unknown_and_delisted_shares_are_refused_before_anything_is_written(
    symbol: str, says: str, store: Path, server: Server, command: Command
) -> None:
    others = ("600998.SH", "688998.SH", "920998.BJ")  # a list without any share counts as missing
    before, server.market = server.market, market(30, symbols=(A, B, *others))
    try:
        with rewriting(server.url):
            done = command(*UPDATE, f"{A},{symbol}")
    finally:
        server.market = before
    assert (done.code, len(lines_of(done.err))) == (2, 1)
    assert says in done.err
    assert not store.exists()


def not_a_store(path: Path) -> None:
    path.mkdir()
    (path / "letter.txt").write_text("dear sir", encoding="utf-8")


def another_version(path: Path) -> None:
    path.mkdir()
    (path / MANIFEST).write_text('{"format": "screener-store", "version": 99}', encoding="utf-8")


@pytest.mark.parametrize("make", [not_a_store, another_version])
@pytest.mark.parametrize("words", [(*UPDATE, A), ("data", "status"), ("data", "verify")], ids=" ".join)
def test_a_folder_that_is_no_store_of_ours_is_left_alone(
    make: object, words: tuple[str, ...], store: Path, command: Command, silent: None
) -> None:
    make(store)  # type: ignore[operator]
    held = {path.name: path.read_bytes() for path in store.iterdir()}
    done = command(*words)
    assert (done.code, len(lines_of(done.err))) == (2, 1)
    assert "not a store" in done.err or "the store has version 99" in done.err
    assert {path.name: path.read_bytes() for path in store.iterdir()} == held


def test_a_disk_that_cannot_be_written_is_said_in_a_line(
    store: Path, server: Server, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(disk, "write_whole", refuse)
    with rewriting(server.url):
        done = command(*UPDATE, A)
    assert (done.code, len(lines_of(done.err))) == (3, 1)
    assert "Read-only file system" in done.err


def test_a_file_in_the_place_of_the_folder(
    folder: Path, store: Path, server: Server, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").write_text("x", encoding="utf-8")
    (folder / "in").mkdir()
    (folder / "in" / "prices.parquet").write_bytes(b"x")
    for place in (folder / "file", folder / "file" / "store"):
        monkeypatch.setenv("SCREENER_STORE", str(place))
        for words in ((*UPDATE, A), ("data", "status"), ("data", "verify"), ("data", "import", "in")):
            done = command(*words)
            assert (done.code, len(lines_of(done.err))) == (2, 1)
            assert f"{folder / 'file'} is a file, give a folder" in done.err
        assert command("doctor").code == 2


def test_an_empty_folder_is_said_to_be_empty_and_taken(store: Path, server: Server, command: Command) -> None:
    store.mkdir()
    for words in (("data", "status"), ("data", "verify")):
        done = command(*words)
        assert (done.code, len(lines_of(done.err))) == (2, 1)
        assert "store is empty; `screener data update` or `screener data import` makes a store" in done.err
    with rewriting(server.url):
        assert command(*UPDATE, A).code == 0


def test_a_store_that_holds_nothing_is_not_called_sound(store: Path, command: Command) -> None:
    from screener.data.sources import default_source

    open_store(store, create=True)
    done = command("data", "verify")
    assert done.code == 0
    assert "holds nothing" in done.out
    assert "sound" not in done.out
    assert default_source() == "sample"


def test_a_refused_import_leaves_no_store(folder: Path, store: Path, command: Command) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "prices.parquet").write_bytes(b"PAR1 cut short")
    assert command("data", "import", "in").code == 2
    assert not store.exists()


def test_flipped_pages_of_a_folder_are_the_users_to_mend(
    folder: Path, store: Path, filled: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("data", "export", "out").code == 0
    path = folder / "out" / "prices.parquet"
    data = bytearray(path.read_bytes())
    data[30:300] = bytes(270)
    path.write_bytes(data)
    monkeypatch.setenv("SCREENER_STORE", str(folder / "second"))
    done = command("data", "import", "out")
    assert (done.code, "export it again" in done.err) == (2, True)
    (folder / "out" / "export.json").unlink()
    done = command("data", "import", "out")
    assert (done.code, "prices.parquet" in done.err) == (2, True)


def test_without_a_home_the_variable_is_named(
    command: Command, monkeypatch: pytest.MonkeyPatch, silent: None
) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("SCREENER_STORE", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    for words in ((*UPDATE, A), ("data", "status")):
        done = command(*words)
        assert (done.code, len(lines_of(done.err))) == (3, 1)
        assert "SCREENER_STORE" in done.err


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        (requests.exceptions.SSLError("certificate verify failed"), "NO_PROXY"),
        (requests.exceptions.ProxyError("cannot connect to proxy"), "HTTPS_PROXY"),
    ],
)
def test_a_proxy_that_breaks_tls_is_named_with_its_variable(
    fault: Exception, names: str, store: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(HTTPAdapter, "send", broken)
    done = command(*UPDATE, A)
    assert (done.code, len(lines_of(done.err))) == (3, 2)
    assert names in done.err
    assert not store.exists()


def test_the_store_of_a_user_lies_where_the_system_keeps_data(monkeypatch: pytest.MonkeyPatch) -> None:
    from screener import workspace

    monkeypatch.delenv("SCREENER_STORE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", os.path.abspath("data"))
    assert workspace.store() == Path("data", "screener", "store").absolute()
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert workspace.store() == Path.home() / ".local" / "share" / "screener" / "store"
    monkeypatch.setattr("sys.platform", "darwin")
    assert workspace.store() == Path.home() / "Library" / "Application Support" / "screener" / "store"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", os.path.abspath("local"))
    assert workspace.store() == Path("local", "screener", "store").absolute()
