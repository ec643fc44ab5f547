"""A driver: one dated series a file, which is never read without saying as of when."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from screener import workspace
from screener.errors import CycleError, nearest
from screener.market import calendar

__all__ = ["Driver", "load_driver"]

BASES = ("actual", "rule")  # whether a release was observed, or is the last day that a rule allows
BASIS = "released_basis"
SIGNED = "-ocf"  # drivers of such a name may fall below zero: a quarter can burn cash
GUIDED = "-guidance"  # a file of such a name is a log of guidance
COLUMNS = ("entity", "period_end", "released", "usable_from", "value", "unit", "definition", "source")


@dataclass(frozen=True)
class Driver:
    """A dated series of several entities.

    Attributes
    ----------
    name : str
    path : Path
    rows : DataFrame
        Columns ``entity, period_end, released, usable_from, value, unit, definition, source``, sorted by
        ``usable_from``, and ``released_basis``: "actual", or "rule" where the day of release is the last one
        that a rule allows. Use `as_of`; a row means nothing before its first usable session.
    """

    name: str
    path: Path
    rows: pd.DataFrame

    @property
    def definitions(self) -> tuple[str, ...]:
        """Definitions of the number that the file holds."""
        return tuple(sorted(self.rows["definition"].unique()))

    @property
    def usual(self) -> str:
        """The definition that is meant where none is named: "cash", else the first."""
        return "cash" if "cash" in self.definitions else self.definitions[0]

    @property
    def by_rule(self) -> bool:
        """Whether days of release are those of a rule, at least some of them."""
        return bool((self.rows[BASIS] == "rule").any())

    @property
    def entities(self) -> tuple[str, ...]:
        """Entities that report, for example the four companies."""
        return tuple(sorted(self.rows["entity"].unique()))

    def select(self, definition: str) -> pd.DataFrame:
        """Return the rows of one definition; definitions are never mixed.

        Raises
        ------
        CycleError
            If the driver has no such definition.
        """
        if definition not in self.definitions:
            raise CycleError(
                f"{self.path.name}: definition={definition!r}: {nearest(definition, self.definitions)}"
            )
        return self.rows[self.rows["definition"] == definition]

    def as_of(self, day: pd.Timestamp, definition: str = "cash") -> pd.DataFrame:
        """Return what could be used on `day`: rows whose first usable session is not later.

        Raises
        ------
        CycleError
            If the driver has no such definition.
        """
        rows = self.select(definition)
        return rows[rows["usable_from"] <= pd.Timestamp(day)]


def load_driver(name: str = "hyperscaler-capex") -> Driver:
    """Read ``universes/drivers/<name>.csv``, the user's own folder first.

    Raises
    ------
    CycleError
        If there is no such file, or rows break the contract; all of them at once.
    """
    return read_driver(name, find_driver(name))


def read_driver(name: str, path: Path) -> Driver:
    """Read a driver whose file is known; see `load_driver`."""
    if name.endswith(GUIDED):
        raise CycleError(f"{path.name}: holds guidance, no quarters; `screener cycle guidance` shows it")
    rows = read_dated(path, COLUMNS, ("period_end", "released", "usable_from"), ("value",), (BASIS,))
    rows[BASIS] = rows.get(BASIS, pd.Series("actual", index=rows.index))
    problems = check_usable(path, rows, "released")
    problems += [
        f"{path.name}:{row + 2}: {BASIS}={rows[BASIS].iloc[row]!r}: {nearest(rows[BASIS].iloc[row], BASES)}"
        for row in np.flatnonzero(~rows[BASIS].isin(BASES))
    ]
    twice = rows.duplicated(["entity", "period_end", "definition"])
    problems += [
        f"{path.name}:{row + 2}: this entity, period and definition stand twice"
        for row in np.flatnonzero(twice)
    ]
    problems += [
        f"{path.name}:{row + 2}: value={rows['value'].iloc[row]} must be a positive number"
        for row in np.flatnonzero(~(rows["value"] > (-np.inf if name.endswith(SIGNED) else 0.0)))
    ]
    early = rows["released"] <= rows["period_end"]
    problems += [f"{path.name}:{row + 2}: released before the period ended" for row in np.flatnonzero(early)]
    if problems:
        raise CycleError(*problems)
    order = rows.sort_values(["usable_from", "entity", "period_end"], kind="stable", ignore_index=True)
    return Driver(name, path, order)


def find_driver(name: str) -> Path:
    """Return the CSV of a driver from the user's folder or the built-in one."""
    if not workspace.is_name(name):
        raise CycleError(f"driver name {name!r} must be {workspace.NAME_RULE}")
    folders = [folder / "drivers" for folder in workspace.folders("universes")]
    for folder in folders:
        if (folder / f"{name}.csv").is_file():
            return folder / f"{name}.csv"
    known = {path.stem for folder in folders for path in folder.glob("*.csv") if path.is_file()}
    raise CycleError(f"driver {name!r} is not known; {nearest(name, known)}")


