"""A strategy is a file with `Params` and `weights(context, params)`: what it may see and what it returns."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from screener import workspace
from screener.cycle import Cycle, load_cycle
from screener.cycle.coverage import coverage
from screener.cycle.driver import has_driver
from screener.data import facts
from screener.data.panel import Panel
from screener.errors import StrategyError, nearest
from screener.market import calendar
from screener.universe import Theme

__all__ = ["SEASONING", "Context", "Strategy", "check_weights", "listing", "load", "parameter"]

SEASONING = 60  # bars before a member may be held
MINIMUM = 3  # seasoned members before a theme may be


def parameter(
    default: Any,
    reason: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """Declare a field of `Params`: its default, and what a user is told and held to.

    Parameters
    ----------
    default : bool, int, float or str
        Value of the published run; its type is the parameter's type.
    reason : str
        Why this default.
    unit : str
    low, high : float, optional
        Allowed range, ends included.
    choices : tuple of str, optional
    """
    known = {"low": low, "high": high, "unit": unit, "reason": reason, "choices": choices}
    return dataclasses.field(default=default, metadata={k: v for k, v in known.items() if v is not None})


@dataclass(frozen=True)
class Context:
    """All that a strategy may see; read-only, and causal as long as row t of a result uses rows up to t.

    Attributes
    ----------
    panel : Panel
        Prices: ``panel.adjusted`` for signals, raw bars for rules.
    themes : tuple of Theme
    membership : dict of str to DataFrame of bool (n_days, n_symbols)
        By theme: who counts as a member on each session in the reading of the run.
    cycle : Cycle
    start : Timestamp
        First session on which a decision may be made.
    read_valuation : callable, optional
        Reads the source's valuation, see `facts.valuation`; asked only by a rule that wants it.
    """

    panel: Panel
    themes: tuple[Theme, ...]
    membership: dict[str, pd.DataFrame]
    cycle: Cycle
    start: pd.Timestamp
    read_valuation: Callable[[], pd.DataFrame] | None = None

    @cached_property
    def seasoned(self) -> dict[str, pd.DataFrame]:
        """Members with at least 60 bars of their present business behind them, by theme and session."""
        out = {}
        bars = self.panel.adjusted.notna()
        for theme in self.themes:
            rows = self.membership[theme.id]
            since = {m.symbol: pd.Timestamp(m.valid_from) for m in theme.members if m.valid_from is not None}
            own = bars[list(rows.columns)].copy()
            for symbol in own.columns.intersection(list(since)):
                own.loc[own.index < since[symbol], symbol] = False
            out[theme.id] = rows & (own.cumsum() >= SEASONING)
        return out

    def members(self, days: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
        """Return the relative weight of each seasoned member of each theme on `days`, 0 for all others."""
        out = {}
        for theme in self.themes:
            rows = self.seasoned[theme.id].loc[days]
            weight = {member.symbol: member.weight for member in theme.members}
            out[theme.id] = rows * pd.Series(weight, dtype="float64").reindex(rows.columns)
        return out

    def decision_days(self, a_month: int = 4) -> pd.DatetimeIndex:
        """Return the first session of the run and then `a_month` evenly spaced sessions of each month.

        The spacing comes from the exchange calendar, which is known in advance, and never from the prices.
        """
        last = self.panel.sessions[-1]
        first_month, end_month = self.start.replace(day=1), last + pd.offsets.MonthEnd(0)
        days = calendar.sessions(first_month, min(end_month, calendar.sessions()[-1]))
        picked = [self.start]
        for _, month in days.to_series().groupby(days.to_period("M")):
            picked += [month.iloc[(k + 1) * len(month) // a_month - 1] for k in range(a_month)]
        chosen = pd.DatetimeIndex(sorted(set(picked)), name="date")
        return chosen[(chosen >= self.start) & (chosen <= last)]

    def exposures(self) -> pd.Series:
        """Return each theme's stated exposure to the driver, NaN for a theme that follows none."""
        return pd.Series(
            {t.id: t.exposure.value if t.exposure else np.nan for t in self.themes}, dtype="float64"
        )

    def used_cash(self, days: pd.DatetimeIndex) -> pd.Series:
        """Return the share of trailing operating cash flow that capital expenditure takes, as known by day.

        NaN before anything is known, and throughout for a driver whose companies' cash flow no file holds.
        """
        name = self.cycle.driver.name.removesuffix("-capex") + "-ocf"
        if not has_driver(name):
            return pd.Series(np.nan, index=days, name="used")
        known = coverage(self.cycle, load_cycle(name)).drop_duplicates("usable_from", keep="last")
        row = np.searchsorted(known["usable_from"].to_numpy(), days.to_numpy(), side="right") - 1
        used = np.append(known["used"].to_numpy(), np.nan)  # row -1, before anything is known, finds the NaN
        return pd.Series(used[row], index=days, name="used")

    def valuation(self, column: str) -> pd.DataFrame:
        """Return a column of valuation, such as ``pe_ttm``, by session and symbol.

        Returns
        -------
        DataFrame (n_days, n_symbols)
            What was known after the close of the session; NaN where the source has no value, everywhere if it
            has no valuation at all. Nothing is carried from one day to another.
        """
        if column not in facts.VALUATION:
            raise StrategyError(f"valuation: {column} is no column; {nearest(column, facts.VALUATION)}")
        rows = self._valuation
        if column not in rows.columns:
            rows = rows.assign(**{column: np.nan})
        frame = rows.pivot(index="date", columns="symbol", values=column)
        return frame.reindex(index=self.panel.sessions, columns=list(self.panel.symbols)).astype("float64")

    def valuation_known(self) -> float | None:
        """Return the share of the days of listed shares with a valuation; None if no rule asked for any."""
        if "_valuation" not in vars(self):
            return None
        days = self.panel.sessions[self.panel.sessions >= self.start]
        listed = self.panel.frame(self.panel.listed).loc[days]
        rows = self._valuation
        held = rows["date"].isin(days) & rows["symbol"].isin(self.panel.symbols)
        return float(held.sum() / max(int(listed.to_numpy().sum()), 1))

    @cached_property
    def _valuation(self) -> pd.DataFrame:
        return facts.valuation(facts.EMPTY) if self.read_valuation is None else self.read_valuation()


