"""What is done with saved runs: their page again, several on one page, an index of all."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from screener.backtest.run import run as make
from screener.backtest.spec import RunSpec
from screener.data.sources import open_source
from screener.report import browser
from screener.report.save import save
from tests.cli.conftest import Command
from tests.report.pages import Page


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two settings of one rule, the second without a page; return their results folder."""
    root = tmp_path_factory.mktemp("made") / "results"
    days = {"start": dt.date(2024, 9, 2), "end": dt.date(2025, 3, 31)}
    for name, params, page in (("one", {}, True), ("two", {"window": 60}, False)):
        run = make(RunSpec("theme-momentum", params, **days), open_source("sample"))
        save(run, root / name, page=page)
    return root


@pytest.fixture
def results(made: Path, folder: Path) -> Path:
    """Put both runs into the results of the test's own folder."""
    return Path(shutil.copytree(made, folder / "results"))


def test_a_page_is_restyled_and_nothing_else_of_it_changes(command: Command, results: Path) -> None:
    done = command("tearsheet", "one", "--lang", "zh", "--up", "green", "--scheme", "dark")
    assert done.code == 0
    file = results / "one" / "tearsheet.zh.green-up.dark.html"
    assert done.out == f"Tearsheet: {file}\n"
    old, new = ((results / "one" / name).read_text("utf-8") for name in ("tearsheet.html", file.name))
    assert '<html lang="zh" data-up="green" data-scheme="dark">' in new
    assert old.split(">", 2)[2] == new.split(">", 2)[2]


