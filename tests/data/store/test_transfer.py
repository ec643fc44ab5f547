"""A store, its export and a store made from that export are one and the same source of prices."""

import datetime as dt
import filecmp
import hashlib
import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from screener.backtest.run import run
from screener.backtest.spec import RunSpec
from screener.data import cache
from screener.data.sources import open_source
from screener.data.sources.folder import FolderSource
from screener.data.sources.store import StoreSource
from screener.data.store import KINDS, Change, import_folder, open_or_new, open_store
from screener.errors import DataError, SourceError
from screener.report.save import save
from tests.data.store.shelf import SOURCE, bars, changes, clock, fill
from tests.make import FIELDS, SYMBOLS, make_panel, write_folder

ARRAYS = (*FIELDS, "factor", "limit_up", "limit_down", "listed")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "user_cache", lambda: tmp_path / "cache")


@pytest.fixture(scope="module")
def panel():
    return make_panel(n_days=80, seed=5)


@pytest.fixture
def store(panel, tmp_path):
    """Return a store with a table of nearly every kind."""
    store = fill(tmp_path / "store", panel)
    value = pd.DataFrame({"date": panel.sessions[:5], "pe_ttm": [1.1, np.nan, 1 / 3, 4.0, 5.0]})
    figures = pd.DataFrame({"period": pd.to_datetime(["2024-03-31"]), "effective_date": pd.NaT, "eps": 0.1})
    told = pd.DataFrame({"symbol": list(SYMBOLS), "released": pd.Timestamp("2024-08-30")})
    names = pd.DataFrame({"symbol": SYMBOLS[1], "from_date": [pd.Timestamp("2017-06-01")], "name": ["旭创"]})
    halt = pd.DataFrame({"symbol": SYMBOLS[:1], "first_day": panel.sessions[[3]], "last_day": pd.NaT})
    factor = pd.DataFrame({"date": panel.sessions[[0, 9]], "factor": [1.0, 1.0 / 0.97]})
    store.commit(
        [Change("valuation", SYMBOLS[0], value, SOURCE), Change("names", "all", names, SOURCE),
         Change("suspensions", "all", halt, SOURCE), Change("factors", SYMBOLS[2], factor, SOURCE)]
    )  # fmt: skip
    store.append_snapshot([Change("disclosures", "2024-06-30", told, SOURCE)])
    for eps in (0.1, 0.2):
        store.append_snapshot([Change("fundamentals", SYMBOLS[0], figures.assign(eps=eps), SOURCE)])
    return store


@pytest.fixture
def exported(store, tmp_path):
    store.export(tmp_path / "export")
    return tmp_path / "export"


def imported(folder, path):
    store = open_store(path, create=True, now=clock("2030-01-01T00:00:00"))
    import_folder(store, folder)
    return store


def equal(one, two):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    pd.testing.assert_frame_equal(one.actions, two.actions, check_exact=True)
    pd.testing.assert_index_equal(one.sessions, two.sessions, exact=True)
    assert (one.symbols, one.names, one.delisted, one.notes) == (
        two.symbols,
        two.names,
        two.delisted,
        two.notes,
    )
    assert one.provenance.caveats == two.provenance.caveats
    assert one.provenance.sha256 == two.provenance.sha256


@pytest.mark.parametrize("seed", range(4))
def test_a_panel_that_is_stored_is_read_back_equal(seed, tmp_path):
    panel = make_panel(n_days=90, seed=seed)
    fill(tmp_path / "store", panel)
    back = StoreSource(tmp_path / "store").panel(SYMBOLS)
    assert back.symbols == panel.symbols
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(back, name), getattr(panel, name), err_msg=name)
    pd.testing.assert_frame_equal(back.actions, panel.actions, rtol=1e-12)
    assert back.names == panel.names


def test_store_export_and_import_are_one_source(store, exported, tmp_path):
    again = imported(exported, tmp_path / "again")
    sources = [StoreSource(store.folder), FolderSource(exported), StoreSource(again.folder)]
    assert again.digest == store.digest
    assert len({source.spec.sha256 for source in sources}) == 1
    assert [source.spec.kind for source in sources] == ["store", "folder", "store"]
    panels = [source.panel(SYMBOLS) for source in sources]
    equal(panels[0], panels[1])
    equal(panels[0], panels[2])
    curves = [source.benchmark("000300.SH", panels[0].sessions).close for source in sources]
    assert curves[0].equals(curves[1])
    assert curves[0].equals(curves[2])


