"""What a rule asks for now: the target of its last decision against what is held, as legal orders."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from screener import strategy as strategies
from screener.backtest.run import check_releases, prepare
from screener.backtest.spec import RunSpec
from screener.data.panel import Panel
from screener.data.sources import Source
from screener.errors import SpecError
from screener.market import calendar
from screener.market.fees import bill
from screener.market.lots import exchange_of_board, max_buy, order_ok
from screener.market.symbols import board_of
from screener.strategy import check_weights

__all__ = ["Ticket", "today"]

COLUMNS = ("symbol", "name", "held", "weight", "target", "side", "shares", "price", "note")
HALF_FEN = 0.005
STALE = 5  # sessions by which prices may be behind before it is said


@dataclass(frozen=True)
class Ticket:
    """Orders of a rule on a day.

    Attributes
    ----------
    decided : Timestamp
        The session on whose close the target rests.
    day, trade : Timestamp
        The last session of the prices, and the one after it.
    next_decision : Timestamp or None
        The next session on which the rule decides; None beyond the calendar's month.
    equity, cash : float
        CNY at the closes of `day`.
    orders : DataFrame
        `COLUMNS`: every share that is held or wanted; ``shares`` is 0 where nothing is to be done, `note`
        says why.
    notes : tuple of str
    """

    decided: pd.Timestamp
    day: pd.Timestamp
    trade: pd.Timestamp
    next_decision: pd.Timestamp | None
    equity: float
    cash: float
    orders: pd.DataFrame
    notes: tuple[str, ...]


def today(spec: RunSpec, source: Source, held: Mapping[str, int], cash: float) -> Ticket:
    """Compare the target of the last decision with what is held.

    Parameters
    ----------
    spec : RunSpec
        Strategy, parameters, themes and membership; its account gives band and commission.
    held : mapping of str to int
        Shares by symbol.
    cash : float
        CNY.

    Returns
    -------
    Ticket
        Sales first. Quantities are whole lots as the exchanges accept them, purchases at most what cash and
        sales pay for at the last closes, costs included.

    Raises
    ------
    OverdueError
        If a release of the driver is overdue and that is not allowed.
    SpecError
        If a share that is held has no prices in the source, or there is nothing to own.
    """
    rule = strategies.load(spec.strategy)
    params = rule.params(spec.params)
    context, _, _ = prepare(dataclasses.replace(spec, start=None, end=None), source)
    check_releases(spec, context)
    weights = check_weights(rule.name, rule.weights(context, params), context.panel)
    target = weights.iloc[-1].groupby(level="symbol").sum()
    panel = source.panel({*context.panel.symbols, *held})
    if unknown := sorted(set(held) - set(panel.symbols)):
        raise SpecError(
            *(f"holdings: {symbol} has no prices in this source; leave it out" for symbol in unknown)
        )
    close = panel.frame(panel.close).ffill().iloc[-1]
    equity = cash + sum(shares * close[symbol] for symbol, shares in held.items())
    if not equity > 0:
        raise SpecError("holdings and cash are worth nothing; give --holdings, --cash, or both")
    orders = _orders(panel, target, held, cash, equity, spec)
    decided, day = weights.index[-1], panel.sessions[-1]
    return Ticket(
        decided=decided,
        day=day,
        trade=calendar.next_session(day),
        next_decision=_next_decision(params, day),
        equity=float(equity),
        cash=float(cash),
        orders=orders,
        notes=(*_said(decided, day, spec), *panel.provenance.caveats),
    )


def _orders(
    panel: Panel, target: pd.Series, held: Mapping[str, int], cash: float, equity: float, spec: RunSpec
) -> pd.DataFrame:
    close = panel.frame(panel.close).ffill().iloc[-1]
    wanted = target[target > 0]
    rows = {}
    for symbol in sorted({*held, *wanted.index}):
        weight, owns = float(wanted.get(symbol, 0.0)), int(held.get(symbol, 0))
        value = weight * equity
        row = {"symbol": symbol, "name": panel.names[symbol], "held": owns, "weight": weight, "target": value}
        rows[symbol] = row | {"side": "", "shares": 0, "price": close[symbol], "note": ""}
        gap = value - owns * close[symbol]
        if weight > 0 and owns and abs(gap) < spec.account.band * equity:
            rows[symbol]["note"] = "near its target"
        elif gap < 0:
            _sell(rows[symbol], int(-gap // close[symbol]) if weight > 0 else owns)
    for symbol in rows:
        rows[symbol]["note"] = rows[symbol]["note"] or _state(panel, symbol)
    day = panel.sessions[-1]
    free = cash + sum(_paid(row, "sell", row["shares"], day, spec) for row in rows.values() if row["shares"])
    for symbol in sorted(
        wanted.index, key=lambda name: -(rows[name]["target"] - held.get(name, 0) * close[name])
    ):
        if not rows[symbol]["side"] and rows[symbol]["note"] != "near its target":
            free += _buy(rows[symbol], day, free, spec)
    ordered = sorted(
        rows.values(), key=lambda row: ({"sell": 0, "buy": 1}.get(row["side"], 2), row["symbol"])
    )
    return pd.DataFrame(ordered, columns=list(COLUMNS))


def _sell(row: dict[str, object], shares: int) -> None:
    """Fill in the largest legal sale of at most so many shares."""
    owns = int(row["held"])
    board = board_of(str(row["symbol"]))
    legal = next(
        (n for n in range(shares, max(shares - 200, 0), -1) if order_ok(board, "sell", n, holding=owns)), 0
    )
    row |= {"side": "sell" if legal else "", "shares": legal}
    if not legal:
        row["note"] = "less than a lot to sell"


def _buy(row: dict[str, object], day: pd.Timestamp, free: float, spec: RunSpec) -> float:
    """Fill in the largest legal purchase up to the target and the cash; return its cash, 0 or less."""
    price = round(float(row["price"]) * 100)
    gap = float(row["target"]) - int(row["held"]) * price / 100
    board, rates = board_of(str(row["symbol"])), _commission(spec)
    most = max_buy(board, day, int(max(min(gap, free), 0.0) * 100), price, *rates)
    if most <= 0:
        if gap > 0:
            row["note"] = row["note"] or ("no cash left" if free < gap else "less than a lot to buy")
        return 0.0
    row |= {"side": "buy", "shares": most}
    return _paid(row, "buy", most, day, spec)


def _paid(row: dict[str, object], side: str, shares: object, day: pd.Timestamp, spec: RunSpec) -> float:
    """Return the cash of an order at the last close, costs included: less than 0 for a purchase."""
    exchange = exchange_of_board(board_of(str(row["symbol"])))
    price = round(float(row["price"]) * 100)
    return bill(exchange, day, side, int(shares), price, *_commission(spec)).cash / 100


def _commission(spec: RunSpec) -> tuple[int, int]:
    """Return the account's commission in 1e-7 of turnover, and its least in fen."""
    return round(spec.account.commission_bp * 1_000), round(spec.account.commission_min * 100)


