"""`screener screen`: table, JSON, CSV, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.make import make_panel, write_folder

SAMPLE = ("--source", "sample")


def test_a_preset_an_expression_and_no_word_at_all_give_a_table(command: Command) -> None:
    assert "listed shares pass" in command("screen", "momentum", *SAMPLE).out
    assert "300308.SZ" in command("screen", "close > 0 and theme == 'optical'", *SAMPLE).out
    assert "25 of 25" in command("screen", *SAMPLE, "--as-of", "2026-05-07").out


def test_json_and_csv_hold_the_same_rows(command: Command, folder: Path) -> None:
    shown = command("screen", "return_60 > 0", *SAMPLE, "--sort", "return_60", "--csv", "out.csv", "--json")
    found = json.loads(shown.out)
    lines = (folder / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split(",")[0] == "symbol"
    assert [line.split(",")[0] for line in lines[1:]] == [row["symbol"] for row in found["table"]]
    returns = [row["return_60"] for row in found["table"]]
    assert returns == sorted(returns, reverse=True)
    assert len(found["sha256"]) == 64


def test_columns_explains_what_there_is(command: Command) -> None:
    assert "volatility_60" in command("screen", "--columns").out
    assert set(json.loads(command("screen", "--columns", "--json").out)) == {
        "columns",
        "functions",
        "presets",
    }


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("momentun",), "momentun is no preset; did you mean momentum"),
        (("pe_ttm <",), "something is missing at the end"),
        (("__import__('os').system('x')",), "means nothing here"),
        (("momentum", "--show", "nope"), "--show: nope is no column"),
        (("momentum", "--as-of", "2010-01-01"), "the source holds"),
        (("momentum", "--as-of", "soon"), "must be a date"),
        (("momentum", "--all", "--symbols", "300308.SZ"), "give one of --themes, --symbols and --all"),
        (("momentum", "--symbols", "12"), "12"),
        (("momentum", "--csv", "no/such/folder.csv"), "cannot be written"),
    ],
)
def test_wrong_input_gets_a_line_and_code_2(words: tuple[str, ...], problem: str, command: Command) -> None:
    shown = command("screen", *words, *SAMPLE)
    assert shown.code == 2
    assert problem in shown.err


def test_a_share_without_prices_is_named(command: Command, tmp_path: Path) -> None:
    source = ("--source", str(write_folder(make_panel(30, ("300308.SZ",)), tmp_path / "market")))
    shown = command("screen", "close > 0", "--symbols", "300308,600519", *source).out
    assert "- The source has no prices of 600519.SH." in shown
    assert "no prices of" not in command("screen", "close > 0", "--symbols", "300308", *source).out


def test_to_be_in_no_theme_is_no_lack_of_data(command: Command) -> None:
    shown = command("screen", "tradable == 1", "--all", "--show", "theme", *SAMPLE).out
    assert "theme: no data" not in shown
    assert {line.split()[-1] for line in shown.splitlines() if line[:6].isdigit()} == {"yes"}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("close = 5", "write == to compare"),
        ("close > 5 & close < 9", "write and"),
        ("close > 5 || close < 9", "write or"),
        ("PE_TTM < 30", "did you mean pe_ttm? Allowed: amount_20"),
        ("pe < 30", "did you mean pe_ttm? Allowed: amount_20"),
        ("return_60", "return_60: is a number; compare it, for example return_60 > 0"),
    ],
)
def test_what_other_languages_would_take_is_refused_with_what_is_meant(
    text: str, hint: str, command: Command
) -> None:
    shown = command("screen", text, *SAMPLE)
    assert (shown.code, shown.out) == (2, "")
    assert hint in shown.err
