"""How the page looks: contrast, both schemes, the frame, and a size that a mail can carry."""

import re

import pytest

from screener.report.html import Markup
from screener.report.layout import document, section, stylesheet
from screener.report.style import Style, restyle
from screener.report.tearsheet import render
from tests.report.fake import fake_run
from tests.report.pages import Page

TEXTS = ("ink", "quiet", "red", "green", "pass", "fail", "link")
LINES = ("rule", "ew", "bm")
PAPERS = ("paper", "wash")


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})\b", block))


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    text = colour[1:]
    text = "".join(c * 2 for c in text) if len(text) == 3 else text
    parts = [int(text[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


LIGHT = colours(stylesheet().split("}", 1)[0])
DARK = colours(stylesheet().split("data-scheme=dark] {", 1)[1].split("}", 1)[0])
PRINT = LIGHT | colours(stylesheet().split("@media print", 1)[1].split("}", 2)[1])


def test_the_contrast_of_black_and_white_is_21():
    assert contrast("#000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, DARK, PRINT], ids=["light", "dark", "print"])
def test_text_and_lines_can_be_told_from_the_paper(scheme):
    weak = [(t, p) for t in TEXTS for p in PAPERS if contrast(scheme[t], scheme[p]) < 4.5]
    bands = ("paper", "ph1", "ph2", "ph3", "ph4")
    weak += [(line, b) for line in LINES for b in bands if contrast(scheme[line], scheme[b]) < 3.0]
    assert weak == []


def test_dark_redefines_every_colour_of_light():
    assert set(DARK) == set(LIGHT)


def test_lines_differ_by_more_than_colour():
    sheet = stylesheet()
    drawn = {c: re.search(rf"\.line\.{c} {{([^}}]+)}}", sheet)[1] for c in LINES}
    dashes = {c: re.findall(r"stroke-dasharray: ([^;]+);", text) for c, text in drawn.items()}
    assert len({tuple(d) for d in dashes.values()}) == len(LINES)


def test_nothing_is_fetched_and_no_rule_of_print_is_lost():
    sheet = stylesheet()
    assert "url(" not in sheet and "@import" not in sheet
    assert sheet.count("{") == sheet.count("}")
    printed = sheet.split("@media print", 1)[1]
    for promise in ("size: A4", "counter(page)", ".topbar, .live { display: none; }", "table-header-group"):
        assert promise in printed


def test_the_script_is_small():
    page = render(fake_run(12))
    script = next(data for name, attributes, data in Page(page).raw if name == "script" and not attributes)
    assert len(script.encode()) < 8_500


def test_styles_differ_in_the_root_alone():
    run = fake_run(12)
    plain, other = render(run), Style("zh", "green", "dark")
    styled = render(run, None, other)
    root = '<html lang="zh" data-up="green" data-scheme="dark">'
    assert styled == re.sub("<html [^>]*>", root, plain, count=1)
    assert styled == restyle(plain, other)


def test_red_is_up_unless_the_root_says_green():
    sheet = stylesheet()
    assert "--up: var(--red); --down: var(--green);" in sheet.split("}", 1)[0]
    assert ":root[data-up=green] { --up: var(--green); --down: var(--red); }" in sheet
    assert '<html lang="en" data-up="red" data-scheme="auto">' in render(fake_run(12))


def test_the_contents_lead_to_every_section_in_their_order():
    page = render(fake_run(12))
    contents = page.split("<nav", 1)[1].split("</nav>", 1)[0]
    ids = re.findall(r'<section id="(\w+)"', page)
    assert re.findall(r'href="#(\w+)"', contents) == ids
    every = Page(page).attributes("id")
    assert len(every) == len(set(every))


def test_a_section_is_built_from_words_and_content():
    built = section("x", ("Title", "标题"), Markup("<p>a</p>"), note="b < c", short=("T", "题"))
    assert built.id == "x" and built.short == ("T", "题")
    assert built.body == (
        '<section id="x"><h2><span lang="en">Title</span><span lang="zh">标题</span></h2>'
        '<p class="note">b &lt; c</p><p>a</p></section>'
    )


def test_a_document_has_one_root_with_the_style():
    page = document("t", Markup("<p>x</p>"), {}, Style(lang="zh"))
    assert page.startswith('<!DOCTYPE html>\n<html lang="zh" data-up="red" data-scheme="auto"><head>')
    assert page.endswith("</html>\n")
