"""The README does what it says: its files, commands and Python blocks run in order, on the sample."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- (run|file: (?P<path>\S+)) -->\n```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)


def arguments(kind: str, text: str) -> list[list[str]]:
    """Return the processes that a block stands for."""
    if kind == "python":
        return [[sys.executable, "-c", text]]
    return [
        [sys.executable, "-m", *shlex.split(line, comments=True)]
        for line in text.splitlines()
        if line.strip()
    ]


@pytest.mark.slow
def test_every_marked_block_runs(tmp_path: Path) -> None:
    known = {
        key: value
        for key, value in os.environ.items()
        if key == "SCREENER_STORE" or not key.startswith("SCREENER_")
    }
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    blocks = list(BLOCK.finditer(README))
    for block in (b for b in blocks if b["path"]):
        target = tmp_path / block["path"]
        target.parent.mkdir(exist_ok=True)
        target.write_text(block["text"], encoding="utf-8")
    for block in (b for b in blocks if not b["path"]):
        for command in arguments(block["kind"], block["text"]):
            done = subprocess.run(
                command,
                cwd=tmp_path,
                env=known | {"PYTHONPATH": path, "PYTHONUTF8": "1"},
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stderr}"
    first, again = tmp_path / "results" / "first", tmp_path / "results" / "again"
    names = {file.name for file in first.iterdir()}
    assert names == {file.name for file in again.iterdir()}
    differ = {name for name in names if (first / name).read_bytes() != (again / name).read_bytes()}
    assert differ <= {"stamp.json"}


def test_blocks_are_marked() -> None:
    marked = {block["path"] or block["kind"] for block in BLOCK.finditer(README)}
    assert marked == {"sh", "python", "universes/liquid-cooling.toml", "strategies/two-themes.py"}


def test_fences_are_closed() -> None:
    assert README.count("```") % 2 == 0


def test_public_names_stand_in_the_readme_and_load() -> None:
    import screener

    for name in screener.__all__:
        assert getattr(screener, name) is not None
        assert name == "__version__" or f"`{name}`" in README or f"screener.{name}" in README


def test_the_two_readmes_point_to_each_other() -> None:
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    assert "README.zh-CN.md" in README
    assert "README.md" in chinese
