"""The engine: target weights and a panel in, an account out."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from screener.arrays import (
    Fill,
    Flags,
    IntMatrix,
    IntVector,
    Ledger,
    Market,
    Matrix,
    Reason,
    Rules,
    Side,
    Trading,
)
from screener.backtest.corporate import action_arrays, action_table
from screener.backtest.result import Result
from screener.backtest.spec import Account
from screener.data.panel import Panel
from screener.errors import SpecError
from screener.market import calendar, fees, lots, tax

__all__ = ["RULE_OF", "backtest", "carried", "market_arrays", "rule_arrays", "trading_settings"]

UNCAPPED = 1 << 60
FILL = {"next-open": Fill.OPEN, "next-close": Fill.CLOSE, "next-vwap": Fill.VWAP, "same-close": Fill.CLOSE}
IMPACT_DAYS = 20

# The rule of the exchange behind a reason; a decision of the engine where no rule says it.
RULE_OF = {
    "filled": "",
    "suspended": "R20",
    "limit_up": "R14",
    "limit_down": "R14",
    "volume": "participation",
    "cash": "R16",
    "lot": "R17",
    "unlisted": "R10",
    "locked": "R33",
    "no_close": "R36",
}


def backtest(name: str, weights: pd.DataFrame, panel: Panel, account: Account, start: pd.Timestamp) -> Result:
    """Run target weights through the market.

    Parameters
    ----------
    name : str
        Name of the rule.
    weights : DataFrame (n_decisions, n_pairs)
        Target weights, columns ``(theme, symbol)``; a row is decided on the close of its day and traded as
        the account's `fill` says, by default sized and filled at the next open. An absent pair weighs 0.
    panel : Panel
    account : Account
    start : Timestamp
        Session whose close opens the account; nothing is traded before it.

    Returns
    -------
    Result
        From `start` to the last session of the panel.

    Raises
    ------
    SpecError
        If the panel holds fewer than two sessions from `start` on.
    """
    from screener.kernels.market import simulate_nb

    first = int(panel.sessions.searchsorted(start))
    if len(panel.sessions) - first < 2:
        raise SpecError(
            f"start={start:%Y-%m-%d} leaves no session to trade on; prices end {panel.sessions[-1]:%Y-%m-%d}"
        )
    names = traded_names(weights, panel, account)
    keep = np.searchsorted(panel.symbols, names)
    events = action_table(panel, first, names, account)
    sessions = panel.sessions[first:]
    target_row, matrix = target_rows(weights, sessions, names, account.fill == "same-close")
    ledger = simulate_nb(
        market_arrays(panel, first, keep, account),
        rule_arrays(panel, first, keep, account),
        trading_settings(account),
        action_arrays(events, len(sessions)),
        target_row,
        matrix,
        np.int64(round(account.cash * 100)),
    )
    return as_result(name, ledger, weights, events, sessions, names, carried(panel.close[:, keep])[first:])


def traded_names(weights: pd.DataFrame, panel: Panel, account: Account) -> list[str]:
    """Return the symbols that the account can come to hold, sorted."""
    wanted = set(weights.columns.get_level_values("symbol"))
    wanted |= {
        text.split("=")[1].split(":")[0] for text in account.successors if text.split("=")[0] in wanted
    }
    return [symbol for symbol in panel.symbols if symbol in wanted]


def to_fen(values: Matrix) -> IntMatrix:
    """Turn CNY into whole fen; NaN becomes 0."""
    return np.ascontiguousarray(np.rint(np.nan_to_num(values, nan=0.0) * 100.0).astype(np.int64))


def carried(close: Matrix) -> Matrix:
    """Carry the last close over days without a bar; NaN before the first."""
    row = np.where(np.isnan(close), 0, np.arange(len(close))[:, None])
    return np.take_along_axis(close, np.maximum.accumulate(row, axis=0), axis=0)


def market_arrays(panel: Panel, first: int, keep: IntVector, account: Account) -> Market:
    """Return what the exchange shows from day `first` on."""

    def fen(name: str) -> IntMatrix:
        return to_fen(getattr(panel, name)[first:, keep])

    limits = "limits" not in account.off
    prices = {name: fen(name) for name in ("open", "high", "low", "amount")}
    none = np.zeros_like(prices["open"])
    return Market(
        **prices,
        close=to_fen(carried(panel.close[:, keep])[first:]),
        reference=fen("pre_close"),
        limit_up=fen("limit_up") if limits else none,
        limit_down=fen("limit_down") if limits else none,
        volume=np.ascontiguousarray(np.nan_to_num(panel.volume[first:, keep]).astype(np.int64)),
        listed=np.ascontiguousarray(panel.listed[first:, keep]),
        impact=impact_rates(panel, keep, account.impact)[first:] if account.impact else np.empty((0, 0)),
    )


def impact_rates(panel: Panel, keep: IntVector, strength: float) -> Matrix:
    """Return the impact of one share, in 1e-7 of the price; that of n shares is root(n) times as large.

    Notes
    -----
    strength x volatility x root(shares / volume), with daily volatility and mean daily volume of the 20
    sessions before (the square-root law, as in Almgren et al. 2005). Without that history there is none.
    """
    returns = pd.DataFrame(panel.close[:, keep] / panel.pre_close[:, keep] - 1.0)
    volatility = returns.rolling(IMPACT_DAYS, min_periods=IMPACT_DAYS // 2).std().shift().to_numpy()
    volume = pd.DataFrame(panel.volume[:, keep]).rolling(IMPACT_DAYS, min_periods=1).mean().shift().to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = strength * volatility / np.sqrt(volume) * 1e7
    return np.ascontiguousarray(np.nan_to_num(rate, nan=0.0, posinf=0.0))


def rule_arrays(panel: Panel, first: int, keep: IntVector, account: Account) -> Rules:
    """Return the dated rules from day `first` on; a rule that is switched off becomes its neutral value."""
    symbols, sessions = [panel.symbols[k] for k in keep], panel.sessions[first:]
    lot_min, lot_step, order_cap = lots.lot_arrays(symbols, sessions)
    if "lots" in account.off:
        lot_min, lot_step = np.ones_like(lot_min), np.ones_like(lot_step)
    if "caps" in account.off:
        order_cap = np.full_like(order_cap, UNCAPPED)
    stamp, transfer = fees.fee_arrays(symbols, sessions)
    close_trades, month_from, year_from, dividend_tax = day_rules(sessions[0], sessions[-1])
    return Rules(
        lot_min,
        lot_step,
        order_cap,
        stamp * ("stamp" not in account.off),
        transfer * ("transfer" not in account.off),
        close_trades,
        month_from,
        year_from,
        dividend_tax,
    )


@lru_cache(maxsize=8)
def day_rules(first: pd.Timestamp, last: pd.Timestamp) -> tuple[Flags, IntVector, IntVector, IntMatrix]:
    """Return the rules that depend on the day alone, once for all accounts of a run."""
    sessions = calendar.sessions(first, last)
    close_trades = np.array([calendar.close_is_tradable(day) for day in sessions], dtype=np.bool_)
    return close_trades, *tax.tax_arrays(sessions)


def trading_settings(account: Account) -> Trading:
    """Return the account's settings in the units of the kernel."""
    return Trading(
        fill=int(FILL[account.fill]),
        commission=round(account.commission_bp * 1_000),
        commission_min=round(account.commission_min * 100),
        slippage=round(account.slippage_bp * 1_000),
        slippage_ticks=int(account.slippage_ticks),
        participation=float(account.participation),
        band=float(account.band),
        trade_min=round(account.trade_min * 100),
        retry_days=int(account.retry_days),
        tax_dividends="dividend-tax" not in account.off,
    )


