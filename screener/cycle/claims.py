"""Hold claims to account: what a report foretold or reckoned, beside what happened as it was known on a day.

A level, a growth or a share holds if it falls into the printed range or, where one number was printed, within
5 per cent of it (5 points of a growth or share). That width is a choice, not a fit; `within` of a claim is
another. A claim stays open until its whole period is known, even if part of it already decides it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from screener.cycle.claim_file import Claim, Series, load_claims
from screener.cycle.claim_rules import months, scale
from screener.cycle.claim_series import driver
from screener.cycle.coverage import coverage
from screener.cycle.cycle import Cycle, load_cycle
from screener.cycle.formulas import evaluate, reproduces, written
from screener.cycle.guidance import no_guidance
from screener.cycle.phases import a_year, quarter_table
from screener.errors import CycleError

__all__ = ["VERDICTS", "Claim", "Outcome", "judge", "load_claims", "said"]

VERDICTS = ("held", "missed", "open", "reproduced", "not reproducible", "cannot be measured")
PERCENT = "%"
POINTS = "points"
IN_PERCENT = ("growth", "share", "turn")


@dataclass(frozen=True)
class Outcome:
    """What became of a claim.

    Attributes
    ----------
    verdict : str
        One of `VERDICTS`: a forecast held, missed, or is open; a sum is reproduced or not.
    side : str
        Of a miss: "above" or "below" what was said; of a turn "early" or "late".
    happened : tuple of float
        What happened, in `unit`; of an open claim, what is known so far; of a sum, the result of each case.
    unit : str
    known : str
        The periods that this rests on.
    usable_from : Timestamp
        First session on which all of it was known; NaT without releases.
    error : float
        What happened against what was said, in `error_unit`; NaN while open.
    error_unit : str
        "%" of what was said, or "points" for what is in per cent itself.
    reason : str
        Why it cannot be measured, or is open.
    lines : tuple of str
        The arithmetic, line by line.
    """

    verdict: str
    side: str = ""
    happened: tuple[float, ...] = ()
    unit: str = ""
    known: str = ""
    usable_from: pd.Timestamp = pd.NaT
    error: float = math.nan
    error_unit: str = ""
    reason: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What was known of a series over a period: one row a complete quarter or month."""

    rows: pd.DataFrame
    unit: str
    whole: bool

    @property
    def total(self) -> float:
        """The sum of what is known; NaN of nothing."""
        return float(self.rows["total"].sum()) if len(self.rows) else math.nan

    @property
    def known(self) -> str:
        """The first and last of the periods."""
        labels = [str(label) for label in self.rows.index]
        return " to ".join(dict.fromkeys([labels[0], labels[-1]])) if labels else ""

    @property
    def usable_from(self) -> pd.Timestamp:
        """The first session on which all of it was known."""
        return self.rows["usable_from"].max() if len(self.rows) else pd.NaT

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each period, with the release that completed it."""
        return tuple(
            f"{label}: {row.total:,.0f} {self.unit}, released {row.released:%Y-%m-%d}, "
            f"usable from {row.usable_from:%Y-%m-%d}"
            for label, row in zip(self.rows.index, self.rows.itertuples(), strict=True)
        )


def judge(claim: Claim, as_of: pd.Timestamp) -> Outcome:
    """Say what became of a claim by what could be used on `as_of`; nothing later counts.

    Raises
    ------
    CycleError
        If the claim had not been made by then.
    """
    day = pd.Timestamp(as_of)
    if day < pd.Timestamp(claim.date):
        raise CycleError(f"{claim.id} was made on {claim.date}; on {day:%Y-%m-%d} nobody knew of it")
    return JUDGES[claim.kind](claim, day)


def said(claim: Claim) -> str:
    """Write what a claim says.

    Examples
    --------
    >>> claims = load_claims()
    >>> said(claims["capex-2025-range"]), said(claims["capex-2026-speed"]), said(claims["asic-share"])
    ('3,400 to 3,500 USD 100 million', 'at least 30 %', '18, 15.2, 13.2 %')
    """
    if claim.kind == "turn":
        return f"{claim.value[0]:,} % passed in {claim.period}"
    unit = PERCENT if claim.kind in IN_PERCENT else claim.unit
    numbers = ", ".join(f"{value:,}" for value in claim.value) or _printed((claim.low, claim.high))
    return f"{numbers} {unit}".strip() if numbers else claim.expects


def see(series: Series, day: pd.Timestamp) -> Seen:
    """Look at a series over a period with what could be used on a day."""
    source = driver(series.driver)
    definition = series.definition or source.usual
    entities = (series.entity,) if series.entity else source.entities
    rows = source.as_of(day, definition)
    rows = rows[rows["entity"].isin(entities)]
    (unit,) = source.select(definition)["unit"].unique()
    start, count = months(series.period)
    if rows.empty:
        return Seen(pd.DataFrame(), unit, whole=False)
    table = quarter_table(rows, entities)
    first = pd.Timestamp(start)
    inside = (table["period_end"] >= first) & (table["period_end"] < first + pd.DateOffset(months=count))
    found = table[inside]
    return Seen(found, unit, whole=len(found) * (12 // a_year(table)) == count)


def _series(claim: Claim, period: str, over: str = "") -> Series:
    """Return the series that a claim is about; its definition is that of `claim.driver` alone."""
    return Series(over or claim.driver, period, "" if over else claim.definition, claim.entity)


def _level(claim: Claim, day: pd.Timestamp) -> Outcome:
    seen = see(_series(claim, claim.period), day)
    (wanted, size), (currency, own) = scale(claim.unit), scale(seen.unit)
    if wanted != currency and claim.rate is None:
        return _foreign(seen, wanted, currency)
    value = seen.total * own / size / float(claim.rate or 1)
    at = f" at {claim.rate:,} {currency} for one {wanted}" if claim.rate else ""
    line = f"Sum of {seen.known}: {seen.total:,.0f} {seen.unit} = {value:,.1f} {claim.unit}{at}"
    return _settled(claim, value, claim.unit, seen, (*seen.lines, line))


def _growth(claim: Claim, day: pd.Timestamp) -> Outcome:
    new, old = (see(_series(claim, period), day) for period in (claim.period, claim.against))
    currency = scale(new.unit)[0]
    same = _same_part(new, old, claim)
    value = (new.total / same.total - 1.0) * 100.0
    lines = (*new.lines, *same.lines, f"{new.total:,.0f} / {same.total:,.0f} - 1 = {value:+.1f} %")
    if claim.currency and claim.currency != currency:
        foreign = _foreign(new, claim.currency, currency)
        return Outcome(**{**vars(foreign), "lines": lines})
    return _settled(claim, value, PERCENT, new, lines)


def _same_part(new: Seen, old: Seen, claim: Claim) -> Seen:
    """Return the quarters of the earlier period that stand where the known ones of the later do."""
    (later, _), (earlier, _) = months(claim.period), months(claim.against)
    gap = (later.year - earlier.year) * 12 + later.month - earlier.month
    if not len(new.rows):
        return old
    ends = new.rows["period_end"] - pd.DateOffset(months=gap) + pd.offsets.MonthEnd(0)
    return Seen(old.rows[old.rows["period_end"].isin(ends)], old.unit, old.whole)


def _share(claim: Claim, day: pd.Timestamp) -> Outcome:
    part, whole = see(_series(claim, claim.period), day), see(_series(claim, claim.period, claim.over), day)
    rows = part.rows[part.rows.index.isin(whole.rows.index)]
    both = Seen(rows, part.unit, part.whole and whole.whole)
    below = whole.rows[whole.rows.index.isin(rows.index)]
    other = Seen(below, whole.unit, both.whole)
    value = both.total / other.total * 100.0
    last = max(both.usable_from, other.usable_from) if len(rows) else pd.NaT
    lines = (*both.lines, *other.lines, f"{both.total:,.0f} / {other.total:,.0f} = {value:.1f} %")
    found = _settled(claim, value, PERCENT, both, lines)
    return Outcome(**{**vars(found), "usable_from": last})


def _turn(claim: Claim, day: pd.Timestamp) -> Outcome:
    (limit,) = (float(value) for value in claim.value)
    table = _trailing(_cycle(claim.driver, claim.definition), _cycle(claim.over), day)
    after = table[table["usable_from"] > pd.Timestamp(claim.date)]
    lines = tuple(
        f"{label}: {row.capex:,.0f} / {row.cash_flow:,.0f} of the trailing year = {row.used:.1%}, "
        f"usable from {row.usable_from:%Y-%m-%d}"
        for label, row in zip(after.index, after.itertuples(), strict=True)
    )
    start, count = months(claim.period)
    begin = pd.Timestamp(start)
    end = begin + pd.DateOffset(months=count)
    passed = after[after["used"] * 100.0 > limit]
    row = passed.iloc[0] if len(passed) else after.iloc[-1] if len(after) else None
    if row is None:
        return Outcome("open", reason="no quarter has come out since", lines=lines)
    side = "" if begin < row["end"] < end else "early" if row["end"] <= begin else "late"
    verdict = "missed" if side else "held"
    if not len(passed):
        over = row["end"] + pd.Timedelta(days=1) >= end
        verdict, side = ("missed", "late") if over else ("open", "")
    reason = "" if verdict != "open" else f"{limit:g} % not passed so far"
    figures = {"happened": (float(row["used"]) * 100.0,), "unit": PERCENT, "known": str(row.name)}
    return Outcome(verdict, side, usable_from=row["usable_from"], reason=reason, lines=lines, **figures)


def _cycle(name: str, definition: str = "") -> Cycle:
    series = driver(name)
    return Cycle(series, no_guidance(name), definition or series.usual)


def _trailing(capex: Cycle, cash: Cycle, day: pd.Timestamp) -> pd.DataFrame:
    """Return trailing capex and cash flow as known on a day, with the last day of each quarter."""
    table = coverage(capex, cash)
    ends = [pd.Period(label, "Q").end_time.normalize() for label in table.index]
    return table.assign(end=ends)[table["usable_from"] <= day]


def _guidance(claim: Claim, day: pd.Timestamp) -> Outcome:
    events = load_cycle(claim.driver).guidance.events
    own = events[(events["entity"] == claim.entity) & (events["target_year"] == claim.period)]
    later = own[(own["usable_from"] <= day) & (own["event_date"] > pd.Timestamp(claim.date))]
    later = later.dropna(subset=["revision"])
    if later.empty:
        start, count = months(claim.period)
        over = day >= pd.Timestamp(start) + pd.DateOffset(months=count)
        verdict = "open" if not over else "held" if claim.expects == "kept" else "missed"
        return Outcome(verdict, reason=f"{claim.entity} gave no other figure")
    row = later.iloc[0]
    moved = "raised" if row["revision"] > 0 else "cut" if row["revision"] < 0 else "kept"
    line = f"{row['event_date']:%Y-%m-%d}: {row['previous']:g} to {row['mid']:g} {row['unit']}, {moved}"
    return Outcome(
        "held" if moved == claim.expects else "missed",
        "" if moved == claim.expects else "below" if row["revision"] <= 0 else "above",
        (float(row["revision"]) * 100.0,),
        PERCENT,
        f"{claim.entity} {row['event_date']:%Y-%m-%d}",
        row["usable_from"],
        lines=(line,),
    )


def _arithmetic(claim: Claim, day: pd.Timestamp) -> Outcome:
    """Do every case: of several printed numbers all must come out, of one any case may give it."""
    cases = [[_number(item, day) for item in case] for case in claim.cases]
    if any(number is None for case in cases for number in case):
        return Outcome("open", reason="a number that it takes in was not known yet")
    inputs = [[number for number in case if number is not None] for case in cases]
    results = [evaluate(claim.formula, case) for case in inputs]
    each = len(claim.value) == len(cases)
    printed = claim.value if each else claim.value * len(cases) or (None,) * len(cases)
    ends = [(claim.low, claim.high) if p is None else (p, p) for p in printed]
    right = [
        reproduces(claim.formula, case, *pair, rounded=claim.rounded)
        for case, pair in zip(inputs, ends, strict=True)
    ]
    errors = [_error(claim, float(result), pair) for result, pair in zip(results, ends, strict=True)]
    good = all(right) if each else any(right)
    lines = tuple(
        f"{written(claim.formula, case)} = {result:,.6g}{'' if ok else f', not {_printed(pair)}'}"
        for case, result, ok, pair in zip(inputs, results, right, ends, strict=True)
    )
    happened = tuple(float(result) for result in results)
    worst = (max if each else min)(errors, key=abs)
    return Outcome(
        "reproduced" if good else "not reproducible",
        happened=happened,
        unit=claim.unit,
        error=worst,
        error_unit=_error_unit(claim),
        lines=lines,
    )


def _words(claim: Claim, day: pd.Timestamp) -> Outcome:
    early = claim.due is not None and day < pd.Timestamp(claim.due)
    return Outcome("open" if early else "cannot be measured", reason=claim.reason)


JUDGES: dict[str, Callable[[Claim, pd.Timestamp], Outcome]] = {
    "level": _level,
    "growth": _growth,
    "share": _share,
    "turn": _turn,
    "guidance": _guidance,
    "arithmetic": _arithmetic,
    "words": _words,
}


def _number(item: Decimal | Series, day: pd.Timestamp) -> Decimal | None:
    """Return an input of a formula, in its own unit; None if the series was not known in full."""
    if isinstance(item, Decimal):
        return item
    seen = see(item, day)
    if not seen.whole:
        return None
    (_, own), (_, size) = scale(seen.unit), scale(item.unit or seen.unit)
    return Decimal(repr(seen.total)) * own / size


def _foreign(seen: Seen, wanted: str, currency: str) -> Outcome:
    reason = f"said in {wanted}, the series is in {currency}, and the claim states no rate of exchange"
    return Outcome("cannot be measured", known=seen.known, reason=reason, lines=seen.lines)


def _settled(claim: Claim, value: float, unit: str, seen: Seen, lines: tuple[str, ...]) -> Outcome:
    """Compare a number with what was said, once its period is known in full."""
    happened = (value,) if not math.isnan(value) else ()
    figures = {"happened": happened, "unit": unit, "known": seen.known, "usable_from": seen.usable_from}
    if not seen.whole:
        reason = f"{claim.period} is not known in full"
        return Outcome("open", reason=reason, lines=lines if happened else (), **figures)
    low, high = _bounds(claim)
    side = "below" if value < low else "above" if value > high else ""
    error = _error(claim, value, (claim.value[0],) * 2 if claim.value else (claim.low, claim.high))
    verdict = "missed" if side else "held"
    return Outcome(verdict, side, error=error, error_unit=_error_unit(claim), lines=lines, **figures)


def _bounds(claim: Claim) -> tuple[float, float]:
    """Return the ends between which a claim holds."""
    if claim.value:
        value, within = float(claim.value[0]), float(claim.within)
        width = within if claim.kind in IN_PERCENT else abs(value) * within / 100.0
        return value - width, value + width
    low, high = (-np.inf if claim.low is None else claim.low), (np.inf if claim.high is None else claim.high)
    return float(low), float(high)


def _error(claim: Claim, value: float, ends: tuple[Decimal | None, Decimal | None]) -> float:
    """Return how far off what was said is; of a range, from its middle."""
    known = [float(end) for end in ends if end is not None]
    middle = sum(known) / len(known)
    if _error_unit(claim) == POINTS:
        return value - middle
    return (value / middle - 1.0) * 100.0 if middle else math.nan


def _error_unit(claim: Claim) -> str:
    return POINTS if claim.kind in IN_PERCENT or claim.unit == PERCENT else PERCENT


def _printed(ends: tuple[Decimal | None, Decimal | None]) -> str:
    low, high = ends
    if low is not None and high is not None:
        return f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return f"at least {low:,}" if low is not None else f"at most {high:,}" if high is not None else ""
