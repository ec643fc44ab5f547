"""`screener review`: what groups cost, with what it rests on; nothing is shown where nothing is known."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import Command
from tests.make import make_panel, write_folder

WINDOW = ("--from", "2024-06-03", "--to", "2024-06-28", "--membership", "hindsight", "--themes", "optical")


@pytest.fixture
def priced(folder: Path) -> Path:
    """Write prices of three shares at 10, 20 and 60 times earnings, of equal capital."""
    panel = make_panel(130, ("300308.SZ", "300394.SZ", "688256.SH"), actions=False, holes=False)
    place = write_folder(panel, folder / "market")
    rows = [
        {"date": day, "symbol": name, "pe_ttm": ratio, "market_cap": 1e10}
        for name, ratio in zip(panel.symbols, (10.0, 20.0, 60.0), strict=True)
        for day in panel.sessions
    ]
    pd.DataFrame(rows).to_parquet(place / "valuation.parquet", index=False)
    return place


def test_groups_are_valued_beside_all_shares(command: Command, priced: Path) -> None:
    """Two at 10 and 20 are 13.33 as one company; the three are 30 over 1.667, so 18; the ratio is 0.74."""
    found = json.loads(command("review", *WINDOW, "--source", str(priced), "--json").out)
    rows = {(row["theme"], row["multiple"]): row for row in found["multiples"]}
    optical, everyone = rows["optical", "pe"], rows["all shares", "pe"]
    assert (optical["shares"], optical["counted"], everyone["counted"]) == (2, 2, 3)
    assert optical["value"] == pytest.approx(40 / 3)
    assert everyone["value"] == pytest.approx(18.0)
    assert optical["premium"] == pytest.approx(40 / 54)
    assert optical["percentile"] is None  # of half a year nothing is said
    assert rows["optical", "pb"]["value"] is None
    shown = command("review", *WINDOW, "--source", str(priced)).out
    assert "optical pe 2 of 2 13.3 15.0 0.5 y 0.74 0.5 y" in " ".join(shown.split())
    assert "multiples: the valuation has no pb, ps_ttm" in shown


def test_without_valuation_no_table_of_multiples_is_shown(command: Command) -> None:
    shown = command("review", *WINDOW, "--source", "sample").out
    assert "percentile of premium" not in shown
    assert "multiples: the source has no valuation up to 2024-06-28 (pe_ttm, pb, ps_ttm)" in shown


def test_a_share_without_prices_and_a_theme_without_members_are_named(command: Command, priced: Path) -> None:
    days = ("--from", "2024-06-03", "--to", "2024-06-28")
    shares = command("review", *days, "--symbols", "300308,600519", "--source", str(priced))
    assert "- The source has no prices of 600519.SH." in shares.out
    groups = command("review", *days, "--themes", "ai-apps,optical", "--source", "sample")
    assert "- No member on 2024-06-28: optical." in groups.out
    assert "No member" not in command("review", *days, "--themes", "ai-apps", "--source", "sample").out


def test_a_split_that_cannot_be_made_says_what_the_source_values(command: Command, priced: Path) -> None:
    rows = pd.read_parquet(priced / "valuation.parquet")
    rows[rows["date"] <= "2024-06-14"].to_parquet(priced / "valuation.parquet", index=False)
    words = ("davis", "optical", "--from", "2024-06-03", "--to", "2024-06-28", "--source")
    first = rows["date"].min()
    assert f"has PE from {first:%Y-%m-%d} to 2024-06-14" in command(*words, str(priced)).err
    assert "The source has no PE of them" in command(*words, "sample").err
