"""`screener today`: what a rule asks for now, as legal orders."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.cli import _io, _live, _mandate, _prices, _rule
from screener.errors import SpecError, nearest

if TYPE_CHECKING:
    from screener.backtest.today import Ticket

TERMINAL = ("证券代码", "证券名称", "买卖方向", "委托数量", "参考价格")
STALE = "STALE:"  # how the note on old prices begins
SIDES = {"buy": "买入", "sell": "卖出"}


def today(
    strategy: Annotated[str, typer.Argument(help="Name of a strategy, or path of its file.")],
    holdings: Annotated[
        Path | None, typer.Option("--holdings", metavar="FILE", help="What is held: codes, names, shares.")
    ] = None,
    cash: Annotated[float | None, typer.Option("--cash", min=0.0, help="Cash at hand, CNY.")] = None,
    themes: Annotated[list[str] | None, typer.Option("--themes", metavar="A,B", help="Which themes.")] = None,
    membership: Annotated[str, typer.Option(metavar="NAME", help="published or hindsight.")] = "published",
    settings: _rule.Settings = None,
    mandate: _mandate.File = None,
    source: _prices.Prices = None,
    variant: _prices.Variant = "null",
    allow_overdue: Annotated[
        bool, typer.Option("--allow-overdue", help="Decide even if the driver's release is overdue.")
    ] = False,
    orders: Annotated[
        Path | None,
        typer.Option("--orders", metavar="FILE", help="Write the orders as a terminal takes them."),
    ] = None,
    allow_suspect: _prices.AllowSuspect = False,
    offline: _live.Offline = False,
    allow_stale: Annotated[
        bool, typer.Option("--allow-stale", help="Write orders even if prices are some sessions old.")
    ] = False,
    as_json: _io.AsJson = False,
) -> None:
    """Compare what a rule wants now with what is held, and give the orders that would be accepted."""
    if membership not in ("published", "hindsight"):
        raise SpecError(f"--membership={membership}: {nearest(membership, ('published', 'hindsight'))}")
    if holdings is None and cash is None:
        raise SpecError("give --cash, --holdings, or both; without them there is nothing to compare")
    from screener.backtest.spec import RunSpec
    from screener.backtest.today import today as run
    from screener.universe.exports import Positions, read_positions

    spec = RunSpec(
        strategy,
        params=_rule.params(strategy, settings or []),
        themes=tuple(_io.split(themes)),
        membership=membership,
        allow_overdue=allow_overdue,
        mandate=_mandate.read(mandate),
    )
    account = read_positions(holdings) if holdings is not None else Positions({}, ())
    with _prices.market(source, variant, allow_suspect, offline) as market:
        found = run(dataclasses.replace(spec, source=market.spec), market, account.held, cash or 0.0)
    found = dataclasses.replace(found, notes=(*found.notes, *account.notes))
    if orders is not None:
        if not allow_stale:
            _check_fresh(found)
        _write(orders, found)
    if as_json:
        _io.emit_json({**vars(found), "orders": found.orders.to_dict("records")})
        return
    _show(strategy, found)


def _check_fresh(found: Ticket) -> None:
    """Refuse a file of orders whose prices are old; a person may read them, a terminal may not.

    Raises
    ------
    SpecError
        Saying how old.
    """
    if stale := [note for note in found.notes if note.startswith(STALE)]:
        raise SpecError(*stale, "--orders writes none on old prices; update them, or say --allow-stale")


def _show(strategy: str, found: Ticket) -> None:
    for note in found.notes:
        if note.startswith(STALE):
            _io.line(note)
    _io.line(f"{strategy}: decided on the close of {_io.cell(found.decided)}, for {_io.cell(found.trade)}")
    _io.line(
        f"Equity {found.equity:,.0f} CNY, cash {found.cash:,.0f}; next decision on "
        f"{_io.cell(found.next_decision) or 'a day beyond the calendar'}"
    )
    _io.line()
    rows = [[_words(name, row[name]) for name in row] for row in found.orders.to_dict("records")]
    names = list(found.orders.columns)
    _io.table(names, rows, right=("held", "weight", "target", "shares", "price"))
    _io.line()
    for note in found.notes:
        if not note.startswith(STALE):
            _io.line(f"- {note}")


def _write(path: Path, found: Ticket) -> None:
    """Write orders with the heads that Chinese terminals know; a byte-order mark lets Excel read them."""
    import pandas as pd

    from screener.report.files import csv_text

    todo = found.orders[found.orders["shares"] > 0]
    table = pd.DataFrame(
        {
            TERMINAL[1]: todo["name"].to_numpy(),
            TERMINAL[2]: [SIDES[side] for side in todo["side"]],
            TERMINAL[3]: todo["shares"].to_numpy(),
            TERMINAL[4]: todo["price"].to_numpy(),
        },
        index=pd.Index([symbol[:6] for symbol in todo["symbol"]], name=TERMINAL[0]),
    )
    try:
        path.write_text(csv_text(table), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise SpecError(f"--orders={path}: cannot be written: {error.strerror or error}") from error


def _words(name: str, value: Any) -> object:
    if name == "weight":
        return f"{value:.2%}" if value else ""
    return f"{value:,.0f}" if name == "target" else f"{value:,.2f}" if name == "price" else value
