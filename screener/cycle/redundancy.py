"""Cash-flow redundancy: what operating cash leaves after payouts and capital expenditure (report 002).

Years are chained unrounded and rounded half up when they are shown, which is how the report's table was made:
its printed cells need not add up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from screener.errors import CycleError

__all__ = ["REPORT_002", "Base", "Year", "break_even", "grid", "printed", "project"]

GROWTH_RANGE = (Decimal("-0.99"), Decimal(10))
CAPEX_GROWTH = (Decimal("0.5"), Decimal("0.3"), Decimal("0.3"))  # of report 002, for 2024 to 2026
OCF_GROWTH = Decimal("0.15")


@dataclass(frozen=True)
class Base:
    """The last actual year, in one unit of money."""

    year: int
    ocf: Decimal
    buyback: Decimal
    dividend: Decimal
    capex: Decimal
    unit: str
    source: str

    @property
    def payout(self) -> Decimal:
        """Buybacks and dividends as a fraction of operating cash flow."""
        return (self.buyback + self.dividend) / self.ocf


# Its capital expenditure mixes definitions from year to year; `cycle show` has each definition apart.
REPORT_002 = Base(
    year=2023,
    ocf=Decimal("3604.52"),
    buyback=Decimal("1013.23"),
    dividend=Decimal("207.38"),
    capex=Decimal("1465.48"),
    unit="USD 100 million",
    source="report 002, 2024-08-18, table 1",
)


@dataclass(frozen=True)
class Year:
    """One projected year, unrounded.

    Attributes
    ----------
    redundancy : Decimal
        Operating cash flow less buybacks, dividends and capital expenditure.
    used : Decimal
        Buybacks, dividends and capital expenditure as a fraction of operating cash flow.
    """

    year: int
    ocf: Decimal
    buyback: Decimal
    dividend: Decimal
    capex: Decimal

    @property
    def redundancy(self) -> Decimal:
        """What is left."""
        return self.ocf - self.buyback - self.dividend - self.capex

    @property
    def used(self) -> Decimal:
        """The part of operating cash flow that is spent."""
        return (self.buyback + self.dividend + self.capex) / self.ocf


def project(
    base: Base = REPORT_002,
    ocf_growth: Decimal = OCF_GROWTH,
    capex_growth: Sequence[Decimal] = CAPEX_GROWTH,
) -> tuple[Year, ...]:
    """Chain the years after a base: cash flow and payouts at one rate, capital expenditure at its own.

    Parameters
    ----------
    base : Base
    ocf_growth : Decimal
        Growth a year of operating cash flow, a fraction; payouts keep their share of it.
    capex_growth : sequence of Decimal
        Growth of capital expenditure, one a year.

    Raises
    ------
    CycleError
        If a rate lies outside [-0.99, 10].
    """
    check_rates([ocf_growth, *capex_growth])
    years, capex, scale = [], base.capex, Decimal(1)
    for number, growth in enumerate(capex_growth, 1):
        scale *= 1 + ocf_growth
        capex *= 1 + growth
        flows = (base.ocf * scale, base.buyback * scale, base.dividend * scale)
        years.append(Year(base.year + number, *flows, capex))
    return tuple(years)


def break_even(
    base: Base = REPORT_002,
    ocf_growth: Decimal = OCF_GROWTH,
    first: Sequence[Decimal] = CAPEX_GROWTH[:1],
    years: int = len(CAPEX_GROWTH),
) -> float:
    """Return the growth of capital expenditure that leaves nothing in the last year.

    Parameters
    ----------
    first : sequence of Decimal
        Growth of the first years, which are given; the rest grow at the rate that is returned.
    years : int
        Years after the base, more than are given.

    Notes
    -----
    Closed form: ``(ocf (1 + g)^n (1 - payout) / (capex prod(1 + first)))^(1 / (n - len(first))) - 1``.
    """
    if years <= len(first):
        raise CycleError(f"years={years} must be more than the {len(first)} whose growth is given")
    check_rates([ocf_growth, *first])
    spent = base.capex * math.prod((1 + growth for growth in first), start=Decimal(1))
    room = base.ocf * (1 + ocf_growth) ** years * (1 - base.payout)
    if room <= 0:
        raise CycleError(f"payouts take {base.payout:.0%} of operating cash flow; nothing is left for capex")
    return float(room / spent) ** (1.0 / (years - len(first))) - 1.0


def grid(
    base: Base, ocf_growth: Sequence[Decimal], capex_growth: Sequence[Decimal], years: int
) -> list[list[Decimal]]:
    """Return the redundancy of the last year: a row a rate of cash flow, a column a rate of capex."""
    return [[project(base, g, [c] * years)[-1].redundancy for c in capex_growth] for g in ocf_growth]


def printed(value: Decimal, places: int = 2) -> str:
    """Round half up, as the report prints.

    Examples
    --------
    >>> printed(Decimal("0.125")), printed(Decimal("-89.364"))
    ('0.13', '-89.36')
    """
    return str(value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def check_rates(rates: Sequence[Decimal]) -> None:
    """Refuse growth that no company has."""
    low, high = GROWTH_RANGE
    if wrong := [rate for rate in rates if not (rate.is_finite() and low <= rate <= high)]:
        raise CycleError(*(f"growth of {rate:%} must lie between {low:.0%} and {high:.0%}" for rate in wrong))
