"""What commands share that run a rule under a mandate: the option, and reading its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from screener.backtest.mandate import Mandate

__all__ = ["File", "read"]

File = Annotated[
    Path | None,
    typer.Option(
        "--mandate", metavar="FILE", help="Lines that targets keep: caps, floors, exclusions (TOML)."
    ),
]


def read(path: Path | None) -> Mandate:
    """Read the mandate that the option names; without it no line is set."""
    from screener.backtest import mandate

    return mandate.Mandate() if path is None else mandate.read(path)
