"""The engine: target weights and a panel in, an account out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.arrays import (
    Actions,
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
from screener.backtest.result import Result
from screener.backtest.spec import Account
from screener.data.panel import Panel
from screener.errors import SpecError
from screener.market import fees, lots

__all__ = ["backtest"]

UNCAPPED = 1 << 60


def backtest(name: str, weights: pd.DataFrame, panel: Panel, account: Account, start: pd.Timestamp) -> Result:
    """Run target weights through the market.

    Parameters
    ----------
    name : str
        Name of the rule.
    weights : DataFrame (n_decisions, n_pairs)
        Target weights, columns ``(theme, symbol)``; a row is decided on the close of its day and sized and
        traded at the open of the next session. A pair that is absent weighs 0.
    panel : Panel
    account : Account
    start : Timestamp
        Session whose close opens the account; nothing is traded on it.

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
    events = action_table(panel, first, account)
    names = [symbol for symbol in panel.symbols if symbol in set(weights.columns.get_level_values("symbol"))]
    keep = np.searchsorted(panel.symbols, names)
    events = events[events["asset"].isin(keep)].assign(asset=lambda e: np.searchsorted(keep, e["asset"]))
    sessions = panel.sessions[first:]
    target_row, matrix = target_rows(weights, sessions, names)
    ledger = simulate_nb(
        market_arrays(panel, first, keep, account),
        rule_arrays(panel, first, keep, account),
        trading_settings(account),
        action_arrays(events, len(sessions)),
        target_row,
        matrix,
        np.int64(round(account.cash * 100)),
    )
    return as_result(name, ledger, weights, events, sessions, names, panel.close[:, keep], first)


def to_fen(prices: Matrix) -> IntMatrix:
    """Turn CNY into whole fen; NaN becomes 0."""
    return np.ascontiguousarray(np.rint(np.nan_to_num(prices, nan=0.0) * 100.0).astype(np.int64))


def carried(close: Matrix) -> Matrix:
    """Carry the last close over days without a bar; NaN before the first."""
    row = np.where(np.isnan(close), 0, np.arange(len(close))[:, None])
    return np.take_along_axis(close, np.maximum.accumulate(row, axis=0), axis=0)


def market_arrays(panel: Panel, first: int, keep: IntVector, account: Account) -> Market:
    """Return what the exchange shows from day `first` on."""
    limits = account.limits

    def cut(values: Matrix) -> Matrix:
        return values[first:, keep]

    return Market(
        open=to_fen(cut(panel.open)),
        close=to_fen(carried(panel.close[:, keep])[first:]),
        reference=to_fen(cut(panel.pre_close)),
        limit_up=to_fen(cut(panel.limit_up)) if limits else np.zeros_like(to_fen(cut(panel.open))),
        limit_down=to_fen(cut(panel.limit_down)) if limits else np.zeros_like(to_fen(cut(panel.open))),
        volume=np.ascontiguousarray(np.nan_to_num(cut(panel.volume)).astype(np.int64)),
        listed=np.ascontiguousarray(cut(panel.listed)),
    )


def rule_arrays(panel: Panel, first: int, keep: IntVector, account: Account) -> Rules:
    """Return the dated rules from day `first` on; a rule that is switched off becomes its neutral value."""
    symbols, sessions = [panel.symbols[k] for k in keep], panel.sessions[first:]
    lot_min, lot_step, order_cap = lots.lot_arrays(symbols, sessions)
    if not account.lots:
        lot_min, lot_step = np.ones_like(lot_min), np.ones_like(lot_step)
        order_cap = np.full_like(order_cap, UNCAPPED)
    stamp, transfer = fees.fee_arrays(symbols, sessions)
    if not account.duties:
        stamp, transfer = np.zeros_like(stamp), np.zeros_like(transfer)
    return Rules(lot_min, lot_step, order_cap, stamp, transfer)


def trading_settings(account: Account) -> Trading:
    """Return the account's settings in the units of the kernel."""
    return Trading(
        commission=round(account.commission_bp * 1_000),
        commission_min=round(account.commission_min * 100),
        slippage=round(account.slippage_bp * 1_000),
        participation=float(account.participation),
        band=float(account.band),
        retry_days=int(account.retry_days),
    )


