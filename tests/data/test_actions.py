"""Every step of the reference price has an action and every action a step; what is uncertain is counted."""

import numpy as np
import pandas as pd
import pytest

from screener.data.actions import match_actions, read_events
from screener.errors import DataError
from screener.market import calendar

DAYS = calendar.sessions("2024-06-03", "2024-06-14")  # nine sessions: 06-10 is a holiday
WHERE = "corporate_actions.csv"


def bars(closes, references, symbol="300308.SZ", days=DAYS):
    """Return a series from closes and reference prices; None = no bar."""
    rows = [
        (day, symbol, close, reference)
        for day, close, reference in zip(days, closes, references, strict=True)
        if close is not None
    ]
    table = pd.DataFrame(rows, columns=["date", "symbol", "close", "pre_close"])
    step = (table["close"].shift() / table["pre_close"]).fillna(1.0)
    return table.assign(adj_factor=step.cumprod())


def events(*rows):
    """Return events from (ex_date, shares, cash, factor)."""
    table = pd.DataFrame(rows, columns=["ex_date", "share_multiplier", "cash_per_share", "factor"])
    return read_events(table.assign(symbol="300308.SZ"), WHERE)


# A dividend of 0.5 and three new for ten on the third day: (20.30 - 0.50) / 1.3 = 15.2307.. -> 15.23
PLAIN = bars([20.0, 20.3, 15.5, 15.6, 15.7, 15.8, 15.9, 16.0, 16.1],
             [None, 20.0, 15.23, 15.5, 15.6, 15.7, 15.8, 15.9, 16.0])  # fmt: skip
FLAT = bars([20.0] * 9, [None] + [20.0] * 8)


