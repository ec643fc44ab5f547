"""Measure what each market rule costs the flagship, at several sizes of the account.

    python benchmarks/rule_costs.py [--source FOLDER] [--membership hindsight]

The rule is decided once and traded with all rules on, then with one switched off at a time. A figure is what
the account earns a year without the rule less what it earns with it, in percentage points.
"""

from __future__ import annotations

import argparse
import dataclasses

from screener import strategy
from screener.backtest import metrics
from screener.backtest.engine import backtest
from screener.backtest.run import prepare
from screener.backtest.spec import RULES, Account, RunSpec
from screener.data.sources import open_source

SIZES = (1e6, 1e7, 1e8, 1e9)
BROKER = {
    "minimum commission": {"commission_min": 0.0},
    "commission": {"commission_bp": 0.0, "commission_min": 0.0},
    "slippage": {"slippage_bp": 0.0},
    "volume cap": {"participation": 0.0},
    "no-trade band": {"band": 0.0},
    "retrying": {"retry_days": 0},
}


def variants(account: Account) -> dict[str, Account]:
    """Return the account with one rule off at a time."""
    off = {rule: dataclasses.replace(account, off=(rule,)) for rule in RULES}
    return off | {name: dataclasses.replace(account, **change) for name, change in BROKER.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", default="sample")
    parser.add_argument("--membership", default="hindsight")
    parser.add_argument("--strategy", default="capex-rotation")
    options = parser.parse_args()
    spec = RunSpec(options.strategy, membership=options.membership)
    context, _, _ = prepare(spec, open_source(options.source))
    rule = strategy.load(options.strategy)
    weights = strategy.check_weights(rule.name, rule.weights(context, rule.params()), context.panel)

    def rate(account: Account) -> float:
        return 100.0 * metrics.cagr(backtest(rule.name, weights, context.panel, account, context.start).nav)

    table = {}
    for cash in SIZES:
        account = Account(cash=cash)
        with_all = rate(account)
        table[cash] = {"with all rules, % a year": with_all}
        table[cash] |= {name: rate(changed) - with_all for name, changed in variants(account).items()}
    print("| switched off | " + " | ".join(f"{cash / 1e6:,.0f} m CNY" for cash in SIZES) + " |")
    print("|---|" + "---:|" * len(SIZES))
    for name in table[SIZES[0]]:
        print(f"| {name} | " + " | ".join(f"{table[cash][name]:+.2f}" for cash in SIZES) + " |")


if __name__ == "__main__":
    main()