def test_an_export_is_the_same_bytes_wherever_and_whenever(store, exported, tmp_path):
    again = imported(exported, tmp_path / "again")
    again.export(tmp_path / "second")
    names = sorted(path.name for path in exported.iterdir())
    assert len(names) == 12
    assert filecmp.cmpfiles(exported, tmp_path / "second", names, shallow=False) == (names, [], [])


def test_an_export_of_some_shares_is_whole_in_itself(store, tmp_path):
    sha256 = store.export(tmp_path / "some", ["300308", "600588.SH"])
    source = FolderSource(tmp_path / "some")
    assert source.symbols == ("300308.SZ", "600588.SH")
    assert source.spec.sha256 == sha256 != StoreSource(store.folder).spec.sha256
    again = imported(tmp_path / "some", tmp_path / "again")
    assert StoreSource(again.folder).spec.sha256 == sha256
    equal(source.panel(source.symbols), StoreSource(again.folder).panel(source.symbols))


@pytest.mark.parametrize("name", ["prices.parquet", "calendar.csv", "instruments.csv", "valuation.parquet"])
def test_a_changed_export_no_longer_stands_for_its_store(exported, name):
    before = FolderSource(exported).spec.sha256
    (exported / name).write_bytes((exported / name).read_bytes() + b"\n")
    assert FolderSource(exported).spec.sha256 != before


def test_neither_does_one_with_a_file_more_or_less(exported, tmp_path):
    before = FolderSource(exported).spec.sha256
    more = shutil.copytree(exported, tmp_path / "more")
    shutil.copy(more / "index.parquet", more / "etf_qfq.parquet")
    (exported / "valuation.parquet").unlink()
    assert len({before, FolderSource(more).spec.sha256, FolderSource(exported).spec.sha256}) == 3


def test_an_export_holds_no_path_and_no_time(store, exported, tmp_path):
    note = (exported / "export.json").read_text(encoding="utf-8")
    assert set(json.loads(note)) == {"format", "version", "digest", "files"}
    assert str(tmp_path) not in note


def refusal(act, error=DataError):
    with pytest.raises(error) as caught:
        act()
    return "\n".join(caught.value.problems)


def test_an_export_overwrites_nothing_and_names_what_is_lacking(store, exported, tmp_path):
    assert "must be a new or an empty folder" in refusal(lambda: store.export(exported))
    assert "600519.SH: the store has no bars" in refusal(lambda: store.export(tmp_path / "x", ["600519.SH"]))
    assert not (tmp_path / "x").exists()
    empty = open_store(tmp_path / "empty", create=True)
    assert refusal(lambda: empty.export(tmp_path / "x")).count("fetch them") == 4


def test_a_foreign_folder_is_imported_and_its_further_columns_are_named(panel, tmp_path):
    folder = write_folder(panel, tmp_path / "folder")
    table = pd.read_parquet(folder / "prices.parquet").assign(turnover=1.0, amount_est=True)
    table["symbol"] = table["symbol"].astype("category")
    table.to_parquet(folder / "prices.parquet")
    store = open_store(tmp_path / "store", create=True)
    found = import_folder(store, folder)
    assert found.tables == {"bars": 6, "actions": 6, "index": 1, "instruments": 1, "calendar": 1}
    assert found.notes == ("prices.parquet: turnover left out: a store keeps no such columns.",)
    one, two = FolderSource(folder).panel(SYMBOLS), StoreSource(store.folder).panel(SYMBOLS)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    assert one.provenance.caveats == two.provenance.caveats != ()
    assert import_folder(store, folder).tables == {}


