"""`screener cycle events` and `screener cycle test` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

OWN = """
[[events]]
id = "mine"
kind = "launch"
title = "Launches"
date = [2023-03-08, 2023-06-08, 2023-09-08, 2023-12-08]
themes = ["optical"]
source = { report = "press", date = 2023-12-08 }
"""
SAMPLE = ("--source", "sample", "--quiet")


def test_figures_means_and_what_is_left_out_are_told(command: Command) -> None:
    told = json.loads(command("cycle", "events", *SAMPLE, "--json").out)
    assert told["simulated"]
    assert (told["membership"], told["seed"]) == ("hindsight", 1)
    assert {row["window"] for row in told["figures"]} == {"-5..-1", "0", "+1..+5", "+1..+20"}
    for row in told["means"]:
        assert row["chance_low"] < row["chance_high"]
        assert row["cases"] <= row["events"]
        assert (row["low"] is None) == (row["cases"] < 3)
    assert {"targets-2025", "cmcc-trial-network"} <= {row["event"] for row in told["left_out"]}


def test_the_page_names_the_yardstick_the_number_looked_at_and_the_reasons(command: Command) -> None:
    done = command("cycle", "events", *SAMPLE)
    assert done.out.startswith("SIMULATED prices. Returns less the mean of ai-chips, servers, idc,")
    for words in ("figures and", "leave the band of chance", "no day is known", "openai-announced"):
        assert words in done.out
    assert done.err == ""


def test_own_events_are_added_and_a_file_stands_alone(command: Command, folder: Path) -> None:
    own = folder / "universes" / "events" / "events.toml"
    own.parent.mkdir(parents=True)
    own.write_text(OWN, encoding="utf-8")
    told = json.loads(command("cycle", "events", *SAMPLE, "--json").out)
    assert {"launch", "nim"} <= {row["kind"] for row in told["figures"]}
    alone = json.loads(command("cycle", "events", *SAMPLE, "--file", str(own), "--json").out)
    assert {row["kind"] for row in alone["figures"]} == {"launch"}
    assert {row["events"] for row in alone["means"]} == {4}
    assert alone["means"] == [row for row in told["means"] if row["kind"] == "launch"]


def test_kinds_benchmark_and_seed_are_taken(command: Command) -> None:
    words = ("cycle", "events", *SAMPLE, "--kind", "openai", "--json")
    plain = json.loads(command(*words).out)
    assert {row["kind"] for row in plain["means"]} == {"openai"}
    less = json.loads(command(*words, "--benchmark", "SAMPLE.IX").out)
    assert less["yardstick"] == "SAMPLE.IX"
    assert less["means"][0]["mean"] != plain["means"][0]["mean"]
    other = json.loads(command(*words, "--seed", "2").out)
    assert other["means"][0]["mean"] == plain["means"][0]["mean"]
    assert other["means"][0]["chance_low"] != plain["means"][0]["chance_low"]


def test_an_earlier_end_shows_no_later_event(command: Command) -> None:
    done = command("cycle", "events", *SAMPLE, "--end", "2024-05-31")
    assert "cmcc-notice-2024" in done.out
    for later in ("openai", "nvidia-nim", "report-003", "targets-2025", "cmcc-award-2025"):
        assert later not in done.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--kind", "nmi"), "--kind=nmi: did you mean nim?"),
        (("--file", "nowhere.toml"), "nowhere.toml: cannot be read"),
        (("--file", "bad.toml"), "bad.toml:6: date=2031-03-08"),
        (("--benchmark", "000300.SH"), "benchmark 000300.SH: the sample has no such series"),
        (("--start", "soon"), "--start=soon must be a date"),
    ],
)
def test_what_a_user_got_wrong_is_said_and_ends_with_2(
    command: Command, folder: Path, words: tuple[str, str], says: str
) -> None:
    dates = "[2023-03-08, 2023-06-08, 2023-09-08, 2023-12-08]"
    (folder / "bad.toml").write_text(OWN.replace(dates, "2031-03-08"), encoding="utf-8")
    done = command("cycle", "events", *SAMPLE, *words)
    assert done.code == 2
    assert says in done.err
    assert done.out == ""


@pytest.mark.parametrize("claim", ["hardware-to-apps", "server-lead"])
def test_a_lag_is_told_as_stated_and_as_looked_at(command: Command, claim: str) -> None:
    told = json.loads(command("cycle", "test", claim, *SAMPLE, "--json").out)
    assert {row["lag"] for row in told["explored"]} == set(range(-6, 7))
    assert told["cases"] in {row["worth"] for row in told["stated"]}
    assert 0 < told["detectable"] < 1
    assert told["sentence"].startswith("The correlation of ")
    for row in told["stated"]:
        assert row["low"] < row["correlation"] < row["high"]
    page = command("cycle", "test", claim, *SAMPLE).out
    assert page.startswith("SIMULATED prices. ")
    assert told["sentence"] in page


def test_the_share_of_asics_is_arithmetic_and_says_so(command: Command) -> None:
    told = json.loads(command("cycle", "test", "asic-share", "--json").out)
    assert (told["cases"], told["detectable"]) == (0, None)
    assert "no evidence" in told["sentence"]
    page = command("cycle", "test", "asic-share").out
    for figure in ("+17.9%", "+15.2%", "+13.2%", "36.7%", told["sentence"]):
        assert figure in page


def test_an_unknown_claim_is_a_users_error(command: Command) -> None:
    done = command("cycle", "test", "server-leads", *SAMPLE)
    assert done.code == 2
    assert "did you mean server-lead?" in done.err
