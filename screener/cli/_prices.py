"""The door to prices, the same for every command: options, the source that nobody named, what is refused."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.cli import _io, _live
from screener.errors import SpecError

if TYPE_CHECKING:
    from screener.data.sources import Source, SourceSpec

__all__ = ["AllowSuspect", "Prices", "Shares", "Variant", "again", "listing", "market", "opened", "wanted"]

VARIABLE = "SCREENER_SOURCE"

Prices = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="store|sample|FOLDER",
        help=f"Prices; default ${VARIABLE}, else the store of fetched data, else the simulated sample.",
    ),
]
Shares = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="store|FOLDER",
        help=f"Whose list of shares; default ${VARIABLE}, else the store of fetched data.",
    ),
]
Variant = Annotated[
    str,
    typer.Option(
        "--variant", metavar="NAME", help="Of the sample: null (no cycle effect) or planted (a known one)."
    ),
]
AllowSuspect = Annotated[
    bool,
    typer.Option(
        "--allow-suspect", help="Of the store: use shares whose newest data were refused, and say so."
    ),
]


def wanted(source: str | None) -> str | None:
    """Return the source that the option or the variable names, None if neither does."""
    return source or os.environ.get(VARIABLE) or None


def opened(
    source: str | None,
    variant: str = "null",
    allow_suspect: bool = False,
    say: Callable[[str], None] | None = None,
) -> Source:
    """Open the prices of a command; a folder that is not there is a wrong setting, not trouble outside.

    Parameters
    ----------
    source : str, optional
        The option as it was given.
    say : callable, optional
        Told which source was taken where nobody named one; default a line on stderr.

    Raises
    ------
    SpecError
        If there is no such folder, no store yet, or no such variant of it.
    DataError or SourceError
        If what is there cannot be used, see `open_source`.
    """
    from screener.data.sources import default_source, open_source

    named = wanted(source) or _default(say or _say)
    if named == "store" and default_source() != "store":
        raise SpecError(f"source=store: {_live.no_store()}")
    if named not in ("sample", "store") and not Path(named).expanduser().is_dir():
        raise SpecError(
            f"source={named} is not a folder; give store, sample, or a folder of prices (see the README)"
        )
    return open_source(named, variant, allow_suspect)


def again(own: SourceSpec, source: str | None, where: object, allow_suspect: bool = False) -> Source:
    """Open the prices of a saved run; its settings say which, but never where a folder lies.

    Raises
    ------
    SpecError
        If it was run on a folder, and neither the option nor the variable names one.
    """
    named = source or (own.kind if own.kind in ("sample", "store") else wanted(None))
    if not named:
        raise SpecError(f"{where}: was run on a folder of prices; name it with --source FOLDER")
    variant = own.variant if named == "sample" else ""
    return opened(named, variant or "null", allow_suspect)


@contextlib.contextmanager
def market(
    source: str | None, variant: str = "null", allow_suspect: bool = False, offline: bool = False
) -> Iterator[Source]:
    """Open the prices of a command that shows no progress; `offline` closes the network until it ends."""
    with _live.closed(offline):
        yield opened(source, variant, allow_suspect)


def listing(source: str | None) -> Source:
    """Open the source of a list of shares; what was taken, the command itself says."""
    return opened(source, say=lambda _: None)


def _default(say: Callable[[str], None]) -> str:
    """Return the source that nobody named, and say in words which it is."""
    from screener.data.sources import default_source

    found = default_source()
    if found == "store":
        say("prices are those of the store (give --source sample for simulated ones)")
    else:
        named = os.environ.get("SCREENER_STORE")
        where = f" in SCREENER_STORE={named}" if named else ""
        say(f"prices are SIMULATED, as there is no store yet{where} (`screener data update` makes one)")
    return found


def _say(text: str) -> None:
    _io.line(f"- {text}", to=sys.stderr)
