"""What commands share that run a rule: the option that changes its parameters, and reading it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from screener.errors import SpecError

__all__ = ["Settings", "pairs", "params"]

Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter of the strategy; may be repeated."),
]


def pairs(option: str, texts: list[str]) -> dict[str, str]:
    """Split ``name=value`` texts.

    Raises
    ------
    SpecError
        For each text that is not of that form.
    """
    wrong = [f"{option} {text}: must be name=value" for text in texts if not text.partition("=")[1]]
    if wrong:
        raise SpecError(*wrong)
    return {name.strip(): value.strip() for name, _, value in (text.partition("=") for text in texts)}


def params(strategy: str, settings: list[str]) -> dict[str, Any]:
    """Read ``name=value`` texts as parameters of a strategy.

    Raises
    ------
    SpecError or StrategyError
        If a text is not of that form, or its strategy, name or value is wrong.
    """
    from screener.strategy import load

    rule, texts = load(strategy), pairs("--set", settings)
    read = rule.params(texts)
    return {name: getattr(read, name) for name in texts}
