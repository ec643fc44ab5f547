"""What was sent and what came back: a log of requests, and the raw bodies if a folder is given."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from screener.errors import SourceError

__all__ = ["Answer", "Recorder", "Sent", "without_secrets"]

SECRET = re.compile(r"token|cookie|secret|passw|(^|_)key$|^ut$|^ct$|apikey|auth", re.IGNORECASE)


class Sent(NamedTuple):
    """One attempt.

    Attributes
    ----------
    family, url : str
        The address is without secrets.
    status : int
        0 where no answer came.
    size : int
        Bytes of the body.
    seconds, waited : float
        From sending to the end of the body, and before sending.
    problem : str
        Empty for a sound answer.
    """

    family: str
    url: str
    status: int
    size: int
    seconds: float
    waited: float
    problem: str


class Answer(NamedTuple):
    """A sound answer, as its parser saw it."""

    url: str
    status: int
    body: bytes


class Recorder:
    """Keep raw answers, gzipped, one file a request, with a line in ``requests.jsonl`` for each."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SourceError(f"{folder}: raw answers cannot be kept there ({error.strerror})") from error

    def keep(self, sent: Sent, body: bytes) -> Path:
        """Write a body and its line; the name tells the order, the family and the address."""
        self._count += 1
        mark = hashlib.sha256(sent.url.encode("utf-8")).hexdigest()[:10]
        path = self._folder / f"{self._count:06d}-{sent.family}-{mark}.gz"
        while path.exists():  # a folder may be used again
            self._count += 1
            path = path.with_name(f"{self._count:06d}-{sent.family}-{mark}.gz")
        path.write_bytes(gzip.compress(body, mtime=0))
        line = json.dumps({"file": path.name, **sent._asdict()}, ensure_ascii=False)
        with (self._folder / "requests.jsonl").open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")
        return path


def without_secrets(url: str) -> str:
    """Return an address whose secrets are stars.

    Examples
    --------
    >>> without_secrets("https://a:b@host.cn/x?secid=0.000977&token=7eea")
    'https://host.cn/x?secid=0.000977&token=%2A%2A%2A'
    """
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    query = [
        (name, "***" if SECRET.search(name) else value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    return urlunsplit((parts.scheme, place, parts.path, urlencode(query), ""))
