"""Files of claims: every problem with its line, own ids first, and additions that leave other bytes alone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from screener import workspace
from screener.cycle.claim_add import propose
from screener.cycle.claim_file import own_file, read_claims
from screener.cycle.claim_rules import KINDS
from screener.cycle.claims import VERDICTS, Claim, judge, load_claims, said
from screener.cycle.extend import write
from screener.cycle.formulas import FORMULAS
from screener.errors import CycleError

LAST = pd.Timestamp("2026-08-20")
CLAIMS = load_claims()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file of own claims in an empty workspace; its folder exists."""
    monkeypatch.setenv("SCREENER_WORKSPACE", str(tmp_path))
    path = tmp_path / "universes" / "claims" / "own.toml"
    path.parent.mkdir(parents=True)
    return path


MEASURE = """kind = "level"
driver = "hyperscaler-capex"
period = "2026Q1"
value = 1297.5
unit = "USD 100 million"
"""
MINE = f"""
[[claims]]
id = "{{name}}"
title = "Mine"
report = "my own"
date = 2026-02-10
{MEASURE}"""


def test_an_own_claim_adds_and_an_own_id_takes_the_place_of_a_built_in_one(own: Path) -> None:
    own.write_text(MINE.format(name="mine") + MINE.format(name="capex-2026"), encoding="utf-8")
    found = load_claims()
    assert set(found) == {*CLAIMS, "mine"}
    assert found["capex-2026"].report == "my own"
    assert judge(found["mine"], LAST).error == pytest.approx(0.0, abs=1e-9)  # cash, 129,750 million
    assert found["mine"].path == own


def test_a_name_in_two_files_of_one_folder_is_refused(own: Path) -> None:
    for path in (own, own.with_name("more.toml")):
        path.write_text(MINE.format(name="mine"), encoding="utf-8")
    with pytest.raises(CycleError, match=r"own\.toml: id='mine' stands in more\.toml too"):
        load_claims()


BAD = """\
[[claims]]
id = "two words"
title = 7
report = "x"
date = "2024-08-18"
kind = "level"
driver = "hyperscaler-capx"
period = "FY2025"
value = "much"
unit = "USD 100 million"

[[claims]]
id = "b"
title = "b"
report = "x"
date = 2024-08-18
kind = "growth"
driver = "hyperscaler-capex"
definition = "net"
entity = "ORCL"
period = "2025-06"
against = "FY24"
low = 5
high = 4
colour = "red"

[[claims]]
id = "b"
title = "c"
report = "x"
date = 2024-08-18
kind = "arithmetic"
formula = "ratoi"
inputs = [1, 2]
value = 1
"""
PROBLEMS = (
    ":2: id='two words' must be",
    ":3: title=7 must be text",
    ":5: date=2024-08-18 must be a date without quotes",
    ":7: driver='hyperscaler-capx': there is no such driver",
    ":9: value=much must be a number",
    ":19: definition='net': Allowed: cash, headline",
    ":20: entity='ORCL': Allowed: AMZN",
    ":21: period='2025-06': hyperscaler-capex is by quarter",
    ":22: against='FY24' must be a period like FY2025",
    ":23: low=5 must not be above high=4",
    ":25: colour is no key of kind='growth'",
    ":28: id='b' stands twice",
    ":33: formula='ratoi': did you mean ratio?",
)


def test_all_problems_of_a_file_are_told_at_once_with_their_lines(own: Path) -> None:
    own.write_text(BAD, encoding="utf-8")
    with pytest.raises(CycleError) as caught:
        load_claims()
    assert len(caught.value.problems) == len(PROBLEMS)
    for problem, expected in zip(caught.value.problems, PROBLEMS, strict=True):
        assert f"own.toml{expected}" in problem


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


