"""Dated tables: reading the TOML files of the market rules, and finding the row in force on a day."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from screener.arrays import IntVector

__all__ = ["Days", "Row", "as_days", "by_day", "in_force", "read", "rows"]

Row = dict[str, Any]
Days = npt.NDArray[np.datetime64]


@cache
def read(table: str) -> Row:
    """Read `table`.toml once.

    Examples
    --------
    >>> read("closures")["span"]["to"]
    datetime.date(2026, 12, 31)
    """
    path = Path(__file__).with_name(f"{table}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def rows(table: str, name: str, **wanted: str) -> list[Row]:
    """Return the rows `name` of a table whose lists contain, and whose texts equal, what is wanted.

    Examples
    --------
    >>> [row["bp"] for row in rows("limits", "percent", boards="STAR")]
    [2000]
    """
    return [row for row in read(table)[name] if all(_fits(row[key], value) for key, value in wanted.items())]


def _fits(found: object, wanted: str) -> bool:
    return wanted in found if isinstance(found, list) else found == wanted


def in_force(candidates: Iterable[Row], day: dt.date) -> Row | None:
    """Return the row in force on `day`, or None where there is none."""
    return next((row for row in candidates if row["from"] <= day <= row.get("to", dt.date.max)), None)


def as_days(sessions: object) -> Days:
    """Return dates as an array of days, the form in which tables are compared."""
    return np.asarray(sessions, dtype="datetime64[D]")


def by_day(candidates: Iterable[Row], field: str, days: Days, missing: int = 0) -> IntVector:
    """Spread `field` of dated rows over days.

    Returns
    -------
    ndarray of int (n_days,)
        `missing` on days without a row in force.
    """
    out = np.full(len(days), missing, dtype=np.int64)
    for row in candidates:
        last = np.datetime64(row.get("to", dt.date.max), "D")
        out[(days >= np.datetime64(row["from"], "D")) & (days <= last)] = row[field]
    return out
