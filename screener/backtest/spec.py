"""The settings of a run, checked: what `run.toml` holds and the command line sets."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from screener.backtest.mandate import Mandate
from screener.backtest.mandate import problems as mandate_problems
from screener.data.sources import SourceSpec
from screener.errors import SpecError, nearest
from screener.universe import READINGS

__all__ = ["Account", "Mandate", "RunSpec", "SourceSpec"]


FILLS = ("next-open", "next-close", "next-vwap", "same-close")
RULES = ("limits", "lots", "caps", "stamp", "transfer", "dividend-tax")


@dataclass(frozen=True)
class Account:
    """The account and its broker; the defaults are printed on every page.

    Attributes
    ----------
    cash : float
        Opening capital, CNY.
    fill : {"next-open", "next-close", "next-vwap", "same-close"}
        Session and price at which a decision is traded; "same-close" knows the close before it can be traded.
    commission_bp, commission_min : float
        Commission in basis points of turnover and its minimum in CNY an order.
    slippage_bp : float
        Paid against the price of the day, rounded to the tick against us.
    slippage_ticks : int
        Paid on top.
    impact : float
        Square-root impact: this times the daily volatility times the root of the order's share of the mean
        daily volume, both of the 20 sessions before; 0 = none, about 1 is usual.
    participation : float in [0, 1]
        Largest share of the day's volume, 0 = no cap. The volume is not known before the day is over.
    band : float in [0, 1)
        Changes of a holding below this share of equity are not made; it is opened and closed all the same.
    trade_min : float
        Trades below this value in CNY are not made, but for sales of a whole holding.
    retry_days : int
        Sessions for which an order that the market refused is tried again.
    actions : {"cash", "factor"}
        Dividends as cash and bonus shares as shares, or every event as a total-return-preserving share event.
    rights : {"lapsed", "taken"}
        What becomes of rights: not exercised, or bought with the cash at hand.
    delisting : {"last", "zero"}
        What a holding is worth when its listing ends: the last close in cash, or nothing.
    successors : tuple of str
        ``OLD=NEW:RATIO``: at the end of its listing a share becomes so many of another.
    off : tuple of str
        Rules that are switched off, of "limits", "lots", "caps", "stamp", "transfer", "dividend-tax".
    """

    cash: float = 10_000_000.0
    fill: str = "next-open"
    commission_bp: float = 2.5
    commission_min: float = 5.0
    slippage_bp: float = 5.0
    slippage_ticks: int = 0
    impact: float = 0.0
    participation: float = 0.10
    band: float = 0.001
    trade_min: float = 0.0
    retry_days: int = 5
    actions: str = "cash"
    rights: str = "lapsed"
    delisting: str = "last"
    successors: tuple[str, ...] = ()
    off: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values out of range, all at once."""
        ranges = {
            "cash": (1_000.0, 1e12),
            "commission_bp": (0.0, 30.0),
            "commission_min": (0.0, 1_000.0),
            "slippage_bp": (0.0, 500.0),
            "slippage_ticks": (0, 100),
            "impact": (0.0, 10.0),
            "participation": (0.0, 1.0),
            "band": (0.0, 0.5),
            "trade_min": (0.0, 1e9),
            "retry_days": (0, 60),
        }
        problems = [
            f"{name}={value} must lie in [{low:g}, {high:g}]"
            for name, (low, high) in ranges.items()
            if not (math.isfinite(value := getattr(self, name)) and low <= value <= high)
        ]
        choices = {
            "fill": FILLS,
            "actions": ("cash", "factor"),
            "rights": ("lapsed", "taken"),
            "delisting": ("last", "zero"),
        }
        for name, allowed in choices.items():
            if (value := getattr(self, name)) not in allowed:
                problems.append(f"{name}={value!r}: {nearest(str(value), allowed)}")
        problems += [f"off={name!r}: {nearest(str(name), RULES)}" for name in self.off if name not in RULES]
        problems += [
            f"successors={text!r} must be OLD=NEW:RATIO" for text in self.successors if not successor(text)
        ]
        if problems:
            raise SpecError(*problems)

    @classmethod
    def from_texts(cls, texts: dict[str, str]) -> Account:
        """Read settings as they are written on a command line; a list is separated by commas.

        Raises
        ------
        SpecError
            For unknown names and values of the wrong type or out of range, all at once.
        """
        kinds = {f.name: str(f.type) for f in dataclasses.fields(cls)}
        problems: list[str] = []
        table = {name: _from_text(text, kinds.get(name, "")) for name, text in texts.items()}
        values = _checked(cls, table, "--account ", problems)
        if problems:
            raise SpecError(*problems)
        return cls(**values | {name: tuple(v) for name, v in values.items() if isinstance(v, list)})

    def without_costs(self) -> Account:
        """Return the same account with a broker and a state that charge nothing."""
        free = {name: 0 for name in ("commission_bp", "commission_min", "slippage_bp", "impact")}
        off = (*self.off, *(rule for rule in ("stamp", "transfer", "dividend-tax") if rule not in self.off))
        return dataclasses.replace(self, **free, slippage_ticks=0, off=off)


