"""Every list of shares that the reports print stands in a theme, as printed and not before its day."""

from __future__ import annotations

import datetime as dt

import pytest

from screener import workspace
from screener.universe import DEFAULT_THEMES, FormerName, load, load_all, publication

# Typed by hand from the reports: every share that a list of theirs names for sure.
NAMED = {
    "000": """000977 000066 000938 601138 603019 603660 688256 688041
              688111 002230 300033 300559 603918""",
    "001": """002415 002236 002230 000977 688256 301236 688111 600588 002153 688369 300624 688095
              600498 000034""",
    "002": """000938 000977 688041 603019 300474 300442 301085
              601360 300454 688561 002439 603232 300033 600570 300253 300168 002410 301339 002373 300552
              600845 301269 688083 002920 300496 002405 002415 002236 300212 002368 688031 688111 002230
              300624 688256 601138 300383 603881""",
    "003": """688256 688041 600584 002156 688362 002185 603283
              300308 601138 300502 300394 002130 002837""",
}
# The lists that have a file of their own, whole and in the order of print.
PRINTED = {
    "packaging-hbm": ("2024-07-31", "600584 002156 688362 002185 603283"),
    "dc-network": ("2024-07-31", "300308 601138 300502 300394 002130 002837"),
    "nim-partners": ("2024-08-18", "301085 000938 000977"),
    "cmcc-tender": ("2024-05-06", "603019 000938 600498 000034"),
    "network-security": ("2024-08-18", "601360 300454 688561 002439 603232"),
    "fintech": ("2024-08-18", "300033 600570"),
    "healthcare-it": ("2024-08-18", "300253 300168"),
    "construction-it": ("2024-08-18", "002410"),
    "transport-it": ("2024-08-18", "301339 002373 300552"),
    "industrial-software": ("2024-08-18", "600845 301269 688083"),
    "smart-car": ("2024-08-18", "002920 300496 002405"),
    "surveillance": ("2024-08-18", "002415 002236"),
    "data-elements": ("2024-08-18", "300212 002368 688031"),
    "fig7-ai-apps": ("2024-08-18", "688111 002230 300624"),
    "fig7-ai-chips": ("2024-08-18", "688041 688256 300474"),
    "fig7-servers": ("2024-08-18", "601138 000938 000977 603019"),
    "fig7-idc": ("2024-08-18", "300442 300383 603881"),
}
OWN_READING = {
    "domestic-compute": "688256 688041 301236 000977",
    "overseas-compute": "300308 300502 300394 601138",
}
# First day on which a code stands for its business, where that is not the listing.
CHANGED = {
    "000034.SZ": "2016-12-31",
    "000066.SZ": "2017-01-31",
    "000938.SZ": "2016-05-31",
    "002373.SZ": "2014-12-31",
    "300308.SZ": "2017-12-31",
    "300442.SZ": "2022-08-08",
    "600845.SH": "2001-12-31",
    "601360.SH": "2018-02-28",
}
EARLIER = {
    "000034.SZ": ("深信泰丰", "2016-12-31"),
    "000066.SZ": ("长城电脑", "2017-12-31"),
    "002373.SZ": ("联信永益", "2014-12-31"),
    "300308.SZ": ("中际装备", "2017-12-31"),
    "300442.SZ": ("普丽盛", "2022-12-31"),
    "601360.SH": ("江南嘉捷", "2018-02-28"),
}


@pytest.fixture(scope="module")
def shipped():
    """Return every theme that ships, by name."""
    names = [path.stem for path in workspace.built_in("universes").glob("*.toml")]
    return {theme.id: theme for theme in load_all(sorted(names))}


def test_every_file_that_ships_is_read_and_no_other_is_there(shipped):
    assert set(shipped) == {*DEFAULT_THEMES, *PRINTED, *OWN_READING}


@pytest.mark.parametrize("report", NAMED)
def test_every_share_that_a_report_names_for_sure_stands_in_a_theme(shipped, report):
    listed = {m.symbol[:6] for theme in shipped.values() for m in theme.members if m.confidence != "peer"}
    assert set(NAMED[report].split()) <= listed


@pytest.mark.parametrize("name", PRINTED)
def test_a_list_stands_as_printed_and_from_its_day(shipped, name):
    day, codes = PRINTED[name]
    members = shipped[name].members
    assert [member.symbol[:6] for member in members] == codes.split()
    assert {(str(member.since), str(member.source.date)) for member in members} == {(day, day)}
    assert {member.confidence for member in members} == {"likely" if name == "cmcc-tender" else "sure"}
    assert {member.weight for member in members} == {1.0}


@pytest.mark.parametrize("name", OWN_READING)
def test_what_the_reports_only_imply_is_never_sure(shipped, name):
    members = shipped[name].members
    assert [member.symbol[:6] for member in members] == OWN_READING[name].split()
    likely = {member.symbol[:6] for member in members if member.confidence == "likely"}
    assert likely == ({"000977"} if name == "domestic-compute" else set(OWN_READING[name].split()))


def test_lists_of_fewer_than_three_names_are_never_published(shipped):
    short = {name for name, theme in shipped.items() if publication(theme) is None}
    assert short == {"construction-it", "fintech", "healthcare-it", "surveillance"}


def test_a_code_begins_with_its_business_in_every_theme(shipped):
    begins = {(m.symbol, str(m.valid_from)) for theme in shipped.values() for m in theme.members}
    for symbol, day in CHANGED.items():
        assert {found for name, found in begins if name == symbol} == {day}
    moved = {symbol for symbol, _ in begins if len({day for name, day in begins if name == symbol}) > 1}
    assert moved == set()


def test_earlier_names_are_the_same_in_every_theme(shipped):
    found = {(m.symbol, m.former) for theme in shipped.values() for m in theme.members if m.former}
    spans = {code: (FormerName(name, dt.date.fromisoformat(day)),) for code, (name, day) in EARLIER.items()}
    assert found == set(spans.items())


@pytest.mark.parametrize("name", ["ai-apps", "ai-chips", "servers", "idc"])
def test_a_group_of_figure_7_believes_what_its_wider_theme_believes(name):
    assert load(f"fig7-{name}").exposure.value == load(name).exposure.value
    assert load(f"fig7-{name}").stage == load(name).stage
