"""Keeping runs: a folder each, whole or not at all."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from screener import workspace
from screener.backtest.result import Run
from screener.backtest.spec import RunSpec
from screener.errors import ScreenerError, SourceError, SpecError
from screener.report import files, tearsheet

__all__ = ["STAMP", "runs", "save"]

STAMP = "stamp.json"  # the only file of a run that differs between two makings of it


def save(
    run: Run, folder: Path | None = None, stamp: dict[str, Any] | None = None, page: bool = True
) -> Path:
    """Write a run, with its page or without.

    Parameters
    ----------
    run : Run
    folder : Path, optional
        Where; default ``results/<run id>`` of the workspace. An empty folder and the same run are replaced.
    stamp : dict, optional
        What belongs to this making only: times and versions.
    page : bool
        Whether the tearsheet is written.

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
    texts = {
        "run.toml": run.spec.to_toml(),
        **({"tearsheet.html": tearsheet.render(run)} if page else {}),
        "metrics.json": files.metrics_json(run),
        **files.tables(run),
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
    if not (target / "run.toml").is_file():
        raise SpecError(f"{target}: is not empty and holds no run; choose another --out")
    there = _spec_of(target)
    if there is None or _settings(there) != _settings(spec):
        named = there.strategy if there else "unreadable settings"
        raise SpecError(f"{target}: holds another run ({named}); give another --out, or remove it")


def _settings(spec: RunSpec) -> RunSpec:
    """Return settings without the hash of the data: a run is made again when prices were added."""
    return dataclasses.replace(spec, source=dataclasses.replace(spec.source, sha256=""), end=None)


def _spec_of(folder: Path) -> RunSpec | None:
    """Return the settings of the run in a folder, None where they cannot be read."""
    try:
        return RunSpec.from_toml((folder / "run.toml").read_text(encoding="utf-8"))
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


def runs(folder: Path | None = None) -> list[dict[str, Any]]:
    """List the runs in a results folder: settings and headline figures, by run id."""
    root = Path(folder) if folder is not None else workspace.results()
    found = []
    for path in sorted(root.glob("*/run.toml")):
        if path.parent.name.startswith("."):
            continue
        spec = RunSpec.from_toml(path.read_text(encoding="utf-8"), str(path))
        figures = json.loads((path.parent / "metrics.json").read_text(encoding="utf-8"))
        rule = Path(spec.strategy).stem
        found.append(
            {
                "run_id": path.parent.name,
                "strategy": rule,
                "source": f"{spec.source.kind} {spec.source.variant}".strip(),
                "membership": spec.membership,
                "start": str(spec.start),
                "end": str(spec.end),
                "figures": figures["metrics"]["headline"][rule],
                "path": str(path.parent),
            }
        )
    return found
