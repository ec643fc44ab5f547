"""A rule under the settings around its own, through the same market: what there was to choose from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from screener.backtest.spec import Account
from screener.errors import ScreenerError
from screener.strategy import Context, Strategy, check_weights
from screener.study.batch import batch_equity

__all__ = ["FACTORS", "OWN", "Grid", "grid", "settings"]

FACTORS = (0.5, 0.75, 1.0, 1.25, 1.5)
OWN = "as run"


@dataclass(frozen=True)
class Grid:
    """A rule under several settings, through the same market.

    Attributes
    ----------
    weights : dict of str to DataFrame
        By setting in words, the run's own first; settings that trade as another does are left out.
    equity : DataFrame (n_days, n_settings)
    notes : tuple of str
        Settings that could not be run or made no difference.
    """

    weights: dict[str, pd.DataFrame]
    equity: pd.DataFrame
    notes: tuple[str, ...]


def settings(params: Any, factors: Sequence[float] = FACTORS) -> dict[str, dict[str, Any]]:
    """Return a small grid around a setting: each number of it alone, times each factor that is allowed.

    Returns
    -------
    dict of str to dict
        All parameters by the setting in words; the first, `OWN`, is the setting itself.
    """
    own = {field.name: getattr(params, field.name) for field in dataclasses.fields(params)}
    found, seen = {OWN: own}, [own]
    for field in dataclasses.fields(params):
        value = own[field.name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        low, high = (field.metadata.get(end) for end in ("low", "high"))
        for factor in factors:
            other = type(value)(
                round(value * factor) if isinstance(value, int) else round(value * factor, 10)
            )
            inside = (low is None or other >= low) and (high is None or other <= high)
            changed = own | {field.name: other}
            if inside and changed not in seen:
                found[f"{field.name}={other:g}"] = changed
                seen.append(changed)
    return found


def grid(
    rule: Strategy,
    params: object,
    context: Context,
    account: Account,
    progress: Callable[[str], None] | None = None,
) -> Grid:
    """Run a rule under every setting of its grid.

    Notes
    -----
    A setting that the rule refuses is named and left out, but for the run's own, whose error is raised.
    """
    say = progress or (lambda text: None)
    weights: dict[str, pd.DataFrame] = {}
    notes = []
    wanted = settings(params)
    say(f"running {len(wanted)} settings around its own")
    for words, values in wanted.items():
        try:
            given = rule.weights(context, rule.params(values))
            weights[words] = check_weights(rule.name, given, context.panel)
        except ScreenerError as error:
            if words == OWN:
                raise
            notes.append(f"{words}: {error.problems[0]}")
    equity = equity_of(weights, context, account)
    same = equity.T.duplicated()
    if same.any():
        notes.append(f"These settings trade as another does: {', '.join(equity.columns[same])}.")
    kept = equity.columns[~same]
    return Grid({words: weights[words] for words in kept}, equity[kept], tuple(notes))


def equity_of(weights: Mapping[str, pd.DataFrame], context: Context, account: Account) -> pd.DataFrame:
    """Return the equity of each setting, in batches of those that decide on the same days."""
    batches: dict[tuple[Any, ...], list[str]] = {}
    for words, frame in weights.items():
        batches.setdefault(tuple(frame.index), []).append(words)
    parts = [
        batch_equity([weights[w] for w in words], context.panel, account, context.start).set_axis(
            words, axis=1
        )
        for words in batches.values()
    ]
    return pd.concat(parts, axis=1)[list(weights)]
