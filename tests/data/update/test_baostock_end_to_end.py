"""From the command line to the store with the library of baostock, against its protocol on the loopback."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.data.store import open_store
from tests.data.live import baostock_server
from tests.data.live.baostock_server import Fault, Rows, Server
from tests.data.live.conftest import table
from tests.data.live.standin import HOOK, served
from tests.data.update.desk import CLOCK, INDICES, OPTICAL, SYMBOLS, Done, Shop, market

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("baostock") is None, reason="baostock is not installed"),
]

FOUR = SYMBOLS[:4]
UPDATE = ("data", "update", "--provider", "baostock", "--since", "2024-01-02", "--json", "--quiet")
NAMED = (*UPDATE, "--symbols", ",".join(FOUR))
SHORT = 1.0  # seconds for answers that do not come; sound ones have thirty, however busy the machine


class Counter(Shop):
    """A shop whose commands ask the server of baostock."""

    server: Server
    limit: float = 30.0

    def environment(self, **more: str) -> dict[str, str]:
        ready = super().environment(
            BAOSTOCK_PORT=str(self.server.port),
            BAOSTOCK_LIMIT=str(self.limit),
            PYTHONWARNINGS="error",
            **more,
        )
        hook = self.folder / "hook" / "sitecustomize.py"
        hook.write_text(HOOK + CLOCK + baostock_server.HOOK, encoding="utf-8")
        return ready

    @contextlib.contextmanager
    def standing_in(self, **more: str) -> Iterator[None]:
        with super().standing_in(**more), baostock_server.asked_here(self.server.port, self.limit):
            yield

    def bars(self) -> dict[str, int]:
        store = open_store(self.store)
        return {key: store.entry("bars", key).rows for key in store.keys("bars")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that one sound update has filled."""
    with baostock_server.served(market(40)) as server:
        found = Counter(tmp_path_factory.mktemp("whole"), server)
        found.grow(40)
        assert found.run(*NAMED).code == 0
        return found.store


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with baostock_server.served(market(40)) as server:
        found = Counter(tmp_path, server)
        found.grow(40)
        yield found


def test_a_first_update_brings_bars_factors_and_indices_and_a_second_only_asks_for_the_end(
    counter: Counter,
) -> None:
    first = counter.apart(*NAMED)
    assert (first.code, first.err) == (0, "")
    assert (first.told["stale"], first.told["failed"], first.told["refused"]) == ({}, [], [])
    honest = {symbol: counter.server.market.shares[symbol] for symbol in FOUR}
    assert counter.bars() == {symbol: len(share.bars) for symbol, share in honest.items()}
    stored = open_store(counter.store)
    for symbol, share in honest.items():
        kept, sent = stored.read("bars", symbol), table(share.bars)
        assert kept[[*sent.columns]].equals(sent)
        (event,) = share.dividends
        assert kept.set_index("date").loc[f"{event.date}", "pre_close"] == event.reference
    assert set(stored.keys("index")) == set(INDICES)
    assert counter.run("data", "verify").code == 0
    status = counter.run("data", "status", "--json")
    assert {row["source"] for row in status.told["kinds"] if row["kind"] == "bars"} == {"baostock"}

    counter.grow(41)
    counter.server.log.clear()
    second = counter.run(*NAMED)
    assert (second.code, second.told["new_rows"]["bars"]) == (0, 4)
    start = f"{counter.server.market.sessions[counter.server.market.sessions.index(share.bars[-1].date) - 4]}"
    for symbol in FOUR:
        (asked,) = counter.server.asked(symbol[:6])
        assert (asked[0], asked[6]) == ("query_history_k_data_plus", start)
    assert second.told["requests"] == len(counter.server.asked(""))
    third = counter.run(*NAMED)
    assert (third.code, set(third.told["skipped"])) == (0, set(FOUR))


def test_what_baostock_does_not_offer_is_said_once_and_is_no_failure(counter: Counter) -> None:
    done = counter.run(*NAMED, "--capex")
    assert (done.code, done.told["failed"]) == (0, [])
    said = [note for note in done.told["notes"] if "not offer" in note or "source" in note]
    assert said == [done.told["notes"][0]]
    assert said[0].startswith(
        "baostock does not offer actions, disclosures, fundamentals, names, us_capex, valuation:"
    )
    beijing = counter.run(*UPDATE, "--symbols", "920998.BJ")
    assert beijing.code == 2
    assert "920998.BJ: baostock does not serve its exchange" in beijing.err


def test_a_reference_price_that_the_factors_do_not_give_is_named(counter: Counter) -> None:
    victim = FOUR[0]

    def odd(rows: Rows) -> Rows:
        rows[25][8] = f"{float(rows[25][8]) - 0.05:.4f}"
        return rows

    counter.server.faults.append(Fault("query_history_k_data_plus", "rows", f"sz.{victim[:6]}", odd))
    done = counter.run(*NAMED)
    assert done.code == 0
    day = counter.server.market.shares[victim].bars[25].date
    assert [note for note in done.told["notes"] if "reference price" in note and f"{victim} {day}" in note]


def test_a_share_that_never_paid_one_that_rests_and_one_that_left_have_their_bars(counter: Counter) -> None:
    never, rests, left, _ = FOUR
    shares = counter.server.market.shares
    event = shares[never].dividends.pop()
    shares[never].bars = [bar for bar in shares[never].bars if bar.date >= event.date]
    shares[never].listed = shares[never].bars[0].date
    shares[rests].bars = shares[rests].bars[:-3]
    shares[left].bars = shares[left].bars[:-5]
    counter.server.facts.delisted[left] = f"{shares[never].bars[-5].date}"
    done = counter.run(*NAMED)
    assert done.code == 0, done.err
    assert (done.told["stale"], done.told["failed"]) == ({}, [])
    assert counter.bars() == {symbol: len(shares[symbol].bars) for symbol in FOUR}
    assert counter.run("data", "verify").code == 0


