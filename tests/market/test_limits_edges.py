"""The limit matrix at the edges of the calendar, of the listing, and of what it says in its notes."""

import datetime as dt

import numpy as np
import pytest

from screener.market.calendar import sessions
from screener.market.limits import limit_matrix

ASSUMED = "risk-warning status unknown, 5 % limit applied"
EARLY = "a bar before the board opened, no limit applied"
UNBOUND = "first session before the registration reform, issue price unknown, no limit applied"


def asked(symbol, days, listed=None, status=0, close=10.0, **known):
    """Ask for one share at a reference of 10 CNY."""
    flat = np.full((len(days), 1), 10.0)
    closes = np.broadcast_to(np.asarray(close, dtype=np.float64).reshape(-1, 1), flat.shape)
    listing = {symbol: dt.date.fromisoformat(listed)} if listed else {}
    warned = None if status is None else np.full(flat.shape, status, dtype=np.int8)
    return limit_matrix([symbol], days, flat, closes, listing, warned, **known)


def test_the_first_and_the_last_session_of_the_calendar_can_be_a_listing():
    first = sessions("2015-01-05", "2015-01-06")
    assert np.isnan(asked("600519.SH", first, "2015-01-05").up).ravel().tolist() == [True, False]
    assert not np.isnan(asked("600519.SH", first, "2015-01-04").up).any()  # before it, an old share
    last = sessions("2026-12-30", "2026-12-31")
    assert np.isnan(asked("600519.SH", last, "2026-12-31").up).ravel().tolist() == [False, True]


@pytest.mark.parametrize(
    ("symbol", "listed", "free"),
    [
        ("688256.SH", "2020-07-20", 5),
        ("300308.SZ", "2020-08-24", 5),
        ("600519.SH", "2023-04-10", 5),
        ("920799.BJ", "2024-06-03", 1),
    ],
)
def test_free_sessions_are_by_rule_and_need_no_note(symbol, listed, free):
    days = sessions(listed)[:8]
    table = asked(symbol, days, listed)
    for limits in (table.up, table.down):
        assert np.isnan(limits).ravel().tolist() == [True] * free + [False] * (8 - free)
    assert table.notes == ()


def test_a_listing_on_a_day_without_trading_begins_with_the_next_session():
    days = sessions("2024-06-03")[:7]
    table = asked("688256.SH", days, "2024-06-01")  # a Saturday
    assert np.isnan(table.up).ravel().tolist() == [True] * 5 + [False] * 2


def test_an_old_first_session_is_free_for_one_day_and_counted_once():
    days = sessions("2023-03-01")[:3]
    table = asked("600519.SH", days, "2023-03-01")
    assert table.up.ravel()[1:].tolist() == [11.0, 11.0]
    assert np.isnan(table.up[0, 0])
    assert np.isnan(table.down[0, 0])
    assert table.notes == (f"1 stock-day of 1 name: {UNBOUND}",)
    assert asked("600519.SH", days, "2023-03-01", close=np.nan).notes == ()  # it did not trade


@pytest.mark.parametrize(("symbol", "listed"), [("600519.SH", "2023-04-07"), ("300308.SZ", "2020-08-21")])
def test_the_band_of_an_old_first_session_is_that_of_its_issue_price(symbol, listed):
    days = sessions(listed)[:2]
    table = asked(symbol, days, listed, issue_price={symbol: 12.34})
    assert (table.up[0, 0], table.down[0, 0]) == (17.77, 7.9)  # 17.7696 and 7.8976
    assert table.notes == ()


def test_an_issue_price_changes_nothing_after_the_reform():
    days = sessions("2023-04-10")[:6]
    table = asked("600519.SH", days, "2023-04-10", issue_price={"600519.SH": 12.34})
    assert np.isnan(table.up).ravel().tolist() == [True] * 5 + [False]


def test_a_share_that_kept_its_limit_keeps_it():
    days = sessions("2020-08-21", "2020-08-25")
    assert asked("300090.SZ", days).up.ravel().tolist() == [11.0] * 3
    assert asked("300308.SZ", days).up.ravel().tolist() == [11.0, 12.0, 12.0]


def test_a_price_of_a_fen_has_limits_of_its_own():
    one = np.full((1, 1), 0.01)
    table = limit_matrix(["600519.SH"], sessions("2024-06-03")[:1], one, one, {}, np.zeros((1, 1), np.int8))
    assert (table.up[0, 0], table.down[0, 0]) == (0.02, 0.0)


