"""`screener strategy`: the rules and their parameters."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from screener.cli import _io

app = typer.Typer(help="List the strategies and show their parameters.", **_io.STYLE)


@app.command("list")
def list_(as_json: _io.AsJson = False) -> None:
    """List the strategies: own ones and built-in ones."""
    from screener import strategy, workspace

    rows = [
        {
            "strategy": name,
            "summary": strategy.load(name).summary,
            "from": workspace.origin("strategies", path),
        }
        for name, path in strategy.listing().items()
    ]
    if as_json:
        _io.emit_json(rows)
    else:
        _io.table(list(rows[0]), [row.values() for row in rows])


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="STRATEGY", help="Name of a strategy, or path of its file.")],
    as_json: _io.AsJson = False,
) -> None:
    """Show a strategy: what it does, and each parameter with default, range, unit and reason."""
    from screener import strategy

    rule = strategy.load(name)
    rows = [_parameter(spec) for spec in dataclasses.fields(rule.Params)]
    if as_json:
        _io.emit_json({"strategy": rule.name, "doc": rule.doc, "path": rule.path, "parameters": rows})
        return
    _io.line(rule.doc)
    _io.line()
    _io.table(
        ("parameter", "default", "allowed", "unit", "reason"),
        [(row["name"], row["default"], _allowed(row), row["unit"], row["reason"]) for row in rows],
        right=("default",),
    )
    _io.line("Change one with --set name=value.")


def _parameter(spec: dataclasses.Field[Any]) -> dict[str, Any]:
    """Describe a field of `Params`."""
    known = {key: spec.metadata.get(key) for key in ("low", "high", "choices", "unit", "reason")}
    return {"name": spec.name, "default": spec.default, **known}


def _allowed(row: dict[str, Any]) -> str:
    """Say what values a parameter takes."""
    if row["choices"]:
        return ", ".join(map(str, row["choices"]))
    if row["low"] is not None:
        return f"{row['low']:g} to {row['high']:g}"
    return "true, false" if isinstance(row["default"], bool) else ""