def successor(text: str) -> tuple[str, str, float] | None:
    """Read ``OLD=NEW:RATIO``; None if it is something else."""
    found = re.fullmatch(r"(\d{6}\.[A-Z]{2})=(\d{6}\.[A-Z]{2}):(\d+(?:\.\d+)?)", text)
    return (found[1], found[2], float(found[3])) if found else None


@dataclass(frozen=True)
class RunSpec:
    """All settings of one run.

    Attributes
    ----------
    strategy : str
        Name or path of the strategy file.
    params : dict
        Values that differ from the strategy's defaults.
    themes : tuple of str
        Theme ids; empty = the five themes of the compute chain.
    membership : {"published", "hindsight"}
    source : SourceSpec
    start, end : date or None
        First and last session of the account; None = the effective start, the last session of the data.
    benchmark : str
        Symbol of the comparison curve; empty = the source's default.
    risk_free : float
        Rate a year.
    allow_overdue : bool
        Whether a decision may rest on an overdue release.
    account : Account
    mandate : Mandate
        Lines that the rule and its controls keep; empty = none.
    """

    strategy: str
    params: dict[str, Any] = field(default_factory=dict)
    themes: tuple[str, ...] = ()
    membership: str = "published"
    source: SourceSpec = field(default_factory=SourceSpec)
    start: dt.date | None = None
    end: dt.date | None = None
    benchmark: str = ""
    risk_free: float = 0.0
    allow_overdue: bool = False
    account: Account = field(default_factory=Account)
    mandate: Mandate = field(default_factory=Mandate)

    def __post_init__(self) -> None:
        """Refuse settings that contradict each other."""
        problems = []
        if self.membership not in READINGS:
            problems.append(f"membership={self.membership!r}: {nearest(str(self.membership), READINGS)}")
        if self.start and self.end and self.start >= self.end:
            problems.append(f"start={self.start} must lie before end={self.end}")
        if not -0.05 <= self.risk_free <= 0.5:
            problems.append(f"risk_free={self.risk_free} must lie in [-0.05, 0.5]")
        if problems:
            raise SpecError(*problems)

    def account_under_mandate(self) -> Account:
        """Return the account, trading no larger share of a day's volume than the mandate allows."""
        share = self.mandate.participation(self.account.participation)
        return dataclasses.replace(self.account, participation=share)

    def to_toml(self) -> str:
        """Write the spec as the text of a `run.toml`."""
        import tomlkit

        tables = dataclasses.asdict(self)
        document = tomlkit.document()
        document.add(
            tomlkit.comment("Settings of this run. `screener backtest --config run.toml` repeats it.")
        )
        for name, value in tables.items():
            if value is None or isinstance(value, dict):
                continue
            document[name] = list(value) if isinstance(value, tuple) else value
        for name in ("source", "account", "params"):
            document[name] = {key: list(v) if isinstance(v, tuple) else v for key, v in tables[name].items()}
        if not self.mandate.empty:
            document["mandate"] = self.mandate.lines()
        return tomlkit.dumps(document)

    @classmethod
    def from_toml(cls, text: str, where: str = "run.toml") -> RunSpec:
        """Read a `run.toml`.

        Raises
        ------
        SpecError
            If the text is not TOML, or a key is unknown, of the wrong type or out of range; all at once.
        """
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SpecError(f"{where}: not TOML: {error}") from error
        problems: list[str] = []
        params = tables.pop("params", {})
        source = _checked(SourceSpec, tables.pop("source", {}), f"{where}: [source] ", problems)
        account = _checked(Account, tables.pop("account", {}), f"{where}: [account] ", problems)
        mandate = tables.pop("mandate", {})
        problems += [f"{where}: [mandate] {text}" for _, _, text in mandate_problems(mandate)]
        top = _checked(cls, tables, f"{where}: ", problems)
        if "strategy" not in top:
            problems.append(f"{where}: strategy is missing")
        if not isinstance(params, dict):
            problems.append(f"{where}: [params] must be a table")
        if problems:
            raise SpecError(*problems)
        top["themes"] = tuple(top.get("themes", ()))
        account |= {name: tuple(account[name]) for name in ("off", "successors") if name in account}
        nested = {"account": Account(**account), "mandate": Mandate.from_table(mandate)}
        return cls(params=params, source=SourceSpec(**source), **nested, **top)


_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
    "tuple[str, ...]": (list,),
    "dt.date | None": (dt.date,),
}


def _from_text(text: str, kind: str) -> object:
    """Read text as a kind of setting; what cannot be read stays text and is refused as such."""
    if kind.startswith("tuple"):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return {"int": int, "float": float}.get(kind, str)(text)
    except ValueError:
        return text


def _checked(kind: type, table: object, where: str, problems: list[str]) -> dict[str, Any]:
    """Return the known, well-typed keys of `table`; add one line to `problems` for each other key."""
    if not isinstance(table, dict):
        problems.append(f"{where}must be a table")
        return {}
    fields = {f.name: f for f in dataclasses.fields(kind) if str(f.type) in _KINDS}
    good = {}
    for key, value in table.items():
        if key not in fields:
            problems.append(f"{where}{key} is not a setting; {nearest(key, fields)}")
            continue
        allowed = _KINDS[str(fields[key].type)]
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            problems.append(f"{where}{key}={value!r} must be {str(fields[key].type).replace('dt.', '')}")
            continue
        good[key] = value
    return good
