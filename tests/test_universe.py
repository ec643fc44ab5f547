"""Themes: the facts that ship, the rules of a file, and membership by date."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from screener.errors import UniverseError
from screener.universe import (
    DEFAULT_THEMES,
    Citation,
    Exposure,
    FormerName,
    Member,
    Theme,
    load,
    load_all,
    membership,
    overlap,
    publication,
)

# Typed by hand from the five reports: the names that a report puts into a theme, by the day it came out.
PUBLISHED = {
    "ai-chips": {"2024-05-06": "688256", "2024-05-31": "688041", "2024-08-18": "300474"},
    "servers": {"2024-05-06": "000977", "2024-05-31": "000938 601138 603019 000066"},
    "idc": {"2024-08-18": "300442 300383 603881 301085"},
    "optical": {"2024-07-31": "300308 300502 300394"},
    "ai-apps": {
        "2024-05-06": "688111 600588 002153 688369 300624 688095",
        "2024-05-31": "002230 300033 300559 603918",
    },
}
ELIGIBLE = {
    "ai-chips": "2024-08-19",
    "servers": "2024-05-31",
    "idc": "2024-08-19",
    "optical": "2024-07-31",
    "ai-apps": "2024-05-06",
}
EXPOSURE = {"optical": 1.0, "servers": 0.5, "ai-chips": 0.5, "idc": 0.25, "ai-apps": -0.5}

GOOD = """\
title = "Optical modules"
title_zh = "光模块"
stage = "midstream"
driver = "hyperscaler-capex"
note = \"\"\"
A note of two lines,
weight = -1 among them.\"\"\"

[exposure]
value = 1
date = 2026-11-24
reason = "a belief"

[[members]]
symbol = "300308.SZ"
name = "中际旭创"
since = 2024-07-31
valid_from = 2017-12-31
source = { report = "003", date = 2024-07-31, quote = "中际旭创" }

