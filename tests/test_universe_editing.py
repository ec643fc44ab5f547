"""Theme files are made and changed without touching a line that is not meant."""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from pathlib import Path

import pytest

from screener import workspace
from screener.errors import UniverseError
from screener.universe import load
from screener.universe.editing import (
    Draft,
    add_members,
    end_member,
    new_draft,
    open_draft,
    remove_member,
    settle,
    write,
)
from screener.universe.template import member_text, peer, problems, theme_text

TODAY = dt.date(2026, 1, 5)
BUILT_IN = sorted(workspace.built_in("universes").glob("*.toml"), key=lambda path: path.stem)
NEW = peer("600519.SH", "贵州茅台", 'Said "so".', 2.5)
UNTIDY = """\
# head
title="a"      # titled
stage = 'upstream'
[[members]]
symbol="sz300308" # in
name='x'
note='''
[[members]]
# no comment'''
confidence = "peer"

# about b
[[members]]
symbol="000001"
name="b"
since = 2024-01-02
[members.source]
report = "r"
date = 2024-01-02

# before the belief
[exposure]
value = 1
"""


def differences(before: str, after: str) -> list[str]:
    """Return the lines that are gone (-) or new (+); all others are the same, byte for byte."""
    lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return [line for line in difflib.ndiff(*lines) if line[0] in "+-"]


def untidy(newline: str = "\n") -> Draft:
    return Draft(Path("untidy.toml"), UNTIDY.replace("\n", newline))


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_a_change_of_a_built_in_file_leaves_every_other_line(path: Path) -> None:
    draft = open_draft(path.stem)
    symbols = [member.symbol for member in load(path.stem).members]
    added = add_members(draft, [NEW])
    assert differences(draft.text, added.text) == [
        "+ \n", *(f"+ {line}\n" for line in member_text(NEW).splitlines())
    ]  # fmt: skip
    assert [member.symbol for member in settle(added).members] == [*symbols, "600519.SH"]
    ended = end_member(draft, symbols[0], dt.date(2035, 1, 1))
    assert differences(draft.text, ended.text) == ["+ until = 2035-01-01\n"]
    for symbol in (symbols[0], symbols[-1]):
        removed = remove_member(draft, symbol)
        assert all(line.startswith("-") for line in differences(draft.text, removed.text))
        left = [member["symbol"] for member in tomllib.loads(removed.text).get("members", [])]
        assert left == [other for other in symbols if other != symbol]


def test_adding_and_removing_gives_the_same_file_back() -> None:
    for path in BUILT_IN:
        draft = open_draft(path.stem)
        assert remove_member(add_members(draft, [NEW]), "600519").text == draft.text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_strings_and_ends_of_lines_of_an_untidy_file_stay(newline: str) -> None:
    draft = untidy(newline)
    added = add_members(draft, [NEW]).text
    assert all(line.startswith("+") for line in differences(draft.text, added))
    assert added.count("\n") == added.count(newline)
    assert added.index("贵州茅台") < added.index("# before the belief")
    without = remove_member(draft, "300308.SZ").text
    assert (
        without == draft.text[: draft.text.index("[[members]]")] + draft.text[draft.text.index("# about b") :]
    )
    end = remove_member(draft, "000001.SZ").text
    assert end.endswith(newline.join(["# about b", "# before the belief", "[exposure]", "value = 1", ""]))
    ended = end_member(draft, "000001", TODAY).text
    assert differences(draft.text, ended) == [f"+ until = 2026-01-05{newline}"]


def test_a_second_end_takes_the_place_of_the_first() -> None:
    once = end_member(untidy(), "000001", TODAY)
    twice = end_member(once, "000001", dt.date(2027, 1, 4))
    assert twice.text == once.text.replace("2026-01-05", "2027-01-04")


def test_what_lines_cannot_be_cut_from_is_refused() -> None:
    flat = Draft(Path("flat.toml"), 'members = [{ symbol = "300308", name = "x" }]\n')
    with pytest.raises(UniverseError, match="laid out in a way"):
        add_members(flat, [NEW])
    with pytest.raises(UniverseError, match=r"600519.SH is no member; it has sz300308, 000001"):
        remove_member(untidy(), "600519")


def test_a_written_file_keeps_its_mark_and_an_earlier_file_survives_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "marked.toml"
    text = theme_text({"title": "T", "stage": "upstream"}, [NEW], TODAY).replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    draft = end_member(open_draft(str(path)), "600519", TODAY)
    settle(draft)
    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(UniverseError, match="cannot be written: full"):
        write(draft)
    assert path.read_bytes() == b"\xef\xbb\xbf" + text.encode()
    assert list(tmp_path.iterdir()) == [path]
    monkeypatch.undo()
    write(draft)
    assert path.read_bytes() == b"\xef\xbb\xbf" + draft.text.encode()
    assert b"until = 2026-01-05\r\n" in path.read_bytes()


def refuse(*_: object) -> None:
    raise OSError(28, "full")


@pytest.mark.parametrize(
    "fields",
    [
        {"title": 'A "quoted" \\ title', "title_zh": "液冷", "stage": "upstream"},
        {"title": "T", "stage": "midstream", "driver": "d", "exposure": -0.5, "reason": "r\nr"},
    ],
)
def test_a_new_file_loads_at_once_and_says_what_was_given(fields, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    draft = new_draft("fresh", theme_text(fields, [NEW], TODAY))
    write(draft)
    theme = load("fresh")
    assert (theme.title, theme.title_zh, theme.stage) == (
        fields["title"], fields.get("title_zh", ""), fields["stage"]
    )  # fmt: skip
    belief = (theme.exposure.value, theme.exposure.reason, theme.exposure.date) if theme.exposure else None
    assert belief == ((-0.5, "r\nr", TODAY) if "driver" in fields else None)
    (member,) = theme.members
    assert (member.symbol, member.weight, member.note) == ("600519.SH", 2.5, 'Said "so".')
    with pytest.raises(UniverseError, match="exists"):
        new_draft("fresh", draft.text)


def test_a_file_without_members_takes_its_first_one() -> None:
    bare = Draft(Path("bare.toml"), theme_text({"title": "T", "stage": "upstream"}, [], TODAY))
    with pytest.raises(UniverseError, match="no member has a weight above 0"):
        settle(bare)
    assert [member.name for member in settle(add_members(bare, [NEW])).members] == ["贵州茅台"]


def test_all_that_is_wrong_with_a_new_theme_is_said_at_once() -> None:
    found = problems("a b", {"title": "", "stage": "up", "exposure": 2.0}, TODAY)
    for text in (
        "theme name 'a b'",
        "title is missing",
        "stage='up'",
        "value=2.0",
        "reason is missing",
        "driver",
    ):
        assert any(text in problem for problem in found), text
