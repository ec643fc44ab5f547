"""One update of a store at a time, and nothing left behind where no store came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from screener.data.store.disk import UPDATING
from screener.data.update.alone import alone
from screener.errors import DataError, ScreenerError, SpecError
from tests.data.update.fake import A, Stand


def test_an_update_is_alone_from_its_first_request_to_its_last(stand: Stand) -> None:
    refused = []

    def second(done: int, total: int, what: str) -> None:
        with pytest.raises(SpecError, match="an update of this store is running"), alone(stand.folder):
            pass
        refused.append(what)

    for _ in range(2):  # without a store, and with one
        stand.update(A, progress=second)
    assert refused[0] == "sessions"
    assert refused.count("done") == 2
    stand.update(A)


def test_a_file_without_a_holder_keeps_nobody_out_and_is_no_finding(stand: Stand) -> None:
    stand.folder.mkdir()
    (stand.folder / UPDATING).touch()
    assert stand.update(A).updated == [A]
    assert (stand.folder / UPDATING).exists()
    assert stand.store.verify() == []


def test_where_no_store_came_of_it_nothing_is_left(stand: Stand, tmp_path: Path) -> None:
    stand.source.down.add("instruments")
    stand.folder = tmp_path / "new" / "store"
    with pytest.raises(ScreenerError):
        stand.update(A)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_somebody_else_is_refused_untouched(stand: Stand) -> None:
    stand.folder.mkdir()
    (stand.folder / "letter.txt").touch()
    with pytest.raises(DataError):
        stand.update(A)
    assert [path.name for path in stand.folder.iterdir()] == ["letter.txt"]