[[members]]
symbol = "sz002281"
name = "光迅科技"
weight = 2
purity = 0.5
confidence = "peer"
note = "modules"
"""


@pytest.fixture
def write(tmp_path):
    """Return a function that writes the good file, with one part replaced, and gives its path."""

    def write(old="", new="", name="mine"):
        assert old in GOOD
        path = tmp_path / f"{name}.toml"
        path.write_text(GOOD.replace(old, new, 1), encoding="utf-8", newline="\n")
        return path

    return write


def problems(path):
    with pytest.raises(UniverseError) as caught:
        load(path)
    return caught.value.problems


def member(**changes):
    fields = {
        "symbol": "300308.SZ",
        "name": "中际旭创",
        "since": dt.date(2024, 8, 18),
        "source": Citation("002", dt.date(2024, 8, 18), "x"),
    }
    return Member(**(fields | changes))


def theme(*members):
    return Theme("mine", "Mine", "", "midstream", members=members)


def days(first, last):
    return pd.bdate_range(first, last, name="date")


# --- the themes that ship -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DEFAULT_THEMES)
def test_published_members_are_those_of_the_reports(name):
    found = {}
    for one in load(name).counted:
        if one.since:
            found.setdefault(str(one.since), []).append(one.symbol[:6])
    expected = {day: sorted(codes.split()) for day, codes in PUBLISHED[name].items()}
    assert {day: sorted(codes) for day, codes in found.items()} == expected


@pytest.mark.parametrize("name", DEFAULT_THEMES)
def test_three_members_are_published_from_the_known_session(name):
    assert publication(load(name)) == pd.Timestamp(ELIGIBLE[name])


def test_all_five_themes_are_published_from_2024_08_19_and_not_before():
    themes = load_all(DEFAULT_THEMES)
    counts = {
        one.id: membership(one, days("2024-08-16", "2024-08-19"), "published").sum(axis=1) for one in themes
    }
    table = pd.DataFrame(counts)
    assert (table.loc["2024-08-19"] >= 3).all()
    assert (table.loc["2024-08-16"] >= 3).sum() == 3
    assert max(publication(one) for one in themes) == pd.Timestamp("2024-08-19")


@pytest.mark.parametrize("name", DEFAULT_THEMES)
def test_with_hindsight_every_theme_has_three_members_listed_before_2020(name):
    assert membership(load(name), days("2019-12-31", "2019-12-31"), "hindsight").to_numpy().sum() >= 3


@pytest.mark.parametrize("name", DEFAULT_THEMES)
def test_peers_never_count_as_published(name):
    one = load(name)
    peers = [m.symbol for m in one.counted if m.confidence == "peer"]
    assert peers
    assert not membership(one, days("2018-01-01", "2026-12-31"), "published")[peers].to_numpy().any()


@pytest.mark.parametrize("name", DEFAULT_THEMES)
def test_exposures_are_dated_beliefs_about_the_hyperscalers(name):
    one = load(name)
    assert one.driver == "hyperscaler-capex"
    assert one.exposure.value == EXPOSURE[name]
    assert one.exposure.date == dt.date(2026, 11, 24)
    assert "belief" in one.exposure.reason


def test_a_name_that_cannot_be_resolved_is_listed_in_both_readings_and_counts_in_none():
    apps = load("ai-apps")
    unsure = {m.symbol: m.weight for m in apps.members if m.confidence == "uncertain"}
    assert unsure == {"688590.SH": 0.0, "688232.SH": 0.0}
    for reading in ("published", "hindsight"):
        assert not set(unsure) & set(membership(apps, days("2024-08-19", "2024-08-19"), reading).columns)


def test_a_code_counts_only_from_the_day_it_stood_for_the_business():
    idc = membership(load("idc"), days("2022-08-01", "2022-08-12"), "hindsight")["300442.SZ"]
    assert idc.idxmax() == pd.Timestamp("2022-08-08")
    assert not idc.loc[:"2022-08-05"].any()
    optical = membership(load("optical"), days("2017-01-02", "2018-01-05"), "hindsight")["300308.SZ"]
    assert optical.idxmax() == pd.Timestamp("2018-01-01")


# --- membership by date -------------------------------------------------------------------------------------


def test_a_report_of_a_sunday_counts_from_the_next_session():
    counted = membership(theme(member()), days("2024-08-15", "2024-08-20"), "published")["300308.SZ"]
    assert counted.tolist() == [False, False, True, True]


@pytest.mark.parametrize("reading", ["published", "hindsight"])
def test_the_readings_agree_with_a_slow_twin(reading):
    spans = [
        (since, valid, until)
        for since in (None, "2024-03-05")
        for valid in (None, "2024-03-04", "2024-03-07")
        for until in (None, "2024-03-11")
    ]
    for since, valid, until in spans:
        start, begin, end = (text and dt.date.fromisoformat(text) for text in (since, valid, until))
        extra = (
            {"source": Citation("001", start)}
            if since
            else {"source": None, "confidence": "peer", "note": "why"}
        )
        one = member(since=start, valid_from=begin, until=end, **extra)
        found = membership(theme(one), days("2024-03-01", "2024-03-13"), reading)["300308.SZ"]
        for day, counts in found.items():
            expected = f"{day:%Y-%m-%d}" >= (valid or "") and f"{day:%Y-%m-%d}" < (until or "9")
            if reading == "published":
                expected = expected and since is not None and f"{day:%Y-%m-%d}" >= since
            assert counts == expected, (since, valid, until, day)


def test_membership_has_one_column_for_every_counted_member_in_the_order_of_the_file():
    spare = member(symbol="300502.SZ", weight=0.0)
    sessions = days("2024-08-19", "2024-08-21")
    frame = membership(theme(member(symbol="300394.SZ"), spare, member()), sessions, "published")
    assert list(frame.columns) == ["300394.SZ", "300308.SZ"]
    assert frame.index.equals(sessions)
    assert {str(kind) for kind in frame.dtypes} == {"bool"}
    with pytest.raises(UniverseError, match="did you mean published"):
        membership(theme(member()), sessions, "publshed")


def test_no_session_depends_on_later_ones():
    for one in load_all(DEFAULT_THEMES):
        for reading in ("published", "hindsight"):
            whole = membership(one, days("2024-05-01", "2024-09-01"), reading)
            for cut in ("2024-05-06", "2024-08-16", "2024-08-19"):
                part = membership(one, days("2024-05-01", cut), reading)
                pd.testing.assert_frame_equal(part, whole.loc[:cut], check_freq=False)


def test_publication_waits_for_the_business_and_is_none_when_too_few_are_named():
    late = member(symbol="300394.SZ", valid_from=dt.date(2024, 9, 14))  # a Saturday before a holiday
    pair = theme(member(), late)
    assert publication(pair, 1) == pd.Timestamp("2024-08-19")
    assert publication(pair, 2) == pd.Timestamp("2024-09-18")
    assert publication(pair) is None


def test_publication_counts_only_who_is_still_a_member():
    gone = member(symbol="300394.SZ", until=dt.date(2024, 8, 20))
    late = member(symbol="300502.SZ", valid_from=dt.date(2024, 8, 20))
    assert publication(theme(member(), gone, late), 3) is None
    assert publication(theme(member(), gone, late), 2) == pd.Timestamp("2024-08-19")


def test_overlap_counts_shared_symbols_of_weight_above_zero():
    one = Theme("one", "1", "", "upstream", members=(member(), member(symbol="300394.SZ")))
    two = Theme("two", "2", "", "upstream", members=(member(), member(symbol="300394.SZ", weight=0.0)))
    assert overlap([one, two]).to_numpy().tolist() == [[2, 1], [1, 1]]
    assert list(overlap([one, two]).columns) == ["one", "two"]


# --- the rules of a file ------------------------------------------------------------------------------------


def test_a_good_file_is_read_whole(write):
    one = load(write())
    assert (one.id, one.title, one.title_zh, one.stage) == ("mine", "Optical modules", "光模块", "midstream")
    assert one.exposure == Exposure(1, "a belief", dt.date(2026, 11, 24))
    assert [m.symbol for m in one.members] == ["300308.SZ", "002281.SZ"]
    assert [(m.weight, m.purity, m.confidence) for m in one.members] == [
        (1.0, None, "sure"),
        (2.0, 0.5, "peer"),
    ]
    assert one.members[0].source == Citation("003", dt.date(2024, 7, 31), "中际旭创")
    assert one.path.name == "mine.toml"


def test_a_file_saved_by_a_windows_editor_is_read_the_same(write, tmp_path):
    saved = tmp_path / "saved.toml"
    saved.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(saved).members == load(write()).members
    saved.write_bytes(GOOD.encode("gbk"))
    assert "is not UTF-8" in problems(saved)[0]


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        (
            'title = "Optical modules"',
            'title = "x"\ntitel = "x"',
            2,
            "titel is not known; did you mean title?",
        ),
        ('title = "Optical modules"', "title = 3", 1, "title=3 must be text"),
        ('"midstream"', '"middlestream"', 3, "did you mean midstream?"),
        ('stage = "midstream"\n', "", 1, "stage is missing"),
        ('driver = "hyperscaler-capex"', 'driver = ""', 4, "belong together"),
        ('"hyperscaler-capex"', '"../capex"', 4, "driver='../capex' must be"),
        ("value = 1\n", "value = 1.01\n", 10, "from -1 to 1"),
        ("value = 1\n", "value = nan\n", 10, "value=nan"),
        ("value = 1\n", "", 9, "value is missing"),
        ("value = 1\n", "valeu = 1\nvalue = 1\n", 10, "valeu is not known; did you mean value?"),
        ('reason = "a belief"', "", 9, "reason is missing"),
        ("date = 2026-11-24", 'date = "2026-11-24"', 11, "must be a date without quotes"),
        ('"300308.SZ"', "300308", 15, "symbol=300308 must be a quoted A-share symbol"),
        ('"300308.SZ"', "002415", 15, "symbol = 002415 (text and symbols need quotes)"),
        ('"300308.SZ"', '"900901.SH"', 15, "B share"),
        ('"300308.SZ"', '"200002.SZ"', 15, "not an A-share"),
        ('"300308.SZ"', '"510300.SH"', 15, "not an A-share"),
        ('"300308.SZ"', '"000300.SH"', 15, "not an A-share"),
        ('"300308.SZ"', '"00700.HK"', 15, "not an A-share"),
        ('symbol = "300308.SZ"\n', "", 14, "symbol is missing"),
        ('name = "中际旭创"', 'name = ""', 16, "name is missing"),
        ("since = 2024-07-31", "since = 2024-07-31T09:00:00", 17, "must be a date without quotes or time"),
        ("since = 2024-07-31", "since = 2024-07-30", 17, "must not come before its source of 2024-07-31"),
        ("since = 2024-07-31", "", 14, "since is missing; only a peer goes without"),
        ("valid_from = 2017-12-31", "until = 2024-07-31", 18, "until=2024-07-31 must come after since"),
        ("valid_from = 2017-12-31", "weigth = 1", 18, "weigth is not known; did you mean weight?"),
        ("valid_from = 2017-12-31", 'confidence = "certain"', 18, "Allowed: likely, peer, sure, uncertain"),
        ("valid_from = 2017-12-31", 'confidence = "uncertain"', 14, "weight=1 must be 0"),
        ("source = {", "source = 3 #", 19, "source must be a table with report, date, quote"),
        ("source = {", "weight = 1 #", 14, "source is missing; only a peer goes without"),
        ('report = "003", ', "", 19, "source: report is missing"),
        ('quote = "中际旭创"', 'quote = "a\\nb"', 19, "cite one line of at most 120"),
        ('quote = "中际旭创"', f'quote = "{"长" * 121}"', 19, "quote has 121 characters"),
        ('quote = "中际旭创"', 'page = "4"', 19, "source: page is not known"),
        ('"sz002281"', '"300308.XSHE"', 22, "300308.SZ stands twice"),
        ("weight = 2", "weight = nan", 24, "weight=nan must be a finite number of 0 or more"),
        ("weight = 2", "weight = inf", 24, "weight=inf"),
        ("weight = 2", "weight = -0.1", 24, "weight=-0.1"),
        ("weight = 2", "weight = true", 24, "weight=True"),
        ("purity = 0.5", "purity = 1.5", 25, "from 0 to 1"),
        ('confidence = "peer"', 'confidence = "peer"\nsince = 2024-01-01', 27, "has no since; remove it"),
        ('note = "modules"', "", 21, "a peer needs a note"),
        ('note = "modules"', "note = [1]", 27, "note=[1] must be text"),
    ],
)
def test_each_slip_is_told_with_its_line(write, old, new, line, text):
    path = write(old, new)
    found = problems(path)
    assert len(found) == 1, found
    assert found[0].startswith(f"{path.as_posix()}:{line}: ")
    assert text in found[0]


FORMER = 'former = [{ name = "普丽盛", until = 2022-08-07 }, { name = "甲", until = 2023-01-31 }]'


def test_former_names_are_read_in_the_order_of_time(write):
    one = load(write("valid_from = 2017-12-31", FORMER)).members
    spans = FormerName("普丽盛", dt.date(2022, 8, 7)), FormerName("甲", dt.date(2023, 1, 31))
    assert one[0].former == spans
    assert one[1].former == ()


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (FORMER, "former = 3", "former=3 must be a list of earlier names"),
        (FORMER, 'former = "普丽盛"', "must be a list of earlier names"),
        (FORMER, 'former = ["普丽盛"]', "former must be a table with name, until"),
        (
            "2023-01-31",
            "2022-08-07",
            "until=2022-08-07 must come after 2022-08-07; put the oldest name first",
        ),
        ("2023-01-31", "2021-12-31", "until=2021-12-31 must come after 2022-08-07"),
        ("2023-01-31", '"2023-01-31"', "former: until='2023-01-31' must be a date without quotes"),
        (", until = 2023-01-31", "", "former: until is missing"),
        ('name = "甲", ', "", "former: name is missing or empty"),
        ('"甲"', "7", "former: name=7 must be text in quotes"),
        ('"甲", until', '"甲", untill', "former: untill is not known; did you mean until?"),
    ],
)
def test_each_slip_of_a_former_name_is_told_with_its_line(write, old, new, text):
    path = write("valid_from = 2017-12-31", FORMER.replace(old, new))
    found = problems(path)
    assert all(one.startswith(f"{path.as_posix()}:18: ") for one in found)
    assert any(text in one for one in found)


def test_former_names_made_in_code_keep_the_rules():
    late, early = FormerName("b", dt.date(2020, 1, 1)), FormerName("a", dt.date(2019, 1, 1))
    assert member(former=(early, late)).former == (early, late)
    with pytest.raises(UniverseError, match="put the oldest name first"):
        member(former=(late, early))
    with pytest.raises(UniverseError, match="name is missing"):
        FormerName("", dt.date(2020, 1, 1))


def test_all_problems_of_a_file_are_told_at_once_in_the_order_of_lines(write):
    path = write('stage = "midstream"', 'stage = "x"\ncolour = "red"')
    text = path.read_text(encoding="utf-8").replace("weight = 2", "weight = -2").replace('"300308.SZ"', "1")
    path.write_text(text, encoding="utf-8")
    lines = [int(one.removeprefix(path.as_posix()).split(":")[1]) for one in problems(path)]
    assert lines == [3, 4, 16, 25]


def test_problems_of_several_files_are_told_together(write):
    one, two = write("weight = 2", "weight = -2", "one"), write("value = 1\n", "value = 9\n", "two")
    with pytest.raises(UniverseError) as caught:
        load_all([one, two, "optcal"])
    assert [problem.rsplit("/", 1)[-1].split(":")[0] for problem in caught.value.problems[:2]] == [
        "one.toml",
        "two.toml",
    ]
    assert "did you mean optical" in caught.value.problems[2]
    with pytest.raises(UniverseError, match="'optical' is named twice"):
        load_all(["optical", "optical"])


def test_a_theme_without_a_counted_member_is_refused(tmp_path):
    path = tmp_path / "empty.toml"
    for tail in ("", "members = []\n", "members = 3\n", "[members]\nsymbol = 1\n"):
        path.write_text(f'title = "x"\nstage = "upstream"\n{tail}', encoding="utf-8")
        assert any("no member has a weight above 0" in problem for problem in problems(path))


def test_sub_tables_and_odd_spacing_still_find_their_lines(tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text(
        "title='x'\nstage = 'upstream'\n# weight = 3\n\n [[ members ]]\n"
        "  'symbol' = '300308'\n  name = 'a'\n  since = 2024-01-01\n  [members.source]\n  report = 3\n"
        "  date = 2023-12-01\n\n[[members]]\nsymbol = '300394'\nname = 'b'\nconfidence = 'peer'\n"
        "note = '''\n[[members]]\n'''\n"
        "  weight = -1\n",
        encoding="utf-8",
    )
    assert problems(path) == (
        f"{path.as_posix()}:9: source: report=3 must be text in quotes",
        f"{path.as_posix()}:20: weight=-1 must be a finite number of 0 or more",
    )


def test_the_same_rules_hold_for_themes_made_in_code():
    with pytest.raises(UniverseError, match="weight=-1"):
        member(weight=-1.0)
    with pytest.raises(UniverseError, match="value=2"):
        Exposure(2.0, "x", dt.date(2026, 1, 1))
    with pytest.raises(UniverseError, match="one line"):
        Citation("001", dt.date(2024, 1, 1), "x" * 121)
    with pytest.raises(UniverseError, match="stands twice"):
        theme(member(), member(symbol="SZ300308"))
    with pytest.raises(UniverseError, match="must be 1 to 64"):
        Theme("a b", "A", "", "upstream", members=(member(),))
    assert member(symbol="300308.XSHE").symbol == "300308.SZ"
