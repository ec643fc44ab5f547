"""A stand-in for every endpoint that is used, on the loopback: recorded shapes, invented values.

In a test: ``with served(invent()) as server:`` and `rewriting(server.url)`. For a subprocess: `hook(folder)`
and the root of the repository on PYTHONPATH, ``STANDIN_URL`` set to `server.url` and, if waiting shall be cut
short, ``STANDIN_PACE`` to a share of it. As a script it serves until it is stopped:
``python -m tests.data.live.standin 8765``.

Faults are put in front of the endpoints: ``server.faults.append(Fault("push2his", "status", status=429))``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.data.live import endpoints
from tests.data.live.market import Market, invent

PAGE = b"<!DOCTYPE html><html><body>slide to prove that you are human</body></html>"

HOOK = """
import os
import time

url, pace = os.environ.get("STANDIN_URL"), float(os.environ.get("STANDIN_PACE", "1"))
if url:
    from tests.data.live.standin import rewriting

    _kept = rewriting(url)
    _kept.__enter__()
if pace != 1.0:
    _sleep = time.sleep
    time.sleep = lambda seconds: _sleep(seconds * pace)
"""


@dataclass
class Fault:
    """What goes wrong with addresses that match.

    Attributes
    ----------
    match : str
        Pattern searched for in ``host/path?query``.
    kind : str
        status, page, empty, null, reset, half, drip, slow, gzip, redirect, or "body" with `change`.
    times : int
        How often; -1 for ever.
    """

    match: str
    kind: str
    times: int = -1
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    change: Callable[[bytes], bytes] | None = None
    seconds: float = 0.0


class Asked(NamedTuple):
    """One request that came in."""

    at: float
    url: str
    agent: str
    referer: str


class Server(ThreadingHTTPServer):
    """The loopback server; `log` has every request, `delay` is the latency of an honest answer in seconds."""

    daemon_threads = True

    def __init__(self, market: Market, port: int = 0, delay: float = 0.0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.market, self.delay = market, delay
        self.faults: list[Fault] = []
        self.log: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def asked(self, match: str) -> list[Asked]:
        """Return the requests whose address matches."""
        return [asked for asked in self.log if re.search(match, asked.url)]

    def fault_of(self, url: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and re.search(fault.match, url):
                fault.times -= 1
                return fault
        return None

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that have gone."""


class Handler(BaseHTTPRequestHandler):
    """Answer ``/host/path?query`` as the host would."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: 40 ms each otherwise

    def do_GET(self) -> None:
        url = self.path.lstrip("/")
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        agent, referer = self.headers.get("User-Agent", ""), self.headers.get("Referer", "")
        self.server.log.append(Asked(time.monotonic(), url, agent, referer))
        fault = self.server.fault_of(url)
        if fault is None or fault.kind in ("body", "half", "drip", "slow", "gzip"):
            time.sleep(self.server.delay)
            parts = urlsplit(f"//{url}")
            query = dict(parse_qsl(f"{parts.query}&{sent}", keep_blank_values=True))
            body = endpoints.answer(self.server.market, parts.netloc, parts.path, query)
        else:
            body = b""
        if body is None:
            return self.give(404, b"not found")
        return self.give(200, body) if fault is None else getattr(self, f"fault_{fault.kind}")(fault, body)

    do_POST = do_GET

    def give(self, status: int, body: bytes, headers: dict[str, str] | None = None, cut: int = 0) -> None:
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(body) + cut), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def fault_status(self, fault: Fault, _: bytes) -> None:
        self.give(fault.status, b"refused", fault.headers)

    def fault_page(self, fault: Fault, _: bytes) -> None:
        self.give(200, PAGE)

    def fault_empty(self, fault: Fault, _: bytes) -> None:
        self.give(200, b"")

    def fault_null(self, fault: Fault, _: bytes) -> None:
        self.give(200, b'{"rc":0,"data":null,"result":null,"success":false,"code":9201}')

    def fault_reset(self, fault: Fault, _: bytes) -> None:
        self.close_connection = True

    def fault_half(self, fault: Fault, body: bytes) -> None:
        self.give(200, body[: len(body) // 2], cut=len(body) - len(body) // 2)
        self.close_connection = True

    def fault_drip(self, fault: Fault, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for k in range(len(body)):
            self.wfile.write(body[k : k + 1])
            self.wfile.flush()
            time.sleep(fault.seconds)

    def fault_slow(self, fault: Fault, body: bytes) -> None:
        time.sleep(fault.seconds)
        self.give(200, body)

    def fault_gzip(self, fault: Fault, body: bytes) -> None:
        self.give(200, b"\x1f\x8b garbage " + body[:50], {"Content-Encoding": "gzip"})

    def fault_redirect(self, fault: Fault, _: bytes) -> None:
        self.give(302, b"", {"Location": "https://passport.example.com/login?back=1"})

    def fault_body(self, fault: Fault, body: bytes) -> None:
        assert fault.change is not None
        self.give(200, fault.change(body))

    def log_message(self, *_: object) -> None:
        """Keep the terminal quiet; `Server.log` has it all."""


@contextlib.contextmanager
def served(market: Market | None = None, delay: float = 0.0) -> Iterator[Server]:
    """Serve a market while the block runs."""
    server = Server(market or invent(), delay=delay)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def rewriting(url: str) -> Iterator[None]:
    """Send whatever `requests` sends to the stand-in; whoever patches later still sees the true address."""
    from requests.adapters import HTTPAdapter

    real = HTTPAdapter.send

    def send(adapter: HTTPAdapter, request: object, **options: object) -> object:
        true, parts = request.url, urlsplit(request.url)
        request.url = f"{url}/{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        request.headers["Host"] = urlsplit(url).netloc
        try:
            response = real(adapter, request, **{**options, "proxies": {}})
        finally:
            request.url = true
        response.url = true
        return response

    HTTPAdapter.send = send
    try:
        yield
    finally:
        HTTPAdapter.send = real


def hook(folder: Path) -> Path:
    """Write the file that makes a subprocess speak to ``STANDIN_URL``; put its folder on PYTHONPATH.

    The root of the repository must stand on PYTHONPATH as well, for ``tests.data.live``.
    """
    path = folder / "sitecustomize.py"
    path.write_text(HOOK, encoding="utf-8")
    return folder


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = Server(invent(), port)
    print(server.url, f"{dt.datetime.now():%H:%M}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
