"""A theme as one series."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.arrays import to_matrix
from screener.kernels.cross import theme_index_nb
from screener.signals._checks import check_frame

__all__ = ["theme_index"]


def theme_index(total_return: pd.DataFrame, members: pd.DataFrame) -> pd.Series:
    """Compound a theme's equal-weight total return, rebalanced every day, without costs.

    Parameters
    ----------
    total_return : DataFrame (n_days, n_assets)
        Daily total returns, fractions; 0 on suspended days.
    members : DataFrame of bool (n_days, n_members)
        Who is a member at the close of the day; its columns are among those of `total_return`.

    Returns
    -------
    Series (n_days,)
        1 on the first day with a member, NaN before.

    Raises
    ------
    ValueError
        If the days differ, `members` is not bool, or a member has no returns.

    Notes
    -----
    The return of a day is the mean over the members of the day before: who joins today earns from tomorrow.
    NaN: a member without a return is left out of that day. A day without any member returns 0.
    """
    check_frame("total_return", total_return)
    check_frame("members", members)
    if not members.index.equals(total_return.index):
        raise ValueError("members.index must equal total_return.index")
    if not all(pd.api.types.is_bool_dtype(kind) for kind in members.dtypes):
        raise ValueError("members must be bool in every column")
    unknown = members.columns.difference(total_return.columns)
    if len(unknown):
        raise ValueError(f"members={list(unknown)} must be columns of total_return")
    returns = to_matrix(total_return[members.columns])
    flags = np.array(members, dtype=np.bool_, order="C", copy=True)
    return pd.Series(theme_index_nb(returns, flags), index=members.index)