SUM = """
[[claims]]
id = "sum"
title = "Sum"
report = "x"
date = 2024-08-18
kind = "arithmetic"
formula = "ratio"
inputs = [6, 4]
value = 1.5
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('kind = "arithmetic"', 'kind = "sum"', "kind='sum': .*Allowed: arithmetic, growth"),
        ('kind = "arithmetic"\n', "", "kind is missing"),
        ("inputs = [6, 4]", "inputs = [6]", "takes 2 numbers, not 1"),
        ("inputs = [6, 4]", 'inputs = [6, "4"]', "4 must be a number, or a table with driver"),
        ("inputs = [6, 4]", "inputs = 6", "inputs must be a list of numbers"),
        ("inputs = [6, 4]", "cases = [6, 4]", "cases must be a list of numbers for each case"),
        ("inputs = [6, 4]\n", "", "give inputs, a list of numbers, or cases"),
        ("inputs = [6, 4]", "inputs = [6, nan]", "must be a number"),
        ("inputs = [6, 4]", 'inputs = [6, { driver = "hyperscaler-capex" }]', "period is missing"),
        ("value = 1.5", "value = [1.5, 2]", "one number for each of the 1 cases"),
        ("value = 1.5", "value = 1.5\nlow = 1", "give value, or low and high"),
        ("value = 1.5", "value = true", "value=True must be a number"),
        ("value = 1.5", "value = 1.5\nrounded = 1", "rounded=1 must be true or false"),
        ('title = "Sum"', 'title = "Sum"\nquote = "a\\nb"', "cite one line of at most 120"),
        ('title = "Sum"', "title = Sum", r"own\.toml:4: .*text needs quotes"),
        ("[[claims]]", "[[claim]]", "holds \\[\\[claims\\]\\] tables and nothing else"),
    ],
)
def test_a_claim_that_breaks_a_rule_is_refused(own: Path, old: str, new: str, problem: str) -> None:
    own.write_text(SUM, encoding="utf-8")
    assert judge(load_claims()["sum"], LAST).verdict == "reproduced"
    own.write_text(changed(SUM, old, new), encoding="utf-8")
    with pytest.raises(CycleError, match=problem):
        load_claims()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('period = "2026Q1"', 'period = "FY26"', "must be a period like FY2025"),
        ('unit = "USD 100 million"', 'unit = "dollars"', "must be a currency and a size"),
        ('unit = "USD 100 million"\n', "", "unit is missing"),
        ('period = "2026Q1"', 'period = "2026Q1"\nwithin = 0', "within=0 must be more than 0"),
        ('kind = "level"', 'kind = "level"\nagainst = "FY2025"', "against is no key of kind='level'"),
        (
            MEASURE,
            'kind = "growth"\ndriver = "hyperscaler-capex"\nperiod = "2026Q1"\nagainst = "FY2025"\nlow = 3',
            "against='FY2025' must be as long as '2026Q1'",
        ),
        (
            MEASURE,
            'kind = "share"\ndriver = "hyperscaler-capex"\nover = "tsmc-revenue"\nperiod = "FY2025"\nlow = 3',
            "over='tsmc-revenue' is in TWD million, hyperscaler-capex in USD million",
        ),
    ],
)
def test_a_measure_that_cannot_be_is_refused(own: Path, old: str, new: str, problem: str) -> None:
    own.write_text(changed(MINE.format(name="mine"), old, new), encoding="utf-8")
    with pytest.raises(CycleError, match=problem):
        load_claims()


def test_the_readme_shows_a_lawful_claim_and_names_every_kind_and_formula() -> None:
    path = workspace.built_in("universes") / "claims" / "README.md"
    text = path.read_text(encoding="utf-8")
    example = text.split("```toml\n", 1)[1].split("```", 1)[0]
    assert list(read_claims(path, example)) == ["capex-2025"]
    assert [name for name in KINDS if f"| `{name}` |" not in text] == []
    assert [name for name in FORMULAS if name not in text] == []
    assert [word for word in VERDICTS if word not in text] == []


def proposal(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "id": "mine",
        "title": None,
        "report": "my own",
        "date": dt.date(2026, 8, 20),
        "driver": "hyperscaler-capex",
        "period": "FY2027",
        "value": Decimal("9000.00"),
        "unit": "USD 100 million",
        "quote": '"九千亿"',
    }
    return fields | changes


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["", "\n", "\n# the end"])
def test_an_addition_leaves_every_other_byte(own: Path, newline: str, mark: bytes, end: str) -> None:
    text = "# 我的\n" + MINE.format(name="first").rstrip("\n") + "   # kept" + end
    raw = mark + text.replace("\n", newline).encode()
    own.write_bytes(raw)
    write(propose(proposal()))
    assert own.read_bytes().startswith(raw)
    assert own.read_bytes().count(b"\n") - own.read_bytes().count(b"\r\n") in (
        0,
        own.read_bytes().count(b"\n"),
    )
    found = load_claims()
    assert [found[name].title for name in ("first", "mine")] == ["Mine", "hyperscaler-capex FY2027"]
    assert said(found["mine"]) == "9,000.00 USD 100 million"
    assert found["mine"].quote == '"九千亿"'


def test_the_first_addition_makes_the_file_and_the_unit_is_the_drivers(own: Path) -> None:
    assert not own.exists()
    assert own_file() == own
    write(propose(proposal(unit=None, value=Decimal(900_000))))
    assert said(load_claims()["mine"]) == "900,000 USD million"
    assert [path.name for path in own.parent.iterdir()] == [own.name]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": "capex-2026"}, "id='capex-2026' stands in .*reports.toml already"),
        ({"id": "a b"}, "^id='a b' must be"),
        ({"period": "next year"}, "^period='next year' must be a period"),
        ({"low": Decimal(1)}, "^give value, or low and high"),
        ({"against": "FY2026"}, "^unit is no key of kind='growth'"),
        ({"driver": "nothing", "unit": None}, "driver 'nothing' is not known"),
    ],
)
def test_an_addition_that_breaks_a_rule_is_refused(own: Path, changes: dict, problem: str) -> None:
    with pytest.raises(CycleError, match=problem):
        propose(proposal(**changes))
    assert not own.exists()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"against": "FY2026", "unit": None}, "growth"),
        ({"over": "hyperscaler-ocf", "unit": None}, "share"),
        ({}, "level"),
    ],
)
def test_the_kind_follows_from_what_is_given(own: Path, changes: dict, kind: str) -> None:
    write(propose(proposal(**changes)))
    found: Claim = load_claims()["mine"]
    assert found.kind == kind
    assert judge(found, LAST).verdict == "open"
