"""Library values as what JSON knows: one place, for what is printed and for what is saved."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """Turn library values into what JSON knows.

    Examples
    --------
    >>> plain({"day": dt.date(2024, 8, 19), "excess": float("nan"), "themes": ("idc", "optical")})
    {'day': '2024-08-19', 'excess': None, 'themes': ['idc', 'optical']}
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dt.date):  # a Timestamp is one, and so is NaT
        return None if value != value else value.isoformat()[:10]
    if isinstance(value, PurePath):
        return str(value)
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "columns"):  # a table becomes its rows, with the labels of an index that has names
        named = any(name is not None for name in value.index.names)
        return plain((value.reset_index() if named else value).to_dict("records"))
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return plain(value.tolist())
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)
