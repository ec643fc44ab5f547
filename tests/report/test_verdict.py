"""The verdict in words."""

import dataclasses

import pytest

from screener.report.verdict import sentence, verdict_lines
from tests.report.fake import NAN, fake_run, verdict

RUN = fake_run(n_days=12)
SPAN = "From 2020-05-06 to 2020-05-21 myrule"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            "earned 12.3 % a year, 2.1 points less than the equal weight of its themes: below 5.8 points, "
            "the least that this window can tell from luck, so it is no evidence either way.",
        ),
        (
            {"total": 0.164},
            "earned 16.4 % a year, 2.0 points more than the equal weight of its themes: below",
        ),
        (
            {"total": 0.244},
            "earned 24.4 % a year, 10.0 points more than the equal weight of its themes: beyond",
        ),
        (
            {"total": 0.044},
            "earned 4.4 % a year, 10.0 points less than the equal weight of its themes: beyond",
        ),
        ({"total": -0.1}, "lost 10.0 % a year, 24.4 points less than the equal weight of its themes: beyond"),
        (
            {"detectable": NAN},
            "less than the equal weight of its themes; the window is too short to say more.",
        ),
        (
            {"total": 0.144, "detectable": NAN, "tracking_error": 1e-12},
            "earned 14.4 % a year, the same as the equal weight of its themes; there is nothing to tell "
            "apart.",
        ),
        ({"equal_weight": NAN}, "earned 12.3 % a year; there is no equal weight to compare it with."),
    ],
)
def test_the_sentence_says_what_the_numbers_say(changes, expected):
    text = sentence(RUN, verdict(RUN.windows[0], **changes))
    assert text.startswith(SPAN)
    assert expected in text
    assert text.endswith(".")


def test_nothing_is_said_of_a_return_that_is_not_defined():
    assert "nothing can be said of myrule" in sentence(RUN, verdict(RUN.windows[0], total=NAN))


def test_the_lines_for_a_terminal_hold_warnings_first_and_every_part():
    lines = verdict_lines(RUN)
    assert lines[0] == "HINDSIGHT: members count early."
    assert lines[1] == sentence(RUN, RUN.verdicts[0])
    parts = {line.split("  ")[1].strip(): line for line in lines[2:8]}
    assert list(parts) == ["benchmark", "selection", "tilt", "timing", "cost", "= the rule"]
    assert [line.split()[-4] for line in parts.values()] == ["+4.0", "+10.0", "+1.2", "-2.0", "-0.9", "+12.3"]


def test_a_market_that_is_invented_is_said_first():
    simulated = dataclasses.replace(RUN.provenance, simulated=True)
    assert verdict_lines(dataclasses.replace(RUN, provenance=simulated))[0].startswith("SIMULATED:")
