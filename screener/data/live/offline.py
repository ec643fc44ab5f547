"""The hard rule of ``--offline``: whatever asks the network fails at once, and says why."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partialmethod
from typing import Any, NoReturn

from screener.data.live.record import without_secrets
from screener.errors import SourceError

__all__ = ["forbid_network"]

LOCAL = getattr(socket, "AF_UNIX", None)  # pipes between processes of one machine are no network


@contextmanager
def forbid_network() -> Iterator[None]:
    """Make every request and every connection raise `SourceError` while the block runs.

    Notes
    -----
    Closed are `requests` (every way ends in ``HTTPAdapter.send``), ``socket.socket.connect`` and
    ``connect_ex``, and the look-up of names, which would betray what is asked. Libraries that bring their
    own network code in C (curl) do not pass here; the package sends nothing through them.
    """
    import requests.adapters

    saved = [
        (owner, name, getattr(owner, name))
        for owner, name in (
            (socket.socket, "connect"),
            (socket.socket, "connect_ex"),
            (socket, "getaddrinfo"),
            (requests.adapters.HTTPAdapter, "send"),
        )
    ]
    for (owner, name, real), closed in zip(saved, (_connect, _connect, _lookup, _send), strict=True):
        setattr(owner, name, partialmethod(closed, real) if owner is socket.socket else closed)
    try:
        yield
    finally:
        for owner, name, real in saved:
            setattr(owner, name, real)


def _connect(self: socket.socket, real: Callable[..., object], address: object) -> object:
    return real(self, address) if LOCAL is not None and self.family == LOCAL else _refuse(address)


def _lookup(host: object, *_: object, **__: object) -> NoReturn:
    _refuse(host)


def _send(_: object, request: Any, **__: object) -> NoReturn:
    _refuse(without_secrets(request.url))


def _refuse(where: object) -> NoReturn:
    raise SourceError(
        f"{where}: the network was asked for, but --offline forbids it; "
        "leave --offline out, or fetch the data first"
    )
