"""`screener today`: orders as a table, as JSON and as a file that a terminal takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

RULE = ("today", "equal-weight", "--source", "sample", "--allow-overdue", "--themes", "optical")


def test_orders_go_into_a_file_that_a_terminal_takes(command: Command, folder: Path) -> None:
    (folder / "held.csv").write_bytes("代码,名称,数量\n600519,贵州茅台,150\n".encode("gb18030"))
    files = ("--holdings", "held.csv", "--orders", "out.csv")
    shown = command(*RULE, "--cash", "1000000", *files, "--allow-stale", "--json")
    assert shown.code == 0, shown.err
    orders = [row for row in json.loads(shown.out)["orders"] if row["shares"]]
    lines = (folder / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "证券代码,证券名称,买卖方向,委托数量,参考价格"
    assert [line.split(",")[0] for line in lines[1:]] == [row["symbol"][:6] for row in orders]
    assert lines[1].startswith("600519,") and ",卖出,150," in lines[1]


def test_orders_on_old_prices_are_written_only_if_that_is_allowed(command: Command, folder: Path) -> None:
    shown = command(*RULE, "--cash", "1000000", "--orders", "out.csv")
    assert (shown.code, shown.out) == (2, "")
    assert "STALE: prices end on 2026-06-30" in shown.err and "--allow-stale" in shown.err
    assert not (folder / "out.csv").exists()
    assert command(*RULE, "--cash", "1000000").out.startswith("STALE: ")


def test_a_table_names_the_days(command: Command) -> None:
    shown = command(*RULE, "--cash", "1000000")
    assert "decided on the close of 2026-06-30, for 2026-07-01" in shown.out
    assert "next decision on" in shown.out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "give --cash, --holdings, or both"),
        (("--cash", "1000000", "--set", "cap"), "--set cap: must be name=value"),
        (("--cash", "1000000", "--membership", "later"), "--membership=later"),
        (("--holdings", "none.csv"), "cannot be read"),
    ],
)
def test_wrong_input_gets_a_line_and_code_2(words: tuple[str, ...], problem: str, command: Command) -> None:
    shown = command(*RULE, *words)
    assert shown.code == 2
    assert problem in shown.err