def test_an_import_replaces_nothing_that_the_store_holds(store, exported, panel, tmp_path):
    other = imported(exported, tmp_path / "other")
    rows = bars(panel)["300308.SZ"]
    rows.loc[rows.index[5], "volume"] += 100.0
    other.commit([Change("bars", "300308.SZ", rows, SOURCE)])
    before = other.digest
    text = refusal(lambda: import_folder(other, exported))
    assert text.startswith("the store holds other values of bars 300308.SZ: nothing was imported; ")
    assert open_store(other.folder).digest == before


def test_many_tables_of_other_values_are_refused_in_one_line(store, exported, panel, tmp_path):
    other = imported(exported, tmp_path / "other")
    changed = {name: rows.assign(volume=rows["volume"] + 100.0) for name, rows in bars(panel).items()}
    other.commit([Change("bars", name, rows, SOURCE) for name, rows in changed.items()])
    before = other.digest
    text = refusal(lambda: import_folder(other, exported))
    assert len(text.splitlines()) == 1
    assert text.startswith(f"the store holds other values of bars {SYMBOLS[0]}, bars {SYMBOLS[1]}, ")
    assert f" and {len(SYMBOLS) - 5} more: " in text
    assert open_store(other.folder).digest == before


def shortened(store, path, day):
    """Return a store as this one was on a day: what came later is not there."""
    past = open_store(path, create=True)
    earlier = []
    for entry in store.entries:
        table, column = store.read(entry.kind, entry.key), KINDS[entry.kind].day
        if entry.kind in ("bars", "index", "valuation", "factors", "actions", "calendar"):
            table = table[table[column] <= day]
        if len(table):
            earlier.append(Change(entry.kind, entry.key, table, SOURCE))
    past.commit(earlier)
    return past


def test_a_newer_export_goes_on_where_the_store_ends(store, exported, panel, tmp_path):
    past = shortened(store, tmp_path / "past", panel.sessions[50])
    seen = store.read("fundamentals", SYMBOLS[0])
    past.commit([Change("fundamentals", SYMBOLS[0], seen[seen["fetched"] == seen["fetched"].min()], SOURCE)])
    assert StoreSource(past.folder).span()[1] == panel.sessions[50]
    told = import_folder(past, exported).tables
    assert (told["bars"], told["fundamentals"]) == (len(SYMBOLS), 1)
    assert open_store(past.folder).digest == store.digest
    equal(StoreSource(past.folder).panel(SYMBOLS), StoreSource(store.folder).panel(SYMBOLS))
    assert past.entry("bars", SYMBOLS[0]).source == "+".join(sorted({SOURCE, "import"}))


def test_an_older_export_or_one_with_another_past_is_refused(store, exported, panel, tmp_path):
    past = shortened(store, tmp_path / "past", panel.sessions[50])
    past.export(tmp_path / "older")
    assert "other values of bars " in refusal(lambda: import_folder(store, tmp_path / "older"))
    held = bars(panel)["300308.SZ"].iloc[:50]
    past.commit([Change("bars", "300308.SZ", held.drop(index=held.index[20]), SOURCE)])
    before = past.digest
    assert "other values of bars 300308.SZ:" in refusal(lambda: import_folder(past, exported))
    assert past.digest == before


def test_a_spell_that_became_longer_goes_on(store, tmp_path):
    days = pd.to_datetime(["2024-01-02", "2024-03-01", "2024-03-29", "2024-06-28"])

    def spells(*rows):
        return pd.DataFrame(rows, columns=["first_day", "last_day", "risk_warning"])

    store.commit(
        [Change("status", SYMBOLS[0], spells((days[0], days[1], False), (days[2], days[3], True)), SOURCE)]
    )
    store.export(tmp_path / "long")
    past = open_store(tmp_path / "past", create=True)
    for held, good in (
        (spells((days[0], days[1], False), (days[2], days[2], True)), True),
        (spells((days[0], days[0], False)), True),
        (spells((days[0], days[0], True)), False),
        (spells((days[0], days[0], False), (days[2], days[3], True)), False),
    ):
        past.commit([Change("status", SYMBOLS[0], held, SOURCE)])
        if good:
            import_folder(past, tmp_path / "long")
            assert past.read("status", SYMBOLS[0]).equals(store.read("status", SYMBOLS[0]))
        else:
            assert f"status {SYMBOLS[0]}" in refusal(lambda: import_folder(past, tmp_path / "long"))


