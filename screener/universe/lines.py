"""Find the line of a key in a theme file, because tomllib keeps none."""

from __future__ import annotations

import re

__all__ = ["Lines"]

HEADER = re.compile(r"""\s*\[{1,2}\s*([\w."'-]+)\s*\]{1,2}""")
KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*[.=]""")
FENCE = re.compile(r'"""|\'\'\'')


class Lines:
    """Line numbers of the keys of a text that is valid TOML.

    Notes
    -----
    Tables are told by name and number: the top is ``("", 0)``, the third ``[[members]]`` ``("members", 2)``.
    A table of a member (``[members.source]``) counts as its key. Lines of multi-line strings are passed over.
    """

    def __init__(self, text: str) -> None:
        self._found: dict[tuple[str, int, str], int] = {}
        self._table = ("", 0)
        inside = False
        for number, line in enumerate(text.split("\n"), 1):
            if not inside:
                self._note(line, number)
            inside ^= len(FENCE.findall(line)) % 2 == 1

    def of(self, table: str, number: int, key: str) -> int:
        """Return the line of a key, else of the head of its table, else 1."""
        for place in ((table, number, key), (table, number, "")):
            if place in self._found:
                return self._found[place]
        return 1

    def _note(self, line: str, number: int) -> None:
        """Take down what one line opens or sets; the first place wins."""
        table, count = self._table
        if header := HEADER.match(line):
            name, _, below = header[1].replace('"', "").replace("'", "").partition(".")
            if below:
                self._table = (f"{name}.{below}", count)
                self._found.setdefault((name, count, below), number)
                return
            count = count + 1 if table.partition(".")[0] == name else 0
            self._table = (name, count)
            self._found.setdefault((name, count, ""), number)
        elif key := KEY.match(line):
            self._found.setdefault((table, count, key[1]), number)
