"""The commands by which a user makes and keeps themes."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from screener import universe
from tests.cli.conftest import Command
from tests.make import make_panel, write_folder

LIST = '证券代码,证券简称,权重\n="000977",浪潮信息,5\n2230.0,科大讯飞,4\n300308.SZ,中际旭创,3\n'


@pytest.fixture
def market(tmp_path: Path) -> str:
    folder = write_folder(make_panel(n_days=30), tmp_path / "market")
    table = pd.read_csv(folder / "instruments.csv").assign(industry="IT设备")
    table.to_csv(folder / "instruments.csv", index=False)
    return str(folder)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "universes").glob("*"))}


def test_a_theme_is_begun_filled_ended_and_checked(command: Command, folder: Path) -> None:
    begun = command("universe", "new", "cold", "--title-zh", "液冷", "--stage", "upstream")
    assert begun.code == 0
    assert "a member is missing" in begun.out
    assert "does not load" in command("universe", "list").out
    peer = command("universe", "add", "cold", "sz002837", "--name", "英维克", "--note", "Cooling.")
    assert "(1 counted members)" in peer.out
    named = ("--report", "R 7", "--date", "2025-01-03", "--quote", "英维克、高澜股份")
    assert command("universe", "add", "cold", "300499", "--name", "高澜股份", *named).code == 0
    theme = universe.load("cold")
    assert [(m.symbol, m.confidence, str(m.since)) for m in theme.members] == [
        ("002837.SZ", "peer", "None"), ("300499.SZ", "sure", "2025-01-03")
    ]  # fmt: skip
    assert theme.members[1].source.quote == "英维克、高澜股份"
    assert command("universe", "remove", "cold", "300499.SZ", "--until", "2026-01-05").code == 0
    assert str(universe.load("cold").members[1].until) == "2026-01-05"
    assert "past days too" in command("universe", "remove", "cold", "300499.SZ").out
    assert [m.symbol for m in universe.load("cold").members] == ["002837.SZ"]


def test_new_takes_members_and_finds_their_names(command: Command, market: str) -> None:
    words = ("--members", "300308.SZ,000977,002837.SZ=甲,600000", "--source", market)
    begun = command("universe", "new", "mine", *words)
    names = [member.name for member in universe.load("mine").members]
    assert names == ["名称300308", "名称000977", "甲", "600000.SH"]
    assert "600000.SH: its name is not known here" in begun.out


def test_an_own_theme_may_shadow_a_built_in_one_but_nothing_is_overwritten(
    command: Command, folder: Path
) -> None:
    begun = command("universe", "new", "optical", "--members", "300308.SZ=甲", "--source", "sample")
    assert "takes the place of the built-in theme optical" in begun.out
    before = files(folder)
    again = command("universe", "new", "optical", "--members", "300308.SZ=乙", "--source", "sample")
    assert (again.code, files(folder)) == (2, before)
    assert "universes/optical.toml exists" in again.err


def test_a_built_in_theme_is_copied_before_it_is_changed(command: Command, folder: Path) -> None:
    shipped = universe.load("idc").path
    before = shipped.read_bytes()
    done = command("universe", "add", "idc", "600519", "--name", "贵州茅台", "--note", "No.")
    assert "The built-in theme idc was copied first" in done.out
    assert shipped.read_bytes() == before
    assert (folder / "universes" / "idc.toml").read_bytes().startswith(before.rstrip())
    assert "copied" not in command("universe", "remove", "idc", "600519").out
    assert (folder / "universes" / "idc.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "problems"),
    [
        (("add", "idc", "600519", "--name", "x"), ["give --report and --date, or --note"]),
        (("add", "idc", "1", "--name", "x", "--report", "r"), ["'1' is not an A-share", "its --date too"]),
        (("add", "idc", "600519", "--name", "x", "--note", "n", "--since", "soon"),
         ["must be a date", "--since: not without --report"]),
        (("add", "idc", "300383", "--name", "x", "--note", "n"), ["300383.SZ is a member of idc already"]),
        (("add", "no", "300383", "--name", "x", "--note", "n"), ["no theme is called 'no'"]),
        (("remove", "idc", "600519"), ["600519.SH is no member; it has ", "300383.SZ"]),
        (("remove", "idc", "300383", "--until", "2000-01-01"), ["until=2000-01-01 must come after"]),
        (("new", "x", "--driver", "no", "--exposure", "3", "--members", "1,2"),
         ["'1' is not", "'2' is not", "value=3", "reason is missing", "driver 'no' is not known"]),
        (("new", "a b"), ["theme name 'a b'"]),
        (("new", "idc"), ["idc is a built-in theme", "--members"]),
        (("new", "con"), ["'con' is that of a device on Windows"]),
        (("add", "idc", "600519", "--name", "x", "--report", "r", "--date", "2999-01-02"),
         ["--date=2999-01-02 lies in the future"]),
        (("import", "none.csv", "--theme", "x", "--report", "r"),
         ["none.csv: cannot be read", "belong together"]),
        (("check", "no", "neither"), ["'no'", "'neither'"]),
        (("suggest", "idc", "--source", "sample"), ["the source knows no industries"]),
    ],
)  # fmt: skip
def test_on_a_problem_nothing_is_written(words, problems, command: Command, folder: Path) -> None:
    done = command("universe", *words)
    assert (done.code, done.out) == (2, "")
    assert [problem for problem in problems if problem not in done.err] == []
    assert not (folder / "universes").exists()


def test_an_export_comes_in_after_a_look(command: Command, folder: Path) -> None:
    (folder / "list.csv").write_bytes(LIST.encode("gb18030"))
    shown = command("universe", "import", "list.csv", "--theme", "fresh", "--dry-run")
    assert "row 3: '2230.0' read as 002230" in shown.out
    assert not (folder / "universes").exists()
    assert command("universe", "import", "list.csv", "--theme", "fresh").code == 0
    members = universe.load("fresh").members
    assert [(m.symbol, m.weight, m.confidence) for m in members] == [
        ("000977.SZ", 5.0, "peer"), ("002230.SZ", 4.0, "peer"), ("300308.SZ", 3.0, "peer")
    ]  # fmt: skip
    assert all(m.note.startswith("Imported from list.csv on ") for m in members)
    before = files(folder)
    assert "Nothing to add." in command("universe", "import", "list.csv", "--theme", "fresh").out
    assert files(folder) == before
    named = ("--report", "R", "--date", "2025-01-03")
    assert "row 4: 300308.SZ is a member already" in command(
        "universe", "import", "list.csv", "--theme", "optical", *named
    ).out  # fmt: skip
    late = universe.load("optical").members[-1]
    assert (late.symbol, str(late.since), late.source.report) == ("002230.SZ", "2025-01-03", "R")


def test_check_tells_errors_from_warnings(command: Command, folder: Path, market: str) -> None:
    shown = command("universe", "check", "--source", "sample")
    assert (shown.code, "compared with no listing" in shown.out) == (0, True)
    command("universe", "new", "mine", "--members", "300308.SZ=甲,000977.SZ=乙", "--source", "sample")
    warned = command("universe", "check", "--source", market)
    assert warned.code == 0
    assert "1 theme checked: 0 errors, 3 warnings." in warned.out
    command("universe", "add", "mine", "600588", "--name", "名称603019", "--note", "n")
    wrong = command("universe", "check", "--source", market, "--json")
    assert wrong.code == 2
    told = json.loads(wrong.out)
    assert (told["checked"], told["source"], told["shares"]) == (["mine"], "folder", 6)
    (error,) = [one for one in told["findings"] if one["level"] == "error"]
    line = (folder / "universes" / "mine.toml").read_text(encoding="utf-8").splitlines()[error["line"] - 1]
    assert line == 'name = "名称603019"'
    assert error["file"] == "universes/mine.toml"


def test_overlap_counts_and_names_the_shared_shares(command: Command) -> None:
    command(
        "universe", "new", "mine", "--members", "300308.SZ=甲,300383.SZ=乙,600519.SH=丙", "--source", "sample"
    )
    told = json.loads(command("universe", "overlap", "--json").out)
    row = told["overlap"]["mine"]
    assert (row["mine"], row["optical"], row["idc"], row["ai-chips"]) == (3, 1, 1, 0)
    assert {"symbol": "300308.SZ", "name": "甲", "themes": ["mine", "optical"]} in told["shared"]
    assert "300383.SZ" in command("universe", "overlap", "mine", "idc").out
    command("universe", "new", "empty")
    half = command("universe", "overlap")
    assert (half.code, "empty is left out" in half.err) == (0, True)
    assert command("universe", "overlap", "empty").code == 2


def test_suggestions_are_labelled_as_of_today_and_never_written(
    command: Command, folder: Path, market: str
) -> None:
    command("universe", "new", "mine", "--members", "300308.SZ=甲", "--source", "sample")
    before = files(folder)
    shown = command("universe", "suggest", "mine", "--source", market, "--top", "2")
    assert "today's list: never for history" in shown.out
    assert "2 of 5 shown" in shown.out
    told = json.loads(command("universe", "suggest", "mine", "--source", market, "--json").out)
    assert {one["symbol"] for one in told["peers"]} == {
        "000977.SZ", "300502.SZ", "600588.SH", "603019.SH", "688256.SH"
    }  # fmt: skip
    assert all(one["confidence"] == "peer" for one in told["peers"])
    assert told["label"] == "today's list: never for history"
    assert files(folder) == before


def test_one_theme_is_held_against_the_others(command: Command) -> None:
    words = ("universe", "new", "own", "--members", "300308=甲,000977=乙,600519=丙")
    assert command(*words).code == 0
    found = json.loads(command("universe", "overlap", "own", "--json").out)
    five = ("ai-chips", "servers", "idc", "optical", "ai-apps")
    common = {name: {m.symbol for m in universe.load(name).counted} for name in five}
    mine = {"300308.SZ", "000977.SZ", "600519.SH"}
    assert found["overlap"]["own"] == {"own": 3, **{name: len(mine & held) for name, held in common.items()}}
    assert found["overlap"]["own"]["optical"] == 1
    pair = json.loads(command("universe", "overlap", "own", "idc", "--json").out)
    assert set(pair["overlap"]) == {"own", "idc"}


def test_a_theme_without_a_chinese_title_is_headed_by_the_one_it_has(command: Command) -> None:
    command("universe", "new", "own", "--members", "300308=甲")
    assert command("universe", "show", "own").out.startswith("own (own), midstream\n\n")
    assert "Optical modules / 光模块 (optical)" in command("universe", "show", "optical").out


def test_check_reads_the_driver_of_a_theme_too(command: Command, folder: Path) -> None:
    place = folder / "universes" / "drivers"
    place.mkdir(parents=True)
    (place / "mine.csv").write_text("entity,value\nA,1\n", encoding="utf-8")
    belief = ("--driver", "mine", "--exposure", "0.5", "--reason", "r")
    assert command("universe", "new", "own", *belief, "--members", "300308=甲").code == 0
    shown = command("universe", "check", "own")
    assert shown.code == 2
    assert "own.toml:5: error: mine.csv:1: column period_end is missing (and 5 more)" in shown.out
    (place / "mine.csv").unlink()
    assert "error: driver 'mine' is not known" in command("universe", "check", "own").out
