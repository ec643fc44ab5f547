"""The files beside the page: figures as JSON, tables as CSV that a spreadsheet may open."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from screener.backtest.metrics import DEFINITIONS
from screener.backtest.result import Result, Run
from screener.plain import plain
from screener.report.evidence import Evidence

__all__ = ["asked_weights", "costs", "csv_text", "metrics_json", "tables"]

FORMULA = tuple("=+-@\t\r\0\uff1d\uff0b\uff0d\uff20")  # the last four are full-width


def metrics_json(run: Run, evidence: Evidence | None = None) -> str:
    """Write every figure of a run, and of its page, with definitions; what is not defined is null."""
    verdicts = [{**asdict(v), "window": v.window.label} for v in run.verdicts]
    windows = {w.label: {"base": w.base, "end": w.end} for w in run.windows}
    content = {
        "run_id": run.run_id,
        "simulated": run.provenance.simulated,
        "effective_start": run.effective_start,
        "effective_reasons": run.effective_reasons,
        "windows": windows,
        "verdicts": verdicts,
        "metrics": run.metrics,
        "definitions": DEFINITIONS,
        "data": asdict(run.provenance),
        "hashes": run.hashes,
        "notes": run.notes,
    }
    if evidence is not None:
        content |= {f.name: _without_curves(getattr(evidence, f.name)) for f in fields(evidence)}
    return json.dumps(plain(content), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _without_curves(value: Any) -> Any:
    """Turn a finding into its fields, but for those by day, which are curves and no figures."""
    if not is_dataclass(value):
        return value
    kept = {f.name: getattr(value, f.name) for f in fields(value) if f.name != "growth"}
    return {name: _without_curves(item) for name, item in kept.items()}


def tables(run: Run, public: bool = False) -> dict[str, str]:
    """Return the tables of a run as CSV texts by file name.

    Parameters
    ----------
    public : bool
        Leave out what would publish prices: ``orders.csv`` then has ``date, symbol, side, weight, reason``
        only, curves start at 1, and ``holdings.csv`` and ``actions.csv`` are missing.
    """
    accounts = {run.result.name: run.result} | run.controls
    nav = pd.DataFrame({name: account.nav for name, account in accounts.items()})
    if run.benchmark is not None:
        nav[run.benchmark.symbol] = run.benchmark.close
    weights = run.result.weights
    long = weights.set_axis([f"{theme}/{symbol}" for theme, symbol in weights.columns], axis=1)
    always = {
        "weights.csv": csv_text(long.loc[:, (long != 0).any()]),
        "themes.csv": csv_text(run.theme_weights),
        "costs.csv": csv_text(costs(run)),
    }
    if not run.spec.mandate.empty:
        always["mandate.csv"] = csv_text(run.bindings.set_index("date"))
    if public:
        orders = run.result.orders.assign(weight=asked_weights(run.result))
        shown = orders[["date", "symbol", "side", "weight", "reason"]].set_index("date")
        curves = nav / nav.bfill().iloc[0]
        return always | {
            "nav.csv": csv_text(curves.assign(cycle_score=run.scores)),
            "orders.csv": csv_text(shown),
        }
    held = run.result.holdings
    return always | {
        "nav.csv": csv_text(nav.assign(cash=run.result.cash, cycle_score=run.scores)),
        "orders.csv": csv_text(run.result.orders.set_index("date")),
        "actions.csv": csv_text(run.result.actions.set_index("date")),
        "holdings.csv": csv_text(held.loc[:, (held != 0).any()]),
    }


def asked_weights(result: Result) -> pd.Series:
    """Return what each order asked for as a share of equity, both at the close before the order.

    NaN where there is no session before, no price yet, or no equity left.
    """
    days = result.close.index.get_indexer(result.orders["date"]) - 1
    assets = result.close.columns.get_indexer(result.orders["symbol"])
    known = (days >= 0) & (assets >= 0)
    price = np.where(known, result.close.to_numpy(dtype=np.float64)[days, assets], np.nan)
    value = result.orders["asked"].to_numpy(dtype=np.float64) * np.where(price > 0, price, np.nan)
    equity = result.nav.to_numpy(dtype=np.float64)[days]
    return pd.Series(value / np.where(equity > 0, equity, np.nan), index=result.orders.index)


def costs(run: Run) -> pd.DataFrame:
    """Return what trading cost by year and kind, in CNY."""
    orders = run.result.orders
    kinds = ["commission", "stamp", "transfer", "tax", "slippage", "value"]
    by_year = orders.groupby(orders["date"].dt.year)[kinds].sum().round(2)
    return by_year.rename(columns={"value": "turnover"}).rename_axis("year")


def csv_text(table: pd.DataFrame) -> str:
    """Write a table as CSV; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    table = table.reset_index(level=list(range(1, table.index.nlevels)))
    safe = pd.DataFrame({k: _column(table.iloc[:, k]) for k in range(table.shape[1])})
    safe.columns = [_cell(name) for name in table.columns]
    safe.index = pd.Index([_cell(label) for label in table.index], name=_cell(table.index.name or "date"))
    return safe.to_csv(lineterminator="\n")


def _column(values: pd.Series) -> list[Any] | pd.Series:
    """Make a column fit for a CSV: numbers as they are, but nothing for what is not finite."""
    if pd.api.types.is_float_dtype(values.dtype):
        return values.where(np.isfinite(values)).reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.reset_index(drop=True)
    return [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    """Write one value: nothing for NaN, ISO days, text on one line that no spreadsheet runs."""
    if isinstance(value, str):
        line = value.replace("\r", " ").replace("\n", " ")  # the writer leaves a lone \r unquoted
        return f"'{line}" if value.startswith(FORMULA) else line
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float | np.floating):
        return repr(float(value)) if math.isfinite(value) else ""
    return value
