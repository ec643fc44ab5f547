"""What every signal asks of its arguments, and the way from a kernel back to a frame."""

from __future__ import annotations

from numbers import Integral

import pandas as pd

from screener.arrays import Matrix

__all__ = ["check_count", "check_frame", "like"]


def check_frame(name: str, frame: pd.DataFrame) -> None:
    """Refuse what is not a frame of days in their order."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"{name}={type(frame).__name__} must be a DataFrame (n_days, n_assets)")
    if not (frame.index.is_monotonic_increasing and frame.index.is_unique):
        raise ValueError(f"{name}.index must hold every day once, earliest first")


def check_count(name: str, value: int, low: int, high: int | None = None) -> int:
    """Return `value` if it is a whole number in [low, high]."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or value < low or (high is not None and value > high):
        allowed = f"at least {low}" if high is None else f"in [{low}, {high}]"
        raise ValueError(f"{name}={value!r} must be a whole number {allowed}")
    return int(value)


def like(frame: pd.DataFrame, values: Matrix) -> pd.DataFrame:
    """Label the values of a kernel as `frame` is labelled."""
    return pd.DataFrame(values, index=frame.index, columns=frame.columns)
