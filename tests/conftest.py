"""What holds for every test: no command may find a store of the machine it runs on."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_store(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Point to a store that is not there; a test that needs one makes its own."""
    folder: Path = tmp_path_factory.getbasetemp() / "no-store-here"
    monkeypatch.setenv("SCREENER_STORE", str(folder))
    monkeypatch.delenv("SCREENER_OFFLINE", raising=False)
