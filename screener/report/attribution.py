"""The sections over the attribution of a run, their chart, and the tables that a person takes to a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from screener.backtest.result import Run
from screener.report.backdrop import Backdrop
from screener.report.brinson import brinson
from screener.report.chart import Chart
from screener.report.contribution import contribution, growth
from screener.report.evidence import Evidence
from screener.report.falls import falls
from screener.report.html import Markup
from screener.report.layout import Section
from screener.report.phases import phases
from screener.report.years import years

if TYPE_CHECKING:
    from screener.study.attribution import Attribution

__all__ = ["attributed", "gains_chart", "tables"]


def attributed(run: Run, evidence: Evidence, figures: dict[str, Markup]) -> list[Section]:
    """Build the sections of the attribution; none where nothing was attributed.

    Parameters
    ----------
    run : Run
    evidence : Evidence
    figures : dict
        The drawn charts of the page; that of `gains_chart` is ``gains``.
    """
    found: Attribution | None = evidence.attribution
    if found is None:
        return []
    parts = [
        contribution(run, found, figures.get("gains")),
        brinson(run, found),
        years(found),
        falls(run, found),
        phases(run, found),
    ]
    return [part for part in parts if part is not None]


def gains_chart(run: Run, evidence: Evidence, backdrop: Backdrop) -> Chart | None:
    """Draw the cumulative gain by theme; None where nothing was attributed."""
    return None if evidence.attribution is None else growth(run, evidence.attribution, backdrop)


def tables(attribution: Attribution) -> dict[str, pd.DataFrame]:
    """Return the tables of an attribution by the name of the file that they belong in.

    Parameters
    ----------
    attribution : Attribution

    Returns
    -------
    dict of str to DataFrame
        Fractions and CNY, as the study documents them. ``brinson.csv`` ends with a row ``costs``, so that its
        column ``total`` adds up to the excess, and is missing without the accounts for it;
        ``drawdowns.csv`` has the loss of every theme in CNY as ``loss of THEME``; ``years.csv`` has the
        effects of the year.
    """
    found = {
        "contribution_theme.csv": attribution.contributions.themes,
        "contribution_stock.csv": attribution.contributions.stocks,
        "brinson.csv": _brinson(attribution),
        "drawdowns.csv": _drawdowns(attribution),
        "phases.csv": attribution.phases.table,
        "years.csv": _years(attribution),
    }
    return {name: table for name, table in found.items() if table is not None}


def _brinson(attribution: Attribution) -> pd.DataFrame | None:
    """Return effects by theme with tilt and timing, and costs last."""
    split, mix = attribution.brinson, attribution.mixing
    if split is None or mix is None:
        return None
    both = split.themes.join(mix.themes.drop(columns="total"))
    costs: dict[str, Any] = {"total": split.cost}
    return pd.concat([both, pd.DataFrame(costs, index=pd.Index(["costs"], name="theme"))])


def _drawdowns(attribution: Attribution) -> pd.DataFrame:
    """Return the falls with what each theme lost in them, 0 where it did nothing."""
    fallen = attribution.falls
    lost = fallen.themes.pivot(index="fall", columns="theme", values="gain").fillna(0.0)
    return fallen.table.join(lost.add_prefix("loss of "))


def _years(attribution: Attribution) -> pd.DataFrame:
    split = attribution.brinson
    table = attribution.years.table
    return table if split is None else table.join(split.years.drop(columns="excess"))
