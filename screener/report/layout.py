"""The frame of a page: sections, the contents that lead to them, and the document around both."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import NamedTuple

from screener.report.html import Markup, raw_hash, tag
from screener.report.style import Style
from screener.report.words import Words, hint, spoken, two

__all__ = ["Section", "bar", "document", "section"]

SHEETS = ("style.css", "charts.css", "lineup.css", "attribution.css", "choices.css", "print.css")
PLAIN = Style()


class Section(NamedTuple):
    """A section that is ready: where links lead, what the contents call it, and what it holds."""

    id: str
    short: Words
    body: Markup


def section(
    id: str, title: Words, *content: object, note: object = "", short: Words | None = None, class_: str = ""
) -> Section:
    """Build a section.

    Parameters
    ----------
    id : str
        Where links lead; written by us, never by a user.
    title : Words
    content : text or Markup
    note : text or Markup
        What a reader must know first, in small type.
    short : Words, optional
        What the contents call it, if not by its title.
    class_ : str
        ``flow`` lets a long section break over printed pages.
    """
    head = tag("h2", two(*title))
    body = tag("section", head, explain(note), *content, id=id, class_=class_ or None)
    return Section(id, short or title, body)


def explain(note: object) -> Markup:
    """Write a note in small type; nothing of nothing."""
    return tag("p", note, class_="note") if note else Markup()


def bar(sections: Iterable[Section]) -> Markup:
    """Build the bar that stays on top: the contents and the switches."""
    links = (tag("a", two(*part.short), href=f"#{part.id}") for part in sections)
    contents = tag("nav", *links, **spoken("Contents", "目录"))
    switches = tag(
        "div",
        _switch("whole", ("Whole span", "全部区间"), ("Show all days again (Escape)", "恢复全部日期（Esc）")),
        _switch("up", ("Colour", "涨跌色"), ("Gains in red or in green", "红涨绿跌，或绿涨红跌")),
        _switch("scheme", ("Light/dark", "深/浅色"), ("Light or dark page", "浅色或深色页面")),
        _switch("lang", ("中文", "English"), ("Show in Chinese", "改用英文显示")),
        class_="switches live",
    )  # fmt: skip
    return tag("div", contents, switches, class_="topbar")


def _switch(name: str, text: Words, said: Words) -> Markup:
    """Build a switch; it works by the script, which shows it."""
    word = two(*text) if name in ("whole", "lang") else tag("span", two(*text), class_="word")
    return tag("button", word, type="button", data_switch=name, **spoken(*said), **hint(*said))


def document(
    title: str, body: Markup, readings: dict[str, object], style: Style = PLAIN, top: object = ""
) -> str:
    """Wrap the body with styles, script and a policy that allows nothing else."""
    sheet, script = stylesheet(), _script()
    data = json.dumps(readings, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; style-src {raw_hash(sheet)}; script-src {raw_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name_="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Markup(sheet)),
    )
    page = tag(
        "body",
        top,
        tag("main", body),
        tag("script", Markup(data), type="application/json", id="readings"),
        tag("script", Markup(script)),
    )
    return f"<!DOCTYPE html>\n{style.root(head, page)}\n"


@functools.cache
def stylesheet() -> str:
    """Return the style: the dark colours stand in one file and are said for the system and for the switch."""
    dark = _asset("dark.css").strip()
    sheets = "".join(map(_asset, SHEETS))
    return (
        f"{sheets}@media screen {{\n:root[data-scheme=dark] {{\n{dark}\n}}\n}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{\n:root[data-scheme=auto] {{\n{dark}\n}}\n}}\n"
    )


@functools.cache
def _script() -> str:
    """Return the script without its comments and indentation."""
    lines = (line.strip() for line in _asset("script.js").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _asset(name: str) -> str:
    return files("screener.report").joinpath(name).read_text(encoding="utf-8")
