"""The text of a new theme file: commented, and complete as soon as it has a member."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import tomlkit

from screener.universe import rules

__all__ = ["member_text", "peer", "problems", "theme_text"]

MEMBER_KEYS = ("symbol", "name", "since", "weight", "confidence", "source", "note")
NO_EXPOSURE = """\
# What you believe about theme and driver, and since when; `driver` and [exposure] belong together.
# driver = "hyperscaler-capex"      # this line would stand above, beside `stage`
# [exposure]
# value = 0.5                       # -1 (against the driver) to 1 (with it)
# date = {today}                 # the day on which you wrote it down
# reason = "..."
"""
MEMBERS = """\
# A member that a report named has `since` and `source`, and counts from that day:
#   since = 2024-07-31
#   source = { report = "...", date = 2024-07-31, quote = "one line, 120 characters at most" }
# A peer is named by no report; its note says why it belongs, and it counts with hindsight only.
"""


def theme_text(fields: Mapping[str, Any], members: Iterable[Mapping[str, Any]], today: dt.date) -> str:
    """Write a theme file.

    Parameters
    ----------
    fields : mapping
        ``title, title_zh, stage``, and ``driver, exposure, reason`` if the theme follows a driver.
    members : iterable of mapping
        Keys of a member; see `member_text`.
    today : date
        The day on which the belief is written down.

    Returns
    -------
    str
        Valid TOML; without members it is no theme yet, which the rules then say.
    """
    head = [
        "# One theme a file, named by its stem. Text is quoted, dates are not; unknown keys are errors.",
        f"title = {value_text(fields['title'])}",
        f"title_zh = {value_text(fields.get('title_zh') or '')}",
        f"stage = {value_text(fields['stage'])}  # upstream, midstream or downstream",
    ]
    if fields.get("driver"):
        head += [
            f"driver = {value_text(fields['driver'])}",
            "",
            "[exposure]",
            f"value = {value_text(fields['exposure'])}  # -1 (against it) to 1 (with it)",
            f"date = {today}  # the day on which it was written down",
            f"reason = {value_text(fields['reason'])}",
        ]
    else:
        head += ["", NO_EXPOSURE.format(today=today).rstrip("\n")]
    return "\n".join([*head, "", MEMBERS, *(member_text(member) for member in members)]).rstrip("\n") + "\n"


def problems(name: str, fields: Mapping[str, Any], today: dt.date) -> list[str]:
    """Say what is wrong with the fields of a new theme; its members are checked apart."""
    belief = {"value": fields.get("exposure"), "date": today, "reason": fields.get("reason")}
    asked = any(fields.get(key) is not None for key in ("driver", "exposure", "reason"))
    theme = {**fields, "id": name, "exposure": belief if asked else None, "members": [{}]}
    found = [*rules.theme_problems(theme), *(rules.exposure_problems(belief) if asked else ())]
    return [problem.text for problem in found]


def peer(symbol: str, name: str, note: str, weight: float | None = None) -> dict[str, Any]:
    """Return the keys of a member that no report names."""
    return {"symbol": symbol, "name": name, "weight": weight, "confidence": "peer", "note": note}


def member_text(member: Mapping[str, Any]) -> str:
    """Write one ``[[members]]`` table; keys without a value are left out.

    Examples
    --------
    >>> print(member_text(peer("002837.SZ", "英维克", "Cooling.")), end="")
    [[members]]
    symbol = "002837.SZ"
    name = "英维克"
    confidence = "peer"
    note = "Cooling."
    """
    given = [(key, member[key]) for key in MEMBER_KEYS if member.get(key) not in (None, "")]
    return "\n".join(["[[members]]", *(f"{key} = {value_text(value)}" for key, value in given), ""])


def value_text(value: object) -> str:
    """Write a value as TOML does; a table in one line, with blanks inside the braces as elsewhere here."""
    if isinstance(value, Mapping):
        inside = (f"{key} = {value_text(part)}" for key, part in value.items() if part not in (None, ""))
        return f"{{ {', '.join(inside)} }}"
    return tomlkit.item(value).as_string()
