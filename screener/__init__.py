"""Thematic equity screening and backtesting for China A-shares.

The public names load on first use, so that ``import screener`` costs nothing:

- `run_backtest`: run a strategy beside its controls
- `RunSpec`, `Account`: the settings of a run
- `save`, `tearsheet`: write a run to disk; render its page
- `load_theme`, `load_driver`, `open_source`: the three kinds of input
- `to_portfolio`: the same account as a ``vectorbt.Portfolio``
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Account": ("screener.backtest.spec", "Account"),
    "RunSpec": ("screener.backtest.spec", "RunSpec"),
    "Theme": ("screener.universe", "Theme"),
    "load_driver": ("screener.cycle", "load_driver"),
    "load_theme": ("screener.universe", "load"),
    "open_source": ("screener.data.sources", "open_source"),
    "run_backtest": ("screener.backtest.run", "run"),
    "save": ("screener.report.save", "save"),
    "tearsheet": ("screener.report.gather", "tearsheet"),
    "to_portfolio": ("screener.report.vbt", "to_portfolio"),
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'screener' has no attribute {name!r}")
    module, attribute = _PUBLIC[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
