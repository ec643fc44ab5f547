"""Runs that lie on disk: finding one, listing them, and reading back what it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from screener import workspace
from screener.backtest.spec import RunSpec
from screener.errors import SpecError, nearest

if TYPE_CHECKING:
    import pandas as pd

    from screener.backtest.result import Window

__all__ = ["FIGURES", "PAGE", "SETTINGS", "STAMP", "Saved", "find", "listing"]

PAGE = "tearsheet.html"
SETTINGS = "run.toml"
FIGURES = "metrics.json"
STAMP = "stamp.json"  # the only file of a run that differs between two makings of it
HOLDINGS = "holdings.csv"  # of all but what may be published
OTHER_CURVES = ("cash", "cycle_score")  # columns of nav.csv that are no account


@dataclass(frozen=True)
class Saved:
    """A run's folder.

    Attributes
    ----------
    folder : Path
    spec : RunSpec
    content : dict
        What `metrics.json` holds.
    """

    folder: Path
    spec: RunSpec
    content: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Saved:
        """Read a run's settings and figures.

        Raises
        ------
        SpecError
            If the folder holds no run, or a file of it cannot be read.
        """
        try:
            text = (folder / SETTINGS).read_text(encoding="utf-8")
            content = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
            found = cls(folder, RunSpec.from_toml(text, str(folder / SETTINGS)), content)
            _ = found.run_id, found.figures, found.headline
            return found
        except OSError as error:
            raise SpecError(f"{folder}: no run: {Path(error.filename).name}: {error.strerror}") from error
        except ValueError as error:
            if isinstance(error, SpecError):
                raise
            raise SpecError(f"{folder}: a file of the run is damaged: {error}; make the run again") from error
        except (LookupError, TypeError) as error:
            raise SpecError(f"{folder / FIGURES}: lacks {error}; make the run again") from error

    @property
    def run_id(self) -> str:
        """Identify the run by its settings, data and code."""
        return str(self.content["run_id"])

    @property
    def rule(self) -> str:
        """Name the rule, without its folder."""
        return Path(self.spec.strategy).stem

    @property
    def source(self) -> str:
        """Name where prices came from."""
        return f"{self.spec.source.kind} {self.spec.source.variant}".strip()

    @property
    def figures(self) -> dict[str, float | None]:
        """Return the rule's figures on the headline window."""
        found: dict[str, float | None] = self.content["metrics"]["headline"][self.rule]
        return found

    @property
    def headline(self) -> tuple[str, str]:
        """Return the base and the end of the headline window."""
        window = self.content["windows"]["headline"]
        return str(window["base"]), str(window["end"])

    @property
    def window(self) -> Window:
        """Return the headline window."""
        import pandas as pd

        from screener.backtest.result import Window

        base, end = map(pd.Timestamp, self.headline)
        return Window(base, end, "headline")

    @property
    def simulated(self) -> bool:
        """Say whether the prices were invented."""
        return bool(self.content.get("simulated"))

    @property
    def public(self) -> bool:
        """Say whether the run was saved without prices, sizes and holdings."""
        return not (self.folder / HOLDINGS).is_file()

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Return the level of every account by session, the rule's first."""
        import pandas as pd

        path = self.folder / "nav.csv"
        try:
            table = pd.read_csv(path, index_col="date", parse_dates=["date"], encoding="utf-8")
        except (OSError, ValueError) as error:
            raise SpecError(f"{path}: cannot be read: {error}; make the run again") from error
        if self.rule not in table:
            raise SpecError(f"{path}: has no curve of {self.rule}; make the run again")
        return table.drop(columns=[name for name in OTHER_CURVES if name in table.columns])

    def page(self) -> str:
        """Return the page as it was written.

        Raises
        ------
        SpecError
            If the run was made without one, or the page is cut off.
        """
        path = self.folder / PAGE
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            again = f"screener backtest --config {self.folder / SETTINGS} --out {self.folder}"
            raise SpecError(f"{path}: this run was made without a page; `{again}` makes it") from None
        except (OSError, ValueError) as error:
            raise SpecError(f"{path}: cannot be read: {error}; make the run again") from error
        if not text.rstrip().endswith("</html>"):
            raise SpecError(f"{path}: the page is cut off; make the run again")
        return text

    def stamp(self) -> dict[str, Any]:
        """Return what belongs to the making of the run only; nothing where it is not known."""
        try:
            found = json.loads((self.folder / STAMP).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def summary(self) -> dict[str, Any]:
        """Return settings and headline figures, as a list of runs shows them."""
        return {
            "run_id": self.folder.name,
            "strategy": self.rule,
            "source": self.source,
            "membership": self.spec.membership,
            "start": str(self.spec.start),
            "end": str(self.spec.end),
            "figures": self.figures,
            "path": str(self.folder),
        }


def listing(folder: Path | None = None, damaged: Callable[[str], None] | None = None) -> list[Saved]:
    """Return the runs in a results folder, by the name of their own folders.

    Parameters
    ----------
    folder : Path, optional
    damaged : callable, optional
        Told of each run that cannot be read, which is then left out; without it the first one raises.
    """
    root = Path(folder) if folder is not None else workspace.results()
    found = []
    for path in sorted(path.parent for path in root.glob(f"*/{SETTINGS}")):
        if path.name.startswith("."):
            continue
        try:
            run = Saved.read(path)
            run.summary()
            found.append(run)
        except SpecError as error:
            if damaged is None:
                raise
            for problem in error.problems:
                damaged(f"Left out: {problem}")
    return found


def find(named: str | Path) -> Saved:
    """Read the run of a folder, or of that name or id in the results folder of the workspace.

    Raises
    ------
    SpecError
        If there is none.
    """
    for folder in (Path(named), workspace.results() / named):
        if (folder / SETTINGS).is_file():
            return Saved.read(folder)
    if len(same := _of_id(str(named))) == 1:
        return same[0]
    if same:
        names = ", ".join(run.folder.name for run in same)
        raise SpecError(f"run {named}: is the id of several folders; give one of {names}")
    known = sorted(path.parent.name for path in workspace.results().glob(f"*/{SETTINGS}"))
    hint = nearest(str(named), known) if known else "make one with `screener backtest`"
    raise SpecError(f"run {named}: there is no such run; {hint}")


def _of_id(run_id: str) -> list[Saved]:
    """Return the readable runs in results of that id, by which a page names its run."""
    found = []
    for path in sorted(workspace.results().glob(f"*/{SETTINGS}")):
        try:
            run = Saved.read(path.parent)
        except SpecError:
            continue
        if run.run_id == run_id and not path.parent.name.startswith("."):
            found.append(run)
    return found
