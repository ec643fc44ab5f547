"""How a page looks when it is opened: language, colour of a gain, light or dark; attributes of its root."""

from __future__ import annotations

import re
from dataclasses import dataclass

from screener.errors import SpecError
from screener.report.html import Markup, tag

__all__ = ["Style", "restyle", "style_of"]

_ROOT = re.compile(r"<html [^<>]*>")
_ATTRIBUTE = re.compile(r'([a-z-]+)="([a-z]*)"')


@dataclass(frozen=True)
class Style:
    """What a page shows at first; its own switches change all of it.

    Attributes
    ----------
    lang : {"en", "zh"}
    up : {"red", "green"}
        Colour of a gain: red as in China, or green.
    scheme : {"auto", "light", "dark"}
        ``auto`` follows the reader's system.
    """

    lang: str = "en"
    up: str = "red"
    scheme: str = "auto"

    def root(self, *children: object) -> Markup:
        """Build the root element of a page."""
        return tag("html", *children, lang=self.lang, data_up=self.up, data_scheme=self.scheme)


def style_of(page: str) -> Style:
    """Return the style that a page opens in; that of a new page where it is of an earlier version."""
    given = dict(_ATTRIBUTE.findall(found[0])) if (found := _ROOT.search(page)) else {}
    named = {"lang": given.get("lang"), "up": given.get("data-up"), "scheme": given.get("data-scheme")}
    return Style(**{name: value for name, value in named.items() if value})


def restyle(page: str, style: Style) -> str:
    """Return a page that opens in another style; nothing else of it changes.

    Raises
    ------
    SpecError
        If the text is no page of this version.
    """
    opening = style.root().removesuffix("</html>")
    restyled, found = _ROOT.subn(opening, page, count=1)
    if not found or "data-scheme" not in page[:400]:
        raise SpecError("the page is of an earlier version; make the run again")
    return restyled
