"""Where universes, strategies, results and the store live: the user's own folder, then what is built in."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

from screener.errors import ScreenerError, SourceError, StrategyError, UniverseError, nearest

__all__ = ["built_in", "find", "folders", "home", "is_name", "listing", "origin", "results", "store", "write"]

VARIABLE = "SCREENER_WORKSPACE"
STORE = "SCREENER_STORE"
NAME = re.compile(r"[A-Za-z0-9_\u4e00-\u9fff-]{1,64}")
NAME_RULE = "1 to 64 letters, digits, Chinese characters, '_' or '-'"


class Kind(NamedTuple):
    """What a file of one kind is called, how it ends, and how its errors are raised."""

    noun: str
    suffix: str
    error: type[ScreenerError]


KINDS = {
    "universes": Kind("theme", ".toml", UniverseError),
    "strategies": Kind("strategy", ".py", StrategyError),
}


def home() -> Path:
    """Return the user's own folder: ``SCREENER_WORKSPACE`` if it is set, else the current one.

    Raises
    ------
    SourceError
        If the variable names a folder that does not exist.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return Path.cwd()
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise SourceError(f"{VARIABLE}={named} is not a folder; create it, or unset the variable")
    return folder.resolve()


def built_in(kind: str) -> Path:
    """Return the folder of what ships: inside the package in a wheel, beside it in a checkout."""
    check_kind(kind)
    package = Path(__file__).resolve().parent
    packed = package / "_builtin" / kind
    return packed if packed.is_dir() else package.parent / kind


def folders(kind: str) -> tuple[Path, ...]:
    """Return the folders that are searched, the user's own first; one alone where both are the same."""
    own, shipped = home() / kind, built_in(kind)
    return (shipped,) if own.resolve() == shipped else (own, shipped)


def listing(kind: str) -> dict[str, Path]:
    """Return every file of a kind by name, sorted; an own file shadows the built-in one of that name.

    Notes
    -----
    Files whose stem is not a lawful name, and names that start with ``_``, are not offered.
    """
    suffix = check_kind(kind).suffix
    found: dict[str, Path] = {}
    for folder in reversed(folders(kind)):
        found |= {path.stem: path for path in folder.glob(f"*{suffix}") if is_offered(path)}
    return dict(sorted(found.items()))


def find(kind: str, name: str | Path) -> Path:
    """Return the file that a name or a path means.

    Parameters
    ----------
    kind : {"universes", "strategies"}
    name : str or Path
        A name is looked up in the user's folder, then among the built-in files. Text with a separator or
        with the suffix of the kind is a path, and nothing but that path.

    Raises
    ------
    UniverseError or StrategyError
        If there is no such file, or the name could not be one.
    """
    rule = check_kind(kind)
    text = str(name)
    if is_path(text, rule.suffix):
        return find_path(rule, text)
    if not is_name(text):
        raise rule.error(f"{rule.noun} name {text!r} must be {NAME_RULE}")
    offered = listing(kind)
    if text not in offered:
        hint = f"{nearest(text, offered)}, or a path to a {rule.suffix} file"
        raise rule.error(f"no {rule.noun} is called {text!r}; {hint}")
    return offered[text]


def origin(kind: str, path: Path) -> str:
    """Say where a file comes from: "built-in", "own" (the workspace), or "elsewhere"."""
    *own, shipped = folders(kind)
    if path.parent == shipped:
        return "built-in"
    return "own" if path.parent in own else "elsewhere"


def results() -> Path:
    """Return the folder that runs are saved in; it need not exist yet."""
    return home() / "results"


def store() -> Path:
    """Return the folder of the store: ``SCREENER_STORE``, else one in the user's data; it need not exist.

    Raises
    ------
    SourceError
        If the variable is not set and the user has no home.
    """
    named = os.environ.get(STORE)
    try:
        return Path(named).expanduser() if named else _user_data() / "screener" / "store"
    except RuntimeError as error:
        raise SourceError(
            f"This user has no home folder; set {STORE} to the folder in which fetched data are kept"
        ) from error


def write(path: Path, data: bytes, error: type[ScreenerError]) -> None:
    """Write a file whole or not at all: beside its place first, then renamed.

    Raises
    ------
    ScreenerError
        Of the kind given, if it cannot be written; what stood there before stays.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as cause:
        raise error(f"{path}: cannot be written: {cause.strerror or cause}") from cause
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _user_home() -> Path:
    """Return the user's home; an empty ``HOME`` is none, though the system would read it as the root."""
    if sys.platform != "win32" and os.environ.get("HOME") == "":
        raise RuntimeError("HOME is empty")
    return Path.home()


def _user_data() -> Path:
    """Return the folder in which this system keeps the data of its user; RuntimeError without a home."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else _user_home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return _user_home() / "Library" / "Application Support"
    xdg = os.environ.get("XDG_DATA_HOME", "")  # a relative one is to be ignored, says its specification
    return Path(xdg) if os.path.isabs(xdg) else _user_home() / ".local" / "share"


def is_name(text: str) -> bool:
    """Say whether text can be the name of a theme, driver or strategy, and never leave its folder."""
    return NAME.fullmatch(text) is not None


def is_path(text: str, suffix: str) -> bool:
    """Say whether text is meant as a path; a backslash counts on every system."""
    return "/" in text or "\\" in text or text.endswith(suffix)


def is_offered(path: Path) -> bool:
    """Say whether a file of a workspace can be called by its name."""
    return is_name(path.stem) and not path.stem.startswith("_") and path.is_file()


def find_path(rule: Kind, text: str) -> Path:
    """Return an explicit path once it is a file of the kind with a lawful stem."""
    path = Path(text).expanduser()
    if path.suffix != rule.suffix:
        raise rule.error(f"{text}: the path of a {rule.noun} must end in {rule.suffix}")
    if not is_name(path.stem):
        raise rule.error(f"{text}: the file name before {rule.suffix} must be {NAME_RULE}")
    if not path.is_file():
        raise rule.error(f"{text}: there is no such file")
    return path.resolve()


def check_kind(kind: str) -> Kind:
    """Return the rule of a kind; a wrong kind is a programmer's mistake."""
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r} must be one of {', '.join(KINDS)}")
    return KINDS[kind]
