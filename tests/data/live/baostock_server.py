"""baostock's server on the loopback: its frames, checksums, pages and compressed bodies, invented values.

A message is a head of 21 characters (version, type, length of the body in ten digits), a body, and a
checksum; parts are parted by the character 1. A question ends with a line feed, an answer with a mark.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import socketserver
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from unittest import mock

from tests.data.live.market import Market

PART, MARK, HEAD = "\1", b"<![CDATA[]]>\n", 21
ANSWERS = {"00": "01", "02": "03", "15": "16", "33": "34", "35": "36", "45": "46", "95": "96"}
PRESSED = ("96",)
PAGE = 2000  # rows; the client counts on it

HOOK = """
if os.environ.get("BAOSTOCK_PORT"):
    import baostock.common.contants as _constants

    from screener.data.live.baostock import Baostock as _Source

    _constants.BAOSTOCK_SERVER_IP = "127.0.0.1"
    _constants.BAOSTOCK_SERVER_PORT = int(os.environ["BAOSTOCK_PORT"])
    _Source.__init__.__defaults__ = (*_Source.__init__.__defaults__[:-1], float(os.environ["BAOSTOCK_LIMIT"]))
"""


@contextlib.contextmanager
def asked_here(port: int, limit: float) -> Iterator[None]:
    """Let the library of this process ask the server, as `HOOK` does in another one."""
    import baostock.common.contants as constants

    from screener.data.live.baostock import Baostock

    where = {"BAOSTOCK_SERVER_IP": "127.0.0.1", "BAOSTOCK_SERVER_PORT": port}
    defaults = (*Baostock.__init__.__defaults__[:-1], limit)
    with (
        mock.patch.multiple(constants, **where),
        mock.patch.object(Baostock.__init__, "__defaults__", defaults),
    ):
        yield


Rows = list[list[str]]


@dataclass
class Fault:
    """What goes wrong with answers to a method; if `where` is one of their arguments, or empty.

    Attributes
    ----------
    kind : str
        half (a part, then closed), silent, drip, refused (an error code), garbage, or rows with `change`.
    """

    method: str
    kind: str
    where: str = ""
    change: Callable[[Rows], Rows] | None = None

    def meets(self, asked: list[str]) -> bool:
        return self.method == asked[0] and self.where in ("", *asked)


@dataclass
class Facts:
    """What the market does not say: days of leaving, and shares whose factors are not told."""

    delisted: dict[str, str] = field(default_factory=dict)
    untold: set[str] = field(default_factory=set)
    more: Rows = field(default_factory=list)  # rows of the list of shares


class Server(socketserver.ThreadingTCPServer):
    """The server; `log` has the method and arguments of every question."""

    daemon_threads = True
    block_on_close = False
    url = ""  # as `standin.Server`: nothing of HTTP is served

    def __init__(self, market: Market) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.market, self.facts = market, Facts()
        self.faults: list[Fault] = []
        self.log: list[list[str]] = []
        self.closing = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def asked(self, word: str) -> list[list[str]]:
        """Return the questions, log-ins and the like left out, in which a word stands."""
        return [asked for asked in self.log if asked[0].startswith("query") and any(word in a for a in asked)]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that have gone."""


