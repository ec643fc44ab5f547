"""The matching loop against its naive twin, and the invariants of an account."""

import dataclasses

import numpy as np
import pytest

from screener.arrays import Actions, Fill, Market, Reason, Rules, Trading
from screener.kernels.fills import legal_buy_nb, legal_sale_nb
from screener.kernels.market import simulate_batch_nb, simulate_nb
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


def random_world(seed, n_days=None, n=None, cash=None):
    """Draw a market with suspensions, sealed days, thin volume, listings, ends and corporate actions."""
    rng = np.random.default_rng(seed)
    n_days = n_days or int(rng.integers(20, 121))
    n = n or int(rng.integers(1, 9))
    cash = cash or int(rng.choice([300_000, 5_000_000, 50_000_000, 500_000_000]))
    market = random_market(rng, n_days, n)
    lots = np.array([LOTS[k % 4] for k in range(n)], dtype=np.int64)
    target_row = np.full(n_days, -1, dtype=np.int64)
    target_row[1::7] = np.arange(len(target_row[1::7]))
    weights = rng.dirichlet(np.ones(n), len(target_row[1::7])) * rng.choice([0, 1], (1, n), p=[0.2, 0.8])
    month, year = np.arange(n_days) - 15, np.arange(n_days) - 40  # a short year, so that every age occurs
    rules = Rules(
        lots[:, 0].copy(), lots[:, 1].copy(), np.full((n_days, n), 20_000),
        rng.choice([5_000, 10_000], n_days), rng.choice([100, 200], (n_days, n)),
        rng.random(n_days) > 0.05, month, year, np.tile([20, 10, 5], (n_days, 1)),
    )  # fmt: skip
    trading = Trading(
        fill=int(rng.choice(list(Fill))), commission=int(rng.choice([0, 2_500])),
        commission_min=int(rng.choice([0, 500])), slippage=int(rng.choice([0, 5_000])),
        slippage_ticks=int(rng.choice([0, 0, 1])), participation=float(rng.choice([0.0, 0.1])),
        band=float(rng.choice([0.0, 0.01])), trade_min=int(rng.choice([0, 100_000])),
        retry_days=int(rng.choice([0, 5])), tax_dividends=bool(rng.random() < 0.7),
    )  # fmt: skip
    return World(market, rules, trading, random_actions(rng, n_days, n), target_row, weights, cash)


