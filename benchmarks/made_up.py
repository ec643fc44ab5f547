"""A made-up A-share market for benchmarks: whole fen, limits, holes, dividends, every rule, and targets.

All of it follows from a seed. Boards, lots, fees, taxes and bands are the dated ones of the package.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.arrays import Actions, Flags, IntMatrix, IntVector, Market, Matrix, Rules
from screener.market import calendar, fees, lots, tax
from screener.market.prices import limit_price

PREFIXES = ("600", "000", "300", "688", "601", "001", "301", "002", "603", "003", "605")  # every board
WIDE_FROM = np.datetime64("2020-08-24")  # ChiNext moves by 20 % from here on
BASKETS = 5
WARM_UP = 160  # days before the first decision
YEAR = 244


class Decisions(NamedTuple):
    """Rows of target weights, and the row that is traded on a day, -1 = none."""

    row: IntVector
    weights: Matrix


class Prices(NamedTuple):
    """What the others are given: CNY with dividends in, NaN without a bar, and targets by day of trade."""

    sessions: np.ndarray
    open: Matrix
    close: Matrix
    size: Matrix


class Job(NamedTuple):
    """One backtest; a child process loads only the part that its engine needs."""

    cash: int  # CNY
    every: int  # sessions between decisions
    market: Market | None = None
    rules: Rules | None = None
    actions: Actions | None = None
    decisions: Decisions | None = None
    prices: Prices | None = None


class World(NamedTuple):
    """A market with its rules, and what it is decided on."""

    sessions: pd.DatetimeIndex
    market: Market
    rules: Rules
    actions: Actions
    growth: Matrix  # what a share has become by its corporate actions


def symbols(n_assets: int) -> list[str]:
    """Return made-up codes of all boards in turn."""
    pairs = ((PREFIXES[k % len(PREFIXES)], k // len(PREFIXES)) for k in range(n_assets))
    return [f"{prefix}{k:03d}.{'SH' if prefix[0] == '6' else 'SZ'}" for prefix, k in pairs]


def bands(sessions: pd.DatetimeIndex, names: list[str]) -> IntMatrix:
    """Return how far a price may move in a day, basis points."""
    late = (sessions.to_numpy() >= WIDE_FROM)[:, None]
    chinext = np.array([name[:2] == "30" for name in names])
    star = np.array([name[:2] == "68" for name in names])
    return np.where(star | (chinext & late), 2_000, 1_000).astype(np.int64)


def bars(rng: np.random.Generator, n_days: int, n_assets: int) -> tuple[Flags, Flags]:
    """Say when there is a bar and when a share is listed: 2.7 % are missing, some before the listing."""
    traded = np.ones((n_days, n_assets), np.bool_)
    length = rng.integers(1, 15, (n_days, n_assets))
    for i, j in zip(*np.nonzero(rng.random((n_days, n_assets)) < 0.0021), strict=True):
        traded[i : i + length[i, j], j] = False
    listed = np.ones_like(traded)
    listed[: n_days // 3, -(n_assets // 40) or n_assets :] = False
    return traded & listed, listed


def moves(rng: np.random.Generator, n_days: int, n_assets: int) -> tuple[Matrix, Matrix]:
    """Return log moves from the reference to the open and to the close; a few open at their limit."""
    basket = np.arange(n_assets) * BASKETS // n_assets
    regime = np.repeat(rng.normal(0.0, 0.0012, (n_days // 60 + 1, BASKETS)), 60, axis=0)[:n_days]
    themes = (rng.normal(0.0004, 0.012, (n_days, BASKETS)) + regime)[:, basket]
    jump = 0.25 * (rng.random((n_days, n_assets)) < 0.004) * rng.choice([-1.0, 1.0], (n_days, n_assets))
    gap = rng.normal(0.0, 0.006, (n_days, n_assets)) + jump
    return gap, gap + themes + rng.normal(0.0, 0.018, (n_days, n_assets)) + rng.normal(0, 0.01, (n_days, 1))


def make_world(n_days: int, n_assets: int, first: str, seed: int = 7) -> World:
    """Make a market of so many sessions from `first` on, with a dividend a year for each share."""
    rng = np.random.default_rng(seed)
    sessions, names = calendar.sessions(first)[:n_days], symbols(n_assets)
    traded, listed = bars(rng, n_days, n_assets)
    gap, move = moves(rng, n_days, n_assets)
    ex = traded & (np.arange(n_days)[:, None] % YEAR == rng.integers(1, YEAR, n_assets))
    bonus = ex * np.where(rng.random((n_days, n_assets)) < 0.1, 0.3, 0.0)
    begin = rng.integers(600, 9_000, n_assets)
    walked, paid, growth = walk(begin, gap, move, bands(sessions, names), traded, ex, bonus)
    open_, close, reference, up, down = walked
    volume = np.where(traded, rng.lognormal(15.0, 1.0, traded.shape), 0.0).astype(np.int64)
    high, low = np.maximum(open_, close) * traded, np.minimum(open_, close) * traded
    amount, no_impact = volume * (high + low) // 2, np.empty((0, 0))
    market = Market(open_, high, low, close, reference, up, down, volume, amount, listed, no_impact)
    return World(sessions, market, dated_rules(sessions, names), corporate_actions(ex, paid, bonus), growth)


def walk(
    last: IntVector, gap: Matrix, move: Matrix, band: IntMatrix, traded: Flags, ex: Flags, bonus: Matrix
) -> tuple[list[IntMatrix], IntMatrix, Matrix]:
    """Walk prices through the days inside their limits.

    Returns
    -------
    list of ndarray
        Open, close (carried), reference, upper and lower limit, in fen, 0 = there is none.
    paid : ndarray of int (n_days, n_assets)
        Dividends, fen a share.
    growth : ndarray of float (n_days, n_assets)
        What one share has become by its dividends and bonus shares.
    """
    open_, close, reference, up, down, paid = (np.zeros(gap.shape, np.int64) for _ in range(6))
    growth = np.ones(gap.shape)
    for i in range(len(gap)):
        paid[i] = np.where(ex[i], last * 12 // 1_000, 0)
        reference[i] = np.maximum(np.rint((last - paid[i]) / (1.0 + bonus[i])), 1).astype(np.int64)
        growth[i] = last / reference[i]
        up[i] = limit_price(reference[i], band[i])
        down[i] = np.maximum(limit_price(reference[i], -band[i]), 1)
        open_[i] = np.clip(np.rint(reference[i] * np.exp(gap[i])), down[i], up[i]).astype(np.int64)
        at_close = np.clip(np.rint(reference[i] * np.exp(move[i])), down[i], up[i]).astype(np.int64)
        close[i] = last = np.where(traded[i], at_close, last)
    for matrix in (open_, up, down):
        matrix[~traded] = 0
    return [open_, close, reference, up, down], paid, np.cumprod(growth, axis=0)


def dated_rules(sessions: pd.DatetimeIndex, names: list[str]) -> Rules:
    """Return the rules of the exchanges by day."""
    every_close = np.ones(len(sessions), np.bool_)
    of_stock, of_state = lots.lot_arrays(names, sessions), fees.fee_arrays(names, sessions)
    return Rules(*of_stock, *of_state, every_close, *tax.tax_arrays(sessions))


def corporate_actions(ex: Flags, paid: IntMatrix, bonus: Matrix) -> Actions:
    """Return a dividend, in one of ten cases with bonus shares, for each ex-date."""
    day, asset = (k.astype(np.int64) for k in np.nonzero(ex))
    cash, none = paid[ex] * 10_000, np.zeros(len(day), np.int64)
    shares, never = np.rint(bonus[ex] * 1e8).astype(np.int64), np.zeros(len(day), np.bool_)
    start = np.searchsorted(day, np.arange(len(ex) + 1)).astype(np.int64)
    return Actions(
        start,
        asset=asset,
        cash=cash,
        taxable=cash,
        bonus=shares,
        price=none,
        fraction_paid=never,
        pay=day,
        listing=day,
        into=asset,
        ends=never,
    )


def decide(world: World, every: int, lookback: int = 60, top: int = 2) -> Decisions:
    """Hold the baskets of the strongest members, equally, on the prices before the day of trade."""
    n_days, n_assets = world.market.open.shape
    basket = np.arange(n_assets) * BASKETS // n_assets
    total_return = world.market.close * world.growth
    row, weights = np.full(n_days, -1, np.int64), []
    for day in range(WARM_UP, n_days - 1, every):
        past = total_return[day] / total_return[day - lookback]
        strength = np.array([past[basket == k].mean() for k in range(BASKETS)])
        member = np.isin(basket, np.argsort(-strength)[:top]) & (world.market.open[day] > 0)
        count = np.bincount(basket[member], minlength=BASKETS)[basket]
        row[day + 1] = len(weights)
        weights.append(np.where(member, 1.0 / (top * np.maximum(count, 1)), 0.0))
    return Decisions(row, np.array(weights))


def prices_of(world: World, decisions: Decisions) -> Prices:
    """Return the same market and targets for engines without corporate actions."""
    no_bar = world.market.open == 0
    open_, close = (
        np.where(no_bar, np.nan, price * world.growth / 100.0)
        for price in (world.market.open, world.market.close)
    )
    size = np.full(no_bar.shape, np.nan)
    size[decisions.row >= 0] = decisions.weights
    return Prices(world.sessions.to_numpy(), open_, close, size)


def make_job(world: World, every: int, cash: int) -> Job:
    """Put a market and its decisions together."""
    decisions = decide(world, every)
    return Job(cash, every, world.market, world.rules, world.actions, decisions, prices_of(world, decisions))
