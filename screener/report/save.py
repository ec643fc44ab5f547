"""Keeping runs: a folder each, whole or not at all."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from screener import workspace
from screener.backtest.result import Run
from screener.backtest.spec import RunSpec
from screener.errors import ScreenerError, SourceError, SpecError
from screener.report import attribution, doubts, files, tearsheet
from screener.report.evidence import Evidence
from screener.report.gather import gather
from screener.report.layout import PLAIN
from screener.report.markdown import markdown
from screener.report.saved import FIGURES, PAGE, SETTINGS, STAMP
from screener.report.style import Style
from screener.study.validation import FILE as VALIDATION
from screener.study.validation import Validation, from_json, to_json

__all__ = ["save"]

WORDS = "report.md"


def save(
    run: Run,
    folder: Path | None = None,
    stamp: dict[str, Any] | None = None,
    page: bool = True,
    style: Style = PLAIN,
    validation: Validation | None = None,
    public: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Write a run, with its page and what it is made from, or without.

    Parameters
    ----------
    run : Run
    folder : Path, optional
        Where; default ``results/<run id>`` of the workspace. An empty folder and the same run are replaced.
    stamp : dict, optional
        What belongs to this making only: times and versions.
    page : bool
        Whether the tearsheet is written, and with it `report.md` and the tables of the studies.
    style : Style
        Language and colours that the page opens in.
    validation : Validation, optional
        What `screener validate` found; by default what it found of this very run before, which stays.
    public : bool
        Leave out what would publish prices, sizes or holdings, see `files.tables`.
    progress : callable, optional
        Told in a few words what comes next.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    SpecError
        If the folder holds something else, or another run.
    SourceError
        If it cannot be written. Nothing is left behind, and an earlier run stays.
    """
    target = Path(folder) if folder is not None else workspace.results() / run.run_id
    _check_target(target, run.spec)
    found = validation or _validation_of(target, run.run_id)
    evidence = gather(run, found, progress) if page else None
    texts = {
        SETTINGS: run.spec.to_toml(),
        FIGURES: files.metrics_json(run, evidence),
        **files.tables(run, public),
        **(_page(run, evidence, style) if evidence else {}),
        **({VALIDATION: to_json(found)} if found else {}),
        STAMP: json.dumps(stamp or {}, indent=1, ensure_ascii=False, sort_keys=True) + "\n",
    }
    try:
        _write_whole(target, texts)
    except OSError as error:
        raise SourceError(f"{target}: cannot be written: {error.strerror or error}") from error
    return target


def _check_target(target: Path, spec: RunSpec) -> None:
    """Refuse to replace what is not an earlier making of a run of the same settings, on whatever data."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not (target / SETTINGS).is_file():
        raise SpecError(f"{target}: is not empty and holds no run; choose another --out")
    there = _spec_of(target)
    if there is None or _settings(there) != _settings(spec):
        named = there.strategy if there else "unreadable settings"
        raise SpecError(f"{target}: holds another run ({named}); give another --out, or remove it")


def _page(run: Run, evidence: Evidence, style: Style) -> dict[str, str]:
    """Write the page and what goes with it."""
    page = tearsheet.render(run, evidence, style)
    found = attribution.tables(evidence.attribution) if evidence.attribution else {}
    found |= doubts.tables(evidence.ladders, evidence.adjusted, evidence.validation)
    texts = {name: files.csv_text(table) for name, table in found.items()}
    return {PAGE: page, WORDS: markdown(page, style.lang), **texts}


def _validation_of(folder: Path, run_id: str) -> Validation | None:
    """Return what was found of just this run before, None where that is nothing or cannot be read."""
    try:
        found = from_json((folder / VALIDATION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if found.run_id == run_id else None


def _settings(spec: RunSpec) -> RunSpec:
    """Return settings without the hash of the data: a run is made again when prices were added."""
    return dataclasses.replace(spec, source=dataclasses.replace(spec.source, sha256=""), end=None)


def _spec_of(folder: Path) -> RunSpec | None:
    """Return the settings of the run in a folder, None where they cannot be read."""
    try:
        return RunSpec.from_toml((folder / SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError, ScreenerError):
        return None


def _write_whole(target: Path, texts: dict[str, str]) -> None:
    """Write to a folder beside the target, then swap the two."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for name, text in texts.items():
            with open(fresh / name, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        fresh.chmod(0o755)
        _swap(fresh, target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _swap(fresh: Path, target: Path) -> None:
    """Put a folder in the place of another; if that fails, the other comes back."""
    if not target.exists():
        fresh.rename(target)
        return
    old = fresh.with_name(fresh.name + "-old")
    target.rename(old)
    try:
        fresh.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old)
