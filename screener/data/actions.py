"""Corporate actions: events of a table matched with the steps of the bars' reference prices."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.arrays import Flags, IntVector, Vector
from screener.data.contract import check_columns, find_lines, same_series, symbol_codes
from screener.errors import DataError
from screener.market import calendar

__all__ = ["ACTION_COLUMNS", "match_actions", "read_events"]

ACTION_COLUMNS = ("date", "symbol", "cash", "bonus", "factor", "basis")
CASH = ("cash_per_share", "cash_per_share_approx", "cash")  # names that the column may have
STEP = 2e-5  # relative: a factor of the table and the step of the bars
WITHIN = 0.02  # CNY between the exchange's formula and the reference price


def read_events(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """Bring a table of corporate actions into columns ``date, symbol, cash, shares, factor``.

    Raises
    ------
    DataError
        A missing column, text for a number, an ex-date without trading, or two rows of one symbol and day.

    Notes
    -----
    NaN: cash, shares and factor may be unknown.
    """
    check_columns(table.columns, where, ("symbol", "ex_date", "share_multiplier"))
    named = next((name for name in CASH if name in table.columns), None)
    check_columns(table.columns, where, () if named else CASH[:1])
    events = pd.DataFrame({"symbol": table["symbol"].astype(str)})
    events["date"] = pd.to_datetime(table["ex_date"], errors="coerce", format="%Y-%m-%d").astype(
        "datetime64[ns]"
    )
    for name, column in (("cash", named), ("shares", "share_multiplier"), ("factor", "factor")):
        events[name] = _numbers(table, column, where)
    odd = ~events["date"].isin(calendar.sessions()).to_numpy()
    early = (events["date"] < calendar.sessions()[0]).to_numpy()
    problems = find_lines(events, odd & ~early, where, "ex_date must be a Shanghai session, as 2024-07-04")
    twice = events.duplicated(["symbol", "date"]).to_numpy()
    problems += find_lines(events, twice, where, "has two rows; add up the actions of one day")
    if problems:
        raise DataError(*problems)
    return events.sort_values(["symbol", "date"], ignore_index=True)


def match_actions(
    bars: pd.DataFrame, events: pd.DataFrame, where: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Pair events with the steps of the bars, so that each has the other.

    Parameters
    ----------
    bars : DataFrame
        Sorted by symbol and date, as `check_series` accepted them.
    events : DataFrame
        As `read_events` returns them.
    where : str
        Name of the table of events, for the messages.

    Returns
    -------
    actions : DataFrame
        ``date, symbol, cash, bonus, factor, basis``, sorted by date and symbol. `factor` is close of the bar
        before / reference price. Basis ``"factor"``: only that is known, so cash is 0 and `bonus` is
        factor - 1, the share event that keeps the total return.
    notes : tuple of str
        What was derived, moved or left out, counted.

    Raises
    ------
    DataError
        An event that the bars contradict.

    Notes
    -----
    An ex-date inside a suspension is booked on the next bar, where the price takes it in.
    """
    events = events[events["symbol"].isin(symbol_codes(bars)[1])]
    row, inside = _next_bar(bars, events)
    outside = int(np.count_nonzero(~inside))
    events, row = events[inside], row[inside]
    steps = _steps(bars)
    _refuse_contradictions(events, steps.iloc[row], where)
    actions, notes = _basis(events, steps.iloc[row])
    moved = int((events["date"].to_numpy() != actions["date"].to_numpy()).sum())
    actions = actions.drop_duplicates(["symbol", "date"])  # two events of one bar: its factor, once
    bare = np.ones(len(steps), dtype=bool)
    bare[row] = False
    derived = steps[bare & steps["stepped"].to_numpy()]
    notes += [
        _told(outside, "corporate actions lie before the first or after the last bar and are left out."),
        _told(moved, "corporate actions inside a suspension are booked on the next bar."),
        _told(len(derived), "steps of the reference price have no corporate action: total return by factor."),
    ]
    parts = [part for part in (actions, _by_factor(derived)) if len(part)]
    found = pd.concat(parts) if parts else actions
    return _ordered(found), tuple(note for note in notes if note)


def _numbers(table: pd.DataFrame, column: str | None, where: str) -> pd.Series:
    if column not in table.columns:
        return pd.Series(np.nan, index=table.index)
    values = pd.to_numeric(table[column], errors="coerce").astype(float)
    wrong = table[column].notna() & ~np.isfinite(values)
    if wrong.any():
        raise DataError(
            *(
                f"{where}: {row['symbol']} {row['ex_date']}: {column}={row[column]} must be a number"
                for row in table[wrong].head(5).to_dict("records")
            )
        )
    return values


