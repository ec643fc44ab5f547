"""Columns of a screen: what is known of each share after the close of a day, and nothing later.

A column without data is unknown (NaN) and never filled; `evaluate_columns` says which are. Money is CNY,
returns are fractions, windows are sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.data import facts
from screener.data.panel import Panel
from screener.market.symbols import board_of
from screener.screen import statements as figures

__all__ = ["COLUMNS", "Column", "Day", "evaluate_columns"]

YEAR = 244
HISTORY = 500  # days with a value before a percentile says anything


@dataclass(frozen=True)
class Day:
    """Everything that may be used on a day.

    Attributes
    ----------
    day : Timestamp
        A session; its close is known.
    panel : Panel
        Prices up to it.
    valuation, statements, shares : DataFrame
        As the source gives them; later rows are cut off here.
    industries : dict of str to str
    themes : dict of str to str
        Themes of a share on the day, separated by commas.
    purity : dict of str to float
    """

    day: pd.Timestamp
    panel: Panel
    valuation: pd.DataFrame
    statements: pd.DataFrame
    shares: pd.DataFrame
    industries: Mapping[str, str] = field(default_factory=dict)
    themes: Mapping[str, str] = field(default_factory=dict)
    purity: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Cut off what is later, so that no column can see it."""
        object.__setattr__(self, "panel", self.panel.until(self.day))
        for name in ("valuation", "shares"):
            rows = getattr(self, name)
            object.__setattr__(self, name, rows[rows["date"] <= self.day])
        object.__setattr__(self, "statements", facts.known(self.statements, self.day))

    @property
    def index(self) -> pd.Index:
        """The shares, sorted."""
        return pd.Index(self.panel.symbols, name="symbol")

    @cached_property
    def close(self) -> pd.Series:
        """The raw close of the day, NaN without a bar."""
        return self._row(self.panel.close[-1])

    @cached_property
    def adjusted(self) -> pd.DataFrame:
        """Total-return closes, carried over suspensions."""
        return self.panel.adjusted.ffill()

    @cached_property
    def returns(self) -> pd.DataFrame:
        """Total returns of the last year."""
        return self.panel.total_return.iloc[-YEAR:]

    @cached_property
    def ratios(self) -> pd.DataFrame:
        """The valuation of the day itself, by share; no row of an earlier day stands in."""
        rows = self.valuation[self.valuation["date"] == self.day].set_index("symbol")
        return rows.reindex(self.index)

    @cached_property
    def owners(self) -> np.ndarray:
        """The place among the shares of every row of the valuation, -1 for others."""
        codes, names = pd.factorize(self.valuation["symbol"])
        return self.index.get_indexer(names)[codes]

    @cached_property
    def counted(self) -> pd.DataFrame:
        """Shares outstanding, from the last count, times the shares that came of each since then."""
        last = self.shares.drop_duplicates("symbol", keep="last").set_index("symbol").reindex(self.index)
        split = self._split_since(last["date"])
        return last[[*facts.SHARES]].mul(split, axis=0)

    @cached_property
    def quarters(self) -> pd.DataFrame:
        """Statements as growth and ratios."""
        return figures.quarters(self.statements, self.day, self.index, self._split_since)

    def window(self, values: np.ndarray, length: int) -> pd.DataFrame:
        """Return the last sessions of an array of the panel, NaN where there is no bar."""
        return self.panel.frame(values).iloc[-length:]

    def _row(self, values: np.ndarray) -> pd.Series:
        return pd.Series(values, index=self.index, dtype="float64")

    def _split_since(self, counted: pd.Series) -> pd.Series:
        """Return new shares for one since each count, from official actions only."""
        row = counted.reindex(self.index).to_frame(self.day).T
        return facts.grown(self.panel.actions, row).iloc[0]


class Column(NamedTuple):
    """What a column means, and how it is computed."""

    says: str
    compute: Callable[[Day], pd.Series]


def _change(window: int, skip: int = 0) -> Callable[[Day], pd.Series]:
    def compute(day: Day) -> pd.Series:
        table = day.adjusted
        if len(table) <= window + skip:
            return day._row(np.nan)
        return table.iloc[-1 - skip] / table.iloc[-1 - skip - window] - 1.0

    return compute


def _volatility(window: int) -> Callable[[Day], pd.Series]:
    def compute(day: Day) -> pd.Series:
        rows = day.returns.iloc[-window:]
        spread = rows.std(ddof=1) * np.sqrt(YEAR)
        return spread.where((rows.notna().sum() >= window) & (len(rows) == window))

    return compute


def _drawdown(day: Day) -> pd.Series:
    rows = day.adjusted.iloc[-YEAR:]
    return rows.iloc[-1] / rows.max() - 1.0


def _mean(name: str, window: int) -> Callable[[Day], pd.Series]:
    """Average over sessions, those without a bar as 0, once the share is listed that long."""

    def compute(day: Day) -> pd.Series:
        rows = day.window(getattr(day.panel, name), window)
        listed = day.window(day.panel.listed, window).all()
        return rows.fillna(0.0).mean().where(listed & (len(rows) == window))

    return compute


def _relative(window: int) -> Callable[[Day], pd.Series]:
    def compute(day: Day) -> pd.Series:
        change = _change(window)(day)
        return change - change.median()

    return compute


def _ratio(name: str) -> Callable[[Day], pd.Series]:
    def compute(day: Day) -> pd.Series:
        return day.ratios[name] if name in day.ratios.columns else day._row(np.nan)

    return compute


def _cap(cap: str, shares: str) -> Callable[[Day], pd.Series]:
    """Capital as the source gives it, else close times shares counted."""

    def compute(day: Day) -> pd.Series:
        told = _ratio(cap)(day)
        return told.fillna(day.close * day.counted[shares])

    return compute


