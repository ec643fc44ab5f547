"""What an update brought, what it refused, and what it could not get."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Failure", "Refusal", "Summary"]

SHOWN = 5  # lines of one kind that are printed; the others are counted


class Refusal(NamedTuple):
    """Rows that broke the contract; they lie in quarantine."""

    kind: str
    key: str
    rows: int
    reason: str


class Failure(NamedTuple):
    """An answer that did not come, or that nobody could read."""

    kind: str
    key: str
    reason: str


@dataclass
class Summary:
    """The account of one update.

    Attributes
    ----------
    shares : int
        Shares that were to be updated.
    tables : Counter
        Tables by kind and source that were written.
    rows : Counter
        New rows by kind.
    refused : list of Refusal
    failed : list of Failure
    stale : dict
        Shares whose newest session is missing, with the reason.
    updated, skipped : list of str
        Shares that were brought up to date, and those that were so already.
    set_aside : list of str
        Damaged tables that were taken out and asked for again.
    notes : list of str
    capex : list of str
        What the companies' statements say beside the driver file.
    requests : int
    waited, asking : float
        Seconds of politeness, and seconds in which a host was asked.
    silent : list of str
        Families of hosts that failed one after the other, so that nobody was asked any more.
    interrupted : bool
    kept : bool
        After an interruption, whether there is a store in which anything was kept.
    """

    shares: int = 0
    tables: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    stale: dict[str, str] = field(default_factory=dict)
    updated: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    capex: list[str] = field(default_factory=list)
    requests: int = 0
    waited: float = 0.0
    asking: float = 0.0
    silent: list[str] = field(default_factory=list)
    interrupted: bool = False
    kept: bool = True

    @property
    def exit_code(self) -> int:
        """130 after an interruption, 3 where no host answers or half of the shares or more are stale."""
        if self.interrupted:
            return 130
        if self.silent:
            return 3
        return 3 if self.stale and 2 * len(self.stale) >= self.shares else 0

    def as_dict(self) -> dict[str, object]:
        """Return the account as plain values."""
        tables = [{"kind": k, "source": s, "tables": n} for (k, s), n in sorted(self.tables.items())]
        return {
            "exit_code": self.exit_code,
            "shares": self.shares,
            "updated": self.updated,
            "skipped": self.skipped,
            "tables": tables,
            "new_rows": dict(sorted(self.rows.items())),
            "refused": [item._asdict() for item in self.refused],
            "failed": [item._asdict() for item in self.failed],
            "stale": self.stale,
            "set_aside": self.set_aside,
            "notes": self.notes,
            "capex": self.capex,
            "requests": self.requests,
            "seconds_waited": round(self.waited, 1),
            "seconds_asking": round(self.asking, 1),
            "silent": self.silent,
            "interrupted": self.interrupted,
            "kept": self.kept,
        }

    def lines(self) -> list[str]:
        """Return the account for a reader, long lists cut short; where no host answers, that alone."""
        if self.silent and not self.interrupted:
            return self._cut_off()
        out = [self._head(), *_some(self.set_aside, 20)]
        for kind in sorted({kind for kind, _ in self.tables}):
            by_source = [f"{n} from {s}" for (k, s), n in sorted(self.tables.items()) if k == kind]
            out.append(f"{kind}: {', '.join(by_source)}; {_counted(self.rows[kind], 'new row')}")
        refused = [f"refused {r.kind} {r.key}, {_counted(r.rows, 'row')}: {r.reason}" for r in self.refused]
        out += _some(refused)
        if self.refused:
            out.append("Refused rows lie in quarantine; a run on these shares stops unless --allow-suspect")
        out += _some([f"failed {f.kind} {f.key}: {f.reason}" for f in self.failed])
        out += _some([f"stale {symbol}: {why}" for symbol, why in sorted(self.stale.items())], 20)
        out += [*_some(self.notes), *self.capex]
        spent = f"{self.waited:.0f} s of polite waits, {self.asking:.0f} s asking"
        out.append(f"{_counted(self.requests, 'request')}: {spent}")
        return out

    def _cut_off(self) -> list[str]:
        return [
            f"No host answers ({', '.join(self.silent)}), nobody else was asked: {len(self.updated)} of "
            f"{_counted(self.shares, 'share')} updated, {len(self.stale)} stale; what the store held is kept",
            "`screener doctor --live` asks each host; once they answer, the same command goes on",
        ]

    def _head(self) -> str:
        text = f"{_counted(self.shares, 'share')}: {len(self.updated)} updated"
        text += f", {len(self.skipped)} up to date already and skipped"
        text += f", {len(self.stale)} stale" if self.stale else ""
        if self.interrupted and not self.kept:
            return "Interrupted before anything was complete; nothing was kept, the same command begins anew"
        if self.interrupted:
            text = f"Interrupted; what was fetched is kept, the same command goes on. {text}"
        return text


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _some(lines: list[str], most: int = SHOWN) -> list[str]:
    more = len(lines) - most
    return [*lines[:most], *([f"and {more} more such lines (see --json)"] if more > 0 else [])]
