"""The house rules that no linter knows: who may import whom."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "errors": 0,
    "arrays": 0,
    "caches": 0,
    "plain": 0,
    "kernels": 1,
    "market": 1,
    "toml_text": 1,
    "workspace": 1,
    "universe": 2,
    "data": 2,
    "cycle": 2,
    "signals": 3,
    "screen": 3,
    "strategy": 3,
    "backtest": 4,
    "study": 5,
    "report": 6,
    "cli": 7,
    "__main__": 8,
    "__init__": 8,
}
ROOT_NAMES = {"__version__"}


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import; a relative one starts with a dot."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "." * node.level + (node.module or "")
        elif isinstance(node, ast.ImportFrom) and node.module == "screener":
            names = (alias.name for alias in node.names if alias.name not in ROOT_NAMES)
            yield from ((node.lineno, f"screener.{name}") for name in names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, str(node.module)


def room(path: str) -> str:
    """Return the room of a file of the package: its folder or, at the top, its own name."""
    return path.split("/")[1].removesuffix(".py")


def breaches(path: str, source: str) -> list[str]:
    """Return one line for each import of a file that its floor forbids."""
    own = room(path)
    found = []
    for line, name in imports(source):
        where = f"{path}:{line}"
        if name.startswith("."):
            found.append(f"{where}: relative import {name}")
        if not name.startswith("screener."):
            continue
        other = name.split(".")[1]
        if other not in FLOORS:
            found.append(f"{where}: {other} stands on no floor")
        elif other != own and FLOORS[other] >= FLOORS[own]:
            found.append(f"{where}: {own} (floor {FLOORS[own]}) imports {other} (floor {FLOORS[other]})")
    return found


def package() -> dict[str, str]:
    """Return the source of every file of the package by its path from the root."""
    files = sorted((ROOT / "screener").rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}


def importers(module: str) -> list[str]:
    """Return the files of the package that import a third-party module."""
    return [
        path
        for path, source in package().items()
        if any(name.split(".")[0] == module for _, name in imports(source))
    ]


def test_every_file_stands_on_a_floor() -> None:
    assert {room(path) for path in package()} - set(FLOORS) == set()


def test_files_import_only_from_lower_floors_and_their_own_folder() -> None:
    found = [breach for path, source in package().items() for breach in breaches(path, source)]
    assert found == []


@pytest.mark.parametrize(
    ("path", "source", "says"),
    [
        ("screener/kernels/rolling.py", "from screener.data.panel import Panel", "imports data (floor 2)"),
        ("screener/backtest/run.py", "from screener import report", "imports report (floor 6)"),
        ("screener/data/panel.py", "import screener.universe", "imports universe (floor 2)"),
        ("screener/cycle/cycle.py", "def f():\n    from screener.signals import momentum", "cycle.py:2"),
        ("screener/cycle/cycle.py", "from .driver import Driver", "relative import"),
        ("screener/cli/runs.py", "from screener.utils import helper", "no floor"),
    ],
)
def test_planted_breaches_are_caught(path: str, source: str, says: str) -> None:
    (breach,) = breaches(path, source)
    assert says in breach


def test_lawful_imports_pass() -> None:
    source = (
        "from screener import __version__, errors\nfrom screener.cycle.driver import Driver\nimport numpy"
    )
    assert breaches("screener/cycle/cycle.py", source) == []


def test_vectorbt_is_imported_in_one_file_and_akshare_in_one_at_most() -> None:
    assert importers("vectorbt") == ["screener/report/vbt.py"]
    assert len(importers("akshare")) <= 1


def test_kernels_see_nothing_but_numpy_and_numba() -> None:
    lawful = {"numpy", "numba", "screener", *sys.stdlib_module_names}
    kernels = {path: source for path, source in package().items() if room(path) == "kernels"}
    strangers = {
        f"{path}: {name}"
        for path, source in kernels.items()
        for _, name in imports(source)
        if name.split(".")[0] not in lawful
    }
    assert kernels
    assert strangers == set()


def test_every_third_party_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=~! ]", text)[0] for text in project["dependencies"]}
    used = {name.split(".")[0] for source in package().values() for _, name in imports(source)}
    assert used - set(sys.stdlib_module_names) - {"screener"} <= declared


def test_strategies_import_nothing_above_their_floor() -> None:
    found = [
        f"{path.name}:{line}: {name}"
        for path in sorted((ROOT / "strategies").glob("*.py"))
        for line, name in imports(path.read_text(encoding="utf-8"))
        if name.startswith("screener.") and FLOORS[name.split(".")[1]] > FLOORS["strategy"]
    ]
    assert found == []
