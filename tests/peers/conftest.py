"""No library in this folder may ask a host."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def no_host() -> Iterator[None]:
    """Close the ways out before a library is imported: one of them carries a client for quotes."""

    def asked(*arguments: object) -> None:
        raise AssertionError(f"asked the network: {arguments!r}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", asked)
        patch.setattr(socket.socket, "connect_ex", asked)
        patch.setattr(socket, "getaddrinfo", asked)
        yield
