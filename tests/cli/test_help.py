"""Every command explains itself, quickly, and stands in the README."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from screener.cli import app
from tests.cli.conftest import Command

UNIVERSE = ("new", "add", "remove", "import", "check", "overlap", "suggest", "index")
README = Path(__file__).resolve().parents[2] / "README.md"


def commands(node: Any = None, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Return every command by its words, groups left out."""
    node = node or typer.main.get_command(app)
    if not hasattr(node, "commands"):
        return {path: node}
    found: dict[tuple[str, ...], Any] = {}
    for name, child in node.commands.items():
        found |= commands(child, (*path, name))
    return found


def test_the_commands_are_those_that_are_promised() -> None:
    nouns = {("universe", "list"), ("universe", "show"), ("strategy", "list"), ("strategy", "show")}
    nouns |= {("universe", verb) for verb in UNIVERSE}
    data = {("data", verb) for verb in ("update", "accept", "status", "verify", "export", "import", "sql")}
    looks = ("show", "phase", "guidance", "leads", "flip", "project", "study", "events", "test")
    views = {("cycle", verb) for verb in (*looks, "add")}
    alone = {
        ("backtest",),
        ("claims", "add"),
        ("claims", "show"),
        ("compare",),
        ("davis",),
        ("doctor",),
        ("ratings",),
        ("review",),
        ("screen",),
        ("tearsheet",),
        ("today",),
        ("runs", "index"),
        ("runs", "list"),
        ("validate",),
    }
    assert set(commands()) == nouns | data | views | alone


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_and_option_has_help(words: tuple[str, ...], command: Command) -> None:
    shown = command(*words, "--help")
    assert shown.code == 0
    assert f"Usage: screener {' '.join(words)}" in shown.out
    assert commands()[words].help
    assert [p.name for p in commands()[words].params if not getattr(p, "help", None)] == []


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_and_option_stands_in_the_readme(words: tuple[str, ...]) -> None:
    text = README.read_text(encoding="utf-8")
    options = {option for p in commands()[words].params for option in p.opts if option.startswith("--")}
    assert f"screener {' '.join(words)}" in text
    assert {
        option for option in options - {"--help"} if f"`{option}" not in text and f" {option}" not in text
    } == set()


HELPS = """
import contextlib, io, json, sys

from screener.cli import main

heavy = {"pandas", "numpy", "numba", "vectorbt", "akshare", "rich.table"}
for words in json.loads(sys.argv[1]):
    before = heavy & set(sys.modules) if words else set()
    sys.argv = ["screener", *words, "--help"]
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as shown:
        main()
    assert "Usage: screener" in shown.getvalue()
    print(json.dumps(sorted(heavy & set(sys.modules) - before)))
"""


@pytest.fixture(scope="module")
def imported() -> dict[tuple[str, ...], list[str]]:
    """Return what heavy the help of each command imported, one after the other in a process of their own."""
    asked = [(), *commands()]
    process = [sys.executable, "-c", HELPS, json.dumps(asked)]
    done = subprocess.run(process, capture_output=True, text=True, check=True)
    return dict(zip(asked, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("words", [(), *commands()], ids=" ".join)
def test_help_imports_nothing_heavy(
    words: tuple[str, ...], imported: dict[tuple[str, ...], list[str]]
) -> None:
    assert imported[words] == []


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = "import sys, screener; print({'pandas', 'numpy', 'typer'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_version_is_that_of_the_package(command: Command) -> None:
    from screener import __version__

    assert command("--version").out == f"screener {__version__}\n"
