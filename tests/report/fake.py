"""A whole run made up by hand, with every name that comes from outside under the test's control."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from screener.backtest.result import Benchmark, Result, Run, Verdict, Window
from screener.backtest.spec import RunSpec
from screener.data.panel import Provenance
from screener.market import calendar

METRICS = (
    "total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar", "value_at_risk",
    "expected_shortfall", "hit_rate", "excess", "tracking_error", "information_ratio", "beta", "alpha",
)  # fmt: skip
STOCKS = ("中际旭创", "寒武纪", "盛科通信-U", "工业富联", "润泽科技", "科大讯飞")
CONTROLS = ("equal-weight", "static-mix", "theme-momentum", "buy-and-hold")
NAN = float("nan")


@dataclass(frozen=True)
class Names:
    """Everything on a page that somebody else has typed; a harmless value each."""

    theme_id: str = "optical"
    theme: str = "Optical modules 光模块"
    stock: str = "中际旭创"
    rule: str = "myrule"
    parameter: str = "lookback"
    value: str = "month"
    benchmark: str = "沪深300"
    caveat: str = "price index"
    note: str = "A finding about the bars."
    reason: str = "limit_up"
    file: str = "universes/optical.toml"
    data: str = "folder of six shares"
    phase: str = "boom"
    entity: str = "MSFT"
    start: str = "prices known from 2020-05-06"


def fake_run(
    n_days: int = 300, n_assets: int = 6, n_orders: int = 30, seed: int = 0, names: Names | None = None
) -> Run:
    """Return a run in the hindsight reading with every section filled; all numbers are random."""
    rng = np.random.default_rng(seed)
    names = names or Names()
    days = calendar.sessions("2020-05-06")[:n_days]
    symbols = [f"{300000 + k}.SZ" for k in range(n_assets)]
    rule = _account(rng, names.rule, days, symbols, names.theme_id, n_orders, names.reason)
    controls = {name: _account(rng, name, days, symbols, names.theme_id, 3, "cash") for name in CONTROLS}
    middle = days[n_days // 2]
    windows = (
        Window(days[0], days[-1], "headline"),
        Window(days[0], middle, "before publication"),
        Window(middle, days[-1], "after publication"),
    )
    accounts = (names.rule, *CONTROLS, "benchmark")
    return Run(
        spec=RunSpec(names.rule, {names.parameter: names.value}, (names.theme_id, "idc"), "hindsight"),
        run_id="myrule-folder-hindsight-01234567",
        result=rule,
        controls=controls,
        benchmark=Benchmark("000300.SH", names.benchmark, _curve(rng, days), names.caveat),
        windows=windows,
        effective_start=days[0],
        effective_reasons=(names.start,),
        verdicts=tuple(verdict(window) for window in windows),
        metrics={
            w.label: {
                a: dict(zip(METRICS, rng.normal(0, 0.3, len(METRICS)).tolist(), strict=True))
                for a in accounts
            }
            for w in windows
        },
        phases=pd.DataFrame(
            {
                "usable_from": [days[0], middle],
                "quarter": ["2020Q1", "2020Q2"],
                "growth": [0.153, -0.03],
                "change": [NAN, -0.183],
                "phase": [names.phase, "contraction"],
            }
        ),
        releases=pd.DataFrame(
            {"usable_from": [middle], "released": [middle], "entity": [names.entity], "quarter": ["2020Q2"]}
        ),
        scores=pd.Series(np.repeat([0.5, -1.0], [n_days // 2, n_days - n_days // 2]), index=days),
        publications={names.theme_id: middle},
        theme_weights=_theme_weights(rng, days, names.theme_id),
        provenance=Provenance("folder", names.data, "ab" * 32, simulated=False),
        hashes={names.file: "cd" * 32, "screener": "ef" * 32},
        notes=("HINDSIGHT: members count early.", names.note),
        titles={names.theme_id: names.theme} | _stock_names(symbols, names.stock),
    )


def verdict(window: Window, **changes: float) -> Verdict:
    """Return a verdict whose parts are typed here: 12.3 % a year, 2.1 points less than equal weight."""
    given = Verdict(
        window=window, total=0.123, benchmark=0.04, equal_weight=0.144, static_mix=0.131, selection=0.1,
        tilt=0.012, timing=-0.02, cost=-0.009, tracking_error=0.051, detectable=0.058,
    )  # fmt: skip
    return dataclasses.replace(given, **changes)


def with_result(run: Run, **changes: object) -> Run:
    """Change fields of the rule's own account."""
    return dataclasses.replace(run, result=dataclasses.replace(run.result, **changes))


def _stock_names(symbols: list[str], first: str) -> dict[str, str]:
    return {s: first if k == 0 else f"{STOCKS[k % 6]}{k if k > 5 else ''}" for k, s in enumerate(symbols)}


KINDS = ("commission", "stamp", "transfer", "tax", "slippage")


def _curve(rng: np.random.Generator, days: pd.DatetimeIndex, start: float = 4000.0) -> pd.Series:
    steps = np.append(0.0, rng.normal(0.0004, 0.015, len(days) - 1))
    return pd.Series(start * np.exp(np.cumsum(steps)), index=days)


def _account(rng, name, days, symbols, theme, n_orders, reason) -> Result:
    shape = (len(days), len(symbols))
    close = pd.DataFrame(np.exp(rng.normal(3, 0.2, shape)).round(2), index=days, columns=symbols)
    every = pd.MultiIndex.from_product([[theme], symbols], names=["theme", "symbol"])
    targets = pd.DataFrame(rng.dirichlet(np.ones(len(symbols)), 2), index=days[[0, -1]], columns=every)
    actions = pd.DataFrame(
        {"date": [days[-1]], "symbol": [symbols[0]], "shares": [100], "cash": [12.5], "new_shares": [10],
         "into": [symbols[0]], "basis": ["official"], "ends": [False]}
    )  # fmt: skip
    return Result(
        name=name,
        nav=_curve(rng, days, 1e7).round(2),
        cash=pd.Series(1e5, index=days),
        due=pd.Series(0.0, index=days),
        holdings=pd.DataFrame(rng.integers(0, 99, shape) * 100, index=days, columns=symbols),
        close=close,
        orders=_orders(rng, days, symbols, n_orders, reason),
        actions=actions,
        weights=targets,
    )


def _orders(rng, days, symbols, n, reason) -> pd.DataFrame:
    """Draw orders; every third is refused for `reason`. Prices and sizes are unlike any other number."""
    refused = np.arange(n) % 3 == 2
    asked = rng.integers(7_654_321, 7_999_999, n)
    price = np.where(refused, NAN, 87.65 + np.arange(n) / 100)
    money = {kind: rng.uniform(1, 99, n).round(2) for kind in KINDS}
    return pd.DataFrame(
        {
            "date": days[np.sort(rng.integers(1, len(days), n))],
            "symbol": rng.choice(symbols, n),
            "side": rng.choice(["buy", "sell"], n),
            "asked": asked,
            "filled": np.where(refused, 0, asked),
            "price": price,
            "value": np.where(refused, 0.0, asked * price),
            **money,
            "reason": np.where(refused, reason, "filled"),
        }
    )


def _theme_weights(rng, days, theme) -> pd.DataFrame:
    raw = rng.dirichlet(np.ones(3), len(days))
    return pd.DataFrame(raw, index=days, columns=[theme, "idc", "cash"])
