"""Many sets of weights through one market: equity alone, for distributions of what chance makes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from screener.backtest.corporate import action_arrays, action_table
from screener.backtest.engine import market_arrays, rule_arrays, target_rows, traded_names, trading_settings
from screener.backtest.spec import Account
from screener.data.panel import Panel

__all__ = ["batch_equity"]


def batch_equity(
    sets: Sequence[pd.DataFrame], panel: Panel, account: Account, start: pd.Timestamp
) -> pd.DataFrame:
    """Run each set of target weights through an account of its own, with all rules and costs.

    Parameters
    ----------
    sets : sequence of DataFrame (n_decisions, n_pairs)
        As `backtest` takes them, all with the same decision days.
    panel : Panel
    account : Account
    start : Timestamp

    Returns
    -------
    DataFrame (n_days, n_sets)
        Equity at the close in CNY; what `backtest` gives each set alone.

    Raises
    ------
    ValueError
        If decision days differ.
    """
    from screener.kernels.market import simulate_batch_nb

    if any(not weights.index.equals(sets[0].index) for weights in sets):
        raise ValueError("sets must all have the same decision days")
    first = int(panel.sessions.searchsorted(start))
    sessions = panel.sessions[first:]
    pairs = sets[0].columns
    for weights in sets[1:]:
        pairs = pairs.union(weights.columns)
    names = traded_names(pd.DataFrame(columns=pairs), panel, account)
    keep = np.searchsorted(panel.symbols, names)
    rows = [target_rows(weights, sessions, names, account.fill == "same-close") for weights in sets]
    equity = simulate_batch_nb(
        market_arrays(panel, first, keep, account),
        rule_arrays(panel, first, keep, account),
        trading_settings(account),
        action_arrays(action_table(panel, first, names, account), len(sessions)),
        rows[0][0],
        np.stack([matrix for _, matrix in rows]),
        np.int64(round(account.cash * 100)),
    )
    return pd.DataFrame(equity.T / 100.0, index=sessions)
