"""The page in words: the same sections as Markdown, for people without a browser and for machines.

It is read from the page itself, so that nothing can stand in one and not in the other. Drawings, switches and
the list of orders are left out; the orders are in ``orders.csv``.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

__all__ = ["markdown"]

HIDDEN = frozenset({"head", "nav", "script", "style", "svg", "label", "input", "button"})
VOID = frozenset({"br", "col", "input", "link", "meta"})
HEADINGS = {"h1": "#", "h2": "##", "h3": "###", "summary": "####", "caption": "####"}
BLOCKS = frozenset({"p", "li", "dt", "dd", "figcaption", *HEADINGS})
SKIPPED = frozenset({"orders"})  # sections that are a file of their own
APART = frozenset(
    {"a", "b", "div", "output", "small"}
)  # stand beside what is before them, with a space between
SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def markdown(page: str, lang: str = "en") -> str:
    """Write a page as Markdown in one of its languages.

    Parameters
    ----------
    page : str
        HTML that `render` made.
    lang : {"en", "zh"}

    Returns
    -------
    str
        Tables are pipe tables; text that came from elsewhere cannot become markup.
    """
    reader = _Reader(lang)
    reader.feed(page)
    reader.close()
    return "\n\n".join(reader.blocks) + "\n"


class _Reader(HTMLParser):
    """Collects blocks of text from the elements of a page."""

    def __init__(self, lang: str) -> None:
        super().__init__(convert_charrefs=True)
        self.other = "zh" if lang == "en" else "en"
        self.blocks: list[str] = []
        self.open: list[tuple[str, bool]] = []  # elements, and whether each hides what is inside
        self.text: list[str] = []
        self.rows: list[list[str]] = []
        self.term = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in VOID:
            return
        hides = tag in HIDDEN or (tag == "span" and given.get("lang") == self.other)
        hides = hides or "hidden" in given or given.get("id") in SKIPPED
        self.open.append((tag, hides))
        if tag in APART or "class" in given:
            self.text.append(" ")
        if tag in BLOCKS or tag in ("table", "th", "td"):
            self._flush()
        if tag == "table":
            self.rows = []
        elif tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag: str) -> None:
        shown = not self._hidden()
        while self.open and self.open.pop()[0] != tag:
            pass
        if not shown or self._hidden():
            return
        if tag in ("th", "td"):
            self.rows[-1].append(self._taken())
        elif tag == "table":
            self._table()
        elif tag in BLOCKS:
            self._block(tag, self._taken())

    def handle_data(self, data: str) -> None:
        if not self._hidden():
            self.text.append(data)

    def _hidden(self) -> bool:
        return any(hides for _, hides in self.open)

    def _inside(self, tag: str) -> bool:
        return any(name == tag for name, _ in self.open)

    def _taken(self) -> str:
        """Return the text so far on one line, with nothing in it that Markdown would read."""
        text = SPECIAL.sub(r"\\\1", " ".join("".join(self.text).split()))
        self.text.clear()
        return text

    def _flush(self) -> None:
        """Close text that stands in no block of its own."""
        if self._inside("table") or self._inside("li"):
            return
        if text := self._taken():
            self.blocks.append(text)

    def _block(self, tag: str, text: str) -> None:
        if self._inside("table") or not text:
            return
        if tag == "dt":
            self.term = text
        elif tag == "dd":
            self._item(f"**{self.term}**: {text}" if self.term else f"  {text}")
            self.term = ""
        elif tag == "li":
            self._item(text)
        else:
            self.blocks.append(f"{HEADINGS[tag]} {text}" if tag in HEADINGS else text)

    def _item(self, text: str) -> None:
        """Add an item to the list that is open, or open one."""
        if self.blocks and self.blocks[-1].startswith("- "):
            self.blocks[-1] += f"\n- {text}"
        else:
            self.blocks.append(f"- {text}")

    def _table(self) -> None:
        rows = [row for row in self.rows if row]
        self.rows = []
        if not rows:
            return
        width = max(map(len, rows))
        lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
        lines.insert(1, "|" + " --- |" * width)
        self.blocks.append("\n".join(lines))