def test_a_known_event_is_official():
    actions, notes = match_actions(PLAIN, events(("2024-06-05", "1.3", "0.5", None)), WHERE)
    assert notes == ()
    assert actions.to_dict("records") == [
        {"date": pd.Timestamp("2024-06-05"), "symbol": "300308.SZ", "cash": 0.5, "bonus": 0.3,
         "factor": 20.3 / 15.23, "basis": "official"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shares", "cash", "word"),
    [
        (None, "0.5", "without cash or shares"),
        ("1.3", None, "without cash or shares"),
        ("1.3", "-0.004", "negative cash"),
        ("0.998", "5.1", "fewer shares"),
        ("1.3", "0.54", "within 2 fen"),  # gives 15.20, three fen off
        ("1.3", "0.465", "within 2 fen"),  # 15.2577 is rounded to 15.26, not cut to 15.25
    ],
)
def test_an_uncertain_event_counts_by_its_factor(shares, cash, word):
    actions, notes = match_actions(PLAIN, events(("2024-06-05", shares, cash, None)), WHERE)
    assert (actions["basis"] == "factor").all()
    assert actions["cash"].tolist() == [0.0]
    assert actions["bonus"].tolist() == pytest.approx([20.3 / 15.23 - 1.0])
    assert len(notes) == 1
    assert notes[0].startswith("1 corporate actions")
    assert word in notes[0]


@pytest.mark.parametrize("cash", ["0.48", "0.52"])
def test_two_fen_off_is_still_official(cash):
    actions, _ = match_actions(PLAIN, events(("2024-06-05", "1.3", cash, None)), WHERE)
    assert actions["basis"].tolist() == ["official"]


def test_a_step_without_an_event_is_derived_and_counted():
    actions, notes = match_actions(PLAIN, events(), WHERE)
    assert actions[["basis", "factor"]].to_numpy().tolist() == [["factor", 20.3 / 15.23]]
    assert notes == ("1 steps of the reference price have no corporate action: total return by factor.",)


def test_an_event_that_the_bars_do_not_show_is_refused():
    with pytest.raises(
        DataError, match=r"corporate_actions.csv: 300308.SZ 2024-06-05: cash=0.5 .* no ex-date"
    ):
        match_actions(FLAT, events(("2024-06-05", "1.0", "0.5", None)), WHERE)


@pytest.mark.parametrize(("table", "factor"), [(FLAT, "1.025"), (PLAIN, "1.3"), (PLAIN, "1.0")])
def test_a_factor_that_the_bars_contradict_is_refused(table, factor):
    with pytest.raises(
        DataError, match=r"2024-06-05: factor=1.* but close before / pre_close of the bars is"
    ):
        match_actions(table, events(("2024-06-05", None, None, factor)), WHERE)


def test_a_dividend_below_half_a_fen_stays_official():
    actions, notes = match_actions(FLAT, events(("2024-06-05", "1.0", "0.004", "1.0")), WHERE)
    assert actions[["cash", "factor", "basis"]].to_numpy().tolist() == [[0.004, 1.0, "official"]]
    assert notes == ()


def test_an_ex_date_inside_a_suspension_is_booked_on_the_next_bar():
    table = bars([20.0, 20.3, None, None, 15.7, 15.8, 15.9, 16.0, 16.1],
                 [None, 20.0, None, None, 15.23, 15.7, 15.8, 15.9, 16.0])  # fmt: skip
    actions, notes = match_actions(table, events(("2024-06-05", "1.3", "0.5", None)), WHERE)
    assert actions["date"].tolist() == [pd.Timestamp("2024-06-07")]
    assert actions["basis"].tolist() == ["official"]
    assert notes == ("1 corporate actions inside a suspension are booked on the next bar.",)


def test_two_events_of_one_suspension_become_one_by_factor():
    table = bars([20.0, 20.3, None, None, 15.7, 15.8, 15.9, 16.0, 16.1],
                 [None, 20.0, None, None, 15.23, 15.7, 15.8, 15.9, 16.0])  # fmt: skip
    found = events(("2024-06-05", "1.3", "0.5", None), ("2024-06-06", "1.0", "0.01", None))
    actions, notes = match_actions(table, found, WHERE)
    assert len(actions) == 1
    assert actions["basis"].tolist() == ["factor"]
    assert actions["factor"].tolist() == [20.3 / 15.23]
    assert "1 corporate actions share a bar after a suspension: total return by factor." in notes
    assert "2 corporate actions inside a suspension are booked on the next bar." in notes


@pytest.mark.parametrize("day", ["2024-05-20", "2024-06-03", "2024-07-01"])
def test_events_outside_the_bars_are_left_out_and_counted(day):
    actions, notes = match_actions(FLAT, events((day, "1.3", "0.5", None)), WHERE)
    assert len(actions) == 0
    assert notes == ("1 corporate actions lie before the first or after the last bar and are left out.",)


def test_an_event_of_one_share_never_meets_another():
    both = pd.concat([FLAT.assign(symbol="000977.SZ"), PLAIN], ignore_index=True)
    actions, _ = match_actions(both, events(("2024-06-05", "1.3", "0.5", None)), WHERE)
    assert actions["symbol"].tolist() == ["300308.SZ"]
    none, notes = match_actions(
        both[both["symbol"] == "000977.SZ"], events(("2024-06-05", "1.3", "0.5", None)), WHERE
    )
    assert len(none) == 0
    assert notes == ()


@pytest.mark.parametrize("seed", range(10))
def test_many_events_match_one_to_one(seed):
    rng = np.random.default_rng(seed)
    days = calendar.sessions("2022-01-04", "2023-12-29")
    parts, rows = [], []
    for symbol in ("000977.SZ", "300308.SZ", "688256.SH"):
        close, closes, references = 2_000, [], []
        for i, day in enumerate(days):
            reference = close
            if i and rng.random() < 0.02:
                cash = int(rng.integers(1, 40))
                reference = close - cash
                rows.append((symbol, f"{day:%Y-%m-%d}", "1.0", f"{cash / 100}", None))
            references.append(reference / 100 if i else None)
            close = int(rng.integers(1_500, 2_500))
            closes.append(close / 100)
        parts.append(bars(closes, references, symbol, days))
    table = pd.DataFrame(rows, columns=["symbol", "ex_date", "share_multiplier", "cash_per_share", "factor"])
    found = read_events(table.sample(frac=1, random_state=seed), WHERE)
    actions, notes = match_actions(pd.concat(parts, ignore_index=True), found, WHERE)
    got = set(zip(actions["symbol"], actions["date"].dt.strftime("%Y-%m-%d"), actions["cash"], strict=True))
    assert got == {(symbol, day, float(cash)) for symbol, day, _, cash, _ in rows}
    assert notes == ()
    assert actions["date"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("2024-06-10", "1.3", "0.5", None)], "2024-06-10: ex_date must be a Shanghai session"),
        ([("2024-06-31", "1.3", "0.5", None)], "without a date: ex_date must be"),
        ([("2024-06-05", "1.3", "0.5", None)] * 2, "2024-06-05: has two rows"),
        ([("2024-06-05", "1,3", "0.5", None)], "share_multiplier=1,3 must be a number"),
        ([("2024-06-05", "1.3", "inf", None)], "cash_per_share=inf must be a number"),
    ],
)
def test_a_broken_table_of_events_is_refused_with_a_line(rows, expected):
    with pytest.raises(DataError, match=expected):
        events(*rows)


def test_the_cash_column_may_have_its_approximate_name():
    table = pd.DataFrame({"symbol": ["300308.SZ"], "ex_date": ["2024-06-05"], "share_multiplier": ["1.3"]})
    approximate = read_events(table.assign(cash_per_share_approx="0.5"), WHERE)
    assert approximate["cash"].tolist() == [0.5]
    with pytest.raises(DataError, match="column cash_per_share is missing"):
        read_events(table, WHERE)
