"""How a source can fail, told apart so that a caller can act: go on, wait, or give up."""

from __future__ import annotations

from screener.errors import SourceError

__all__ = [
    "BadAnswer",
    "Blocked",
    "LiveError",
    "NoData",
    "NotOffered",
    "Unreachable",
    "WrongStock",
    "all_failed",
]


class LiveError(SourceError):
    """A source that failed.

    Attributes
    ----------
    passing : bool
        Whether the same request may well succeed a little later.
    counts : bool
        Whether it speaks against the host, so that the circuit breaker counts it.
    retry_after : float or None
        Seconds that the host asked for.
    """

    def __init__(
        self, *problems: str, passing: bool = False, counts: bool = True, retry_after: float | None = None
    ) -> None:
        self.passing, self.counts, self.retry_after = passing, counts, retry_after
        super().__init__(*problems)


class Unreachable(LiveError):
    """A host that does not answer: no route, time over, cut off, or its circuit is open."""


class Blocked(LiveError):
    """A host that answers, but refuses: 403, 429, a captcha or a login page."""


class BadAnswer(LiveError):
    """An answer that is not what the endpoint used to send: broken, renamed, of another meaning."""


class WrongStock(BadAnswer):
    """An answer about another share than the one asked for."""


class NoData(LiveError):
    """A sound answer that says: nothing there. Not a fault of the host."""


class NotOffered(NoData):
    """A kind of data that a source has of no share at all; nothing was sent."""


def all_failed(what: str, faults: list[LiveError]) -> LiveError:
    """Return the error of a chain of sources of which none delivered.

    `NoData` only if every one of them said so; else the kind of the first that failed otherwise.
    """
    kinds = [type(fault) for fault in faults if not isinstance(fault, NoData)]
    problems = [problem for fault in faults for problem in fault.problems]
    return (kinds[0] if kinds else NoData)(f"{what}: no source delivered", *problems)
