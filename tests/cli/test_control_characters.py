"""What somebody else typed may not act on the terminal: no escape sequence, no bell, no reversed writing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.report.markets import THEME

# C0 but for line feed and tab, DEL, C1, and the signs that turn the direction of writing.
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egpj.exe"
IN_TOML = '"A\\u001b[2J\\u001b]0;owned\\u0007\\u009b31m\\u202egpj.exe"'


@pytest.fixture
def theme(folder: Path) -> Path:
    path = folder / "universes" / "evil.toml"
    path.parent.mkdir()
    text = THEME.replace('"Small"', IN_TOML).replace('"名称300308"', IN_TOML)
    path.write_text(text, encoding="utf-8")
    return path


COMMANDS = [
    ("universe", "list"),
    ("universe", "show", "evil"),
    ("universe", "show", "evil", "--json"),
    ("universe", "check", "evil"),
    ("universe", "show", HOSTILE),
    ("strategy", "show", HOSTILE),
    ("backtest", HOSTILE, "--source", "sample"),
    ("backtest", "equal-weight", "--source", HOSTILE),
    ("backtest", "equal-weight", "--source", "sample", "--benchmark", HOSTILE),
    ("runs", "show", HOSTILE),
]


def spelt(words: tuple[str, ...]) -> str:
    return " ".join(words).replace(HOSTILE, "HOSTILE")


@pytest.mark.parametrize("words", COMMANDS, ids=spelt)
def test_a_hostile_text_does_not_act_on_the_terminal(
    words: tuple[str, ...], theme: Path, command: Command
) -> None:
    done = command(*words)
    assert not ACTING.search(done.out), repr(done.out)
    assert not ACTING.search(done.err), repr(done.err)