class Handler(socketserver.StreamRequestHandler):
    """Answer the questions of one connection."""

    server: Server

    def handle(self) -> None:
        for line in self.rfile:
            kind, asked = opened(line.decode().rstrip("\n"))
            self.server.log.append(asked)
            fault = next((f for f in self.server.faults if f.meets(asked)), None)
            if not self.answer(kind, asked, fault):
                return

    def answer(self, kind: str, asked: list[str], fault: Fault | None) -> bool:
        """Send an answer; say whether the connection stays."""
        wrong = fault.kind if fault else ""
        if wrong == "refused":
            body = PART.join(("10001011", "黑名单用户"))
        elif wrong == "garbage":
            body = "0"
        elif asked[0] in ("login", "logout"):
            body = PART.join(("0", "success", asked[0], "anonymous"))
        else:
            body = page(self.server, asked, fault.change if fault else None)
        whole = framed(ANSWERS[kind], body)
        if wrong == "silent":
            self.server.closing.wait(30.0)
            return False
        if wrong == "drip":
            for k in range(len(whole)):
                self.wfile.write(whole[k : k + 1])
                time.sleep(0.05)
        self.wfile.write(whole[: len(whole) // 2] if wrong == "half" else whole)
        return wrong != "half"


def opened(line: str) -> tuple[str, list[str]]:
    """Return the type and the parts of a question whose length and checksum are right."""
    whole, _, told = line.rpartition(PART)
    assert int(told) == zlib.crc32(whole.encode()), line
    _, kind, length = whole[:HEAD].split(PART)
    assert int(length) == len(whole) - HEAD, line
    return kind, whole[HEAD:].split(PART)


def framed(kind: str, body: str) -> bytes:
    """Return an answer as it is sent; the length is that of what stands between head and mark."""
    sealed = (body + PART + str(zlib.crc32(body.encode()))).encode()
    sent = zlib.compress(sealed) if kind in PRESSED else sealed
    return PART.join(("00.9.40", kind, f"{len(sent):010d}")).encode() + sent + MARK


def page(server: Server, asked: list[str], change: Callable[[Rows], Rows] | None) -> str:
    """Return one page of rows and what the client wants to read around it."""
    method, user, number, count, *arguments = asked
    fields, rows = globals()[method](server, *arguments)
    rows = change(rows) if change else rows
    first = (int(number) - 1) * PAGE
    record = json.dumps({"record": rows[first : first + PAGE]}, ensure_ascii=False)
    head = ["0", "success", method, user, number, count, record]
    if method == "query_history_k_data_plus":
        return PART.join((*head, arguments[0], fields, *arguments[2:]))
    return PART.join((*head, *arguments, fields))


def query_history_k_data_plus(
    server: Server, code: str, fields: str, start: str, end: str, *_: str
) -> tuple[str, Rows]:
    names = fields.split(",")
    found = daily(server.market, code)
    return fields, [[row[n] for n in names] for row in found if start <= row["date"] <= end]


def daily(market: Market, code: str) -> list[dict[str, str]]:
    """Return every day from the first to the last bar of the market, rest days as baostock fills them."""
    symbol = f"{code[3:]}.{code[:2].upper()}"
    share = market.shares.get(symbol)
    bars = {bar.date: bar for bar in (share.bars if share else market.indices.get(symbol, []))}
    references = {event.date: event.reference for event in share.dividends} if share else {}
    out: list[dict[str, str]] = []
    close = 0.0
    for day in market.sessions:
        if not bars or not min(bars) <= day <= last_day(market):
            continue
        bar, before = bars.get(day), references.get(day, close) or bars[min(bars)].open
        known = {"code": code, "date": f"{day}", "preclose": f"{before:.4f}", "isST": "0"}
        if bar is None:
            still = dict.fromkeys(("open", "high", "low", "close"), f"{close:.4f}")
            out.append({**known, **still, "volume": "", "amount": "", "tradestatus": "0"})
            continue
        prices = {name: f"{getattr(bar, name):.4f}" for name in ("open", "high", "low", "close")}
        sizes = {"volume": f"{bar.volume}", "amount": f"{bar.amount:.4f}", "tradestatus": "1"}
        out.append({**known, **prices, **sizes})
        close = bar.close
    return out


def last_day(market: Market) -> dt.date:
    return max(share.bars[-1].date for share in market.shares.values())


def query_adjust_factor(server: Server, code: str, start: str, end: str) -> tuple[str, Rows]:
    fields = "code, dividOperateDate, foreAdjustFactor, backAdjustFactor, adjustFactor"
    share = server.market.shares.get(f"{code[3:]}.{code[:2].upper()}")
    events = share.dividends if share and share.symbol not in server.facts.untold else []
    rows = [[code, f"{e.date}", "1.000000", f"{e.factor:.6f}", f"{e.factor:.6f}"] for e in events]
    return fields, rows


def query_trade_dates(server: Server, start: str, end: str) -> tuple[str, Rows]:
    """Return every calendar day between the sessions of the market."""
    known = {f"{day}" for day in server.market.sessions}
    first, last = server.market.sessions[0], server.market.sessions[-1]
    days = [f"{first + dt.timedelta(days=k)}" for k in range((last - first).days + 1)]
    rows = [[day, str(int(day in known))] for day in days if start <= day <= end]
    return "calendar_date, is_trading_day", rows


def query_all_stock(server: Server, day: str) -> tuple[str, Rows]:
    rows = []
    for symbol, share in server.market.shares.items():
        trades = any(f"{bar.date}" == day for bar in share.bars)
        rows.append([f"{symbol[7:].lower()}.{symbol[:6]}", str(int(trades)), share.name])
    return "code, tradeStatus, code_name", rows


def query_stock_basic(server: Server, *_: str) -> tuple[str, Rows]:
    rows = [["sh.000300", "沪深300", "2005-04-08", "", "2", "1"], *server.facts.more]
    for symbol, share in server.market.shares.items():
        left = server.facts.delisted.get(symbol, "")
        code = f"{symbol[7:].lower()}.{symbol[:6]}"
        rows.append([code, share.name, f"{share.listed}", left, "1", str(int(not left))])
    return "code, code_name, ipoDate, outDate, type, status", rows


@contextlib.contextmanager
def served(market: Market) -> Iterator[Server]:
    """Serve a market while the block runs."""
    server = Server(market)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