def has_driver(name: str) -> bool:
    """Say whether there is a dated file of that name."""
    return any((folder / "drivers" / f"{name}.csv").is_file() for folder in workspace.folders("universes"))


def read_dated(
    path: Path,
    columns: tuple[str, ...],
    dates: tuple[str, ...],
    numbers: tuple[str, ...],
    optional: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Read a CSV of text, dates (YYYY-MM-DD) and numbers; refuse everything else, all lines at once."""
    rows = _table(path)
    missing = [name for name in columns if name not in rows.columns]
    extra = [str(name) for name in rows.columns if name not in (*columns, *optional)]
    if missing or extra:
        raise CycleError(
            *(f"{path.name}:1: column {name} is missing" for name in missing),
            *(f"{path.name}:1: column {name} is not known; {nearest(name, columns)}" for name in extra),
        )
    if rows.empty:
        raise CycleError(f"{path.name}: has no row below its header; give one line an entity and period")
    problems: list[str] = []
    for name in dates:
        parsed = pd.to_datetime(rows[name], format="%Y-%m-%d", errors="coerce")
        problems += [
            f"{path.name}:{row + 2}: {name}={rows[name].iloc[row]!r} must be a date like 2024-08-01"
            for row in np.flatnonzero(parsed.isna())
        ]
        rows[name] = parsed.astype("datetime64[ns]")
    for name in numbers:
        parsed = pd.to_numeric(rows[name], errors="coerce")
        wrong = parsed.isna() & (rows[name] != "")
        problems += [
            f"{path.name}:{row + 2}: {name}={rows[name].iloc[row]!r} must be a number or empty"
            for row in np.flatnonzero(wrong)
        ]
        rows[name] = parsed.astype("float64")
    if problems:
        raise CycleError(*problems)
    return rows


def _table(path: Path) -> pd.DataFrame:
    """Return the cells of a CSV as text."""
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except pd.errors.EmptyDataError:
        raise CycleError(f"{path.name}: is empty; its first line names the columns") from None
    except pd.errors.ParserError as error:
        raise CycleError(f"{path.name}: is no table of commas: {str(error).strip()}") from None
    except UnicodeDecodeError:
        raise CycleError(f"{path.name}: is not text in UTF-8; save the file as UTF-8") from None


def check_usable(path: Path, rows: pd.DataFrame, known: str) -> list[str]:
    """List the rows whose first usable session is not the first one after they were known."""
    problems = []
    for row, (day, usable) in enumerate(zip(rows[known], rows["usable_from"], strict=True)):
        first = calendar.next_session(day)
        if usable != first:
            problems.append(
                f"{path.name}:{row + 2}: usable_from={usable:%Y-%m-%d} must be the first session after "
                f"{known}={day:%Y-%m-%d}, which is {first:%Y-%m-%d}"
            )
    return problems
