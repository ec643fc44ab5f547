"""Figures of an account on days that are drawn anew, many times: how far luck could have moved each.

Additive figures would come from sums over blocks; a drawdown needs the days one after another. So every draw
is walked, once for an account and once more beside the control.
"""

from __future__ import annotations

import numpy as np

from screener.kernels._jit import inlined, kernel

__all__ = ["N_FIGURES", "resample_nb"]

# Rows of the result, in the order of `screener.backtest.metrics.summary`.
TOTAL, CAGR, VOLATILITY, SHARPE, SORTINO, DRAWDOWN, CALMAR, AT_RISK, SHORTFALL, HITS = range(10)
EXCESS, ERROR, INFORMATION, BETA, ALPHA = range(10, 15)
N_FIGURES = 15
TAIL = 0.05
ROUNDING = 1e-12  # a spread below this is the rounding of the levels, not a risk


@kernel
def resample_nb(returns, order, control, starts, block, cash, years, sessions_a_year):
    """Return the figures of every account in every draw; all accounts live through the same days.

    Parameters
    ----------
    returns : ndarray (n_accounts, n_days)
        Daily returns, finite and above -1.
    order : ndarray of int64 (n_accounts, n_days)
        Days of each account from its worst to its best.
    control : int
        Row of the account that the others are compared with, -1 = none.
    starts : ndarray of int64 (n_draws, n_blocks)
        First day of each block; blocks run on circularly and the last is cut.
    block : int
        Days in a block.
    cash : float
        Risk-free rate of a day.
    years, sessions_a_year : float

    Returns
    -------
    ndarray (n_accounts, N_FIGURES, n_draws)
        As `screener.backtest.metrics` defines them; NaN where a figure is not defined.
    """
    n_accounts, n = returns.shape
    out = np.full((n_accounts, N_FIGURES, len(starts)), np.nan)
    days, times = np.empty(n, np.int64), np.empty(n, np.int64)
    for d in range(len(starts)):
        draw_nb(starts[d], block, days, times)
        for a in range(n_accounts):
            alone_nb(returns[a], days, cash, years, sessions_a_year, out[a, :, d])
            tail_nb(returns[a], order[a], times, out[a, :, d])
        for a in range(n_accounts):
            if control >= 0 and a != control:
                out[a, EXCESS, d] = out[a, CAGR, d] - out[control, CAGR, d]
                beside_nb(returns[a], returns[control], days, cash, sessions_a_year, out[a, :, d])
    return out


@inlined
def draw_nb(starts, block, days, times):
    """Write the days of a draw in their order, and how often each day was drawn."""
    n = len(days)
    times[:] = 0
    for k in range(n):
        day = starts[k // block] + k % block
        day = day - n if day >= n else day
        days[k] = day
        times[day] += 1


@inlined
def ratio_nb(over, under):
    """Divide by a size, which is not defined where the size is mere rounding."""
    return over / under if under >= ROUNDING else np.nan


@inlined
def spread_nb(total, squares, n):
    """Return a standard deviation (ddof 1) from sums of distances to any one value."""
    return np.sqrt(max(squares - total * total / n, 0.0) / (n - 1))


@inlined
def alone_nb(returns, days, cash, years, sessions_a_year, out):
    """Write the figures that need one account alone.

    Distances are taken from the first return drawn: equal returns have a spread of exactly 0.
    """
    n, origin = len(days), returns[days[0]]
    level, peak, fall = 1.0, 1.0, 0.0
    total, squares, below, hits = 0.0, 0.0, 0.0, 0
    for k in range(n):
        change = returns[days[k]]
        level *= 1.0 + change
        peak = max(peak, level)
        fall = min(fall, level / peak - 1.0)
        away = change - origin
        total += away
        squares += away * away
        short = min(change - cash, 0.0)
        below += short * short
        hits += change > 0.0
    root, over = np.sqrt(sessions_a_year), total / n + origin - cash
    spread = spread_nb(total, squares, n)
    out[TOTAL], out[CAGR] = level - 1.0, level ** (1.0 / years) - 1.0
    out[VOLATILITY] = spread * root
    out[SHARPE] = ratio_nb(over * root, spread)
    out[SORTINO] = ratio_nb(over * root, np.sqrt(below / n))
    out[DRAWDOWN] = fall
    out[CALMAR] = ratio_nb(out[CAGR], -fall)
    out[HITS] = hits / n


@inlined
def tail_nb(returns, order, times, out):
    """Write the 5 % quantile and the mean at or below it, from how often each day was drawn."""
    n = len(order)
    place = (n - 1) * TAIL
    rank = int(place)
    seen, k = 0, 0
    while seen + times[order[k]] <= rank:
        seen += times[order[k]]
        k += 1
    low = returns[order[k]]
    seen += times[order[k]]
    high = low
    if seen <= rank + 1:
        k += 1
        while times[order[k]] == 0:
            k += 1
        high = returns[order[k]]
    at_risk = low + (high - low) * (place - rank)
    total, count = 0.0, 0
    for i in range(n):
        value = returns[order[i]]
        if value > at_risk:
            break
        total += times[order[i]] * value
        count += times[order[i]]
    out[AT_RISK], out[SHORTFALL] = at_risk, ratio_nb(total, float(count))


@inlined
def beside_nb(mine, theirs, days, cash, sessions_a_year, out):
    """Write the figures of an account beside the control."""
    n, x0, y0 = len(days), theirs[days[0]], mine[days[0]]
    sx, sy, sxx, sxy = 0.0, 0.0, 0.0, 0.0
    gap0 = y0 - x0
    gaps, squares = 0.0, 0.0
    for k in range(n):
        x, y = theirs[days[k]] - x0, mine[days[k]] - y0
        sx += x
        sy += y
        sxx += x * x
        sxy += x * y
        gap = mine[days[k]] - theirs[days[k]] - gap0
        gaps += gap
        squares += gap * gap
    root, error = np.sqrt(sessions_a_year), spread_nb(gaps, squares, n)
    out[ERROR] = error * root
    out[INFORMATION] = ratio_nb((gaps / n + gap0) * root, error)
    if spread_nb(sx, sxx, n) >= ROUNDING:
        beta = (sxy - sx * sy / n) / (sxx - sx * sx / n)
        out[BETA] = beta
        over, market = sy / n + y0 - cash, sx / n + x0 - cash
        out[ALPHA] = (over - beta * market) * sessions_a_year
