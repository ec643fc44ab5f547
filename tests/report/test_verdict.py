"""The verdict in words."""

import pytest

from screener.report.verdict import sentence
from tests.report.fake import NAN, fake_run, verdict

RUN = fake_run()
SPAN = "From 2020-05-06 to 2021-07-26 myrule"


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
