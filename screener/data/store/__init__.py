"""The store: a folder that keeps what was fetched, so that nothing is lost and nothing false gets in.

The names load on first use: what writes files needs no pandas.
"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "KINDS": "kinds",
    "WHOLE": "kinds",
    "Change": "store",
    "Entry": "manifest",
    "Imported": "imports",
    "Kind": "kinds",
    "Refused": "store",
    "Store": "store",
    "import_folder": "imports",
    "open_or_new": "opening",
    "open_store": "store",
}

__all__ = [*_PUBLIC]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)