def _percentile(name: str) -> Callable[[Day], pd.Series]:
    """Share of the days so far on which a ratio was not above today's; negative ratios say nothing."""

    def compute(day: Day) -> pd.Series:
        today = _ratio(name)(day)
        if name not in day.valuation.columns:
            return today
        owners, ratios = _positive(day, name)
        days = np.bincount(owners, minlength=len(day.index))
        below = np.bincount(owners[ratios <= today.to_numpy()[owners]], minlength=len(day.index))
        return day._row(below / np.maximum(days, 1)).where((days >= HISTORY) & (today > 0))

    return compute


def _years(name: str) -> Callable[[Day], pd.Series]:
    def compute(day: Day) -> pd.Series:
        if name not in day.valuation.columns:
            return day._row(np.nan)
        days = np.bincount(_positive(day, name)[0], minlength=len(day.index))
        return day._row(np.where(days > 0, days / YEAR, np.nan))

    return compute


def _positive(day: Day, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return owner and value of every ratio above 0 so far."""
    ratios = day.valuation[name].to_numpy(dtype="float64")
    good = (ratios > 0) & (day.owners >= 0)
    return day.owners[good], ratios[good]


def _figure(name: str) -> Callable[[Day], pd.Series]:
    return lambda day: day.quarters[name]


def _label(name: str) -> Callable[[Day], pd.Series]:
    return lambda day: pd.Series(
        [getattr(day, name).get(symbol) for symbol in day.index], index=day.index, dtype="object"
    )


COLUMNS: Mapping[str, Column] = {
    "close": Column("close as traded, CNY", lambda day: day.close),
    "return_5": Column("total return of 5 sessions", _change(5)),
    "return_20": Column("total return of 20 sessions", _change(20)),
    "return_60": Column("total return of 60 sessions", _change(60)),
    "return_120": Column("total return of 120 sessions", _change(120)),
    "return_250": Column("total return of 250 sessions", _change(250)),
    "momentum": Column("total return of 230 sessions that ended 20 sessions ago", _change(230, 20)),
    "strength_60": Column("return_60 less its median over the shares asked", _relative(60)),
    "volatility_60": Column("standard deviation of daily returns over 60 sessions, a year", _volatility(60)),
    "drawdown": Column("distance from the highest close of 244 sessions, 0 or less", _drawdown),
    "amount_20": Column("traded amount a session, mean of 20, CNY", _mean("amount", 20)),
    "market_cap": Column("all shares at the close, CNY", _cap("market_cap", "shares")),
    "float_cap": Column("floating shares at the close, CNY", _cap("float_cap", "float_shares")),
    "turnover_20": Column(
        "traded amount of 20 sessions a session as a fraction of float_cap",
        lambda day: _mean("amount", 20)(day) / _cap("float_cap", "float_shares")(day),
    ),
    "pe_ttm": Column("price to earnings of four quarters; negative = loss", _ratio("pe_ttm")),
    "pb": Column("price to book", _ratio("pb")),
    "ps_ttm": Column("price to sales of four quarters", _ratio("ps_ttm")),
    "pe_percentile": Column("share of days with pe_ttm at most today's", _percentile("pe_ttm")),
    "pb_percentile": Column("share of days with pb at most today's", _percentile("pb")),
    "ps_percentile": Column("share of days with ps_ttm at most today's", _percentile("ps_ttm")),
    "pe_years": Column("years that pe_percentile rests on", _years("pe_ttm")),
    **{name: Column(says, _figure(name)) for name, says in figures.NAMES.items()},
    "purity": Column("share of the business in its theme, where a source says so",
                     lambda day: pd.Series(day.purity, dtype="float64").reindex(day.index)),
    "sessions_listed": Column(
        "sessions from the first bar", lambda day: day._row(day.panel.listed.sum(axis=0))
    ),
    "tradable": Column(
        "1 if it traded and did not close at a limit",
        lambda day: day._row(
            ~np.isnan(day.panel.close[-1])
            & ~(day.panel.close[-1] >= day.panel.limit_up[-1] - 0.005)
            & ~(day.panel.close[-1] <= day.panel.limit_down[-1] + 0.005)
        ),
    ),
    "suspended": Column("1 if listed and without a bar", lambda day: day._row(day.panel.suspended[-1])),
    "board": Column(
        "main, chinext, star or bse as the exchanges call them",
        lambda day: pd.Series([str(board_of(name)) for name in day.index], index=day.index, dtype="object"),
    ),
    "industry": Column("industry as the source has it today, not on the day", _label("industries")),
    "theme": Column("themes on the day, separated by commas", _label("themes")),
}  # fmt: skip


def evaluate_columns(day: Day, names: Iterable[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Compute some columns for every share that was listed on the day.

    Returns
    -------
    table : DataFrame (n_shares, n_columns)
        By symbol; NaN or None = unknown.
    notes : tuple of str
        One sentence for each column that is unknown for some or all shares, and for facts that are older than
        the day.
    """
    listed = day.index[day.panel.listed[-1]]
    table = pd.DataFrame({name: COLUMNS[name].compute(day) for name in names}, index=day.index).loc[listed]
    lacking = table.isna().sum()
    notes = [
        f"{name}: no data on {day.day:%Y-%m-%d}"
        + ("" if n == len(table) else f" for {n} of {len(table)} shares")
        for name, n in lacking.items()
        if n and name != "theme"  # to be in none is no lack
    ]
    if "industry" in table.columns:
        notes.append("industry: as the source has it today; on the day it may have been another")
    return table, tuple(notes)