def test_a_folder_that_breaks_the_contract_is_imported_not_at_all(panel, tmp_path):
    folder = write_folder(panel, tmp_path / "folder")
    table = pd.read_parquet(folder / "prices.parquet")
    table.loc[7, "high"] = 0.01
    table.to_parquet(folder / "prices.parquet")
    store = open_store(tmp_path / "store", create=True)
    assert "prices.parquet: 000977.SZ" in refusal(lambda: import_folder(store, folder))
    assert open_store(store.folder).entries == ()
    assert "is not a folder" in refusal(lambda: import_folder(store, tmp_path / "no"), SourceError)


@pytest.mark.parametrize("harm", ["cut", "symbol"])
def test_a_refused_import_leaves_nothing(panel, tmp_path, harm):
    folder, place = write_folder(panel, tmp_path / "folder"), tmp_path / "store"
    if harm == "cut":
        (folder / "prices.parquet").write_bytes((folder / "prices.parquet").read_bytes()[:-100])
    else:  # found only when the tables are encoded
        index = pd.read_parquet(folder / "index.parquet")
        index.assign(symbol="no index").to_parquet(folder / "index.parquet")
    refusal(lambda: import_folder(open_or_new(place), folder))
    assert not place.exists()


def test_an_import_into_a_foreign_folder_leaves_it_as_it_was(exported, tmp_path):
    place = tmp_path / "mine"
    place.mkdir()
    (place / "letter.txt").write_text("dear sir", encoding="utf-8")
    refusal(lambda: import_folder(open_or_new(place), exported))
    assert "not empty (it holds letter.txt)" in refusal(lambda: open_store(place, create=True))
    assert [path.name for path in place.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("name", ["instruments.csv", "prices.parquet", "fundamentals.parquet"])
def test_an_export_that_was_changed_is_not_imported(exported, tmp_path, name):
    data = bytearray((exported / name).read_bytes())
    data[len(data) // 2] ^= 1
    (exported / name).write_bytes(data)
    text = refusal(lambda: import_folder(open_or_new(tmp_path / "x"), exported))
    assert text == (
        f"{name}: is not the file that was exported; export it again, or remove export.json to import it as "
        "any folder"
    )
    (exported / name).unlink()
    assert "is missing" in refusal(lambda: import_folder(open_or_new(tmp_path / "x"), exported))
    (exported / "export.json").write_text("[", encoding="utf-8")
    assert "is not the note" in refusal(lambda: import_folder(open_or_new(tmp_path / "x"), exported))
    assert not (tmp_path / "x").exists()


def test_without_its_note_an_export_is_any_folder(exported, tmp_path):
    text = (exported / "instruments.csv").read_text(encoding="utf-8")
    (exported / "instruments.csv").write_text(text + "\n", encoding="utf-8")
    (exported / "export.json").unlink()
    assert import_folder(open_or_new(tmp_path / "x"), exported).tables["bars"] == len(SYMBOLS)


@pytest.mark.parametrize("kind", ["bars", "fundamentals", "instruments"])
@pytest.mark.parametrize("gone", [True, False])
def test_a_sound_export_mends_a_damaged_table(store, exported, kind, gone):
    digest, key = store.digest, store.keys(kind)[0]
    path = store.folder / store.entry(kind, key).file
    path.unlink() if gone else path.write_bytes(path.read_bytes()[:-5] + b"12345")
    assert import_folder(open_or_new(store.folder), exported).tables == {kind: 1}
    again = open_store(store.folder)
    assert (again.digest, [item for item in again.verify() if not item.harmless]) == (digest, [])
    assert [(item.kind, item.key) for item in again.quarantined()] == [(kind, key)]
    assert again.suspects() == {}


# -- the store as a source ----------------------------------------------------------------------------------


def test_a_path_to_a_store_opens_it_as_one(store, exported):
    assert open_source(str(store.folder)).spec == StoreSource(store.folder).spec
    assert open_source(str(exported)).spec.kind == "folder"


def test_a_part_is_the_whole_cut(store, panel):
    part = StoreSource(store.folder).panel(SYMBOLS, start=panel.sessions[30], end=panel.sessions[55])
    np.testing.assert_array_equal(part.close, panel.close[30:56])


def test_a_suspect_share_stops_a_run_unless_it_is_allowed(store, panel):
    store.quarantine("bars", "300308.SZ", bars(panel)["300308.SZ"], "another share's prices", "em")
    source = StoreSource(store.folder)
    text = refusal(lambda: source.panel(SYMBOLS))
    assert text.startswith("300308.SZ: its newest data were refused (bars: another share's prices)")
    assert source.panel(["300502.SZ"]).symbols == ("300502.SZ",)
    notes = StoreSource(store.folder, allow_suspect=True).panel(SYMBOLS).notes
    assert notes[0].startswith("300308.SZ is used although its newest data were refused")


def test_a_damaged_table_stops_a_run(store):
    path = store.folder / store.entry("bars", "300308.SZ").file
    path.write_bytes(b"x" + path.read_bytes()[1:])
    assert "bars/300308.SZ-" in refusal(lambda: StoreSource(store.folder).panel(SYMBOLS))


def test_an_empty_store_is_no_source(tmp_path):
    open_store(tmp_path / "empty", create=True)
    assert "holds no bars, instruments, calendar" in refusal(lambda: StoreSource(tmp_path / "empty"))


def test_an_update_while_a_panel_is_read_is_noticed(store, panel, monkeypatch):
    source = StoreSource(store.folder)
    real = StoreSource._read_bars

    def interrupted(self, symbols):
        writer = open_store(store.folder)
        for n in (1, 2):
            writer.commit([Change("bars", s, rows.iloc[:-n], SOURCE) for s, rows in bars(panel).items()])
        return real(self, symbols)

    monkeypatch.setattr(StoreSource, "_read_bars", interrupted)
    assert "it was updated while it was read" in refusal(lambda: source.panel(SYMBOLS), SourceError)


def test_a_session_that_the_whole_store_lacks_is_a_gap(panel, tmp_path):
    day = panel.sessions[25]
    store = open_store(tmp_path / "store", create=True)
    lack = [
        c._replace(frame=c.frame[c.frame["date"] != day]) if c.kind == "bars" else c for c in changes(panel)
    ]
    store.commit(lack)
    assert "a gap in the data" in refusal(lambda: StoreSource(store.folder).panel(SYMBOLS))


@pytest.mark.slow
def test_a_run_is_the_same_on_a_store_its_export_and_a_store_made_from_it(tmp_path):
    from screener import universe

    shares = sorted({m.symbol for name in ("optical", "idc") for m in universe.load(name).counted})
    market = open_source("sample").panel(shares)
    store = fill(tmp_path / "store", market)
    store.export(tmp_path / "export")
    imported(tmp_path / "export", tmp_path / "again")
    sources = [
        StoreSource(tmp_path / "store"),
        FolderSource(tmp_path / "export"),
        StoreSource(tmp_path / "again"),
    ]
    spec = RunSpec(
        "equal-weight", themes=("optical", "idc"), membership="hindsight",
        start=dt.date(2023, 1, 3), end=dt.date(2024, 12, 31),
    )  # fmt: skip
    saved = [save(run(spec, s), tmp_path / f"run{k}", stamp={}) for k, s in enumerate(sources)]
    names = sorted(path.name for path in saved[0].iterdir())
    assert filecmp.cmpfiles(saved[0], saved[2], names, shallow=False) == (names, [], [])
    for name in names:
        one, two = (kindless(folder, name) for folder in saved[:2])
        assert (one == two) is True, name  # no page is printed


def kindless(folder, name):
    """Take the kind of the source out of a text, and the hashes of all settings."""
    text = re.sub(r"(-hindsight-)[0-9a-f]{8}", r"\1", (folder / name).read_text("utf-8"))
    settings = hashlib.sha256((folder / "run.toml").read_bytes()).hexdigest()
    text = text.replace(settings, "").replace(settings[:12], "").replace(" --source FOLDER", "")
    for before, after in (("", " of "), ('"', '"'), ("-", "-"), (">", "<"), ("| ", " |")):
        text = text.replace(f"{before}folder{after}", f"{before}store{after}")
    return text
