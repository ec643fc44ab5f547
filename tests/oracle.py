"""The figures of a tearsheet, from their definitions alone: plain loops over exact decimals, one figure each.

A curve is a list of ``(day, level)``, the base first; `sessions` are all days that the exchange held, so
that the length of a year is counted here and not asked for. Levels are taken as the binary numbers that they
are, and everything after is worked out to fifty digits: what differs from this is the other side's rounding.
``None`` stands for a figure that is not defined.
"""

from __future__ import annotations

import calendar
import datetime as dt
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal, localcontext
from functools import wraps
from itertools import pairwise

Curve = Sequence[tuple[dt.date, float]]
Days = Sequence[dt.date]
Figure = Decimal | None

FIFTY = Context(prec=50)
ONE, ZERO = Decimal(1), Decimal(0)
ROUNDING = Decimal("1e-12")  # what is smaller is the rounding of the levels: no spread to divide by
LARGEST = Decimal("1.7976931348623157e308")
NORMAL = {"0.975": Decimal("1.959963984540054"), "0.80": Decimal("0.8416212335729143")}  # printed tables


def exact(figure):
    """Let a figure be worked out to fifty digits, and not be defined beyond what a float can hold."""

    @wraps(figure)
    def worked(*arguments):
        with localcontext(FIFTY):
            found = figure(*arguments)
        return None if isinstance(found, Decimal) and abs(found) > LARGEST else found

    return worked


def values(curve: Curve) -> list[Decimal]:
    return [Decimal(level) for _, level in curve]


def returns(curve: Curve) -> list[Decimal] | None:
    """Return what each day made of the day before; None once there was nothing left to make it of."""
    levels = values(curve)
    if ZERO in levels[:-1]:
        return None
    return [now / before - 1 for before, now in pairwise(levels)]


def mean(numbers: Sequence[Decimal] | None) -> Figure:
    return sum(numbers, ZERO) / len(numbers) if numbers else None


def deviation(numbers: Sequence[Decimal] | None) -> Figure:
    """Return the standard deviation with n - 1 below."""
    if not numbers or len(numbers) < 2:
        return None
    middle = mean(numbers)
    return (sum(((x - middle) ** 2 for x in numbers), ZERO) / (len(numbers) - 1)).sqrt()


def over(above: Figure, below: Figure) -> Figure:
    return None if above is None or below is None or below < ROUNDING else above / below


def years(curve: Curve, sessions: Days) -> Decimal:
    """Count each day after the base as one part of the sessions of its year."""
    held = Counter(session.year for session in sessions)
    return sum((ONE / held[day.year] for day, _ in curve[1:]), ZERO)


def a_year(curve: Curve, sessions: Days) -> Figure:
    return Decimal(len(curve) - 1) / years(curve, sessions) if len(curve) > 1 else None


@exact
def total_return(curve: Curve) -> Figure:
    levels = values(curve)
    return levels[-1] / levels[0] - 1


@exact
def cagr(curve: Curve, sessions: Days) -> Figure:
    if len(curve) < 2:
        return None
    return (1 + total_return(curve)) ** (1 / years(curve, sessions)) - 1


@exact
def volatility(curve: Curve, sessions: Days) -> Figure:
    return _annual(deviation(returns(curve)), curve, sessions)


@exact
def sharpe(curve: Curve, sessions: Days, rate: float) -> Figure:
    beyond = above_cash(curve, curve, sessions, rate)
    return over(_annual(mean(beyond), curve, sessions), deviation(beyond))


@exact
def sortino(curve: Curve, sessions: Days, rate: float) -> Figure:
    beyond = above_cash(curve, curve, sessions, rate)
    if not beyond:
        return None
    shortfalls = [x if x < 0 else ZERO for x in beyond]
    downside = mean([x * x for x in shortfalls]).sqrt()
    return over(_annual(mean(beyond), curve, sessions), downside)


@exact
def max_drawdown(curve: Curve) -> Figure:
    """Compare every day with the highest level up to it."""
    levels = values(curve)
    return min(level / max(levels[: day + 1]) - 1 for day, level in enumerate(levels))


@exact
def drawdowns(curve: Curve) -> list[dict[str, object]]:
    """List the falls, deepest first: runs of days below the highest level before them."""
    levels = values(curve)
    below = [level < max(levels[: day + 1]) for day, level in enumerate(levels)]
    found, day = [], 0
    while day < len(levels):
        end = day
        while end < len(levels) and below[end]:
            end += 1
        if end > day:
            found.append(_fall(curve, levels, day - 1, end))
        day = max(end, day + 1)
    return sorted(found, key=lambda fall: fall["depth"])


def _fall(curve: Curve, levels: list[Decimal], peak: int, end: int) -> dict[str, object]:
    trough = min(range(peak, end), key=lambda day: levels[day])
    last = len(levels) - 1
    return {
        "peak": curve[peak][0],
        "trough": curve[trough][0],
        "recovered": curve[end][0] if end <= last else None,
        "depth": levels[trough] / levels[peak] - 1,
        "sessions": min(end, last) - peak,
    }


@exact
def calmar(curve: Curve, sessions: Days) -> Figure:
    return over(cagr(curve, sessions), -max_drawdown(curve))


