"""Slow, obvious twins of kernels: plain Python on lists, sharing no line with what they check."""

from __future__ import annotations

import math
from statistics import fmean, pstdev, stdev

Table = list[list[float]]  # rows are days; NaN = there is none


def present(values: list[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]


def by_column(table: Table, rule) -> Table:
    """Apply a rule from list to list to every column."""
    columns = [rule(list(column)) for column in zip(*table, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def rolling(table: Table, window: int, min_count: int, statistic) -> Table:
    def rule(column: list[float]) -> list[float]:
        out = []
        for day in range(len(column)):
            seen = present([column[k] for k in range(day - window + 1, day + 1) if k >= 0])
            out.append(statistic(seen) if len(seen) >= min_count else math.nan)
        return out

    return by_column(table, rule)


def rolling_mean(table: Table, window: int, min_count: int) -> Table:
    return rolling(table, window, min_count, fmean)


def rolling_std(table: Table, window: int, min_count: int) -> Table:
    return rolling(table, window, min_count, stdev)


def momentum(table: Table, window: int, skip: int) -> Table:
    def last_price(column: list[float], day: int) -> float:
        known = present(column[: day + 1]) if day >= 0 else []
        return known[-1] if known else math.nan

    def rule(column: list[float]) -> list[float]:
        pairs = [
            (last_price(column, d - skip), last_price(column, d - skip - window)) for d in range(len(column))
        ]
        return [now / then - 1 for now, then in pairs]

    return by_column(table, rule)


def drawdown(table: Table) -> Table:
    def rule(column: list[float]) -> list[float]:
        return [
            math.nan if math.isnan(price) else price / max(present(column[: day + 1])) - 1
            for day, price in enumerate(column)
        ]

    return by_column(table, rule)


def cross_rank(table: Table) -> Table:
    """Give every value the mean of the places it could take among its equals, then scale places 1..n."""

    def place(value: float, others: list[float]) -> float:
        if len(others) == 1:
            return 0.0
        places = [k + 1 for k, other in enumerate(sorted(others)) if other == value]
        return -1 + 2 * (fmean(places) - 1) / (len(others) - 1)

    return [[v if math.isnan(v) else place(v, present(row)) for v in row] for row in table]


def cross_zscore(table: Table) -> Table:
    def score(value: float, others: list[float]) -> float:
        return 0.0 if min(others) == max(others) else (value - fmean(others)) / pstdev(others)

    return [[v if math.isnan(v) else score(v, present(row)) for v in row] for row in table]


def theme_index(returns: Table, members: list[list[bool]]) -> list[float]:
    days_with_members = [day for day, row in enumerate(members) if any(row)]
    start = days_with_members[0] if days_with_members else len(members)
    out = [math.nan] * len(members)
    for day in range(start, len(members)):
        product = 1.0
        for later in range(start + 1, day + 1):
            held = [r for r, was_in in zip(returns[later], members[later - 1], strict=True) if was_in]
            product *= 1 + (fmean(present(held)) if present(held) else 0.0)
        out[day] = product
    return out
