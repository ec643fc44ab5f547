"""The only file that imports akshare: one call, with everything that can go wrong in it named.

akshare shows the same cause as another exception in each function (a refusal as JSONDecodeError, IndexError
or TypeError; nothing there as an empty frame, TypeError or KeyError). What it was is read from the answers
that the guard saw.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from screener.data.live.answers import codes_told, pages_told, says_nothing
from screener.data.live.faults import BadAnswer, NoData, WrongStock
from screener.data.live.record import Answer
from screener.data.live.transport import current
from screener.errors import SourceError

__all__ = ["call", "version"]


def call(
    name: str,
    columns: Iterable[str] = (),
    digits: str | None = None,
    one_page: bool = False,
    **arguments: Any,
) -> pd.DataFrame:
    """Call a function of akshare under the guard.

    Parameters
    ----------
    name : str
        Name of the function.
    columns : iterable of str
        Columns that the answer must have.
    digits : str, optional
        Six digits that the answer must be about, wherever it tells.
    one_page : bool
        Whether akshare reads the first page only, so that a second one would be lost in silence.
    **arguments
        For the function.

    Returns
    -------
    DataFrame
        A copy that is never shared, not empty.

    Raises
    ------
    NoData
        A sound answer without content.
    BadAnswer
        An answer that akshare cannot read, or without one of the columns.
    WrongStock
        An answer about another share.
    Blocked, Unreachable
        As the guard said.
    """
    asked = f"akshare.{name}({', '.join(map(str, arguments.values()))})"
    with current().watch() as answers:
        frame = _run(name, arguments, asked, answers)
    told = {code for answer in answers for code in codes_told(answer)} if digits else set()
    if told - {digits}:
        text = f"the answer is about {', '.join(sorted(told - {digits}))}"
        raise WrongStock(f"akshare.{name}: {digits} was asked for, {text}")
    if one_page and any(pages_told(answer) > 1 for answer in answers):
        raise BadAnswer(f"{asked}: the answer has further pages, which akshare does not read")
    if not isinstance(frame, pd.DataFrame) or frame.empty:
        raise NoData(f"{asked}: nothing there")
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        found = ", ".join(map(str, frame.columns))
        raise BadAnswer(f"akshare.{name}: column {', '.join(missing)} is missing (found: {found})")
    return frame.copy()


def version() -> str:
    """Return the version of akshare without importing it."""
    return importlib.metadata.version("akshare")


def _run(name: str, arguments: dict[str, Any], asked: str, answers: list[Answer]) -> Any:
    try:
        with _quiet():
            return _function(name)(**arguments)
    except SourceError:
        raise
    except Exception as error:
        if any(says_nothing(answer) for answer in answers):
            raise NoData(f"{asked}: nothing there") from error
        reason = f"{type(error).__name__}: {str(error)[:80]}"
        raise BadAnswer(f"{asked}: the answer cannot be read ({reason})") from error


def _function(name: str) -> Any:
    import akshare

    function = getattr(akshare, name, None)
    if function is None:
        raise BadAnswer(f"akshare {akshare.__version__} has no function {name}; install akshare 1.19.5")
    # Some lists are cached for the life of the process, and hand the same frame to every caller.
    return getattr(function, "__wrapped__", function)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence akshare's warnings and progress bars: they say nothing that a user could act on."""
    bars = importlib.import_module("tqdm").tqdm  # a dependency of akshare, not of ours
    init = bars.__init__
    bars.__init__ = lambda bar, *args, **options: init(bar, *args, **{**options, "disable": True})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        bars.__init__ = init
