"""What a daily bar says about the day: suspended, sealed at a limit, and which fills were possible."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from screener.market.calendar import Day, close_is_tradable
from screener.market.prices import Limits

__all__ = ["Bar", "BarState", "bar_state"]


@dataclass(frozen=True)
class Bar:
    """One day of one share as traded: prices in fen, volume in shares."""

    open: int
    high: int
    low: int
    close: int
    volume: float


class BarState(NamedTuple):
    """The state of a day and the fills it allowed.

    Attributes
    ----------
    status : {"suspended", "one_price_up", "one_price_down", "closed_at_up", "closed_at_down", "touched_up",
        "touched_down", "normal"}
    """

    status: str
    buy_open: bool
    sell_open: bool
    buy_close: bool
    sell_close: bool
    buy_vwap: bool
    sell_vwap: bool


SUSPENDED = BarState("suspended", *[False] * 6)


def bar_state(bar: Bar | None, limits: Limits, day: Day | None = None) -> BarState:
    """Judge a bar of a listed share.

    Parameters
    ----------
    bar : Bar or None
        None where the row is missing: the share was suspended.
    limits : Limits
        Fen.
    day : date, optional
        Needed for the two circuit-breaker days, on which no close could be traded (R36).

    Notes
    -----
    A fill at the open is judged by the open alone and one at the close by the close alone; the rest of the
    day is not known then. A volume below one share is a suspension: some feeds write tiny numbers for it.

    Examples
    --------
    >>> bar_state(Bar(1106, 1106, 1060, 1095, 1e6), Limits(1106, 905))[:4]
    ('touched_up', False, True, True)
    """
    # Written so that a volume of NaN is suspended too.
    if bar is None or not bar.volume >= 1:
        return SUSPENDED
    up = math.inf if limits.up is None else limits.up
    down = -math.inf if limits.down is None else limits.down
    closes = day is None or close_is_tradable(day)
    return BarState(
        status=_status(bar, up, down),
        buy_open=bar.open < up,
        sell_open=bar.open > down,
        buy_close=closes and bar.close < up,
        sell_close=closes and bar.close > down,
        buy_vwap=bar.low < up,
        sell_vwap=bar.high > down,
    )


def _status(bar: Bar, up: float, down: float) -> str:
    states = (
        ("one_price_up", bar.low >= up),
        ("one_price_down", bar.high <= down),
        ("closed_at_up", bar.close >= up),
        ("closed_at_down", bar.close <= down),
        ("touched_up", bar.high >= up),
        ("touched_down", bar.low <= down),
    )
    return next((name for name, holds in states if holds), "normal")
