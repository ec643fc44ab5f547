"""`screener cycle project`: the cash-flow redundancy of report 002, with the user's own rates."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from screener.cli import _io
from screener.errors import SpecError

if TYPE_CHECKING:
    from screener.cycle.redundancy import Year

OCF_GRID = ("5%", "10%", "15%", "20%", "25%")
CAPEX_GRID = ("10%", "20%", "30%", "40%", "50%")
COLUMNS = ("year", "ocf", "buyback", "dividend", "capex", "redundancy", "used %", "payout %")


def project(
    ocf_growth: Annotated[
        str, typer.Option("--ocf-growth", metavar="RATE", help="Growth a year of operating cash flow.")
    ] = "15%",
    capex_growth: Annotated[
        str, typer.Option("--capex-growth", metavar="RATES", help="Growth of capex, one rate a year.")
    ] = "50%,30%,30%",
    as_json: _io.AsJson = False,
) -> None:
    """Project operating cash flow, payouts and capex from 2023 on, as report 002 does in its table 1."""
    rate, rates = _rates("--ocf-growth", ocf_growth), _rates("--capex-growth", capex_growth)
    if len(rate) != 1:
        raise SpecError(f"--ocf-growth={ocf_growth} must be one rate, for example 15%")
    from screener.cycle import redundancy

    base, years = redundancy.REPORT_002, redundancy.project(redundancy.REPORT_002, rate[0], rates)
    even = redundancy.break_even(base, rate[0], rates[:1], len(rates)) if len(rates) > 1 else None
    rows, columns = _rates("", ",".join(OCF_GRID)), _rates("", ",".join(CAPEX_GRID))
    table = redundancy.grid(base, rows, columns, len(rates))
    shown = [[redundancy.printed(value) for value in line] for line in table]
    cells = [_cells(year) for year in years]
    if as_json:
        _io.emit_json(
            {
                "base": {name: str(value) for name, value in vars(base).items()},
                "years": [dict(zip(COLUMNS, row, strict=True)) for row in cells],
                "break_even_capex_growth": even,
                "grid": {"ocf_growth": OCF_GRID, "capex_growth": CAPEX_GRID, "redundancy": shown},
            }
        )
        return
    _io.line(
        f"{base.unit}; base {base.year} of {base.source}; payouts keep {float(base.payout):.2%} of cash flow"
    )
    _io.line()
    _io.table(COLUMNS, cells, right=COLUMNS[1:])
    _io.line()
    last = years[-1].year
    if even is not None:
        _io.line(
            f"Nothing is left in {last} if capex grows by {even:.2%} a year after the first year; cells are "
            "rounded one by one, so that they need not add up"
        )
        _io.line()
    _io.line(f"Redundancy in {last}: a row a growth of cash flow, a column a growth of capex in every year")
    _io.table(
        ("", *CAPEX_GRID), [[name, *row] for name, row in zip(OCF_GRID, shown, strict=True)], right=CAPEX_GRID
    )


def _cells(year: Year) -> list[str]:
    from screener.cycle.redundancy import printed

    payout = (year.buyback + year.dividend) / year.ocf
    money = (year.ocf, year.buyback, year.dividend, year.capex, year.redundancy)
    return [f"{year.year}E", *map(printed, money), printed(year.used * 100), printed(payout * 100)]


def _rates(option: str, text: str) -> list[Decimal]:
    """Read rates such as ``15%`` or ``0.15``, separated by commas."""
    try:
        return [
            Decimal(part[:-1]) / 100 if part.endswith("%") else Decimal(part)
            for part in (piece.strip() for piece in text.split(","))
        ]
    except InvalidOperation:
        raise SpecError(f"{option}={text} must be rates such as 15% or 0.15, separated by commas") from None
