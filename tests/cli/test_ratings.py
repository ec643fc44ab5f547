"""`screener ratings`: a scorecard on stdout or as JSON, and the file of the user."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Command


def test_ratings_are_shown_with_their_rates_and_what_they_rest_on(command: Command) -> None:
    shown = command("ratings", "--source", "sample")
    assert shown.code == 0
    assert "688041.SH" in shown.out
    assert "buy > 15 %" in shown.out
    assert "SIMULATED" in shown.out


def test_ratings_as_json_have_a_row_a_rating_and_horizon(command: Command, folder: Path) -> None:
    own = folder / "own.csv"
    own.write_text(
        "date,symbol,rating\n2024-08-18,300308.SZ,buy\n2026-06-01,300308.SZ,sell\n", encoding="utf-8"
    )
    found = json.loads(command("ratings", str(own), "--source", "sample", "--json").out)
    assert [(row["rating"], row["months"]) for row in found["table"]] == [
        ("buy", 6), ("buy", 12), ("sell", 6), ("sell", 12)
    ]  # fmt: skip
    assert [row["result"] for row in found["table"][2:]] == ["open", "open"]
    assert [row["due"] for row in found["rates"]] == [1, 1, 0, 0]


def test_a_wrong_file_is_told_by_line(command: Command, folder: Path) -> None:
    (folder / "own.csv").write_text("date,symbol,rating\n2024-08-18,300308.SZ,leading\n", encoding="utf-8")
    told = command("ratings", "own.csv", "--source", "sample")
    assert told.code == 2
    assert told.err.startswith("own.csv:2: rating=leading: a share is rated buy")


def test_a_list_in_the_encoding_of_a_terminal_is_read(command: Command, folder: Path) -> None:
    text = "date,symbol,rating,source\n2022-01-04,300308.SZ,买入,某券商\n"
    for name, encoding in (("a.csv", "utf-8"), ("b.csv", "gb18030")):
        (folder / name).write_bytes(text.encode(encoding))
    shown = [command("ratings", name, "--source", "sample").out for name in ("a.csv", "b.csv")]
    assert shown[0] == shown[1]
    assert "300308.SZ" in shown[0]
