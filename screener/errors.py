"""The error tree: everything a user can act on, with the exit code of the command line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "CalendarError",
    "CycleError",
    "DataError",
    "OverdueError",
    "ScreenerError",
    "SourceError",
    "SpecError",
    "StrategyError",
    "SymbolError",
    "UniverseError",
    "nearest",
]


class ScreenerError(Exception):
    """Root of all errors that a user can act on.

    Parameters
    ----------
    *problems : str
        One line each: where, what was found, what is allowed, what to do.
    """

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class SymbolError(ScreenerError, ValueError):
    """A code that is not an A-share symbol."""


class CalendarError(ScreenerError, ValueError):
    """A date that the exchange calendar does not know."""


class UniverseError(ScreenerError, ValueError):
    """A theme file that breaks the contract."""


class CycleError(ScreenerError, ValueError):
    """A driver file that breaks the contract."""


class OverdueError(CycleError):
    """A decision that would rest on an overdue release."""


class DataError(ScreenerError, ValueError):
    """Prices that break the contract."""


class StrategyError(ScreenerError, ValueError):
    """A strategy file, or the weights it returned, that break the contract."""


class SpecError(ScreenerError, ValueError):
    """Settings of a run that are unknown, out of range, or contradict each other."""


class SourceError(ScreenerError, OSError):
    """The outside world: a missing folder, a disk that is full, a host that does not answer."""

    exit_code = 3


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Say what is allowed, and the likeliest meaning of a misspelt name first.

    Examples
    --------
    >>> nearest("momntum", ["momentum", "tilt"])
    'did you mean momentum? Allowed: momentum, tilt'
    """
    choices = sorted(allowed)
    close = difflib.get_close_matches(name, choices, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}Allowed: {', '.join(choices)}"