def target_rows(
    weights: pd.DataFrame, sessions: pd.DatetimeIndex, names: list[str], same_day: bool
) -> tuple[IntVector, Matrix]:
    """Return, by session, the row that is sized on it, and the rows summed by symbol."""
    summed = weights.T.groupby(level="symbol").sum().T.reindex(columns=names, fill_value=0.0)
    row = np.full(len(sessions), -1, dtype=np.int64)
    days = sessions.searchsorted(summed.index, side="left") + (0 if same_day else 1)
    for k, day in enumerate(days):
        if day < len(sessions):
            row[day] = k
    return row, np.ascontiguousarray(summed.to_numpy(dtype=np.float64))


def as_result(
    name: str,
    ledger: Ledger,
    weights: pd.DataFrame,
    events: pd.DataFrame,
    sessions: pd.DatetimeIndex,
    names: list[str],
    close: Matrix,
) -> Result:
    """Label the kernel's arrays."""
    return Result(
        name=name,
        nav=pd.Series(ledger.nav / 100.0, index=sessions, name="nav"),
        cash=pd.Series(ledger.cash / 100.0, index=sessions, name="cash"),
        due=pd.Series(ledger.due / 100.0, index=sessions, name="due"),
        holdings=pd.DataFrame(holdings(ledger, close.shape, events), index=sessions, columns=names),
        close=pd.DataFrame(np.nan_to_num(close), index=sessions, columns=names),
        orders=order_frame(ledger, sessions, names),
        actions=event_frame(ledger, events, sessions, names),
        weights=weights,
    )


