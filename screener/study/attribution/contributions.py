"""What each theme and stock earned in a window: exact money, and points of the return of the window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.arrays import IntMatrix, Matrix
from screener.backtest.result import Window
from screener.study.attribution.gains import PARTS, Gains

__all__ = ["Contributions", "contributions"]


@dataclass(frozen=True)
class Contributions:
    """Who earned what in a window; money in CNY, exact to the cent.

    Attributes
    ----------
    total : float
        Change of the equity over the window.
    residual : float
        What of it no gain explains, and the largest such gap of a day in `worst_residual`: both 0 for every
        account of the engine. The tables add up to `total` less `residual`.
    worst_residual : float
    themes : DataFrame, indexed by ``theme``, the largest gain first
        ``gain``; ``share`` of the total gain (NaN without one); ``contribution``, the gain over the equity of
        the base day, a fraction: these add up to the return of the window as they are, so that nothing has to
        be linked; ``weight``, the mean over the closes of the window; ``days`` on which it was held at the
        close; ``best, best_day, worst, worst_day``, the largest gain and loss of a day; then the parts of the
        gain: ``price, dividends, commission, stamp, transfer, tax, slippage`` (costs at most 0).
    stocks : DataFrame, indexed by ``symbol``, the largest gain first
        The same columns after ``theme``, for which the stock was held at the most closes of the window.
    years : DataFrame, indexed by ``year``
        ``gain`` and its parts, ``residual``, and ``contribution``, the gain over the equity at the start of
        the year: the return of the year.
    theme_years : DataFrame, indexed by ``theme``
        Gain by calendar year, one column a year (int).
    growth : DataFrame (n_days of the window, the base with 0 first; n_themes)
        Gain since the base.
    """

    total: float
    residual: float
    worst_residual: float
    themes: pd.DataFrame
    stocks: pd.DataFrame
    years: pd.DataFrame
    theme_years: pd.DataFrame
    growth: pd.DataFrame


def contributions(gains: Gains, window: Window) -> Contributions:
    """Return the gains of a window by theme, stock and year."""
    rows = gains.rows(window.base, window.end)
    days, nav = gains.sessions[rows], gains.nav
    base = int(nav[rows.start - 1])
    total = int(nav[max(rows.stop, rows.start) - 1]) - base
    by_theme, years = gains.by_theme[rows], days.year.to_numpy()
    standing = gains.standing[rows]
    held = np.einsum("tj,tjk->tk", gains.value[rows].astype(np.float64), standing)
    themes = _table(by_theme, {p: m[rows] for p, m in gains.themed.items()}, held, nav[rows], days)
    stocks = _table(
        gains.total[rows], {p: m[rows] for p, m in gains.parts.items()}, gains.value[rows], nav[rows], days
    )
    home = (standing * (gains.value[rows] != 0)[:, :, None]).sum(axis=0).argmax(axis=1)
    stocks.insert(0, "theme", np.array(gains.themes, dtype=object)[home] if len(home) else [])
    stocks = stocks[((gains.total[rows] != 0) | (gains.value[rows] != 0)).any(axis=0)]
    return Contributions(
        total=total / 100.0,
        residual=int(gains.residual[rows].sum()) / 100.0,
        worst_residual=int(np.abs(gains.residual[rows]).max(initial=0)) / 100.0,
        themes=_ranked(themes, gains.themes, "theme", total, base),
        stocks=_ranked(stocks, np.array(gains.symbols, dtype=object)[stocks.index], "symbol", total, base),
        years=_years(gains, rows),
        theme_years=_sum_by(by_theme, years, list(gains.themes)).T.rename_axis("theme"),
        growth=_growth(gains, rows, by_theme),
    )


def _table(
    gain: IntMatrix, parts: dict[str, IntMatrix], value: Matrix | IntMatrix, nav: Matrix, days: pd.Index
) -> pd.DataFrame:
    """Return one row a column of `gain`, in its order; money in CNY."""
    table = pd.DataFrame({"gain": gain.sum(axis=0) / 100.0})
    if not len(gain):
        table[["weight", "best", "worst"]], table["days"] = np.nan, 0
        table["best_day"] = table["worst_day"] = pd.Series(pd.NaT, table.index, dtype="datetime64[ns]")
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            table["weight"] = (value / nav[:, None]).mean(axis=0)
        table["days"] = (value != 0).sum(axis=0)
        for name, row in (("best", gain.argmax(axis=0)), ("worst", gain.argmin(axis=0))):
            table[name] = np.take_along_axis(gain, row[None, :], axis=0)[0] / 100.0
            table[f"{name}_day"] = days[row]
    return table.assign(**{name: parts[name].sum(axis=0) / 100.0 for name in PARTS})


def _ranked(table: pd.DataFrame, names: object, label: str, total: int, base: int) -> pd.DataFrame:
    """Name the rows, add their shares, and sort by gain."""
    at = table.columns.get_loc("gain") + 1
    table = table.set_axis(pd.Index(names, name=label, dtype=object), axis=0)
    table.insert(at, "share", table["gain"] / (total / 100.0) if total else np.nan)
    table.insert(at + 1, "contribution", table["gain"] / (base / 100.0) if base else np.nan)
    order = ["weight", "days", "best", "best_day", "worst", "worst_day", *PARTS]
    table = table[[*table.columns[: at + 2], *order]]
    return table.sort_values("gain", ascending=False, kind="stable")


def _years(gains: Gains, rows: slice) -> pd.DataFrame:
    """Return gain and parts by calendar year."""
    years = gains.sessions[rows].year.to_numpy()
    columns = {name: amounts[rows].sum(axis=1) for name, amounts in gains.parts.items()}
    columns = {"gain": gains.total[rows].sum(axis=1)} | columns | {"residual": gains.residual[rows]}
    table = _sum_by(np.column_stack(list(columns.values())), years, list(columns)).rename_axis("year")
    first = np.flatnonzero(np.diff(years, prepend=0))
    started = gains.nav[rows.start - 1 + first] / 100.0
    return table.assign(contribution=table["gain"] / np.where(started > 0, started, np.nan))


def _sum_by(amounts: IntMatrix, years: np.ndarray, names: list[str]) -> pd.DataFrame:
    """Add up whole fen by year, then turn them into CNY."""
    return pd.DataFrame(amounts, columns=names).groupby(years).sum() / 100.0


def _growth(gains: Gains, rows: slice, by_theme: IntMatrix) -> pd.DataFrame:
    """Return the gain of each theme since the base."""
    since = np.concatenate([np.zeros((1, len(gains.themes)), dtype=np.int64), by_theme.cumsum(axis=0)])
    days = gains.sessions[rows.start - 1 : rows.start + len(by_theme)]
    return pd.DataFrame(since / 100.0, index=days.rename("date"), columns=list(gains.themes))
