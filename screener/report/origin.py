"""The last section: settings, data, code, notes and definitions, so that every number can be traced."""

from __future__ import annotations

import dataclasses

from screener.backtest.metrics import DEFINITIONS
from screener.backtest.result import Run
from screener.report.html import Markup, escape, join, table, tag
from screener.report.labels import label
from screener.report.numbers import day, number
from screener.report.sections import section

__all__ = ["provenance"]


def provenance(run: Run) -> Markup:
    """Say what the run rests on."""
    hashes = {run.provenance.title: run.provenance.sha256, **run.hashes}
    notes = dict.fromkeys([*run.notes, *run.provenance.caveats])
    effective = (
        f"Effective start {day(run.effective_start)}: {'; '.join(run.effective_reasons) or 'no condition'}."
    )
    return section(
        "What it rests on",
        "来源与定义",
        tag("h3", "Notes"),
        tag("ul", *(tag("li", note) for note in [*notes, effective])),
        tag("h3", "Settings"),
        tag("div", *(_settings(title, values) for title, values in settings(run).items()), class_="cards"),
        tag("h3", "Data, facts and code ", tag("small", "SHA-256")),
        table(
            ["Input", "Hash"],
            [[k, tag("code", v or "n/a")] for k, v in hashes.items()],
            class_="hashes",
            text_columns=2,
        ),
        tag("details", tag("summary", "Definitions 定义"), _definitions()),
        note=f"Run {run.run_id}. The same settings, data and code give the same bytes.",
    )


def settings(run: Run) -> dict[str, dict[str, object]]:
    """Return every setting of the run by group; the strategy by its name, never by its path."""
    spec = run.spec
    top = {f.name: getattr(spec, f.name) for f in dataclasses.fields(spec)}
    own = {k: v for k, v in top.items() if k not in ("params", "source", "account", "strategy")}
    source = {"source": spec.source.kind, "variant": spec.source.variant or "none"}
    return {
        "Run": {"strategy": run.result.name, **own, **source},
        "Parameters of the rule": dict(spec.params),
        "Account and broker": dataclasses.asdict(spec.account),
    }


def _settings(title: str, values: dict[str, object]) -> Markup:
    rows = [[name, tag("td", _setting(value), class_="n wrap")] for name, value in values.items()]
    return table([title, "Value"], rows or [["none", ""]])


def _setting(value: object) -> Markup:
    """Write a setting as it was given."""
    if isinstance(value, bool):
        return escape("yes" if value else "no")
    if isinstance(value, int | float):
        return escape(number(value))
    if isinstance(value, tuple | list):
        return escape(", ".join(map(str, value)) or "default")
    return escape("default" if value is None or value == "" else value)


def _definitions() -> Markup:
    """List what each figure means."""
    return tag("dl", join(join([tag("dt", label(k)), tag("dd", v)]) for k, v in DEFINITIONS.items()))