def test_a_run_without_a_page_says_how_to_make_it(command: Command, results: Path) -> None:
    done = command("tearsheet", "two", "--lang", "zh")
    assert done.code == 2
    assert "made without a page; `screener backtest --config" in done.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--lang", "de"), "--lang=de: Allowed: en, zh"),
        (("--up", "blue", "--scheme", "drak"), "--scheme=drak: did you mean dark?"),
    ],
)
def test_a_style_that_is_none_is_refused(
    command: Command, results: Path, options: tuple[str, ...], said: str
) -> None:
    done = command("tearsheet", "one", *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert sorted(path.name for path in (results / "one").glob("tearsheet*")) == ["tearsheet.html"]


def test_no_browser_is_two_lines_and_leaves_nothing(
    command: Command, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCREENER_BROWSER", "no-such-program")
    done = command("tearsheet", "one", "--pdf")
    assert done.code == 2
    assert "SCREENER_BROWSER=no-such-program is not a program" in done.err
    assert list((results / "one").glob("*.pdf")) == []


def test_a_browser_that_fails_leaves_the_earlier_pdf(
    command: Command, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = tmp_path / "fails"
    fails.write_text("#!/bin/sh\necho broken >&2\nexit 1\n", encoding="utf-8")
    fails.chmod(0o755)
    if shutil.which(str(fails)) is None:
        pytest.skip("this system runs no such program")
    monkeypatch.setenv("SCREENER_BROWSER", str(fails))
    pdf = results / "one" / "tearsheet.pdf"
    pdf.write_bytes(b"%PDF earlier")
    done = command("tearsheet", "one", "--pdf")
    assert done.code == 3
    assert "did not print the page: broken" in done.err
    assert pdf.read_bytes() == b"%PDF earlier"
    assert sorted(path.name for path in pdf.parent.glob("*tearsheet*")) == ["tearsheet.html", "tearsheet.pdf"]


def test_the_pdf_of_a_page_has_its_pages(command: Command, results: Path) -> None:
    try:
        browser.find_browser()
    except ValueError:
        pytest.skip("no Chromium on this machine")
    done = command("tearsheet", "one", "--pdf", "--lang", "zh")
    assert done.code == 0, done.err
    pdf = (results / "one" / "tearsheet.zh.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type /Page/") >= 4


def test_runs_stand_on_one_page_with_what_sets_them_apart(command: Command, results: Path) -> None:
    done = command("compare", "one", str(results / "two"), "--out", "both.html")
    assert done.code == 0
    assert "params.window" in done.out
    assert "SIMULATED" in done.out
    page = Page(Path("both.html").read_text("utf-8"))
    assert "params.window" in page.text
    assert "Over its own equal weight" in page.text
    figures = {
        name: json.loads((results / name / "metrics.json").read_text("utf-8")) for name in ("one", "two")
    }
    for content in figures.values():
        rate = content["metrics"]["headline"]["theme-momentum"]["cagr"]
        assert f"{100 * rate:.1f} %".replace("-", "\N{MINUS SIGN}") in page.text


def test_compared_runs_as_json_name_page_figures_and_settings(command: Command, results: Path) -> None:
    done = command("compare", "one", "two", "--json")
    found = json.loads(done.out)
    assert [row["run"] for row in found["figures"]] == ["one", "two"]
    assert [row["name"] for row in found["settings"]] == ["params.window"]
    assert Path(found["page"]).is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("one",), "compare takes 2 to 8 runs, not 1"),
        (("one", "one"), "a run is named twice"),
        (("one", "thre"), "run thre: there is no such run; Allowed: one, two"),
        (("one", "two", "--membership", "hindsight", "--placebo", "3"), "--membership, --placebo: of rules"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    command: Command, results: Path, words: tuple[str, ...], said: str
) -> None:
    done = command("compare", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert list(results.glob("*.html")) == []


def test_rules_have_no_page_of_their_own(command: Command, folder: Path) -> None:
    done = command("compare", "equal-weight", "--out", "page.html")
    assert done.code == 2
    assert "--out is the page of saved runs" in done.err


def test_the_index_leads_to_every_run_that_has_a_page(command: Command, results: Path) -> None:
    (results / "one").rename(results / "一 <b>&")
    done = command("runs", "index")
    assert done.out == f"Index of 2 runs: {results / 'index.html'}\n"
    page = Page((results / "index.html").read_text("utf-8"))
    assert page.attributes("href") == ["%E4%B8%80%20%3Cb%3E%26/tearsheet.html"]
    assert "一 <b>&" in page.texts
    assert "two" in page.texts


def test_an_index_of_nothing_says_so(command: Command, folder: Path) -> None:
    assert command("runs", "index").code == 0
    assert "No runs yet." in (folder / "results" / "index.html").read_text("utf-8")


def test_an_index_keeps_name_and_source_apart_and_has_the_switches(command: Command, results: Path) -> None:
    assert command("runs", "index", "--lang", "zh").code == 0
    text = (results / "index.html").read_text("utf-8")
    assert "</a> <small>sample null" in text
    assert 'data-switch="lang"' in text and 'data-switch="scheme"' in text
    assert "发布口径" in text


def test_common_days_of_less_than_a_year_are_said_and_compared_in_all(
    command: Command, results: Path
) -> None:
    done = command("compare", "one", "two", "--out", "both.html")
    assert "The common days are less than a year" in done.out
    assert "over equal weight, points" in done.out
    assert "共同区间不足一年" in Path("both.html").read_text("utf-8")
    found = {
        name: json.loads((results / name / "metrics.json").read_text("utf-8")) for name in ("one", "two")
    }
    earned = {
        name: content["metrics"]["headline"]["theme-momentum"]["total_return"]
        for name, content in found.items()
    }
    best = max(earned, key=lambda name: earned[name])
    lead = f"{best} earned most: {100 * earned[best]:.1f} % in all."
    page = Page(Path("both.html").read_text("utf-8"))
    assert lead in page.text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def test_a_damaged_run_stops_a_comparison_in_a_line(command: Command, results: Path) -> None:
    (results / "two" / "metrics.json").write_text("{}", encoding="utf-8")
    done = command("compare", "one", "two")
    assert done.code == 2
    assert "metrics.json: lacks 'run_id'; make the run again" in done.err


def test_the_index_gives_no_rate_a_year_of_half_a_year(command: Command, results: Path) -> None:
    command("runs", "index")
    page = Page((results / "index.html").read_text("utf-8"))
    content = json.loads((results / "one" / "metrics.json").read_text("utf-8"))
    own = content["metrics"]["headline"]["theme-momentum"]
    assert f"{100 * own['volatility']:.1f} %" in page.text
    assert f"{100 * own['cagr']:.1f} %".replace("-", "\N{MINUS SIGN}") not in page.text


def test_a_damaged_run_is_named_and_the_others_are_listed(command: Command, results: Path) -> None:
    (results / "two" / "metrics.json").write_text("{", encoding="utf-8")
    for words in (("runs", "list"), ("runs", "index")):
        done = command(*words)
        assert done.code == 0
        assert "Left out: " in done.err and "two" in done.err
    assert "one" in command("runs", "list").out
    assert "Index of 1 runs" in command("runs", "index").out
