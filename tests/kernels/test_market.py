"""The matching loop against its naive twin, and the invariants of an account."""

import dataclasses

import numpy as np
import pytest

from screener.arrays import Actions, Market, Reason, Rules, Trading
from screener.kernels.fills import legal_buy_nb, legal_sale_nb
from screener.kernels.market import simulate_nb
from tests.naive_market import Account

LOTS = [(100, 100), (100, 100), (200, 1), (100, 1)]


@dataclasses.dataclass
class World:
    market: Market
    rules: Rules
    trading: Trading
    actions: Actions
    target_row: np.ndarray
    weights: np.ndarray
    cash: int


def random_world(seed, n_days=60, n=6, cash=50_000_000):
    """Draw a market with suspensions, sealed opens, thin volume, listings, an end, splits and dividends."""
    rng = np.random.default_rng(seed)
    close = np.maximum(
        np.rint(rng.uniform(300, 9_000, n) * np.cumprod(1 + rng.normal(0, 0.03, (n_days, n)), 0)), 50
    )
    close = close.astype(np.int64)
    reference = np.vstack([close[:1], close[:-1]])
    up, down = np.rint(reference * 1.1).astype(np.int64), np.rint(reference * 0.9).astype(np.int64)
    open_ = np.clip(np.rint(close * (1 + rng.normal(0, 0.02, (n_days, n)))).astype(np.int64), down, up)
    sealed = rng.random((n_days, n))
    open_ = np.where(sealed < 0.05, up, np.where(sealed > 0.95, down, open_))
    up, down = (
        np.where(rng.random((n_days, n)) < 0.03, 0, up),
        np.where(rng.random((n_days, n)) < 0.03, 0, down),
    )
    volume = np.where(rng.random((n_days, n)) < 0.15, rng.integers(0, 30_000, (n_days, n)), 5_000_000)
    listed = np.ones((n_days, n), bool)
    listed[: n_days // 3, 0] = False
    listed[2 * n_days // 3 :, 1] = False
    open_[~listed | (rng.random((n_days, n)) < 0.06)] = 0
    for j in range(n):
        for i in range(n_days):
            if open_[i, j] == 0:
                close[i, j] = close[i - 1, j] if i else 0
    close[: n_days // 3, 0] = 0
    days = np.sort(rng.integers(1, n_days, 8))
    actions = Actions(
        start=np.searchsorted(days, np.arange(n_days + 1)).astype(np.int64),
        asset=rng.integers(0, n, 8),
        cash=rng.integers(0, 2_000_000, 8),
        bonus=rng.choice([0, 30_000_000, 40_000_000, 100_000_000, 1_234_567], 8),
        fraction_paid=rng.random(8) < 0.5,
    )
    lots = np.array([LOTS[k % 4] for k in range(n)], dtype=np.int64)
    target_row = np.full(n_days, -1, dtype=np.int64)
    target_row[1::7] = np.arange(len(target_row[1::7]))
    weights = rng.dirichlet(np.ones(n), len(target_row[1::7])) * rng.choice([0, 1], (1, n), p=[0.2, 0.8])
    return World(
        Market(open_, close, reference, up, down, volume, listed),
        Rules(
            lots[:, 0].copy(), lots[:, 1].copy(), np.full((n_days, n), 20_000),
            rng.choice([5_000, 10_000], n_days), rng.choice([100, 200], (n_days, n)),
        ),
        Trading(
            int(rng.choice([0, 2_500])), int(rng.choice([0, 500])), int(rng.choice([0, 5_000])),
            float(rng.choice([0.0, 0.1])), float(rng.choice([0.0, 0.01])), int(rng.choice([0, 5])),
        ),
        actions, target_row, weights, cash,
    )  # fmt: skip


def simulate(world):
    return simulate_nb(
        world.market,
        world.rules,
        world.trading,
        world.actions,
        world.target_row,
        world.weights,
        np.int64(world.cash),
    )


def naive(world):
    n_days, n = world.market.open.shape
    names = list(range(n))
    m, r, t, a = world.market, world.rules, world.trading, world.actions
    bars = {
        j: [
            {
                "open": int(m.open[i, j]), "close": int(m.close[i, j]), "reference": int(m.reference[i, j]),
                "up": int(m.limit_up[i, j]), "down": int(m.limit_down[i, j]), "volume": int(m.volume[i, j]),
                "listed": bool(m.listed[i, j]), "cap": int(r.order_cap[i, j]), "stamp": int(r.stamp[i]),
                "transfer": int(r.transfer[i, j]),
            }
            for i in range(n_days)
        ]
        for j in names
    }  # fmt: skip
    events = [
        {
            "day": i, "name": int(a.asset[k]), "cash": int(a.cash[k]), "bonus": int(a.bonus[k]),
            "fraction": bool(a.fraction_paid[k]),
        }
        for i in range(n_days)
        for k in range(a.start[i], a.start[i + 1])
    ]  # fmt: skip
    settings = t._asdict() | {"lots": {j: (int(r.lot_min[j]), int(r.lot_step[j])) for j in names}}
    account = Account(names, bars, settings, events, world.cash)
    targets = {i: dict(enumerate(world.weights[k])) for i, k in enumerate(world.target_row) if k >= 0}
    return account, account.run(targets, n_days)


@pytest.mark.parametrize("seed", range(60))
def test_every_order_and_every_fen_equals_the_naive_twin(seed):
    world = random_world(seed)
    ledger = simulate(world)
    account, navs = naive(world)
    ours = [
        (o["day"], o["asset"], "buy" if o["side"] > 0 else "sell", o["asked"], o["filled"], o["price"],
         o["commission"], o["stamp"], o["transfer"], Reason(o["reason"]).name.lower())
        for o in ledger.orders
    ]  # fmt: skip
    assert ours == account.orders
    assert [tuple(e)[1:] for e in ledger.events.tolist()] == account.events
    assert ledger.nav.tolist() == navs


def test_the_random_worlds_reach_every_reason():
    seen = {int(r) for seed in range(60) for r in simulate(random_world(seed)).orders["reason"]}
    assert seen == set(Reason) - {Reason.LOT}


@pytest.mark.parametrize("seed", range(20))
def test_cash_is_conserved_to_the_fen_and_never_negative(seed):
    world = random_world(seed)
    ledger = simulate(world)
    orders, events = ledger.orders, ledger.events
    sign = -orders["side"]
    flow = (
        sign * orders["filled"] * orders["price"]
        - orders["commission"]
        - orders["stamp"]
        - orders["transfer"]
    )
    by_day = np.bincount(orders["day"], flow, len(ledger.cash)) + np.bincount(
        events["day"], events["cash"], len(ledger.cash)
    )
    assert (np.diff(ledger.cash, prepend=world.cash) == by_day).all()
    assert ledger.cash.min() >= 0
    assert ledger.shares.min() >= 0


@pytest.mark.parametrize("seed", range(20))
def test_no_order_is_filled_while_suspended_or_through_a_sealed_limit(seed):
    world = random_world(seed)
    m = world.market
    for order in simulate(world).orders:
        if order["filled"] == 0:
            continue
        i, j = order["day"], order["asset"]
        assert m.open[i, j] > 0 and m.listed[i, j]
        if order["side"] > 0 and m.limit_up[i, j]:
            assert m.open[i, j] < m.limit_up[i, j] and order["price"] <= m.limit_up[i, j]
        if order["side"] < 0 and m.limit_down[i, j]:
            assert m.open[i, j] > m.limit_down[i, j] and order["price"] >= m.limit_down[i, j]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("cut", [17, 33, 48])
def test_the_future_changes_nothing_before_it(seed, cut):
    world = random_world(seed)
    whole = simulate(world)
    world.market = Market(*(part[:cut] for part in world.market))
    world.rules = world.rules._replace(
        order_cap=world.rules.order_cap[:cut],
        stamp=world.rules.stamp[:cut],
        transfer=world.rules.transfer[:cut],
    )
    world.actions = world.actions._replace(start=world.actions.start[: cut + 1])
    world.target_row = world.target_row[:cut]
    part = simulate(world)
    assert (part.nav == whole.nav[:cut]).all()
    assert (part.orders == whole.orders[whole.orders["day"] < cut]).all()


def plain_world(seed, lots=(100, 100), costs=False):
    """Draw a market in which everything can be traded."""
    world = random_world(seed)
    rng = np.random.default_rng(seed + 1_000)
    n_days, n = world.market.open.shape
    close = np.rint(rng.uniform(500, 9_000, n) * np.cumprod(1 + rng.normal(0, 0.02, (n_days, n)), 0)).astype(
        np.int64
    )
    open_ = np.rint(close * (1 + rng.normal(0, 0.01, (n_days, n)))).astype(np.int64)
    zero = np.zeros_like(close)
    world.market = Market(open_, close, close, zero, zero, zero + 10**9, np.ones(close.shape, bool))
    world.trading = Trading(2_500 if costs else 0, 500 if costs else 0, 5_000 if costs else 0, 0.0, 0.0, 0)
    world.rules = Rules(
        np.full(n, lots[0]), np.full(n, lots[1]), np.full((n_days, n), 1 << 60),
        np.full(n_days, 5_000 if costs else 0), np.full((n_days, n), 100 if costs else 0),
    )  # fmt: skip
    world.actions = world.actions._replace(start=np.zeros(n_days + 1, np.int64))
    return world


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("costs", [False, True])
def test_rebalancing_twice_to_the_same_weights_trades_at_most_one_step_and_nothing_without_costs(seed, costs):
    world = plain_world(seed, costs=costs)
    world.market.open[2] = world.market.open[1]
    world.target_row[:] = -1
    world.target_row[1], world.target_row[2] = 0, 1
    world.weights[1] = world.weights[0]
    again = simulate(world).orders
    again = again[again["day"] == 2]
    assert (again["filled"] <= (100 if costs else 0)).all()


@pytest.mark.parametrize("seed", range(10))
def test_fully_invested_targets_leave_less_than_a_lot_a_name_in_cash(seed):
    world = plain_world(seed, costs=True)
    world.weights = np.random.default_rng(seed).dirichlet(
        np.ones(world.market.open.shape[1]), len(world.weights)
    )
    ledger = simulate(world)
    lots = world.market.open.max(axis=1) * 100 * world.market.open.shape[1]
    assert (ledger.cash[world.target_row >= 0] < lots[world.target_row >= 0]).all()


def test_a_blocked_sale_shrinks_the_purchases_and_is_tried_again():
    world = plain_world(3)
    world.target_row[:] = -1
    world.target_row[1], world.target_row[5] = 0, 1
    world.weights = np.array([[1.0, 0, 0, 0, 0, 0], [0, 1.0, 0, 0, 0, 0]])
    world.trading = world.trading._replace(retry_days=5)
    down = world.market.open[5:8, 0]
    world.market.limit_down[5:8, 0] = down  # sealed for three sessions
    orders = simulate(world).orders
    late = orders[orders["day"] >= 5]
    blocked = late[(late["asset"] == 0) & (late["day"] < 8)]
    assert blocked["reason"].tolist() == [Reason.LIMIT_DOWN] * 3
    sold = late[(late["asset"] == 0) & (late["filled"] > 0)]
    bought = late[(late["asset"] == 1) & (late["filled"] > 0)]
    assert sold["day"].tolist() == [8]
    assert bought["day"].max() == 8


@pytest.mark.parametrize("held", [1, 99, 100, 150, 299, 300])
@pytest.mark.parametrize("lots", LOTS)
def test_legal_quantities_are_the_largest_that_the_exchange_takes(held, lots):
    account = Account([0], {}, {"lots": {0: lots}}, [], 0)
    for wanted in range(held + 1):
        best = max(q for q in account.legal_sales(0, held) if q <= wanted)
        assert legal_sale_nb(wanted, held, *lots) == best
        assert legal_buy_nb(wanted, *lots) == account.legal_buys(0, wanted)[-1]
