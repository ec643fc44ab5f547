"""Gathering what studies say of a run for its page."""

from __future__ import annotations

from collections.abc import Callable

from screener.backtest.result import Run
from screener.report.evidence import Evidence
from screener.report.layout import PLAIN
from screener.report.style import Style
from screener.report.tearsheet import render
from screener.study.adjusted import adjusted
from screener.study.attribution import attribute
from screener.study.intervals import intervals
from screener.study.ladders import ladders
from screener.study.validation import Validation

__all__ = ["gather", "tearsheet"]


def gather(
    run: Run, validation: Validation | None = None, progress: Callable[[str], None] | None = None
) -> Evidence:
    """Study a run: how sure its figures are, where each yuan came from, and what each choice costs.

    Parameters
    ----------
    run : Run
    validation : Validation, optional
        What `screener validate` found, if it has run.
    progress : callable, optional
        Told in a few words what comes next.
    """
    say = progress or (lambda text: None)
    say("drawing by chance")
    sure = [intervals(run, window) for window in run.windows]
    say("attributing")
    attribution = attribute(run, run.windows[0])
    say("trading it later, dearer and larger")
    return Evidence.of(
        *sure,
        attribution=attribution,
        ladders=ladders(run),
        adjusted=adjusted(run),
        validation=validation,
    )


def tearsheet(run: Run, style: Style = PLAIN, validation: Validation | None = None) -> str:
    """Study a run and write its page, see `render`.

    Parameters
    ----------
    run : Run
    style : Style
        Language and colours that it opens in.
    validation : Validation, optional
    """
    return render(run, gather(run, validation), style)
