"""Factors of one share from two vendors: basis and rounding are their own, the steps are the same."""

from __future__ import annotations

import numpy as np
import pandas as pd

from screener.data.live.continuity import factor_on

__all__ = ["continued"]

APART = 0.002  # relative, of one step: two fen of a share of ten yuan, by which vendors round


def continued(sent: pd.DataFrame, stored: pd.DataFrame | None, source: str) -> pd.DataFrame:
    """Return what another vendor says as a continuation of what is stored.

    Parameters
    ----------
    sent : DataFrame
        ``date, factor, source``, as `Provider.factors` returns them.
    stored : DataFrame, optional
        ``date, factor`` of the store.
    source : str
        Where the stored factors came from, several joined by ``+``.

    Returns
    -------
    DataFrame
        The stored rows and, on their basis, the later ones of `sent`; ``source`` names all vendors. It is
        `sent` as it came where nothing is stored, where the source is the same, so that a new basis of one
        vendor shows, and where a step until the last stored one is another, or only one of both has it.
    """
    sources = {*source.split("+"), *sent["source"]}
    if stored is None or stored.empty or sources == set(sent["source"]) or not _agree(sent, stored):
        return sent
    last = stored.iloc[-1]
    base = factor_on(pd.Series([last["date"]]), sent)[0] / last["factor"]
    later = sent[sent["date"] > last["date"]]
    rows = pd.concat(
        [stored[["date", "factor"]], later[["date"]].assign(factor=later["factor"] / base)], ignore_index=True
    )
    return rows.assign(source="+".join(sorted(sources)))


def _agree(sent: pd.DataFrame, stored: pd.DataFrame) -> bool:
    """Say whether both step alike on every day until the last stored one."""
    days = pd.concat([sent["date"], stored["date"]]).dropna().drop_duplicates().sort_values()
    days = days[days <= stored["date"].iloc[-1]]
    if not sent["date"].is_monotonic_increasing:  # to be refused as it is; so is a day that is none
        return False
    ratio = factor_on(days, sent) / factor_on(days, stored)
    return bool((np.abs(ratio[1:] / ratio[:-1] - 1.0) <= APART).all())
