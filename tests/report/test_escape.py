"""Nothing that comes from outside becomes anything but text."""

import base64
import dataclasses
import hashlib
import json
import re

import pytest

from screener.report.html import Markup, escape, tag
from screener.report.layout import document
from screener.report.style import Style
from screener.report.tearsheet import render
from screener.report.words import drawn, hint, spoken, two
from tests.report.fake import Names, fake_run
from tests.report.pages import Page
from tests.report.worlds import told, world

FIELDS = [f.name for f in dataclasses.fields(Names)]
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><b>",
    "javascript:alert(1)",
    "{{7*7}}",
    "&lt;b&gt;",
    "a\u2028b",
    "</style><i>' onmouseover='x",
)


@pytest.fixture(scope="module")
def harmless():
    return Page(render(fake_run(n_days=12)))


@pytest.mark.parametrize("payload", PAYLOADS[:2])  # test_injection tries all of them in nine places
@pytest.mark.parametrize("field", FIELDS)
def test_a_hostile_name_adds_no_element_and_stays_visible(harmless, field, payload):
    page = Page(render(fake_run(n_days=12, names=dataclasses.replace(Names(), **{field: payload}))))
    assert page.shape == harmless.shape
    assert page.raw == harmless.raw
    assert payload in page.text or payload in page.attributes("title") + page.attributes("aria-label")


@pytest.mark.parametrize("payload", [text for text in PAYLOADS if len(text.splitlines()) == 1])
def test_hostile_names_in_what_the_rule_saw_add_no_element(payload):
    page = Page(render(world(40, told(payload))))
    tame = Page(render(world(40, told("x"))))
    assert page.shape == tame.shape
    assert page.raw == tame.raw


@pytest.mark.parametrize("field", list(told()))
def test_a_hostile_name_in_what_the_rule_saw_stays_visible(field):
    page = Page(render(world(40, told() | {field: PAYLOADS[1]})))
    spoken = page.attributes("title") + page.attributes("aria-label")
    assert PAYLOADS[1] in page.text or any(PAYLOADS[1] in text for text in spoken)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("note", ["Rules switched off: {}.", "{}"])
def test_a_hostile_note_is_text_in_both_languages(note, payload):
    run = dataclasses.replace(fake_run(n_days=12), notes=(note.format(payload),))
    tame = dataclasses.replace(run, notes=(note.format("x"),))
    page = Page(render(run))
    assert page.raw == Page(render(tame)).raw
    assert page.shape == Page(render(tame)).shape
    assert payload in page.text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_contents_of_hints_and_labels_are_quoted(payload):
    built = tag("th", "x", **hint(payload, payload), **spoken(payload, payload))
    page = Page(built)
    assert page.shape == [("th", ("aria-label", "data-zh", "data-zh-label", "title"))]
    assert set(page.elements[0][1].values()) == {payload}
    assert two(payload, payload).count("<") == 4
    assert drawn(payload, payload).count("<") == 4


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_settings_are_text(payload):
    run = fake_run(n_days=12, names=dataclasses.replace(Names(), parameter="tame", value=payload))
    page = render(run, None, Style("zh"))
    assert Page(page).shape == Page(render(fake_run(n_days=12), None, Style("zh"))).shape


@pytest.mark.parametrize("field", ["theme", "stock", "rule", "value", "benchmark", "note", "reason", "file"])
def test_what_a_reader_must_see_is_text_and_not_only_a_hint(field):
    page = Page(render(fake_run(n_days=12, names=dataclasses.replace(Names(), **{field: PAYLOADS[1]}))))
    assert PAYLOADS[1] in page.text


def test_the_policy_allows_only_the_blocks_that_are_there(harmless):
    policy = next(a["content"] for _, a in harmless.elements if a.get("http-equiv"))
    blocks = [(name, data) for name, attributes, data in harmless.raw if "type" not in attributes]
    assert [name for name, _ in blocks] == ["style", "script"]
    for name, data in blocks:
        digest = base64.b64encode(hashlib.sha256(data.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_the_page_asks_for_nothing(harmless):
    page = render(fake_run(n_days=12))
    assert not re.search(r"https?:|//[a-z]|@import|url\(", page.replace("// ", ""))
    names = {name for _, attributes in harmless.elements for name in attributes}
    assert all(link.startswith("#") for link in harmless.attributes("href"))
    assert not names & {"src", "style", "srcset", "action", "data", "poster", "background"}
    assert not [name for name in names if name.startswith("on")]


def test_the_embedded_data_hold_no_name():
    hostile = Names(**dict.fromkeys(FIELDS, "SENTINEL"))
    raw = Page(render(fake_run(n_days=12, names=hostile))).raw
    assert len(raw) == 3
    assert not [block for block in raw if "SENTINEL" in block[2]]


def test_the_embedded_data_cannot_end_their_block():
    held = {"</script><b>": ["<!--", "\u2028"]}
    page = document("title", Markup(), held)
    data = next(text for _, attributes, text in Page(page).raw if attributes.get("id") == "readings")
    assert json.loads(data) == held
    assert "<" not in data and data.isascii()


def test_characters_that_html_forbids_are_replaced():
    assert escape("a\x00b\ud800c\x1b") == "a\ufffdb\ufffdc\ufffd"
    escape("a\ud800").encode("utf-8")


def test_attributes_are_quoted_and_left_out_when_there_is_nothing_to_say():
    built = tag("td", "<", title='"x', class_=None, data_left=1, hidden=True)
    assert built == '<td title="&quot;x" data-left="1" hidden>&lt;</td>'
