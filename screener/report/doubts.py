"""The sections over choices, capacity and doubts, and the tables that a person takes to a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from screener.backtest.result import Run
from screener.report.adjusted import adjusted as adjustment
from screener.report.capacity import capacity
from screener.report.evidence import Evidence
from screener.report.ladders import choices
from screener.report.layout import Section
from screener.report.validation import validation

if TYPE_CHECKING:
    from screener.study.adjusted import Adjusted
    from screener.study.ladders import Ladders
    from screener.study.validation import Validation

__all__ = ["below_figures", "doubted", "tables"]


def below_figures(run: Run, evidence: Evidence) -> Section | None:
    """Build the section that belongs below the key figures; None where nothing was adjusted."""
    return adjustment(run, evidence.adjusted)


def doubted(run: Run, evidence: Evidence) -> list[Section]:
    """Build the sections over what a result rests on; those of what was not studied are left out.

    Parameters
    ----------
    run : Run
    evidence : Evidence

    Notes
    -----
    The section of the validation is always there: without one it says how to get it.
    """
    parts = (
        choices(evidence.ladders),
        capacity(evidence.ladders),
        validation(run, evidence.validation),
    )
    return [part for part in parts if part is not None]


def tables(
    ladders: Ladders | None = None, adjusted: Adjusted | None = None, validation: Validation | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables of these studies by the name of the file that they belong in.

    Returns
    -------
    dict of str to DataFrame
        As the studies document them: fractions a year, CNY. What was not studied is missing.
    """
    found: dict[str, pd.DataFrame | None] = {}
    if ladders is not None:
        found |= {
            "lags.csv": ladders.lags,
            "cost_ladder.csv": ladders.costs,
            "rules_off.csv": ladders.rules,
            "fills.csv": ladders.fills,
            "capacity.csv": ladders.sizes,
        }
    if adjusted is not None:
        found["adjusted.csv"] = adjusted.table
    if validation is not None:
        found |= _of_validation(validation)
    return {name: table for name, table in found.items() if table is not None and len(table)}


def _of_validation(found: Validation) -> dict[str, pd.DataFrame]:
    """Return draws, leads, later publication and the walk forward, a row each."""
    draws = [
        (part.kind, draw, value)
        for part in found.chance
        for draw, value in zip(part.draws, part.excess, strict=True)
    ]
    years = pd.DataFrame([vars(year) for year in found.walk_forward.years])
    return {
        "placebos.csv": pd.DataFrame(draws, columns=["control", "draw", "excess"]).set_index("control"),
        "cycle_leads.csv": _by([vars(point) for point in found.cycle], "quarters"),
        "publication.csv": _by([vars(part) for part in found.publication], "sessions"),
        "walk_forward.csv": _by(years.to_dict("records"), "year"),
    }


def _by(rows: list[dict[str, object]], index: str) -> pd.DataFrame:
    return pd.DataFrame(rows).set_index(index) if rows else pd.DataFrame()