def _next_bar(bars: pd.DataFrame, events: pd.DataFrame) -> tuple[IntVector, Flags]:
    """Return the row of the first bar on or after each event, and whether it is a later bar of the symbol."""
    codes, names = symbol_codes(bars)
    wide = 1 << 20  # days, more than any calendar has
    keys = codes * wide + _days(bars["date"])
    own = pd.Index(names).get_indexer(events["symbol"])
    row = np.searchsorted(keys, own * wide + _days(events["date"]))
    safe = np.minimum(row, len(bars) - 1)
    # Before the first and after the last bar of a share, the row is the first bar of a series.
    return safe, (row < len(bars)) & same_series(bars)[safe]


def _days(dates: pd.Series) -> IntVector:
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)


def _steps(bars: pd.DataFrame) -> pd.DataFrame:
    """Return for each bar the close before it, its reference price and whether the two differ."""
    before = bars["close"].shift().where(same_series(bars))
    frame = pd.DataFrame({"symbol": bars["symbol"], "date": bars["date"]})
    frame["before"], frame["reference"] = before, bars["pre_close"]
    frame["step"] = before / bars["pre_close"]
    frame["stepped"] = (before - bars["pre_close"]).abs() > 0.005
    return frame.reset_index(drop=True)


def _expected(before: Vector, cash: Vector, shares: Vector) -> Vector:
    """Apply the exchange's formula: (close - cash) / shares after for one before, rounded to the fen."""
    return np.floor((before - cash) / shares * 100.0 + 0.5) / 100.0


def _refuse_contradictions(events: pd.DataFrame, steps: pd.DataFrame, where: str) -> None:
    """Refuse events whose factor is not that of the bars, or of which the bars know nothing."""
    told = events.assign(step=steps["step"].to_numpy())
    alone = _only_of_bar(steps)
    wrong = alone & ((told["factor"] / told["step"] - 1.0).abs() > STEP).to_numpy()
    text = "factor={factor:.6f}, but close before / pre_close of the bars is {step:.6f}; correct one of them"
    problems = find_lines(told, wrong, where, text)
    expected = _expected(steps["before"].to_numpy(), told["cash"].to_numpy(), told["shares"].to_numpy())
    unstated = told["factor"].isna().to_numpy() & alone & ~steps["stepped"].to_numpy()
    lost = unstated & (np.abs(expected - steps["reference"].to_numpy()) > WITHIN)
    text = "cash={cash:g} shares={shares:g}, but the bars show no ex-date; correct one of them"
    problems += find_lines(told, lost, where, text)
    if problems:
        raise DataError(*problems)


def _only_of_bar(steps: pd.DataFrame) -> Flags:
    """Whether no other event falls on the same bar."""
    return ~steps.duplicated(["symbol", "date"], keep=False).to_numpy()


def _basis(events: pd.DataFrame, steps: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Decide which events are known in cash and shares; the others keep their factor only."""
    cash, shares = events["cash"].to_numpy(), events["shares"].to_numpy()
    unknown = np.isnan(cash) | np.isnan(shares)
    odd = ~unknown & ((cash < 0.0) | (shares < 1.0))
    usable = ~unknown & ~odd
    expected = _expected(
        steps["before"].to_numpy(), np.where(usable, cash, 0.0), np.where(usable, shares, 1.0)
    )
    off = usable & (np.abs(expected - steps["reference"].to_numpy()) > WITHIN + 1e-9)
    shared = ~_only_of_bar(steps) & usable & ~off
    official = usable & ~off & ~shared
    actions = _by_factor(steps)
    actions.loc[official, "cash"] = cash[official]
    actions.loc[official, "bonus"] = np.round(shares[official] - 1.0, 8)
    actions.loc[official, "basis"] = "official"
    text = "corporate actions {}: total return by factor."
    return actions, [
        _told(unknown.sum(), text.format("without cash or shares")),
        _told(odd.sum(), text.format("with negative cash or fewer shares than before")),
        _told(off.sum(), text.format("do not give the reference price within 2 fen")),
        _told(shared.sum(), text.format("share a bar after a suspension")),
    ]


def _by_factor(steps: pd.DataFrame) -> pd.DataFrame:
    """Return actions of which only the factor is known."""
    columns = {"date": steps["date"], "symbol": steps["symbol"].astype(str), "cash": 0.0}
    return pd.DataFrame(
        {**columns, "bonus": steps["step"] - 1.0, "factor": steps["step"], "basis": "factor"}
    ).reset_index(drop=True)


def _told(number: int, text: str) -> str:
    return f"{int(number)} {text}" if number else ""


def _ordered(actions: pd.DataFrame) -> pd.DataFrame:
    return actions.sort_values(["date", "symbol"], ignore_index=True)[list(ACTION_COLUMNS)]