@dataclass(frozen=True)
class Strategy:
    """A loaded strategy file.

    Attributes
    ----------
    name : str
    path : Path
    sha256 : str
        Hash of the file.
    module : module
    """

    name: str
    path: Path
    sha256: str
    module: ModuleType

    @property
    def summary(self) -> str:
        """First line of the file's docstring."""
        return (self.module.__doc__ or "").strip().split("\n", 1)[0]

    @property
    def doc(self) -> str:
        """The file's docstring."""
        return (self.module.__doc__ or "").strip()

    @property
    def Params(self) -> type:
        """The dataclass of parameters."""
        return self.module.Params

    @property
    def weights(self) -> Callable[[Context, Any], pd.DataFrame]:
        """The rule."""
        return self.module.weights

    def params(self, overrides: dict[str, Any] | None = None) -> Any:
        """Return the parameters with some values replaced; text is read as the field's type.

        Raises
        ------
        StrategyError
            For unknown names and values of the wrong type or out of range, all at once.
        """
        fields = {f.name: f for f in dataclasses.fields(self.Params)}
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, value in (overrides or {}).items():
            if name not in fields:
                problems.append(f"{self.name}: parameter {name} is not known; {nearest(name, fields)}")
                continue
            try:
                values[name] = _read(value, fields[name])
            except ValueError as error:
                problems.append(f"{self.name}: {name}={value} {error}")
        if problems:
            raise StrategyError(*problems)
        return self.Params(**values)


def _read(value: Any, spec: dataclasses.Field[Any]) -> Any:
    """Read a value as the type of the field's default and check its range."""
    kind = type(spec.default)
    if kind is bool:
        words = {"true": True, "false": False}
        if str(value).lower() not in words:
            raise ValueError("must be true or false")
        return words[str(value).lower()]
    try:
        read = kind(value)
    except (TypeError, ValueError):
        raise ValueError(f"must be {_kind_name(kind)}") from None
    if kind is int and (isinstance(value, bool) or float(value) != read):
        raise ValueError("must be a whole number")
    choices = spec.metadata.get("choices")
    if choices and read not in choices:
        raise ValueError(f"is not a choice; {nearest(str(read), choices)}")
    low, high = spec.metadata.get("low"), spec.metadata.get("high")
    if low is not None and not low <= read <= high:
        raise ValueError(f"must lie in [{low:g}, {high:g}]")
    return read


