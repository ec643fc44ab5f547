"""Factors of two vendors of one share: only what both step alike is put on one basis."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from screener.data.live.accept_events import accept_factors
from screener.data.live.basis import continued

DAYS = ("1900-01-01", "2019-06-05", "2021-06-08", "2023-06-07", "2024-06-06")
STEPS = (Fraction(1), Fraction(101, 100), Fraction(133, 100), Fraction(15, 14), Fraction(7, 6))


def frame(days: list[str], values: list[float], source: str) -> pd.DataFrame:
    table = pd.DataFrame({"date": pd.to_datetime(days), "factor": values}).astype({"date": "datetime64[ns]"})
    return table.assign(source=source)


def vendor(count: int, source: str, digits: int, begin: int = 0) -> pd.DataFrame:
    """Multiply exactly, from the row `begin` on, and round at the end."""
    values, product = [1.0], Fraction(1)
    for step in STEPS[begin + 1 : count]:
        product *= step
        values.append(round(float(product), digits))
    return frame([DAYS[0], *DAYS[begin + 1 : count]], values, source)


def test_another_vendor_goes_on_from_what_is_stored_and_both_are_named() -> None:
    stored = vendor(4, "a", 12)
    found = continued(vendor(5, "b", 6), stored, "a")
    pd.testing.assert_frame_equal(found[["date", "factor"]].iloc[:4], stored[["date", "factor"]])
    exact = float(np.prod([Fraction(s) for s in STEPS]))
    assert found["factor"].iloc[4] == pytest.approx(exact, rel=2e-6)
    assert set(found["source"]) == {"a+b"}
    accept_factors("600998.SH", found, stored)  # its strict rule is met
    third = continued(vendor(5, "a", 12), found, "a+b")  # and back again
    pd.testing.assert_frame_equal(third, found)


def test_a_vendor_on_another_basis_counts_by_its_steps() -> None:
    """One whose factors begin only with the third action: at 1 where the other has 1.3433 already."""
    late = frame([DAYS[2], *DAYS[3:]], [1.0, 15 / 14, 15 / 14 * 7 / 6], "b")
    stored = frame([DAYS[2], DAYS[3]], [2.0, 2.0 * 15 / 14], "a")
    found = continued(late, stored, "a")
    assert found["factor"].to_numpy() == pytest.approx([2.0, 2 * 15 / 14, 2 * 15 / 14 * 7 / 6], rel=1e-12)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (vendor(4, "a", 3), "the same vendor"),
        (vendor(5, "b", 6).drop(index=2), "a step is missing"),
        (vendor(5, "b", 6).assign(factor=lambda t: t["factor"] ** 1.5), "other steps"),
        (vendor(5, "b", 6)[::-1], "out of order"),
        (vendor(5, "b", 6, begin=1), "an action is missing"),
        (vendor(5, "b", 6).assign(factor=[1.0, 1.01, np.nan, 1.44, 1.68]), "no number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_anything_else_comes_back_as_it_was_and_is_refused(sent: pd.DataFrame, why: str) -> None:
    stored = vendor(4, "a", 12)
    assert continued(sent, stored, "a") is sent
    with pytest.raises(Exception, match="factors of 600998"):
        accept_factors("600998.SH", sent, stored)


def test_a_first_answer_is_taken_as_it_is() -> None:
    sent = vendor(5, "b", 6)
    assert continued(sent, None, "a") is sent
