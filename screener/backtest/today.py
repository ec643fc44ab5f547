"""What a rule asks for now: the target of its last decision against what is held, as legal orders."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from screener import strategy as strategies
from screener.backtest.bindings import binding_now, strangers
from screener.backtest.obey import obey
from screener.backtest.provenance import HINDSIGHT
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

__all__ = ["Ticket", "next_decision", "today"]

COLUMNS = ("symbol", "name", "held", "weight", "target", "side", "shares", "price", "note")
HALF_FEN = 0.005
STALE = 5  # sessions by which prices may be behind before it is said
CUT = "cut to the mandate's share of volume"
VOLUME_DAYS = 20  # sessions whose mean volume stands for that of the day to come


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
        Strategy, parameters, themes, membership and mandate; its account gives band and commission.
    held : mapping of str to int
        Shares by symbol.
    cash : float
        CNY.

    Returns
    -------
    Ticket
        Sales first. Quantities are whole lots as the exchanges accept them, purchases at most what cash and
        sales pay for at the last closes, costs included. Under a mandate with a share of a day's volume they
        are at most that share of the mean volume of the last 20 sessions.

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
    weights, bindings = obey(weights, context, spec.mandate)
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
        next_decision=next_decision(int(getattr(params, "tranches", 1)), day),
        equity=float(equity),
        cash=float(cash),
        orders=orders,
        notes=(
            *_said(decided, day, spec),
            *binding_now(bindings, decided),
            *strangers(spec.mandate, context),
            *_lock_and_volume(spec, orders),
            *panel.provenance.caveats,
        ),
    )


def _orders(
    panel: Panel, target: pd.Series, held: Mapping[str, int], cash: float, equity: float, spec: RunSpec
) -> pd.DataFrame:
    close, most = panel.frame(panel.close).ffill().iloc[-1], _most(panel, spec)
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
            _sell(rows[symbol], int(-gap // close[symbol]) if weight > 0 else owns, most.get(symbol))
    for symbol in rows:
        state = "" if rows[symbol]["note"] not in ("", CUT) else _state(panel, symbol)
        rows[symbol]["note"] = "; ".join(filter(None, (state, rows[symbol]["note"])))
    day = panel.sessions[-1]
    free = cash + sum(_paid(row, "sell", row["shares"], day, spec) for row in rows.values() if row["shares"])
    for symbol in sorted(
        wanted.index, key=lambda name: -(rows[name]["target"] - held.get(name, 0) * close[name])
    ):
        if not rows[symbol]["side"] and rows[symbol]["note"] != "near its target":
            free += _buy(rows[symbol], day, free, spec, most.get(symbol))
    ordered = sorted(
        rows.values(), key=lambda row: ({"sell": 0, "buy": 1}.get(row["side"], 2), row["symbol"])
    )
    return pd.DataFrame(ordered, columns=list(COLUMNS))


def _most(panel: Panel, spec: RunSpec) -> dict[str, int]:
    """Return how many shares of each name the mandate lets trade in a day; nothing without such a line."""
    share = spec.mandate.volume_share
    if share is None:
        return {}
    volume = panel.frame(panel.volume).iloc[-VOLUME_DAYS:].mean().fillna(0.0)
    return {str(symbol): int(share * mean) for symbol, mean in volume.items()}


def _sell(row: dict[str, object], shares: int, most: int | None) -> None:
    """Fill in the largest legal sale of at most so many shares."""
    if most is not None and shares > most:
        shares, row["note"] = most, CUT
    owns = int(row["held"])
    board = board_of(str(row["symbol"]))
    legal = next(
        (n for n in range(shares, max(shares - 200, 0), -1) if order_ok(board, "sell", n, holding=owns)), 0
    )
    row |= {"side": "sell" if legal else "", "shares": legal}
    if not legal:
        row["note"] = "less than a lot to sell"


def _buy(row: dict[str, object], day: pd.Timestamp, free: float, spec: RunSpec, most: int | None) -> float:
    """Fill in the largest legal purchase up to the target and the cash; return its cash, 0 or less."""
    price = round(float(row["price"]) * 100)
    gap = float(row["target"]) - int(row["held"]) * price / 100
    if most is not None and gap > most * price / 100:
        gap, row["note"] = most * price / 100, "; ".join(filter(None, (str(row["note"]), CUT)))
    board, rates = board_of(str(row["symbol"])), _commission(spec)
    shares = max_buy(board, day, int(max(min(gap, free), 0.0) * 100), price, *rates)
    if shares <= 0:
        if gap > 0:
            row["note"] = row["note"] or ("no cash left" if free < gap else "less than a lot to buy")
        return 0.0
    row |= {"side": "buy", "shares": shares}
    return _paid(row, "buy", shares, day, spec)


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


def next_decision(a_month: int, day: pd.Timestamp) -> pd.Timestamp | None:
    """Return the next session on which a rule with so many decisions a month decides.

    Parameters
    ----------
    a_month : int
        Decisions a month, spaced as `Context.decision_days` spaces them.
    day : Timestamp
        A day that lies before the decision.

    Returns
    -------
    Timestamp or None
        None where the calendar ends before.
    """
    last = calendar.sessions()[-1]
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
        notes.append(f"{HINDSIGHT}.")
    notes.append("Prices are the last closes: references, not limits. A rule decides on the close.")
    return notes


def _lock_and_volume(spec: RunSpec, orders: pd.DataFrame) -> list[str]:
    """Say what of the mandate a ticket cannot know, and which orders the volume cut."""
    notes = []
    if spec.mandate.lock_sessions:
        notes.append("mandate: lock_sessions counts from the purchases of the rule, not from yours.")
    if (share := spec.mandate.volume_share) is not None:
        cut = orders.loc[orders["note"].str.endswith(CUT), "symbol"]
        named = f"cuts {', '.join(cut)}; give the rest on later days" if len(cut) else "cuts no order"
        notes.append(
            f"mandate: volume_share = {share:g} of the mean volume of {VOLUME_DAYS} sessions {named}."
        )
    return notes
