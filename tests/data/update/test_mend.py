"""A damaged store is mended by the command that its messages name, and nothing that is sound is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from screener.data.update.summary import Summary
from screener.errors import SourceError
from screener.market import calendar
from tests.data.update.desk import INDICES
from tests.data.update.fake import A, B, Stand


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def wrong(stand: Stand) -> list[object]:
    return [finding for finding in stand.store.verify() if not finding.harmless]


TABLES = [
    ("bars", A),
    ("factors", A),
    ("valuation", A),
    ("fundamentals", A),
    ("index", INDICES[0]),
    ("instruments", "all"),
    ("calendar", "all"),
    ("names", "all"),
    ("disclosures", "2023-12-31"),
    ("us_capex", "all"),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """A store that one sound update has filled."""
    found = Stand(tmp_path_factory.mktemp("filled"), 30)
    found.update(tickers=("META",))
    return found


@pytest.mark.parametrize("harm", [flip, Path.unlink])
@pytest.mark.parametrize("name", TABLES, ids=" ".join)
@pytest.mark.parametrize("later", [0, 1], ids=["same day", "next day"])
def test_an_update_fetches_a_damaged_table_again(
    filled: Stand, tmp_path: Path, name: tuple[str, str], harm: Callable[[Path], None], later: int
) -> None:
    stand = filled.beside(tmp_path)
    whole = stand.store.digest
    before = stand.store.read(*name)
    stand.grow(30 + later)
    harm(stand.folder / stand.store.entry(*name).file)
    assert len(wrong(stand)) == 1
    summary = stand.update(tickers=("META",))
    assert (summary.exit_code, wrong(stand)) == (0, [])
    assert summary.lines()[1].startswith(f"{name[0]} {name[1]}: its file was damaged or missing; set aside")
    lost = "history of its restatements is lost" in summary.lines()[1]
    assert lost == (name[0] in ("fundamentals", "disclosures", "us_capex"))
    assert stand.store.suspects() == {}
    assert len(stand.store.read(*name)) >= len(before)
    (kept,) = [item for item in stand.store.quarantined() if item.file.endswith(".parquet")]
    assert (kept.kind, kept.key) == name
    if not later and not lost:
        assert stand.store.digest == whole
        assert stand.update(tickers=("META",)).set_aside == []


def test_what_an_update_does_not_ask_for_is_not_taken_away(stand: Stand) -> None:
    stand.update()
    flip(stand.folder / stand.store.entry("bars", B).file)
    assert stand.update(A).set_aside == []
    assert stand.store.entry("bars", B) is not None


def test_damaged_lists_without_a_source_are_said_in_one_go(stand: Stand) -> None:
    stand.update()
    flip(stand.folder / stand.store.entry("instruments").file)
    stand.source.down.add("instruments")
    with pytest.raises(SourceError, match="the store has none to go by; nothing was fetched"):
        stand.update()
    stand.source.down.clear()
    assert stand.update().exit_code == 0
    assert wrong(stand) == []


def test_the_calendar_that_ships_never_replaces_one_that_was_fetched(stand: Stand) -> None:
    days = [*stand.source.market.sessions, *(day.date() for day in calendar.sessions("2026-01-01"))]
    stand.source.market.sessions = days
    stand.update()
    entry = stand.store.entry("calendar")
    assert (entry.source, entry.last) == ("fake", f"{calendar.sessions()[-1]:%Y-%m-%d}")
    digest = stand.store.digest
    stand.moment += pd.Timedelta(days=31)
    stand.source.down |= {"calendar", "bars", "index", "factors", "actions", "valuation", "instruments"}
    stand.source.down |= {"names", "fundamentals", "suspensions", f"{pd.Timestamp('2024-03-31'):%Y-%m-%d}"}
    stand.update()
    assert stand.store.entry("calendar") == entry
    assert digest == stand.store.digest


def test_an_update_that_is_interrupted_among_the_lists_says_that_nothing_was_kept(stand: Stand) -> None:
    def press(sent: pd.DataFrame) -> pd.DataFrame:
        raise KeyboardInterrupt

    stand.source.changes["instruments", "all"] = press
    summary = stand.update()
    assert "nothing was kept" in summary.lines()[0]
    assert not stand.folder.exists()
    stand.source.changes.clear()
    stand.update(A)
    stand.source.changes["instruments", "all"] = press
    assert "what was fetched is kept" in stand.update(A, B, "000998.SZ", "000996.SZ").lines()[0]


def test_one_is_singular() -> None:
    assert Summary(shares=1).lines()[0].startswith("1 share: ")
    assert Summary(shares=2, requests=1).lines()[-1].startswith("1 request: ")
