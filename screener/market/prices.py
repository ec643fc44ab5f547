"""Prices set by rule, in fen: limits, the ex-reference, the fill after slippage."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple, overload

from screener.arrays import IntMatrix
from screener.market.actions import Event
from screener.market.money import half_up

__all__ = ["UNLIMITED", "Limits", "fill_price", "limit_price", "limits_of", "ref_price"]

TICK = 1


class Limits(NamedTuple):
    """Highest and lowest price of a day in fen, None where there is no limit."""

    up: int | None
    down: int | None


UNLIMITED = Limits(None, None)


@overload
def limit_price(reference: int, bp: int) -> int: ...
@overload
def limit_price(reference: IntMatrix, bp: int | IntMatrix) -> IntMatrix: ...
def limit_price(reference: int | IntMatrix, bp: int | IntMatrix) -> int | IntMatrix:
    """Return a limit: the reference moved by `bp`, rounded half up, and at least one tick away (R14).

    Parameters
    ----------
    reference : int or ndarray of int
        Fen.
    bp : int or ndarray of int
        Basis points, positive for the upper limit, negative for the lower one.

    Notes
    -----
    At a reference of 0.01 CNY the lower limit is 0.00: the rule says so, and no order can be priced there.

    Examples
    --------
    >>> limit_price(1005, 1000), limit_price(1005, -1000), limit_price(4, 1000)
    (1106, 905, 5)
    """
    moved = (reference * (10_000 + bp) + 5_000) // 10_000
    nearer = moved == reference
    # Never a branch: the same line serves one price and a whole matrix of them.
    return moved + nearer * TICK * (1 - 2 * (bp < 0))


def limits_of(reference: int, up_bp: int | None, down_bp: int | None) -> Limits:
    """Return both limits of a day, each None where there is none.

    Examples
    --------
    >>> limits_of(747, 4400, 3600)
    Limits(up=1076, down=478)
    """
    up = None if up_bp is None else limit_price(reference, up_bp)
    down = None if down_bp is None else limit_price(reference, -down_bp)
    return Limits(up, down)


def ref_price(prev_close: int, event: Event) -> int:
    """Return the reference price on an ex-date (R15).

    Parameters
    ----------
    prev_close : int
        Fen.
    event : Event
        What is taken off: cash, new shares, rights; for one share.

    Notes
    -----
    Where own shares do not share in a dividend the exchange uses a diluted amount: prefer its own reference.

    Examples
    --------
    >>> ref_price(2030, Event.per_ten(cash="5", transfer="4"))
    1414
    """
    value = prev_close - event.cash * 100 + event.rights_price * event.rights * 100
    return half_up(value / (1 + event.new_shares + event.rights))


def fill_price(
    side: str,
    price: Fraction | int,
    slip_bp: Fraction | int,
    limits: Limits = UNLIMITED,
    traded: tuple[int, int] | None = None,
) -> int:
    """Return the price of a fill in fen: slipped to the next tick against us, kept inside the limits.

    Parameters
    ----------
    side : {"buy", "sell"}
    price : Fraction or int
        Fen, the price before slippage.
    slip_bp : Fraction or int
        Basis points.
    limits : Limits, optional
    traded : (low, high), optional
        Fen; the range in which the fill must lie if it is not an open or a close.

    Examples
    --------
    >>> fill_price("buy", 1100, 10), fill_price("sell", 910, 100, Limits(1106, 905))
    (1102, 905)
    """
    share = Fraction(slip_bp) / 10_000
    if side == "buy":
        filled = math.ceil(price * (1 + share))
    elif side == "sell":
        filled = math.floor(price * (1 - share))
    else:
        raise ValueError(f"side={side!r} must be buy or sell")
    low, high = traded or (None, None)
    for ceiling in (high, limits.up):
        filled = filled if ceiling is None else min(filled, ceiling)
    for floor in (low, limits.down):
        filled = filled if floor is None else max(filled, floor)
    return max(filled, TICK)
