"""The kinds of table that a store keeps, each said once: columns, types, key, and how it leaves the store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

__all__ = ["FETCHED", "KINDS", "WHOLE", "Column", "Kind", "kind_of"]

Type = Literal["date", "stamp", "text", "number", "flag"]

FETCHED = "fetched"  # when a row of an append-only table was first seen, UTC
WHOLE = "all"  # the key of a kind that is one table

SHARE = re.compile(r"[0-9]{6}\.(SH|SZ|BJ)")
SERIES = re.compile(r"[0-9A-Z]{2,12}\.[A-Z]{2,4}")  # indices: 000300.SH, 801750.SI, 931151.CSI
PERIOD = re.compile(r"[0-9]{4}-(03-31|06-30|09-30|12-31)")
ONE = re.compile(re.escape(WHOLE))


class Column(NamedTuple):
    """One column. `needed`: no cell may be empty. `default` fills a column that is not given at all."""

    name: str
    type: Type
    needed: bool = False
    default: object = None


class Kind(NamedTuple):
    """One kind of table.

    Attributes
    ----------
    columns : tuple of Column
        In the order of the file. All must be given but those with a default.
    sort : tuple of str
        Columns by which rows are sorted; no two rows share them.
    keys : Pattern
        What a key may be.
    says : str
        What a key may be, for messages.
    key_column : str
        Name of the key as a column where tables of all keys stand together; empty for one table.
    open : bool
        Whether further columns are kept as they come.
    appends : bool
        Whether rows are only ever added, each with the time when it was first seen.
    market : bool
        Whether a backtest may read it, so that it is part of the hash of a run's source.
    day : str
        The column that `first` and `last` of an entry are taken from; may be empty.
    leaves_as : str
        Name of the file in an exported folder.
    """

    columns: tuple[Column, ...]
    sort: tuple[str, ...]
    keys: re.Pattern[str]
    says: str
    key_column: str
    open: bool
    appends: bool
    market: bool
    day: str
    leaves_as: str

    def column(self, name: str) -> Column | None:
        """Return the declaration of a column, or None for a further one."""
        return next((column for column in self.columns if column.name == name), None)


def _numbers(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "number") for name in names)


def _needed(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "number", needed=True) for name in names)


DATE = Column("date", "date", needed=True)
SYMBOL = Column("symbol", "text", needed=True)
STAMP = Column(FETCHED, "stamp", needed=True)
A_SHARE = "a symbol such as 300308.SZ"
AN_INDEX = "a symbol such as 000300.SH"
ALONE = f"{WHOLE!r}, the only table of its kind"

KINDS: Mapping[str, Kind] = {
    # Raw, in CNY and shares; `pre_close` is the exchange's reference price, empty on a first bar, and
    # `adj_factor` steps by close of the bar before / `pre_close`: the contract of `screener.data.contract`.
    "bars": Kind(
        (DATE, *_needed("open", "high", "low", "close"), *_numbers("pre_close"),
         *_needed("volume", "amount", "adj_factor"),
         Column("amount_est", "flag", needed=True, default=False)),
        ("date",), SHARE, A_SHARE, "symbol", False, False, True, "date", "prices.parquet",
    ),
    # A vendor's multiplicative factors, as they were sent: a cross-check, never a price.
    "factors": Kind(
        (DATE, *_needed("factor")),
        ("date",), SHARE, A_SHARE, "symbol", False, False, False, "date", "factors.parquet",
    ),
    # Cash in CNY a share, shares after for one before; empty where only the factor is known.
    "actions": Kind(
        (Column("ex_date", "date", needed=True), *_numbers("cash_per_share", "share_multiplier"),
         Column("factor", "number", default=float("nan")), Column("basis", "text", default=""),
         Column("record_date", "date", default="NaT"), Column("pay_date", "date", default="NaT")),
        ("ex_date",), SHARE, A_SHARE, "symbol", False, False, True, "ex_date", "corporate_actions.csv",
    ),
    "index": Kind(
        (DATE, *(Column(name, "number", default=float("nan")) for name in ("open", "high", "low")),
         *_needed("close"), *(Column(name, "number", default=float("nan")) for name in ("volume", "amount"))),
        ("date",), SERIES, AN_INDEX, "symbol", False, False, True, "date", "index.parquet",
    ),
    "valuation": Kind(
        (DATE,), ("date",), SHARE, A_SHARE, "symbol", True, False, True, "date", "valuation.parquet",
    ),
    # One row for each state of a period's figures; a restatement is a second row with a later `fetched`.
    "fundamentals": Kind(
        (Column("period", "date", default="NaT"), Column("effective_date", "date", default="NaT"), STAMP),
        ("period", "effective_date", FETCHED), SHARE, A_SHARE, "symbol", True, True, True,
        "effective_date", "fundamentals.parquet",
    ),
    "disclosures": Kind(
        (SYMBOL, Column("released", "date"), STAMP),
        ("symbol", FETCHED), PERIOD, "the end of a quarter such as 2024-06-30", "period", True, True, False,
        "released", "disclosures.parquet",
    ),
    "names": Kind(
        (SYMBOL, Column("from_date", "date", needed=True), Column("name", "text", needed=True)),
        ("symbol", "from_date"), ONE, ALONE, "", False, False, False, "from_date", "names.csv",
    ),
    "suspensions": Kind(
        (SYMBOL, Column("first_day", "date", needed=True), Column("last_day", "date"),
         Column("reason", "text", default="")),
        ("symbol", "first_day"), ONE, ALONE, "", False, False, False, "first_day", "suspensions.csv",
    ),
    # Spells of sessions of which a source says that a share was, or was not, under a risk warning (ST).
    "status": Kind(
        (Column("first_day", "date", needed=True), Column("last_day", "date", needed=True),
         Column("risk_warning", "flag", needed=True)),
        ("first_day",), SHARE, A_SHARE, "symbol", False, False, False, "last_day", "status.parquet",
    ),
    "instruments": Kind(
        (SYMBOL, *(Column(name, "text", default="") for name in ("name", "board", "industry")),
         *(Column(name, "date", default="NaT") for name in ("list_date", "delist_date")),
         Column("status", "text", default="")),
        ("symbol",), ONE, ALONE, "", False, False, True, "", "instruments.csv",
    ),
    # Refused bars for which the user vouches, why, and (as `fetched`) since when; nothing is ever taken back.
    "vouched": Kind(
        (DATE, *_needed("open", "high", "low", "close", "volume", "amount"),
         Column("reason", "text", needed=True), STAMP),
        ("date", FETCHED), SHARE, A_SHARE, "symbol", False, True, True, "date", "vouched.parquet",
    ),
    "calendar": Kind((DATE,), ("date",), ONE, ALONE, "", False, False, True, "date", "calendar.csv"),
    # Capex of a driver's companies, those of Hong Kong among them; the first stores held dollars only and no
    # currency. `released` is asked for, never taken from a table that does not state it.
    "us_capex": Kind(
        (Column("entity", "text", needed=True), Column("period_end", "date", needed=True),
         Column("released", "date", default="NaT"), *_needed("value"),
         Column("currency", "text", needed=True, default="USD"), STAMP),
        ("entity", "period_end", FETCHED), ONE, ALONE, "", True, True, False,
        "period_end", "us_capex.parquet",
    ),
}  # fmt: skip


def kind_of(name: str) -> Kind:
    """Return the declaration of a kind; a wrong name is a programmer's mistake."""
    if name not in KINDS:
        raise ValueError(f"kind={name!r} must be one of {', '.join(KINDS)}")
    return KINDS[name]
