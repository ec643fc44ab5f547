"""Every command explains itself, quickly, and stands in the README."""

from __future__ import annotations

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
    views = {
        ("cycle", verb) for verb in ("show", "phase", "guidance", "leads", "flip", "project", "add", "study")
    }
    alone = {
        ("backtest",),
        ("compare",),
        ("davis",),
        ("doctor",),
        ("review",),
        ("screen",),
        ("today",),
        ("runs", "list"),
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


@pytest.mark.parametrize("words", [(), *commands()], ids=" ".join)
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    program = (
        "import sys\n"
        f"sys.argv = ['screener', *{list(words)!r}, '--help']\n"
        "from screener.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'pandas', 'numpy', 'numba', 'vectorbt', 'akshare', 'rich.table'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = "import sys, screener; print({'pandas', 'numpy', 'typer'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_version_is_that_of_the_package(command: Command) -> None:
    from screener import __version__

    assert command("--version").out == f"screener {__version__}\n"
