"""Both languages stand on the page, each of them whole."""

import re
from pathlib import Path

import pytest

import screener
from screener.report.evidence import Evidence
from screener.report.notes import KNOWN, said
from screener.report.tearsheet import render
from screener.report.words import drawn, hint, two
from tests.report.fake import Names, fake_run
from tests.report.pages import Page, section
from tests.report.worlds import told, world

CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
LATIN = re.compile(r"[A-Za-z]{2,}")
# What stands in Latin letters in Chinese as well: codes, units of the trade, names of the switches' targets.
LAWFUL = {"SZ", "SH", "SHA", "Esc", "English", "Carlo"}
NAMES = Names(
    theme="7", stock="7", rule="7", benchmark="7", caveat="7", note="7", data="7", file="7", entity="7",
    phase="peak", parameter="7", value="7", start="7", theme_id="optical",
)  # fmt: skip


def only(page: str, other: str) -> str:
    """Return a page without what is said in another language, scripts, codes and settings."""
    page = re.sub(rf'<(span|tspan)(?: class="\w+")? lang="{other}"(?: class="\w+")?>.*?</\1>', "", page)
    page = re.sub(r"<code.*?</code>|<(script|style|title).*?</\1>", "", page, flags=re.S)
    return page.split('<section id="provenance"', 1)[0]


@pytest.fixture(scope="module")
def page():
    named = {"member": "7", "former": "7", "report": "7", "quote": "7", "entity": "7", "unit": "USD million"}
    return render(world(60, told() | named, NAMES))


def test_every_word_is_said_twice(page):
    spans = re.findall(
        r'<(span|tspan)((?: class="\w+")?) lang="(en|zh)"', page.replace('" class="on">', '">')
    )
    assert len(spans) > 300
    assert [lang for *_, lang in spans] == ["en", "zh"] * (len(spans) // 2)


def test_the_english_page_holds_no_chinese(page):
    names = {*fake_run(60).titles.values(), "中文"}  # the last is the switch
    shown = Page(only(page, "zh")).texts
    assert len(shown) > 300
    assert [text for text in shown if CHINESE.search(text) and text not in names] == []


def test_the_chinese_page_holds_no_english():
    shown = Page(only(render(fake_run(60, names=NAMES)), "en")).texts
    words = {word for text in shown for word in LATIN.findall(text)}
    run = {
        "folder",
        "hindsight",
        "universes",
        "screener",
        "myrule",
        "optical",
        "idc",
    }  # its id, files, themes
    assert words - LAWFUL - run == set()


def test_every_hint_and_spoken_label_is_in_both_languages(page):
    for _, attributes in Page(page).elements:
        for english, chinese in (("title", "data-zh"), ("aria-label", "data-zh-label")):
            if chinese in attributes:
                assert not CHINESE.search(attributes[english] or "")
                assert CHINESE.search(attributes[chinese] or "") or attributes[chinese] == "Show in English"


def test_a_reason_for_a_missing_figure_is_in_both_languages(page):
    missing = [a for _, a in Page(page).elements if a.get("class") == "na"]
    assert missing
    assert all(a.get("title") and CHINESE.search(a.get("data-zh") or "") for a in missing)


@pytest.mark.parametrize(
    ("note", "chinese"),
    [
        (
            "The guidance score is unknown, and counts as 0, on 11% of the sessions.",
            "有 11% 的交易日指引评分未知，按 0 计。",
        ),
        ("Rules switched off: limits, <b>.", "已关闭的规则：limits, &lt;b&gt;。"),
        (
            "1,234 stock-days of 5 names: a bar before the board opened, no limit applied",
            "5 只股票共 1,234 个交易日：早于板块开市，不设涨跌幅限制。",
        ),
        (
            "2 of 9 shares have no prices and are left out: 600001.SH, 600002.SH.",
            "9 只股票中 2 只无行情，未计入：600001.SH, 600002.SH。",
        ),
        ("idc has 3 published members from 2024-08-19", "idc 自 2024-08-19 起有 3 只已发布成分股"),
    ],
)
def test_our_own_notes_are_translated(note, chinese):
    assert f'<span lang="zh">{chinese}</span>' in said(note)


def test_a_note_that_nobody_knows_stands_as_it_is():
    assert said("Something <else>.") == "Something &lt;else&gt;."
    assert said("{0} of {nothing}") == "{0} of {nothing}"


def test_notes_of_a_real_run_are_known():
    """The patterns are of sentences that the backtest writes: one that changes there must change here."""
    package = Path(screener.__file__).parent
    files = [path for room in ("backtest", "data", "market") for path in (package / room).rglob("*.py")]
    files += [package / "report" / name for name in ("verdict.py", "side_by_side.py")]
    sources = "".join(path.read_text(encoding="utf-8") for path in files)
    plain = [re.split(r"[\\(.*]", pattern)[0].strip() for pattern, _ in KNOWN]
    starts = [text for text in plain if len(text) > 12 and not text.startswith(("SIMULATED", "price index"))]
    assert len(starts) > 6
    assert [text for text in starts if text[:24] not in sources] == []


def test_builders_of_words():
    assert two("<", "零") == '<span lang="en">&lt;</span><span lang="zh">零</span>'
    assert drawn("a", "<") == '<tspan lang="en">a</tspan><tspan lang="zh">&lt;</tspan>'
    assert hint("a", "甲") == {"title": "a", "data_zh": "甲"}


def test_the_interval_of_the_excess_is_said_in_both_languages():
    evidence = Evidence(intervals={"headline": {"myrule": {"excess": (-0.091, 0.053)}}})
    page = render(fake_run(), evidence)
    lead = page.split('class="lead"', 1)[1].split("</p>", 1)[0]
    assert "With 95 % confidence the excess lies between −9.1 and +5.3 points a year." in lead
    assert "95% 置信区间：年化超额 −9.1 至 +5.3 个百分点。" in lead
    assert "−9.1 … +5.3" in section(page, "figures")
