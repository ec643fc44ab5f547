"""A store gives back what was committed, refuses what is not lawful, and forgets nothing."""

import json

import numpy as np
import pandas as pd
import pytest

from screener.data.store import KINDS, Change, open_store
from screener.errors import DataError, SourceError, SpecError
from tests.data.store.shelf import SOURCE, bars, changes, clock, fill
from tests.make import make_panel

FIGURES = pd.DataFrame(
    {"period": pd.to_datetime(["2024-03-31", "2024-06-30"]), "effective_date": pd.NaT, "eps": [0.5, 1.25]}
)


@pytest.fixture(scope="module")
def panel():
    return make_panel(n_days=50, seed=3)


@pytest.fixture
def store(panel, tmp_path):
    return fill(tmp_path / "store", panel)


def fails(error, act):
    with pytest.raises(error) as caught:
        act()
    return "\n".join(caught.value.problems)


def test_what_is_committed_is_read_back_equal(store, panel):
    for symbol, rows in bars(panel).items():
        back = open_store(store.folder).read("bars", symbol)
        expected = rows.reset_index(drop=True).assign(amount_est=False).astype({"volume": float})
        pd.testing.assert_frame_equal(back, expected, check_exact=True)
    assert store.keys("bars") == panel.symbols


def test_rows_of_any_order_become_the_same_table(store, panel):
    before = store.digest
    store.commit([c._replace(frame=c.frame.sample(frac=1.0, random_state=1)) for c in changes(panel)])
    assert store.digest == before


def test_the_birth_certificate_says_what_the_file_holds(store, panel):
    entry = store.entry("bars", "300308.SZ")
    rows = bars(panel)["300308.SZ"]
    assert (entry.rows, entry.source) == (len(rows), SOURCE)
    assert (entry.first, entry.last) == tuple(f"{day:%Y-%m-%d}" for day in rows["date"].iloc[[0, -1]])
    assert entry.fetched == "2026-01-05T08:00:01.000000Z"
    assert (store.folder / entry.file).stat().st_size == entry.bytes
    assert entry.file == f"bars/300308.SZ-{entry.sha256[:12]}.parquet"
    assert store.entry("bars", "600519.SH") is None


def test_the_digest_depends_on_values_only(store, panel, tmp_path):
    other = open_store(tmp_path / "elsewhere", create=True, now=clock("2027-03-01T00:00:00"))
    for change in reversed(changes(panel)):
        other.commit([change._replace(source="another")])
    assert other.digest == store.digest
    rows = bars(panel)["300308.SZ"].copy()
    rows.loc[rows.index[3], "amount"] += 0.01
    other.commit([Change("bars", "300308.SZ", rows, SOURCE)])
    assert other.digest != store.digest


def test_the_files_of_the_last_state_stay_until_the_next_commit(store, panel):
    old = store.folder / store.entry("bars", "300308.SZ").file
    reader = open_store(store.folder)
    store.commit([Change("bars", "300308.SZ", bars(panel)["300308.SZ"].iloc[:-1], SOURCE)])
    assert old.exists()
    assert len(reader.read("bars", "300308.SZ")) == len(bars(panel)["300308.SZ"])
    store.commit([Change("calendar", "all", pd.DataFrame({"date": panel.sessions}), SOURCE)])
    assert not old.exists()
    assert len(reader.read("bars", "300308.SZ")) == len(bars(panel)["300308.SZ"]) - 1  # read again, newest


def edit(panel, **columns):
    return bars(panel)["300308.SZ"].assign(**columns)


