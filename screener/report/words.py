"""Words in two languages: a page holds both, and shows those of the language it is set to.

The language is the ``lang`` of the page's root; the style hides the other, and the switch on the page changes
it. What came from a user or a file is a name, not a word: it stands as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from screener.report.html import Markup, join, tag

__all__ = ["LANGUAGES", "Phrases", "Words", "drawn", "hint", "spoken", "tied", "two"]

LANGUAGES = ("en", "zh")
Words = tuple[str, str]  # English, Chinese
_UNIT = re.compile(r"(?<=\d) (?=%|points|bn |m |亿|万|元|CNY)")


def two(english: object, chinese: object) -> Markup:
    """Say something in both languages, of which the page shows one.

    Examples
    --------
    >>> two("Cost", "成本")
    '<span lang="en">Cost</span><span lang="zh">成本</span>'
    """
    return join([tag("span", english, lang="en"), tag("span", chinese, lang="zh")])


def drawn(english: object, chinese: object) -> Markup:
    """Say something in both languages inside a drawing."""
    return join([tag("tspan", english, lang="en"), tag("tspan", chinese, lang="zh")])


def hint(english: object, chinese: object) -> dict[str, object]:
    """Return the attributes of what is said when an element is pointed at, for `tag`.

    The script puts the Chinese in the place of the English when the page is switched.
    """
    return {"title": english, "data_zh": chinese}


class Phrases:
    """Sentences of ours whose Chinese is known, by patterns of the English.

    Parameters
    ----------
    known : sequence of (pattern, Chinese)
        The Chinese holds ``{0}``, ``{1}`` for the groups of its pattern; the first that fits counts.
    names : mapping of str to str
        Of groups that have a Chinese name of their own.
    """

    def __init__(self, known: Sequence[Words], names: Mapping[str, str] | None = None) -> None:
        self._known = [(re.compile(pattern), chinese) for pattern, chinese in known]
        self._names = names or {}

    def chinese(self, text: str) -> str | None:
        """Return a sentence in Chinese, None for one that is not ours."""
        for pattern, chinese in self._known:
            if found := pattern.fullmatch(text):
                return chinese.format(*(self._names.get(part, part) for part in found.groups()))
        return None


def spoken(english: object, chinese: object) -> dict[str, object]:
    """Return the attributes of what a screen reader says of an element, for `tag`."""
    return {"aria_label": english, "data_zh_label": chinese}


def tied(text: str) -> str:
    """Keep numbers and their units on one line, by a space that does not break."""
    return _UNIT.sub("\N{NO-BREAK SPACE}", text)
