"""Ages of a share at the edges of the rules, and days that no rule speaks of."""

import pytest

from screener.errors import CalendarError
from screener.market.bands import FREE, Band, limit_pct, percent_rows
from screener.market.calendar import nth_session

TEN, TWENTY, THIRTY = Band(1_000, 1_000), Band(2_000, 2_000), Band(3_000, 3_000)
ISSUE = Band(4_400, 3_600, "issue_price")


@pytest.mark.parametrize(
    ("board", "listed", "bands"),
    [
        # The first seven sessions from the listing.
        ("STAR", "2019-07-22", [FREE] * 5 + [TWENTY] * 2),
        ("CHINEXT", "2020-08-24", [FREE] * 5 + [TWENTY] * 2),
        ("CHINEXT", "2020-08-12", [ISSUE] + [TEN] * 6),
        ("CHINEXT", "2020-08-21", [ISSUE] + [TWENTY] * 6),
        ("SSE_MAIN", "2023-04-10", [FREE] * 5 + [TEN] * 2),
        ("SZSE_MAIN", "2023-04-07", [ISSUE] + [TEN] * 6),
        ("SSE_MAIN", "2015-01-05", [ISSUE] + [TEN] * 6),
        ("BSE", "2021-11-15", [FREE] + [THIRTY] * 6),
    ],
)
def test_first_sessions_of_a_new_share(board, listed, bands):
    days = [nth_session(listed, n) for n in range(1, 8)]
    assert [limit_pct(board, day, listing_date=listed) for day in days] == bands
    assert [limit_pct(board, day, listing_day=n) for n, day in enumerate(days, 1)] == bands
    assert [
        limit_pct(board, day, listing_date=listed, listing_day=n) for n, day in enumerate(days, 1)
    ] == bands


def test_a_share_listed_before_the_calendar_or_at_an_unknown_time_is_old():
    assert limit_pct("SSE_MAIN", "2015-01-05", listing_date="2014-12-31") == TEN
    assert limit_pct("SSE_MAIN", "2015-01-05") == TEN
    assert limit_pct("SSE_MAIN", "2015-01-05", listing_day=400) == TEN


def test_the_listing_date_decides_the_rule_and_a_given_age_the_count():
    # Listed before the reform of 2020-08-24: a source that counts its second session late frees nothing.
    assert limit_pct("CHINEXT", "2020-08-28", listing_date="2020-08-21", listing_day=2) == TWENTY
    assert limit_pct("CHINEXT", "2020-08-28", listing_day=2) == FREE


@pytest.mark.parametrize("age", [{"listing_date": "2024-06-04"}, {"listing_day": 0}, {"listing_day": -3}])
def test_a_day_before_the_listing_is_refused(age):
    with pytest.raises(CalendarError, match="2024-06-03 lies before the listing"):
        limit_pct("SSE_MAIN", "2024-06-03", **age)


@pytest.mark.parametrize("board", ["SSE_MAIN", "CHINEXT", "STAR", "BSE"])
def test_the_first_session_of_a_delisting_period_is_free_since_2020_12_31(board):
    ordinary = limit_pct(board, "2024-06-04")
    assert limit_pct(board, "2024-06-03", delisting_day=1) == FREE
    assert limit_pct(board, "2024-06-04", "risk_warning", delisting_day=2) == ordinary
    if board != "BSE":
        assert limit_pct(board, "2020-12-30", "risk_warning", delisting_day=1) != FREE
    # The period began on the 30th: its second day is bound by the rule of its first.
    assert limit_pct("SSE_MAIN", "2020-12-31", "risk_warning", delisting_day=2) == TEN


def test_a_relisted_share_is_free_for_one_session_whatever_its_listing_date_says():
    # Feeds write the day of the relisting as the listing date.
    ages = {"listing_date": "2024-06-03", "relisting_day": 1}
    assert limit_pct("SSE_MAIN", "2024-06-03", **ages) == FREE
    assert limit_pct("SSE_MAIN", "2024-06-04", **ages | {"relisting_day": 2}) == TEN
    assert limit_pct("SSE_MAIN", "2024-06-04", listing_date="2024-06-03", delisting_day=2) == TEN


def test_a_kept_limit_belongs_to_its_share_alone_and_from_its_day():
    for symbol in ("300090.SZ", "300156.SZ", "300216.SZ"):
        assert limit_pct("CHINEXT", "2020-08-24", symbol=symbol) == TEN
    assert limit_pct("CHINEXT", "2020-08-24", symbol="300308.SZ") == TWENTY
    assert limit_pct("CHINEXT", "2020-08-21", symbol="300090.SZ") == TEN


def test_what_no_rule_speaks_of_is_refused():
    with pytest.raises(ValueError, match="board='NYSE' status='ordinary'"):
        percent_rows("NYSE", "ordinary")
    with pytest.raises(ValueError, match="board='SSE_MAIN' status='any'"):
        percent_rows("SSE_MAIN", "any")
    with pytest.raises(CalendarError, match="board=STAR on 2019-07-19: it had not opened"):
        limit_pct("STAR", "2019-07-19")
