"""The same contract for factors and corporate actions, and what both say of one ex-date."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from screener.data.live.accept_events import accept_actions, accept_factors, action_notes
from screener.errors import DataError
from tests.data.live.judged import FACTORS, SHARE, SYMBOL, T, good


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"factor": [1.0, 0.9]}, "shrinks"),
        ({"factor": [1.0, 50.0]}, "leaps"),
        ({"factor": [1.1, 1.2]}, "begin with 1"),
        ({"factor": [1.0, np.nan]}, "must be numbers"),
        ({"factor": [1.0, np.inf]}, "must be numbers"),
        ({"date": [T("2024-04-01"), T("1900-01-01")]}, "ascend"),
        ({"date": [T("2024-04-01"), T("2024-04-01")]}, "ascend"),
        ({"date": [T("2024-04-01"), pd.NaT]}, "ascend"),
    ],
)
def test_factors_that_cannot_be_are_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(DataError, match=says):
        accept_factors(SYMBOL, FACTORS.assign(**changes))


def test_factors_may_be_added_to_but_never_changed() -> None:
    assert accept_factors(SYMBOL, FACTORS, FACTORS.iloc[:1]) is FACTORS
    assert accept_factors(SYMBOL, FACTORS, FACTORS) is FACTORS
    with pytest.raises(DataError, match="other basis"):
        accept_factors(SYMBOL, FACTORS, FACTORS.assign(factor=[1.0, 1.5]))
    with pytest.raises(DataError, match="other basis"):
        accept_factors(SYMBOL, FACTORS.iloc[:1], FACTORS)


def events() -> pd.DataFrame:
    (event,) = SHARE.dividends
    nat = {name: pd.NaT for name in ("plan", "record", "pay", "listing")}
    row = {"date": T(event.date), "cash": 0.5, "bonus": 0.3, "rights": 0.0, "rights_price": np.nan}
    return pd.DataFrame([{**row, **nat}])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"date": pd.NaT}, "no ex-date"),
        ({"date": T("2024-04-04")}, "not a session"),
        ({"cash": -0.1}, "negative"),
        ({"bonus": np.inf}, "negative or no number"),
        ({"cash": 0.0, "bonus": 0.0}, "nothing is paid"),
        ({"rights": 0.3}, "without a price"),
    ],
)
def test_actions_that_cannot_be_are_refused(changes: dict[str, object], says: str) -> None:
    accepted, rejected = accept_actions(SYMBOL, events().assign(**changes))
    assert accepted.empty
    assert says in rejected["reason"].iloc[0]


def test_two_actions_of_one_day_are_refused_and_a_good_one_enters() -> None:
    accepted, rejected = accept_actions(SYMBOL, pd.concat([events(), events()], ignore_index=True))
    assert (len(accepted), len(rejected)) == (0, 2)
    accepted, rejected = accept_actions(SYMBOL, events())
    assert (len(accepted), len(rejected)) == (1, 0)


def test_factor_and_announcement_are_held_against_each_other() -> None:
    assert action_notes(SYMBOL, good(), FACTORS, events()) == ()
    (note,) = action_notes(SYMBOL, good(), FACTORS, events().assign(cash=0.9))
    assert "by the action" in note
    (note,) = action_notes(SYMBOL, good(), FACTORS, events().iloc[:0])
    assert "steps without an action" in note
    (note,) = action_notes(SYMBOL, good(), FACTORS.iloc[:1], events())
    assert "by the action" in note
