"""Several saved runs beside one another: curves on common days, figures, and what sets them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from screener.backtest import metrics
from screener.backtest.controls import EQUAL_WEIGHT
from screener.backtest.provenance import HINDSIGHT
from screener.backtest.result import Window
from screener.errors import SpecError
from screener.plain import plain
from screener.report.saved import Saved
from screener.report.verdict import brief

__all__ = ["SideBySide", "side_by_side"]

MOST = 8  # curves that an eye can tell apart


@dataclass(frozen=True)
class SideBySide:
    """Runs on the days that they share.

    Attributes
    ----------
    names : tuple of str
        What each run is called: its folder's name.
    curves : DataFrame (n_days, n_runs)
        Levels, 1 on the first common day.
    controls : DataFrame (n_days, n_runs)
        Equal weight of each run, 1 on the first common day; NaN for a run without it.
    figures : DataFrame
        A row a run: every figure of `metrics.summary` on the common days, the relative ones against the run's
        own equal weight.
    settings : DataFrame
        A row for each setting that differs, a column for each run.
    notes : tuple of str
        What makes the runs hard to compare.
    """

    names: tuple[str, ...]
    curves: pd.DataFrame
    controls: pd.DataFrame
    figures: pd.DataFrame
    settings: pd.DataFrame
    notes: tuple[str, ...]


def side_by_side(runs: Sequence[Saved]) -> SideBySide:
    """Put saved runs beside one another.

    Parameters
    ----------
    runs : sequence of Saved
        2 to `MOST`.

    Raises
    ------
    SpecError
        If there are too few or too many, one is given twice, or they share fewer than two days.
    """
    names = _names(runs)
    own = pd.DataFrame({name: _headline(run)[run.rule] for name, run in zip(names, runs, strict=True)})
    common = own.dropna().index
    if len(common) < 2:
        raise SpecError(f"runs {', '.join(names)} share no two days; compare runs of overlapping days")
    equal = pd.DataFrame(
        {
            name: run.curves[EQUAL_WEIGHT].reindex(common)
            for name, run in zip(names, runs, strict=True)
            if EQUAL_WEIGHT in run.curves and run.rule != EQUAL_WEIGHT
        }
    ).reindex(columns=list(names))
    own = own.loc[common]
    rows = {
        name: metrics.summary(
            own[name], None if equal[name].isna().any() else equal[name], run.spec.risk_free
        )
        for name, run in zip(names, runs, strict=True)
    }
    return SideBySide(
        names=names,
        curves=own / own.iloc[0],
        controls=equal / equal.iloc[0],
        figures=pd.DataFrame.from_dict(rows, orient="index"),
        settings=_differences(names, runs),
        notes=tuple(_notes(names, runs, common)),
    )


def _headline(run: Saved) -> pd.DataFrame:
    """Return the curves of a run on the window of its headline figures."""
    base, end = run.headline
    return run.curves.loc[base:end]


def _names(runs: Sequence[Saved]) -> tuple[str, ...]:
    """Name the runs by their folders, which must differ."""
    folders = [run.folder.resolve() for run in runs]
    if not 2 <= len(runs) <= MOST:
        raise SpecError(f"compare takes 2 to {MOST} runs, not {len(runs)}")
    if len(set(folders)) < len(folders):
        raise SpecError("compare: a run is named twice; give different ones")
    short = [folder.name for folder in folders]
    return tuple(short if len(set(short)) == len(short) else map(str, folders))


def _differences(names: Sequence[str], runs: Sequence[Saved]) -> pd.DataFrame:
    """Return the settings in which the runs differ, by dotted name."""
    flat = [_flat(plain(run.spec)) for run in runs]
    keys = list(dict.fromkeys(key for settings in flat for key in settings))
    rows = {key: [settings.get(key, "") for settings in flat] for key in keys}
    differ = {key: values for key, values in rows.items() if any(v != values[0] for v in values)}
    return pd.DataFrame.from_dict(differ, orient="index", columns=list(names), dtype=object)


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Write nested settings as one level: ``account.cash``."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = ", ".join(map(str, value)) if isinstance(value, list) else value
    if "source.sha256" in found:
        found["source.sha256"] = found["source.sha256"][:12]  # enough to see that two are not one
    return found


def _notes(names: Sequence[str], runs: Sequence[Saved], common: pd.DatetimeIndex) -> list[str]:
    """Say what a reader of the comparison must know."""
    notes = [
        f"{name} is SIMULATED: its prices are invented."
        for name, run in zip(names, runs, strict=True)
        if run.content.get("simulated")
    ]
    notes += [
        f"{name} is read with {HINDSIGHT}."
        for name, run in zip(names, runs, strict=True)
        if run.spec.membership == "hindsight"
    ]
    notes += [
        f"{name} has {len(_headline(run)) - len(common):,} days more, which are left out here."
        for name, run in zip(names, runs, strict=True)
        if len(_headline(run)) > len(common)
    ]
    if brief(Window(common[0], common[-1], "common")):
        notes.append("The common days are less than a year: figures a year are multiplied up from them.")
    if len({(run.spec.source.kind, run.spec.source.sha256) for run in runs}) > 1:
        notes.append("The runs rest on different prices: part of what sets them apart is the data.")
    if len({run.content.get("hashes", {}).get("screener") for run in runs}) > 1:
        notes.append("The runs were made by different versions of the code.")
    return notes
