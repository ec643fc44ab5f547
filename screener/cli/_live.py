"""What commands of live data share: the rule of --offline, where the store is, and a bar of progress."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from screener import workspace
from screener.cli import _io
from screener.errors import SpecError

__all__ = ["Offline", "bar", "closed", "is_offline", "is_vacant", "no_store", "place", "refuse_offline"]

VARIABLE = "SCREENER_OFFLINE"
EVERY = 10  # steps between two plain lines of progress

Offline = Annotated[
    bool, typer.Option("--offline", help=f"Never touch the network; ${VARIABLE}=1 says the same for ever.")
]


def is_offline(flag: bool) -> bool:
    """Say whether the network is forbidden, by the option or by the variable."""
    return flag or os.environ.get(VARIABLE, "") not in ("", "0")


def refuse_offline(flag: bool, what: str) -> None:
    """Refuse what cannot be done without the network.

    Raises
    ------
    SpecError
        If the network is forbidden.
    """
    if is_offline(flag):
        why = "--offline" if flag else f"{VARIABLE}={os.environ[VARIABLE]}"
        raise SpecError(f"{why}: `{what}` asks the network, which that forbids; leave it out to go on")


@contextlib.contextmanager
def closed(flag: bool) -> Iterator[None]:
    """Close the network for a command that needs none, where the user wants that as a hard rule."""
    if not is_offline(flag):
        yield
        return
    from screener.data.live.offline import forbid_network

    with forbid_network():
        yield


def no_store() -> str:
    """Say that there is no store yet, where one would be, and how to make it."""
    folder = workspace.store()
    if folder.is_dir() and is_vacant(folder):
        return f"{folder} is empty; `screener data update` or `screener data import` makes a store in it"
    return f"there is no store in {folder} yet; make one with `screener data update`"


def place() -> Path:
    """Return the folder of the store, which need not be there.

    Raises
    ------
    SpecError
        If it, or a folder above it, is a file.
    """
    folder = workspace.store()
    with contextlib.suppress(PermissionError):  # what may not be looked into is for the disk to refuse
        for part in (folder, *folder.parents):
            if part.is_file():
                raise SpecError(f"store: {part} is a file, give a folder (SCREENER_STORE names it)")
    return folder


def is_vacant(folder: Path) -> bool:
    """Say whether there is nothing in the place of the store, or a folder without anything but a lock."""
    from screener.data.store import writer

    return not folder.exists() or (folder.is_dir() and not writer.foreign(folder))


@contextlib.contextmanager
def bar(quiet: bool) -> Iterator[Callable[[int, int, str], None]]:
    """Give a function that shows progress and the time left on stderr: a bar, or plain lines elsewhere."""
    if quiet:
        yield lambda done, total, what: None
    elif not sys.stderr.isatty():
        yield _lines()
    else:
        with _shown() as progress:
            task = progress.add_task("asking for the lists", total=None)
            yield lambda done, total, what: progress.update(
                task, completed=done, total=total, description=what
            )


def _lines() -> Callable[[int, int, str], None]:
    """Return what writes a line now and then."""
    began = time.monotonic()

    def say(done: int, total: int, what: str) -> None:
        if done % EVERY and done != total:
            return
        passed = time.monotonic() - began
        left = f", about {_duration(passed / done * (total - done))} left" if 0 < done < total else ""
        _io.line(f"- {done} of {total} done{left}", to=sys.stderr)

    return say


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _shown() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
