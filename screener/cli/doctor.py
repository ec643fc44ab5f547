"""`screener doctor`: what works on this machine, in one table, without the network unless asked."""

from __future__ import annotations

import datetime as dt
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from screener import __version__, workspace
from screener.cli import _io, _live
from screener.errors import ScreenerError

PACKAGES = ("akshare", "numba", "numpy", "pandas", "pyarrow", "duckdb", "requests", "vectorbt")
LEAST_FREE = 1 << 30  # bytes; a store of a hundred shares with its caches needs less
SOON = 45  # days before the end of the calendar from which on it is said

Live = Annotated[bool, typer.Option("--live", help="Ask every host of an update once.")]


class Check(NamedTuple):
    """One line: what was looked at, what was found, whether a user has to do something, and the exit code."""

    what: str
    found: str
    good: bool = True
    code: int = 0


def doctor(live: Live = False, offline: _live.Offline = False, as_json: _io.AsJson = False) -> None:
    """Say what works on this machine: versions, store, calendar, caches, disk and, with --live, the hosts.

    Exit code 2 if there is a store and it cannot be read, 3 if no host answers.
    """
    if live:
        _live.refuse_offline(offline, "screener doctor --live")
    checks = list(_checks(live))
    if as_json:
        _io.emit_json([check._asdict() for check in checks])
    else:
        _io.table(("what", "", "found"), [[c.what, "ok" if c.good else "LOOK", c.found] for c in checks])
    hosts = [check for check in checks if check.what.startswith("host ")]
    silent = bool(hosts) and not any(check.good for check in hosts)
    code = 3 if silent else max(check.code for check in checks)
    if code:
        sys.stdout.flush()
        raise typer.Exit(code)


def _checks(live: bool) -> Iterator[Check]:
    yield Check("screener", __version__)
    yield Check("python", f"{platform.python_version()} on {platform.platform()}")
    yield Check(
        "packages", ", ".join(f"{name} {_version(name)}" for name in PACKAGES), all(map(_version, PACKAGES))
    )
    for what, look in LOOKS.items():
        yield _safely(what, look)
    if live:
        yield from _hosts()


def _safely(what: str, look: Callable[[], Check]) -> Check:
    """Return the finding; what a look meets on its way is one."""
    try:
        return look()
    except (ScreenerError, OSError, RuntimeError) as error:
        return Check(what, str(error).splitlines()[0], good=False)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _store() -> Check:
    from screener.data.store import open_store
    from screener.data.store.report import summarise

    workspace.store()  # without a home there is no store that could be damaged
    try:
        folder = _live.place()
        if _live.is_vacant(folder):
            return Check("store", _live.no_store())
        found = summarise(open_store(folder))
    except ScreenerError as error:
        return Check("store", error.problems[0], good=False, code=2)
    if not os.access(folder, os.W_OK):
        return Check(
            "store", f"{folder}: is read-only; it can be read, but no update can write to it", good=False
        )
    shares = next((row["tables"] for row in found["kinds"] if row["kind"] == "bars"), 0)
    noun = "share" if shares == 1 else "shares"
    text = f"{folder}: {shares} {noun} up to {found['newest'] or 'no session'}, {_size(found['bytes'])}"
    text += f", last update {found['updated'][:16].replace('T', ' ')} UTC" if found["updated"] else ""
    suspects = list(found["suspects"])
    text += f"; suspect: {', '.join(suspects)}" if suspects else ""
    return Check("store", text, not suspects)


def _calendar() -> Check:
    from screener.market import calendar

    last = calendar.sessions()[-1].date()
    left = (last - dt.date.today()).days
    text = f"sessions are known until {last}"
    return Check(
        "calendar", text if left > SOON else f"{text}; install a newer version for the next year", left > SOON
    )


def _kernels() -> Check:
    from screener.caches import user_cache

    return Check("kernel cache", _folder(user_cache() / "screener", "kernels-*/**/*.nbc", "compiled kernels"))


def _panels() -> Check:
    from screener.data.cache import panel_cache

    return Check("panel cache", _folder(panel_cache(), "*/values.npy", "panels"))


def _folder(folder: Path, pattern: str, noun: str) -> str:
    files = list(folder.glob(pattern)) if folder.is_dir() else []
    return f"{folder}: {len(files)} {noun}, {_size(sum(file.stat().st_size for file in files))}"


def _disk() -> Check:
    place = workspace.store().absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Check("free disk", f"{_size(free)} where the store lies", free >= LEAST_FREE)


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _hosts() -> Iterator[Check]:
    from screener.data.live.probe import probe

    for found in probe():
        text = found.problem or f"answers in {found.seconds:.1f} s"
        yield Check(f"host {found.host}", text, not found.problem)


LOOKS: dict[str, Callable[[], Check]] = {
    "store": _store,
    "calendar": _calendar,
    "kernel cache": _kernels,
    "panel cache": _panels,
    "free disk": _disk,
}
