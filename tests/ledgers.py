"""Plain pandas ledgers: what an account is worth, computed from raw closes without the engine."""

from fractions import Fraction

import numpy as np
import pandas as pd


def factor_curve(panel, day, symbols):
    """Equal weights bought at the open after `day`, held by total return alone: one number a session."""
    close, open_ = panel.frame(panel.close)[symbols], panel.frame(panel.open)[symbols]
    factor = panel.frame(panel.factor)[symbols]
    first = panel.sessions[panel.sessions.get_loc(day) + 1]
    adjusted = (close * factor).ffill().loc[first:]
    bought = open_.loc[first] * factor.loc[first]
    return np.concatenate([[1.0], (adjusted / bought).mean(axis=1)])


def cash_ledger(panel, orders, cash, day):
    """Value an account by its orders, raw closes and the official actions, in whole fen by session."""
    cents = Fraction(round(cash * 100))
    held = dict.fromkeys(panel.symbols, 0)
    last = {}
    close = panel.frame(panel.close).ffill()
    raw = panel.frame(panel.close)
    reference = panel.frame(panel.pre_close)
    out = []
    pending = []
    for session in panel.sessions[panel.sessions >= day]:
        pending += list(panel.actions[panel.actions["date"] == session].itertuples())
        for event in [e for e in pending if not np.isnan(raw.loc[session, e.symbol])]:
            pending.remove(event)
            n = held[event.symbol]
            if event.basis == "official":
                cents += int(n * Fraction(round(event.cash * 10**6), 10**4) + Fraction(1, 2))
                held[event.symbol] += int(n * Fraction(round(event.bonus * 10**8), 10**8))
            else:
                grown = n * Fraction(round((event.factor - 1) * 10**8), 10**8)
                held[event.symbol] += int(grown)
                paid = (grown - int(grown)) * round(reference.loc[session, event.symbol] * 100)
                cents += int(paid + Fraction(1, 2))
        for order in orders[orders["date"] == session].itertuples():
            if order.filled == 0:
                continue
            sign = 1 if order.side == "buy" else -1
            cents -= sign * order.filled * round(order.price * 100)
            cents -= sum(round(x * 100) for x in (order.commission, order.stamp, order.transfer, order.tax))
            held[order.symbol] += sign * order.filled
        for symbol, n in held.items():
            if n:
                last[symbol] = round(close.loc[session, symbol] * 100)
        out.append(int(cents + sum(n * last[s] for s, n in held.items() if n)))
    return out


def pct(series: pd.Series, first, last) -> float:
    """Move of an index between two closes, in per cent."""
    return float((series.loc[last] / series.loc[first] - 1) * 100)
