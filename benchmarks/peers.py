"""Time the same backtests here and in other engines, by turns in one run, and print ratios.

    pip install vectorbt-rust bt raptorbt        (each is optional: what is missing is left out)
    python benchmarks/peers.py [--only a b c] [--rounds 15] [--long]

(a) one backtest of 40 stocks, (b) 64 sets of weights, (c) one backtest of 5,000 stocks, a process each, with
peak memory. The market is made up from a seed. Ours runs with every rule and the default account, but for its
no-trade band; what each knows of the rules stands in the last column. The others get prices that hold the
dividends already.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import pandas as pd
from made_up import WARM_UP, YEAR, Decisions, Job, Prices, decide, make_job, make_world

from screener.arrays import Actions, IntMatrix, Ledger, Market, Reason, Rules, Vector
from screener.backtest import metrics
from screener.backtest.engine import trading_settings
from screener.backtest.spec import Account
from screener.kernels.figures import figures_nb
from screener.kernels.market import simulate_batch_nb, simulate_nb

TRADING = trading_settings(Account(band=0.0))  # the others have no band either, and 1/2,000 lies below it
RATE = 0.001  # the one rate of cost of the others: about what our account pays a side
LOT = 100
TURN = 0.05  # seconds
EVERY, CASH = 20, 100_000_000  # of (c)
RULES = "limits, suspensions, lots, order caps, dated fees, dividend tax, volume cap, actions, whole fen"
OURS = "all rules"
RAPTORBT = "none; fractions of shares, Indian fees, no suspensions"
VECTORBT = "none; lots of 100, one rate, no order without a price"


class Engine(NamedTuple):
    """A way to run a job; what it is given is prepared outside the clock."""

    package: str
    knows: str  # of the rules
    given: Callable[[Job], Any]
    run: Callable[[Any], tuple[Vector | None, object]]  # equity in CNY, and figures


# ---- the engines: a job in, equity in CNY and figures out


def figures(nav: Vector) -> tuple[float, float]:
    """Return Sharpe ratio and largest drawdown."""
    change = nav[1:] / nav[:-1] - 1.0
    sharpe = change.mean() / change.std(ddof=1) * np.sqrt(YEAR)
    return float(sharpe), float((nav / np.maximum.accumulate(nav)).min() - 1.0)


def ledger_of(job: Job) -> Ledger:
    """Run our kernel."""
    return simulate_nb(
        job.market, job.rules, TRADING, job.actions, job.decisions.row, job.decisions.weights,
        np.int64(job.cash * 100),
    )  # fmt: skip


def screener(job: Job, with_figures: bool = True) -> tuple[Vector, object]:
    nav = ledger_of(job).nav
    return nav / 100.0, figures_nb(nav, float(YEAR)) if with_figures else None


def screener_metrics(job: Job) -> tuple[Vector, object]:
    nav = pd.Series(ledger_of(job).nav / 100.0, index=pd.DatetimeIndex(job.prices.sessions))
    return nav.to_numpy(), (metrics.sharpe(nav), metrics.max_drawdown(nav))


def for_vectorbt(job: Job) -> dict[str, Any]:
    """Return what `Portfolio.from_orders` is to be called with."""
    prices = job.prices
    close = pd.DataFrame(prices.close, index=prices.sessions)
    return {"close": close, "size": prices.size, "price": prices.open, "init_cash": float(job.cash)}


def vectorbt(
    given: dict[str, Any], engine: str, call_seq: str = "auto", parts: str = "all"
) -> tuple[Vector | None, object]:
    from vectorbt import Portfolio

    portfolio = Portfolio.from_orders(
        **given,
        size_type="targetpercent",
        direction="longonly",
        fees=RATE,
        size_granularity=float(LOT),
        cash_sharing=True,
        group_by=True,
        call_seq=call_seq,
        freq="1D",
        engine=engine,
    )
    if parts == "orders":
        return None, None
    nav = portfolio.value().to_numpy()
    return nav, None if parts == "value" else (portfolio.sharpe_ratio(), portfolio.max_drawdown())


def without_holes(job: Job) -> tuple[pd.DataFrame, pd.DataFrame, float, int]:
    """Return carried opens and targets from the first day of trade on, cash and interval."""
    opens = pd.DataFrame(job.prices.open, index=job.prices.sessions).ffill().bfill()
    targets = pd.DataFrame(job.prices.size, opens.index)
    opens.columns = targets.columns = opens.columns.astype(str)
    return opens.iloc[WARM_UP + 1 :], targets.iloc[WARM_UP + 1 :], float(job.cash), job.every


def for_raptorbt(job: Job) -> tuple[Any, ...]:
    opens, targets, cash, every = without_holes(job)
    rows = (np.ascontiguousarray(frame.to_numpy()) for frame in (opens, targets.ffill()))
    return (*rows, cash, "calendar", float(every))


def raptorbt(given: tuple[Any, ...]) -> tuple[Vector, object]:
    from raptorbt import simulate_rebalance_policy

    nav = np.asarray(simulate_rebalance_policy(*given).equity_curve())
    return nav, figures(nav)


def for_bt(job: Job) -> tuple[Any, ...]:
    opens, targets, cash, _ = without_holes(job)
    return opens, targets.dropna(), cash


def bt(given: tuple[Any, ...]) -> tuple[Vector, object]:
    import bt as library

    opens, targets, cash = given
    rule = library.Strategy("rule", [library.algos.WeighTarget(targets), library.algos.Rebalance()])
    test = library.Backtest(rule, opens, initial_capital=cash, commissions=lambda q, p: abs(q) * p * RATE)
    test.run()  # computes all of its statistics; they cannot be left out
    return test.strategy.data["value"].to_numpy(), (test.stats.daily_sharpe, test.stats.max_drawdown)


def ours(run: Callable[[Job], tuple[Vector, object]]) -> Engine:
    return Engine("screener", OURS, lambda job: job, run)


def of_vectorbt(engine: str, **choices: str) -> Engine:
    package = "vectorbt" if engine == "numba" else "vectorbt_rust"
    return Engine(package, VECTORBT, for_vectorbt, partial(vectorbt, engine=engine, **choices))


BASE = "vectorbt numba"
ENGINES = {
    BASE: of_vectorbt("numba"),
    "vectorbt numba, simulation only": of_vectorbt("numba", parts="orders"),
    "vectorbt rust": of_vectorbt("rust"),
    "vectorbt rust, simulation only": of_vectorbt("rust", parts="orders"),
    "raptorbt": Engine("raptorbt", RAPTORBT, for_raptorbt, raptorbt),
    "bt": Engine("bt", "none; whole shares, one rate, no suspensions", for_bt, bt),
    "screener": ours(screener),
    "screener, simulation only": ours(partial(screener, with_figures=False)),
    "screener, figures of its pages": ours(screener_metrics),
}
LARGE_BASE = "vectorbt numba, call_seq='default'"
LARGE = {
    LARGE_BASE: of_vectorbt("numba", call_seq="default"),
    "vectorbt rust, call_seq='default'": of_vectorbt("rust", call_seq="default"),
    "raptorbt": ENGINES["raptorbt"],
    "screener": ENGINES["screener"],
}
LONG = {
    "vectorbt numba, call_seq='auto'": ENGINES[BASE],
    "vectorbt rust, call_seq='auto'": ENGINES["vectorbt rust"],
}


def is_missing(package: str) -> bool:
    """Whether a package is not installed."""
    return importlib.util.find_spec(package) is None


def installed(engines: Mapping[str, Engine]) -> dict[str, Engine]:
    """Leave out what is not installed."""
    return {name: engine for name, engine in engines.items() if not is_missing(engine.package)}


# ---- measuring


def seconds_of(call: Callable[[], Any]) -> float:
    """Return how long a call took."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def turn(call: Callable[[], Any]) -> float:
    """Return the median seconds of calls that together take a turn, at least of one.

    The first call after another engine finds the caches of the processor full of what that one left.
    """
    times = [seconds_of(call)]
    while sum(times) < TURN:
        times.append(seconds_of(call))
    return statistics.median(times)


