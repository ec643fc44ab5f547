"""Figure 7 of report 002 held against itself: capitalisation, earnings and sales must give its multiples.

All in hundred millions of yuan, rounded to whole ones; brackets are losses, "(0)" a loss below a half.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from screener.cycle.formulas import reproduces

YEARS = ("2023A", "2024E", "2025E")
# Share, capitalisation, sales, earnings, price to earnings, price to sales; three years each.
PRINTED = """
    601360.SH 514 91 95 103 (6) 0 2 (0.04) 1093 225 6 5 5
    300454.SZ 198 77 83 93 2 3 4 100 68 47 3 2 2
    688561.SH 158 64 70 79 1 2 4 220 71 43 2 2 2
    002439.SZ 162 45 55 66 7 9 12 22 17 14 4 3 2
    603232.SH 23 6 7 8 0 1 1 62 32 25 4 3 3
    300033.SZ 546 36 40 46 14 16 19 39 34 29 15 14 12
    600570.SH 311 73 80 90 14 17 20 22 18 16 4 4 3
    300253.SZ 119 32 37 43 4 5 7 33 22 17 4 3 3
    300168.SZ 77 25 25 26 (0) (0) (2) (0) (25) (8) 3 3 3
    002410.SZ 165 65 69 76 1 5 8 143 30 21 3 2 2
    301339.SZ 81 7 9 12 2 3 3 42 32 24 11 9 7
    002373.SZ 128 78 93 112 5 7 8 24 19 17 2 1 1
    300552.SZ 62 9 12 20 (4) (0) 1 (16) (665) 44 7 5 3
    600845.SH 875 129 151 179 26 31 38 34 28 23 7 6 5
    301269.SZ 387 10 13 17 2 1 3 193 281 147 38 30 23
    688083.SH 77 8 10 13 1 1 1 125 81 54 9 8 6
    002920.SZ 502 219 281 352 15 21 27 32 24 18 2 2 1
    300496.SZ 187 52 62 75 5 6 8 40 30 23 4 3 3
    002405.SZ 170 31 36 42 (13) (7) (2) (13) (25) (83) 5 5 4
    002415.SZ 2570 893 996 1124 141 168 194 18 15 13 3 3 2
    002236.SZ 459 322 355 398 74 39 46 6 12 10 1 1 1
    300212.SZ 116 8 16 21 (9) 0 2 (6) 1883 74 15 7 5
    002368.SZ 95 92 101 115 4 5 6 25 21 16 1 1 1
    688031.SH 36 5 7 9 (0) (2) 0 (12) (21) (162) 7 5 4
    688111.SH 877 46 57 74 13 17 22 67 53 40 19 15 12
    002230.SZ 797 197 231 274 7 9 12 121 87 68 4 3 3
    300624.SZ 82 15 18 22 1 1 2 95 69 51 6 5 4
    688041.SH 1786 60 84 114 13 20 27 141 90 65 30 21 16
    688256.SH 1021 7 14 23 (8) (2) (2) (120) (210) (614) 144 73 45
    300474.SZ 274 7 12 16 1 2 3 459 125 82 38 24 17
    601138.SH 4184 4763 5606 6554 210 255 310 20 16 14 1 1 1
    000938.SZ 570 773 862 967 21 26 32 27 22 18 1 1 1
    000977.SZ 487 659 777 896 18 22 27 27 22 18 1 1 1
    603019.SH 579 144 166 192 18 23 27 32 26 21 4 3 3
    300442.SZ 366 44 60 83 18 23 32 21 16 11 8 6 4
    300383.SZ 142 79 89 102 4 6 8 37 24 19 2 2 1
    603881.SH 74 15 16 17 1 1 2 60 51 43 5 5 4
"""
# What the check finds, read once more by eye: 514 / -6 is -86 and not -0.04, and so on.
WRONG = {
    ("601360.SH", "2023A"),
    ("300168.SZ", "2023A"),  # a loss below a half cannot give 0, nor -25
    ("300168.SZ", "2024E"),
    ("300168.SZ", "2025E"),  # 77 / -2 is -38, not -8
    ("300212.SZ", "2023A"),  # 116 / -9 is -13, not -6
    ("688031.SH", "2023A"),  # -12 asks for a loss of 3
    ("688031.SH", "2025E"),  # a profit gives no negative multiple
    ("688256.SH", "2024E"),  # -210 asks for a loss of 5
}


def number(text: str) -> Decimal:
    return Decimal(text.replace("(", "-").rstrip(")"))


ROWS = {line.split()[0]: [number(text) for text in line.split()[1:]] for line in PRINTED.split("\n")[1:-1]}


def wrong(first: int, multiple: int) -> set[tuple[str, str]]:
    """Return share and year of the multiples that capitalisation over a figure cannot give."""
    return {
        (share, year)
        for share, row in ROWS.items()
        for k, year in enumerate(YEARS)
        if not reproduces(
            "ratio", [row[0], row[first + k]], row[multiple + k], row[multiple + k], rounded=True
        )
    }


def test_five_of_37_rows_have_a_multiple_of_earnings_that_does_not_follow() -> None:
    assert len(ROWS) == 37
    assert wrong(4, 7) == WRONG
    assert {share for share, _ in WRONG} == {
        "601360.SH", "300168.SZ", "300212.SZ", "688031.SH", "688256.SH"
    }  # fmt: skip


def test_every_multiple_of_sales_follows() -> None:
    assert wrong(1, 10) == set()


@pytest.mark.parametrize(("share", "loss"), [("688256.SH", "-4.86"), ("688031.SH", "-3")])
def test_the_loss_that_a_multiple_asks_for_would_pass(share: str, loss: str) -> None:
    place = 5 if share == "688256.SH" else 4
    row = ROWS[share]
    printed = row[place + 3]
    assert reproduces("ratio", [row[0], Decimal(loss)], printed, printed, rounded=True)