REFUSED = {
    "missing column": (lambda p: edit(p).drop(columns="amount"), "bars 300308.SZ: column amount is missing"),
    "unknown column": (lambda p: edit(p, qfq=1.0), "column qfq is unknown; allowed: date, open"),
    "text for numbers": (lambda p: edit(p, volume="100"), "volume is of type str; it must be a number"),
    "truth for numbers": (lambda p: edit(p, volume=True), "volume is of type bool; it must be a number"),
    "an infinite number": (lambda p: edit(p, volume=np.inf), "volume holds an infinite number"),
    "an empty close": (lambda p: edit(p, close=np.nan), "close is empty in 4. rows"),
    "numbers for dates": (lambda p: edit(p, date=20240104), "date is of type int64; it must be a date"),
    "no dates": (lambda p: edit(p, date="4.1.2024"), "date must hold dates such as 2024-07-04"),
    "hours": (lambda p: edit(p, date=edit(p)["date"] + pd.Timedelta("1h")), "date holds hours"),
    "a time zone": (lambda p: edit(p, date=edit(p)["date"].dt.tz_localize("Asia/Shanghai")), "a time zone"),
    "a day twice": (lambda p: pd.concat([edit(p), edit(p).iloc[[3]]]), "two rows of date 2024-01-"),
    "no rows": (lambda p: edit(p).iloc[:0], "an empty table is not stored"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_an_unlawful_table_is_refused_and_nothing_of_its_commit_enters(store, panel, fault):
    make, expected = REFUSED[fault]
    before, good = store.digest, bars(panel)["300502.SZ"].iloc[:-1]
    with pytest.raises(DataError, match=expected):
        store.commit(
            [Change("bars", "300502.SZ", good, SOURCE), Change("bars", "300308.SZ", make(panel), SOURCE)]
        )
    assert open_store(store.folder).digest == before


@pytest.mark.parametrize(
    "key", ["../x", "300308", "300308.SZ/..", "", "con", "300308.sz", "３00308.SZ", "a\n"]
)
def test_a_key_never_leaves_its_folder(store, panel, key):
    change = Change("bars", key, bars(panel)["300308.SZ"], SOURCE)
    assert "must be a symbol such as 300308.SZ" in fails(DataError, lambda: store.commit([change]))


def test_one_commit_changes_a_table_once(store, panel):
    change = changes(panel)[0]
    assert "changed twice" in fails(DataError, lambda: store.commit([change, change]))


def test_a_table_that_is_not_there_is_named_with_its_command(store):
    text = fails(DataError, lambda: store.read("bars", "600519.SH"))
    assert text == (
        "store: there is no bars 600519.SH; fetch it with `screener data update --symbols 600519.SH`"
    )


# -- append-only --------------------------------------------------------------------------------------------


def snapshot(store, frame, key="300308.SZ"):
    (found,) = store.append_snapshot([Change("fundamentals", key, frame, SOURCE)]).values()
    return tuple(found)


def test_a_snapshot_adds_what_is_new_and_keeps_what_was_restated(store):
    assert snapshot(store, FIGURES) == (2, 0, 0)
    assert snapshot(store, FIGURES) == (0, 0, 0)
    restated = FIGURES.assign(eps=[0.5, 1.2])
    assert snapshot(store, restated.iloc[[1]]) == (0, 1, 1)
    third = pd.DataFrame(
        {"period": pd.to_datetime(["2024-09-30"]), "effective_date": pd.NaT, "eps": 2.0, "roe": 0.1}
    )
    assert snapshot(store, third) == (1, 0, 2)
    table = store.read("fundamentals", "300308.SZ").sort_values(["fetched", "period"])
    assert table["eps"].tolist() == [0.5, 1.25, 1.2, 2.0]
    assert f"{table['period'].iloc[2]:%Y-%m-%d}" == "2024-06-30"
    assert table["fetched"].is_monotonic_increasing
    assert table["fetched"].nunique() == 3
    assert np.isnan(table["roe"].iloc[0])


def test_going_back_to_an_older_figure_is_a_restatement_too(store):
    snapshot(store, FIGURES)
    snapshot(store, FIGURES.assign(eps=9.0))
    assert snapshot(store, FIGURES) == (0, 2, 0)
    assert len(store.read("fundamentals", "300308.SZ")) == 6


def test_a_replaceable_kind_takes_no_snapshots(store, panel):
    with pytest.raises(ValueError, match="use commit"):
        store.append_snapshot(changes(panel)[:1])


# -- quarantine ---------------------------------------------------------------------------------------------


def test_what_is_refused_is_kept_with_its_reason_and_never_read(store, panel):
    before, bad = store.digest, edit(panel, close="n/a")
    store.quarantine("bars", "300308.SZ", bad, "close is text", "em")
    (item,) = store.quarantined()
    assert (item.kind, item.key, item.rows, item.source) == ("bars", "300308.SZ", len(bad), "em")
    assert item.reason == "close is text"
    assert len(pd.read_csv(store.folder / "quarantine" / item.file)) == len(bad)
    assert open_store(store.folder).digest == before
    assert store.suspects() == {"300308.SZ": "bars: close is text"}
    store.commit([Change("bars", "300308.SZ", edit(panel), SOURCE)])
    assert store.suspects() == {}
    assert len(store.quarantined()) == 1


def test_a_line_that_a_crash_cut_off_costs_no_other(store, panel):
    store.quarantine("bars", "300308.SZ", edit(panel), "first")
    with (store.folder / "quarantine" / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"when": "2026')
    store.quarantine("bars", "300502.SZ", edit(panel), "second")
    assert [item.reason for item in store.quarantined()] == ["first", "second"]


def test_a_table_that_is_set_aside_leaves_the_store_and_stays_on_the_disk(store):
    data = (store.folder / store.entry("bars", "300308.SZ").file).read_bytes()
    store.set_aside("bars", "300308.SZ", "another share's prices")
    assert store.entry("bars", "300308.SZ") is None
    (item,) = store.quarantined()
    assert (store.folder / "quarantine" / item.file).read_bytes() == data


# -- verify and SQL -----------------------------------------------------------------------------------------


def test_a_sound_store_has_no_findings_and_damage_is_named(store, panel):
    assert store.verify() == []
    victim = store.folder / store.entry("bars", "300308.SZ").file
    victim.write_bytes(victim.read_bytes()[:-1])
    (store.folder / store.entry("index", "000300.SH").file).unlink()
    (store.folder / "bars" / "left.parquet").write_bytes(b"x")
    found = store.verify()
    assert [(f.kind, f.harmless) for f in found] == [("bars", False), ("index", False), ("bars", True)]
    assert "`screener data update --symbols 300308.SZ`" in found[0].problem
    store.commit(changes(panel))
    assert store.verify() == []


def test_prices_that_break_the_contract_are_found(store, panel):
    store.commit(
        [
            Change(
                "bars", "300308.SZ", edit(panel, adj_factor=np.arange(1.0, 51.0)[: len(edit(panel))]), SOURCE
            )
        ]
    )
    found = [f.problem for f in store.verify() if not f.harmless]
    assert len(found) > 3
    assert all("adj_factor steps by" in problem for problem in found[:-1])


def test_sql_sees_every_table_with_its_key(store, panel):
    pytest.importorskip("duckdb")
    found = store.sql("SELECT symbol, count(*) AS n FROM bars GROUP BY symbol ORDER BY symbol")
    assert dict(zip(found["symbol"], found["n"], strict=True)) == {s: len(b) for s, b in bars(panel).items()}
    joined = store.sql(
        "select i.name from Instruments i join bars b using (symbol) where b.symbol='300308.SZ'"
    )
    assert set(joined["name"]) == {panel.names["300308.SZ"]}


@pytest.mark.parametrize("query", ["show tables", " SHOW ALL TABLES;"])
def test_sql_lists_the_kinds_as_tables(store, query):
    found = store.sql(query).set_index("name")["keys"]
    assert list(found.index) == list(KINDS)
    assert found["bars"] == len(store.keys("bars"))
    assert found["names"] == 0


@pytest.mark.parametrize(("name", "meant"), [("bar", "did you mean bars? "), ("tables", "")])
def test_sql_offers_no_table_that_is_no_kind(store, name, meant):
    pytest.importorskip("duckdb")
    text = fails(SpecError, lambda: store.sql(f"SELECT * FROM {name}"))
    assert text.startswith(f"sql: there is no table {name}; {meant}Allowed: ")
    assert set(text.partition("Allowed: ")[2].split(", ")) == set(KINDS)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('{folder}/manifest.json')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "CREATE TABLE bars2 AS SELECT * FROM bars",
        "SELECT 1; SELECT 2",
        "SELECT * FROM store",
        "SELECT * FROM panel",
        "SELEC 1",
        "SELECT nothing FROM bars",
        "",
    ],
)
def test_sql_has_no_way_out(store, query):
    pytest.importorskip("duckdb")
    before = sorted(store.folder.rglob("*"))
    text = fails(SpecError, lambda: store.sql(query.replace("{folder}", str(store.folder))))
    assert text.startswith("sql: ")
    assert "\n" not in text
    assert sorted(store.folder.rglob("*")) == before


def test_every_kind_declares_itself_consistently():
    for name, kind in KINDS.items():
        columns = [column.name for column in kind.columns]
        assert set(kind.sort) <= set(columns), name
        assert not kind.day or kind.day in columns, name
        assert kind.key_column not in columns, name
        assert kind.appends == ("fetched" in columns), name
    assert len({kind.leaves_as for kind in KINDS.values()}) == len(KINDS)


def test_the_manifest_is_sorted_json_without_a_path_of_this_machine(store):
    text = (store.folder / "manifest.json").read_text(encoding="utf-8")
    entries = [(entry["kind"], entry["key"]) for entry in json.loads(text)["entries"]]
    assert entries == sorted(entries)
    assert str(store.folder.parent) not in text


def test_a_folder_with_other_files_does_not_become_a_store(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    text = fails(DataError, lambda: open_store(tmp_path, create=True))
    assert "not a store and not empty (it holds thesis.txt)" in text
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == ["thesis.txt"]


def test_a_folder_that_is_not_there_is_an_error_of_the_outside_world(tmp_path):
    assert "make a store with `screener data update`" in fails(
        SourceError, lambda: open_store(tmp_path / "no")
    )
