"""The arithmetic of report 004: the printed and derived figures, and what no share can do."""

from __future__ import annotations

import math

import pytest

from screener.study import asic


def test_the_steps_are_those_that_the_number_gives() -> None:
    # by hand: (0.8 + 0.2 * 3.8) = 1.56, then 1.84, 2.12, 2.40
    table = asic.steps()
    assert table["intensity"].tolist() == pytest.approx([1.56, 1.84, 2.12, 2.40])
    assert [f"{value:.1%}" for value in table["optics"][1:]] == ["17.9%", "15.2%", "13.2%"]
    assert [f"{value:.1%}" for value in table["gpus"][1:]] == ["-12.5%", "-14.3%", "-16.7%"]
    assert table.loc[0, ["optics", "gpus"]].isna().all()


def test_thirty_per_cent_from_the_share_alone_ends_at_seven_eighths() -> None:
    path = [0.20]
    for _ in range(3):
        path.append(asic.needed(path[-1]))
    assert [f"{share:.1%}" for share in path] == ["20.0%", "36.7%", "58.4%", "86.7%"]
    assert math.isnan(asic.needed(path[-1]))  # a share above 1 does not exist


@pytest.mark.parametrize("compute", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("before", [0.1, 0.2, 0.5])
def test_the_share_that_is_needed_gives_the_growth_that_is_aimed_at(before: float, compute: float) -> None:
    share = asic.needed(before, 0.30, compute)
    assert asic.growth(before, share, compute) == pytest.approx(0.30)


def test_computing_and_share_multiply() -> None:
    grid = asic.paths()
    assert grid.loc[(0.20, 0.20)].tolist() == pytest.approx(list(asic.COMPUTE))
    for pair, row in grid.iterrows():
        for compute, value in row.items():
            assert 1 + value == pytest.approx((1 + compute) * (1 + asic.growth(*pair)))


def test_without_a_difference_the_share_moves_nothing() -> None:
    assert asic.growth(0.2, 0.9, elasticity=1.0) == 0.0
