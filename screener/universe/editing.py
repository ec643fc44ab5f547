"""Change a theme file line by line, so that every line that is not meant stays as it is, byte for byte.

tomlkit writes the values, but does not carry the rest of a file: it drops the blank between a date and ``}``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from screener import workspace
from screener.errors import SymbolError, UniverseError
from screener.market.symbols import normalise
from screener.toml_text import FENCE, HEADER, Lines, decode, parse, shown
from screener.universe.template import member_text
from screener.universe.theme import Theme
from screener.universe.toml_file import checked

__all__ = [
    "Draft",
    "add_members",
    "end_member",
    "new_draft",
    "open_draft",
    "remove_member",
    "settle",
    "write",
]

DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Draft:
    """The text of a theme file on its way to the disk.

    Attributes
    ----------
    path : Path
        Where it is to stand.
    text : str
        With its own ends of lines, without a byte-order mark.
    copied_from : Path, optional
        The built-in file whose place it takes.
    mark : bool
        Whether the file on disk begins with a byte-order mark.
    """

    path: Path
    text: str
    copied_from: Path | None = None
    mark: bool = False

    @property
    def newline(self) -> str:
        """The end of a line, as the first line has it."""
        return "\r\n" if self.text.partition("\n")[0].endswith("\r") else "\n"


class Block(NamedTuple):
    """The lines of one member: its head, behind its last key, and behind the comments that follow."""

    start: int
    content: int
    stop: int


def new_draft(name: str, text: str) -> Draft:
    """Return the draft of a theme of the user's own that does not exist yet.

    Raises
    ------
    UniverseError
        If the name is unlawful, or the file exists.
    """
    if not workspace.is_name(name) or name.startswith("_"):
        raise UniverseError(f"theme name {name!r} must be {workspace.NAME_RULE}, and not begin with '_'")
    if name.upper() in DEVICES:
        raise UniverseError(f"theme name {name!r} is that of a device on Windows; choose another")
    path = workspace.home() / "universes" / f"{name}.toml"
    if path.exists():
        raise UniverseError(
            f"{shown(path)} exists; change it with `screener universe add`, or remove it first"
        )
    shipped = workspace.built_in("universes") / path.name
    return Draft(path, text, shipped if shipped.exists() else None)


def open_draft(name: str | Path) -> Draft:
    """Return a theme file as it stands; the draft of a built-in one belongs into the user's folder.

    Raises
    ------
    UniverseError
        If there is no such theme, or its file is no TOML in UTF-8.
    """
    found = workspace.find("universes", name)
    parse(found, decode(found))
    raw = found.read_bytes()
    text = raw.decode("utf-8-sig")
    own = workspace.home() / "universes" / found.name
    copied = workspace.origin("universes", found) == "built-in" and own.resolve() != found.resolve()
    path = own if copied else found.resolve()
    return Draft(path, text, found if copied else None, raw.startswith(BOM))


def add_members(draft: Draft, members: Iterable[Mapping[str, Any]]) -> Draft:
    """Put members behind the last one.

    Raises
    ------
    UniverseError
        If the members of the file do not stand in tables of their own.
    """
    new = [member_text(member) for member in members]
    lines, listed = split(draft.text), blocks(draft)
    last = not listed or listed[-1].stop == len(lines)
    place = len(lines) if last else listed[-1].content
    while last and place and not lines[place - 1].strip():
        place -= 1
    before = lines[:place]
    if before and not before[-1].endswith("\n"):
        before[-1] += draft.newline
    added = [f"\n{text}".replace("\n", draft.newline) for text in new]
    wanted = tomllib.loads(draft.text).get("members", [])
    wanted += [tomllib.loads(text)["members"][0] for text in new]
    return changed(draft, [*before, *added, *([] if last else lines[place:])], wanted)


def remove_member(draft: Draft, symbol: str) -> Draft:
    """Take a member out; comments that stand behind it stay.

    Raises
    ------
    UniverseError
        If it is no member.
    """
    lines, listed = split(draft.text), blocks(draft)
    number = position(draft, symbol)
    start, content, stop = listed[number]
    loose = lines[content:stop]
    loose = loose if any(line.strip() for line in loose) else []
    if not loose and stop == len(lines):  # it was the last thing in the file
        while start and not lines[start - 1].strip():
            start -= 1
    while loose and not loose[0].strip():
        loose = loose[1:]
    wanted = tomllib.loads(draft.text)["members"]
    return changed(draft, lines[:start] + loose + lines[stop:], wanted[:number] + wanted[number + 1 :])


def end_member(draft: Draft, symbol: str, until: dt.date) -> Draft:
    """Let a membership end: `until` is the first day on which the share is no longer a member.

    Raises
    ------
    UniverseError
        If it is no member.
    """
    lines, places, number = split(draft.text), Lines(draft.text), position(draft, symbol)
    wanted = tomllib.loads(draft.text)["members"]
    line = places.of("members", number, "until") - 1
    if "until" in wanted[number]:
        lines[line] = re.sub(r"(until\s*=\s*)[^\s#]+", rf"\g<1>{until}", lines[line], count=1)
    else:
        key = next(key for key in ("since", "name", "symbol") if key in wanted[number])
        lines.insert(places.of("members", number, key), f"until = {until}{draft.newline}")
    wanted[number]["until"] = until
    return changed(draft, lines, wanted)


def changed(draft: Draft, lines: list[str], members: list[dict[str, Any]]) -> Draft:
    """Return a draft of other lines, once they say exactly what is wanted and nothing else.

    Raises
    ------
    UniverseError
        If they do not: the file is laid out in a way that lines cannot be cut from.
    """
    text = "".join(lines)
    wanted = {**tomllib.loads(draft.text), "members": members}
    try:
        right = tomllib.loads(text) == (
            wanted if members else {k: wanted[k] for k in wanted if k != "members"}
        )
    except tomllib.TOMLDecodeError:
        right = False
    if not right:
        raise UniverseError(
            f"{shown(draft.path)}: it is laid out in a way that this command cannot change; write each "
            "member as a [[members]] table, or edit the file by hand"
        )
    return replace(draft, text=text)


def settle(draft: Draft) -> Theme:
    """Return the theme that a draft makes.

    Raises
    ------
    UniverseError
        With every problem of it, by line.
    """
    return checked(draft.path, draft.text)


def write(draft: Draft) -> None:
    """Write a draft whole, or not at all.

    Raises
    ------
    UniverseError
        If the folder cannot be written; what stood there before stays.
    """
    data = draft.text.encode("utf-8")
    workspace.write(draft.path, BOM + data if draft.mark else data, UniverseError)


def position(draft: Draft, symbol: str) -> int:
    """Return the number of the member with a symbol, in whatever spelling the file has it."""
    wanted = normalise(symbol)
    members = tomllib.loads(draft.text).get("members", [])
    for i, member in enumerate(members):
        with contextlib.suppress(SymbolError):
            if normalise(member.get("symbol")) == wanted:
                return i
    names = ", ".join(str(member.get("symbol")) for member in members)
    raise UniverseError(f"{shown(draft.path)}: {wanted} is no member; it has {names or 'none'}")


def blocks(draft: Draft) -> list[Block]:
    """Return the lines of every member, in the order of the file."""
    lines = split(draft.text)
    found: list[Block] = []
    inside, name = False, ""
    for i, line in enumerate(lines):
        header = None if inside else HEADER.match(line)
        if header:
            name = header[1]
            if name == "members":
                found.append(Block(i, i, i))
        if name.partition(".")[0] == "members":
            content = i + 1 if inside or is_content(line) else found[-1].content
            found[-1] = found[-1]._replace(content=content, stop=i + 1)
        inside ^= len(FENCE.findall(line)) % 2 == 1
    return found


def is_content(line: str) -> bool:
    """Say whether a line is neither blank nor a comment."""
    return not line.strip().startswith("#") and bool(line.strip())


def split(text: str) -> list[str]:
    """Return the lines of a text with their ends; other signs that break lines elsewhere do not count."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