@pytest.mark.parametrize(
    ("method", "kind"),
    [("login", "half"), ("login", "silent"), ("login", "refused"), ("query_stock_basic", "garbage")],
)
def test_a_first_update_without_an_answer_ends_and_leaves_nothing(
    counter: Counter, method: str, kind: str
) -> None:
    counter.server.faults.append(Fault(method, kind))
    counter.limit = SHORT
    began = time.monotonic()
    done = counter.run(*NAMED)
    assert time.monotonic() - began < 60.0
    assert done.code == 3
    assert "baostock" in done.err
    assert "Traceback" not in done.err
    assert not counter.store.exists()


def another(rows: Rows) -> Rows:
    return [["sz.000999", *row[1:]] for row in rows]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("half", "the connection has ended"),
        ("silent", "timed out"),
        ("drip", "not whole within 4 s"),
        ("refused", "10001011"),
        ("garbage", "nobody can read"),
        ("rows", "about sz.000999"),
    ],
)
def test_shares_whose_answers_fail_are_named_and_keep_what_they_had(
    counter: Counter, whole: Path, kind: str, reason: str
) -> None:
    shutil.copytree(whole, counter.store)
    counter.limit = SHORT if kind in ("silent", "drip") else counter.limit
    before = counter.bars()
    counter.grow(41)
    victims = FOUR[:2]  # half of them
    codes = [f"{symbol[7:].lower()}.{symbol[:6]}" for symbol in victims]
    counter.server.faults += [Fault("query_history_k_data_plus", kind, code, another) for code in codes]
    done: Done = counter.run(*NAMED)
    assert (done.code, set(done.told["stale"])) == (3, set(victims))
    failed = {item["key"]: item["reason"] for item in done.told["failed"]}
    assert set(failed) == set(victims)
    assert all(reason in text for text in failed.values()), failed
    assert counter.bars() == {symbol: n + (symbol not in victims) for symbol, n in before.items()}
    assert counter.run("data", "verify").code == 0


def test_a_page_that_does_not_come_is_not_the_end_of_the_answer(counter: Counter) -> None:
    fill = [[f"sz.9{k:05d}", "x", "2010-01-05", "", "2", "1"] for k in range(4000)]
    counter.server.facts.more = fill
    counter.server.faults.append(Fault("query_stock_basic", "half", "3"))
    done = counter.run(*NAMED)
    assert (done.code, counter.store.exists()) == (3, False)
    assert "query_stock_basic" in done.err
    counter.server.faults.clear()
    assert counter.run(*NAMED).code == 0
    assert {asked[2] for asked in counter.server.asked("query_stock_basic")} == {"1", "2", "3"}


def test_a_server_that_is_gone_is_not_asked_for_every_share(counter: Counter, whole: Path) -> None:
    shutil.copytree(whole, counter.store)
    counter.grow(41)
    counter.server.faults.append(Fault("query_history_k_data_plus", "half"))
    done = counter.run(*NAMED)
    assert done.code == 3
    assert len(counter.server.asked("query_history")) == 3  # then its circuit is open
    assert any("not asked, because it failed before" in item["reason"] for item in done.told["failed"])


def test_a_store_of_akshare_goes_on_with_baostock(counter: Counter) -> None:
    plain = FOUR[:3]  # akshare's shares of the stand-in have no other events than the market
    named = ("--symbols", ",".join(plain), "--since", "2024-01-02", "--json", "--quiet")
    with served(market(40)) as web:
        first = counter.run("data", "update", *named, STANDIN_URL=web.url)
    assert (first.code, first.told["failed"]) == (0, [])
    kept = {kind: open_store(counter.store).entry(kind, plain[0]) for kind in ("valuation", "actions")}
    counter.grow(41)
    second = counter.run("data", "update", "--provider", "baostock", *named)
    assert (second.code, second.told["stale"], second.told["refused"]) == (0, {}, [])
    assert counter.bars() == {symbol: len(counter.server.market.shares[symbol].bars) for symbol in plain}
    store = open_store(counter.store)
    assert {kind: store.entry(kind, plain[0]) for kind in kept} == kept
    assert store.entry("bars", plain[0]).source == "akshare/eastmoney+baostock"
    counter.grow(55)
    third = counter.run("data", "update", "--provider", "baostock", *named)  # the factors are due as well
    assert (third.code, third.told["stale"], third.told["refused"]) == (0, {}, [])
    assert counter.run("data", "verify").code == 0


def test_a_run_on_a_store_that_baostock_filled_asks_nobody(tmp_path: Path) -> None:
    with baostock_server.served(market(300, whole=302, symbols=FOUR)) as server:
        found = Counter(tmp_path, server)
        found.grow(300, whole=302, symbols=FOUR)
        assert found.run(*UPDATE, "--symbols", ",".join(OPTICAL)).code == 0
        server.log.clear()
        run = ("backtest", "equal-weight", "--themes", "optical", "--source", "store", "--offline", "--quiet")
        done = found.run(*run, "--json", "--out", "one")
        assert done.code == 0, done.err
        assert server.log == []
        assert (tmp_path / "one" / "tearsheet.html").exists()
