"""The simulated market: invented prices under the real calendar, boards, limits and ex-date formula.

A share's daily return is its volatility times (market + theme + own part), times a volatility regime common
to all, plus a drift of 10 % a year. The parts are weighted so that two shares of a theme correlate at about
0.5 and two others at about 0.18. One day in fifty is a jump of the own part. Returns become prices in
whole fen, clipped at the exchange's limits; a jump well beyond them gives a day of one price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from screener.arrays import Flags, IntMatrix, IntVector, Matrix
from screener.data.sources.counter import keys, normals, uniforms
from screener.market import calendar
from screener.market.limits import limit_matrix
from screener.market.prices import limit_price
from screener.market.symbols import board_of

__all__ = ["FIRST", "LAST", "VERSION", "Simulation", "index_level", "simulate"]

VERSION = 1  # raise it whenever a price changes
FIRST, LAST = "2019-01-02", "2026-06-30"

YEAR = 243.0  # sessions in a year, about
DRIFT = 0.10
VOLATILITY = (0.020, 0.035)  # of a day, drawn by share
MARKET, THEME, OWN = 0.4286, 0.5628, 0.6202  # squares: 0.18 + 0.32 + 0.38 x 1.30 of the jumps = 1
JUMP_CHANCE, JUMP = 0.02, 4.0
REGIME_DAYS, REGIME_MEAN_SQUARE = 40, 1.0533
FREE_BP = (30_000, 9_000)  # bounds of a return on days without limits
SEALED = 1.2  # a jump of so many times the limit trades at one price
LOWEST = 100  # fen; no close is lower
SPLIT_ABOVE = 15_000  # fen; dearer shares double their number at the next ex-date

# First and last day between which a board's late listings begin, and how likely one is. Free first sessions
# exist in all of them (STAR opened in 2019, so that all of it is late).
LATE = {
    "SSE_MAIN": ("2023-04-10", "2024-12-31", 0.08),
    "SZSE_MAIN": ("2023-04-10", "2024-12-31", 0.08),
    "CHINEXT": ("2020-08-24", "2023-12-29", 0.12),
    "STAR": ("2019-07-22", "2021-12-31", 1.0),
    "BSE": ("2021-11-15", "2023-12-29", 1.0),
}
ENDS = ("2022-01-04", "2025-12-31", 0.03)  # listings that end, as after a delisting


class Simulation(NamedTuple):
    """Bars in whole fen and shares, (n_days, n_assets); 0 on days without a bar."""

    sessions: pd.DatetimeIndex
    symbols: tuple[str, ...]
    open: IntMatrix
    high: IntMatrix
    low: IntMatrix
    close: IntMatrix
    reference: IntMatrix  # 0 on the first bar
    volume: IntMatrix
    amount: IntMatrix  # fen
    listed: Flags
    listing: dict[str, pd.Timestamp | None]  # None = listed before the market begins
    events: pd.DataFrame  # day, asset, cash (fen a share), tenths (new shares for ten), before, reference


class _Path(NamedTuple):
    close: IntMatrix  # carried over days without a bar
    reference: IntMatrix
    events: list[tuple[int, int, int, int, int, int]]


def simulate(
    symbols: Sequence[str], themes: Mapping[str, str], seed: int, tilt: Matrix | None = None
) -> Simulation:
    """Invent the prices of some shares.

    Parameters
    ----------
    symbols : sequence of str (n_assets,)
        Canonical symbols; those of the other shares do not change with them.
    themes : mapping of symbol to str
        Shares of one theme move together; a share without one moves with all such shares.
    seed : int
    tilt : ndarray (n_days, n_assets), optional
        Drift a year on top of the common one.
    """
    symbols = tuple(symbols)
    sessions = calendar.sessions(FIRST, LAST)
    born, died = _lives(symbols, sessions, seed)
    day = np.arange(len(sessions))[:, None]
    listed = (day >= born) & (day <= died)
    trading = listed & ~_suspended(symbols, len(sessions), born, seed)
    listing = {name: sessions[row] if row else None for name, row in zip(symbols, born, strict=True)}
    up, down, free = _percent(symbols, sessions, listing)
    returns, jumps, scale = _returns(symbols, themes, len(sessions), seed, free)
    returns += DRIFT / YEAR if tilt is None else (DRIFT + tilt) / YEAR
    first_price = 1_500 + np.floor(uniforms(keys(seed, [f"{s}/price" for s in symbols]), 1)[0] * 8_500)
    plan = _event_plan(symbols, sessions, seed)
    path = _walk(returns, up, down, trading, born, first_price.astype(np.int64), plan)
    bars = _bars(symbols, seed, returns, scale, jumps & ~free, (up, down), path)
    bars = {name: np.where(trading, values, 0) for name, values in bars.items()}
    reference = np.where(trading & (day != born), path.reference, 0)
    columns = ["day", "asset", "cash", "tenths", "before", "reference"]
    events = pd.DataFrame(np.array(path.events, dtype=np.int64).reshape(-1, 6), columns=columns)
    return Simulation(
        sessions, symbols, reference=reference, listed=listed, listing=listing, events=events, **bars
    )


def index_level(sessions: pd.DatetimeIndex, seed: int) -> Matrix:
    """Return the simulated index: the market part of a share of average volatility, from 1000 points."""
    n = len(sessions)
    mean = (VOLATILITY[0] + VOLATILITY[1]) / 2.0
    moves = mean * MARKET * (_regime(n, seed)[:, 0] * normals(keys(seed, ["market"]), n)[:, 0]) + DRIFT / YEAR
    points, level = np.empty(n), 1_000.0
    for i in range(n):
        level = float(np.floor(level * (1.0 + moves[i]) * 100.0 + 0.5)) / 100.0
        points[i] = level
    return points


def _lives(symbols: tuple[str, ...], sessions: pd.DatetimeIndex, seed: int) -> tuple[IntVector, IntVector]:
    """Draw the rows of the first and of the last session of each share."""
    draw = uniforms(keys(seed, [f"{name}/life" for name in symbols]), 4)
    born, died = np.zeros(len(symbols), dtype=np.int64), np.full(len(symbols), len(sessions) - 1)
    for j, name in enumerate(symbols):
        first, last, chance = LATE[board_of(name)]
        if draw[0, j] < chance:
            born[j] = _between(sessions, first, last, draw[1, j])
        if draw[2, j] < ENDS[2]:
            died[j] = max(_between(sessions, *ENDS[:2], draw[3, j]), born[j] + 250)
    return born, died


def _between(sessions: pd.DatetimeIndex, first: str, last: str, draw: float) -> int:
    low, high = sessions.searchsorted([pd.Timestamp(first), pd.Timestamp(last)])
    return int(low) + int(draw * (high - low))


def _suspended(symbols: tuple[str, ...], n: int, born: IntVector, seed: int) -> Flags:
    """Draw about three runs of 1 to 10 sessions without a bar; none in the first or last ten sessions."""
    begin = uniforms(keys(seed, [f"{name}/halt" for name in symbols]), n) < 3.0 / n
    length = uniforms(keys(seed, [f"{name}/halt length" for name in symbols]), n)
    length = 1 + np.floor(length * length * 10.0).astype(np.int64)
    out = np.zeros(begin.shape, dtype=np.bool_)
    for after in range(10):
        out[after:] |= begin[: n - after] & (length[: n - after] > after)
    day = np.arange(n)[:, None]
    return out & (day > born + 10) & (day < n - 10)


def _percent(
    symbols: tuple[str, ...], sessions: pd.DatetimeIndex, listing: dict[str, pd.Timestamp | None]
) -> tuple[IntMatrix, IntMatrix, Flags]:
    """Ask the rules for the limits in basis points, through a price of 100 CNY; wide where none."""
    shape = (len(sessions), len(symbols))
    table = limit_matrix(symbols, sessions, np.full(shape, 100.0), np.full(shape, 100.0), listing,
                         risk_warning=np.zeros(shape, dtype=np.int8))  # fmt: skip
    free = np.isnan(table.up)
    up = np.where(free, FREE_BP[0], np.rint(np.nan_to_num(table.up) * 100.0 - 10_000.0))
    down = np.where(free, FREE_BP[1], np.rint(10_000.0 - np.nan_to_num(table.down) * 100.0))
    return up.astype(np.int64), down.astype(np.int64), free


def _regime(n: int, seed: int) -> Matrix:
    """Return (n, 1) factors of volatility, constant for 40 sessions, of mean square 1."""
    blocks = 0.6 + 0.8 * uniforms(keys(seed, ["regime"]), n // REGIME_DAYS + 1)
    return np.repeat(blocks, REGIME_DAYS, axis=0)[:n] / np.sqrt(REGIME_MEAN_SQUARE)


def _returns(
    symbols: tuple[str, ...], themes: Mapping[str, str], n: int, seed: int, free: Flags
) -> tuple[Matrix, Flags, Matrix]:
    """Draw returns without drift, the days of a jump, and the volatility of every day."""
    groups = [themes.get(name, "") for name in symbols]
    every = sorted(set(groups))
    common = normals(keys(seed, ["market"]), n)
    theme = normals(keys(seed, [f"theme {name}" for name in every]), n)
    own = normals(keys(seed, [f"{name}/own" for name in symbols]), n)
    jumps = uniforms(keys(seed, [f"{name}/jump" for name in symbols]), n) < JUMP_CHANCE
    low, high = VOLATILITY
    volatility = low + (high - low) * uniforms(keys(seed, [f"{name}/volatility" for name in symbols]), 1)
    scale = volatility * _regime(n, seed) * np.where(free, 2.0, 1.0)
    own = OWN * (own * np.where(jumps, JUMP, 1.0))
    moves = MARKET * common + THEME * theme[:, [every.index(name) for name in groups]]
    return scale * (moves + own), jumps, scale


def _event_plan(
    symbols: tuple[str, ...], sessions: pd.DatetimeIndex, seed: int
) -> dict[int, list[tuple[int, int, int]]]:
    """Plan one ex-date a year in June or July: asset, dividend in basis points of the price, new for ten."""
    years = range(sessions[0].year, sessions[-1].year + 1)
    stream = keys(seed, [f"{name}/dividend" for name in symbols])
    day, paying, rate, giving, size = (uniforms(stream, 5 * len(years))[k::5] for k in range(5))
    plan: dict[int, list[tuple[int, int, int]]] = {}
    for y, year in enumerate(years):
        june = int(sessions.searchsorted(pd.Timestamp(year, 6, 1)))
        for j in range(len(symbols)):
            cash = int(30 + rate[y, j] * 170) if paying[y, j] >= 0.3 else 0
            tenths = (2, 3, 4, 5, 8, 10)[int(size[y, j] * 6)] if giving[y, j] >= 0.88 else 0
            plan.setdefault(june + int(day[y, j] * 40), []).append((j, cash, tenths))
    return plan


def _walk(
    returns: Matrix, up: IntMatrix, down: IntMatrix, trading: Flags, born: IntVector, first_price: IntVector,
    plan: dict[int, list[tuple[int, int, int]]],
) -> _Path:  # fmt: skip
    """Turn returns into closes in fen, day by day: reference, limits, close."""
    close, references, events = np.empty_like(up), np.empty_like(up), []
    now = first_price.copy()
    for i in range(len(returns)):
        reference = now.copy()
        for j, rate, tenths in plan.get(i, ()):
            event = _event(int(now[j]), rate, tenths) if trading[i, j] and i > born[j] + 20 else None
            if event:
                reference[j] = event[-1]
                events.append((i, j, *event))
        target = np.floor(reference * (1.0 + returns[i]) + 0.5).astype(np.int64)
        low = np.maximum(limit_price(reference, -down[i]), LOWEST)
        target = np.minimum(np.maximum(target, low), np.maximum(limit_price(reference, up[i]), LOWEST))
        now = np.where(trading[i], target, now)
        close[i], references[i] = now, reference
    return _Path(close, references, events)


def _event(before: int, rate: int, tenths: int) -> tuple[int, int, int, int] | None:
    """Return cash, new shares for ten, close before and reference by the exchange's formula, half up."""
    tenths = 10 if before > SPLIT_ABOVE else tenths
    cash = (before * rate + 5_000) // 10_000
    if before < 3 * LOWEST or not (cash or tenths):
        return None
    after = 10 + tenths
    return cash, tenths, before, ((before - cash) * 20 + after) // (2 * after)


