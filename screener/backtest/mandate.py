"""The mandate of an account: the lines that any rule's target has to keep, as a user writes them in TOML.

    name_cap = 0.05          # largest weight of a name
    tracking_error = 0.08    # a year, against the equal weight of the run's themes
    volume_share = 0.05      # largest share of a day's volume
    lock_sessions = 20       # a purchase is held at least so long
    excluded = ["600519.SH"]

    [theme_floor]            # least weight of a theme
    optical = 0.20

Every line may be left out. `obey` says what the lines do to weights.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from screener.errors import SpecError, SymbolError, nearest
from screener.market.symbols import normalise
from screener.toml_text import Lines, decode, parse, shown

__all__ = ["Mandate", "read"]

EXAMPLE = "name_cap = 0.05"
RANGES: dict[str, tuple[float, float]] = {
    "name_cap": (0.001, 1.0),
    "tracking_error": (0.001, 2.0),
    "volume_share": (0.0001, 1.0),
    "lock_sessions": (0, 250),
}
FLOOR = (0.0, 1.0)
ROUNDING = 1e-9

Table = dict[str, Any]
Problem = tuple[str, str, str]  # key, what of it (a theme, an entry of a list, or nothing), text


@dataclass(frozen=True)
class Mandate:
    """Lines that the targets of a rule keep; a line that is not set does not bind.

    Attributes
    ----------
    name_cap : float in [0.001, 1] or None
        Largest target weight of a name over all its themes.
    theme_floor : dict of str to float
        By theme, the least target weight of its pairs.
    tracking_error : float in [0.001, 2] or None
        A year, ex ante, against the equal weight of the run's themes.
    volume_share : float in (0, 1] or None
        Largest share of a day's volume; the account's own `participation` stays where it is lower.
    excluded : tuple of str
        Symbols that are never bought, in any spelling of a code.
    lock_sessions : int in [0, 250]
        Sessions that a purchase is held before the target may ask for its sale; 0 = none.
    """

    name_cap: float | None = None
    theme_floor: dict[str, float] = field(default_factory=dict)
    tracking_error: float | None = None
    volume_share: float | None = None
    excluded: tuple[str, ...] = ()
    lock_sessions: int = 0

    def __post_init__(self) -> None:
        """Refuse lines out of range, all at once; codes take the spelling used inside."""
        if found := [text for _, _, text in problems(self.lines())]:
            raise SpecError(*(f"mandate: {text}" for text in found))
        object.__setattr__(self, "excluded", tuple(normalise(text) for text in self.excluded))

    def __str__(self) -> str:
        """Write the lines in one, as a page shows a setting."""
        return "; ".join(f"{key} {_words(value)}" for key, value in self.lines().items()) or "none"

    @property
    def empty(self) -> bool:
        """Whether no line is set."""
        return not self.lines()

    def lines(self) -> Table:
        """Return the lines that are set, as TOML knows them."""
        kept = {key: value for key in _keys() if (value := getattr(self, key)) != _unset(key)}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in kept.items()}

    def participation(self, own: float) -> float:
        """Return the largest share of a day's volume of an account; its own 0 means that it had no cap."""
        if self.volume_share is None:
            return own
        return min(self.volume_share, own) if own > 0 else self.volume_share

    @classmethod
    def from_table(cls, table: Table) -> Mandate:
        """Return the mandate of a table in which `problems` finds none."""
        return cls(**{key: tuple(value) if key == "excluded" else value for key, value in table.items()})


def read(path: Path) -> Mandate:
    """Read a mandate file.

    Raises
    ------
    SpecError
        If there is no such file, or it is not UTF-8, not TOML, empty, or has keys or values that are not
        allowed; every problem on a line of its own, with file and line.
    """
    text = _text(path)
    table = parse(path, text, SpecError)
    found = [(_line(text, key, part), problem) for key, part, problem in problems(table)]
    if found:
        raise SpecError(*(f"{shown(path)}:{line}: {problem}" for line, problem in sorted(found)))
    if (mandate := Mandate.from_table(table)).empty:
        raise SpecError(f"{shown(path)}:1: sets no line; allowed: {', '.join(_keys())}, as in {EXAMPLE}")
    return mandate


def problems(table: object) -> Iterator[Problem]:
    """Yield all that is wrong with the lines of a mandate."""
    if not isinstance(table, dict):
        yield "", "", "a mandate must be a table"
        return
    for key, value in table.items():
        if key not in _keys():
            yield key, "", f"{key} is no line of a mandate; {nearest(key, _keys())}"
        elif key in RANGES:
            yield from _number(key, "", value, RANGES[key], whole=key == "lock_sessions")
    yield from _floors(table.get("theme_floor", {}))
    yield from _codes(table.get("excluded", []))


def _keys() -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(Mandate))


def _unset(key: str) -> object:
    return {"theme_floor": {}, "excluded": (), "lock_sessions": 0}.get(key)


def _number(
    key: str, part: str, value: object, allowed: tuple[float, float], whole: bool = False
) -> Iterator[Problem]:
    """Yield what is wrong with a number; NaN lies in no range."""
    name, (low, high) = f"{key}.{part}" if part else key, allowed
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        kind = "whole number" if whole else "number"
        yield key, part, f"{name}={value!r} must be a {kind} in [{low:g}, {high:g}]"
    elif not low <= value <= high:
        hint = "; write a fraction, 0.05 for 5 %" if not whole and value > 1 else ""
        yield key, part, f"{name}={value:g} must lie in [{low:g}, {high:g}]{hint}"


def _floors(value: object) -> Iterator[Problem]:
    if not isinstance(value, dict):
        text = f"theme_floor={value!r} must be a table of themes, as in theme_floor.optical = 0.2"
        yield "theme_floor", "", text
        return
    wrong = [problem for theme in value for problem in _number("theme_floor", theme, value[theme], FLOOR)]
    yield from wrong
    if not wrong and (total := sum(value.values())) > 1.0 + ROUNDING:
        yield "theme_floor", "", f"theme_floor: the floors sum to {total:g}, an account has 1 to give"


def _codes(value: object) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield "excluded", "", f'excluded={value!r} must be a list of codes, as in ["600519.SH"]'
        return
    seen: set[str] = set()
    for text in value:
        try:
            symbol = normalise(text if isinstance(text, str) else str(text) + " without quotes")
        except SymbolError as error:
            yield "excluded", str(text), f"excluded: {error}"
            continue
        if symbol in seen:
            yield "excluded", text, f"excluded: {symbol} is named twice; name it once"
        seen.add(symbol)


def _text(path: Path) -> str:
    try:
        return decode(path, SpecError)
    except FileNotFoundError as error:
        said = f"a mandate is a TOML file of lines such as {EXAMPLE} ({', '.join(_keys())})"
        raise SpecError(f"--mandate={path}: there is no such file; {said}") from error
    except OSError as error:
        raise SpecError(f"--mandate={path}: cannot be read: {error.strerror or error}") from error


def _line(text: str, key: str, part: str) -> int:
    """Return the line of a key, or of what of it is meant, where it can be told."""
    lines = Lines(text)
    first = max(lines.of("", 0, key), lines.of(key, 0, ""), lines.of(key, 0, part))  # 1 = not found
    below = enumerate(text.split("\n")[first - 1 :], first)
    return next((number for number, line in below if part and part in line), first)


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {number:g}" for key, number in value.items())
    return ", ".join(value) if isinstance(value, list) else f"{value:g}"
