"""Read a theme file: everything is checked, and all problems of a file are told at once with their lines."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from screener import workspace
from screener.errors import UniverseError, nearest
from screener.toml_text import Lines, decode, parse, shown
from screener.universe import rules
from screener.universe.rules import Problem
from screener.universe.theme import Citation, Exposure, FormerName, Member, Theme

__all__ = ["load", "load_all"]

Table = dict[str, Any]
Place = tuple[str, int, str]  # table, its number, key
Check = Callable[[Table], Iterator[Problem]]
THEME_KEYS = ("title", "title_zh", "stage", "note", "driver", "exposure", "members")


def load(name_or_path: str | Path) -> Theme:
    """Read one theme by name, the user's folder first, or by path.

    Raises
    ------
    UniverseError
        If there is no such theme, or its file breaks the contract; every problem on a line of its own.

    Examples
    --------
    >>> [member.name for member in load("optical").members[:3]]
    ['中际旭创', '新易盛', '天孚通信']
    """
    return read(workspace.find("universes", name_or_path))


def load_all(names: Iterable[str | Path]) -> tuple[Theme, ...]:
    """Read several themes, each once, in the order given.

    Raises
    ------
    UniverseError
        With the problems of all files together.
    """
    themes: list[Theme] = []
    problems: list[str] = []
    for name in names:
        try:
            theme = load(name)
        except UniverseError as error:
            problems += error.problems
            continue
        if theme.id in [earlier.id for earlier in themes]:
            problems.append(f"theme {theme.id!r} is named twice; name it once")
        themes.append(theme)
    if problems:
        raise UniverseError(*problems)
    return tuple(themes)


def read(path: Path) -> Theme:
    """Read a theme file whose path is known."""
    return checked(path, decode(path))


def checked(path: Path, text: str) -> Theme:
    """Return the theme that a text makes which stands, or is to stand, at a path.

    Raises
    ------
    UniverseError
        With every problem of it, by line.
    """
    document, lines = parse(path, text), Lines(text)
    found = sorted({(lines.of(*place), problem) for place, problem in file_problems(path.stem, document)})
    if found:
        raise UniverseError(*(f"{shown(path)}:{line}: {problem}" for line, problem in found))
    return build(path, document)


def file_problems(name: str, document: Table) -> Iterator[tuple[Place, str]]:
    """Yield everything that is wrong with a theme file, and the place of it."""
    members, exposure = document.get("members", []), document.get("exposure")
    yield from at("", 0, unknown(document, THEME_KEYS))
    if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
        yield ("", 0, "members"), "members must be tables that begin with [[members]]"
        members = []
    for problem in rules.theme_problems({**document, "id": name, "members": members}):
        table, number = ("", 0) if problem.member is None else ("members", problem.member)
        yield (table, number, problem.key), problem.text
    if exposure is not None:
        yield from table_problems("exposure", exposure, Exposure, rules.exposure_problems)
    for i, member in enumerate(members):
        yield from at("members", i, unknown(member, fields(Member)))
        yield from at("members", i, rules.member_problems(member))
        if (source := member.get("source")) is not None:
            yield from table_problems("source", source, Citation, rules.citation_problems, ("members", i))
        former = member.get("former")
        for entry in former if isinstance(former, list) else ():
            yield from table_problems("former", entry, FormerName, rules.former_problems, ("members", i))


def table_problems(
    key: str, value: object, kind: type, check: Check, inside: tuple[str, int] | None = None
) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with a small table, at its own keys or, in a member, at the key that holds it."""
    table, number = inside or (key, 0)
    if not isinstance(value, dict):
        yield (table, number, key), f"{key} must be a table with {', '.join(fields(kind))}"
        return
    for problem in [*unknown(value, fields(kind)), *check(value)]:
        where, text = (key, f"{key}: {problem.text}") if inside else (problem.key, problem.text)
        yield (table, number, where), text


def at(table: str, number: int, problems: Iterable[Problem]) -> Iterator[tuple[Place, str]]:
    """Yield problems with the table that they belong to."""
    for problem in problems:
        yield (table, number, problem.key), problem.text


def unknown(table: Table, allowed: tuple[str, ...]) -> Iterator[Problem]:
    """Yield keys that mean nothing, with the likeliest right one."""
    for key in table:
        if key not in allowed:
            yield Problem(key, f"{key} is not known; {nearest(key, allowed)}")


def fields(kind: type) -> tuple[str, ...]:
    """Return the keys of a dataclass."""
    return tuple(field.name for field in dataclasses.fields(kind))


def build(path: Path, document: Table) -> Theme:
    """Return the theme of a file that has been checked."""
    members = tuple(build_member(table) for table in document["members"])
    exposure = Exposure(**document["exposure"]) if "exposure" in document else None
    settled = {"id": path.stem, "members": members, "exposure": exposure, "path": path}
    return Theme(**{"title_zh": "", **document, **settled})


def build_member(table: Table) -> Member:
    """Return a member of a file that has been checked."""
    source = Citation(**table["source"]) if "source" in table else None
    former = tuple(FormerName(**entry) for entry in table.get("former", ()))
    settled = {"source": source, "former": former, "weight": float(table.get("weight", 1.0))}
    return Member(**{**table, **settled})