def _bars(
    symbols: tuple[str, ...], seed: int, returns: Matrix, scale: Matrix, jumps: Flags,
    limits: tuple[IntMatrix, IntMatrix], path: _Path,
) -> dict[str, IntMatrix]:  # fmt: skip
    """Draw open, high, low, volume and amount around the closes."""
    n, reference, close = len(returns), path.reference, path.close
    top = np.maximum(limit_price(reference, limits[0]), LOWEST)
    bottom = np.maximum(limit_price(reference, -limits[1]), LOWEST)
    gap, upper, lower = (normals(keys(seed, [f"{name}/{what}" for name in symbols]), n)
                         for what in ("gap", "high", "low"))  # fmt: skip
    gap = 0.4 * returns + 0.3 * (scale * gap)
    opened = np.minimum(np.maximum(np.floor(reference * (1.0 + gap) + 0.5).astype(np.int64), bottom), top)
    sealed = jumps & (((returns * 1e4 > SEALED * limits[0]) & (close == top))
                      | ((returns * 1e4 < -SEALED * limits[1]) & (close == bottom)))  # fmt: skip
    opened = np.where(sealed, close, opened)
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    wider = np.floor(high * (1.0 + 0.4 * (scale * np.abs(upper))) + 0.5).astype(np.int64)
    lower_still = np.floor(low * (1.0 - 0.4 * (scale * np.abs(lower))) + 0.5).astype(np.int64)
    high = np.where(sealed, high, np.minimum(np.maximum(wider, high), top))
    low = np.where(sealed, low, np.maximum(np.minimum(lower_still, low), bottom))
    volume, amount = _traded(symbols, seed, np.abs(returns) / scale, sealed, (opened, high, low, close))
    return {"open": opened, "high": high, "low": low, "close": close, "volume": volume, "amount": amount}


def _traded(
    symbols: tuple[str, ...], seed: int, surprise: Matrix, sealed: Flags, prices: tuple[IntMatrix, ...]
) -> tuple[IntMatrix, IntMatrix]:
    """Draw volume in board lots; the average price is the mean of open, high, low and close."""
    size = 1e8 + 1.4e9 * uniforms(keys(seed, [f"{name}/size" for name in symbols]), 1)
    activity = 0.4 + 0.6 * uniforms(keys(seed, [f"{name}/activity" for name in symbols]), len(surprise))
    worth = size * (activity * (0.5 + 0.5 * surprise)) * np.where(sealed, 0.1, 1.0)
    four = prices[0] + prices[1] + prices[2] + prices[3]
    lots = np.maximum(np.floor(worth * 100.0 / (four * 25.0)).astype(np.int64), 1)
    return lots * 100, lots * 25 * four
