"""A screen: shares that pass an expression on a day, ranked, with what could not be known said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from screener import universe
from screener.data import facts
from screener.data.sources import Source
from screener.errors import SpecError
from screener.market import calendar
from screener.screen import statements
from screener.screen.columns import COLUMNS, Day, evaluate_columns
from screener.screen.expression import parse
from screener.screen.preset import Preset
from screener.universe import Theme

__all__ = ["Screen", "open_day", "screen", "unpriced"]

# Which columns read which table; what nothing reads is not opened.
RATIOS = frozenset({"pe_ttm", "pb", "ps_ttm", "pe_percentile", "pb_percentile", "ps_percentile", "pe_years"})
CAPITAL = frozenset({"market_cap", "float_cap", "turnover_20"})
VALUED = RATIOS | CAPITAL
STATED = frozenset(statements.NAMES)
EMPTY = {
    "valuation": facts.valuation(facts.EMPTY),
    "statements": facts.statements(facts.EMPTY),
    "shares": facts.EMPTY.reindex(columns=["date", "symbol", *facts.SHARES]),
}


@dataclass(frozen=True)
class Screen:
    """What a screen found.

    Attributes
    ----------
    day : Timestamp
        The session whose close was known.
    table : DataFrame
        The shares that passed, ranked, by symbol: ``name`` and the columns.
    asked, listed, passed, unknown : int
        Shares asked for, listed on the day, passed, and left out because something was unknown.
    notes : tuple of str
        Which columns lack data, and what else a reader must know.
    sha256 : str
        Hash of the source.
    """

    day: pd.Timestamp
    table: pd.DataFrame
    asked: int
    listed: int
    passed: int
    unknown: int
    notes: tuple[str, ...]
    sha256: str


def screen(
    source: Source,
    preset: Preset,
    as_of: pd.Timestamp | None = None,
    symbols: Iterable[str] | None = None,
    themes: Iterable[Theme] = (),
    top: int | None = None,
) -> Screen:
    """Choose and rank shares by what was known after the close of a day.

    Parameters
    ----------
    source : Source
    preset : Preset
        Expressions and columns.
    as_of : Timestamp, optional
        The last session up to it counts; default the last one of the source.
    symbols : iterable of str, optional
        Who is asked; default the members of `themes` on the day, as published.
    themes : iterable of Theme
        Give the columns ``theme`` and ``purity``.
    top : int, optional
        Only so many are returned.

    Raises
    ------
    SpecError
        For a day that the source does not reach, or an expression that breaks the rules.
    DataError
        If no share asked has prices.
    """
    where, sort = (parse(text, COLUMNS) if text else None for text in (preset.where, preset.sort))
    names = [name for part in (where, sort) if part for name in part.columns]
    shown = list(dict.fromkeys([*preset.show, *names]))
    day = open_day(source, as_of, symbols, tuple(themes), shown)
    table, notes = evaluate_columns(day, shown)
    passes = where.evaluate(table) if where else pd.Series(1.0, index=table.index)
    if not passes.dropna().isin((0.0, 1.0)).all():
        raise SpecError(f"{preset.where}: is a number; compare it, for example {preset.where} > 0")
    chosen = table[passes == 1.0]
    if sort is not None:
        order = sort.evaluate(table).loc[chosen.index]
        chosen = chosen.loc[order.sort_values(ascending=preset.ascending, kind="stable").index]
    named = chosen.assign(name=[day.panel.names[symbol] for symbol in chosen.index])
    return Screen(
        day=day.day,
        table=named[["name", *shown]].head(top),
        asked=len(day.index),
        listed=len(table),
        passed=len(chosen),
        unknown=int(passes.isna().sum()),
        notes=(*unpriced(day, symbols), *notes, *day.panel.provenance.caveats),
        sha256=day.panel.provenance.sha256,
    )


def open_day(
    source: Source,
    as_of: pd.Timestamp | None,
    symbols: Iterable[str] | None,
    themes: tuple[Theme, ...],
    columns: Iterable[str] = COLUMNS,
    reading: str = "published",
) -> Day:
    """Read what some columns need of some shares on a day."""
    first, last = source.span()
    asked_day = last if as_of is None else as_of
    if not first <= asked_day or calendar.on_or_before(asked_day) > last:
        raise SpecError(f"as of {asked_day:%Y-%m-%d}: the source holds {first:%Y-%m-%d} to {last:%Y-%m-%d}")
    day = calendar.on_or_before(asked_day)
    labels, purity = _membership(themes, day, reading)
    asked = sorted(symbols if symbols is not None else labels)
    if not asked:
        raise SpecError(
            f"as of {day:%Y-%m-%d}: no member of the themes was published yet",
            "Give a later day, other --themes, --symbols, or --all",
        )
    wanted = set(columns)
    panel = source.panel(asked, end=day)
    if panel.sessions[-1] != day:
        ends = f"{panel.sessions[-1]:%Y-%m-%d}"
        raise SpecError(f"as of {day:%Y-%m-%d}: the prices of these shares end on {ends}")

    def read(table: str, names: frozenset[str]) -> pd.DataFrame:
        return getattr(source, table)(panel.symbols) if wanted & names else EMPTY[table]

    return Day(
        day=day,
        panel=panel,
        valuation=read("valuation", VALUED),
        statements=read("statements", STATED),
        shares=read("shares", CAPITAL),
        industries=source.industries if "industry" in wanted else {},
        themes=labels,
        purity=purity,
    )


def unpriced(day: Day, symbols: Iterable[str] | None) -> tuple[str, ...]:
    """Name the shares that were asked for by code and that the source has no prices of."""
    missing = sorted(set(symbols or ()) - set(day.index))
    return (f"The source has no prices of {', '.join(missing)}.",) if missing else ()


def _membership(
    themes: tuple[Theme, ...], day: pd.Timestamp, reading: str
) -> tuple[dict[str, str], dict[str, float]]:
    """Return the themes of every share that is a member on the day, and its stated purity."""
    labels: dict[str, list[str]] = {}
    purity: dict[str, float] = {}
    for theme in themes:
        row = universe.membership(theme, pd.DatetimeIndex([day]), reading).iloc[0]
        for member in theme.counted:
            if row[member.symbol]:
                labels.setdefault(member.symbol, []).append(theme.id)
                if member.purity is not None:
                    purity[member.symbol] = max(purity.get(member.symbol, 0.0), member.purity)
    return {symbol: ", ".join(names) for symbol, names in labels.items()}, purity
