"""What a rising share of ASICs asks of optics, by the one number of report 004: arithmetic, and no evidence.

Per unit of computing, a cluster of ASICs buys 3.8 times the optical modules of one of GPUs, the report says.
No series of the share exists here, so that nothing is tested; the tables say what follows if that number and
a path of the share are believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

__all__ = ["COMPUTE", "ELASTICITY", "SHARES", "growth", "intensity", "needed", "paths", "steps"]

ELASTICITY = 3.8  # report 004, 2025-08-16
SHARES = (0.20, 0.30, 0.40, 0.50)
COMPUTE = (0.0, 0.10, 0.20, 0.30, 0.50)
AIM = 0.30  # growth a year that the report expects of optics


def intensity(share: float, elasticity: float = ELASTICITY) -> float:
    """Return optical modules per unit of computing, 1 where all of it is GPUs.

    Examples
    --------
    >>> round(intensity(0.20), 2), round(intensity(0.30), 2)
    (1.56, 1.84)
    """
    return 1.0 + (elasticity - 1.0) * share


def growth(before: float, after: float, compute: float = 0.0, elasticity: float = ELASTICITY) -> float:
    """Return the growth of demand for optics as the share moves and computing grows."""
    return (1.0 + compute) * intensity(after, elasticity) / intensity(before, elasticity) - 1.0


def needed(before: float, aim: float = AIM, compute: float = 0.0, elasticity: float = ELASTICITY) -> float:
    """Return the share that makes demand for optics grow by `aim`; NaN where it would have to pass 1."""
    share = (intensity(before, elasticity) * (1.0 + aim) / (1.0 + compute) - 1.0) / (elasticity - 1.0)
    return share if share <= 1.0 else np.nan


def steps(shares: Sequence[float] = SHARES, elasticity: float = ELASTICITY) -> pd.DataFrame:
    """Follow a path of the share at computing that stays as it is.

    Returns
    -------
    DataFrame
        ``share, intensity, optics, gpus, needed``: growth of optics and of GPUs on the step before, NaN for
        the first, and the share that 30 % more optics would ask for from there.
    """
    before = [np.nan, *shares[:-1]]
    return pd.DataFrame(
        {
            "share": shares,
            "intensity": [intensity(share, elasticity) for share in shares],
            "optics": [growth(*pair, elasticity=elasticity) for pair in zip(before, shares, strict=True)],
            "gpus": [(1.0 - new) / (1.0 - old) - 1.0 for old, new in zip(before, shares, strict=True)],
            "needed": [needed(share, elasticity=elasticity) for share in shares],
        }
    )


def paths(
    shares: Sequence[float] = SHARES, compute: Sequence[float] = COMPUTE, elasticity: float = ELASTICITY
) -> pd.DataFrame:
    """Return growth of optics: a row a step of the share, a column a growth of computing.

    Returns
    -------
    DataFrame (n_steps, n_growths)
        Indexed by ``(before, after)``; the first row is of a share that stays.
    """
    pairs = [(shares[0], shares[0]), *pairwise(shares)]
    rows = [[growth(old, new, more, elasticity) for more in compute] for old, new in pairs]
    return pd.DataFrame(
        rows, index=pd.MultiIndex.from_tuples(pairs, names=["before", "after"]), columns=compute
    )
