"""The controls beside a rule: what it has to beat, run through the same account and costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from screener import workspace
from screener.signals.weights import spread, stagger
from screener.strategy import Context, Strategy, check_weights, load

__all__ = [
    "CONTROLS",
    "EQUAL_WEIGHT",
    "STATIC_MIX",
    "control_params",
    "control_path",
    "control_weights",
    "static_mix_weights",
]

EQUAL_WEIGHT = "equal-weight"  # what every excess is over, unless another yardstick is named
CONTROLS = (EQUAL_WEIGHT, "theme-momentum", "buy-and-hold")
STATIC_MIX = "static-mix"


def control_path(name: str) -> Path:
    """Return the file of a control: always the built-in one, whatever the user calls his own."""
    return workspace.built_in("strategies") / f"{name}.py"


def control_weights(name: str, context: Context, rule: Strategy, params: object) -> pd.DataFrame:
    """Return the weights of a control, with the rule's own values for the parameters they share."""
    control, own = control_params(name, rule, params)
    return check_weights(name, control.weights(context, own), context.panel)


def control_params(name: str, rule: Strategy, params: object) -> tuple[Strategy, Any]:
    """Return a control and its parameters, those that it shares with the rule as the rule has them."""
    control = load(control_path(name))
    wanted = set(control.Params.__dataclass_fields__) & set(rule.Params.__dataclass_fields__)
    return control, control.params({key: getattr(params, key) for key in wanted})


def static_mix_weights(weights: pd.DataFrame, context: Context, params: object) -> pd.DataFrame:
    """Return a mix that never changes: the rule's own mean theme weights.

    In-sample by construction: the mean is taken over all decisions of the run, later ones included. It is
    what the rule would have earned by being tilted without timing its tilts.

    Parameters
    ----------
    weights : DataFrame (n_decisions, n_pairs)
        The rule's target weights.
    context : Context
    params : object
        The rule's parameters; `cap` and `tranches` are taken from them where they exist.

    Notes
    -----
    A theme that is not yet held on a day leaves its share to the others. A rule without themes is mixed by
    symbol.
    """
    if set(weights.columns.get_level_values("theme")) == {""}:
        return pd.DataFrame([weights.mean()] * len(weights), index=weights.index)
    by_theme = weights.T.groupby(level="theme", sort=False).sum().T
    mix = pd.DataFrame([by_theme.mean()] * len(weights), index=weights.index).where(by_theme > 0, 0.0)
    total = mix.sum(axis=1)
    mix = mix.mul(by_theme.sum(axis=1).mean() / total.where(total > 0, 1.0), axis=0)
    members = {theme: rows for theme, rows in context.members(weights.index).items() if theme in mix.columns}
    targets = spread(mix[list(members)], members, getattr(params, "cap", 1.0))
    return stagger(targets, context.panel.adjusted, getattr(params, "tranches", 1))