def holdings(ledger: Ledger, shape: tuple[int, int], events: pd.DataFrame) -> IntMatrix:
    """Add up orders and corporate actions to the shares held at each close."""
    change = np.zeros(shape, dtype=np.int64)
    orders, booked = ledger.orders, ledger.events
    np.add.at(change, (orders["day"], orders["asset"]), orders["side"] * orders["filled"])
    np.add.at(change, (booked["day"], booked["into"]), booked["new_shares"])
    gone = booked[events["ends"].to_numpy()[booked["event"]]]
    np.add.at(change, (gone["day"], gone["asset"]), -gone["shares"])
    return change.cumsum(axis=0)


def order_frame(ledger: Ledger, sessions: pd.DatetimeIndex, names: list[str]) -> pd.DataFrame:
    """Return the orders in CNY and words."""
    raw = ledger.orders
    reasons = np.array([reason.name.lower() for reason in Reason])
    filled, reason = raw["filled"], reasons[raw["reason"]]
    money = {name: raw[name] / 100.0 for name in ("commission", "stamp", "transfer", "tax", "slippage")}
    return pd.DataFrame(
        {
            "date": sessions[raw["day"]],
            "symbol": np.array(names, dtype=object)[raw["asset"]],
            "side": np.where(raw["side"] == Side.BUY, "buy", "sell"),
            "asked": raw["asked"],
            "filled": filled,
            "price": np.where(filled > 0, raw["price"] / 100.0, np.nan),
            "value": filled * raw["price"] / 100.0,
            **money,
            "reason": reason,
            "rule": pd.Series(reason, dtype=object).map(RULE_OF),
        }
    )


def event_frame(
    ledger: Ledger, events: pd.DataFrame, sessions: pd.DatetimeIndex, names: list[str]
) -> pd.DataFrame:
    """Return the corporate actions that met a holding."""
    raw, symbols = ledger.events, np.array(names, dtype=object)
    kinds = events.iloc[raw["event"]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "date": sessions[raw["day"]],
            "symbol": symbols[raw["asset"]],
            "shares": raw["shares"],
            "cash": raw["cash"] / 100.0,
            "new_shares": raw["new_shares"],
            "into": symbols[raw["into"]],
            "basis": kinds["basis"],
            "ends": kinds["ends"],
        }
    )
