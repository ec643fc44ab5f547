"""Ctrl-C, pressed once or in impatience: the first stops the command, the next do not disturb its end."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

__all__ = ["heard_once"]

GRACE = 10.0  # seconds for the end of a command; later a press counts again, should the first have been lost


class _Presses:
    """A handler that raises at the first press, and again only when the time of grace is over."""

    def __init__(self) -> None:
        self.last = float("-inf")

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self.last < GRACE:
            return
        self.last = now
        raise KeyboardInterrupt


@contextlib.contextmanager
def heard_once() -> Iterator[None]:
    """Raise KeyboardInterrupt once for any number of presses while the block runs.

    Notes
    -----
    After a press they are ignored until the process ends, which it is about to do. Where somebody else
    handles the signal, or ignores it, nothing is changed.
    """
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    presses = _Presses()
    signal.signal(signal.SIGINT, presses)
    try:
        yield
    finally:
        pressed = presses.last > float("-inf")
        signal.signal(signal.SIGINT, signal.SIG_IGN if pressed else signal.default_int_handler)
