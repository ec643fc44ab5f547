"""Reading a page back, with the standard library's parser."""

from __future__ import annotations

import re
from html.parser import HTMLParser

RAW = ("style", "script")


class Page(HTMLParser):
    """Elements with their attributes, and the text that a reader may see."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, dict[str, str | None], str]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), f"{tag}: an attribute twice"
        self.elements.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if self.open and self.open[-1] in RAW:
            self.raw.append((*self.elements[-1], data))
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return elements and the names of their attributes, in order."""
        return [(tag, tuple(sorted(attributes))) for tag, attributes in self.elements]

    def attributes(self, name: str) -> list[str]:
        return [a[name] for _, a in self.elements if a.get(name) is not None]


def points(path: str) -> list[tuple[float, float]]:
    """Walk along a path of M, V, l, h and Z, in units of the drawing."""
    x = y = 0.0
    found = []
    for command, text in re.findall(r"([MVlhZ])([^MVlhZ]*)", path):
        numbers = [float(n) for n in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", text)]
        if command == "l":
            for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
                x, y = x + dx, y + dy
                found.append((round(x, 6), round(y, 6)))
        elif command != "Z":
            x = numbers[0] if command == "M" else x + numbers[0] if command == "h" else x
            y = numbers[-1] if command in "MV" else y
            found.append((round(x, 6), round(y, 6)))
    return found


def section(page: str, id: str) -> str:
    """Return the markup of a section."""
    return page.split(f'id="{id}"', 1)[1].split("</section>", 1)[0]


def in_english(markup: str) -> str:
    """Leave out what is said in Chinese only."""
    return re.sub(r'<(span|tspan) lang="zh">.*?</\1>', "", markup)


def rows(page: str, id: str, number: int = 0) -> list[list[str]]:
    """Return the English cells of a table of a section, row by row."""
    table = in_english(section(page, id)).split("<table", number + 2)[number + 1].split("</table>", 1)[0]
    lines = re.split(r"<tr[^>]*>", table)[1:]
    return [[Page(f"<{piece}").text.replace("\n", " ").strip() for piece in _cells(line)] for line in lines]


def _cells(line: str) -> list[str]:
    pieces = line.replace("<th", "\0th").replace("<td", "\0td").split("\0")
    return [piece for piece in pieces if piece.startswith(("th", "td"))]
