"""Runs in a process of its own, where the library need not be compiled: curves in, its figures out.

One JSON document on standard input, one on standard output. Nothing of this product is imported here.
"""

import json
import sys

ONE = ("total", "annualized", "annualized_volatility", "sharpe_ratio", "sortino_ratio", "calmar_ratio",
       "max_drawdown", "value_at_risk", "cond_value_at_risk")  # fmt: skip
TWO = ("beta", "information_ratio", "alpha")


def main():
    task = json.load(sys.stdin)
    json.dump({name: answer(**curve) for name, curve in task.items()}, sys.stdout)


def answer(days, nav, a_year, benchmark=None):
    """Return the figures of a curve, as asked and with the settings that nobody has changed."""
    import pandas as pd
    import vectorbt as vbt

    levels = pd.Series(nav, index=pd.DatetimeIndex(days))
    returns = levels.pct_change().iloc[1:]
    told, untold = returns.vbt.returns(freq="D", year_freq=f"{a_year}D"), returns.vbt.returns(freq="D")
    found = {name: float(getattr(told, name)()) for name in ONE}
    found["sharpe_untold"] = float(untold.sharpe_ratio())
    if benchmark is not None:
        other = pd.Series(benchmark, index=levels.index).pct_change().iloc[1:]
        found |= {name: float(getattr(told, name)(other)) for name in TWO}
    held = vbt.Portfolio.from_holding(levels, init_cash=levels.iloc[0], freq="1D")
    stats = held.stats(metrics=["period", "benchmark_return"])
    bought = vbt.Portfolio.from_orders(
        levels, size=[1] + [0] * (len(nav) - 1), price=2 * levels, init_cash=2 * levels.iloc[0], freq="1D"
    )
    return found | {
        "period": stats["Period"].days,
        "benchmark": float(stats["Benchmark Return [%]"]),
        "bought_at_twice_the_close": float(bought.max_drawdown()),
    }


if __name__ == "__main__":
    main()
