"""Small builders of HTML. Text becomes HTML in one place only, `escape`; everything else is built from it."""

from __future__ import annotations

import base64
import hashlib
import html
import math
import re
from collections.abc import Iterable, Sequence

from screener.report.numbers import NA, WRITERS

__all__ = ["Markup", "cell", "escape", "join", "num", "raw_hash", "table", "tag"]

# What HTML 5 forbids or a file cannot hold: control characters, lone surrogates, non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
UNDEFINED = ("not defined here", "此处无定义")
_VOID = frozenset({"br", "col", "input", "link", "meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escape(value: object) -> Markup:
    """Turn anything into HTML text that is also safe inside a quoted attribute; `Markup` passes."""
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(_FORBIDDEN.sub("\ufffd", str(value)), quote=True))


def join(parts: Iterable[object]) -> Markup:
    """Put parts next to each other, escaping what is not HTML yet."""
    return Markup("".join(map(escape, parts)))


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Build an element.

    Attributes that are None or False are left out, True stands alone; `class_` is written ``class`` and
    ``data_x`` is written ``data-x``.

    Examples
    --------
    >>> tag("p", "a < b", class_="note")
    '<p class="note">a &lt; b</p>'
    """
    pieces = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        pieces.append(key if value is True else f'{key}="{escape(value)}"')
    opening = f"<{' '.join(pieces)}>"
    return Markup(opening if name in _VOID else f"{opening}{join(children)}</{name}>")


def raw_hash(text: str) -> str:
    """Return the source expression by which a content security policy allows an inline block."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def num(value: float, kind: str, why: str | tuple[str, str] = UNDEFINED, signed: bool = False) -> Markup:
    """Write a number of a kind of `WRITERS`; one that is not finite becomes ``n/a`` that says `why`.

    Parameters
    ----------
    why : str or (str, str)
        In English, or in English and Chinese.
    signed : bool
        Whether the sign shall be coloured.
    """
    if not math.isfinite(value):
        english, chinese = why if isinstance(why, tuple) else (why, None)
        return tag("span", NA, class_="na", title=english, data_zh=chinese)
    text = WRITERS[kind](value)
    shown = text.replace("-", "\N{MINUS SIGN}")
    zero = not any(digit in text for digit in "123456789")
    colour = "" if zero or not signed else "up" if value > 0 else "down"
    return tag("span", shown, class_=colour) if colour else escape(shown)


def cell(content: object, **attributes: object) -> Markup:
    """Build a right-aligned cell for a number."""
    classes = " ".join(filter(None, ("n", str(attributes.pop("class_", "")))))
    return tag("td", content, class_=classes, **attributes)


def table(
    head: Sequence[object],
    rows: Iterable[Sequence[object] | Markup],
    *,
    caption: object = None,
    class_: str = "",
    text_columns: int = 1,
) -> Markup:
    """Build a table that scrolls sideways when the screen is narrow.

    The first column is a row header and the first `text_columns` columns align left, the others right;
    cells and headers may be given as ready ``td`` or ``th`` elements, and a row as a ready ``tr``.
    """
    heads = (
        part if _is_cell(part) else tag("th", part, class_=None if k < text_columns else "n", scope="col")
        for k, part in enumerate(head)
    )
    body = (_row(row, text_columns) for row in rows)
    inner = (
        tag("caption", caption) if caption else "",
        tag("thead", tag("tr", *heads)),
        tag("tbody", *body),
    )
    return tag("div", tag("table", *inner, class_=class_ or None), class_="scroll", tabindex="0")


def _row(row: Sequence[object] | Markup, text_columns: int) -> Markup:
    if isinstance(row, Markup):
        return row
    return tag("tr", *(_cell(part, k, text_columns) for k, part in enumerate(row)))


def _is_cell(part: object) -> bool:
    return isinstance(part, Markup) and part.startswith(("<td", "<th"))


def _cell(part: object, k: int, text_columns: int) -> Markup:
    if _is_cell(part):
        return escape(part)
    if k == 0:
        return tag("th", part, scope="row")
    return tag("td", part) if k < text_columns else cell(part)
