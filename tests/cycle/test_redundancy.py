"""Table 1 of report 002 to the printed cell, and what the report did not print."""

from __future__ import annotations

from decimal import Decimal

import pytest

from screener.cycle.redundancy import REPORT_002, break_even, grid, printed, project
from screener.errors import CycleError

# Printed in the report: cash flow, buybacks, dividends, capex, redundancy, used %, payouts %.
TABLE_1 = {
    2024: ("4145.20", "1165.21", "238.49", "2198.22", "543.28", "86.89", "33.86"),
    2025: ("4766.98", "1340.00", "274.26", "2857.69", "295.03", "93.81", "33.86"),
    2026: ("5482.02", "1541.00", "315.40", "3714.99", "-89.36", "101.63", "33.86"),
}


@pytest.mark.parametrize(("place", "year"), list(enumerate(TABLE_1)))
def test_every_cell_is_the_printed_one(place: int, year: int) -> None:
    found = project()[place]
    payout = (found.buyback + found.dividend) / found.ocf * 100
    money = (found.ocf, found.buyback, found.dividend, found.capex, found.redundancy)
    assert found.year == year
    assert tuple(map(printed, (*money, found.used * 100, payout))) == TABLE_1[year]


def test_the_last_redundancy_is_not_the_difference_of_printed_cells() -> None:
    ocf, buyback, dividend, capex, redundancy, *_ = map(Decimal, TABLE_1[2026])
    assert ocf - buyback - dividend - capex == Decimal("-89.37")
    assert redundancy == Decimal("-89.36")


def test_nothing_is_left_at_the_break_even_growth() -> None:
    rate = break_even()
    assert rate == pytest.approx(0.2843, abs=5e-5)
    last = project(capex_growth=[Decimal("0.5"), Decimal(str(rate)), Decimal(str(rate))])[-1]
    assert abs(last.redundancy) < Decimal("1e-6")


def test_the_grid_is_the_model_cell_by_cell() -> None:
    rates = [Decimal("0.1"), Decimal("0.3")]
    table = grid(REPORT_002, rates, rates, 2)
    payout = float((REPORT_002.buyback + REPORT_002.dividend) / REPORT_002.ocf)
    for g, row in zip((0.1, 0.3), table, strict=True):
        for c, value in zip((0.1, 0.3), row, strict=True):
            by_hand = 3604.52 * (1 + g) ** 2 * (1 - payout) - 1465.48 * (1 + c) ** 2
            assert float(value) == pytest.approx(by_hand, rel=1e-12)


def test_growth_that_nobody_has_is_refused() -> None:
    with pytest.raises(CycleError, match="must lie between"):
        project(ocf_growth=Decimal(30))
    with pytest.raises(CycleError, match="must be more than"):
        break_even(first=[Decimal("0.5")] * 3)
