"""The one place for output and for the error boundary; nothing heavy is imported before it is used."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from screener.cli._interrupt import heard_once
from screener.errors import ScreenerError, SpecError
from screener.plain import plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "STYLE",
    "AsJson",
    "Checks",
    "Guarded",
    "cell",
    "date",
    "emit_json",
    "line",
    "points",
    "prepare_streams",
    "progress",
    "split",
    "table",
    "write_csv",
]

# Plain help: readable on every console, and half the start-up time of the decorated one.
STYLE: dict[str, Any] = {
    "rich_markup_mode": None,
    "add_completion": False,
    "no_args_is_help": True,
    "pretty_exceptions_enable": False,
}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
# Control characters but for line feed and tab, and the signs that turn the direction of writing.
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
INTERRUPTED = 130
PIPE_WIDTH = 160  # columns of a table that no terminal limits


class Guarded(TyperGroup):
    """The root command: user errors become lines on stderr and an exit code, bugs keep their traceback."""

    def invoke(self, ctx: typer.Context) -> Any:
        """Run the command inside the error boundary."""
        with heard_once():
            return self._bounded(ctx)

    def _bounded(self, ctx: typer.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # here, so that a closed pipe is met inside the boundary
        except ScreenerError as error:
            for problem in error.problems:
                line(problem, to=sys.stderr)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            line("Interrupted; nothing was saved", to=sys.stderr)
            raise typer.Exit(INTERRUPTED) from error
        return result


class Checks:
    """Calls that may fail on what a user wrote, so that all problems can be said at once."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def value(self, read: Callable[..., Any], *arguments: Any, **settings: Any) -> Any:
        """Return what `read` returns, or None once its problems are noted."""
        try:
            return read(*arguments, **settings)
        except ScreenerError as error:
            self.problems += error.problems
            return None

    def settle(self) -> None:
        """Raise all problems, if there are any."""
        if self.problems:
            raise SpecError(*self.problems)


def prepare_streams() -> None:
    """Let a console that cannot print a sign show a question mark instead of stopping."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def harmless(text: str) -> str:
    """Show what would act on a terminal (escapes, bells, signs that turn the writing) as a question mark."""
    return ACTING.sub("\ufffd", text)


def line(text: str = "", to: TextIO | None = None) -> None:
    """Print one line."""
    print(harmless(text), file=to or sys.stdout)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()) -> None:
    """Print a table to stdout; the columns named in `right` are set flush right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        keep = name == columns[0]  # what a user copies stays in one piece
        grid.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=keep)
    for row in rows:
        grid.add_row(*(Text(harmless(cell(value))) for value in row))
    console.print(grid)


def cell(value: object) -> str:
    """Write a value for a reader: nothing for what is missing, dates without a time.

    Examples
    --------
    >>> cell(None), cell(float("nan")), cell(dt.datetime(2024, 8, 19)), cell(0.5)
    ('', '', '2024-08-19', '0.5')
    """
    value = plain(value)
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def points(value: float) -> str:
    """Write a difference of fractions as signed percentage points; nothing for NaN.

    Examples
    --------
    >>> points(0.021), points(float("nan"))
    ('+2.1', '')
    """
    return "" if value != value else f"{100 * value:+.1f}"


def emit_json(value: object) -> None:
    """Print a value as JSON; NaN and infinity become null, signs that stdout cannot write are escaped."""
    readable = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(plain(value), ensure_ascii=not readable, allow_nan=False, indent=2)
    print(ACTING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text))


@contextlib.contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Give a function that shows each step on stderr: a spinner on a terminal, plain lines elsewhere."""
    if quiet:
        yield lambda step: None
    elif not sys.stderr.isatty():
        yield lambda step: line(f"- {step}", to=sys.stderr)
    else:
        from rich.console import Console

        console = Console(stderr=True, highlight=False, markup=False)
        with console.status("starting") as status:
            yield lambda step: _advance(console, status, step)


def _advance(console: Any, status: Any, step: str) -> None:
    console.print(f"- {step}")
    status.update(step)


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table to the file of ``--csv``, safe for spreadsheets.

    Raises
    ------
    SpecError
        If it cannot be written.
    """
    from screener.report.files import csv_text

    try:
        path.write_text(csv_text(table), encoding="utf-8", newline="")
    except OSError as error:
        raise SpecError(f"--csv={path}: cannot be written: {error.strerror or error}") from error


def split(texts: Sequence[str] | None) -> list[str]:
    """Return the names of an option that takes several, separated by commas, or comes several times."""
    return [name for text in texts or () for part in text.split(",") if (name := part.strip())]


def titles(theme: Any) -> str:
    """Return the title of a theme, in both languages where it has both."""
    return " / ".join(filter(None, (theme.title, theme.title_zh)))


def past(option: str, text: str | None) -> dt.date | None:
    """Read the date of something that has happened; one to come is refused."""
    day = date(option, text)
    if day and day > (today := dt.date.today()):
        raise SpecError(f"{option}={day} lies in the future; give a day up to {today}")
    return day


def date(option: str, text: str | None) -> dt.date | None:
    """Read a date option.

    Raises
    ------
    SpecError
        If the text is no date.
    """
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SpecError(f"{option}={text} must be a date, for example 2024-08-19") from None
