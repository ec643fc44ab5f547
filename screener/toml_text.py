"""TOML as users write it: its text, its tables, the line of each key, and a path as messages show it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from screener.errors import ScreenerError, UniverseError

__all__ = ["FENCE", "HEADER", "Lines", "decode", "parse", "shown"]

HEADER = re.compile(r"""\s*\[{1,2}\s*([\w."'-]+)\s*\]{1,2}""")
KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*[.=]""")
FENCE = re.compile(r'"""|\'\'\'')


def shown(path: Path) -> str:
    """Return a path as messages show it: short below the current folder, with forward slashes everywhere."""
    return (path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path).as_posix()


def decode(path: Path, error: type[ScreenerError] = UniverseError) -> str:
    """Return the text of a file; a byte-order mark, as some editors write it, is no part of it.

    Raises
    ------
    OSError
        If it cannot be read.
    ScreenerError
        Of the kind given, if it is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as cause:
        line = path.read_bytes().count(b"\n", 0, cause.start) + 1
        raise error(f"{shown(path)}:{line}: is not UTF-8; save the file as UTF-8") from cause


def parse(
    path: Path,
    text: str,
    error: type[ScreenerError] = UniverseError,
    hint: str = "text and symbols need quotes",
    parse_float: Callable[[str], Any] = float,
) -> dict[str, Any]:
    """Return the tables of a text; where TOML itself is broken, the parser's message says the place.

    Raises
    ------
    ScreenerError
        Of the kind given, with the line as it is written and what may be wrong with it.
    """
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except tomllib.TOMLDecodeError as cause:
        place = re.search(r"\(at line (\d+), column \d+\)", str(cause))
        line = int(place[1]) if place else len(text.splitlines())
        reason = re.sub(r"\s*\(at .*\)", "", str(cause))
        written = text.split("\n")[line - 1].strip() if text else ""
        raise error(f"{shown(path)}:{line}: {reason}: {written} ({hint})") from cause


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