def action_table(panel: Panel, first: int, account: Account) -> pd.DataFrame:
    """Return the events after the opening: columns ``day, asset, cash, bonus, basis`` in CNY and shares.

    An event of basis ``factor`` has no known cash: its holder gets the shares that keep the total return, and
    the fraction of a share in cash.
    """
    table = panel.actions
    day = panel.sessions.searchsorted(pd.DatetimeIndex(table["date"]))
    asset = np.searchsorted(panel.symbols, table["symbol"].to_numpy().astype(str))
    by_factor = (table["basis"] == "factor").to_numpy() | (account.actions == "factor")
    events = pd.DataFrame(
        {
            "day": day - first,
            "asset": asset,
            "cash": np.where(by_factor, 0.0, table["cash"].to_numpy()),
            "bonus": np.where(by_factor, table["factor"].to_numpy() - 1.0, table["bonus"].to_numpy()),
            "basis": np.where(by_factor, "factor", "official"),
        }
    )
    inside = (events["day"] > 0) & (events["day"] < len(panel.sessions) - first)
    return events[inside].sort_values(["day", "asset"], kind="stable", ignore_index=True)


def action_arrays(events: pd.DataFrame, n_days: int) -> Actions:
    """Return events sorted by day in the units of the kernel."""
    return Actions(
        start=np.searchsorted(events["day"].to_numpy(), np.arange(n_days + 1)).astype(np.int64),
        asset=events["asset"].to_numpy(dtype=np.int64),
        cash=np.rint(events["cash"].to_numpy(dtype=np.float64) * 1e6).astype(np.int64),
        bonus=np.rint(events["bonus"].to_numpy(dtype=np.float64) * 1e8).astype(np.int64),
        fraction_paid=(events["basis"] == "factor").to_numpy(dtype=np.bool_),
    )


def target_rows(
    weights: pd.DataFrame, sessions: pd.DatetimeIndex, names: list[str]
) -> tuple[IntVector, Matrix]:
    """Return, by session, the row that is sized at its open, and the rows summed by symbol."""
    summed = weights.T.groupby(level="symbol").sum().T.reindex(columns=names)
    row = np.full(len(sessions), -1, dtype=np.int64)
    for k, day in enumerate(sessions.searchsorted(summed.index, side="left")):
        if 0 <= day < len(sessions) - 1:
            row[day + 1] = k
    return row, np.ascontiguousarray(summed.to_numpy(dtype=np.float64))


def as_result(
    name: str,
    ledger: Ledger,
    weights: pd.DataFrame,
    events: pd.DataFrame,
    sessions: pd.DatetimeIndex,
    names: list[str],
    close: Matrix,
    first: int,
) -> Result:
    """Label the kernel's arrays."""
    return Result(
        name=name,
        nav=pd.Series(ledger.nav / 100.0, index=sessions, name="nav"),
        cash=pd.Series(ledger.cash / 100.0, index=sessions, name="cash"),
        holdings=pd.DataFrame(ledger.shares, index=sessions, columns=names),
        close=pd.DataFrame(np.nan_to_num(carried(close)[first:]), index=sessions, columns=names),
        orders=order_frame(ledger, sessions, names),
        actions=event_frame(ledger, events, sessions, names),
        weights=weights,
    )


def order_frame(ledger: Ledger, sessions: pd.DatetimeIndex, names: list[str]) -> pd.DataFrame:
    """Return the orders in CNY and words."""
    raw = ledger.orders
    reasons = np.array([reason.name.lower() for reason in Reason])
    filled = raw["filled"]
    return pd.DataFrame(
        {
            "date": sessions[raw["day"]],
            "symbol": np.array(names, dtype=object)[raw["asset"]],
            "side": np.where(raw["side"] == Side.BUY, "buy", "sell"),
            "asked": raw["asked"],
            "filled": filled,
            "price": np.where(filled > 0, raw["price"] / 100.0, np.nan),
            "value": filled * raw["price"] / 100.0,
            "commission": raw["commission"] / 100.0,
            "stamp": raw["stamp"] / 100.0,
            "transfer": raw["transfer"] / 100.0,
            "slippage": raw["slippage"] / 100.0,
            "reason": reasons[raw["reason"]],
        }
    )


def event_frame(
    ledger: Ledger, events: pd.DataFrame, sessions: pd.DatetimeIndex, names: list[str]
) -> pd.DataFrame:
    """Return the corporate actions that met a holding."""
    raw = ledger.events
    return pd.DataFrame(
        {
            "date": sessions[raw["day"]],
            "symbol": np.array(names, dtype=object)[raw["asset"]],
            "shares": raw["shares"],
            "cash": raw["cash"] / 100.0,
            "new_shares": raw["new_shares"],
            "basis": events["basis"].to_numpy()[raw["event"]],
        }
    )