@pytest.mark.parametrize("reference", [np.nan, 0.0, -1.0])
def test_without_a_reference_there_is_no_limit(reference):
    days = sessions("2024-06-03")[:1]
    table = limit_matrix(["600519.SH"], days, [[reference]], [[10.0]], {})
    assert np.isnan(table.up).all()
    assert np.isnan(table.down).all()
    assert table.notes == ()


@pytest.mark.parametrize("close", [10.51, 9.49])
def test_a_fen_beyond_the_narrow_limit_is_a_proof_on_either_side(close):
    days = sessions("2024-06-03")[:2]
    assert asked("600519.SH", days, status=None, close=[close, 10.0]).up.ravel().tolist() == [10.5, 11.0]
    inside = close - np.sign(close - 10) * 0.01
    assert asked("600519.SH", days, status=None, close=[inside, 10.0]).up.ravel().tolist() == [10.5, 10.5]


def test_the_smallest_price_proves_as_much_as_any():
    days = sessions("2024-06-03")[:2]
    assert asked("600519.SH", days, status=None, close=[0.01, 10.0]).up.ravel().tolist() == [10.5, 11.0]
    assert asked("600519.SH", days, status=None, close=[np.nan, 10.0]).up.ravel().tolist() == [10.5, 10.5]


def test_a_day_under_warning_proves_nothing_for_later_ones():
    days = sessions("2024-06-03")[:3]
    status = np.array([[1], [-1], [-1]], dtype=np.int8)
    flat = np.full((3, 1), 10.0)
    far = np.array([[10.8], [10.0], [10.0]])
    assert limit_matrix(["600519.SH"], days, flat, far, {}, status).up.ravel().tolist() == [10.5] * 3
    ordinary = np.array([[0], [-1], [-1]], dtype=np.int8)
    assert limit_matrix(["600519.SH"], days, flat, far, {}, ordinary).up.ravel().tolist() == [11.0] * 3


def test_days_and_names_are_counted_in_words():
    days = sessions("2024-06-03")[:2]
    flat = np.full((2, 2), 10.0)
    pair = limit_matrix(["600519.SH", "000977.SZ"], days, flat, flat, {})
    assert pair.notes == (f"4 stock-days of 2 names: {ASSUMED}",)
    one = asked("600519.SH", days[:1], status=None)
    assert one.notes == (f"1 stock-day of 1 name: {ASSUMED}",)
    long = sessions("2019-01-02")[:1_200]
    assert asked("600519.SH", long, status=None).notes == (f"1,200 stock-days of 1 name: {ASSUMED}",)


@pytest.mark.parametrize("status", [np.full((2, 1), -2), np.array([[0], [2]]), np.zeros((1, 2)), np.zeros(2)])
def test_every_wrong_status_is_refused(status):
    days = sessions("2024-06-03")[:2]
    flat = np.full((2, 1), 10.0)
    with pytest.raises(ValueError, match=r"must have shape \(2, 1\) and hold -1, 0 or 1 only"):
        limit_matrix(["600519.SH"], days, flat, flat, {}, status)


def test_unknown_is_what_is_left_out():
    days = sessions("2024-06-03")[:2]
    left_out, unknown = (asked("600519.SH", days, status=status) for status in (None, -1))
    assert left_out.up.tolist() == unknown.up.tolist() == [[10.5], [10.5]]
    assert left_out.notes == unknown.notes


def test_a_listing_before_the_board_opened_is_no_old_first_session():
    days = sessions("2019-07-18", "2019-07-22")
    table = asked("688256.SH", days, "2019-07-19")
    assert np.isnan(table.up).ravel().tolist() == [True, True, False]
    assert table.notes == (f"2 stock-days of 1 name: {EARLY}",)


def test_a_bar_before_the_board_opened_counts_from_the_first_fen():
    days = sessions("2021-11-12")[:1]
    one = np.full((1, 1), 0.01)
    assert limit_matrix(["430047.BJ"], days, one, one, {}).notes == (f"1 stock-day of 1 name: {EARLY}",)


def test_no_bar_before_the_board_opened_is_nothing_to_count():
    days = sessions("2019-07-17", "2019-07-19")
    none = np.full((len(days), 1), np.nan)
    assert limit_matrix(["688256.SH"], days, none, none, {}).notes == ()
