"""The deepest falls: when, how deep, who lost the money, and what the cycle and the others did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.backtest import metrics
from screener.study.attribution.gains import Gains
from screener.study.attribution.phases import phase_of_returns

__all__ = ["Falls", "falls"]

COUNT = 5


@dataclass(frozen=True)
class Falls:
    """The deepest drawdowns of the rule in a window, deepest first, from peak to trough.

    Attributes
    ----------
    table : DataFrame, indexed by ``fall`` (1 = the deepest)
        ``peak, trough, recovered`` (NaT while under water); ``depth``, a negative fraction; ``sessions`` from
        the peak to the recovery or to the last day; ``falling``, sessions from peak to trough; ``loss`` in
        CNY, negative; ``first_phase, last_phase`` of the cycle, for the first and the last day of the fall;
        ``equal_weight, benchmark``, their returns from peak to trough (NaN where there is none);
        ``residual`` in CNY, the part of the loss that no gain explains.
    themes : DataFrame
        One row a fall and theme, the largest loss first: ``fall, theme, gain`` (CNY), ``points``, the gain
        over the equity at the peak. With the residual they add up to loss and depth.
    stocks : DataFrame
        The same by ``symbol``, of all stocks that gained or lost anything.
    """

    table: pd.DataFrame
    themes: pd.DataFrame
    stocks: pd.DataFrame


def falls(
    gains: Gains,
    nav: pd.Series,
    equal: pd.Series | None,
    level: pd.Series | None,
    phases: pd.DataFrame,
    count: int = COUNT,
) -> Falls:
    """Describe the deepest falls of a curve.

    Parameters
    ----------
    gains : Gains
        Of the account whose curve it is.
    nav : Series (n_days,)
        Equity in the window, the base first.
    equal, level : Series (n_days,) or None
        Equal weight and benchmark on the same days.
    phases : DataFrame
        As a run keeps them.
    count : int
    """
    found = metrics.drawdowns(nav, count)
    phase = phase_of_returns(phases, pd.DatetimeIndex(nav.index))
    rows, themes, stocks = [], [], []
    for k, fall in enumerate(found.itertuples(), start=1):
        inside = gains.rows(fall.peak, fall.trough)
        base = int(gains.nav[inside.start - 1])
        names = phase[(phase.index > fall.peak) & (phase.index <= fall.trough)]
        rows.append(
            {
                "falling": len(names),
                "loss": (int(gains.nav[inside.stop - 1]) - base) / 100.0,
                "first_phase": names.iloc[0],
                "last_phase": names.iloc[-1],
                "equal_weight": _between(equal, fall.peak, fall.trough),
                "benchmark": _between(level, fall.peak, fall.trough),
                "residual": int(gains.residual[inside].sum()) / 100.0,
            }
        )
        themes.append(_losers(k, "theme", gains.themes, gains.by_theme[inside].sum(axis=0), base))
        stocks.append(_losers(k, "symbol", gains.symbols, gains.total[inside].sum(axis=0), base))
    columns = ["falling", "loss", "first_phase", "last_phase", "equal_weight", "benchmark", "residual"]
    table = found.join(pd.DataFrame(rows, columns=columns, index=found.index))
    table.index = pd.RangeIndex(1, len(table) + 1, name="fall")
    return Falls(table, _joined(themes, "theme"), _joined(stocks, "symbol"))


def _losers(fall: int, label: str, names: tuple[str, ...], fen: np.ndarray, base: int) -> pd.DataFrame:
    """Return what each name gained in a fall, the largest loss first; names that did nothing are left out."""
    table = pd.DataFrame({"fall": fall, label: list(names), "gain": fen / 100.0, "points": fen / base})
    return table[fen != 0].sort_values("gain", kind="stable")


def _joined(parts: list[pd.DataFrame], label: str) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame(columns=["fall", label, "gain", "points"])
    return pd.concat(parts, ignore_index=True)


def _between(curve: pd.Series | None, peak: pd.Timestamp, trough: pd.Timestamp) -> float:
    return float("nan") if curve is None else float(curve[trough] / curve[peak] - 1.0)
