"""The limit matrix against a slow twin that walks through the days, and its promises one by one."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest

from screener.market.calendar import sessions
from screener.market.limits import MEMORY, limit_matrix

SYMBOLS = ["000977.SZ", "300090.SZ", "300308.SZ", "600519.SH", "603019.SH", "688256.SH", "920799.BJ"]
CENT = Decimal("0.01")


def slow_price(reference: float, percent: int) -> float:
    base = Decimal(str(reference))
    price = (base * (100 + percent) / 100).quantize(CENT, ROUND_HALF_UP)
    if price == base:
        price += CENT if percent > 0 else -CENT
    return float(price)


def slow_percent(symbol: str, day: dt.date, status: int, narrow: bool) -> int | None:
    """Say the ordinary percentage, or the narrow one of a share that is (or may be) under risk warning."""
    if symbol.startswith("688"):
        return 20 if day >= dt.date(2019, 7, 22) else None
    if symbol.endswith("BJ"):
        return 30 if day >= dt.date(2021, 11, 15) else None
    if symbol.startswith("300"):
        return 20 if day >= dt.date(2020, 8, 24) and symbol != "300090.SZ" else 10
    return 5 if day < dt.date(2026, 7, 6) and (status == 1 or (status == -1 and narrow)) else 10


def slow_new(symbol: str, day: dt.date, listed: dt.date | None, days: list[dt.date]) -> str:
    """Say "free", "band" or "old"."""
    if listed is None or day < listed:
        return "old"
    age = sum(listed <= other <= day for other in days)
    if symbol.startswith("688"):
        start, free = dt.date(2019, 7, 22), 5
    elif symbol.endswith("BJ"):
        start, free = dt.date(2021, 11, 15), 1
    elif symbol.startswith("300"):
        start, free = dt.date(2020, 8, 24), 5
    else:
        start, free = dt.date(2023, 4, 10), 5
    if listed >= start:
        return "free" if age <= free else "old"
    return "band" if age == 1 and symbol[-2:] != "BJ" and not symbol.startswith("688") else "old"


def beyond(price: float, reference: float) -> bool:
    return not np.isnan(price) and (price > slow_price(reference, 5) or price < slow_price(reference, -5))


def slow_limits(symbols, days, pre_close, close, opened, status, listing):
    """Walk through the days, with nothing but the past at hand."""
    every = [day.date() for day in sessions()]
    up, down = np.full(close.shape, np.nan), np.full(close.shape, np.nan)
    assumed = 0
    for j, symbol in enumerate(symbols):
        main = symbol[:3] in ("000", "600", "603")
        proofs = []
        for i, stamp in enumerate(days):
            day, reference = stamp.date(), pre_close[i, j]
            age = slow_new(symbol, day, listing.get(symbol), every)
            if np.isnan(reference) or age != "old":
                continue
            early = main and day < dt.date(2026, 7, 6)
            proven = any(i - MEMORY <= k < i for k in proofs) or (early and beyond(opened[i, j], reference))
            percent = slow_percent(symbol, day, status[i, j], not proven)
            if percent is None:
                continue
            assumed += early and status[i, j] == -1 and not proven
            up[i, j], down[i, j] = slow_price(reference, percent), slow_price(reference, -percent)
            witness = beyond(close[i, j], reference) or beyond(opened[i, j], reference)
            if early and status[i, j] != 1 and witness:
                proofs.append(i)
    return up, down, assumed


def random_market(seed, days, sigma):
    """Invent prices with holes; the status is unknown, ordinary or a warning in long stretches."""
    dice = np.random.default_rng(seed)
    shape = (len(days), len(SYMBOLS))
    pre_close = np.round(dice.uniform(0.5, 40.0, shape), 2)
    close = np.round(pre_close * (1 + dice.normal(0, sigma, shape)), 2)
    opened = np.round(pre_close * (1 + dice.normal(0, sigma / 2, shape)), 2)
    holes = dice.random(shape) < 0.1
    for prices in (pre_close, close, opened):
        prices[holes] = np.nan
    pre_close[0] = np.nan
    status = np.repeat(dice.choice([-1, -1, 0, 1], (len(days) // 50 + 1, len(SYMBOLS))), 50, axis=0)
    return pre_close, close, opened, status[: len(days)].astype(np.int8)


LISTINGS = {
    "2019-06-03": {"688256.SH": "2019-07-22", "300308.SZ": "2019-08-01", "000977.SZ": None},
    "2020-07-01": {"300308.SZ": "2020-08-24", "300090.SZ": "2020-08-21", "688256.SH": "2020-09-04"},
    "2021-11-01": {"920799.BJ": "2021-11-15", "603019.SH": "2022-01-06"},
    "2023-02-01": {"600519.SH": "2023-04-07", "603019.SH": "2023-04-10", "000977.SZ": "2023-03-01"},
    "2026-01-05": {"600519.SH": "2026-06-30"},
}


@pytest.mark.parametrize("start", LISTINGS)
@pytest.mark.parametrize("sigma", [0.012, 0.03])
def test_matrix_is_that_of_the_slow_twin(start, sigma):
    days = sessions(start)[:420]
    pre_close, close, opened, status = random_market(int(start[:4]), days, sigma)
    listing = {symbol: day and dt.date.fromisoformat(day) for symbol, day in LISTINGS[start].items()}
    table = limit_matrix(SYMBOLS, days, pre_close, close, listing, status, open=opened)
    up, down, assumed = slow_limits(SYMBOLS, days, pre_close, close, opened, status, listing)
    np.testing.assert_array_equal(table.up, up)
    np.testing.assert_array_equal(table.down, down)
    said = [note for note in table.notes if "status unknown, 5 % limit applied" in note]
    assert assumed > 0
    assert said[0].startswith(f"{assumed:,} stock-day")


def test_without_opens_only_earlier_closes_are_witnesses():
    days = sessions("2024-01-02")[:300]
    pre_close, close, opened, status = random_market(7, days, 0.012)
    table = limit_matrix(SYMBOLS, days, pre_close, close, {}, status)
    up, down, _ = slow_limits(SYMBOLS, days, pre_close, close, np.full_like(opened, np.nan), status, {})
    np.testing.assert_array_equal(table.up, up)
    np.testing.assert_array_equal(table.down, down)


@pytest.mark.parametrize("cut", [1, 90, 251, 299])
def test_limits_do_not_change_when_the_future_is_cut_off(cut):
    days = sessions("2024-01-02")[:300]
    pre_close, close, opened, _ = random_market(11, days, 0.02)
    whole = limit_matrix(SYMBOLS, days, pre_close, close, {}, open=opened)
    blind = close.copy()
    blind[cut - 1] = np.nan  # at the open of the last day its close is not known either
    part = limit_matrix(SYMBOLS, days[:cut], pre_close[:cut], blind[:cut], {}, open=opened[:cut])
    np.testing.assert_array_equal(part.up, whole.up[:cut])
    np.testing.assert_array_equal(part.down, whole.down[:cut])


def flat(days, value=10.0):
    return np.full((len(days), 1), value)


def test_a_proof_is_remembered_for_250_sessions_and_not_on_its_own_day():
    days = sessions("2023-01-03")[:260]
    close = flat(days)
    close[3] = 10.51
    up = limit_matrix(["600519.SH"], days, flat(days), close, {}).up[:, 0]
    assert (up[:4] == 10.5).all()
    assert (up[4:254] == 11.0).all()
    assert (up[254:] == 10.5).all()


def test_a_close_at_the_narrow_limit_proves_nothing():
    days = sessions("2023-01-03")[:3]
    assert (limit_matrix(["600519.SH"], days, flat(days), flat(days, 10.5), {}).up == 10.5).all()
    assert (limit_matrix(["600519.SH"], days, flat(days), flat(days, 9.5), {}).down == 9.5).all()


def test_an_open_beyond_the_narrow_limit_speaks_for_its_own_day():
    days = sessions("2023-01-03")[:2]
    opened = flat(days)
    opened[0] = 9.49
    table = limit_matrix(["600519.SH"], days, flat(days), flat(days), {}, open=opened)
    assert table.down[:, 0].tolist() == [9.0, 9.0]
    assert table.notes == ()


def test_a_known_warning_is_narrow_until_july_2026_whatever_prices_say():
    days = sessions("2026-07-02", "2026-07-07")
    warned = np.ones((len(days), 1), dtype=np.int8)
    far = flat(days, 10.9)
    assert limit_matrix(["600519.SH"], days, flat(days), far, {}, warned, far).up[:, 0].tolist() == [
        10.5,
        10.5,
        11,
        11,
    ]


def test_unknown_status_is_counted_and_so_are_the_days_that_contradict_it():
    days = sessions("2026-07-01", "2026-07-08")
    close = flat(days)
    close[2] = 10.8
    notes = limit_matrix(["600519.SH"], days, flat(days), close, {}).notes
    assert notes == (
        "3 stock-days of 1 name: risk-warning status unknown, 5 % limit applied",
        "1 stock-day of 1 name: of these closed beyond the 5 % limit, which is not known at the open",
    )


def test_old_first_session_is_free_and_counted_until_the_issue_price_is_given():
    days = sessions("2023-02-28", "2023-03-03")
    listing = {"603019.SH": dt.date(2023, 3, 1)}
    pre_close, close = flat(days), flat(days)
    pre_close[:2], close[0] = np.nan, np.nan
    ordinary = np.zeros((len(days), 1), dtype=np.int8)
    bare = limit_matrix(["603019.SH"], days, pre_close, close, listing, ordinary)
    assert np.isnan(bare.up[1, 0])
    assert "1 stock-day of 1 name: first session before the registration reform" in bare.notes[0]
    known = limit_matrix(
        ["603019.SH"], days, pre_close, close, listing, ordinary, issue_price={"603019.SH": 7.47}
    )
    assert (known.up[1, 0], known.down[1, 0], known.notes) == (10.76, 4.78, ())
    assert known.up[2:, 0].tolist() == [11.0, 11.0]


def test_bars_before_the_board_opened_have_no_limit_and_are_counted():
    days = sessions("2021-11-11", "2021-11-16")
    table = limit_matrix(["430047.BJ"], days, flat(days), flat(days), {})
    assert np.isnan(table.up[:2, 0]).all()
    assert table.up[2:, 0].tolist() == [13.0, 13.0]
    assert table.notes == ("2 stock-days of 1 name: a bar before the board opened, no limit applied",)


def test_status_of_another_shape_or_value_is_refused():
    days = sessions("2024-01-02")[:2]
    for status in (np.zeros((1, 1)), np.full((2, 1), 3)):
        with pytest.raises(ValueError, match="risk_warning must have shape"):
            limit_matrix(["600519.SH"], days, flat(days), flat(days), {}, status)


def test_listing_may_be_a_timestamp_missing_or_far_away():
    days = pd.DatetimeIndex(sessions("2024-01-02")[:2])
    for day in (pd.Timestamp("2001-08-27"), pd.NaT, None, dt.date(2030, 1, 2)):
        assert (
            limit_matrix(["300308.SZ"], days, flat(days), flat(days), {"300308.SZ": day}).up == 12.0
        ).all()
