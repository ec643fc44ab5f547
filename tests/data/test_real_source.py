"""A whole folder of real prices keeps the contract; runs where ``SCREENER_SOURCE`` names one."""

import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from screener.data.sources import open_source

FOLDER = os.environ.get("SCREENER_SOURCE", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="SCREENER_SOURCE names no folder of real prices")


@pytest.fixture(scope="module")
def panel():
    source = open_source(FOLDER)
    return source.panel(source.symbols)


def test_every_bar_of_every_file_is_in_the_panel(panel):
    rows = sum(pq.read_metadata(path).num_rows for path in Path(FOLDER).glob("prices*.parquet"))
    assert np.count_nonzero(~np.isnan(panel.close)) == rows


def test_every_step_of_the_reference_price_has_one_action(panel):
    last = panel.frame(panel.close).ffill().shift().to_numpy()
    stepped = np.abs(last - panel.pre_close) > 0.005
    day = panel.sessions.get_indexer(panel.actions["date"])
    asset = np.searchsorted(panel.symbols, panel.actions["symbol"].to_numpy().astype(str))
    met = np.zeros(stepped.shape, dtype=bool)
    met[day, asset] = True
    assert (met[stepped]).all()
    assert not panel.actions.duplicated(["date", "symbol"]).any()
    ratio = last[day, asset] / panel.pre_close[day, asset]
    np.testing.assert_allclose(panel.actions["factor"], ratio, rtol=1e-12)


def test_hardly_a_bar_lies_beyond_the_limits(panel):
    counted = [note for note in panel.notes if "beyond the price limits" in note]
    assert sum(int(note.split()[0]) for note in counted) < 1e-4 * np.count_nonzero(~np.isnan(panel.close))
