"""Windows, figures and the verdict: what a rule earned, and where it came from."""

from __future__ import annotations

import pandas as pd

from screener import universe
from screener.backtest import metrics
from screener.backtest.controls import EQUAL_WEIGHT, STATIC_MIX
from screener.backtest.result import SAME, Result, Verdict, Window
from screener.backtest.spec import RunSpec
from screener.errors import SpecError
from screener.market import calendar
from screener.strategy import MINIMUM, Context
from screener.universe import Theme

__all__ = ["publication_days", "split_windows", "verdict", "window_figures"]


def cut(series: pd.Series, window: Window) -> pd.Series:
    """Return the part of a series in a window, the base day first."""
    return series.loc[window.base : window.end]


def split_windows(
    spec: RunSpec, context: Context, effective: pd.Timestamp, publications: dict[str, pd.Timestamp]
) -> tuple[Window, ...]:
    """Return the headline and, in the hindsight reading, the time before and after publication."""
    end = context.panel.sessions[-1]
    base = max(context.start, effective)
    if base >= end:
        raise SpecError(f"end={end:%Y-%m-%d} must lie after the effective start {effective:%Y-%m-%d}")
    windows = [Window(base, end, "headline")]
    if spec.membership == "hindsight" and publications:
        published = max(publications.values())
        if base < published < end:
            windows += [
                Window(base, published, "before publication"),
                Window(published, end, "after publication"),
            ]
    return tuple(windows)


def publication_days(themes: tuple[Theme, ...]) -> dict[str, pd.Timestamp]:
    """Return, by theme, the first session with three published members."""
    days = {theme.id: universe.publication(theme, MINIMUM) for theme in themes}
    return {theme: day for theme, day in days.items() if day is not None}


def window_figures(
    window: Window, results: dict[str, Result], level: pd.Series | None, risk_free: float
) -> dict[str, dict[str, float]]:
    """Return the figures of every account in a window; excess figures are against equal weight."""
    equal = cut(results[EQUAL_WEIGHT].nav, window)
    figures = {
        name: metrics.summary(cut(r.nav, window), None if name == EQUAL_WEIGHT else equal, risk_free)
        for name, r in results.items()
    }
    if level is not None:
        figures["benchmark"] = metrics.summary(cut(level, window), equal, risk_free)
    return figures


def verdict(
    window: Window, rule: str, results: dict[str, Result], free: dict[str, Result], level: pd.Series | None
) -> Verdict:
    """Split what the rule earned a year into benchmark, selection, tilt, timing and cost.

    Notes
    -----
    Selection: the equal-weighted themes without costs against the benchmark. Tilt: the rule's mean mix
    without costs against equal weight. Timing: the rule without costs against its mean mix. Cost: the rule
    against itself without costs. All are differences of annual rates, so that they add up exactly.
    ``detectable`` is NaN where the rule is equal weight itself: there is nothing to tell apart.
    """

    def rate(nav: pd.Series) -> float:
        return metrics.cagr(cut(nav, window))

    total, gross = rate(results[rule].nav), rate(free[rule].nav)
    equal, mix = rate(free[EQUAL_WEIGHT].nav), rate(free[STATIC_MIX].nav)
    market = float("nan") if level is None else rate(level)
    nav, control = cut(results[rule].nav, window), cut(results[EQUAL_WEIGHT].nav, window)
    error = metrics.tracking_error(nav, control)
    differs = float("nan") if error < SAME else error
    return Verdict(
        window=window,
        total=total,
        benchmark=market,
        equal_weight=rate(results[EQUAL_WEIGHT].nav),
        static_mix=rate(results[STATIC_MIX].nav),
        selection=equal - market,
        tilt=mix - equal,
        timing=gross - mix,
        cost=total - gross,
        tracking_error=error,
        detectable=metrics.detectable_excess(differs, calendar.years(window.base, window.end)),
    )
