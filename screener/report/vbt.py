"""The bridge to vectorbt, and the only file that imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from screener.backtest.result import Result

if TYPE_CHECKING:
    import vectorbt

__all__ = ["to_portfolio"]

GIFT = 1e-12  # price of a bonus share: vectorbt refuses 0
BUY, SELL = 0, 1


def to_portfolio(result: Result) -> vectorbt.Portfolio:
    """Build a `vectorbt.Portfolio` from the account's own orders and corporate actions.

    Parameters
    ----------
    result : Result

    Returns
    -------
    vectorbt.Portfolio
        One group with shared cash, whose ``value()`` equals ``result.nav`` to 1e-9 on every day.

    Notes
    -----
    vectorbt knows no corporate actions. Bonus shares are purchases at 1e-12; a dividend is a purchase of one
    share at the day's valuation price and its sale at that price plus the dividend. Counts of orders and
    trades are inflated by these records. Fees are commission, stamp duty and transfer fee; slippage is in the
    price.
    """
    from vectorbt import ArrayWrapper, Portfolio
    from vectorbt.portfolio.enums import log_dt, order_dt

    close = result.close.astype("float64").where(result.close > 0).bfill()
    wrapper = ArrayWrapper(close.index, close.columns, 2, freq="1D", group_by=True)
    rows = records(result)
    made = np.zeros(len(rows), dtype=order_dt)
    for name in ("col", "idx", "size", "price", "fees", "side"):
        made[name] = rows[name].to_numpy()
    made["id"] = np.arange(len(rows))
    cash = np.array([float(result.nav.iloc[0])])
    return Portfolio(wrapper, close, made, np.empty(0, dtype=log_dt), cash, True)


def records(result: Result) -> pd.DataFrame:
    """Return what vectorbt has to replay: ``col, idx, size, price, fees, side``, by asset and time."""
    orders = result.orders[result.orders["filled"] > 0]
    traded = pd.DataFrame(
        {
            "date": orders["date"],
            "symbol": orders["symbol"],
            "size": orders["filled"].astype("float64"),
            "price": orders["price"],
            "fees": orders[["commission", "stamp", "transfer", "tax"]].sum(axis=1),
            "side": np.where(orders["side"] == "buy", BUY, SELL),
            "step": 2,
        }
    )
    rows = pd.concat([action_rows(result), traded], ignore_index=True)
    rows["col"] = result.close.columns.get_indexer(rows["symbol"])
    rows["idx"] = result.close.index.get_indexer(rows["date"])
    return rows.sort_values(["col", "idx", "step"], kind="stable", ignore_index=True)


def action_rows(result: Result) -> pd.DataFrame:
    """Write corporate actions as trades that come before the orders of their day."""
    events = result.actions
    ended = events[events["ends"]]
    gifts = events[events["new_shares"] > 0]
    paid = events[(events["cash"] != 0) & ~events["ends"]]
    price = np.array([result.close.loc[e.date, e.symbol] for e in paid.itertuples()], dtype=np.float64)
    left = trades(
        ended, "symbol", ended["shares"], np.maximum(ended["cash"] / ended["shares"], GIFT), SELL, 0
    )
    bonus = trades(gifts, "into", gifts["new_shares"], GIFT, BUY, 1)
    bought = trades(paid, "symbol", 1.0, price, BUY, 1)
    sold = bought.assign(price=price + paid["cash"].to_numpy(), side=SELL)
    pairs = pd.concat([bought, sold]).sort_index(kind="stable")
    return pd.concat([left, bonus, pairs], ignore_index=True)


def trades(
    events: pd.DataFrame, name: str, size: object, price: object, side: int, step: int
) -> pd.DataFrame:
    """Return events as rows of trades without fees."""
    rows = {"date": events["date"], "symbol": events[name], "size": size, "price": price, "side": side}
    return pd.DataFrame({**rows, "fees": 0.0, "step": step}).astype({"size": "float64", "price": "float64"})
