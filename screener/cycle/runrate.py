"""Run rate against guidance: would spending as in the last quarter reach what was promised (report 004).

``run rate = what the year has spent so far + the quarters left x the last quarter``, and the gap is the run
rate less the middle of the guidance. A gap of zero or more says that the guidance is met without any further
rise, so that it is likely to be raised. The floor is the year's first quarter four times (report 000).
"""

from __future__ import annotations

import pandas as pd

from screener.cycle.cycle import Cycle

__all__ = ["run_rates"]

BY_CALENDAR = "FY"  # a fiscal year that is the calendar year; Microsoft's ends in June
OTHER_YEARS = ("MSFT",)
BILLION = 1000.0  # USD million


def run_rates(cycle: Cycle, day: pd.Timestamp) -> pd.DataFrame:
    """Compare run rate and guidance of every company and year, as known on `day`.

    Parameters
    ----------
    cycle : Cycle
    day : Timestamp

    Returns
    -------
    DataFrame
        ``entity, year, quarters`` (known of that year), ``spent, last, run_rate, floor, guided, gap`` (in the
        driver's unit), ``likely`` ("raise" or "keep"), ``guidance_definition`` and ``definition``; a row for
        the newest figure of each company and year of which one to three quarters are known. No row for
        companies whose fiscal year is not the calendar year.

    Notes
    -----
    Guidance often counts finance leases or proceeds that the driver's number does not: both definitions stand
    in the row, and a gap of a few per cent says nothing.
    """
    told = cycle.guidance.events
    told = told[(told["usable_from"] <= day) & told["mid"].notna() & ~told["entity"].isin(OTHER_YEARS)]
    told = told[told["target_year"].str.fullmatch(rf"{BY_CALENDAR}\d{{4}}")]
    newest = told.drop_duplicates(["entity", "target_year"], keep="last")
    known = cycle.driver.as_of(day, cycle.definition)
    rows = [row for event in newest.to_dict("records") if (row := _row(event, known, cycle.definition))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


COLUMNS = (
    "entity", "year", "quarters", "spent", "last", "run_rate", "floor", "guided", "gap", "likely",
    "guidance_definition", "definition",
)  # fmt: skip


def _row(event: dict[str, object], known: pd.DataFrame, definition: str) -> dict[str, object] | None:
    year = int(str(event["target_year"])[len(BY_CALENDAR) :])
    own = known[(known["entity"] == event["entity"]) & (known["period_end"].dt.year == year)]
    spent = own.sort_values("period_end")["value"].tolist()
    if not 0 < len(spent) < 4:
        return None
    rate, guided = sum(spent) + (4 - len(spent)) * spent[-1], float(event["mid"]) * BILLION
    values = (
        event["entity"], year, len(spent), sum(spent), spent[-1], rate, 4 * spent[0], guided, rate - guided,
        "raise" if rate >= guided else "keep", event["definition"], definition,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))
