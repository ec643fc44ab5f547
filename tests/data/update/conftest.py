"""A shop before the stand-in and a stand before a source in memory, each in an empty folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data.update.desk import Shop, shop
from tests.data.update.fake import Stand


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Shop]:
    with shop(tmp_path) as found:
        yield found


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path, 30)
