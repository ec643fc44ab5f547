"""What a raw answer says beside its rows: that there is nothing, or which share it is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from screener.data.live.record import Answer

__all__ = ["codes_told", "pages_told", "says_nothing"]

ASSIGNED = re.compile(r"^[\s\S]{0,200}?\bvar\s+(?:KLC_[A-Z0-9]+_|KKE_ShareAmount_)?(?:sh|sz|bj)([0-9]{6})")
TENCENT = re.compile(r"^\s*kline_day[a-z0-9]*\s*=")
SIX = re.compile(r"[0-9]{6}")
EMPTY_TABLE = "暂时没有数据"
UNFILLED = re.compile(r'^\s*var\s+KLC_\w+\s*=\s*""')
CODES = ("code", "SECURITY_CODE", "indexCode", "f57")


def says_nothing(answer: Answer) -> bool:
    """Whether a sound answer states that there is nothing: null, an empty list, an empty table."""
    text = answer.body.decode("utf-8", errors="replace")
    if EMPTY_TABLE in text or UNFILLED.match(text):
        return True
    data = _json(text[text.find("=") + 1 :] if TENCENT.match(text) else text)
    if not isinstance(data, dict):
        return False
    return any(_hollow(data[name]) for name in ("data", "result") if name in data)


def codes_told(answer: Answer) -> set[str]:
    """Return the six-digit codes that an answer says it is about; empty where it does not tell."""
    text = answer.body[:4_000_000].decode("utf-8", errors="replace")
    named = ASSIGNED.match(text)
    if named:
        return {named[1]}
    data = _json(text)
    if not isinstance(data, dict):
        return set()
    return {code for code in _codes(data) if SIX.fullmatch(code)}


def pages_told(answer: Answer) -> int:
    """Return how many pages an answer says there are; 1 where it does not tell."""
    data = _json(answer.body.decode("utf-8", errors="replace"))
    result = data.get("result") if isinstance(data, dict) else None
    return int(result.get("pages") or 1) if isinstance(result, dict) else 1


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _hollow(value: Any) -> bool:
    """Whether nothing hides below `value`: null, or empty lists where rows belong."""
    if not value:
        return True
    if isinstance(value, dict):
        rows = [value[name] for name in ("klines", "data", "day", "qfqday", "hfqday") if name in value]
        shares = [inner for name, inner in value.items() if re.fullmatch(r"(sh|sz|bj)[0-9]{6}", str(name))]
        return any(_hollow(inner) for inner in (*rows, *shares)) or _without_day(shares)
    return False


def _without_day(shares: list[Any]) -> bool:
    return any(isinstance(share, dict) and not any("day" in name for name in share) for share in shares)


def _codes(data: dict[str, Any]) -> Iterator[str]:
    inner = data.get("data") or data.get("result") or {}
    rows = inner.get("data", inner) if isinstance(inner, dict) else inner
    for row in rows if isinstance(rows, list) else [rows]:
        if isinstance(row, dict):
            yield from (str(row[name]) for name in CODES if name in row)
