"""A shop before the stand-in: an invented market that grows, and commands in this or another process."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from screener.cli import main
from screener.data.live.transport import Policy
from screener.data.update import clock
from screener.data.update import run as updating
from screener.market import calendar
from tests.data.live.market import Market, _walk, invent
from tests.data.live.standin import HOOK, Server, rewriting, served

ROOT = Path(__file__).resolve().parents[3]
OPTICAL = ("300308.SZ", "300394.SZ", "300502.SZ")  # real codes, invented prices
OTHERS = ("600998.SH", "688998.SH", "000998.SZ")
SYMBOLS = (*OPTICAL, *OTHERS)
INDICES = ("000300.SH", "000905.SH", "000688.SH", "399006.SZ")
START = "2024-03-01"
PACE = 0.002  # how long a polite wait takes before the stand-in, of what it takes elsewhere

# After the stand-in is in place: the clock of the desk, and the pace of its progress.
CLOCK = """
if os.environ.get("STANDIN_SHIFT"):
    import datetime as _dt

    from screener.data.update import clock as _clock

    _shift = _dt.timedelta(seconds=float(os.environ["STANDIN_SHIFT"]))
    _clock.now = lambda: _dt.datetime.now(_dt.UTC) + _shift
"""


@cache
def _whole(count: int, symbols: tuple[str, ...]) -> Market:
    market = invent(count, START, 11, symbols)
    rng = np.random.default_rng(5)
    for k, symbol in enumerate(INDICES):
        market.indices[symbol] = _walk(market.sessions, rng, 350_000 + 1_000 * k, 10**9, {})
    market.sessions = [day.date() for day in calendar.sessions("2024-01-02", "2025-12-31")]
    return market


def market(count: int, symbols: tuple[str, ...] = SYMBOLS, whole: int = 60) -> Market:
    """Return the first `count` sessions of a market of `whole`, so that a longer one is its continuation."""
    found = copy.deepcopy(_whole(whole, symbols))
    last = calendar.sessions(START)[count - 1].date()
    for share in found.shares.values():
        share.bars = [bar for bar in share.bars if bar.date <= last]
        share.dividends = [event for event in share.dividends if event.date <= last]
    found.indices = {k: [bar for bar in bars if bar.date <= last] for k, bars in found.indices.items()}
    return found


def evening(found: Market) -> dt.datetime:
    """Return six in the evening of Shanghai on the last session of a market."""
    last = max(share.bars[-1].date for share in found.shares.values())
    return dt.datetime.combine(last, dt.time(10), dt.UTC)


@dataclass
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shop:
    """A folder, a server, and commands that run against both."""

    folder: Path
    server: Server
    shift: float = 0.0

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def grow(self, count: int, **options: Any) -> None:
        """Let the market have `count` sessions, and stand in the evening of the last one."""
        self.server.market = market(count, **options)
        self.shift = (evening(self.server.market) - dt.datetime.now(dt.UTC)).total_seconds()

    def environment(self, **more: str) -> dict[str, str]:
        known = {k: v for k, v in os.environ.items() if not k.startswith(("SCREENER_", "STANDIN_"))}
        hook = self.folder / "hook"
        hook.mkdir(exist_ok=True)
        (hook / "sitecustomize.py").write_text(HOOK + CLOCK, encoding="utf-8")
        return known | {
            "PYTHONPATH": os.pathsep.join([str(hook), str(ROOT)]),
            "SCREENER_STORE": str(self.store),
            "STANDIN_URL": self.server.url,
            "STANDIN_SHIFT": str(self.shift),
            "STANDIN_PACE": str(PACE),
            **more,
        }

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "screener", *arguments],
            cwd=self.folder,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def apart(self, *arguments: str, **more: str) -> Done:
        """Run a command as a user does, in a process of its own: seconds, most of them imports."""
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=120)
        return Done(process.returncode, out, err)

    def run(self, *arguments: str, **more: str) -> Done:
        """Run a command in this process, with the same environment, folder, server, clock and pace."""
        out, err = io.StringIO(), io.StringIO()
        with (
            self.standing_in(**more),
            mock.patch.object(sys, "argv", ["screener", *arguments]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = _left(main)
        return Done(code, out.getvalue(), err.getvalue())

    @contextlib.contextmanager
    def standing_in(self, **more: str) -> Iterator[None]:
        """Put this process where one of its own would stand."""
        known = self.environment(**more)
        shift = dt.timedelta(seconds=self.shift)

        def now() -> dt.datetime:
            return dt.datetime.now(dt.UTC) + shift

        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.chdir(self.folder))
            stack.enter_context(mock.patch.dict(os.environ, known, clear=True))
            if "STANDIN_URL" in known:
                stack.enter_context(rewriting(known["STANDIN_URL"]))
            stack.enter_context(mock.patch.object(clock, "now", now))
            stack.enter_context(mock.patch.object(updating, "Policy", _hurried))
            yield


def _hurried() -> Policy:
    return Policy(sleep=lambda seconds: time.sleep(seconds * PACE))


def _left(command: Any) -> int:
    """Return the exit code that a command ends with."""
    try:
        command()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


@contextlib.contextmanager
def shop(folder: Path, count: int = 40, **options: Any) -> Iterator[Shop]:
    """Open a shop over a market of `count` sessions."""
    with served(market(count, **options)) as server:
        found = Shop(folder, server)
        found.grow(count, **options)
        yield found
