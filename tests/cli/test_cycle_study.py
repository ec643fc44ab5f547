"""`screener cycle study`: three tables with their doubt, on the command line."""

from __future__ import annotations

import json

from tests.cli.conftest import Command

THEMES = {"ai-chips", "servers", "idc", "optical", "ai-apps"}


def test_the_three_tables_hold_every_theme_and_intervals_that_hold_their_means(command: Command) -> None:
    told = json.loads(command("cycle", "study", "--source", "sample", "--quiet", "--json").out)
    assert told["simulated"] and told["driver"] == "hyperscaler-capex"
    for name, middle in (("lead_lag", "correlation"), ("after_news", "mean"), ("by_phase", "mean")):
        assert {row["theme"] for row in told[name]} == THEMES
        known = [row for row in told[name] if row["low"] is not None]
        assert known and all(row["low"] < row[middle] < row["high"] for row in known)
    assert any(row["episodes"] == 1 and row["low"] is None for row in told["by_phase"])


def test_another_driver_and_other_days_are_taken_and_the_page_says_them(command: Command) -> None:
    done = command(
        "cycle", "study", "--source", "sample", "--driver", "tsmc-revenue", "--start", "2023-01-04", "--quiet"
    )
    assert done.out.startswith("SIMULATED prices. tsmc-revenue, 2023-01-05 to ")
    assert "an episode is one case" in done.out
    assert done.err == ""


def test_an_unknown_driver_is_a_users_error(command: Command) -> None:
    done = command("cycle", "study", "--source", "sample", "--driver", "tsmc-revenu", "--quiet")
    assert done.code == 2
    assert "tsmc-revenue" in done.err
