"""What the studies of themes share: which themes on which days, and the line that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from screener.cli import _io

if TYPE_CHECKING:
    import pandas as pd

    from screener.backtest.spec import RunSpec
    from screener.strategy import Context

__all__ = ["about", "heading", "spec"]


def spec(themes: list[str] | None, membership: str, start: str | None, end: str | None) -> RunSpec:
    """Read which themes are studied on which days; all that is wrong is said at once.

    Raises
    ------
    SpecError
    """
    from screener.backtest.spec import RunSpec

    checks = _io.Checks()
    found = checks.value(
        RunSpec,
        "equal-weight",
        themes=tuple(_io.split(themes)),
        membership=membership,
        start=checks.value(_io.date, "--start", start),
        end=checks.value(_io.date, "--end", end),
    )
    checks.settle()
    return found


def about(context: Context, active: pd.DataFrame, membership: str) -> dict[str, Any]:
    """Return what the figures of a study rest on: days, prices and reading."""
    return {
        "from": active.index[0],
        "to": active.index[-1],
        "simulated": context.panel.provenance.simulated,
        "membership": membership,
    }


def heading(words: str, first: object, last: object, simulated: bool, membership: str) -> str:
    """Write the line above the tables of a study."""
    said = "SIMULATED prices. " if simulated else ""
    return f"{said}{words} {_io.cell(first)} to {_io.cell(last)}, {membership} reading"
