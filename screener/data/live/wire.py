"""One exchange over the wire: every way it can fail as one of our errors, and the body read in time."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from screener.data.live.families import Family, family_of
from screener.data.live.faults import BadAnswer, Blocked, LiveError, Unreachable

__all__ = ["check", "exchange", "read_body"]

CHUNK = 65_536
LARGEST = 64 * 2**20  # bytes of one body, some ten times the largest list
GONE = (400, 404, 405, 410)  # says something about the address, nothing about the host
PAGE = (b"<!doctype", b"<html", b"<head", b"<body", b"<script")


def exchange(real: Callable[..., Any], adapter: object, request: Any, options: dict[str, Any]) -> Any:
    """Send a request and return the response, its body still on the wire.

    Raises
    ------
    Unreachable
    """
    from requests import exceptions

    try:
        return real(adapter, request, **{**options, "stream": True})
    except exceptions.SSLError as error:
        text = "TLS failed: a proxy or a virus scanner may stand in between; set NO_PROXY or its certificate"
        raise Unreachable(f"{_host(request)}: {text} ({_root(error)})") from error
    except exceptions.ProxyError as error:
        text = "the proxy of this system fails; unset HTTPS_PROXY, or set NO_PROXY"
        raise Unreachable(f"{_host(request)}: {text} ({_root(error)})", passing=True) from error
    except exceptions.Timeout as error:
        raise Unreachable(f"{_host(request)}: no answer in time", passing=True) from error
    except exceptions.RequestException as error:
        raise Unreachable(f"{_host(request)}: no answer ({_root(error)})", passing=True) from error


def read_body(response: Any, clock: Callable[[], float], until: float) -> bytes:
    """Read a body piece by piece, and leave it in the response.

    Raises
    ------
    Unreachable
        A body that breaks off, or is not complete at `until`.
    BadAnswer
        A body that cannot be unpacked, or is far too large.

    Notes
    -----
    `requests` limits the time between two pieces only, so that a drip of one byte in ten seconds holds for
    ever. ``read1`` returns after each piece.
    """
    from urllib3 import exceptions

    pieces, size, host = [], 0, _host(response.request)
    try:
        while piece := response.raw.read1(CHUNK, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if clock() > until:
                raise Unreachable(f"{host}: the answer drips and was given up", passing=True)
            if size > LARGEST:
                raise BadAnswer(f"{host}: an answer of more than {LARGEST >> 20} MiB was given up")
    except exceptions.DecodeError as error:
        raise BadAnswer(f"{host}: the answer cannot be unpacked ({_root(error)})", passing=True) from error
    except (exceptions.HTTPError, OSError) as error:
        if isinstance(error, LiveError):
            raise
        raise Unreachable(f"{host}: the answer broke off ({_root(error)})", passing=True) from error
    finally:
        response.close()
    response._content, response._content_consumed = b"".join(pieces), True
    return response.content


def check(response: Any, body: bytes, family: Family) -> None:
    """Refuse an answer that no parser should see.

    Raises
    ------
    Blocked
        403, 429, a page where data should be, or a way to another host.
    Unreachable
        5xx.
    BadAnswer
        Another status, an empty body, or broken JSON.
    """
    status, host = response.status_code, _host(response.request)
    if response.is_redirect:
        return _check_redirect(response, family, host)
    if status in (403, 429):
        told = _retry_after(response)
        raise Blocked(f"{host}: refuses requests (HTTP {status})", passing=True, retry_after=told)
    if status >= 500:
        text = f"{host}: the host fails (HTTP {status})"
        raise Unreachable(text, passing=True, retry_after=_retry_after(response))
    if status != 200:
        text = f"{host}: HTTP {status} for {response.request.path_url.partition('?')[0]}"
        raise BadAnswer(f"{text}: the endpoint may have moved", counts=status not in GONE)
    if not body.strip():
        raise BadAnswer(f"{host}: an empty answer", passing=True)
    if family.sends != "html" and body[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(PAGE):
        raise Blocked(f"{host}: a web page instead of data, most likely a captcha", passing=True)
    if family.sends == "json":
        _check_json(body, host)
    return None


def _check_redirect(response: Any, family: Family, host: str) -> None:
    target = urljoin(response.request.url, response.headers["location"])
    if family_of(target).name != family.name:
        raise Blocked(f"{host}: sends to {target.partition('?')[0]}, most likely a login page")


def _check_json(body: bytes, host: str) -> None:
    try:
        json.loads(body)
    except ValueError as error:
        raise BadAnswer(f"{host}: the answer is not JSON ({error})", passing=True) from error


def _retry_after(response: Any) -> float | None:
    """Read the header in seconds or as a date, measured by the host's own clock if it tells it."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        then = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    try:
        now = email.utils.parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        now = dt.datetime.now(dt.UTC)
    return max((then - now).total_seconds(), 0.0)


def _host(request: Any) -> str:
    return str(request.url).split("/")[2].rpartition("@")[2]


def _root(error: BaseException) -> str:
    """Return the innermost reason in a few words; addresses in it may hold secrets and are left out."""
    while True:
        inner = getattr(error, "reason", None) or next(
            (arg for arg in error.args if isinstance(arg, BaseException)), None
        )
        if not isinstance(inner, BaseException):
            break
        error = inner
    return type(error).__name__
