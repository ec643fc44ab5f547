"""Until when a share counts as listed, and what a panel rests on."""

import numpy as np
import pandas as pd
import pytest

from screener.data.actions import read_events
from screener.data.align import Instruments, build_panel, read_instruments, until_listed
from screener.data.panel import Provenance
from screener.market import calendar
from tests.make import bars_of, make_panel

SESSIONS = calendar.sessions("2023-01-03", "2023-12-29")
END = len(SESSIONS) - 1
NO_EVENTS = read_events(
    pd.DataFrame(columns=["symbol", "ex_date", "share_multiplier", "cash_per_share"], dtype=str), "none"
)
BLANK = Instruments({}, {}, {}, {})
WHO = Provenance("folder", "test", "", simulated=False)


@pytest.mark.parametrize(
    ("last", "status", "delisting", "expected"),
    [
        (END, "", None, END),
        (END - 60, "", None, END),  # inside the last 60 sessions: suspended to the end
        (END - 61, "", None, END - 61),  # before them nothing is known
        (END - 61, "listed", None, END),
        (END - 5, "delisted after last_bar (source ends here)", None, END - 5),
        (100, "delisted; last_bar is at or near the last trading day", SESSIONS[100], 100),
        (100, "delisted", SESSIONS[110], 109),  # suspended until the day before its delisting
        (100, "", SESSIONS[110], 109),
        (100, "", SESSIONS[110] + pd.Timedelta(days=400), END),
    ],
)
def test_a_share_is_listed_until_its_last_known_day(last, status, delisting, expected):
    instruments = Instruments({}, {}, {"300308.SZ": delisting}, {"300308.SZ": status} if status else {})
    assert until_listed(np.array([last]), SESSIONS, ("300308.SZ",), instruments).tolist() == [expected]


def test_a_series_that_ends_with_its_source_is_unknown_and_not_suspended():
    panel = make_panel(n_days=200, symbols=["300308.SZ", "300502.SZ"], holes=False, actions=False)
    bars = bars_of(panel)
    bars = bars[(bars["symbol"] != "300502.SZ") | (bars["date"] <= panel.sessions[99])]
    span = (panel.sessions[0], panel.sessions[-1])
    found = build_panel(bars, NO_EVENTS, BLANK, span, WHO)
    assert found.listed[:, 1].tolist() == [True] * 100 + [False] * 100
    assert not found.suspended.any()
    assert np.isnan(found.factor[100:, 1]).all()


def test_listing_begins_with_the_first_bar_and_suspended_days_carry_the_factor():
    panel = make_panel(n_days=100, seed=2)
    found = build_panel(bars_of(panel), NO_EVENTS, BLANK, (panel.sessions[0], panel.sessions[-1]), WHO)
    np.testing.assert_array_equal(found.listed, panel.listed)
    np.testing.assert_array_equal(found.suspended, panel.listed & np.isnan(panel.close))
    for j in range(len(panel.symbols)):
        carried = pd.Series(found.factor[:, j])
        assert carried[found.suspended[:, j]].tolist() == carried.shift()[found.suspended[:, j]].tolist()


def test_the_span_is_that_of_the_market_and_not_of_the_shares_asked_for():
    panel = make_panel(n_days=40, holes=False)
    wide = (pd.Timestamp("2023-12-01"), pd.Timestamp("2024-03-29"))
    found = build_panel(bars_of(panel), NO_EVENTS, BLANK, wide, WHO)
    assert found.sessions.equals(calendar.sessions(*wide))
    assert not found.listed[found.sessions < panel.sessions[0]].any()
    assert len(found.actions) == len(panel.actions)  # derived from the steps
    assert (found.actions["basis"] == "factor").all()


def test_an_open_beyond_5_percent_proves_a_main_board_share_ordinary_on_that_day():
    panel = make_panel(n_days=30, symbols=["600588.SH"], holes=False, actions=False)
    bars = bars_of(panel)
    opened = round(float(panel.pre_close[20, 0]) * 1.07, 2)
    bars.loc[20, ["open", "high"]] = opened
    found = build_panel(bars, NO_EVENTS, BLANK, (panel.sessions[0], panel.sessions[-1]), WHO)
    assert found.limit_up[20, 0] == pytest.approx(panel.pre_close[20, 0] * 1.10, abs=0.006)
    assert found.limit_up[19, 0] == pytest.approx(panel.pre_close[19, 0] * 1.05, abs=0.006)


@pytest.mark.parametrize("seed", range(5))
def test_total_returns_are_those_of_close_over_reference(seed):
    panel = make_panel(n_days=90, seed=seed)
    found = build_panel(bars_of(panel), NO_EVENTS, BLANK, (panel.sessions[0], panel.sessions[-1]), WHO)
    bars = ~np.isnan(panel.close) & ~np.isnan(panel.pre_close)
    expected = panel.close[bars] / panel.pre_close[bars] - 1.0
    np.testing.assert_allclose(found.total_return.to_numpy()[bars], expected, atol=1e-12)


def test_instruments_may_lack_every_column_but_the_symbol():
    found = read_instruments(pd.DataFrame({"symbol": ["300308.SZ"]}))
    assert found == Instruments({}, {}, {}, {})


def test_instruments_take_either_name_of_the_day_of_delisting():
    table = pd.DataFrame({"symbol": ["300308.SZ", "300502.SZ"], "list_date": ["2012-04-10", None]})
    for column in ("delist_date", "delist_date_approx"):
        found = read_instruments(table.assign(**{column: ["2024-05-06", None]}))
        assert found.delisting == {"300308.SZ": pd.Timestamp("2024-05-06"), "300502.SZ": None}
    assert found.listing == {"300308.SZ": pd.Timestamp("2012-04-10"), "300502.SZ": None}
