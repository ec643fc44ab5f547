"""Add a claim of the user's own: checked with the file that it makes, and what stands there stays."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import tomlkit

from screener.cycle.claim_file import load_claims, own_file, read_claims
from screener.cycle.claim_series import driver
from screener.cycle.extend import Addition
from screener.errors import CycleError
from screener.toml_text import shown

__all__ = ["propose"]

BOM = "\ufeff"
TITLE = "# Claims of your own, to be held to account: `screener claims`.\n"


def propose(fields: Mapping[str, Any]) -> Addition:
    """Build the block of a claim and check the file that it would make; nothing is written.

    Parameters
    ----------
    fields : mapping
        Keys of a claim; what is None is left out. The kind follows from them: with ``over`` a share, with
        ``against`` a growth, else a level, whose unit is the driver's own unless it is given.

    Returns
    -------
    Addition
        For `extend.write`.

    Raises
    ------
    CycleError
        If the id is taken, or the claim breaks a rule.
    """
    known, path = load_claims(), own_file()
    if fields["id"] in known:
        place = shown(known[fields["id"]].path)
        raise CycleError(f"id={fields['id']!r} stands in {place} already; choose another")
    raw = path.read_bytes().decode("utf-8") if path.is_file() else TITLE
    newline = "\r\n" if raw.partition("\n")[0].endswith("\r") else "\n"
    block = _block(_settled(fields))
    before = raw if raw.endswith("\n") else raw + newline
    text = before + f"\n{block}".replace("\n", newline)
    try:
        read_claims(path, text.removeprefix(BOM))
    except CycleError as error:
        raise CycleError(*(_without_place(problem) for problem in error.problems)) from error
    return Addition(path, block.rstrip("\n"), text)


def _settled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of the claim, its kind among them."""
    given = {key: value for key, value in fields.items() if value is not None}
    kind = "share" if "over" in given else "growth" if "against" in given else "level"
    if kind == "level" and "unit" not in given:
        series = driver(given["driver"])
        given["unit"] = str(series.select(given.get("definition") or series.usual)["unit"].iloc[0])
    given.setdefault("title", f"{given['driver']} {given['period']}")
    return {**{key: given.pop(key) for key in ("id", "title")}, "kind": kind, **given}


def _block(fields: Mapping[str, Any]) -> str:
    """Write a ``[[claims]]`` table; numbers keep their digits."""
    lines = [f"{key} = {_text(value)}" for key, value in fields.items()]
    return "\n".join(["[[claims]]", *lines, ""])


def _text(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else tomlkit.item(value).as_string()


def _without_place(problem: str) -> str:
    """Take file and line off: the block stands in no file yet, and the rest of the file had no problem."""
    return problem.split(": ", 1)[1]
