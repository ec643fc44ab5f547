"""A run in the terminal: warnings first, one sentence, figures that add up, curves of blocks."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from screener.report.terminal import spark, terminal_lines
from screener.report.verdict import sentence
from tests.report.fake import fake_run

RUN = fake_run()


def test_warnings_come_first_then_the_sentence():
    lines = terminal_lines(RUN)
    assert lines[:2] == ["HINDSIGHT: members count early.", sentence(RUN, RUN.verdicts[0])]


def test_a_market_that_is_invented_is_said_first():
    simulated = dataclasses.replace(RUN.provenance, simulated=True)
    assert terminal_lines(dataclasses.replace(RUN, provenance=simulated))[0].startswith("SIMULATED:")


def test_the_table_holds_rule_and_comparisons_with_the_figures_of_the_run():
    lines = terminal_lines(RUN)
    rows = {line[2:22].strip(): line for line in lines if re.search(r"%.*%", line) and line.startswith("  ")}
    for name, title in (("myrule", "myrule"), ("equal-weight", "equal weight"), ("benchmark", "沪深300")):
        own = RUN.metrics["headline"][name]
        row = next(line for start, line in rows.items() if start.startswith(title))
        assert f"{100 * own['cagr']:.1f} %" in row
        assert f"{own['sharpe']:.2f}" in row


def test_the_parts_add_up_in_print():
    line = next(text for text in terminal_lines(RUN) if " = " in text)
    *parts, total = (float(number) for number in re.findall(r"[+-]\d+\.\d", line))
    assert parts == [4.0, 10.0, 1.2, -2.0, -0.9]
    assert total == pytest.approx(sum(parts))


def test_the_other_windows_have_their_sentence():
    lines = terminal_lines(RUN)
    assert [f"  {sentence(RUN, verdict)}" for verdict in RUN.verdicts[1:]] == lines[-2:]


def test_a_curve_rises_with_its_values_and_keeps_its_ends():
    values = np.exp(np.linspace(0.0, 3.0, 500))
    drawn = spark(values)
    assert len(drawn) == 60
    assert (drawn[0], drawn[-1]) == ("▁", "█")
    assert list(drawn) == sorted(drawn)
    assert spark(np.ones(5)) == "▁▁▁▁▁"
