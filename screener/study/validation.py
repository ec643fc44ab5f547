"""What is left of a run under doubt, as one record that is written beside it and read again."""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from screener import workspace
from screener.backtest.result import Window
from screener.errors import SourceError, SpecError
from screener.plain import plain
from screener.study.luck import Luck
from screener.study.overfit import Overfit
from screener.study.walk import WalkForward

__all__ = ["FILE", "Chance", "Delayed", "Led", "Validation", "from_json", "to_json", "write"]

FILE = "validation.json"
FORMAT = 1


@dataclass(frozen=True)
class Chance:
    """What one control by chance made of the rule; excess a year over equal weight.

    Attributes
    ----------
    kind : {"shift", "labels", "time"}
        The cycle at another time, the themes' labels dealt out anew, the rule's tilts in another order.
    draws : tuple of str
        What each draw was, in words.
    excess : tuple of float
        Of each draw.
    true : float
        Of the rule, built as the draws are.
    mean, low, high : float
        Mean of the draws, and their 5 % and 95 % quantiles.
    rank : float
        Share of draws that did worse than the rule, ties counted half.
    turnover : float
        Of theme weights, over that of the rule.
    reason : str
        In words why there are no draws, else empty.
    """

    kind: str
    draws: tuple[str, ...]
    excess: tuple[float, ...]
    true: float
    mean: float
    low: float
    high: float
    rank: float
    turnover: float
    reason: str


@dataclass(frozen=True)
class Led:
    """The rule had it known the cycle `quarters` sooner (above 0: foreknowledge) or later; 0 is the run."""

    quarters: int
    excess: float


@dataclass(frozen=True)
class Delayed:
    """The rule and equal weight with every member counted so many sessions later.

    Attributes
    ----------
    sessions : int
        0 is the run.
    cagr, equal_weight, excess : float
        A year, on the headline window.
    members : float
        Mean number of members that could be held on a day of the window.
    """

    sessions: int
    cagr: float
    equal_weight: float
    excess: float
    members: float


@dataclass(frozen=True)
class Validation:
    """Everything that `screener validate` found out about a run.

    Attributes
    ----------
    run_id : str
        Of the run as it was made again; another one than the folder's when code or inputs have changed.
    rule : str
    simulated : bool
    membership : str
    themes : tuple of str
    window : Window
        The headline: what all figures are measured on.
    placebo : int
        Draws of each control by chance, at most.
    seed : int
    cagr, equal_weight : float
        Of the run, a year.
    chance : tuple of Chance
        Empty where the rule is equal weight itself.
    cycle : tuple of Led
        By quarters, rising; empty where the rule does not read the cycle.
    publication : tuple of Delayed
    walk_forward : WalkForward
    overfit : Overfit
    luck : Luck
        Of the return.
    luck_of_excess : Luck or None
        Of the return less that of equal weight; None where the rule is equal weight itself.
    settings : tuple of str
        Settings that were tried for walk forward and overfitting, in words.
    notes : tuple of str
    format : int
    """

    run_id: str
    rule: str
    simulated: bool
    membership: str
    themes: tuple[str, ...]
    window: Window
    placebo: int
    seed: int
    cagr: float
    equal_weight: float
    chance: tuple[Chance, ...]
    cycle: tuple[Led, ...]
    publication: tuple[Delayed, ...]
    walk_forward: WalkForward
    overfit: Overfit
    luck: Luck
    luck_of_excess: Luck | None
    settings: tuple[str, ...]
    notes: tuple[str, ...]
    format: int = FORMAT


def to_json(validation: Validation) -> str:
    """Write a validation; what is not defined is null, and equal validations have equal bytes."""
    return json.dumps(plain(validation), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def from_json(text: str, where: str = FILE) -> Validation:
    """Read what `to_json` wrote.

    Raises
    ------
    SpecError
        If the text is no validation, or one of another version.
    """
    try:
        found = json.loads(text)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError("is of another version")
        return typing.cast(Validation, _read(Validation, found))
    except (KeyError, TypeError, ValueError) as error:
        said = f"{error} is missing" if isinstance(error, KeyError) else error
        raise SpecError(f"{where}: no validation of this version: {said}; run `screener validate`") from error


def write(validation: Validation, folder: Path) -> Path:
    """Write `validation.json` into the folder of a run, whole or not at all.

    Raises
    ------
    SourceError
        If it cannot be written; an earlier one stays.
    """
    target = folder / FILE
    workspace.write(target, to_json(validation).encode("utf-8"), SourceError)
    return target


def _read(kind: Any, value: Any) -> Any:
    """Read a value of JSON as a type of our records."""
    if typing.get_origin(kind) is types.UnionType:
        return None if value is None else _read(typing.get_args(kind)[0], value)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{f.name: _read(hints[f.name], value[f.name]) for f in dataclasses.fields(kind)})
    if typing.get_origin(kind) is tuple:
        return tuple(_read(typing.get_args(kind)[0], item) for item in value)
    if kind is float and value is None:
        return math.nan
    if kind is pd.Timestamp:
        return pd.Timestamp(value)
    allowed = (int, float) if kind is float else (kind,)
    if type(value) not in allowed:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return kind(value)
