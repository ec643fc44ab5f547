"""`screener compare`: rules side by side on the command line."""

from __future__ import annotations

import json

from tests.cli.conftest import Command

SHORT = ("--source", "sample", "--membership", "hindsight", "--start", "2024-01-02", "--end", "2025-06-30")


def test_a_table_a_line_for_each_rule_and_progress_on_stderr(command: Command) -> None:
    done = command("compare", "capex-rotation", "equal-weight", *SHORT)
    assert done.code == 0
    assert done.out.startswith("SIMULATED prices. 2024-01-02 to 2025-06-30")
    lines = [line for line in done.out.splitlines() if line.startswith(("capex-rotation", "equal-weight"))]
    assert len(lines) == 4  # figures, and excesses
    assert "itself" in lines[3] and "itself" not in lines[2]
    assert "- HINDSIGHT" in done.out
    assert "- running capex-rotation" in done.err
    assert "running" not in done.out
    assert "chance" not in done.out


def test_json_holds_the_same_rules_and_what_chance_made_of_them(command: Command) -> None:
    words = ("compare", "phase-rotation", *SHORT, "--placebo", "3", "--seed", "7", "--quiet")
    done = command(*words, "--json")
    told = json.loads(done.out)
    assert done.err == ""
    assert [row["rule"] for row in told["rules"]] == ["phase-rotation"]
    parts = {part["kind"]: part for part in told["placebos"]["phase-rotation"]}
    assert set(parts) == {"shift", "lag", "labels", "time"}
    assert len(parts["lag"]["excess"]) == 8
    assert told["settings"]["seed"] == 7
    shown = command(*words).out
    assert "Better than so much of chance" in shown
    assert "sooner (+) or later (-)" in shown


def test_all_that_is_wrong_is_said_at_once(command: Command) -> None:
    done = command("compare", "capex-rotatoin", "--start", "soon", "--membership", "both")
    assert done.code == 2
    for part in ("capex-rotation", "--start=soon", "membership='both'"):
        assert part in done.err
    assert done.out == ""
