"""The page in words: the same text as the page, in one language, with nothing that Markdown would run."""

from __future__ import annotations

import re

import pytest

from screener.report.html import join, table, tag
from screener.report.markdown import markdown
from screener.report.tearsheet import render
from screener.report.words import two
from tests.report.fake import Names, fake_run

HOSTILE = "<img src=x onerror=alert(1)> [a](javascript:b) | `c` *d* _e_ # f"


def test_elements_become_the_markdown_of_their_kind():
    page = join(
        [
            tag("h1", "A title"),
            tag("section", tag("h2", two("Cost", "成本")), tag("p", "One ", tag("b", "bold"), " word.")),
            tag("ul", tag("li", "first"), tag("li", "second")),
            tag("dl", tag("dt", "term"), tag("dd", "meaning")),
            table(["Year", "Return"], [[2024, "1.5 %"], [2025, "2.0 %"]]),
            tag("svg", tag("text", "drawn")),
        ]
    )
    assert markdown(page) == (
        "# A title\n\n## Cost\n\nOne bold word.\n\n- first\n- second\n- **term**: meaning\n\n"
        "| Year | Return |\n| --- | --- |\n| 2024 | 1.5 % |\n| 2025 | 2.0 % |\n"
    )
    assert "## 成本" in markdown(page, "zh")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_text_of_others_stays_text(lang):
    names = Names(theme=HOSTILE, stock=HOSTILE, note=HOSTILE, benchmark=HOSTILE, rule="a|b_c")
    text = markdown(render(fake_run(names=names)), lang)
    bare = re.sub(r"\\[\\`*_\[\]<>|#]", "", text)
    assert not set("<>[]`") & set(bare)
    assert "a\\|b\\_c" in text


def test_every_table_has_as_many_cells_in_each_row():
    text = markdown(render(fake_run()))
    blocks = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(blocks) > 5
    for block in blocks:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1, block


def test_the_other_language_and_the_orders_are_left_out():
    english = markdown(render(fake_run()))
    assert "主要指标" not in english
    assert "## Orders" not in english
    assert "## 主要指标" in markdown(render(fake_run()), "zh")
