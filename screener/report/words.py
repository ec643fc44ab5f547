"""Words in two languages: a page holds both, and shows those of the language it is set to.

The language is the ``lang`` of the page's root; the style hides the other, and the switch on the page changes
it. What came from a user or a file is a name, not a word: it stands as it is.
"""

from __future__ import annotations

from screener.report.html import Markup, join, tag

__all__ = ["LANGUAGES", "hint", "two"]

LANGUAGES = ("en", "zh")


def two(english: object, chinese: object) -> Markup:
    """Say something in both languages, of which the page shows one.

    Examples
    --------
    >>> two("Cost", "成本")
    '<span lang="en">Cost</span><span lang="zh">成本</span>'
    """
    return join([tag("span", english, lang="en"), tag("span", chinese, lang="zh")])


def hint(english: str, chinese: str) -> dict[str, str]:
    """Return the attributes of what is said when an element is pointed at, for `tag`.

    The script puts the Chinese in the place of the English when the page is switched.
    """
    return {"title": english, "data_zh": chinese}