@exact
def value_at_risk(curve: Curve) -> Figure:
    """Find the place of 5 % among the sorted days, between two of them in proportion."""
    days = sorted(returns(curve) or ())
    if len(days) < 20:
        return None
    place = Decimal(len(days) - 1) / 20
    low = int(place)
    part = place - low
    return days[low] if part == 0 else days[low] * (1 - part) + days[low + 1] * part


@exact
def expected_shortfall(curve: Curve) -> Figure:
    worst = value_at_risk(curve)
    return None if worst is None else mean([x for x in returns(curve) if x <= worst])


@exact
def hit_rate(curve: Curve) -> Figure:
    days = returns(curve)
    return Decimal(sum(1 for x in days if x > 0)) / len(days) if days else None


@exact
def excess(curve: Curve, other: Curve, sessions: Days) -> Figure:
    mine, theirs = cagr(curve, sessions), cagr(other, sessions)
    return None if mine is None or theirs is None else mine - theirs


@exact
def tracking_error(curve: Curve, other: Curve, sessions: Days) -> Figure:
    return _annual(deviation(active(curve, other)), curve, sessions)


@exact
def information_ratio(curve: Curve, other: Curve, sessions: Days) -> Figure:
    differences = active(curve, other)
    return over(_annual(mean(differences), curve, sessions), deviation(differences))


@exact
def beta(curve: Curve, other: Curve) -> Figure:
    mine, theirs = returns(curve), returns(other)
    spread = deviation(theirs)
    if mine is None or spread is None or spread < ROUNDING:
        return None
    by, to = mean(mine), mean(theirs)
    together = sum(((x - by) * (y - to) for x, y in zip(mine, theirs, strict=True)), ZERO)
    return together / sum(((y - to) ** 2 for y in theirs), ZERO)


@exact
def alpha(curve: Curve, other: Curve, sessions: Days, rate: float) -> Figure:
    slope = beta(curve, other)
    if slope is None:
        return None
    mine = mean(above_cash(curve, curve, sessions, rate))
    theirs = mean(above_cash(other, curve, sessions, rate))
    return (mine - slope * theirs) * a_year(curve, sessions)


@exact
def monthly_returns(curve: Curve) -> dict[tuple[int, int], Decimal]:
    return _by_period(curve, lambda day: (day.year, day.month))


@exact
def yearly_returns(curve: Curve) -> dict[int, Decimal]:
    return _by_period(curve, lambda day: day.year)


@exact
def trailing(curve: Curve, back: int) -> Figure:
    """Go back whole calendar years from the last day; 29 February becomes the 28th where there is none."""
    last = curve[-1][0]
    year = last.year - back
    since = dt.date(year, last.month, min(last.day, calendar.monthrange(year, last.month)[1]))
    before = bisect_right([day for day, _ in curve], since)
    if not before:
        return None
    levels = values(curve)
    return (levels[-1] / levels[before - 1]) ** (ONE / back) - 1


@exact
def detectable_excess(error: float, length: float) -> Figure:
    return sum(NORMAL.values(), ZERO) * Decimal(error) / Decimal(length).sqrt()


def summary(curve: Curve, other: Curve | None, sessions: Days, rate: float = 0.0) -> dict[str, Figure]:
    """Return all single figures by name."""
    own = {
        "total_return": total_return(curve),
        "cagr": cagr(curve, sessions),
        "volatility": volatility(curve, sessions),
        "sharpe": sharpe(curve, sessions, rate),
        "sortino": sortino(curve, sessions, rate),
        "max_drawdown": max_drawdown(curve),
        "calmar": calmar(curve, sessions),
        "value_at_risk": value_at_risk(curve),
        "expected_shortfall": expected_shortfall(curve),
        "hit_rate": hit_rate(curve),
    }
    if other is None:
        relative = ("excess", "tracking_error", "information_ratio", "beta", "alpha")
        return own | dict.fromkeys(relative)
    return own | {
        "excess": excess(curve, other, sessions),
        "tracking_error": tracking_error(curve, other, sessions),
        "information_ratio": information_ratio(curve, other, sessions),
        "beta": beta(curve, other),
        "alpha": alpha(curve, other, sessions, rate),
    }


def above_cash(curve: Curve, own: Curve, sessions: Days, rate: float) -> list[Decimal] | None:
    """Take from each day what cash earned on it, at a rate a year that compounds over its sessions."""
    days = returns(curve)
    if not days:
        return None
    daily = (1 + Decimal(rate)) ** (1 / a_year(own, sessions)) - 1
    return [x - daily for x in days]


def active(curve: Curve, other: Curve) -> list[Decimal] | None:
    mine, theirs = returns(curve), returns(other)
    if mine is None or theirs is None:
        return None
    return [x - y for x, y in zip(mine, theirs, strict=True)]


def _annual(daily: Figure, curve: Curve, sessions: Days) -> Figure:
    """Multiply by the root of the sessions a year."""
    return None if daily is None else daily * a_year(curve, sessions).sqrt()


def _by_period(curve: Curve, period) -> dict:
    last = {period(day): level for (day, _), level in zip(curve[1:], values(curve)[1:], strict=True)}
    starts: Iterable[Decimal] = (values(curve)[0], *last.values())
    return {key: level / start - 1 for (key, level), start in zip(last.items(), starts, strict=False)}
