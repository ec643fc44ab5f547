"""Runs inside the peer's own environment: a market and order lists in, what the peer made of them out.

One JSON document on standard input, one on standard output. All money is whole fen. Nothing of this product
is imported here, and nothing of the peer outside the functions, so that this file can be read without it.
"""

import json
import sys


def main():
    task = json.load(sys.stdin)
    json.dump([answer(task, run) for run in task["runs"]], sys.stdout)


def answer(task, run):
    """Send a list of orders through the first `days` sessions, without events recorded on the last one."""
    from doribt import Backtest, Costs

    costs = Costs(commission=task["commission"], minimum_commission=cny(task["commission_min"]))
    account = Backtest(market(task, run), initial_cash=cny(task["cash"]), costs=costs)
    try:
        result = account.run(sender(run["orders"]))
    except ValueError as error:
        return {"error": str(error)}
    return {
        "orders": [order_row(order, task["sessions"]) for order in result.orders],
        "cash": fen(result.cash_units),
        "tax_payable": fen(result.tax_payable_units),
        "receivable": fen(result.dividend_receivable_units),
        "equity": fen(result.equity_units),
        "holdings": result.holdings.tolist(),
        "taxes": [
            [task["sessions"].index(str(row.assessed)), row.symbol, row.action_id, row.amount_units // 100]
            for row in result.taxes
        ],
        "dividends": [[row.action_id, row.cash_units // 100] for row in result.entitlements if row.accrued],
    }


def market(task, run):
    """Build the peer's market; `loose` rows switch single rules of it off for a share and a day."""
    from doribt import CorporateAction, Instrument, MarketData, RuleOverride, china_rules

    sessions = task["sessions"][: run["days"]]
    loose = [
        RuleOverride(
            symbol=symbol, start=sessions[day], end=sessions[day], changes=changes,
            reason="the order list comes from elsewhere", source="test", version="1",
        )
        for day, symbol, changes in run["loose"]
    ]  # fmt: skip
    actions = [
        CorporateAction(kind="distribution", source="test", **action)
        for action in task["actions"]
        if action["record_date"] < sessions[-1]
    ]
    return MarketData.from_records(
        [bar(row, sessions) for row in task["bars"] if row["day"] < len(sessions)],
        calendar=sessions,
        instruments=[Instrument(symbol=symbol, kind="stock") for symbol in task["profiles"]],
        rules=china_rules(task["profiles"], start=sessions[0], end=sessions[-1], overrides=loose),
        source="test",
        actions=actions,
    )


def bar(row, sessions):
    prices = {
        name: None if row[name] is None else cny(row[name])
        for name in ("open", "high", "low", "close", "upper_limit", "lower_limit")
    }
    day = sessions[row["day"]]
    return {
        "session": day,
        "symbol": row["symbol"],
        "status": row["status"],
        "volume": row["volume"],
    } | prices


def sender(orders):
    """Place, at each close, what is to be tried at the next open."""
    by_day = {}
    for day, symbol, quantity in orders:
        by_day.setdefault(day, []).append((symbol, quantity))

    def strategy(context):
        for symbol, quantity in by_day.get(context.bar_index + 1, []):
            context.order(symbol, quantity)

    return strategy


def order_row(order, sessions):
    return {
        "day": sessions.index(str(order.session)),
        "symbol": order.symbol,
        "asked": order.quantity,
        "filled": order.filled,
        "price": order.price_units // 100,
        "commission": order.commission_units // 100,
        "stamp": order.stamp_duty_units // 100,
        "transfer": order.transfer_fee_units // 100,
        "reason": str(order.reason),
    }


def fen(units):
    if (units % 100).any():
        raise AssertionError("the peer keeps money below a fen")
    return (units // 100).tolist()


def cny(amount):
    return f"{amount // 100}.{amount % 100:02d}"


if __name__ == "__main__":
    main()