def _kind_name(kind: type) -> str:
    return {int: "a whole number", float: "a number", str: "text"}.get(kind, kind.__name__)


def listing() -> dict[str, Path]:
    """Return the strategies by name, own ones first."""
    return workspace.listing("strategies")


def load(name: str | Path) -> Strategy:
    """Load a strategy by name or path.

    Strategy files are code: run only your own.

    Raises
    ------
    StrategyError
        If there is no such file, it does not run, or it lacks `Params` or `weights`.
    """
    path = workspace.find("strategies", str(name))
    text = path.read_bytes()
    digest = hashlib.sha256(text).hexdigest()
    module_name = f"screener_strategy_{path.stem.replace('-', '_')}_{digest[:12]}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise StrategyError(f"{path.name}: is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # before exec: dataclasses and numba's cache look it up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[module_name]
        raise StrategyError(f"{path.name}: does not run: {type(error).__name__}: {error}") from error
    missing = [part for part in ("Params", "weights") if not hasattr(module, part)]
    if missing or not dataclasses.is_dataclass(module.Params):
        raise StrategyError(
            f"{path.name}: needs a dataclass `Params` and a function `weights(context, params)`; "
            f"missing: {', '.join(missing) or 'Params is not a dataclass'}"
        )
    return Strategy(path.stem, path, digest, module)


def check_weights(name: str, weights: object, panel: Panel) -> pd.DataFrame:
    """Check what a strategy returned and give its columns the form ``(theme, symbol)``.

    Raises
    ------
    StrategyError
        If it is no frame of sessions by symbols of the panel, or holds NaN, negative weights or rows that
        sum to more than 1; all at once.
    """
    weights = _labelled(name, weights)
    problems = []
    strangers = sorted(set(weights.columns.get_level_values(1)) - set(panel.symbols))
    if strangers:
        problems.append(f"{name}: weights for symbols without prices: {', '.join(map(str, strangers[:5]))}")
    if not weights.index.isin(panel.sessions).all() or not weights.index.is_monotonic_increasing:
        problems.append(f"{name}: decision days must be sessions of the panel in rising order")
    if weights.index.has_duplicates or weights.columns.has_duplicates:
        problems.append(f"{name}: decision days and columns must be unique")
    values = weights.to_numpy()
    for label, bad in (
        ("is not a number", ~np.isfinite(values)),
        ("is negative", values < -1e-12),
    ):
        if bad.any():
            row, column = map(int, np.argwhere(bad)[0])
            problems.append(
                f"{name}: weight of {weights.columns[column][1]} on {weights.index[row]:%Y-%m-%d} {label}"
            )
    sums = values.sum(axis=1)
    if (sums > 1.0 + 1e-9).any():
        row = int(np.argmax(sums > 1.0 + 1e-9))
        problems.append(f"{name}: weights on {weights.index[row]:%Y-%m-%d} sum to {sums[row]:.6f}; at most 1")
    if problems:
        raise StrategyError(*problems)
    return weights


def _labelled(name: str, weights: object) -> pd.DataFrame:
    """Return weights as a float64 frame with columns ``(theme, symbol)``."""
    if not isinstance(weights, pd.DataFrame):
        raise StrategyError(f"{name}: weights() must return a DataFrame, not {type(weights).__name__}")
    for length, what in zip(weights.shape, ("decision day", "symbol"), strict=True):
        if length == 0:
            raise StrategyError(f"{name}: weights() returned no {what}; a row of zeros keeps all in cash")
    if weights.columns.nlevels > 2:
        raise StrategyError(f"{name}: columns of weights must be symbols, or pairs of theme and symbol")
    others = weights.select_dtypes(exclude=["number", "bool"])
    if others.map(lambda value: isinstance(value, str)).to_numpy().any():
        raise StrategyError(f"{name}: weights must be numbers, not text")
    if weights.columns.nlevels == 1:
        weights = weights.set_axis(pd.MultiIndex.from_product([[""], weights.columns]), axis=1)
    weights = weights.rename_axis(index="date").rename_axis(columns=["theme", "symbol"])
    try:
        return weights.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise StrategyError(f"{name}: weights must be numbers: {error}") from error
