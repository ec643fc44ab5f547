"""What a run rests on: hashes of its inputs, its id, and what is labelled rather than refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from screener.backtest.controls import CONTROLS, control_path
from screener.backtest.result import Result
from screener.backtest.spec import RunSpec
from screener.cycle import Cycle
from screener.cycle.driver import find_driver
from screener.data.sources import Benchmark
from screener.strategy import Context, Strategy
from screener.universe import Theme

__all__ = ["HINDSIGHT", "input_hashes", "notes", "run_id"]

HINDSIGHT = "HINDSIGHT: members count before the report that named them came out"
MOST = 0.95  # of listed days with a valuation; below, a run says how many there are


def notes(
    spec: RunSpec, context: Context, result: Result, benchmark: Benchmark | None, effective: pd.Timestamp
) -> tuple[str, ...]:
    """Say what is labelled rather than refused."""
    found: list[str] = []
    if spec.membership == "hindsight":
        found.append(f"{HINDSIGHT}, and so do peers that no report names.")
    if context.start < effective:
        found.append(f"The account opens before the effective start; figures begin on {effective:%Y-%m-%d}.")
    last = context.panel.sessions[-1]
    if context.cycle.overdue(last):
        found.append(f"OVERDUE: the last capex release before {last:%Y-%m-%d} is more than 120 days old.")
    if (unknown := float((context.cycle.guidance.score(result.nav.index).isna()).mean())) > 0:
        found.append(f"The guidance score is unknown, and counts as 0, on {unknown:.0%} of the sessions.")
    if spec.account.participation > 0:
        found.append("The volume cap uses the day's volume, which is not known at the open.")
    if (valued := context.valuation_known()) is not None and valued < MOST:
        found.append(
            f"Valuation is known on {valued:.0%} of the days of listed shares, and is unknown elsewhere."
        )
    found.append("The static mix is in-sample: its weights are the rule's own means over the whole run.")
    found.append("Dividends are paid on the ex-date where the pay date is unknown.")
    if spec.account.fill == "same-close":
        found.append("OPTIMISTIC: orders are filled at the close that they were decided on.")
    if spec.account.off:
        found.append(f"Rules switched off: {', '.join(spec.account.off)}.")
    if benchmark is not None and benchmark.caveat:
        found.append(f"{benchmark.title}: {benchmark.caveat}")
    return (*found, *context.panel.notes, *context.panel.provenance.caveats)


def input_hashes(rule: Strategy, themes: tuple[Theme, ...], cycle: Cycle) -> dict[str, str]:
    """Return the SHA-256 of every file that the run rests on, the package's code as one."""
    files = {f"universes/{theme.path.name}": theme.path for theme in themes}
    dated = (part.path for part in (cycle.driver, cycle.guidance) if part.path is not None)
    files |= {f"universes/drivers/{path.name}": path for path in dated}
    beside = tuple(getattr(rule.module, "DRIVERS", ()))  # dated files that the rule reads beside the cycle's
    files |= {f"universes/drivers/{name}.csv": find_driver(name) for name in beside}
    files |= {f"strategies/{name}.py": control_path(name) for name in CONTROLS}
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in sorted(files.items())}
    return hashes | {f"strategies/{rule.path.name}": rule.sha256, "screener": package_hash()}


def package_hash() -> str:
    """Hash the package's own code and tables."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    kept = {".py", ".toml", ".css", ".js"}
    for path in sorted(p for p in root.rglob("*") if p.suffix in kept and "_builtin" not in p.parts):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run_id(spec: RunSpec, hashes: dict[str, str]) -> str:
    """Name a run after its rule, market and reading, and a hash of all that it rests on."""
    text = spec.to_toml() + "".join(f"{name}={value}\n" for name, value in sorted(hashes.items()))
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{Path(spec.strategy).stem}-{spec.source.kind}-{spec.membership}-{digest}"