def _state(panel: Panel, symbol: str) -> str:
    """Say what of the last session may keep an order from being filled."""
    j = panel.symbols.index(symbol)
    close, up, down = panel.close[-1, j], panel.limit_up[-1, j], panel.limit_down[-1, j]
    if not panel.listed[-1, j]:
        return "no longer listed"
    if close != close:
        return "suspended on the last session"
    return (
        "closed at its upper limit" if close >= up - HALF_FEN
        else "closed at its lower limit" if close <= down + HALF_FEN else ""
    )  # fmt: skip


def _next_decision(params: object, day: pd.Timestamp) -> pd.Timestamp | None:
    """Return the next session on which a rule with tranches decides; None where the calendar ends before."""
    a_month, last = int(getattr(params, "tranches", 1)), calendar.sessions()[-1]
    for month in (day.to_period("M"), day.to_period("M") + 1):
        if month.start_time > last:
            return None
        days = calendar.sessions(month.start_time, min(month.end_time.normalize(), last))
        picked = [days[(k + 1) * len(days) // a_month - 1] for k in range(a_month)]
        if later := [session for session in picked if session > day]:
            return later[0]
    return None


def _said(decided: pd.Timestamp, day: pd.Timestamp, spec: RunSpec) -> list[str]:
    """Return what a reader must know about dates and reading."""
    notes = []
    behind = (
        len(calendar.sessions(day, pd.Timestamp.now().normalize())) - 1 if day < pd.Timestamp.now() else 0
    )
    if behind > STALE:
        notes.append(f"STALE: prices end on {day:%Y-%m-%d}, {behind} sessions ago.")
    if decided < day:
        notes.append(
            f"The last decision was on {decided:%Y-%m-%d}; prices have moved since, the target has not."
        )
    if spec.membership == "hindsight":
        notes.append("HINDSIGHT: members count before the report that named them came out.")
    notes.append("Prices are the last closes: references, not limits. A rule decides on the close.")
    return notes
