"""Corporate actions: what one share pays, and what a holding gets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from screener.market.money import Amount, exact, half_up

__all__ = ["Entitlement", "Event", "corporate_action"]


@dataclass(frozen=True)
class Event:
    """An ex-date, for one share held.

    Attributes
    ----------
    cash : Fraction
        CNY.
    bonus : Fraction
        New shares out of profit (song gu), taxed at par.
    transfer : Fraction
        New shares out of capital reserve (zhuan zeng), not taxed.
    rights : Fraction
        Shares offered at `rights_price` (CNY).
    rights_price : Fraction
    """

    cash: Fraction = Fraction(0)
    bonus: Fraction = Fraction(0)
    transfer: Fraction = Fraction(0)
    rights: Fraction = Fraction(0)
    rights_price: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        """Refuse amounts below zero."""
        negative = [f"{name}={value}" for name, value in vars(self).items() if value < 0]
        if negative:
            raise ValueError(f"{', '.join(negative)} must not be negative")

    @classmethod
    def per_ten(
        cls,
        cash: Amount = 0,
        bonus: Amount = 0,
        transfer: Amount = 0,
        rights: Amount = 0,
        rights_price: Amount = 0,
    ) -> Event:
        """Read an announcement, which speaks of ten shares; the price of a right is that of one share."""
        tenths = (exact(value) / 10 for value in (cash, bonus, transfer, rights))
        return cls(*tenths, exact(rights_price))

    @property
    def new_shares(self) -> Fraction:
        """Shares given for nothing, a share."""
        return self.bonus + self.transfer


class Entitlement(NamedTuple):
    """What a holding at the close of the record date gets; cash in fen before tax."""

    cash: int
    new_shares: int
    shares_after: int


def corporate_action(shares: int, event: Event) -> Entitlement:
    """Return the cash and the new shares of a holding.

    Notes
    -----
    A fraction of a share is dropped (R34, M): the registrar gives the remainders out by rank, which nobody
    can know beforehand. Rights are an offer and are not taken up here.

    Examples
    --------
    >>> corporate_action(777, Event.per_ten(transfer="3"))
    Entitlement(cash=0, new_shares=233, shares_after=1010)
    """
    if shares < 0:
        raise ValueError(f"shares={shares} must not be negative")
    new = math.floor(shares * event.new_shares)
    return Entitlement(half_up(shares * event.cash * 100), new, shares + new)
