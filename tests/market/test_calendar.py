"""The calendar against an independent library, and its manners at the edges."""

import datetime as dt
import warnings

import numpy as np
import pandas as pd
import pytest

from screener.errors import CalendarError
from screener.market import calendar

FIRST, LAST = "2015-01-01", "2026-12-31"


@pytest.fixture(scope="module")
def oracle():
    library = pytest.importorskip("exchange_calendars")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, about pandas
        return library.get_calendar("XSHG", start=FIRST, end=LAST).sessions


def test_sessions_are_those_of_exchange_calendars(oracle):
    ours = calendar.sessions()
    assert ours.name == "date"
    assert ours.dtype == np.dtype("datetime64[ns]")
    assert list(ours) == list(oracle)


def test_every_day_and_neighbour_is_that_of_exchange_calendars(oracle):
    for day in pd.date_range("2015-01-05", "2026-12-30"):
        position = oracle.searchsorted(day)
        known = position < len(oracle) and oracle[position] == day
        assert calendar.is_session(day) == known
        assert calendar.on_or_after(day) == oracle[position]
        assert calendar.on_or_before(day) == oracle[position if known else position - 1]
        assert calendar.next_session(day) == oracle[position + known]


def test_years_have_the_printed_number_of_sessions():
    printed = [244, 244, 244, 243, 244, 243, 243, 242, 242, 242, 243, 242]  # rule R35
    assert [calendar.sessions_in_year(year) for year in range(2015, 2027)] == printed


def test_a_whole_year_is_one_and_parts_add_up():
    assert calendar.years("2023-12-29", "2024-12-31") == pytest.approx(1.0, abs=1e-15)
    assert calendar.years(FIRST, LAST) == pytest.approx(12.0, abs=1e-12)
    assert calendar.years("2024-02-08", "2024-02-19") == pytest.approx(1 / 242)
    whole = calendar.years("2019-03-05", "2025-06-30")
    parts = calendar.years("2019-03-05", "2021-11-11") + calendar.years("2021-11-11", "2025-06-30")
    assert parts == pytest.approx(whole, abs=1e-12)
    assert calendar.sessions_a_year("2023-12-29", "2025-12-31") == pytest.approx((242 + 243) / 2)


def test_a_window_leaves_out_its_base_and_holds_its_end():
    assert calendar.years("2024-06-03", "2024-06-03") == 0.0
    with pytest.raises(ValueError, match="no session after 2024-06-07"):
        calendar.sessions_a_year("2024-06-07", "2024-06-09")


@pytest.mark.parametrize("day", ["2014-12-31", "2027-01-01", "2030-06-03", dt.date(1999, 1, 4)])
@pytest.mark.parametrize(
    "ask", [calendar.is_session, calendar.next_session, calendar.on_or_after, calendar.sessions]
)
def test_days_outside_the_calendar_are_refused(ask, day):
    with pytest.raises(CalendarError, match="2015-01-01 to 2026-12-31"):
        ask(day)


def test_neighbours_beyond_the_calendar_are_refused():
    for ask in (
        lambda: calendar.next_session(LAST),
        lambda: calendar.on_or_before("2015-01-02"),
        lambda: calendar.nth_session("2026-12-30", 3),
        lambda: calendar.sessions_in_year(2027),
    ):
        with pytest.raises(CalendarError, match="not in the calendar"):
            ask()


def test_counting_starts_at_a_session_and_at_one():
    assert calendar.nth_session("2026-12-30", 1) == pd.Timestamp("2026-12-30")
    with pytest.raises(CalendarError, match="count from 2024-02-19"):
        calendar.nth_session("2024-02-09", 1)
    with pytest.raises(ValueError, match="at least 1"):
        calendar.nth_session("2024-02-08", 0)


@pytest.mark.parametrize("day", ["03.06.2024", "yesterday", 20240603, None, pd.NaT])
def test_what_is_no_date_is_refused(day):
    with pytest.raises(CalendarError, match="is not a date"):
        calendar.as_date(day)


def test_every_kind_of_date_is_read_alike():
    for day in (
        "2024-06-03",
        dt.date(2024, 6, 3),
        pd.Timestamp("2024-06-03 15:00"),
        np.datetime64("2024-06-03"),
    ):
        assert calendar.as_date(day) == dt.date(2024, 6, 3)


def test_closes_of_the_circuit_breaker_days_cannot_be_traded():
    closed = [str(day.date()) for day in calendar.sessions() if not calendar.close_is_tradable(day)]
    assert closed == ["2016-01-04", "2016-01-07"]


def test_sessions_are_numbered_from_the_start_and_downwards_before_it():
    numbers = {
        "2024-06-02": 0,
        "2024-06-03": 1,
        "2024-06-04": 2,
        "2024-06-08": 5,
        "2024-06-10": 5,
        "2024-06-11": 6,
    }
    assert {day: calendar.session_number("2024-06-03", day) for day in numbers} == numbers
    assert calendar.session_number("2024-06-03", "2024-05-30") == -1
    assert calendar.session_number("2024-06-01", "2024-06-03") == 1  # from a Saturday


def test_what_the_calendar_does_not_know_is_named():
    with pytest.raises(CalendarError, match="year 2014 is not in the calendar: 2015 to 2026"):
        calendar.sessions_in_year(2014)
    with pytest.raises(CalendarError, match="the session after 2026-12-31 is not in the calendar"):
        calendar.next_session(LAST)
    assert calendar.on_or_before(LAST) == calendar.nth_session("2026-12-30", 2) == pd.Timestamp(LAST)
    assert calendar.on_or_after(FIRST) == calendar.nth_session("2015-01-05", 1) == pd.Timestamp("2015-01-05")


def test_bounds_of_sessions_are_both_included_and_may_be_left_out():
    days = calendar.sessions("2024-06-03", "2024-06-05")
    assert [day.day for day in days] == [3, 4, 5]
    assert [day.day for day in calendar.sessions("2024-06-01", "2024-06-02")] == []
    assert calendar.sessions("2026-12-31").tolist() == calendar.sessions(end=LAST)[-1:].tolist()
    assert calendar.sessions(end="2015-01-05").tolist() == [pd.Timestamp("2015-01-05")]