def by_turns(calls: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Call everything once to compile it, then give each its turn, round by round; return seconds."""
    for call in calls.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds[name].append(turn(call))
    return seconds


def show(seconds: Mapping[str, list[float]], base: str, notes: Mapping[str, str]) -> None:
    """Print medians, and medians over the rounds of how many times faster than `base`."""
    print(f"  {'':36} {'median ms':>10} {'times as fast':>14}   ({base} = 1)")
    for name, times in seconds.items():
        ratio = statistics.median(b / t for b, t in zip(seconds[base], times, strict=True))
        print(f"  {name:36} {statistics.median(times) * 1e3:10.3f} {ratio:14.2f}   {notes[name]}")


def describe(job: Job) -> None:
    """Print the size of a job and what the rules did to our account."""
    n_days, n_assets = job.market.open.shape
    ledger = ledger_of(job)
    reasons = ledger.orders["reason"]
    if not len(reasons):
        raise AssertionError("an account without orders is fast, and no measure of anything")
    refused = {r.name.lower(): int((reasons == r).sum()) for r in Reason if r and (reasons == r).any()}
    print(
        f"  {n_days:,} days x {n_assets:,} stocks, {len(job.decisions.weights)} decisions, "
        f"{(job.market.open == 0).mean():.1%} without a bar\n"
        f"  ours: {len(reasons):,} orders, cut or refused {refused},\n"
        f"  {len(ledger.events):,} corporate actions, dividend tax {ledger.orders['tax'].sum() / 100:,.0f}"
    )


def one_backtest(rounds: int) -> None:
    """(a) One backtest of 40 stocks, everything warm."""
    world = make_world(1_500, 40, "2019-01-02")
    engines = installed(ENGINES)
    for every in (5, 20):
        job = make_job(world, every, 10_000_000)
        print(f"\n(a) one backtest, targets every {every} sessions")
        describe(job)
        calls = {name: partial(engine.run, engine.given(job)) for name, engine in engines.items()}
        ends = {name: call()[0] for name, call in calls.items()}
        worth = {name: "" if nav is None else f"ends {nav[-1] / 1e6:.2f} m; " for name, nav in ends.items()}
        notes = {name: f"{worth[name]}knows: {engine.knows}" for name, engine in engines.items()}
        show(by_turns(calls, rounds), BASE, notes)


def batch(job: Job, weights: np.ndarray, threads: int) -> IntMatrix:
    """Run all sets of weights on so many threads; return equity in fen."""
    numba.set_num_threads(threads)
    cash = np.int64(job.cash * 100)
    return simulate_batch_nb(job.market, job.rules, TRADING, job.actions, job.decisions.row, weights, cash)


def many_weights(rounds: int) -> None:
    """(b) 64 sets of weights on one market: a batch against one call each. Equity only, no figures."""
    world, every = make_world(1_500, 40, "2019-01-02"), 5
    job = make_job(world, every, 10_000_000)
    sets = [decide(world, every, lookback, top) for lookback in range(10, 170, 10) for top in range(1, 5)]
    jobs = [job._replace(decisions=decisions) for decisions in sets]
    weights = np.stack([decisions.weights for decisions in sets])
    print(f"\n(b) {len(sets)} sets of weights, targets every {every} sessions, time of one set")
    alone = np.stack([ledger_of(each).nav for each in jobs])
    if not np.array_equal(alone, batch(job, weights, numba.config.NUMBA_NUM_THREADS)):
        raise AssertionError("a batch must give what single calls give")
    others = installed({name: ENGINES[name] for name in (BASE, "vectorbt rust")})
    calls: dict[str, Callable[[], Any]] = {
        name: partial(engine.run, engine.given(job), parts="value") for name, engine in others.items()
    }
    calls["screener, one call each"] = lambda: [ledger_of(each) for each in jobs]
    for threads in sorted({1, numba.config.NUMBA_NUM_THREADS}):
        calls[f"screener, batch, {threads} thread(s)"] = partial(batch, job, weights, threads)
    seconds = by_turns(calls, rounds)
    share = {name: t if name in others else [x / len(sets) for x in t] for name, t in seconds.items()}
    notes = {name: f"knows: {VECTORBT if name in others else OURS}" for name in calls}
    show(share, BASE, notes)
    show({name: t for name, t in share.items() if name not in others}, "screener, one call each", notes)


# ---- (c): a process each


def peak_mb() -> float:
    """Return the most memory that this process has had, MB; NaN where the system does not tell.

    Linux counts the parent before `exec` in `ru_maxrss`, so that its own status is asked first.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        import resource
    except ImportError:
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def forget_peak() -> None:
    """Let the peak begin at what is in memory now, where the system can; else it may hide a little."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def save(folder: Path, record: NamedTuple) -> None:
    """Write the arrays of a record."""
    for field, values in record._asdict().items():
        np.save(folder / f"{type(record).__name__}.{field}.npy", values)


def load(folder: Path, kind: Callable[..., Any]) -> Any:
    """Read the arrays of a record."""
    return kind(*(np.load(folder / f"{kind.__name__}.{field}.npy") for field in kind._fields))


def child(name: str, folder: Path) -> None:
    """Compile on a small job, load the large one, run it once and print time, memory and end as JSON."""
    engine = (LARGE | LONG)[name]
    engine.run(engine.given(make_job(make_world(300, 40, "2019-01-02"), EVERY, CASH)))
    kinds = (Market, Rules, Actions, Decisions) if engine.package == "screener" else (Prices,)
    given = engine.given(Job(CASH, EVERY, **{kind.__name__.lower(): load(folder, kind) for kind in kinds}))
    forget_peak()
    before = peak_mb()
    began = time.perf_counter()
    nav, _ = engine.run(given)
    seconds = time.perf_counter() - began
    print(json.dumps({"s": seconds, "before": before, "beyond": peak_mb() - before, "end": float(nav[-1])}))


def ask(*arguments: str) -> str:
    """Run this script in a process of its own and return what it prints."""
    command = [sys.executable, __file__, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def make_large(folder: Path) -> None:
    """Write the arrays of (c)."""
    job = make_job(make_world(2_500, 5_000, "2015-08-03"), EVERY, CASH)
    for record in job[2:]:
        save(folder, record)
    describe(job)


def large_backtest(rounds: int, long: bool) -> None:
    """(c) One backtest of 5,000 stocks; memory is what the engine takes beyond its inputs."""
    print(f"\n(c) one backtest, targets every {EVERY} sessions, a process each")
    engines = installed(LARGE | LONG if long else LARGE)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in engines}
    with tempfile.TemporaryDirectory() as folder:
        print(ask("--make", folder), end="", flush=True)
        for _ in range(rounds):
            for name in engines:
                found[name].append(json.loads(ask("--child", name, folder).splitlines()[-1]))
    notes = {
        name: f"{statistics.median(r['beyond'] for r in runs):,.0f} MB beyond {runs[0]['before']:,.0f}; "
        f"ends {runs[0]['end'] / 1e6:.1f} m; knows: {engines[name].knows}"
        for name, runs in found.items()
    }
    show({name: [r["s"] for r in runs] for name, runs in found.items()}, LARGE_BASE, notes)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices="abc", default=["a", "b", "c"])
    parser.add_argument("--rounds", type=int, default=15, help="of (a) and (b); (c) takes a fifth")
    parser.add_argument("--long", action="store_true", help="vectorbt's 'auto' on 5,000 stocks: minutes")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")  # of the others
    if options.make:
        return make_large(options.make)
    if options.child:
        return child(options.child[0], Path(options.child[1]))
    print(f"all rules: {RULES}")
    for package in sorted({engine.package for engine in ENGINES.values() if is_missing(engine.package)}):
        print(f"not installed, skipped: {package.replace('_', '-')}")
    if "a" in options.only:
        one_backtest(options.rounds)
    if "b" in options.only:
        many_weights(options.rounds)
    if "c" in options.only:
        large_backtest(max(1, options.rounds // 5), options.long)


if __name__ == "__main__":
    main()