def random_market(rng, n_days, n):
    close = np.maximum(
        np.rint(rng.uniform(300, 9_000, n) * np.cumprod(1 + rng.normal(0, 0.03, (n_days, n)), 0)), 50
    ).astype(np.int64)
    reference = np.vstack([close[:1], close[:-1]])
    up, down = np.rint(reference * 1.1).astype(np.int64), np.rint(reference * 0.9).astype(np.int64)
    open_ = np.clip(np.rint(close * (1 + rng.normal(0, 0.02, (n_days, n)))).astype(np.int64), down, up)
    state = rng.random((n_days, n))
    for at, limit in ((state < 0.05, up), (state > 0.95, down)):  # half of them sealed all day
        open_ = np.where(at, limit, open_)
        close = np.where(at & (rng.random((n_days, n)) < 0.5), limit, close)
    high, low = np.maximum(open_, close), np.minimum(open_, close)
    volume = np.where(rng.random((n_days, n)) < 0.15, rng.integers(0, 30_000, (n_days, n)), 5_000_000)
    amount = volume * (low + (high - low) * rng.random((n_days, n))).astype(np.int64) + rng.integers(0, 99)
    free = rng.random((2, n_days, n)) < 0.03
    listed = np.ones((n_days, n), bool)
    listed[: n_days // 3, 0] = False
    listed[2 * n_days // 3 :, 1:2] = False
    open_[~listed | (rng.random((n_days, n)) < 0.06)] = 0
    for j in range(n):
        for i in range(n_days):
            if open_[i, j] == 0:
                close[i, j] = close[i - 1, j] if i else 0
    close[: n_days // 3, 0] = 0
    impact = rng.uniform(0, 300, (n_days, n)) if rng.random() < 0.3 else np.empty((0, 0))
    return Market(
        open_, high, low, close, reference, np.where(free[0], 0, up), np.where(free[1], 0, down),
        volume, amount, listed, impact,
    )  # fmt: skip


def random_actions(rng, n_days, n, count=8):
    days = np.sort(rng.integers(1, n_days, count))
    asset = rng.integers(0, n, count)
    kind = rng.random(count)
    rights = kind < 0.15
    ends = kind > 0.9
    return Actions(
        start=np.searchsorted(days, np.arange(n_days + 1)).astype(np.int64),
        asset=asset,
        cash=np.where(rights, 0, rng.integers(0, 2_000_000, count)),
        taxable=np.where(rng.random(count) < 0.7, rng.integers(0, 2_000_000, count), 0),
        bonus=rng.choice([0, 30_000_000, 40_000_000, 100_000_000, 1_234_567], count),
        price=np.where(rights, rng.integers(100, 5_000, count), 0),
        fraction_paid=rng.random(count) < 0.4,
        pay=days + rng.choice([0, 0, 3], count),
        listing=days + rng.choice([0, 1, 12], count),
        into=np.where(ends, rng.integers(0, n, count), asset),
        ends=ends,
    )


def simulate(world):
    return simulate_nb(
        world.market, world.rules, world.trading, world.actions, world.target_row, world.weights,
        np.int64(world.cash),
    )  # fmt: skip


def naive(world):
    n_days, n = world.market.open.shape
    names = list(range(n))
    m, r, t, a = world.market, world.rules, world.trading, world.actions
    fields = {"up": m.limit_up, "down": m.limit_down, "cap": r.order_cap, "transfer": r.transfer}
    fields |= {
        name: getattr(m, name) for name in ("open", "high", "low", "close", "reference", "volume", "amount")
    }
    bars = {
        j: [
            {name: int(values[i, j]) for name, values in fields.items()}
            | {
                "listed": bool(m.listed[i, j]),
                "stamp": int(r.stamp[i]),
                "close_trades": bool(r.close_trades[i]),
            }
            | {"impact": float(m.impact[i, j]) if len(m.impact) else 0.0}
            for i in range(n_days)
        ]
        for j in names
    }
    numbers = ("cash", "taxable", "bonus", "price", "pay", "listing", "into")
    events = [
        {name: int(getattr(a, name)[k]) for name in numbers}
        | {"day": i, "name": int(a.asset[k]), "fraction": bool(a.fraction_paid[k]), "ends": bool(a.ends[k])}
        for i in range(n_days)
        for k in range(a.start[i], a.start[i + 1])
    ]
    settings = t._asdict() | {"lots": {j: (int(r.lot_min[j]), int(r.lot_step[j])) for j in names}}
    settings["fill"] = Fill(t.fill).name.lower()
    settings["within"] = lambda bought, sold: 20 if sold - bought <= 15 else 10 if sold - bought <= 40 else 5
    account = Account(names, bars, settings, events, world.cash)
    targets = {i: dict(enumerate(world.weights[k])) for i, k in enumerate(world.target_row) if k >= 0}
    return account, account.run(targets, n_days)


def busy_world(seed):
    """Draw a wide market of which little is held, with more orders, events and lots than are foreseen."""
    world = random_world(seed, n_days=90, n=24, cash=50_000_000)
    rng = np.random.default_rng(seed)
    wanted = rng.random((4, 24)) < 0.15
    world.weights = np.where(wanted, rng.dirichlet(np.ones(24), 4), 0.0)
    world.target_row = np.where(np.arange(90) % 3 == 1, np.arange(90) // 3 % 4, -1)
    world.target_row[70:] = -1
    world.actions = random_actions(rng, 90, 24, count=700)
    world.actions = world.actions._replace(ends=np.zeros(700, bool), into=world.actions.asset)
    world.trading = world.trading._replace(tax_dividends=True)
    return world


def check_against_the_twin(seed):
    check(random_world(seed), seed)


def check(world, seed):
    ledger = simulate(world)
    account, navs = naive(world)
    ours = [
        (o["day"], o["asset"], "buy" if o["side"] > 0 else "sell", o["asked"], o["filled"], o["price"],
         o["commission"], o["stamp"], o["transfer"], o["tax"], Reason(o["reason"]).name.lower())
        for o in ledger.orders
    ]  # fmt: skip
    assert ours == account.orders, seed
    assert [tuple(e) for e in ledger.events.tolist()] == account.events, seed
    assert ledger.nav.tolist() == navs, seed


@pytest.mark.parametrize("block", range(20))
def test_every_order_and_every_fen_of_500_markets_equals_the_naive_twin(block):
    for seed in range(25 * block, 25 * block + 25):
        check_against_the_twin(seed)


@pytest.mark.parametrize("seed", range(8))
def test_wide_markets_of_which_little_is_held_equal_the_twin(seed):
    check(busy_world(seed), seed)


def test_the_busy_worlds_outgrow_what_is_foreseen_for_them():
    grown = []
    for seed in range(8):
        world = busy_world(seed)
        ledger = simulate(world)
        foreseen = np.count_nonzero(world.weights)
        bought = (ledger.orders["side"] > 0) & (ledger.orders["filled"] > 0)
        lots = bought.sum() + (ledger.events["new_shares"] > 0).sum()
        grown.append(
            (len(ledger.orders) > 256 + 1.5 * foreseen, len(ledger.events) > 64, lots > 64 + foreseen)
        )
    assert np.array(grown).any(axis=0).all(), grown


@pytest.mark.long
@pytest.mark.parametrize("block", range(100))
def test_10000_markets_equal_the_naive_twin(block):
    for seed in range(1_000 + 100 * block, 1_100 + 100 * block):
        check_against_the_twin(seed)


def test_the_random_worlds_reach_every_reason():
    seen = {int(r) for seed in range(200) for r in simulate(random_world(seed)).orders["reason"]}
    assert seen == set(Reason)


@pytest.mark.parametrize("seed", range(20))
def test_cash_is_conserved_to_the_fen_and_never_negative(seed):
    world = random_world(seed)
    ledger = simulate(world)
    orders, events = ledger.orders, ledger.events
    sign = -orders["side"]
    flow = sign * orders["filled"] * orders["price"]
    flow -= sum(orders[name] for name in ("commission", "stamp", "transfer", "tax"))
    n_days = len(ledger.cash)
    by_day = np.bincount(orders["day"], flow, n_days) + np.bincount(events["day"], events["cash"], n_days)
    assert (np.diff(ledger.cash + ledger.due, prepend=world.cash) == by_day).all()
    assert ledger.cash.min() >= 0
    assert ledger.due.min() >= 0
    shares = np.zeros((n_days, world.market.open.shape[1]), dtype=np.int64)
    np.add.at(shares, (orders["day"], orders["asset"]), orders["side"] * orders["filled"])
    np.add.at(shares, (events["day"], events["into"]), events["new_shares"])
    gone = events[world.actions.ends[events["event"]]]
    np.add.at(shares, (gone["day"], gone["asset"]), -gone["shares"])
    shares = shares.cumsum(axis=0)
    assert shares.min() >= 0
    assert (ledger.nav == ledger.cash + ledger.due + (shares * world.market.close).sum(axis=1)).all()


@pytest.mark.parametrize("seed", range(20))
def test_no_order_is_filled_while_suspended_or_through_a_sealed_limit(seed):
    world = random_world(seed)
    m = world.market
    for order in simulate(world).orders:
        if order["filled"] == 0:
            continue
        i, j = order["day"], order["asset"]
        least = {Fill.OPEN: m.open, Fill.CLOSE: m.close, Fill.VWAP: m.low}[world.trading.fill]
        most = {Fill.OPEN: m.open, Fill.CLOSE: m.close, Fill.VWAP: m.high}[world.trading.fill]
        assert m.open[i, j] > 0 and m.listed[i, j]
        if order["side"] > 0 and m.limit_up[i, j]:
            assert least[i, j] < m.limit_up[i, j] and order["price"] <= m.limit_up[i, j]
        if order["side"] < 0 and m.limit_down[i, j]:
            assert most[i, j] > m.limit_down[i, j] and order["price"] >= m.limit_down[i, j]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("cut", [17, 33, 48])
def test_the_future_changes_nothing_before_it(seed, cut):
    world = random_world(seed, n_days=60)
    whole = simulate(world)
    world.market = Market(*(part[:cut] for part in world.market))
    by_asset = ("lot_min", "lot_step")
    cut_rules = {k: v if k in by_asset else v[:cut] for k, v in world.rules._asdict().items()}
    world.rules = Rules(**cut_rules)
    world.actions = world.actions._replace(start=world.actions.start[: cut + 1])
    world.target_row = world.target_row[:cut]
    part = simulate(world)
    assert (part.nav == whole.nav[:cut]).all()
    assert (part.orders == whole.orders[whole.orders["day"] < cut]).all()


def plain_world(seed, lots=(100, 100), costs=False):
    """Draw a market in which everything can be traded."""
    world = random_world(seed, n_days=60, n=6, cash=50_000_000)
    rng = np.random.default_rng(seed + 1_000)
    n_days, n = world.market.open.shape
    close = np.rint(rng.uniform(500, 9_000, n) * np.cumprod(1 + rng.normal(0, 0.02, (n_days, n)), 0)).astype(
        np.int64
    )
    open_ = np.rint(close * (1 + rng.normal(0, 0.01, (n_days, n)))).astype(np.int64)
    zero = np.zeros_like(close)
    world.market = Market(
        open_, np.maximum(open_, close), np.minimum(open_, close), close, close, zero, zero, zero + 10**9,
        close * 10**9, np.ones(close.shape, bool), np.empty((0, 0)),
    )  # fmt: skip
    rates = (2_500, 500, 5_000) if costs else (0, 0, 0)
    world.trading = Trading(int(Fill.OPEN), *rates, 0, 0.0, 0.0, 0, 0, False)
    world.rules = world.rules._replace(
        lot_min=np.full(n, lots[0]), lot_step=np.full(n, lots[1]), order_cap=np.full((n_days, n), 1 << 60),
        stamp=np.full(n_days, 5_000 if costs else 0), transfer=np.full((n_days, n), 100 if costs else 0),
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


@pytest.mark.parametrize("seed", range(10))
def test_a_batch_gives_each_account_what_it_gives_alone(seed):
    world = random_world(seed)
    sets = np.stack([world.weights, world.weights[::-1], world.weights * 0.5])
    parts = (world.market, world.rules, world.trading, world.actions, world.target_row)
    batch = simulate_batch_nb(*parts, sets, np.int64(world.cash))
    for weights, nav in zip(sets, batch, strict=True):
        world.weights = np.ascontiguousarray(weights)
        assert (simulate(world).nav == nav).all()


@pytest.mark.parametrize("held", [1, 99, 100, 150, 299, 300])
@pytest.mark.parametrize("lots", LOTS)
def test_legal_quantities_are_the_largest_that_the_exchange_takes(held, lots):
    account = Account([0], {}, {"lots": {0: lots}}, [], 0)
    for wanted in range(held + 1):
        best = max(q for q in account.legal_sales(0, held) if q <= wanted)
        assert legal_sale_nb(wanted, held, *lots) == best
        assert legal_buy_nb(wanted, *lots) == account.legal_buys(0, wanted)[-1]
